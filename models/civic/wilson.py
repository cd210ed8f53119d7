"""Wilson's score interval for one proportion."""

from __future__ import annotations

import math

from scipy import stats

from models.estimate import LEVEL

Z = float(stats.norm.ppf(0.5 + LEVEL / 2))


def wilson(count: int, n: int, z: float = Z) -> tuple[float, float]:
    """Limits of the proportion count / n; no continuity correction (Wilson 1927, JASA 22:209).

    `z` is the normal quantile; methods that build on the interval pass their own.
    """
    center = 2 * count + z**2
    half = z * math.sqrt(z**2 + 4 * count * (1 - count / n))
    return max(0.0, (center - half) / (2 * (n + z**2))), min(1.0, (center + half) / (2 * (n + z**2)))
