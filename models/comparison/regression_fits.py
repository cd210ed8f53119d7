"""Weighted linear and logistic regressions, as the sums that cluster-robust inference needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import lapack

from models.comparison.logistic_function import chance, softplus
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

Family = Literal["linear", "logistic"]
STEPS = 50  # of Newton's method; a fit that exists needs fewer than ten
STILL = 1e-10  # a step this small beside the coefficients ends the iteration
ROUNDING = 1e-12  # residuals this small beside the outcome are what rounding leaves of a perfect fit
CERTAIN = 1e-14  # variance of a fitted probability that is 0 or 1 but for rounding
COLLINEAR = 1e-10  # least eigenvalue of the scaled cross-products with which coefficients can be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionFit:
    """A fit of n rows on p predictors, linearized at its coefficients `beta` (p,).

    `slopes` X (n, p) are the derivatives of the fitted values by the coefficients, `residuals` (n,) what the
    fit leaves over, `precision` W (n,) the weights with which rows enter (weight / variance function),
    `variance` (n,) the variance function, 1 in a linear fit, `bread` (p, p) the inverse of X'WX, `largest`
    the size of the largest outcome that counts.
    """

    beta: Array
    slopes: Array
    residuals: Array
    precision: Array
    variance: Array
    bread: Array
    largest: float

    def without_rounding(self, scores: Array, wanted: Sequence[int] | None = None) -> Array:
        """Cluster sums (G, k) of rows' influence on beta, zero where they are what rounding leaves of zero.

        Of the coefficients `wanted`, or of all.

        A cluster that alone tells of a coefficient (the only program of its arm) has residuals that add up
        to zero; taken at its rounded value it would pass for a very small standard error.
        """
        bread = self.bread if wanted is None else self.bread[:, [*wanted]]
        rows = np.abs((self.precision[:, None] * self.slopes) @ bread)
        rounded = ROUNDING * np.abs(self.residuals) + 10.0 * np.finfo(float).eps * self.largest
        return np.where(np.max(np.abs(scores), axis=0) <= rows.T @ rounded, 0.0, scores)


def fitted(
    x: Array, y: Array, weights: Array | None, family: Family, *, start: Array | None = None
) -> RegressionFit:
    """Fit y on the columns of x by weighted least squares or weighted maximum likelihood (logistic).

    Parameters
    ----------
    x : array (n, p)
        Predictors, the intercept among them.
    y : array (n,)
        Outcome; between 0 and 1 where logistic.
    weights : array (n,), optional
        Weights of the rows (of propensity, of being reached): not numbers of equal rows. Rows of weight 0
        change nothing.
    family : {"linear", "logistic"}
    start : array (p,), optional
        Coefficients near those of a logistic fit, to begin from.

    Raises
    ------
    NotIdentifiedError
        Missing values; predictors that cannot be told apart; as many coefficients as rows; a logistic outcome
        outside 0 to 1, of one value only, or perfectly predicted, for which no maximum exists.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    weight = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if x.ndim != 2 or y.shape != (len(x),) or weight.shape != y.shape:
        raise ValueError("a regression needs predictors (n, p), an outcome (n,) and weights (n,)")
    if not all(np.all(np.isfinite(part)) for part in (x, y, weight)) or np.any(weight < 0.0):
        raise NotIdentifiedError("a regression needs complete rows and weights that are not negative")
    if np.count_nonzero(weight) <= x.shape[1]:
        raise NotIdentifiedError("there are no more people than coefficients")
    scale = np.sqrt((x**2).max(axis=0))  # predictors in units of their largest value
    if not np.all(scale > 0.0):
        raise NotIdentifiedError("a predictor is zero throughout")
    if family == "linear":
        return _unscaled(_linear(x / scale, y, weight), scale)
    near = np.zeros(x.shape[1]) if start is None else start * scale
    return _unscaled(_logistic(x / scale, y, weight, near), scale)


