"""From the answers about one outcome to rows: estimates, sensitivity answers, adjusted means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from models.comparison.comparable_people import ComparablePeople
from models.comparison.doubly_robust import LOG_ODDS, TERMS
from models.comparison.outcome_answers import (
    MAIN,
    UNADJUSTED,
    MainAnswer,
    Outcome,
    attrition_weighted,
    complete_cases,
    main_answer,
    unadjusted_answer,
    values_of,
)
from models.estimate import LEVEL, SHARE_DIFFERENCE, Diagnostic, Estimate, refused
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError

ODDS: Final = "social_over_clinical_odds"
METHOD: Final = (
    "doubly robust: augmented inverse probability weighting, outcome models cross-fitted; missing answers "
    "imputed; programs as clusters"
)
PLAIN: Final = "difference of plain means among those reached; programs as clusters"
NOTES: Final[Mapping[str, str]] = {
    MAIN: "People of social programs less people of clinical programs, made alike at entry.",
    ODDS: "Odds if everybody had entered a social program, over those if a clinical one.",
    TERMS["att"]: "The same for people like those who entered social programs.",
    TERMS["overlap"]: "The same for people who might well have entered either.",
    UNADJUSTED: "As the groups stand, not made alike, those lost left out: not a comparison of programs.",
}
RATIO: Final = "odds ratio"
LARGEST_LOG: Final = 700.0
ADJUSTED: Final = "adjusted_"  # mean outcomes of either arm: answers, held back with the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All about one outcome: its rows, and the answer behind them (None where there is none)."""

    outcome: Outcome
    estimates: tuple[Estimate, ...]
    diagnostics: tuple[Diagnostic, ...]
    answer: MainAnswer | None


def terms_of(outcome: Outcome) -> tuple[str, ...]:
    """Terms of an outcome, in order; scales have no odds."""
    odds = (ODDS,) if outcome.family == "logistic" else ()
    return (MAIN, *odds, TERMS["att"], TERMS["overlap"], UNADJUSTED)


def scale_of(outcome: Outcome, term: str) -> str:
    """Say what the number of a term is."""
    if term == ODDS:
        return RATIO
    return SHARE_DIFFERENCE if outcome.family == "logistic" else "points"


def all_refused(outcome: Outcome, reason: str, *, population: str, n_people: int) -> Told:
    """Every term of an outcome with the same reason in place of a number."""
    rows = tuple(
        refused(
            outcome=outcome.column, term=term, population=population, n_people=n_people,
            method=PLAIN if term == UNADJUSTED else METHOD, scale=scale_of(outcome, term),
            reason=_sentence(reason),
        )
        for term in terms_of(outcome)
    )  # fmt: skip
    return Told(outcome=outcome, estimates=rows, diagnostics=(), answer=None)


def told_outcome(of: ComparablePeople, outcome: Outcome, *, population: str, seed: int) -> Told:
    """Answer about one outcome, or refuse it with the reason."""
    _, answered = values_of(of.people, outcome.column)
    n, rows = len(of.people), int(answered.sum())
    try:
        answer = main_answer(of, outcome)
    except NotIdentifiedError as reason:
        none = all_refused(outcome, str(reason), population=population, n_people=n)
        plain = _plain(of, outcome, population=population)
        return Told(
            outcome=outcome, estimates=(*none.estimates[:-1], plain), diagnostics=(), answer=None
        )  # fmt: skip
    found = [
        _row(answer.inference, outcome, term, population=population, n_people=n, n_rows=rows)
        for term in terms_of(outcome)
        if term != UNADJUSTED
    ]
    adjusted = {term: {_name(term): 1.0} for term in terms_of(outcome) if term != UNADJUSTED}
    diagnostics = (
        *_means(answer.inference, outcome, population=population, n_people=n),
        *answer.rubin.diagnostics(
            adjusted, outcome=outcome.column, population=population, n_people=n
        ),
        *_sensitivity(of, outcome, answer, population=population, seed=seed),
    )  # fmt: skip
    return Told(
        outcome=outcome, estimates=(*found, _plain(of, outcome, population=population)),
        diagnostics=diagnostics, answer=answer,
    )  # fmt: skip


def _name(term: str) -> str:
    """Coefficient behind a term."""
    return LOG_ODDS if term == ODDS else term


def _row(
    inference: Inference, outcome: Outcome, term: str, *, population: str, n_people: int, n_rows: int
) -> Estimate:
    """One estimate; the odds ratio from its logarithm, whose interval is raised to its power."""
    row = estimate_of(
        inference, {_name(term): 1.0}, outcome=outcome.column, term=term, population=population,
        n_people=n_people, n_rows=n_rows, method=METHOD, scale=scale_of(outcome, term), note=NOTES[term],
    )  # fmt: skip
    if term != ODDS or row.estimate is None:
        return row
    try:
        return _ratio(row)
    except NotIdentifiedError as reason:
        return refused(
            outcome=row.outcome, term=term, population=population, n_people=n_people, method=METHOD,
            scale=RATIO, reason=_sentence(str(reason)),
        )  # fmt: skip


