"""Log-rank test: whether groups have the same hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.refusal import NotIdentifiedError
from models.survival.kaplan_meier import OBSERVED_FROM_START, Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """Events `observed` and `expected` in each group (n_groups,), chi-square, its df, and p-value."""

    observed: Array
    expected: Array
    statistic: float
    df: int
    p_value: float


def log_rank(
    stop: Array, event: NDArray[np.bool_], group: NDArray[np.int64], start: Array | None = None
) -> LogRank:
    """Test that all groups have one hazard, against any difference (Mantel 1966; Peto & Peto 1972).

    At each event time the events are dealt out among the people at risk (start < t <= stop); the variance is
    the hypergeometric one, which allows for ties, as R's survdiff. Chi-square with one degree of freedom less
    than there are groups.

    Parameters
    ----------
    stop, start : array, shape (n_people,)
        End and beginning of the time at risk; start defaults to `OBSERVED_FROM_START`.
    event : array of bool, shape (n_people,)
        Whether the time ends in the event.
    group : array of int, shape (n_people,)
        Group number 0, 1, ...

    Raises
    ------
    NotIdentifiedError
        Fewer than two groups, no events, or never two groups at risk at an event.
    """
    numbers = np.unique(group)
    if numbers.size < 2 or not event.any():
        raise NotIdentifiedError("a comparison of hazards needs two groups and an event")
    begin = np.full(stop.shape, OBSERVED_FROM_START) if start is None else start
    times = np.unique(stop[event])
    at_risk = np.stack([_below(begin[group == g], times) - _below(stop[group == g], times) for g in numbers])
    events = np.stack([_at(stop[event & (group == g)], times) for g in numbers])
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / n
    spread = d * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    excess = (events - d * share).sum(axis=1)
    covariance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    # Groups never at risk beside another say nothing; the last of the rest follows from the others.
    told = np.flatnonzero(np.diag(covariance) > 0)[:-1]
    if told.size == 0:
        raise NotIdentifiedError("at no event were people of two groups under observation")
    statistic = float(excess[told] @ np.linalg.solve(covariance[np.ix_(told, told)], excess[told]))
    return LogRank(
        observed=events.sum(axis=1), expected=(d * share).sum(axis=1), statistic=statistic, df=told.size,
        p_value=float(stats.chi2.sf(statistic, told.size)),
    )  # fmt: skip


def _below(values: Array, times: Array) -> Array:
    return np.searchsorted(np.sort(values), times, side="left").astype(np.float64)


def _at(values: Array, times: Array) -> Array:
    return np.bincount(np.searchsorted(times, values), minlength=times.size).astype(np.float64)
