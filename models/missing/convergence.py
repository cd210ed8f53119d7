"""Whether chains that started apart have come to tell the same."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import stats

from models.inference.coefficients import Array

LARGEST_REDUCTION: Final = (
    1.2  # Gelman & Rubin 1992; a copy is one state of its chain, not an average over it
)
FALSE_ALARM: Final = 0.01  # chance that chains which agree are sent on


def scale_reduction(history: Array) -> Array:
    """Potential scale reduction of each statistic over the second half of the sweeps.

    R = sqrt((n - 1) / n + B / (n W)), W the mean variance within chains, B / n the variance of the chains'
    means (Gelman & Rubin 1992, Statistical Science 7:457). 1 where nothing varies.

    Parameters
    ----------
    history : array (chains, sweeps, statistics)

    Returns
    -------
    array (statistics,)
    """
    late = history[:, history.shape[1] // 2 :]
    n = late.shape[1]
    within = late.var(axis=1, ddof=1).mean(axis=0)
    between = late.mean(axis=1).var(axis=0, ddof=1)
    same = between <= 1e-20 * (1.0 + late.mean(axis=(0, 1)) ** 2)
    ratio = np.divide(between, within, out=np.full(within.shape, np.inf), where=within > 0.0)
    return np.sqrt(np.where(same, 1.0, (n - 1) / n + ratio))


def largest_allowed(chains: int, sweeps: int, statistics: int) -> float:
    """Limit of the largest reduction: the convention, or what chance alone gives so few sweeps.

    n B / (n W) of sweeps without memory is F(m - 1, m (n - 1)); its quantile at `FALSE_ALARM` shared by the
    statistics, so that chains that agree are seldom sent on for noise.
    """
    n = sweeps - sweeps // 2
    ratio = stats.f.isf(FALSE_ALARM / max(statistics, 1), chains - 1, chains * (n - 1))
    return max(LARGEST_REDUCTION, float(np.sqrt((n - 1) / n + ratio / n)))
