"""Odds ratios and ranks of hours, as P1 tells them, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from models.estimate import LEVEL, Diagnostic, Estimate, refused
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError
from models.within_person.carriers import Basis
from models.within_person.diary_facts import Facts, Told
from models.within_person.hours_rows import NO_CRAVING
from models.within_person.rank_intervals import RULE, ranked

ANALYSIS: Final = "P1"
PREDICTORS: Final = ("peer_hours", "meaningful_hours")
NEXT_INTERVIEW: Final = "abstinent_at_next_interview"
ODDS_RATIO: Final = "odds ratio"
METHODS: Final = {
    NO_CRAVING: "logistic regression with a random intercept by person, adaptive quadrature; cluster-robust",
    NEXT_INTERVIEW: "logistic regression on mean hours of the diary, bias-reduced; robust (CR2)",
}
NOTES: Final = {
    "within": "A person's own evenings compared, one standard deviation of hours apart; an association in "
    "time, not an effect.",
    "between": "People compared, one standard deviation of mean hours apart; an association, not an effect.",
    NEXT_INTERVIEW: "People compared, one standard deviation of mean hours apart, among those interviewed "
    "after their diary; an association, not an effect.",
    "rank": "1 is the predictor with the largest association; the interval holds the ranks that the data "
    "cannot rule out.",
}
FARTHEST: Final = 1e4  # odds ratio: one that takes a chance of 1% to one of 99%; limits beyond tell nothing
BEYOND: Final = "a limit of the odds ratio lies beyond 10,000 to 1: these answers cannot tell it"
WORDS: Final[Mapping[str, str]] = {
    "peer_hours": "hours with peers in recovery",
    "meaningful_hours": "hours in meaningful activity",
}


def ratio(found: Inference, term: str, counted: Basis, facts: Facts, note: str) -> Estimate:
    """Odds ratio of a log odds: standard error by the delta method, the interval raised to its power."""
    row = estimate_of(
        found, {term: 1.0}, outcome=facts.outcome, term=f"{term}_per_sd", population=facts.population,
        n_people=counted.n_people, n_rows=counted.n_rows, method=METHODS[facts.outcome], scale=ODDS_RATIO,
        note=note, minimum_people=1,
    )  # fmt: skip
    if row.estimate is None or row.std_error is None or row.ci_low is None or row.ci_high is None:
        return row
    if max(-row.ci_low, row.ci_high) > math.log(FARTHEST):
        return without_answer(row.term, f"Not identified: {BEYOND}.", facts, counted.n_people, ODDS_RATIO)
    value = math.exp(row.estimate)
    return replace(
        row, estimate=value, std_error=value * row.std_error, ci_low=math.exp(row.ci_low),
        ci_high=math.exp(row.ci_high), small_sample=f"interval of the log odds ratio; {row.small_sample}",
    )  # fmt: skip


def odds(found: Inference, term: str, words: str) -> Told:
    """Odds ratio of a log odds as a diagnostic, with its interval and what it is."""
    told = contrast_of(found, {term: 1.0}, level=LEVEL)
    if max(-told.low, told.high) > math.log(FARTHEST):
        return Told(None, f"{words}: {BEYOND}")
    return Told(math.exp(told.estimate), words, math.exp(told.low), math.exp(told.high))


def ranks_of(
    found: Inference | None, terms: Mapping[str, str], facts: Facts, n_people: int, reason: str
) -> tuple[list[Estimate], tuple[Diagnostic, ...]]:
    """Rank of each predictor, and the differences that the ranks rest on."""
    names = {predictor: f"rank_{term}" for predictor, term in terms.items()}
    try:
        if found is None:
            raise NotIdentifiedError(reason)
        told = {one.name: one for one in ranked(found, [*terms.values()])}
        compared = _differences(found, [*terms.values()], facts, n_people)
    except NotIdentifiedError as error:
        return [without_answer(name, str(error), facts, n_people, "rank") for name in names.values()], ()
    rows = [
        Estimate(
            outcome=facts.outcome, term=names[predictor], population=facts.population,
            estimate=float(told[term].rank), ci_low=float(told[term].low), ci_high=float(told[term].high),
            df=told[term].df if math.isfinite(told[term].df) else None, n_people=n_people,
            method=METHODS[facts.outcome], scale="rank", small_sample=RULE, note=NOTES["rank"],
        )
        for predictor, term in terms.items()
    ]  # fmt: skip
    return rows, compared


def _differences(
    found: Inference, terms: Sequence[str], facts: Facts, n_people: int
) -> tuple[Diagnostic, ...]:
    """How much larger the log odds per standard deviation of the first is than that of each other."""
    first, rows = terms[0], []
    for other in terms[1:]:
        told = contrast_of(found, {first: 1.0, other: -1.0}, level=LEVEL)
        rows.append(
            facts.told(
                f"difference_{first}_minus_{other}",
                Told(
                    told.estimate, "difference of log odds per standard deviation; its own interval",
                    told.low, told.high,
                ),
                n_people=n_people,
            )
        )  # fmt: skip
    return tuple(rows)


def without_answer(term: str, reason: str, facts: Facts, n_people: int, scale: str) -> Estimate:
    """Give the reason in the place of a number."""
    return refused(
        outcome=facts.outcome, term=term, population=facts.population, n_people=n_people,
        method=METHODS[facts.outcome], scale=scale, reason=reason,
    )  # fmt: skip
