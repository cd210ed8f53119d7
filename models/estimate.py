"""The one shape every model answers in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

import polars as pl

MINIMUM_PEOPLE: Final = 10  # fewer people carry no estimate, whatever the method would say
LEVEL: Final = 0.95  # of every interval
# Scales: a share of the people counted, or of pairs of them, from which and their number a count follows; and
# what is none.
SHARE: Final = "probability"
SHARE_OF_PAIRS: Final = "share of pairs"
SHARE_DIFFERENCE: Final = "probability difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with its uncertainty, or the reason why there is none.

    A refused estimate (not converged, not identified, too few people) carries nulls and says why in
    `note`; it never carries a number. `scale` says what the number is (points, ratio, probability,
    probability difference, days); `small_sample` states the degrees of freedom and small-sample convention.
    `n_people` counts persons, `n_rows` rows used, `n_events` events; null where it has no meaning.
    """

    outcome: str
    term: str
    population: str
    estimate: float | None
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    df: float | None = None
    n_people: int | None
    n_rows: int | None = None
    n_events: int | None = None
    method: str
    scale: str
    small_sample: str
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what is not a number: NaN and infinities are answers of a broken fit."""
        for name in ("estimate", "std_error", "ci_low", "ci_high", "p_value", "df"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(
                    f"{self.outcome} / {self.term}: {name} is not finite; refuse it with a reason"
                )
        if self.estimate is None and not self.note:
            raise ValueError(f"{self.outcome} / {self.term}: a refused estimate must say why in its note")


def refused(
    *, outcome: str, term: str, population: str, n_people: int | None, method: str, scale: str, reason: str
) -> Estimate:
    """Answer with a reason instead of a number."""
    return Estimate(
        outcome=outcome, term=term, population=population, estimate=None, n_people=n_people,
        method=method, scale=scale, small_sample="none", note=reason,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One point of a curve (survival, incidence, trajectory). `x` is in `x_unit`; at risk at that point."""

    outcome: str
    curve: str
    population: str
    x: float
    x_unit: str
    estimate: float
    ci_low: float | None
    ci_high: float | None
    n_at_risk: int | None
    n_events: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One fact about how an estimate was reached: convergence, follow-up rate, dropped rows, balance.

    `ci_low` and `ci_high` are the limits of an interval (of `LEVEL`) around `value`, null where it has none;
    `detail` says in words what the value is, and does not repeat its numbers.
    """

    outcome: str
    diagnostic: str
    population: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    detail: str = ""
    n_people: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a number, and an interval around nothing or with one limit."""
        for name in ("value", "ci_low", "ci_high"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.outcome} / {self.diagnostic}: {name} is not finite")
        limits = (self.ci_low, self.ci_high)
        if limits != (None, None) and (self.value is None or None in limits):
            raise ValueError(f"{self.outcome} / {self.diagnostic}: limits need each other, and a value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that one analysis has to say."""

    analysis: str
    estimates: tuple[Estimate, ...]
    curves: tuple[CurvePoint, ...] = field(default=())
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def to_frame(
    rows: Iterable[Estimate | CurvePoint | Diagnostic], *, analysis: str, as_of: str, schema: pl.Schema
) -> pl.DataFrame:
    """Stack rows into a frame of `schema`, with the analysis and the quarter they speak for."""
    records = [{"analysis": analysis, "as_of": as_of, **asdict(row)} for row in rows]
    return pl.DataFrame(records, schema={name: schema[name] for name in schema}, orient="row")
