"""The answers of Q1 found in other ways: the sensitivity set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from models.estimate import Diagnostic
from models.trajectory.drawn_interval import NOT_SMALL, corrected, drawn_limits
from models.trajectory.group_curves import Curves, GroupCurve, Level, Way
from models.trajectory.quality_of_life_curves import local_heights, places
from models.trajectory.quality_of_life_facts import Facts
from models.trajectory.survey_people import Survey
from models.trajectory.turning_points import Landmarks, landmarks_of_heights

LANDMARKS: Final[Mapping[str, str]] = {
    "dip_depth": "dip_depth",
    "turning_point_years": "turning_point",
    "crossing_years": "crossing",
}
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
        found: dict[str, tuple[int, Landmarks, Landmarks | None]] = {}
        for way, made in others.items():
            other = made.groups[group]
            if isinstance(other, GroupCurve):
                found[way] = (len(other.people), other.found, other.drawn)
        x = places(curve.start, curve.end)
        heights = local_heights(survey, curve, x)
        if len(x) > 1 and np.isfinite(heights).all():
            height = level.found if isinstance(level, Level) else math.nan
            found[LOCAL] = (len(curve.people), landmarks_of_heights(x, heights, height), None)
        for way, (n_people, once, drawn) in found.items():
            rows += [
                _row(stem, way, told.suffix[group], once, drawn, told=told, n_people=n_people)
                for stem in LANDMARKS
                if stem != "crossing_years" or isinstance(level, Level)
            ]
    return tuple(rows)


def _row(
    stem: str, way: str, end: str, found: Landmarks, drawn: Landmarks | None, *, told: Facts, n_people: int
) -> Diagnostic:  # fmt: skip
    value = float(getattr(found, LANDMARKS[stem])[0])
    replicates = None if drawn is None else getattr(drawn, LANDMARKS[stem])
    crossing = stem == "crossing_years"
    if crossing and replicates is not None:
        value = corrected(value, replicates)
    limits = None if replicates is None else drawn_limits(replicates, NOT_SMALL)
    detail = WORDS[way]
    if crossing and not math.isfinite(value):
        detail += "; not reached in the years observed"
    elif not crossing and not (
        math.isfinite(float(found.turning_point[0])) and float(found.dip_depth[0]) > 0
    ):
        value, detail = math.nan, f"{detail}; no dip found"
    elif limits is not None and math.isinf(limits[1]):
        detail += "; the upper limit is not reached"
    return told.fact(
        f"sensitivity_{stem}{end}_{way}", value, detail, n_people=n_people, limits=limits
    )  # fmt: skip