def _ratio(row: Estimate) -> Estimate:
    """Odds ratio of a row on the log scale; standard error by the delta method, interval exponentiated."""
    assert row.estimate is not None and row.std_error is not None
    assert row.ci_low is not None and row.ci_high is not None
    value, low, high = _powers(row.estimate, row.ci_low, row.ci_high)
    return Estimate(
        outcome=row.outcome, term=row.term, population=row.population, estimate=value,
        std_error=value * row.std_error, ci_low=low, ci_high=high,
        p_value=row.p_value, df=row.df, n_people=row.n_people, n_rows=row.n_rows, method=row.method,
        scale=row.scale, small_sample=f"interval of the log odds ratio; {row.small_sample}", note=row.note,
    )  # fmt: skip


def _plain(of: ComparablePeople, outcome: Outcome, *, population: str) -> Estimate:
    try:
        found, people = unadjusted_answer(of, outcome)
    except NotIdentifiedError as reason:
        return refused(
            outcome=outcome.column, term=UNADJUSTED, population=population, n_people=len(of.due),
            method=PLAIN, scale=scale_of(outcome, UNADJUSTED), reason=_sentence(str(reason)),
        )  # fmt: skip
    return estimate_of(
        found, {UNADJUSTED: 1.0}, outcome=outcome.column, term=UNADJUSTED, population=population,
        n_people=people, n_rows=people, method=PLAIN, scale=scale_of(outcome, UNADJUSTED),
        note=NOTES[UNADJUSTED],
    )  # fmt: skip


def _means(
    inference: Inference, outcome: Outcome, *, population: str, n_people: int
) -> tuple[Diagnostic, ...]:
    """Mean outcome if everybody compared had entered a program of either kind."""
    return tuple(
        _fact(
            inference, arm, outcome, f"{ADJUSTED}{arm}", population=population, n_people=n_people,
            detail=f"mean outcome if everybody compared had entered a {arm} program",
        )
        for arm in ("social", "clinical")
    )  # fmt: skip


def _sensitivity(
    of: ComparablePeople, outcome: Outcome, answer: MainAnswer, *, population: str, seed: int
) -> tuple[Diagnostic, ...]:
    """Answers in other ways: complete cases, attrition weights, and weighting without outcome models."""
    n = len(of.people)
    told = [
        _fact(
            answer.inference, "weighted", outcome, f"sensitivity_{MAIN}_weighted", population=population,
            n_people=n, detail="weighted means alone, without outcome models; missing answers imputed",
        )
    ]  # fmt: skip
    told += _in_another_way(
        (answer.rubin.inference, n), outcome, "rubin", population=population, n_people=n,
        detail="the same estimate with the variance and degrees of freedom of Rubin's rules",
    )  # fmt: skip
    complete = _attempt(lambda: complete_cases(of, outcome, seed=seed))
    told += _in_another_way(
        complete, outcome, "complete_cases", population=population, n_people=n,
        detail="only people with the outcome and every baseline answer; nobody stands for those lost",
    )  # fmt: skip
    reached = _attempt(lambda: (attrition_weighted(of, outcome), n))
    told += _in_another_way(
        reached, outcome, "attrition_weighted", population=population, n_people=n,
        detail="those reached stand for those lost who were like them at entry; no outcome is imputed",
    )  # fmt: skip
    return tuple(told)


def _attempt(make: Callable[[], tuple[Inference, int]]) -> tuple[Inference, int] | str:
    """Return the answer and its people, or the reason why there is none."""
    try:
        return make()
    except NotIdentifiedError as reason:
        return f"not answered: {reason}"


def _in_another_way(
    found: tuple[Inference, int] | str, outcome: Outcome, way: str, *, population: str, n_people: int,
    detail: str,
) -> list[Diagnostic]:  # fmt: skip
    """Sensitivity rows of every adjusted term, `sensitivity_<term>_<way>`."""
    terms = [term for term in terms_of(outcome) if term != UNADJUSTED]
    if isinstance(found, str):
        return [
            Diagnostic(
                outcome=outcome.column, diagnostic=f"sensitivity_{term}_{way}", population=population,
                value=None, detail=found, n_people=n_people,
            )
            for term in terms
        ]  # fmt: skip
    inference, people = found
    return [
        _fact(
            inference, _name(term), outcome, f"sensitivity_{term}_{way}", population=population,
            n_people=people, detail=detail,
        )
        for term in terms
    ]  # fmt: skip


def _fact(
    inference: Inference, name: str, outcome: Outcome, diagnostic: str, *, population: str, n_people: int,
    detail: str,
) -> Diagnostic:  # fmt: skip
    """One coefficient with its interval, as a diagnostic; a log odds ratio is raised to its power."""
    value = low = high = None
    try:
        told = contrast_of(inference, {name: 1.0}, level=LEVEL)
        shown = (told.estimate, told.low, told.high)
        value, low, high = _powers(*shown) if name == LOG_ODDS else shown
    except NotIdentifiedError as reason:
        detail = f"not answered: {reason}"
    return Diagnostic(
        outcome=outcome.column, diagnostic=diagnostic, population=population, value=value, ci_low=low,
        ci_high=high, detail=detail, n_people=n_people,
    )  # fmt: skip


def _powers(*logs: float) -> tuple[float, ...]:
    """Raise to their power logarithms of which none leads beyond all numbers, as with hardly any df."""
    if max(logs) > LARGEST_LOG:
        raise NotIdentifiedError("the interval of the odds ratio has no upper end")
    return tuple(math.exp(one) for one in logs)


def _sentence(reason: str) -> str:
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith(".") else f"{text}."
