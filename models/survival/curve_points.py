"""Points of a share-with-the-event curve, thinned to a grid."""

from __future__ import annotations

import numpy as np

from models.estimate import CurvePoint
from models.survival.kaplan_meier import KaplanMeier, incidence_by


def curve_points(
    curve: KaplanMeier,
    *,
    outcome: str,
    name: str,
    population: str,
    step: float,
    unit: float,
    x_unit: str,
    minimum_at_risk: int,
    start: float = 0.0,
) -> tuple[CurvePoint, ...]:
    """Share with the event every `step`, from `start` until too few are at risk.

    Parameters
    ----------
    curve : KaplanMeier
        In its own time unit (days).
    step, start : float
        In the curve's time unit.
    unit : float
        Days per `x_unit`: x = time / unit.
    minimum_at_risk : int
        The curve ends before the first point with fewer people under observation.

    Returns
    -------
    tuple of CurvePoint
        `estimate` is 1 - S(x); `n_events` counts the events from the start of the curve up to x.
    """
    points = []
    for time in np.arange(start, curve.last_follow_up + step, step):
        # A curve that starts at everybody's entry has nobody at risk at that instant, all just after it.
        n_at_risk = curve.at_risk(float(time)) or curve.at_risk(float(np.nextafter(time, np.inf)))
        if n_at_risk < minimum_at_risk or time > curve.last_follow_up:
            break
        share = incidence_by(curve, float(time))
        points.append(
            CurvePoint(
                outcome=outcome, curve=name, population=population, x=float(time) / unit, x_unit=x_unit,
                estimate=share.value, ci_low=share.low, ci_high=share.high,
                n_at_risk=n_at_risk, n_events=curve.events_by(float(time)),
            )
        )  # fmt: skip
    return tuple(points)
