"""How alike the two arms are at baseline, before and after weighting: the data of a love plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.comparison.covariate_columns import Columns

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One baseline column: standardized differences, social less clinical, and variance ratios.

    `before` and `after` weighting; None where the column has no spread in either arm. The ratios are of the
    variances, social over clinical, None for shares (whose variance follows from the share). `size` is the
    absolute difference after weighting: of several copies its mean, in which their signs do not cancel.
    """

    name: str
    before: float | None
    after: float | None
    variance_ratio_before: float | None
    variance_ratio_after: float | None
    size: float | None


def balance(columns: Columns, social: NDArray[np.bool_], weights: Array) -> tuple[Balance, ...]:
    """Compare the arms in every baseline column, each level of a category included.

    Standardized difference: (weighted mean of the social arm - weighted mean of the clinical arm) / s, with
    s = sqrt((s1^2 + s0^2) / 2) from the unweighted sample both before and after, so that weighting cannot
    make a difference look small by spreading the arms. s^2 of a number has divisor n - 1, of a share p it is
    p (1 - p) (Austin 2009, Statistics in Medicine 28:3083; Stuart 2010, Statistical Science 25:1). Weighted
    variances: sum w (x - mean)^2 / (sum w - sum w^2 / sum w), which without weights is the divisor n - 1.

    Parameters
    ----------
    columns : Columns
        Of n people.
    social : array (n,) of bool
    weights : array (n,)
        Balancing weights, in any unit.
    """
    before, after = (
        [_moments(columns.values[arm], w[arm]) for arm in (social, ~social)]
        for w in (np.ones(social.size), weights)
    )
    found = []
    for place, (name, binary) in enumerate(zip(columns.names, columns.binary, strict=True)):
        of_arms = [_share_variance(one, place) if binary else one.variance[place] for one in before]
        spread = math.sqrt(float(sum(of_arms)) / 2.0)
        ratios = [None if binary else _ratio(arms, place) for arms in (before, after)]
        found.append(
            Balance(
                name=name, before=_difference(before, place, spread),
                after=_difference(after, place, spread), variance_ratio_before=ratios[0],
                variance_ratio_after=ratios[1], size=_size(_difference(after, place, spread)),
            )
        )  # fmt: skip
    return tuple(found)


def sizes_after(columns: Columns, social: NDArray[np.bool_], weights: Array) -> Array:
    """Absolute standardized differences of `balance` after weighting (q,), NaN without spread."""
    one = np.ones(social.size)
    spread = np.sqrt(
        sum(
            np.where(columns.binary, moments.mean * (1.0 - moments.mean), moments.variance)
            for moments in (_moments(columns.values[arm], one[arm]) for arm in (social, ~social))
        )
        / 2.0
    )
    means = [weights[arm] @ columns.values[arm] / weights[arm].sum() for arm in (social, ~social)]
    known = spread > 0.0
    return np.where(known, np.abs(means[0] - means[1]) / np.where(known, spread, 1.0), np.nan)


def averaged(tables: list[tuple[Balance, ...]]) -> tuple[Balance, ...]:
    """Mean over imputed copies, column by column; None where any copy has none."""
    return tuple(
        Balance(
            name=rows[0].name,
            before=_mean([row.before for row in rows]),
            after=_mean([row.after for row in rows]),
            variance_ratio_before=_mean([row.variance_ratio_before for row in rows]),
            variance_ratio_after=_mean([row.variance_ratio_after for row in rows]),
            size=_mean([row.size for row in rows]),
        )
        for rows in zip(*tables, strict=True)
    )


def largest(table: tuple[Balance, ...]) -> float | None:
    """Largest absolute standardized difference after weighting; None where nothing could be compared.

    Of several copies the absolute differences are averaged: a difference that stands one way in one copy and
    the other way in the next is none of the mean, and is one in each.
    """
    return max((row.size for row in table if row.size is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moments:
    """Weighted `mean` and `variance` (q,) of the columns of one arm."""

    mean: Array
    variance: Array


def _moments(values: Array, w: Array) -> _Moments:
    total = float(w.sum())
    mean = w @ values / total
    free = total - float(w @ w) / total
    variance = w @ (values - mean) ** 2 / free if free > 0.0 else np.zeros_like(mean)
    return _Moments(mean=mean, variance=variance)


def _share_variance(of: _Moments, place: int) -> float:
    share = float(of.mean[place])
    return share * (1.0 - share)


def _difference(arms: list[_Moments], place: int, spread: float) -> float | None:
    if not spread > 0.0:
        return None
    return float(arms[0].mean[place] - arms[1].mean[place]) / spread


def _size(difference: float | None) -> float | None:
    return None if difference is None else abs(difference)


def _ratio(arms: list[_Moments], place: int) -> float | None:
    above, below = (float(one.variance[place]) for one in arms)
    return above / below if above > 0.0 and below > 0.0 else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
