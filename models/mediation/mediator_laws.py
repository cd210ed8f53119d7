"""How a mediator spreads around its expected value, and the few points that stand for all its values.

Mediators are held in units in which their law is simple: counts and bounded scores as shares of their most,
so that their expected value is that of a fractional logistic regression (Papke & Wooldridge 1996, Journal of
Applied Econometrics 11:619) and never leaves 0 to 1; unbounded numbers as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from models.comparison.logistic_function import chance
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Kind = Literal["share", "normal"]
FINE: Final = 16  # points of the fine quadrature of a normal law
FINE_SHARE: Final = 8  # the same of a beta law; all values of a count
DEGREE: Final = 40  # of the series in the mean, for many points of one spread
LAST: Final = 4  # of its terms, which tell how exact it is
ROUNDING: Final = 1e-13  # of a value from 0 to 1, or of a weight
MOST_ALIKE: Final = 0.99  # of the correlation that spreads a share; 1 would be all or nothing


@dataclass(frozen=True, slots=True)
class Law:
    """Conditional law of a mediator.

    `share`: the share that was reached of `size` steps, the chance of a step varying between people by a beta
    law (beta-binomial); with one step a yes or no, with infinitely many a beta law on the whole range.
    `normal`: a linear mean and normal residuals. The spread of a share is the correlation r of two steps of
    one person, 0 for a plain binomial; that of a normal mediator its residual variance.
    """

    kind: Kind
    size: float = math.inf

    @property
    def family(self) -> Literal["logistic", "linear"]:
        """Regression that its expected value follows."""
        return "logistic" if self.kind == "share" else "linear"

    def mean(self, index: Array) -> Array:
        """Give the expected value at a linear predictor."""
        return np.asarray(chance(index) if self.kind == "share" else index)

    def spread(self, values: Array, mean: Array, weights: Array, parameters: Array) -> Array:
        """Spread (B,) by moments of residuals, people weighted (B, n); the mean has spent `parameters` (B,).

        Normal: sum w (m - mean)^2 / (sum w - parameters). Share: Pearson's statistic over its degrees of
        freedom is 1 / size + (1 - 1 / size) r (McCullagh & Nelder 1989, Generalized Linear Models, sec. 4.5),
        r kept from 0 to `MOST_ALIKE`: what varies less than a binomial counts as a binomial.

        Raises
        ------
        NotIdentifiedError
            No more people than parameters.
        """
        left = weights.sum(axis=1) - parameters
        if not np.all(left > 0.0):
            raise NotIdentifiedError("there are too few people to tell how a mediator spreads")
        found = (weights * self.pearson(values, mean)).sum(axis=1) / left
        if self.kind == "normal":
            return np.asarray(found)
        if self.size == 1.0:
            return np.zeros(len(left))
        return np.asarray(np.clip((found - 1.0 / self.size) * self.spread_per_pearson, 0.0, MOST_ALIKE))

    def pearson(self, values: Array, mean: Array) -> Array:
        """Squared residuals, over the variance function where the law is of shares."""
        squares = (values - mean) ** 2
        return squares if self.kind == "normal" else squares / np.maximum(mean * (1.0 - mean), 1e-12)

    @property
    def spread_per_pearson(self) -> float:
        """How much the spread rises with the mean of `pearson`; a yes or no has no spread of its own."""
        if self.kind == "normal":
            return 1.0
        return 0.0 if self.size == 1.0 else 1.0 / (1.0 - 1.0 / self.size)

    def points(self, mean: Array, spread: Array) -> tuple[tuple[Array, Array], ...]:
        """Two values and their weights that share mean, variance and third moment with the law.

        Two-point Gauss quadrature: exact for polynomials up to the third degree, and for a yes or no (the
        points are 0 and 1). With h = third central moment / (2 variance) the points are mean + h -+
        sqrt(variance + h^2). Of a share u the variance is u (1 - u) c, c = 1 / size + (1 - 1 / size) r, and
        the third central moment u (1 - u) (1 - 2 u) c (1 / size + (2 - 1 / size) r) / (1 + r), those of the
        beta-binomial law.
        """
        if self.kind == "normal":
            root = np.sqrt(spread)
            half = np.full_like(mean, 0.5)
            return (mean - root, half), (mean + root, half)
        step = 1.0 / self.size
        skew = (1.0 - 2.0 * mean) * ((step + (2.0 - step) * spread) / (2.0 * (1.0 + spread)))
        variance = mean * (1.0 - mean) * (step + (1.0 - step) * spread)
        root = np.sqrt(np.maximum(variance + skew**2, 1e-300))
        high = np.clip((root - skew) / (2.0 * root), 0.0, 1.0)
        return (mean + skew - root, 1.0 - high), (mean + skew + root, high)

    def fine_points(self, mean: Array, spread: Array) -> tuple[tuple[Array, Array], ...]:
        """Many values and their weights: all values of a count, Gauss quadrature otherwise.

        Gauss-Hermite for the normal law; for the beta law Gauss-Jacobi, whose points differ from person to
        person: eigenvalues of the Jacobi matrix (Golub & Welsch 1969, Mathematics of Computation 23:221).
        """
        if self.kind == "normal":
            nodes, weights = np.polynomial.hermite_e.hermegauss(FINE)
            root = np.sqrt(spread)
            return tuple(
                (mean + root * node, np.full_like(mean, weight / weights.sum()))
                for node, weight in zip(nodes, weights, strict=True)
            )
        if math.isfinite(self.size):
            return _all_counts(mean, spread, round(self.size))
        return _beta_points(mean, np.maximum(spread, 1e-9))


def _all_counts(mean: Array, spread: Array, size: int) -> tuple[tuple[Array, Array], ...]:
    """Each share k / size with its chance, by products that hold for the plain binomial (r = 0), too.

    Chance of k: choose(size, k) prod over i < k of (u + i t) prod over i < size - k of (1 - u + i t) / prod
    over i < size of (1 + i t), with t = r / (1 - r).
    """
    t = spread / (1.0 - spread)
    below = np.ones_like(mean)
    for i in range(size):
        below = below * (1.0 + i * t)
    found = []
    for k in range(size + 1):
        chance = math.comb(size, k) / below
        for i in range(k):
            chance = chance * (mean + i * t)
        for i in range(size - k):
            chance = chance * (1.0 - mean + i * t)
        found.append((np.full_like(mean, k / size), chance))
    return tuple(found)


def _beta_points(mean: Array, spread: Array) -> tuple[tuple[Array, Array], ...]:
    """Gauss-Jacobi points of beta laws with these means and variances mean (1 - mean) spread.

    Under one spread points and weights are smooth functions of the mean. Many means take them from a
    Chebyshev series between the least and the largest, where its last terms are no more than rounding.
    """
    if spread.size == 1 and mean.size > 2 * DEGREE:
        low, high = float(mean.min()), float(mean.max())
        middle, half = (high + low) / 2.0, (high - low) / 2.0
        places = chebyshev.chebpts1(DEGREE + 1)
        terms = chebyshev.chebvander(places, DEGREE) * 2.0 / len(places)
        terms[:, 0] /= 2.0
        series = terms.T @ _jacobi(middle + half * places, spread.ravel())
        if half > 0.0 and float(np.abs(series[-LAST:]).max()) < ROUNDING:
            every = chebyshev.chebvander((mean.ravel() - middle) / half, DEGREE)
            return _by_point(every @ series, mean.shape)
    return _by_point(_jacobi(mean.ravel(), (spread + np.zeros_like(mean)).ravel()), mean.shape)


def _by_point(found: Array, shape: tuple[int, ...]) -> tuple[tuple[Array, Array], ...]:
    """Values and weights, each of the means' `shape`, from those of `_jacobi`."""
    columns = np.ascontiguousarray(found.T).reshape(2, FINE_SHARE, *shape)
    return tuple(zip(columns[0], columns[1], strict=True))


