"""Restricted mean time to an event: the mean of the days up to a horizon, and what two groups differ by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.refusal import NotIdentifiedError
from models.survival.kaplan_meier import KaplanMeier


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMean:
    """Mean time without the event up to `horizon`, and its `variance`, in the curve's unit."""

    value: float
    variance: float
    horizon: float

    @property
    def std_error(self) -> float:
        """Standard error of the mean; 0 where nobody, or everybody at one time, had the event."""
        return float(np.sqrt(self.variance))


def restricted_mean(curve: KaplanMeier, horizon: float) -> RestrictedMean:
    """Area under the Kaplan-Meier curve from 0 to `horizon`.

    Estimand: E[min(T, horizon)]. Variance: sum over event times s <= horizon of A(s)^2 d / (n (n - d)), A(s)
    the area from s to the horizon (Irwin 1949; Royston & Parmar 2013, BMC Med Res Methodol 13:152; Uno et al.
    2014, J Clin Oncol 32:2380; as R's survRM2). A time at which everybody left has the event adds nothing:
    no area is ahead.

    Raises
    ------
    NotIdentifiedError
        The curve is not known up to the horizon, whose mean then cannot be found.
    ValueError
        The horizon is not after 0.
    """
    if not horizon > 0:
        raise ValueError("the horizon of a restricted mean lies after the start")
    if horizon > curve.known_until:
        raise NotIdentifiedError("follow-up ends before the horizon of the restricted mean")
    inside = curve.times <= horizon
    times, survival = curve.times[inside], curve.survival[inside]
    edges = np.concatenate([[0.0], times, [horizon]])
    areas = np.concatenate([[1.0], survival]) * np.diff(edges)
    ahead = np.cumsum(areas[::-1])[::-1][1:]
    n, events = curve.n_at_risk[inside], curve.n_events[inside]
    left = np.maximum(n - events, 1)
    return RestrictedMean(
        value=float(areas.sum()),
        variance=float(np.sum(np.where(n > events, ahead**2 * events / (n * left), 0.0))),
        horizon=horizon,
    )


def difference(of: RestrictedMean, against: RestrictedMean) -> tuple[float, float]:
    """Difference of the restricted means of two groups without people in common, and its standard error."""
    _same_horizon(of, against)
    return of.value - against.value, float(np.sqrt(of.variance + against.variance))


def log_ratio(of: RestrictedMean, against: RestrictedMean) -> tuple[float, float]:
    """Logarithm of the ratio of two restricted means, and its standard error by the delta method."""
    _same_horizon(of, against)
    variance = of.variance / of.value**2 + against.variance / against.value**2
    return float(np.log(of.value / against.value)), float(np.sqrt(variance))


def _same_horizon(of: RestrictedMean, against: RestrictedMean) -> None:
    if of.horizon != against.horizon:
        raise ValueError("restricted means are compared up to one horizon")
