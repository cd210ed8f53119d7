"""The wild cluster bootstrap: what chance does to a t statistic when whole programs change sign and size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from models.comparison.cluster_sums import Clusters, centered_sums, clusters_of, codes_of, correction_of
from models.comparison.regression_fits import Family, fitted
from models.estimate import LEVEL
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

WEBB: Final = np.sqrt(np.array([1.5, 1.0, 0.5]))  # and their negatives, each of the six with probability 1/6
ENUMERATED = 50_000  # draws: with up to six clusters all 6^G combinations are taken
DRAWS = 9_999
BLOCK = 2_000_000  # numbers of a block of draws, for memory
TIE = 1e-9  # statistics this close to the observed one, by ratio, count as equal to it
FARTHEST = 200.0  # standard errors from the estimate beyond which a limit is not sought
REGRESSION_RULE = "restricted wild cluster bootstrap, Webb's six-point weights"
INFLUENCE_RULE = "restricted wild bootstrap-t of centered cluster sums, Webb's six-point weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class WildTest:
    """A two-sided test that an estimate is `null`, and the interval of values that are not rejected.

    `low` and `high` are None where the interval has no end on that side: with very few clusters no value is
    far enough to be rejected. `draws` combinations of weights, all there are if `enumerated`.
    """

    estimate: float
    std_error: float
    null: float
    p_value: float
    low: float | None
    high: float | None
    draws: int
    enumerated: bool
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WildScores:
    """Cluster sums of a test of one estimate, as functions of the distance d = estimate - null.

    A draw w (G,) gives the numerator w's(d), and cluster sums w * s(d) - L Z(d)'w whose squares, times
    `correction`, add up to the variance; s(d) = `fixed` + d `moving` (G,); Z(d) likewise (G, m); L (G, m).
    """

    fixed: Array
    moving: Array
    leverage: Array
    fixed_sums: Array
    moving_sums: Array
    correction: Array

    def numerators(self, weights: Array) -> tuple[Array, Array]:
        """Return w's for each draw (B, G): the fixed part and that which moves with d."""
        return weights @ self.fixed, weights @ self.moving

    def cluster_sums(self, weights: Array) -> tuple[Array, Array]:
        """Centered cluster sums (B, G) of each draw, the fixed part and that which moves with d."""
        return (
            weights * self.fixed - (weights @ self.fixed_sums) @ self.leverage.T,
            weights * self.moving - (weights @ self.moving_sums) @ self.leverage.T,
        )


