"""Draws from the posterior of one conditional model: a regression with program levels, or of categories."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import lapack

from models.inference.coefficients import Array
from models.missing.wide_frame import Index
from models.refusal import NotIdentifiedError

RIDGE: Final = 1e-5  # share of a column's own sum of squares: lets columns repeat each other
RATIO_RANGE: Final = (1e-3, 1e6)  # of residual to program variance: kept from the ends, where draws stick


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Which of the people who answered are of which program: they lie together, in the order of programs.

    `present` (j,) codes of the programs that have answers, `starts` (j,) where each begins among the people
    who answered, `counts` (j,) how many they are, `n_programs` how many programs there are in all.
    """

    present: Index
    starts: Index
    counts: Array
    n_programs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionDraw:
    """Coefficients (p,) and program levels (all programs): estimated, and drawn from their posterior.

    `ratio` is the ratio of residual to program variance for the next draw.
    """

    estimate: Array
    levels: Array
    drawn: Array
    drawn_levels: Array
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """All that the regressions among the same `n` people need of them.

    `cross` (q, q) products of the design's columns, summed over people; `sums` (q, j) the columns' sums by
    program; `programs` None, and no `sums`, without programs. A column's regression on others is a part.
    """

    n: int
    cross: Array
    sums: Array
    programs: Programs | None


def moments_of(design: Array, programs: Programs | None) -> Moments:
    """Sum up the design (q, n) of the people who answered, in the order of their programs."""
    return Moments(
        n=design.shape[1],
        cross=design @ design.T,
        sums=np.zeros((0, 0)) if programs is None else np.add.reduceat(design, programs.starts, axis=1),
        programs=programs,
    )


def draw_regression(
    moments: Moments,
    answer: int,
    predictors: Index,
    ratio: float,
    random: np.random.Generator,
) -> RegressionDraw:
    """Draw the parameters of y_i = x_i'b + u_program(i) + e_i, u ~ N(0, s2 / ratio), e ~ N(0, s2).

    Given the ratio, with w_j = 1 / (n_j + ratio): M = X'X - sum_j w_j S_j S_j', S_j the column sums of
    program j, is the generalized least squares cross-product with u integrated out; b_hat = M^-1 (X'y -
    sum_j w_j S_j s_j). One step of a Gibbs sampler with flat priors on b, log s2 and the ratio of standard
    deviations: s2 = Q / chi2(n - p), Q the generalized residual sum of squares; b ~ N(b_hat, s2 M^-1);
    u_j ~ N(w_j (s_j - S_j'b), s2 w_j); ratio ~ chi2(J - 1) s2 / sum u^2 (prior: Gelman 2006, Bayesian
    Analysis 1:515; imputing with levels of clusters: Schafer & Yucel 2002, J. Computational and Graphical
    Statistics 11:437). Without programs it is the Bayesian regression of Rubin (1987, p. 167).

    Parameters
    ----------
    moments : Moments
        Of the people who answered, n > p.
    answer : int
        Column of the answers y.
    predictors : array (p,)
        Columns of the model, the constant among them.
    ratio : float
        The last draw of the ratio.
    random : Generator
        Source of chance.
    """
    p, n, programs = predictors.size, moments.n, moments.programs
    cross = moments.cross.take(predictors, axis=0).take(predictors, axis=1)
    right, square = moments.cross[predictors, answer], float(moments.cross[answer, answer])
    diagonal = cross.ravel()[:: p + 1]  # a view
    penalty = np.maximum(RIDGE * diagonal, 1e-12)
    if programs is not None:
        sums, totals = moments.sums[predictors], moments.sums[answer]
        weight = 1.0 / (programs.counts + ratio)
        cross -= (sums * weight) @ sums.T
        right = right - sums @ (weight * totals)
        square -= float(totals @ (weight * totals))
    diagonal += penalty
    upper = _factor(cross, lower=False)
    estimate, _ = lapack.dpotrs(upper, right)
    scale = math.sqrt(max(square - float(right @ estimate), 1e-12 * n) / random.chisquare(n - p))
    noise, _ = lapack.dtrtrs(upper, random.standard_normal(p))
    drawn = estimate + scale * noise
    if programs is None:
        return RegressionDraw(
            estimate=estimate, levels=np.zeros(0), drawn=drawn, drawn_levels=np.zeros(0), ratio=ratio
        )  # fmt: skip
    levels = np.zeros(programs.n_programs)
    levels[programs.present] = weight * (totals - estimate @ sums)
    spread = np.full(programs.n_programs, 1.0 / math.sqrt(ratio))
    center = np.zeros(programs.n_programs)
    center[programs.present] = weight * (totals - drawn @ sums)
    spread[programs.present] = np.sqrt(weight)
    drawn_levels = center + scale * spread * random.standard_normal(programs.n_programs)
    seen = drawn_levels[programs.present]
    new = random.chisquare(seen.size - 1) * scale**2 / float(seen @ seen)
    return RegressionDraw(
        estimate=estimate, levels=levels, drawn=drawn, drawn_levels=drawn_levels,
        ratio=min(max(new, RATIO_RANGE[0]), RATIO_RANGE[1]),
    )  # fmt: skip