def _jacobi(mean: Array, spread: Array) -> Array:
    """Values and then weights (n, 2 `FINE_SHARE`) of beta laws with means (n,) and spreads (n,) or (1,)."""
    total = 1.0 / spread - 1.0
    a, b = mean * total, (1.0 - mean) * total
    k = np.arange(FINE_SHARE, dtype=float)[:, None]
    two = 2.0 * k + a + b
    with np.errstate(invalid="ignore", divide="ignore"):  # the first terms have forms of their own, set below
        middle = 0.5 + 0.5 * (a - b) * (a + b - 2.0) / ((two - 2.0) * two)
        above = (
            k * (k + a - 1.0) * (k + b - 1.0) * (k + a + b - 2.0)
            / ((two - 2.0) ** 2 * (two - 1.0) * (two - 3.0))
        )  # fmt: skip
    middle[0] = a / (a + b)
    above[1] = a * b / ((a + b) ** 2 * (a + b + 1.0))
    matrices = np.zeros((a.size, FINE_SHARE, FINE_SHARE))
    rows = np.arange(FINE_SHARE)
    matrices[:, rows, rows] = middle.T
    matrices[:, rows[1:], rows[:-1]] = np.sqrt(above[1:]).T
    values, vectors = np.linalg.eigh(matrices)  # reads the lower half
    return np.hstack([values, vectors[:, 0, :] ** 2])


def share_of(values: Sequence[float] | Array, most: float) -> Array:
    """Values from 0 to `most` as shares.

    Raises
    ------
    NotIdentifiedError
        A value lies outside.
    """
    share = np.asarray(values, dtype=float) / most
    if share.size and (share.min() < -1e-12 or share.max() > 1.0 + 1e-12):
        raise NotIdentifiedError("a mediator lies outside its range")
    return np.clip(share, 0.0, 1.0)
