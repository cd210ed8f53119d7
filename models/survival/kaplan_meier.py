"""Kaplan-Meier estimate of survival, with delayed entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.estimate import LEVEL

Array = NDArray[np.float64]

OBSERVED_FROM_START = -np.inf  # entry of a person who is under observation from the clock's start


@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeier:
    """Survival after each distinct event time, in the time unit of the input; arrays (n_event_times,).

    `n_at_risk` counts people just before the time. `hazard_variance` is Greenwood's sum, the variance
    of log survival; infinite once survival is 0. `exits` and `entries` are kept to count those at risk.
    """

    times: Array
    n_at_risk: NDArray[np.int64]
    n_events: NDArray[np.int64]
    survival: Array
    hazard_variance: Array
    entries: Array
    exits: Array

    @property
    def last_follow_up(self) -> float:
        """Longest time that anybody was observed."""
        return float(self.exits.max())

    @property
    def known_until(self) -> float:
        """Last time at which survival is known; infinite where everybody had the event.

        Survival is not known once nobody is left under observation while somebody has not had the event,
        whether lost by then or (delayed entry) not yet entered.
        """
        ends = np.unique(self.exits)
        # Whoever left by then had entered by then, so that the difference counts those under observation.
        entered = np.searchsorted(np.sort(self.entries), ends, side="right")
        left = entered > np.searchsorted(np.sort(self.exits), ends, side="right")
        ran_out = float(ends[int(np.argmin(left))])
        emptied = self.times[self.survival <= 0.0]
        if emptied.size == 0 or emptied[0] > ran_out:
            return ran_out
        last = float(emptied[0])
        return np.inf if last >= ends[-1] else float(np.nextafter(last, -np.inf))

    def at_risk(self, time: float) -> int:
        """People under observation just before `time`: entry < time <= exit."""
        return int(np.sum((self.entries < time) & (self.exits >= time)))

    def events_by(self, time: float) -> int:
        """Events up to and including `time`."""
        return int(self.n_events[self.times <= time].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """Share with the event by a time, 1 - S(t). The interval is None where there is none (share 0 or 1)."""

    value: float
    std_error: float | None
    low: float | None
    high: float | None


def kaplan_meier(exits: Array, events: NDArray[np.bool_], entries: Array | None = None) -> KaplanMeier:
    """Product-limit estimate with right censoring and, where `entries` is given, left truncation.

    S(t) = prod over event times s <= t of (1 - d_s / n_s); a person is at risk at s if entry < s <= exit,
    so that a censoring tied with an event counts as at risk. Greenwood: var log S(t) = sum d / (n (n - d)).

    Parameters
    ----------
    exits : array, shape (n_people,)
        Time of the event or of censoring, from the clock's start.
    events : array of bool, shape (n_people,)
        Whether the exit is an event.
    entries : array, shape (n_people,), optional
        Time from which each person is under observation; `OBSERVED_FROM_START` for those never truncated
        (an event at time 0 then counts). Default: nobody is truncated.

    Raises
    ------
    ValueError
        No people, or a person who leaves before entering.

    References
    ----------
    Kaplan & Meier 1958, JASA 53:457; Greenwood 1926; delayed entry: Klein & Moeschberger 2003,
    Survival Analysis, 2nd ed., sect. 4.6.
    """
    if exits.size == 0:
        raise ValueError("a survival curve needs at least one person")
    entries = np.full(exits.shape, OBSERVED_FROM_START) if entries is None else entries
    if np.any(entries >= exits):
        raise ValueError("every person must leave observation after entering it")
    times, n_events = np.unique(exits[events], return_counts=True)
    left = np.searchsorted(np.sort(exits), times, side="left")  # exits strictly before the time
    entered = np.searchsorted(np.sort(entries), times, side="left")  # entries strictly before the time
    n_at_risk = entered - left
    with np.errstate(divide="ignore"):
        survival = np.cumprod(1.0 - n_events / n_at_risk, dtype=np.float64)
        variance = np.cumsum(n_events / (n_at_risk * (n_at_risk - n_events)), dtype=np.float64)
    return KaplanMeier(
        times=times, n_at_risk=n_at_risk.astype(np.int64), n_events=n_events.astype(np.int64),
        survival=survival, hazard_variance=variance, entries=entries, exits=exits,
    )  # fmt: skip


def incidence_by(curve: KaplanMeier, time: float) -> Incidence:
    """Share with the event by `time`, with Greenwood's standard error and a log-log interval.

    The interval is symmetric in log(-log S) (Kalbfleisch & Prentice 2002, sect. 1.4), which keeps it
    inside 0 to 1 and its coverage near nominal in small samples (Borgan & Liestøl 1990, Scand J Stat 17:35).
    """
    step = int(np.searchsorted(curve.times, time, side="right")) - 1
    survival = float(curve.survival[step]) if step >= 0 else 1.0
    if survival in (0.0, 1.0):
        return Incidence(value=1.0 - survival, std_error=None, low=None, high=None)
    error = survival * float(np.sqrt(curve.hazard_variance[step]))
    low, high = log_log_limits(1.0 - survival, error, float(stats.norm.ppf(0.5 + LEVEL / 2)))
    return Incidence(value=1.0 - survival, std_error=error, low=low, high=high)


def log_log_limits(share: float, std_error: float, quantile: float) -> tuple[float, float]:
    """Limits of a share F that are symmetric in log(-log(1 - F)), `quantile` standard errors either side.

    The share must lie between 0 and 1; by the delta method the error there is that of F over
    (1 - F) |log(1 - F)|.
    """
    survival = 1.0 - share
    # Beyond 700 the limits are 0 and 1 to the last digit, and the exponent is past the largest number.
    half = min(quantile * std_error / (survival * abs(np.log(survival))), 700.0)
    return 1.0 - survival ** float(np.exp(-half)), 1.0 - survival ** float(np.exp(half))


def expected_to_reach(curve: KaplanMeier, events: NDArray[np.bool_], times: Array) -> Array:
    """People whose follow-up would have reached each time, whatever happened to them until then: an estimate.

    The number of people times the Kaplan-Meier estimate of not being censored before the time, in which the
    roles of event and censoring are exchanged and events come first where tied (Schemper & Smith 1996,
    Control Clin Trials 17:343). Unlike the number at risk it does not fall because many had the event.

    Parameters
    ----------
    curve : KaplanMeier
        The curve of the same people.
    events : array of bool, shape (n_people,)
        Whether each exit is an event (of any cause).
    times : array, shape (n_times,)
    """
    ends = np.unique(curve.exits[~events])
    lost = _count_at(curve.exits[~events], ends)
    left = np.searchsorted(np.sort(curve.exits), ends, side="left")
    entered = np.searchsorted(np.sort(curve.entries), ends, side="left")
    at_risk = entered - left - _count_at(curve.exits[events], ends)
    still = np.concatenate([[1.0], np.cumprod(1.0 - lost / at_risk)])
    return np.asarray(curve.exits.size * still[np.searchsorted(ends, times, side="left")])


def _count_at(values: Array, times: Array) -> NDArray[np.int64]:
    ordered = np.sort(values)
    return (np.searchsorted(ordered, times, "right") - np.searchsorted(ordered, times, "left")).astype(
        np.int64
    )


def median_time(curve: KaplanMeier) -> tuple[float | None, float | None, float | None]:
    """Median time to the event with its interval; None where the curve or the band stays above one half.

    The first time at which S <= 1/2, or, where S equals 1/2 over a stretch, the middle of it. The
    interval holds the times at which the log-log band contains 1/2 (Brookmeyer & Crowley 1982,
    Biometrics 38:29).
    """
    bands = [incidence_by(curve, t) for t in curve.times]
    reached = [
        _first_half(curve.times, np.array([0.0 if v is None else v for v in shares]))
        for shares in ([b.value for b in bands], [b.high for b in bands], [b.low for b in bands])
    ]
    return reached[0], reached[1], reached[2]


def _first_half(times: Array, shares: Array) -> float | None:
    """First time at which the share reaches one half; the middle of the stretch where it equals it."""
    tolerance = 1e-12
    reached = np.flatnonzero(shares >= 0.5 - tolerance)
    if reached.size == 0:
        return None
    first = int(reached[0])
    if abs(shares[first] - 0.5) <= tolerance and first + 1 < times.size:
        return float((times[first] + times[first + 1]) / 2)
    return float(times[first])
