"""Aalen-Johansen estimate of cumulative incidence: one event of several that compete."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.estimate import LEVEL
from models.survival.kaplan_meier import (
    OBSERVED_FROM_START,
    Array,
    Incidence,
    KaplanMeier,
    kaplan_meier,
    log_log_limits,
)

CENSORED = 0  # the cause of people who leave observation without an event
VARIANCE = "variance of the delta method (Greenwood's, for several causes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class AalenJohansen:
    """Incidence of each cause after each event time: `causes` (K,), arrays (n_times,) or (K, n_times).

    `n_at_risk` just before the time and `n_events` are sums of weights. `survival` is the share without any
    event after the time, `before` the same just before it. `everybody` is the Kaplan-Meier curve of all
    causes together, people counted once: who was at risk when, and until when anything is known. `cause`
    (n_people,) and `weights` (n_people,), None where everybody weighs 1, are kept for the variances.
    """

    causes: tuple[int, ...]
    times: Array
    n_at_risk: Array
    n_events: Array
    before: Array
    survival: Array
    incidence: Array
    everybody: KaplanMeier
    cause: NDArray[np.int64]
    weights: Array | None

    def at_risk(self, time: float) -> int:
        """People under observation just before `time`, not weighted."""
        return self.everybody.at_risk(time)

    def events_by(self, cause: int, time: float) -> int:
        """People with an event of `cause` up to and including `time`, not weighted."""
        return int(np.sum((self.cause == cause) & (self.everybody.exits <= time)))

    @property
    def known_until(self) -> float:
        """Last time at which incidence is known; infinite where everybody had an event."""
        return self.everybody.known_until


def aalen_johansen(
    exits: Array,
    cause: NDArray[np.int64],
    entries: Array | None = None,
    weights: Array | None = None,
) -> AalenJohansen:
    """Cumulative incidence of every cause, with right censoring, left truncation and weights.

    Estimand: F_k(t) = P(event by t, and of cause k), the other causes being at work. F_k(t) = sum over event
    times s <= t of S(s-) d_k(s) / n(s), with S the Kaplan-Meier estimate of no event of any cause. A person
    is at risk at s if entry < s <= exit: a censoring tied with an event is still at risk at it, and events of
    several causes on one day meet the same people at risk and the same S(s-), so that all F_k and S add up to
    1. With one cause F is 1 - Kaplan-Meier. Nothing is known after `known_until`, which callers compare
    their horizon with.

    Parameters
    ----------
    exits : array, shape (n_people,)
        Time of the first event or of censoring.
    cause : array of int, shape (n_people,)
        `CENSORED` (0), or the positive number of the event's cause.
    entries : array, shape (n_people,), optional
        Time from which each person is under observation; `OBSERVED_FROM_START` for those never truncated.
    weights : array, shape (n_people,), optional
        Positive weights (of sampling, of the inverse probability of being there).

    Raises
    ------
    ValueError
        Nobody; a person who leaves before entering; arrays of different lengths; a negative cause; a weight
        that is not positive.

    References
    ----------
    Aalen & Johansen 1978, Scand J Stat 5:141; Andersen, Borgan, Gill & Keiding 1993, Statistical Models
    Based on Counting Processes, sect. IV.4.
    """
    entries = np.full(exits.shape, OBSERVED_FROM_START) if entries is None else entries
    if not exits.shape == cause.shape == entries.shape or (
        weights is not None and weights.shape != exits.shape
    ):
        raise ValueError("exits, causes, entries and weights must be those of the same people")
    if np.any(cause < CENSORED):
        raise ValueError("causes are numbered from 1, and 0 is censored")
    if weights is not None and not np.all((weights > 0) & np.isfinite(weights)):
        raise ValueError("weights must be positive numbers")
    everybody = kaplan_meier(exits, cause != CENSORED, entries)
    w = np.ones(exits.shape) if weights is None else weights
    times = everybody.times
    n_at_risk = _sum_below(entries, w, times) - _sum_below(exits, w, times)
    causes = tuple(int(k) for k in np.unique(cause[cause != CENSORED]))
    step = np.searchsorted(times, exits)
    n_events = np.zeros((len(causes), times.size))
    for number, k in enumerate(causes):
        n_events[number] = np.bincount(step[cause == k], weights=w[cause == k], minlength=times.size)
    # Where all at risk have an event the rest is nobody, exactly, whatever rounding leaves of the weights.
    kept = np.where(everybody.survival > 0, 1.0 - n_events.sum(axis=0) / n_at_risk, 0.0)
    survival = np.asarray(np.cumprod(kept), dtype=np.float64)
    before = np.concatenate([[1.0], survival[:-1]])[: times.size]
    return AalenJohansen(
        causes=causes, times=times, n_at_risk=n_at_risk, n_events=n_events, before=before, survival=survival,
        incidence=np.cumsum(before * n_events / n_at_risk, axis=1), everybody=everybody,
        cause=cause, weights=weights,
    )  # fmt: skip


def incidence_by(curve: AalenJohansen, cause: int, time: float) -> Incidence:
    """Cumulative incidence of `cause` by `time`, with its standard error and an interval.

    Without weights the variance is that of the delta method with multinomial events at each time, the
    Greenwood-type one of the Aalen-Johansen estimator (Andersen et al. 1993, eq. 4.4.19; Marubini & Valsecchi
    1995, eq. 10.12): with a = F(t) - F(s), sum over s <= t of a^2 d / (n (n - d)) + S(s-)^2 d_k (n - d_k) /
    n^3 - 2 a S(s-) d_k / n^2. It allows for ties, and with one cause it is Greenwood's. With weights it is
    the infinitesimal jackknife (`influence`). The interval is symmetric in log(-log(1 - F)), as that of
    Kaplan-Meier, to which it comes down with one cause.
    """
    value = share_by(curve, cause, time)
    if curve.weights is None:
        variance = _variance(curve, cause, time)
    else:
        variance = float(np.sum(influence(curve, cause, time) ** 2))
    error = float(np.sqrt(max(variance, 0.0)))
    return _interval(value, error, float(special.ndtri(0.5 + LEVEL / 2)))


def share_by(curve: AalenJohansen, cause: int, time: float) -> float:
    """Cumulative incidence of `cause` by `time`; 0 of a cause that nobody had."""
    step = int(np.searchsorted(curve.times, time, side="right")) - 1
    if step < 0 or cause not in curve.causes:
        return 0.0
    return min(float(curve.incidence[curve.causes.index(cause), step]), 1.0)


def influence(curve: AalenJohansen, cause: int, time: float) -> Array:
    """Influence of each person (n_people,) on the incidence by `time`: weight times derivative by the weight.

    With h_k = d_k / n and h = d / n, the derivative of F_k(t) by person i's weight is the sum over s <= t of
    S(s-) (dN_ki - Y_i h_k) / n - (F_k(t) - F_k(s)) / (1 - h) (dN_i - Y_i h) / n. Their squares sum to the
    infinitesimal jackknife's variance (R's survfit); without delayed entry and weights that is
    Greenwood's, ties included.
    """
    everybody = curve.everybody
    n_people = everybody.exits.size
    upto = int(np.searchsorted(curve.times, time, side="right"))
    if upto == 0 or cause not in curve.causes:
        return np.zeros(n_people)
    k = curve.causes.index(cause)
    n, own, every = curve.n_at_risk[:upto], curve.n_events[k, :upto], curve.n_events[:, :upto].sum(axis=0)
    ahead = curve.incidence[k, upto - 1] - curve.incidence[k, :upto]
    gain = curve.before[:upto] / n
    some_left = curve.survival[:upto] > 0
    loss = np.where(some_left, ahead / np.where(some_left, n - every, 1.0), 0.0)
    passed = np.concatenate([[0.0], np.cumsum((gain * own - loss * every) / n)])
    exposed = (
        passed[np.searchsorted(curve.times[:upto], everybody.exits, side="right")]
        - passed[np.searchsorted(curve.times[:upto], everybody.entries, side="right")]
    )
    happened = (curve.cause != CENSORED) & (everybody.exits <= time)
    step = np.searchsorted(curve.times[:upto], everybody.exits[happened])
    derivative = -exposed
    derivative[happened] += np.where(curve.cause[happened] == cause, gain[step], 0.0) - loss[step]
    return np.asarray(derivative if curve.weights is None else derivative * curve.weights)


def _variance(curve: AalenJohansen, cause: int, time: float) -> float:
    """Delta-method variance; formula in `incidence_by`."""
    upto = int(np.searchsorted(curve.times, time, side="right"))
    if upto == 0 or cause not in curve.causes:
        return 0.0
    k = curve.causes.index(cause)
    n, own, every = curve.n_at_risk[:upto], curve.n_events[k, :upto], curve.n_events[:, :upto].sum(axis=0)
    ahead = curve.incidence[k, upto - 1] - curve.incidence[k, :upto]
    some_left = n > every  # where nobody is left, nothing lies ahead
    spread = np.where(some_left, ahead**2 * every / (n * np.where(some_left, n - every, 1.0)), 0.0)
    before = curve.before[:upto]
    return float(
        np.sum(spread + before**2 * own * (n - own) / n**3 - 2.0 * ahead * before * own / n**2)
    )  # fmt: skip


def _interval(value: float, error: float, quantile: float) -> Incidence:
    if value in (0.0, 1.0) or not error > 0.0:
        return Incidence(value=value, std_error=None, low=None, high=None)
    low, high = log_log_limits(value, error, quantile)
    return Incidence(value=value, std_error=error, low=low, high=high)


def _sum_below(values: Array, weights: Array, times: Array) -> Array:
    """Sum of the weights of the values strictly below each time."""
    order = np.argsort(values, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    return np.asarray(total[np.searchsorted(values[order], times, side="left")])
