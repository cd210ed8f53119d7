"""Facts that go with the estimates of Q1: who was used, where the knots lie, what the replicates did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.estimate import LEVEL, Diagnostic
from models.inference.contrast import two_sided_critical
from models.trajectory.drawn_interval import NOT_SMALL, drawn_limits
from models.trajectory.group_curves import GroupCurve, Level, lower_limit_reaches
from models.trajectory.survey_people import Survey

DROPPED: Final = {
    "weight": "respondents without a survey weight above zero, who are not part of the sample",
    "problem": "respondents who did not say whether they ever had a problem",
    "answer": "respondents without an answer on quality of life that its scale can have",
    "years": "respondents who had a problem and did not say how long ago it was resolved, or said too long",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whom the facts are about; `suffix` of the names that belong to a group."""

    outcome: str
    population: str
    suffix: Mapping[str, str]

    def fact(
        self,
        name: str,
        value: float,
        detail: str,
        *,
        n_people: int,
        limits: tuple[float, float] | None = None,
    ) -> Diagnostic:
        """Tell one fact; a value or limits that are no finite numbers are left out."""
        number = float(value) if math.isfinite(value) else None
        closed = number is not None and limits is not None and all(map(math.isfinite, limits))
        low, high = limits if closed and limits is not None else (None, None)
        return Diagnostic(
            outcome=self.outcome, diagnostic=name, population=self.population, value=number, ci_low=low,
            ci_high=high, detail=detail, n_people=n_people,
        )  # fmt: skip


def facts(
    survey: Survey, level: Level | str, curves: Mapping[str, GroupCurve], told: Facts
) -> tuple[Diagnostic, ...]:
    """Who was left out, the mean to be reached, and of each group what its curve rests on."""
    rows = [
        told.fact(f"people_dropped_{what}_missing", n, DROPPED[what], n_people=n)
        for what, n in survey.dropped.items()
    ]
    if isinstance(level, Level):
        n = len(level.people)
        half = two_sided_critical(1.0 - LEVEL, float(n - 1)) * level.std_error
        rows.append(
            told.fact(
                "general_population_mean", level.found,
                "weighted mean of the respondents who never had a problem", n_people=n,
                limits=(level.found - half, level.found + half),
            )
        )  # fmt: skip
    for group, curve in curves.items():
        rows += _of_curve(curve, told, told.suffix[group])
        if isinstance(level, Level):
            rows += _of_crossing(curve, level, told, told.suffix[group])
    return tuple(rows)


def _of_curve(curve: GroupCurve, told: Facts, end: str) -> list[Diagnostic]:
    drawn, flat = curve.drawn, float(curve.found.first_flat[0])
    low = flat == float(curve.found.turning_point[0])
    whose = "its own people" if curve.own_knots else "everybody in recovery"
    slope = f"first year of slope zero: a {'low' if low else 'high'} of the curve"
    told_of: dict[str, tuple[float, str]] = {
        "effective_people": (curve.effective, "people as many as the weighted curve rests on (Kish)"),
        "curve_starts_years": (curve.start, "first year of the curve"),
        "curve_ends_years": (curve.end, "last year of the curve: enough people are in recovery for longer"),
        **{
            f"knot_{j}_years": (round(float(knot), 1), f"a knot, at a weighted quantile of {whose}")
            for j, knot in enumerate(curve.fit.knots, start=1)
        },
        "first_flat_years": (
            flat, slope if math.isfinite(flat) else "the slope is nowhere zero in the years observed"
        ),
        "replicates_without_dip": (
            float(np.mean(drawn.turning_point <= curve.start)),
            "share of replicates whose curve does not fall below its start and rise again",
        ),
        "replicates_not_turned": (
            float(np.mean(np.isinf(drawn.turning_point))),
            "share of replicates whose curve falls below its start and does not turn",
        ),
    }  # fmt: skip
    return _rows(told_of, curve, told, end)


def _of_crossing(curve: GroupCurve, level: Level, told: Facts, end: str) -> list[Diagnostic]:
    crossing, drawn = float(curve.found.crossing[0]), curve.drawn.crossing
    limit = lower_limit_reaches(curve, level, two_sided_critical(1.0 - LEVEL, curve.fit.df))
    mean = "the mean of people who never had a problem"
    told_of = {
        "uncorrected_crossing_years": (
            crossing, f"year at which the drawn curve reaches {mean}, not corrected for bias"
            if math.isfinite(crossing) else f"the drawn curve does not reach {mean} in the years observed",
        ),
        "lower_limit_crossing_years": (
            limit, f"year from which the curve's lower limit is at {mean}, whose own error is allowed for"
            if math.isfinite(limit) else f"the lower limit does not reach {mean} in the years observed",
        ),
        "replicates_not_reached": (
            float(np.mean(np.isinf(drawn))), f"share of replicates whose curve does not reach {mean}"
        ),
    }  # fmt: skip
    limits = drawn_limits(drawn, NOT_SMALL)
    if math.isinf(crossing) and limits is not None and math.isfinite(limits[0]):
        told_of["no_sooner_than_years"] = (limits[0], "lower limit of a crossing year that is not reached")
    return _rows(told_of, curve, told, end)


def _rows(
    told_of: Mapping[str, tuple[float, str]], curve: GroupCurve, told: Facts, end: str
) -> list[Diagnostic]:
    return [
        told.fact(f"{name}{end}", value, detail, n_people=len(curve.people))
        for name, (value, detail) in told_of.items()
    ]
