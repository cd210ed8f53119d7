"""How far the items of a scale agree: Cronbach's alpha and McDonald's omega, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.estimate import LEVEL
from models.inference.coefficients import Array
from models.inference.contrast import two_sided_critical
from models.refusal import NotIdentifiedError
from models.scales.factor_fit import FactorFit, Uncertainty, fit, fit_saturated, uncertainty
from models.scales.factor_model import jacobian, one_factor
from models.scales.patterns import Patterns, patterns_of

FEWEST_ITEMS: Final = {"alpha": 2, "omega": 3}
FEWEST_PEOPLE: Final = 30  # below, the interval covers too seldom (tests/simulation/scales.json)
PEOPLE_PER_ITEM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability, its standard error and the limits of its interval; `n_people` answered an item or more.

    `low` and `high` come from the scale of log(1 - reliability), so that they lie below 1 and are not
    symmetric about the value.
    """

    value: float
    std_error: float
    low: float
    high: float
    n_people: int
    n_items: int


def alpha(answers: Array, *, level: float = LEVEL) -> Reliability:
    """Cronbach's alpha from all answers given, with an interval that does not assume normal answers.

    Estimand: k / (k - 1) (1 - sum of the items' variances / variance of their sum) (Cronbach 1951,
    Psychometrika 16:297): a lower bound of the sum's reliability where errors of items are not correlated.
    Covariances are maximum likelihood estimates of a normal distribution from all answers given (full
    information): unlike those of people without a gap they lose nobody, and unlike those of pairs they always
    belong together. With complete answers they are the sample's, and alpha is the usual one.

    Standard error: delta method on the sandwich covariance of the variances. For
    complete answers this is the distribution-free error of Maydeu-Olivares, Coffman & Hartmann 2007
    (Psychological Methods 12:157), of which van Zyl, Neudecker & Nel 2000 (Psychometrika 65:271) is the
    normal case. Interval: t with n - 1 degrees of freedom on the scale of log(1 - alpha) (Bonett 2002, J.
    Educational and Behavioral Statistics 27:335). Not Feldt's (1965, Psychometrika 30:357), exact for normal
    answers to items that are alike, which six-point answers are not. People are taken to be independent of
    each other.

    Parameters
    ----------
    answers : array (n, k)
        Answers, reversed items turned around; NaN where not answered.
    level : float
        Coverage of the interval.

    Raises
    ------
    NotIdentifiedError
        Fewer than two items; too few people; an item without spread; answers that settle each other.
    """
    return alpha_of(any_covariance(answers), level=level)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyCovariance:
    """Answers, their mean and covariance by maximum likelihood, and the uncertainty of those."""

    patterns: Patterns
    fitted: FactorFit
    found: Uncertainty


def any_covariance(answers: Array) -> AnyCovariance:
    """Fit what both alpha and the error of measurement are made of; raises as `alpha`."""
    patterns = _patterns(answers, "alpha")
    fitted = fit_saturated(patterns)
    return AnyCovariance(patterns=patterns, fitted=fitted, found=uncertainty(fitted, patterns))


def alpha_of(whole: AnyCovariance, *, level: float = LEVEL) -> Reliability:
    """Cronbach's alpha (`alpha`) of a fit made before."""
    fitted, k = whole.fitted, whole.patterns.n_items
    _, in_covariance = jacobian(fitted.model, fitted.entries)
    parts = float(np.trace(fitted.entries.errors))
    total = float(fitted.entries.errors.sum())
    value = k / (k - 1) * (1.0 - parts / total)
    of_parts, of_total = np.trace(in_covariance, axis1=1, axis2=2), in_covariance.sum(axis=(1, 2))
    slope = k / (k - 1) * (parts * of_total / total**2 - of_parts / total)
    return _with_interval(value, slope, whole.found, whole.patterns, level)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementError:
    """Standard error of measurement of the items' sum, in its points, with its standard error."""

    value: float
    std_error: float


def measurement_error(answers: Array) -> MeasurementError:
    """Spread of a person's sum about their true one, by alpha: SD sqrt(1 - alpha).

    Its square (k sum of the items' variances - variance of their sum) / (k - 1) is linear in the covariances;
    standard error by the delta method on their sandwich covariance. Known far better than alpha itself, as
    what differs between people cancels.

    Raises
    ------
    NotIdentifiedError
        As `alpha`.
    """
    return measurement_error_of(any_covariance(answers))


