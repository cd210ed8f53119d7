"""Points of a share-with-the-event curve, read off at given days."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.estimate import CurvePoint
from models.survival.kaplan_meier import KaplanMeier, incidence_by


def curve_points(
    curve: KaplanMeier,
    *,
    places: Iterable[tuple[float, float]],
    x_unit: str,
    outcome: str,
    name: str,
    population: str,
) -> tuple[CurvePoint, ...]:
    """Share with the event at each place.

    Parameters
    ----------
    curve : KaplanMeier
        In its own time unit (days).
    places : iterable of (x, time)
        Where the point stands, in `x_unit`, and the time at which the curve is read off there.

    Returns
    -------
    tuple of CurvePoint
        `estimate` is 1 - S(time); `n_events` counts the events from the start of the curve up to it.
    """
    points = []
    for x, time in places:
        share = incidence_by(curve, time)
        points.append(
            CurvePoint(
                outcome=outcome, curve=name, population=population, x=x, x_unit=x_unit,
                estimate=share.value, ci_low=share.low, ci_high=share.high,
                n_at_risk=at_risk_from(curve, time), n_events=curve.events_by(time),
            )
        )  # fmt: skip
    return tuple(points)


def at_risk_from(curve: KaplanMeier, time: float) -> int:
    """People at risk at `time`, or just after it: where a curve starts, everybody enters at that instant."""
    return curve.at_risk(time) or curve.at_risk(float(np.nextafter(time, np.inf)))
