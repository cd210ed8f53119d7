"""Limits around a curve at one place, and around all of it at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from models.estimate import LEVEL
from models.inference.contrast import two_sided_critical
from models.trajectory.spline import SplineFit, basis

Array = NDArray[np.float64]
FINE = 2001  # places at which the length of the curve's path is measured


def pointwise(fit: SplineFit, x: Array, *, level: float = LEVEL) -> tuple[Array, Array]:
    """Lower and upper limits (m,) of the height at each `x`: t with the fit's degrees of freedom."""
    return _around(fit, x, two_sided_critical(1.0 - level, fit.df))


def simultaneous(
    fit: SplineFit, x: Array, *, start: float, end: float, level: float = LEVEL
) -> tuple[Array, Array]:
    """Lower and upper limits (m,) that hold at once for all of the curve from `start` to `end`."""
    return _around(fit, x, simultaneous_critical(fit, start=start, end=end, level=level))


def simultaneous_critical(fit: SplineFit, *, start: float, end: float, level: float = LEVEL) -> float:
    """Count the standard errors on either side that hold the whole curve with chance `level`.

    The formula of the volume of tubes (Sun & Loader 1994, Annals of Statistics 22:1328): 1 - level =
    (length / pi) (1 + c^2 / df)^(-df / 2) + P(|t_df| > c), where length is that of the path
    that the standardized height takes on the unit sphere. It errs on the side of wider limits.
    """
    rows = basis(np.linspace(start, end, FINE), fit.knots)
    # a root of the covariance; scaled rows keep its digits
    values, vectors = np.linalg.eigh(fit.covariance)
    path = rows @ (vectors * np.sqrt(np.maximum(values, 0.0)))
    path = path / np.linalg.norm(path, axis=1, keepdims=True)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    length = float(np.sum(2.0 * np.arcsin(np.minimum(steps / 2.0, 1.0))))
    alone = two_sided_critical(1.0 - level, fit.df)

    def excess(c: float) -> float:
        tails = 2.0 * float(special.stdtr(fit.df, -c))
        along = length / math.pi * (1.0 + c**2 / fit.df) ** (-fit.df / 2.0)
        return float(along + tails - (1.0 - level))

    return float(optimize.brentq(excess, alone, 100.0 * (alone + 1.0))) if length > 0.0 else alone


def _around(fit: SplineFit, x: Array, critical: float) -> tuple[Array, Array]:
    height, half = fit.mean(x), critical * fit.std_error(x)
    return height - half, height + half
