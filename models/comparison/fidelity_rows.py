"""From the answers about one outcome and one score of the programs to rows, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from models.comparison.answered import share_surely_missing
from models.comparison.cohort import SMPS
from models.comparison.fidelity_answers import (
    Answered,
    Asked,
    adjusted_for_more,
    answer,
    attempt,
    attrition_weighted,
    cluster_robust,
    complete_cases,
)
from models.comparison.multiplicity import holm
from models.comparison.people_by_program import PeopleByProgram
from models.comparison.program_scale_fits import DIFFERENCE, SLOPE
from models.estimate import LEVEL, SHARE_DIFFERENCE, Diagnostic, Estimate, refused
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError

TOTAL: Final = SMPS[0]
METHODS: Final = {
    "logistic": "logistic regression with a random intercept by program; missing answers imputed",
    "linear": "linear regression with a random intercept by program; missing answers imputed",
}
NOTE: Final = "Between programs, people made alike at entry; not what raising a program's score would do."
OF_DOMAIN: Final = "A domain by itself also stands for the others, which go with it."
CHANCE: Final = "May be chance among the questions asked of this wave."
BEYOND_CHANCE: Final = "Holds beyond chance among the questions asked of this wave."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All about one outcome and one score."""

    asked: Asked
    estimates: tuple[Estimate, ...]
    diagnostics: tuple[Diagnostic, ...]
    missing: float | None = None  # share of the slope's variance that is surely due to missing answers


def term_of(asked: Asked) -> str:
    """Name of the slope: per 10 points, or for a cut the programs above it."""
    return asked.score if asked.step == 1.0 else f"{asked.score}_per_{asked.step:g}_points"


def scale_of(asked: Asked) -> str:
    """Say what the slope is."""
    return "log odds" if asked.family == "logistic" else "points"


def all_refused(asked: Asked, reason: str, *, population: str, n_people: int) -> tuple[Estimate, ...]:
    """Both rows of a question (one, for a scale) with the reason in place of a number."""
    term = term_of(asked)
    sentence = f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
    kinds = [(term, scale_of(asked))]
    if asked.family == "logistic":
        kinds.append((f"{term}_probability", SHARE_DIFFERENCE))
    return tuple(
        refused(
            outcome=asked.column, term=name, population=population, n_people=n_people,
            method=METHODS[asked.family], scale=scale, reason=sentence,
        )
        for name, scale in kinds
    )  # fmt: skip


def told_score(
    of: PeopleByProgram,
    asked: Asked,
    *,
    population: str,
    copies: int | None = None,
    baseline: tuple[str, ...] = (),
) -> Told:
    """Answer one question about the people due, or refuse it with the reason.

    With `baseline`, all variables measured at entry, the answers in other ways stand beside it. `copies`
    limits the imputed copies used.
    """
    known = of.known(asked.score)
    n_people = int(known.sum())
    reached = of.observed[asked.column].filter(pl.Series(known)).drop_nulls()
    try:
        found = answer(of, asked, copies=copies)
    except NotIdentifiedError as reason:
        rows = all_refused(asked, str(reason), population=population, n_people=n_people)
        return Told(asked=asked, estimates=rows, diagnostics=())
    rows = _rows(found, asked, population=population, n_people=n_people, reached=reached)
    facts = _facts(found, asked, population=population, n_people=n_people)
    if baseline:
        facts += _sensitivity(of, asked, population=population, baseline=baseline)
    missing = share_surely_missing(found.slope.missing_information({SLOPE: 1.0}))
    return Told(asked=asked, estimates=rows, diagnostics=facts, missing=missing)


def _rows(
    found: Answered, asked: Asked, *, population: str, n_people: int, reached: pl.Series
) -> tuple[Estimate, ...]:
    """Give the slope and, for a yes or no, the difference in probability beside it."""
    term = term_of(asked)
    note = NOTE if asked.score == TOTAL else f"{NOTE} {OF_DOMAIN}"
    parts = [(found.slope.inference, SLOPE, term, scale_of(asked))]
    if found.difference is not None:
        parts.append((found.difference.inference, DIFFERENCE, f"{term}_probability", SHARE_DIFFERENCE))
    told = []
    for inference, name, of_term, scale in parts:
        row = estimate_of(
            inference, {name: 1.0}, outcome=asked.column, term=of_term, population=population,
            n_people=n_people, n_rows=reached.len(), method=METHODS[asked.family], scale=scale,
            note=note,
        )  # fmt: skip
        if asked.family == "logistic" and row.estimate is not None:
            row = replace(row, n_events=int(reached.cast(pl.Int64).sum()))
        told.append(row)
    return tuple(told)