def measurement_error_of(whole: AnyCovariance) -> MeasurementError:
    """Give the standard error of measurement (`measurement_error`) of a fit made before."""
    fitted, k = whole.fitted, whole.patterns.n_items
    _, in_covariance = jacobian(fitted.model, fitted.entries)
    covariance = fitted.entries.errors
    square = float(k * np.trace(covariance) - covariance.sum()) / (k - 1)
    slope = (k * np.trace(in_covariance, axis1=1, axis2=2) - in_covariance.sum(axis=(1, 2))) / (k - 1)
    variance = max(float(slope @ whole.found.robust @ slope), 0.0)
    return MeasurementError(value=math.sqrt(square), std_error=0.5 * math.sqrt(variance / square))


def omega(answers: Array, *, level: float = LEVEL) -> Reliability:
    """McDonald's omega total from a one-factor model, with an interval that does not assume normal answers.

    Estimand: (sum of loadings)^2 / ((sum of loadings)^2 + sum of error variances): the share of the variance
    of the items' sum that their common factor accounts for, items being as closely tied to it as they are
    (McDonald 1999, Test Theory, ch. 6). The model is fitted by maximum likelihood to all answers given;
    answers on a few steps are treated as numbers. Standard error: delta method on the sandwich covariance
    (Yuan & Bentler 2002, Psychometrika 67:251). Interval: normal on the scale of log(1 - omega).

    Raises
    ------
    NotIdentifiedError
        Fewer than three items (two do not tell loadings apart); a Heywood case; no convergence; as `alpha`.
    """
    patterns = _patterns(answers, "omega")
    fitted = fit_one_factor(patterns)
    if fitted.improper:
        raise NotIdentifiedError(fitted.improper)
    k = patterns.n_items
    loadings, errors = fitted.entries.loadings[:, 0], np.diag(fitted.entries.errors)
    common, rest = float(loadings.sum()) ** 2, float(errors.sum())
    total = common + rest
    value = common / total
    if math.sqrt(common) <= math.sqrt(np.finfo(float).eps) * float(np.abs(loadings).sum()):
        raise NotIdentifiedError("the loadings cancel each other out: the items have no common direction")
    slope = np.concatenate([
        np.zeros(k),
        np.full(k, 2.0 * float(loadings.sum()) * rest / total**2),
        np.full(k, -common / total**2),
    ])  # fmt: skip
    return _with_interval(value, slope, uncertainty(fitted, patterns), patterns, level)


def fit_one_factor(patterns: Patterns) -> FactorFit:
    """Fit a single factor, started at the first principal component of what pairs of items share.

    Raises
    ------
    NotIdentifiedError
        As `factor_fit.fit`.
    """
    model = one_factor(patterns.n_items)
    covariance = patterns.covariances
    spread = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    toward = vectors[:, -1] * math.sqrt(values[-1])
    toward = np.clip(toward if toward.sum() >= 0.0 else -toward, -0.9, 0.9)
    start = np.concatenate([patterns.means, toward * spread, (1.0 - toward**2) * spread**2])
    return fit(patterns, model, start)


def _patterns(answers: Array, which: str) -> Patterns:
    """Group the answers; with too few items or people there is no reliability."""
    matrix = np.asarray(answers, dtype=float)
    if matrix.ndim != 2:
        raise ValueError("answers are a matrix of people by items")
    k = matrix.shape[1]
    if k < FEWEST_ITEMS[which]:
        raise NotIdentifiedError(f"{which} needs at least {FEWEST_ITEMS[which]} items")
    people = int((~np.isnan(matrix)).any(axis=1).sum())
    if people < max(FEWEST_PEOPLE, PEOPLE_PER_ITEM * k):
        raise NotIdentifiedError(
            f"fewer than {max(FEWEST_PEOPLE, PEOPLE_PER_ITEM * k)} people answered, too few for {k} items"
        )
    return patterns_of(matrix)


def _with_interval(
    value: float, slope: Array, found: Uncertainty, patterns: Patterns, level: float
) -> Reliability:
    error = math.sqrt(max(float(slope @ found.robust @ slope), 0.0))
    half = two_sided_critical(1.0 - level, patterns.n_people - 1) * error / (1.0 - value)
    return Reliability(
        value=value, std_error=error, low=1.0 - (1.0 - value) * math.exp(half),
        high=1.0 - (1.0 - value) * math.exp(-half), n_people=patterns.n_people, n_items=patterns.n_items,
    )  # fmt: skip
