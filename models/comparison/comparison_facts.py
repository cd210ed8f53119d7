"""What is told of the people compared at a wave: follow-up, overlap, weights, balance, negative control."""

from __future__ import annotations

from typing import Final

from models.comparison.balance import largest
from models.comparison.comparable_people import ComparablePeople
from models.comparison.doubly_robust import TERMS
from models.comparison.outcome_answers import control_answer
from models.comparison.overlap import TRIM
from models.comparison.weights import TARGETS
from models.estimate import LEVEL, Diagnostic
from models.fitness import Gate, gate
from models.inference.contrast import contrast_of
from models.missing.due_and_came import DueAndCame
from models.refusal import NotIdentifiedError

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
        gate("balance", largest(of.balance)),
        gate("effective_sample_size", of.effective["ate"]),
        gate("overlap", of.overlap.lesser_share),
        gate("programs_by_arm", float(of.programs_by_arm)),
        gate("follow_up", followed.lowest_rate),
        gate("follow_up_difference", followed.difference_of_rates),
    )


def control_fact(of: ComparablePeople, column: str, *, population: str) -> Diagnostic:
    """Negative control: the adjusted difference in what no program can change; it ought to be none.

    The whole comparison again with `column` as its outcome (Lipsitch, Tchetgen Tchetgen & Cohen 2010,
    Epidemiology 21:383): an interval that leaves zero out says that the baseline variables do not make the
    arms comparable.
    """
    value = low = high = None
    detail = "adjusted difference in what no program can change: zero, if the people are made comparable"
    people = None
    try:
        found, people = control_answer(of, column)
        told = contrast_of(found, {TERMS["ate"]: 1.0}, level=LEVEL)
        value, low, high = told.estimate, told.low, told.high
    except NotIdentifiedError as reason:
        detail = f"no negative control: {reason}"
    return Diagnostic(
        outcome=of.wave, diagnostic=f"negative_control_{column}", population=population, value=value,
        ci_low=low, ci_high=high, detail=detail, n_people=people,
    )  # fmt: skip
