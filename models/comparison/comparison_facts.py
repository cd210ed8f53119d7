"""What is told of the people compared at a wave: follow-up, overlap, weights, balance; and their gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.comparison.comparable_people import ComparablePeople
from models.comparison.doubly_robust import TERMS
from models.comparison.overlap import TRIM
from models.comparison.weights import TARGETS, Target
from models.estimate import Diagnostic
from models.fitness import Gate, gate
from models.missing.due_and_came import DueAndCame

TARGET_WORDS: Final = {
    "ate": "weights for everybody compared",
    "att": "weights for the people of social programs",
    "overlap": "overlap weights",
}
DIFFERENCE: Final = (
    "standardized difference of the arms, social less clinical; standard deviations of the unweighted people"
)


def facts_of_people(of: ComparablePeople, *, population: str) -> tuple[Diagnostic, ...]:
    """Overlap, effective sample sizes and balance; the outcome of each row is the wave."""
    n = len(of.people)
    told: list[tuple[str, float | None, str]] = [
        ("people_due", float(len(of.due)), "people of social and clinical programs whose interview was due"),
        ("people_compared", float(n),
         f"those due whose chance of a social program lies from {TRIM:g} to {1 - TRIM:g}"),
        ("share_kept_social", of.overlap.share_social, "share of the social programs' people kept"),
        ("share_kept_clinical", of.overlap.share_clinical, "share of the clinical programs' people kept"),
        ("programs_of_lesser_arm", float(of.programs_by_arm), "programs of the kind that has fewer"),
    ]  # fmt: skip
    told += [
        (f"effective_sample_size_{target}", of.effective[target],
         f"effective people of the lesser arm (Kish), {TARGET_WORDS[target]}; mean over the imputed copies")
        for target in TARGETS
    ]  # fmt: skip
    told += [
        (f"balance_largest_{target}", of.largest[target],
         f"largest absolute standardized difference left, {TARGET_WORDS[target]}; each column's mean over "
         "the imputed copies")
        for target in TARGETS
    ]  # fmt: skip
    for row in of.balance:
        told += [
            (f"balance_{row.name}_before", row.before, f"{DIFFERENCE}; before weighting"),
            (f"balance_{row.name}_after", row.after, f"{DIFFERENCE}; after weights for everybody compared"),
        ]
        if row.variance_ratio_before is not None:
            told += [
                (f"variance_ratio_{row.name}_before", row.variance_ratio_before,
                 "variance among the social programs' people over that among the clinical; before weighting"),
                (f"variance_ratio_{row.name}_after", row.variance_ratio_after,
                 "the same after weights for everybody compared"),
            ]  # fmt: skip
    return tuple(
        Diagnostic(
            outcome=of.wave, diagnostic=name, population=population, value=value, detail=detail, n_people=n
        )
        for name, value, detail in told
    )


def gates_of_people(of: ComparablePeople, followed: DueAndCame) -> tuple[Gate, ...]:
    """Conditions that hold or fail for every outcome of the wave."""
    return (
        gate("balance", of.largest["ate"]),
        gate("effective_sample_size", of.effective["ate"]),
        gate("overlap", of.overlap.lesser_share),
        gate("programs_by_arm", float(of.programs_by_arm)),
        gate("follow_up", followed.lowest_rate),
        gate("follow_up_difference", followed.difference_of_rates),
    )


def gates_of_target(of: ComparablePeople, target: Target) -> tuple[Gate, ...]:
    """Conditions of the answer for another target population: its own balance and effective people.

    They come on top of those for everybody compared: where the question asked has no answer, an answer to
    another one does not take its place.
    """
    ending = TERMS[target].removeprefix(TERMS["ate"])  # as the terms it holds for end
    measured = {"balance": of.largest[target], "effective_sample_size": of.effective[target]}
    return tuple(replace(gate(name, value), name=f"{name}{ending}") for name, value in measured.items())