def draw_categories(
    design: Array,
    codes: Index,
    wanted: Array,
    shares: Array,
    random: np.random.Generator,
) -> Index:
    """Draw categories for people from the posterior of normal discrimination.

    Model: the columns x of people in category k are N(m_k, V), so that P(k | x) is proportional to
    share_k exp(x'V^-1 m_k - m_k'V^-1 m_k / 2): a multinomial logistic model whose parameters have a closed
    posterior, so that a category that separates completely is no trouble. Flat priors: V^-1 ~
    Wishart(n - K, SSCP^-1), m_k ~ N(mean_k, V / n_k).

    Parameters
    ----------
    design : array (p, n)
        Columns of the people whose category is known.
    codes : array (n,)
        Their categories 0, ..., K - 1, each of somebody; n > p + K.
    wanted : array (p, m)
        Columns of the people whose category is drawn.
    shares : array (m, K)
        The categories' shares in the program of each of them, drawn.
    random : Generator
        Source of chance.

    Returns
    -------
    array (m,) of categories.
    """
    (p, n), kinds = design.shape, shares.shape[1]
    if not p:
        return _drawn(np.log(shares), random)
    counts = np.bincount(codes, minlength=kinds).astype(float)
    means = np.stack([np.bincount(codes, weights=row, minlength=kinds) for row in design]) / counts
    within = design @ design.T - (means * counts) @ means.T
    within[np.diag_indices(p)] += np.maximum(RIDGE * np.einsum("ij,ij->i", design, design), 1e-12)
    lower = _factor(within, lower=True)
    bartlett = np.tril(random.standard_normal((p, p)), -1)
    bartlett[np.diag_indices(p)] = np.sqrt(random.chisquare(n - kinds - np.arange(p)))
    # In the space A'C^-1 x, with C C' the sums of squares within, the drawn V is the unit matrix.
    solved, _ = lapack.dtrtrs(lower, np.hstack([means, wanted]), lower=1)
    space = bartlett.T @ solved
    centers = space[:, :kinds] + random.standard_normal((p, kinds)) / np.sqrt(counts)
    likeness = space[:, kinds:].T @ centers - 0.5 * np.einsum("ij,ij->j", centers, centers)
    return _drawn(np.log(shares) + likeness, random)


def _drawn(score: Array, random: np.random.Generator) -> Index:
    """Draw categories of log probabilities (m, K): the largest of scores with Gumbel noise."""
    drawn: Index = np.argmax(score + random.gumbel(size=score.shape), axis=1)
    return drawn


def _factor(square: Array, *, lower: bool) -> Array:
    factor: Array
    factor, info = lapack.dpotrf(square, lower=int(lower))
    if info or not np.isfinite(factor[-1, -1]):  # a number that is none spreads to the last
        raise NotIdentifiedError("the answers do not tell the parameters of an imputation model apart")
    return factor
