"""Restricted mean time to an event: the mean of the days up to a horizon, and what two groups differ by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.survival.kaplan_meier import Array, KaplanMeier


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
    areas = _areas(curve, horizon)
    ahead = np.cumsum(areas[::-1])[::-1][1:]
    n, events = curve.n_at_risk[inside], curve.n_events[inside]
    left = np.maximum(n - events, 1)
    return RestrictedMean(
        value=float(areas.sum()),
        variance=float(np.sum(np.where(n > events, ahead**2 * events / (n * left), 0.0))),
        horizon=horizon,
    )


def influence(curve: KaplanMeier, horizon: float, events: NDArray[np.bool_]) -> Array:
    """Change of the restricted mean for each person (n_people,): its derivative by the person's weight.

    - sum over event times s <= horizon of A(s) (dN_i - Y_i d / n) / (n - d), A(s) the area from s on. The
      squares add up to `RestrictedMean.variance`, without delayed entry, and the values to zero.

    Parameters
    ----------
    events : array of bool, shape (n_people,)
        Whether each person's exit is an event, in the order of the curve.
    """
    inside = curve.times <= horizon
    times, n, d = curve.times[inside], curve.n_at_risk[inside], curve.n_events[inside]
    ahead = np.cumsum(_areas(curve, horizon)[::-1])[::-1][1:]
    step = np.where(n > d, ahead / np.maximum(n - d, 1), 0.0)
    passed = np.concatenate([[0.0], np.cumsum(step * d / n)])
    changes = (
        passed[np.searchsorted(times, curve.exits, side="right")]
        - passed[np.searchsorted(times, curve.entries, side="right")]
    )
    happened = events & (curve.exits <= horizon)
    changes[happened] -= step[np.searchsorted(times, curve.exits[happened])]
    return np.asarray(changes)


def _areas(curve: KaplanMeier, horizon: float) -> Array:
    """Areas under the curve between 0, the event times up to `horizon`, and `horizon`."""
    inside = curve.times <= horizon
    edges = np.concatenate([[0.0], curve.times[inside], [horizon]])
    return np.asarray(np.concatenate([[1.0], curve.survival[inside]]) * np.diff(edges))


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
