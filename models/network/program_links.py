"""Whether programs where help is more mutual are those whose people fare better: a rank correlation."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from models.estimate import LEVEL
from models.refusal import NotIdentifiedError

Floats = NDArray[np.float64]
LEAST_PROGRAMS: Final = 8  # with fewer, limits of a rank correlation reach over nearly all values
ALL_ORDERS: Final = 8  # programs up to which every order is tried: 8! is 40,320
SHUFFLES: Final = 20_000
ROUNDING: Final = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class RankCorrelation:
    """Spearman's rank correlation of `n_programs` pairs, its limits and its permutation p-value."""

    value: float
    std_error: float
    low: float
    high: float
    p_value: float
    n_programs: int
    exact: bool


def rank_correlation(
    first: Floats, second: Floats, *, seed: int, least: int = LEAST_PROGRAMS
) -> RankCorrelation:
    """Correlate the ranks of two measures of programs.

    Estimand: Spearman's rank correlation over programs, ties with mean ranks. Two-sided p-value of the
    permutation test that one measure comes in no order with the other: exact, over all orders, up to 8
    programs; beyond, from 20,000 random orders as (1 + those at least as far from 0) / (1 + 20,000), which
    keeps its level as well (Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology
    9:39). Limits: Fisher's z with variance (1 + r^2 / 2) / (n - 3) (Bonett & Wright 2000, Psychometrika
    65:23); `std_error` is that of r by the delta method.

    Raises
    ------
    NotIdentifiedError
        Fewer than `least` programs with both measures, or a measure that is the same in all.
    """
    known = np.isfinite(first) & np.isfinite(second)
    n = int(known.sum())
    if n < least:
        raise NotIdentifiedError(f"fewer than {least} programs have both measures")
    x, y = _standard(first[known]), _standard(second[known])
    value = float(np.clip(x @ y, -1.0, 1.0))
    drawn = _orders(x, y, np.random.default_rng(seed))
    far = int((np.abs(drawn) >= abs(value) - ROUNDING).sum())
    exact = n <= ALL_ORDERS
    p_value = far / len(drawn) if exact else (1 + far) / (1 + len(drawn))
    error = math.sqrt((1.0 + value**2 / 2.0) / (n - 3.0))
    low, high = _limits(value, error)
    return RankCorrelation(
        value=value, std_error=(1.0 - value**2) * error, low=low, high=high, p_value=p_value, n_programs=n,
        exact=exact,
    )  # fmt: skip


def _standard(values: Floats) -> Floats:
    """Ranks with mean 0 and length 1."""
    ranks = stats.rankdata(values)
    away = ranks - ranks.mean()
    length = float(np.sqrt(away @ away))
    if not length > 0.0:
        raise NotIdentifiedError("one of the two measures is the same in all programs")
    return np.asarray(away / length, dtype=float)


def _orders(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Correlations with y in all orders, or in many."""
    n = len(y)
    if n <= ALL_ORDERS:
        return np.asarray(y[np.array(list(itertools.permutations(range(n))))] @ x, dtype=float)
    return np.asarray(rng.permuted(np.tile(y, (SHUFFLES, 1)), axis=1) @ x, dtype=float)


def _limits(value: float, error: float) -> tuple[float, float]:
    if abs(value) >= 1.0 - ROUNDING:
        return value, value
    half = float(special.ndtri(0.5 + LEVEL / 2.0)) * error
    z = math.atanh(value)
    return math.tanh(z - half), math.tanh(z + half)
