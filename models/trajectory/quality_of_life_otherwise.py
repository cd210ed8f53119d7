"""The answers of Q1 found in other ways: the sensitivity set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.estimate import Diagnostic
from models.trajectory.drawn_interval import NOT_SMALL, drawn_limits
from models.trajectory.group_curves import Curves, GroupCurve, Level, Way, crossing_year
from models.trajectory.quality_of_life_curves import local_heights, places
from models.trajectory.quality_of_life_facts import Facts
from models.trajectory.survey_people import Survey
from models.trajectory.turning_points import Landmarks, landmarks_of_heights

Array = NDArray[np.float64]
WAYS: Final[Mapping[str, Way]] = {
    "fewer_knots": Way(more_knots=-1),
    "more_knots": Way(more_knots=1),
    "without_longest_5_percent": Way(longest_left_out=0.05),
    "unweighted": Way(weighted=False),
    "square_root_of_years": Way(root=True),
}
LOCAL: Final = "local_regression"
WORDS: Final = {
    "fewer_knots": "with a knot less",
    "more_knots": "with a knot more",
    "without_longest_5_percent": "without the people longest in recovery, a twentieth",
    "unweighted": "without the survey's weights",
    "square_root_of_years": "with a spline of the square root of time",
    LOCAL: "by local regression, without knots; no interval",
}
ROUNDING: Final = 1e-9  # of a year that was squared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """A group's answers in another way; `drawn` None where that way has no replicates."""

    found: Landmarks
    crossing: float
    start: float
    drawn: Landmarks | None
    n_people: int


def sensitivity(
    survey: Survey,
    level: Level | str,
    curves: Mapping[str, GroupCurve],
    others: Mapping[str, Curves],
    told: Facts,
) -> tuple[Diagnostic, ...]:
    """Give sensitivity_<term>_<way> for each group with a curve; each way has its own mean to be reached.

    Limits are given where both are finite; `detail` says where an answer or a limit is "not reached".
    """
    rows: list[Diagnostic] = []
    for group, curve in curves.items():
        found = {way: _fitted(made.groups[group]) for way, made in others.items()}
        found[LOCAL] = _local(survey, level, curve)
        for way, other in found.items():
            if other is not None:
                rows += _rows(way, other, told.suffix[group], told, crosses=isinstance(level, Level))
    return tuple(rows)


def _fitted(curve: GroupCurve | str) -> _Other | None:
    if isinstance(curve, str):
        return None
    return _Other(
        found=curve.found, crossing=crossing_year(curve), start=curve.start, drawn=curve.drawn,
        n_people=len(curve.people),
    )  # fmt: skip


def _local(survey: Survey, level: Level | str, curve: GroupCurve) -> _Other | None:
    x = places(curve.start, curve.end)
    heights = local_heights(survey, curve, x)
    if len(x) < 2 or not np.isfinite(heights).all():
        return None
    found = landmarks_of_heights(x, heights, level.found if isinstance(level, Level) else math.nan)
    return _Other(
        found=found, crossing=float(found.crossing[0]), start=curve.start, drawn=None,
        n_people=len(curve.people),
    )  # fmt: skip


def _rows(way: str, other: _Other, end: str, told: Facts, *, crosses: bool) -> list[Diagnostic]:
    depth, turning = float(other.found.dip_depth[0]), float(other.found.turning_point[0])
    dips = depth > 0 and math.isfinite(turning)
    no_dip = "" if dips else "; no dip found"
    drawn = other.drawn
    answers: dict[str, tuple[float, str, Array | None]] = {
        "dip_depth": (depth if dips else math.nan, no_dip, drawn.dip_depth if drawn else None),
        "turning_point_years": (
            turning if dips else math.nan,
            no_dip,
            drawn.turning_point if drawn else None,
        ),
    }
    if crosses:
        value, more = other.crossing, ""
        if math.isinf(value):
            more = "; not reached in the years observed"
        elif value <= other.start + ROUNDING:
            value, more = math.nan, "; at or above the mean from the start"
        answers["crossing_years"] = (value, more, drawn.crossing if drawn else None)
    rows = []
    for stem, (value, more, replicates) in answers.items():
        limits = None if replicates is None else drawn_limits(replicates, NOT_SMALL)
        open_above = math.isfinite(value) and limits is not None and math.isinf(limits[1])
        detail = WORDS[way] + more + ("; the upper limit is not reached" if open_above else "")
        rows.append(
            told.fact(f"sensitivity_{stem}{end}_{way}", value, detail, n_people=other.n_people, limits=limits)
        )
    return rows
