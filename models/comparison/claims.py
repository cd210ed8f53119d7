"""What may be claimed of the differences of a wave: verdicts, seven areas at once, hidden confounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from models.comparison.cohort import AREAS
from models.comparison.comparable_people import ComparablePeople
from models.comparison.comparison_rows import Told
from models.comparison.e_value import EValue, of_mean_difference, of_risk_difference
from models.comparison.margins import Verdict, margin_of, verdict
from models.comparison.multiplicity import holm
from models.comparison.outcome_answers import MAIN
from models.estimate import LEVEL, Diagnostic, Estimate
from models.inference.contrast import contrast_of, two_sided_critical
from models.refusal import NotIdentifiedError

FAMILY: Final = tuple(f"any_problem_{area}" for area in AREAS)
ALPHA: Final = 1.0 - LEVEL
CHANCE: Final = {
    "better": "Similar or better: being worse by the margin or more is excluded; that it is better "
    "could be chance among the seven areas.",
    "worse": "Not enough to say: that it is worse could be chance among the seven areas.",
}


def claimed(told: Sequence[Told], of: ComparablePeople) -> tuple[Told, ...]:
    """Add to each outcome's main row its verdict, and the diagnostics that a claim rests on.

    The seven problem areas of a wave are one family: their p-values are Holm's (multiplicity), and an area is
    called better or worse only where that is below 5%. Being similar is claimed of each area by itself.
    """
    family = {one.outcome.name: _p_value(one) for one in told if one.outcome.name in FAMILY}
    known = {name: p for name, p in family.items() if p is not None}
    adjusted = dict(zip(known, holm([*known.values()]), strict=True)) if known else {}
    return tuple(_claimed(one, of, adjusted.get(one.outcome.name)) for one in told)


def _claimed(told: Told, of: ComparablePeople, adjusted: float | None) -> Told:
    rows = tuple(_with_verdict(row, told, of, adjusted) for row in told.estimates)
    row = next(row for row in told.estimates if row.term == MAIN)
    if row.estimate is None:
        return replace(told, estimates=rows)
    facts = [*_e_values(told, of, row)]
    if adjusted is not None:
        facts.append(
            _fact(row, f"holm_p_{MAIN}", float(adjusted),
                  "p value of the difference after Holm's allowance for seven areas")
        )  # fmt: skip
    margin, better = _margin(told, of)
    if margin is not None:
        facts.append(
            _fact(row, f"margin_{MAIN}", margin, f"what still counts as similar; {better} is better")
        )
    return replace(told, estimates=rows, diagnostics=(*told.diagnostics, *facts))


def _with_verdict(row: Estimate, told: Told, of: ComparablePeople, adjusted: float | None) -> Estimate:
    if row.term != MAIN or row.estimate is None:
        return row
    try:
        own = margin_of(told.outcome.name)
        found = verdict(
            row.estimate, row.ci_low, row.ci_high, own.in_points(_spread(of, told.outcome.name)), own.better
        )
    except NotIdentifiedError as reason:
        return replace(row, note=f"{row.note} Not enough to say: {reason}.")
    return replace(row, note=f"{_words(found, adjusted)} {row.note}")


def _words(found: Verdict, adjusted: float | None) -> str:
    """Words of a verdict; better and worse need to hold among all areas of the family."""
    if adjusted is not None and adjusted > ALPHA and found.claim in CHANCE:
        return CHANCE[found.claim]
    return found.words


def _margin(told: Told, of: ComparablePeople) -> tuple[float | None, str]:
    try:
        own = margin_of(told.outcome.name)
        return own.in_points(_spread(of, told.outcome.name)), own.better
    except NotIdentifiedError:
        return None, ""


def _spread(of: ComparablePeople, name: str) -> float | None:
    """Find the standard deviation of a scale at entry within arms; None for a yes or no."""
    if f"{name}_baseline" not in of.people.columns:
        return None
    return _within_arms(of, of.people[f"{name}_baseline"])


def _within_arms(of: ComparablePeople, values: pl.Series) -> float | None:
    told = pl.DataFrame({"arm": of.social, "value": values.cast(pl.Float64)}).drop_nulls()
    parts = told.group_by("arm").agg(pl.col("value").var().alias("variance"), free=pl.len() - 1)
    free = float(parts["free"].sum())
    if parts.height < 2 or not free > 0.0 or parts["variance"].null_count():
        return None
    return float(np.sqrt(float((parts["variance"] * parts["free"]).sum()) / free))


def _e_values(told: Told, of: ComparablePeople, row: Estimate) -> tuple[Diagnostic, ...]:
    """Give the E-values of the difference and of the limit nearer to none."""
    try:
        found = _e_value(told, of, row)
    except NotIdentifiedError as reason:
        return (_fact(row, f"e_value_{MAIN}", None, f"no E-value: {reason}"),)
    return (
        _fact(row, f"e_value_{MAIN}", found.estimate,
              "least risk ratio, with the kind of program and with the outcome, of an unmeasured "
              "confounder that would explain the difference away"),
        _fact(row, f"e_value_limit_{MAIN}", found.limit,
              "the same to move the nearer limit to no difference; 1 where the interval already holds none"),
    )  # fmt: skip


def _e_value(told: Told, of: ComparablePeople, row: Estimate) -> EValue:
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    assert told.answer is not None
    inference = told.answer.inference
    if told.outcome.family == "linear":
        spread = _within_arms(of, of.people[told.outcome.column])
        if spread is None:
            raise NotIdentifiedError("the spread of the outcome is not known")
        return of_mean_difference(row.estimate, row.ci_low, row.ci_high, sd=spread)
    at = [inference.names.index(arm) for arm in ("social", "clinical")]
    critical = two_sided_critical(1.0 - LEVEL, contrast_of(inference, {MAIN: 1.0}).df)
    risks = (float(inference.beta[at[0]]), float(inference.beta[at[1]]))
    return of_risk_difference(risks, inference.covariance[np.ix_(at, at)], critical)


def _p_value(told: Told) -> float | None:
    return next(row.p_value for row in told.estimates if row.term == MAIN)


def _fact(row: Estimate, name: str, value: float | None, detail: str) -> Diagnostic:
    return Diagnostic(
        outcome=row.outcome, diagnostic=name, population=row.population, value=value, detail=detail,
        n_people=row.n_people,
    )  # fmt: skip