def wild_cluster_p(
    x: Array,
    y: Array,
    weights: Array | None,
    cluster: NDArray[Any],
    contrast: Array,
    *,
    null: float = 0.0,
    family: Family = "linear",
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> WildTest:
    """Test c'b = null of a weighted regression by the restricted wild cluster bootstrap.

    Estimand: c'b, as `clusters.regression_inference`. Under the null the restricted fit gives residuals u;
    each draw multiplies them cluster by cluster with Webb's weights (+-sqrt(1/2), +-1, +-sqrt(3/2)), fits
    again and takes t* = (c'b* - null) / se*, with the plain cluster-robust error (a small-sample factor
    cancels). P = share of |t*| at least |t|, the observed draw counted: (1 + exceeding) / (1 + draws) for
    random draws, exact where all 6^G are taken (their all-ones draw is the observed one). Interval: the null
    values with P above 1 - level, by inversion with the same draws. Cameron, Gelbach & Miller 2008
    (Review of Economics and Statistics 90:414); MacKinnon & Webb 2018 (Econometrics Journal 21:114); Webb
    2023 (Canadian Journal of Economics 56:839); computed from cluster sums as in Roodman et al. 2019 (Stata
    Journal 19:4). A logistic regression is linearized at its maximum: one step from it stands for each new
    fit, and
    the null is imposed on the linearized regression.

    With few treated clusters (three against nine) it rejects too rarely (MacKinnon & Webb 2018).

    Parameters
    ----------
    x, y, weights, cluster, family
        As `clusters.regression_inference`.
    contrast : array (p,)
        c.
    null : float
    draws : int
        Random draws where there are more than `ENUMERATED` combinations.
    seed : int

    Raises
    ------
    NotIdentifiedError
        As the fit; or fewer than two clusters; or a contrast without a standard error.
    """
    fit = fitted(x, y, weights, family)
    codes = codes_of(cluster, "program")
    c = np.asarray(contrast, dtype=float)
    if c.shape != fit.beta.shape or codes.shape != fit.residuals.shape:
        raise ValueError("a contrast has one weight for each coefficient, and each row a cluster")
    count = int(codes.max()) + 1
    weighted = fit.precision[:, None] * fit.slopes

    def sums(values: Array) -> Array:
        """X_g'W_g times values (n,), for each cluster (G, p)."""
        columns = (weighted * values[:, None]).T
        return np.column_stack([np.bincount(codes, weights=column, minlength=count) for column in columns])

    direction = fit.bread @ c
    norm = float(c @ direction)
    restricted = direction / norm if norm > 0.0 else np.zeros_like(direction)
    scores = sums(fit.residuals)
    moved = sums(fit.slopes @ restricted)  # the restricted fit lies d * restricted below the free one
    test = WildScores(
        fixed=fit.without_rounding(scores @ fit.bread) @ c, moving=moved @ direction,
        leverage=sums(fit.slopes @ direction) @ fit.bread, fixed_sums=scores, moving_sums=moved,
        correction=np.ones(count),
    )  # fmt: skip
    return wild_test(
        test, float(c @ fit.beta), null=null, draws=draws, seed=seed, level=level, rule=REGRESSION_RULE
    )


def wild_influence_p(
    estimate: float,
    influence: Array,
    cluster: NDArray[Any],
    arms: NDArray[Any],
    *,
    weights: Array | None = None,
    null: float = 0.0,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> WildTest:
    """Test one estimate from its influence function (n,), treatment given to whole clusters in two arms.

    The bootstrap-t (percentile-t) of the centered cluster sums T_g of `clusters.influence_inference`: a draw
    is t* = sum of w_g T~_g over the root of the sum of a_g^2 (w_g T~_g - h_g sum over the arm of w T~)^2,
    with a_g^2 = 1 / (1 - h_g). The null is imposed as in the regression of pseudo-outcomes on arm: T~_g = T_g
    + h_g k (estimate - null), k the other arm's part of the weight, so that the sums add up to the distance
    from the null. For that regression it is the restricted wild cluster bootstrap of `wild_cluster_p`, but
    for the correction a_g.

    Parameters, result and errors as `wild_cluster_p` and `clusters.clusters_of`; there must be two arms.
    """
    test = influence_scores(np.asarray(influence, dtype=float)[:, None], cluster, arms, weights)[0]
    return wild_test(
        test, float(estimate), null=null, draws=draws, seed=seed, level=level, rule=INFLUENCE_RULE
    )


def influence_scores(
    influence: Array, cluster: NDArray[Any], arms: NDArray[Any], weights: Array | None
) -> tuple[WildScores, ...]:
    """Cluster sums of the tests of k estimates, from their influence functions (n, k)."""
    clusters = clusters_of(cluster, arms, weights)
    if len(influence) != len(clusters.of_person) or not np.all(np.isfinite(influence)):
        raise NotIdentifiedError("an estimate has no number for someone, and leaving them out would mislead")
    members = clusters.members()
    if members.shape[1] != 2:
        raise NotIdentifiedError("a comparison needs two groups")
    sums = centered_sums(clusters, influence, weights).sums
    moving = clusters.share * _other_part(clusters, weights)
    leverage = clusters.share[:, None] * members
    return tuple(
        WildScores(
            fixed=column, moving=moving, leverage=leverage, fixed_sums=column[:, None] * members,
            moving_sums=moving[:, None] * members, correction=correction_of(clusters, clusters.size),
        )
        for column in sums.T
    )  # fmt: skip


def wild_test(
    scores: WildScores,
    estimate: float,
    *,
    null: float,
    draws: int,
    seed: int,
    level: float,
    rule: str,
) -> WildTest:
    """P value at `null` and interval by inversion; see `wild_cluster_p`."""
    if not 0.0 < level < 1.0:
        raise ValueError("the level of an interval lies between 0 and 1")
    count = len(scores.fixed)
    if count < 2:
        raise NotIdentifiedError("at least two programs are needed to tell programs from chance")
    observed = scores.cluster_sums(np.ones((1, count)))[0][0]
    variance = float(scores.correction @ observed**2)
    if not (np.any(scores.fixed) and variance > 0.0 and math.isfinite(variance)):
        raise NotIdentifiedError("the programs do not vary, so that there is no standard error")
    error = math.sqrt(variance)
    weights, enumerated = webb_weights(count, draws, seed)
    p_value = _p_of_distance(scores, weights, error, exact=enumerated)
    alpha = 1.0 - level
    return WildTest(
        estimate=estimate, std_error=error, null=null, p_value=p_value(estimate - null),
        low=_limit(p_value, estimate, error, alpha, side=1.0),
        high=_limit(p_value, estimate, error, alpha, side=-1.0),
        draws=len(weights), enumerated=enumerated,
        rule=f"{rule}; {'all' if enumerated else 'random'} draws; {count} clusters",
    )  # fmt: skip


def webb_weights(count: int, draws: int, seed: int) -> tuple[Array, bool]:
    """Draws (B, G) of Webb's six-point weights; all 6^G where they are at most `ENUMERATED`.

    Mean 0 and variance 1; six values, so that few clusters still give many different draws (Webb 2023).
    """
    points = np.concatenate([-WEBB, WEBB[::-1]])
    if 6**count <= ENUMERATED:
        return np.array(list(itertools.product(points, repeat=count))), True
    random = np.random.default_rng(seed)
    return points[random.integers(0, 6, size=(draws, count), dtype=np.int8)], False


def _p_of_distance(
    scores: WildScores, weights: Array, error: float, *, exact: bool
) -> Callable[[float], float]:
    """P value as a function of the distance between estimate and null: t* is a ratio of polynomials in it."""
    a0, a1 = scores.numerators(weights)
    b0, b1, b2 = np.empty((3, len(weights)))
    block = max(1, BLOCK // weights.shape[1])
    for first in range(0, len(weights), block):
        rows = slice(first, first + block)
        k0, k1 = scores.cluster_sums(weights[rows])
        b0[rows], b1[rows], b2[rows] = (
            product @ scores.correction for product in (k0**2, 2.0 * k0 * k1, k1**2)
        )

    def p_value(distance: float) -> float:
        numerators = np.abs(a0 + distance * a1)
        variances = np.maximum(b0 + distance * b1 + distance**2 * b2, 0.0)
        # |t*| >= |t| without a division: a draw whose clusters do not vary has an infinite t*.
        exceeding = int(
            np.count_nonzero(numerators * error >= (1.0 - TIE) * abs(distance) * np.sqrt(variances))
        )
        return exceeding / len(weights) if exact else (1 + exceeding) / (1 + len(weights))

    return p_value


def _limit(
    p_value: Callable[[float], float], estimate: float, error: float, alpha: float, *, side: float
) -> float | None:
    """End of the values not rejected, below (`side` 1: the estimate above the null) or above (-1)."""

    def above(steps: float) -> float:
        return p_value(side * steps * error) - alpha - TIE

    inner, outer = 0.0, 1.0
    while above(outer) > 0.0:
        inner, outer = outer, outer * 1.5
        if outer > FARTHEST:
            return None
    edge = optimize.bisect(above, inner, outer, xtol=1e-7)
    return estimate - side * float(edge) * error


def _other_part(clusters: Clusters, weights: Array | None) -> Array:
    """For each cluster (G,) the part of all weight that the other arm has."""
    weight = np.ones(len(clusters.of_person)) if weights is None else np.asarray(weights, dtype=float)
    by_arm = np.bincount(clusters.arm[clusters.of_person], weights=weight)
    return np.asarray(1.0 - by_arm[clusters.arm] / by_arm.sum())
