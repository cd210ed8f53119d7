"""Whether a scale measures alike at two waves: one factor, the same people, three steps of equality."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from models.estimate import LEVEL
from models.inference.coefficients import Array
from models.inference.contrast import two_sided_critical
from models.refusal import NotIdentifiedError
from models.scales.factor_fit import FactorFit, Uncertainty, fit, fit_saturated, uncertainty
from models.scales.factor_model import Level, two_waves
from models.scales.patterns import LOG_TWO_PI, Patterns, patterns_of

LEVELS: Final[tuple[Level, ...]] = ("configural", "metric", "scalar")
FEWEST_ITEMS: Final = 3
FEWEST_TWICE: Final = 100  # people with answers at both waves


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOfLevel:
    """How one level of equality fits, against any mean and covariance.

    `chi_square` is the likelihood ratio, `scaled` the same divided by `scaling` for answers that are not
    normal (Yuan & Bentler 2000, Sociological Methodology 30:165, with the saturated model's own information),
    `p_value` that of `scaled`; `cfi` and `rmsea` from `chi_square`, against independent items.
    """

    level: Level
    chi_square: float
    df: int
    scaling: float
    scaled: float
    p_value: float
    cfi: float
    rmsea: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an added equality costs: `metric` the loadings, `scalar` the intercepts as well.

    `chi_square` is the difference of the likelihood ratios, `scaled` the difference corrected for answers
    that are not normal, `p_value` that of `scaled` on `df`; `cfi_change` the change of the CFI, None where it
    is not known.
    """

    level: Level
    chi_square: float
    df: int
    scaling: float
    scaled: float
    p_value: float
    cfi_change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariance:
    """The three models and the two steps; `fits` is empty where the saturated model has no answer.

    `n_people` answered an item at either wave, `n_twice` at both. `change` is the second wave's factor mean
    in standard deviations of the first wave's factor, with its robust `change_error`, under the scalar model.
    """

    n_people: int
    n_twice: int
    fits: tuple[FitOfLevel, ...]
    steps: tuple[Step, ...]
    change: float
    change_error: float

    @property
    def change_limits(self) -> tuple[float, float]:
        """Normal limits of `change`."""
        half = two_sided_critical(1.0 - LEVEL, math.inf) * self.change_error
        return self.change - half, self.change + half


def measurement_change(first: Array, second: Array, *, fewest_twice: int = FEWEST_TWICE) -> Invariance:
    """Test whether the same items measure alike at two waves.

    Estimand: equality of loadings (metric) and of intercepts as well (scalar) of one factor over time, errors
    of an item correlated over time, all answers given used (missing at random). Where both hold, a change of
    the score is one of what the items share, and not of how they are answered (Meredith 1993, Psychometrika
    58:525).

    Test: difference of the likelihood ratios on the difference of the parameters, divided by
    c = (tr_0 - tr_1) / (q_0 - q_1), tr the trace of B A^-1 of a model with q parameters (`Uncertainty`), 0
    the less and 1 the more restricted: the scaled difference of Satorra & Bentler 2001 (Psychometrika
    66:507), in which the part of the saturated model cancels. Answers on a few steps are treated as numbers,
    which with five or more costs little (Rhemtulla, Brosseau-Liard & Savalei 2012, Psychological Methods
    17:354). People are taken to be independent of each other.

    Parameters
    ----------
    first, second : array (n, k)
        Answers of the same people in the same rows, reversed items turned around; NaN where not answered.
    fewest_twice : int
        With fewer people who answered at both waves there is no test.

    Raises
    ------
    NotIdentifiedError
        Fewer than three items; too few people; a model without convergence or with an improper solution; a
        correction that is not positive.
    ValueError
        The two have not the same shape.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError("the two waves must have the same people and items")
    k = first.shape[1]
    if k < FEWEST_ITEMS:
        raise NotIdentifiedError(f"a test of measurement change needs at least {FEWEST_ITEMS} items")
    twice = int((~np.isnan(first)).any(axis=1) @ (~np.isnan(second)).any(axis=1).astype(int))
    if twice < fewest_twice:
        raise NotIdentifiedError(f"fewer than {fewest_twice} people answered at both waves")
    answers = np.hstack([first, second])
    # The same center at both waves: intercepts that are equal stay equal.
    patterns = patterns_of(answers, center=np.tile(_means(first), 2))
    models: list[tuple[Level, FactorFit, Uncertainty]] = []
    for level in LEVELS:
        start = _more_equal(models[-1][1].theta, k, models[-1][0]) if models else _start(patterns, k)
        fitted = fit(patterns, two_waves(k, level), start)
        if fitted.improper:
            raise NotIdentifiedError(fitted.improper)
        models.append((level, fitted, uncertainty(fitted, patterns)))
    fits = _against_saturated(patterns, models)
    cfi = {one.level: one.cfi for one in fits}
    _, scalar, error = models[-1]
    return Invariance(
        n_people=patterns.n_people,
        n_twice=twice,
        fits=fits,
        steps=tuple(_step(less, more, cfi) for less, more in itertools.pairwise(models)),
        change=float(scalar.theta[-1]),
        change_error=math.sqrt(float(error.robust[-1, -1])),
    )


def _means(answers: Array) -> Array:
    """Mean of each item, 0 where nobody answered it."""
    given = ~np.isnan(answers)
    return np.asarray(np.where(given, answers, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1))


def _start(patterns: Patterns, k: int) -> Array:
    """Give a point to start from: half of each item's variance common, a quarter of its error lasting."""
    variances = patterns.covariances.diagonal()
    loadings = np.sqrt(0.5 * variances) * np.tile(_signs(patterns.covariances[:k, :k]), 2)
    errors = 0.5 * variances
    lasting = 0.25 * np.sqrt(errors[:k] * errors[k:])
    return np.concatenate([errors, lasting, np.array([0.5]), loadings, patterns.means])


def _more_equal(theta: Array, k: int, level: Level) -> Array:
    """Give a point to start the next level from, near the maximum of `level`.

    The second wave's loadings are taken for a multiple of the first's, its intercepts for a shift along them.
    """
    if level == "configural":
        residual, factors, loadings, means = np.split(theta, [3 * k, 3 * k + 1, 5 * k + 1])
        first, second = loadings[:k], loadings[k:]
        ratio = float(first @ second / (first @ first))
        if not ratio > 0.0:  # the factor of the second wave points elsewhere: take it to be alike
            ratio, first = 1.0, 0.5 * (first + second)
        return np.concatenate([residual, factors * ratio, first, means, np.array([ratio**2])])
    residual, first, means, variance = np.split(theta, [3 * k + 1, 4 * k + 1, 6 * k + 1])
    moved = float((means[k:] - means[:k]) @ first / (first @ first))
    return np.concatenate([residual, first, means[:k], variance, np.array([moved])])


def _signs(covariances: Array) -> Array:
    """1 for items along the first principal component's direction, -1 for those against it."""
    spread = np.sqrt(covariances.diagonal())
    _, vectors = np.linalg.eigh(covariances / np.outer(spread, spread))
    toward = vectors[:, -1] if vectors[:, -1].sum() >= 0.0 else -vectors[:, -1]
    return np.where(toward < 0.0, -1.0, 1.0)


def _step(
    less: tuple[Level, FactorFit, Uncertainty],
    more: tuple[Level, FactorFit, Uncertainty],
    cfi: dict[Level, float],
) -> Step:
    (before, free, of_free), (level, equal, of_equal) = less, more
    df = free.theta.size - equal.theta.size
    chi_square = max(2.0 * (free.log_likelihood - equal.log_likelihood), 0.0)
    scaling = (of_free.trace - of_equal.trace) / df
    if not scaling > 0.0:
        raise NotIdentifiedError(
            "the correction of the test for answers that are not normal came out as nothing or less"
        )
    return Step(
        level=level, chi_square=chi_square, df=df, scaling=scaling, scaled=chi_square / scaling,
        p_value=float(stats.chi2.sf(chi_square / scaling, df)),
        cfi_change=cfi[level] - cfi[before] if level in cfi and before in cfi else None,
    )  # fmt: skip


def _against_saturated(
    patterns: Patterns, models: list[tuple[Level, FactorFit, Uncertainty]]
) -> tuple[FitOfLevel, ...]:
    """Fit of each level; nothing where people are too few for the saturated model."""
    try:
        whole = fit_saturated(patterns)
        of_whole = uncertainty(whole, patterns)
    except NotIdentifiedError:
        return ()
    p = patterns.n_items
    independent = max(2.0 * (whole.log_likelihood - _independent(patterns)) - p * (p - 1) / 2, 0.0)
    found = []
    for level, fitted, error in models:
        df = whole.theta.size - fitted.theta.size
        chi_square = max(2.0 * (whole.log_likelihood - fitted.log_likelihood), 0.0)
        beyond = max(chi_square - df, 0.0)
        scaling = (of_whole.trace - error.trace) / df
        if not scaling > 0.0:
            return ()
        found.append(
            FitOfLevel(
                level=level, chi_square=chi_square, df=df, scaling=scaling, scaled=chi_square / scaling,
                p_value=float(stats.chi2.sf(chi_square / scaling, df)),
                cfi=1.0 - beyond / max(beyond, independent) if max(beyond, independent) > 0.0 else 1.0,
                rmsea=math.sqrt(beyond / (df * patterns.n_people)),
            )
        )  # fmt: skip
    return tuple(found)


def _independent(patterns: Patterns) -> float:
    """Log-likelihood of items that are independent, each with its own mean and variance."""
    answered = patterns.counts @ patterns.observed
    variances = patterns.covariances.diagonal()
    return float(-0.5 * np.sum(answered * (LOG_TWO_PI + np.log(variances) + 1.0)))
