"""The curves of Q1 as points: with limits at each, with limits for all of it at once, by local regression."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.estimate import CurvePoint
from models.trajectory.group_curves import GroupCurve
from models.trajectory.limits import pointwise, simultaneous
from models.trajectory.local_regression import local_regression
from models.trajectory.survey_people import Survey

Array = NDArray[np.float64]
MONTHLY: Final = 2  # years up to which a curve has a point each month; then each quarter, later each half
QUARTERLY: Final = 10


def curve_points(
    survey: Survey, curves: Mapping[str, GroupCurve], *, outcome: str, population: str
) -> tuple[CurvePoint, ...]:
    """Each group's curve, the same with wider limits (`_simultaneous`), and a second opinion without any."""
    points = []
    for group, curve in curves.items():
        x = places(curve.start, curve.end)
        height = curve.fit.mean(x)
        none = np.full(len(x), np.nan)
        kinds = {
            group: (height, *pointwise(curve.fit, x)),
            f"{group}_simultaneous": (height, *simultaneous(curve.fit, x, start=curve.start, end=curve.end)),
            f"{group}_local_regression": (local_heights(survey, curve, x), none, none),
        }
        points += [
            CurvePoint(
                outcome=outcome, curve=name, population=population, x=float(at), x_unit="years",
                estimate=float(y), ci_low=_number(low), ci_high=_number(high), n_at_risk=None, n_events=None,
            )
            for name, (heights, lows, highs) in kinds.items()
            for at, y, low, high in zip(x, heights, lows, highs, strict=True)
            if math.isfinite(y)
        ]  # fmt: skip
    return tuple(points)


def places(start: float, end: float) -> Array:
    """Points of a curve: each month in the first two years, each quarter to ten, then each half year."""
    x = np.concatenate([
        np.arange(12 * MONTHLY) / 12, np.arange(4 * MONTHLY, 4 * QUARTERLY) / 4,
        np.arange(2 * QUARTERLY, 2 * max(math.ceil(end), QUARTERLY) + 1) / 2,
    ])  # fmt: skip
    return np.asarray(x[(x >= start) & (x <= end)])


def local_heights(survey: Survey, curve: GroupCurve, x: Array) -> Array:
    """Heights (m,) of the group's local regression at `x` (m,)."""
    people = curve.people
    return local_regression(survey.years[people], survey.answers[people], survey.weights[people], x)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