def _linear(x: Array, y: Array, weight: Array) -> RegressionFit:
    bread = _inverse(x.T @ (weight[:, None] * x))
    beta = bread @ (x.T @ (weight * y))
    beta = beta + bread @ (
        x.T @ (weight * (y - x @ beta))
    )  # the second solve removes the rounding of the first
    residuals = y - x @ beta
    counted = weight > 0.0
    largest = float(np.max(np.abs(y[counted])))
    if np.max(np.abs(residuals[counted])) <= ROUNDING * largest:
        residuals = np.zeros_like(residuals)
    return RegressionFit(
        beta=beta, slopes=x, residuals=residuals, precision=weight, variance=np.ones(len(y)), bread=bread,
        largest=largest,
    )  # fmt: skip


def _logistic(x: Array, y: Array, weight: Array, start: Array) -> RegressionFit:
    """Newton's method from `start`, halving a step that loses likelihood."""
    if y.min() < 0.0 or y.max() > 1.0:
        raise NotIdentifiedError("the outcome of a logistic regression lies between 0 and 1")
    kept = y[weight > 0.0]
    if kept.max() == 0.0 or kept.min() == 1.0:
        raise NotIdentifiedError("everybody has the same outcome")
    _inverse(x.T @ (weight[:, None] * x))  # what is singular from the start is no matter of separation
    beta, value, counted = start, -np.inf, weight > 0.0
    step = np.zeros_like(beta)
    for _ in range(STEPS):
        trial = beta + step
        index = x @ trial
        reached = float(weight @ (y * index - softplus(index)))
        if reached < value - 1e-9 * abs(value):
            step = step / 2.0
            continue
        beta, value = trial, max(reached, value)
        mean = chance(index)
        spread = mean * (1.0 - mean)
        if np.min(spread, where=counted, initial=1.0) < CERTAIN:
            break
        spread = np.maximum(spread, CERTAIN)  # rows of weight 0 may lie anywhere
        information = x.T @ ((weight * spread)[:, None] * x)
        _, step, singular = lapack.dposv(information, x.T @ (weight * (y - mean)))
        if singular:
            break
        if np.max(np.abs(step)) <= STILL * (1.0 + np.max(np.abs(beta))):
            return RegressionFit(
                beta=beta, slopes=spread[:, None] * x, residuals=y - mean, precision=weight / spread,
                variance=spread, bread=_inverse(information, separated=True), largest=1.0,
            )  # fmt: skip
    raise NotIdentifiedError(_PERFECT)


def _inverse(information: Array, *, separated: bool = False) -> Array:
    """Invert cross-products; refused where they are singular.

    A logistic fit that runs off to infinity (`separated`) loses its information on the way.
    """
    diagonal = np.diag(information)
    if not np.all(np.isfinite(information)) or not np.all(diagonal > 1e-300):
        raise NotIdentifiedError(_PERFECT if separated else _ALIKE)
    size = np.sqrt(diagonal)
    both = np.outer(size, size)
    scaled = information / both
    try:
        found = np.linalg.inv(scaled)
        inflation = np.diag(found)  # adds up to the sum of 1 / eigenvalues
        if inflation.min() > 0.0 and inflation.sum() * COLLINEAR < 0.5:
            return np.asarray(found / both)
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(scaled)
    if values[0] < COLLINEAR:
        raise NotIdentifiedError(_PERFECT if separated else _ALIKE)
    return np.asarray((vectors / values) @ vectors.T / both)


def _unscaled(fit: RegressionFit, scale: Array) -> RegressionFit:
    return RegressionFit(
        beta=fit.beta / scale, slopes=fit.slopes * scale, residuals=fit.residuals, precision=fit.precision,
        variance=fit.variance, bread=fit.bread / np.outer(scale, scale), largest=fit.largest,
    )  # fmt: skip


_ALIKE = "the predictors cannot be told apart"
_PERFECT = "the outcome is predicted perfectly for some, so that no estimate exists"