def _facts(found: Answered, asked: Asked, *, population: str, n_people: int) -> tuple[Diagnostic, ...]:
    term = term_of(asked)
    spread = Diagnostic(
        outcome=asked.column, diagnostic=f"program_sd_{asked.score}", population=population,
        value=found.program_sd, n_people=n_people,
        detail=f"standard deviation of the programs' own levels beside the score, {scale_of(asked)}; mean "
        "over the imputed copies",
    )  # fmt: skip
    if asked.score != TOTAL:
        return (spread,)
    missing = found.slope.diagnostics(
        {term: {SLOPE: 1.0}}, outcome=asked.column, population=population, n_people=n_people
    )
    return (spread, *missing)


def _sensitivity(
    people: PeopleByProgram, asked: Asked, *, population: str, baseline: tuple[str, ...]
) -> tuple[Diagnostic, ...]:
    """Tell the slope in other ways."""
    more = replace(asked, adjusted_for=baseline)
    ways = {
        "complete_cases": (
            attempt(lambda: complete_cases(people, asked)),
            "only people with the outcome and every covariate; nobody stands for those lost",
        ),
        "attrition_weighted": (
            attempt(lambda: attrition_weighted(people, asked, baseline=baseline)),
            "those reached stand for those lost who were like them at entry; programs as clusters (CR2)",
        ),
        "cluster_robust": (
            attempt(lambda: cluster_robust(people, asked)),
            "without program effects, programs as clusters (CR2, Satterthwaite): averaged over programs",
        ),
        "all_baseline": (
            attempt(lambda: adjusted_for_more(people, more)),
            "adjusted for all that was measured at entry",
        ),
    }
    return tuple(
        _in_another_way(found, asked, way, detail, population=population, n_people=len(people))
        for way, (found, detail) in ways.items()
    )


def _in_another_way(
    found: tuple[Inference, int] | str, asked: Asked, way: str, detail: str, *, population: str, n_people: int
) -> Diagnostic:
    name = f"sensitivity_{term_of(asked)}_{way}"
    value = low = high = None
    if isinstance(found, str):
        detail = f"{detail}; {found}"
    else:
        inference, n_people = found
        try:
            told = contrast_of(inference, {SLOPE: 1.0}, level=LEVEL)
            value, low, high = told.estimate, told.low, told.high
        except NotIdentifiedError as reason:
            detail = f"{detail}; not answered: {reason}"
    return Diagnostic(
        outcome=asked.column, diagnostic=name, population=population, value=value, ci_low=low, ci_high=high,
        detail=detail, n_people=n_people,
    )  # fmt: skip


def claimed(told: Sequence[Told]) -> tuple[Told, ...]:
    """Allow for the many questions of a wave: Holm's p-values of the total and, apart, of the domains.

    One family are all outcomes beside the total, another all outcomes beside all domains (and the cut); a
    note says whether a difference holds among its family at 5%. The p-values of the rows stay as they are.
    """
    adjusted: dict[tuple[str, str], float] = {}
    for of_total in (True, False):
        family = {
            (one.asked.column, one.asked.score): p
            for one in told
            if (one.asked.score == TOTAL) == of_total and (p := one.estimates[0].p_value) is not None
        }
        if family:
            adjusted |= dict(zip(family, map(float, holm([*family.values()])), strict=True))
    return tuple(_claimed(one, adjusted.get((one.asked.column, one.asked.score))) for one in told)


def _claimed(one: Told, adjusted: float | None) -> Told:
    if adjusted is None:
        return one
    words = BEYOND_CHANCE if adjusted <= 1.0 - LEVEL else CHANCE
    first = one.estimates[0]
    fact = Diagnostic(
        outcome=first.outcome, diagnostic=f"holm_p_{first.term}", population=first.population, value=adjusted,
        detail="p value after Holm's allowance for all outcomes of the wave"
        + ("" if one.asked.score == TOTAL else " and all domains"),
        n_people=first.n_people,
    )  # fmt: skip
    rows = tuple(
        row if row.estimate is None else replace(row, note=f"{words} {row.note}") for row in one.estimates
    )
    return replace(one, estimates=rows, diagnostics=(*one.diagnostics, fact))
