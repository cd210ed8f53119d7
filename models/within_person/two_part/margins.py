"""What the models say on the scale of the outcome: probabilities, and means over all days.

Averages over the rows and over the normal person effects (population-averaged), as numbers of one
coefficient each, so that intervals, contrasts and tables take them as they take any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.two_part.mixed_logistic import LogisticFit
from models.within_person.two_part.two_part import TwoPartFit

Array = NDArray[np.float64]

RULE: Final = "delta method with the joint covariance of coefficients and variances"
ROWS_AT_ONCE: Final = 10_000


def average_probability(fit: LogisticFit, x: Array) -> Inference:
    """Average P(y = 1 | x) over rows of `x` (n, p) and person effects; named "average_probability"."""
    estimate, gradient = _average(fit, x)
    return _single("average_probability", estimate, gradient, fit.joint_covariance, fit)


def average_difference(fit: LogisticFit, before: Array, after: Array) -> Inference:
    """Average change in P(y = 1) from the design `before` to `after` (n, p each); "average_difference".

    For a yes-or-no predictor: the rows with it set to 0 and to 1, its products and parts set alike.
    """
    low, low_gradient = _average(fit, before)
    high, high_gradient = _average(fit, after)
    return _single("average_difference", high - low, high_gradient - low_gradient, fit.joint_covariance, fit)


def average_marginal_effect(
    fit: LogisticFit, x: Array, name: str, *, direction: Array | None = None
) -> Inference:
    """Average rise of P(y = 1) per unit of a predictor, over rows of `x` and person effects.

    d/dt of the mean over rows of E[sigma((x + t d)' beta + (z + t d_z)' b)], b ~ N(0, D), with sigma the
    logistic function. With s^2 = z'Dz, E_k the mean of its k-th derivative at x'beta + s N(0, 1), a = d'beta
    and c = z'D d_z, it is E_1 a + E_2 c (Stein's identity); standard error by the delta method.

    `direction` (n, p) says how each column moves with the predictor, where products of it move too; without
    it only the column `name` moves, by 1.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge.
    """
    if direction is None:
        direction = np.zeros_like(x)
        direction[:, fit.names.index(name)] = 1.0
    p, q = fit.beta.size, len(fit.random)
    estimate, gradient = 0.0, np.zeros(fit.joint_covariance.shape[0])
    for rows in _pieces(len(x)):
        at, toward = x[rows], direction[rows]
        z, d = at[:, fit.random], toward[:, fit.random]
        slope = toward @ fit.beta
        shared = np.vecdot(z @ fit.random_covariance, d)
        _, one, two, three, four = _moments(at @ fit.beta, np.vecdot(z @ fit.random_covariance, z), orders=4)
        estimate += float((one * slope + two * shared).sum())
        gradient[:p] += one @ toward + (two * slope + three * shared) @ at
        gradient[p:] += 0.5 * (three * slope + four * shared) @ _triangle(z, z, q) + two @ _triangle(z, d, q)
    return _single(name, estimate / len(x), gradient / len(x), fit.joint_covariance, fit)


def overall_mean(fit: TwoPartFit, x_any: Array, x_extent: Array) -> Inference:
    """Average of y over all days, those without any included; named "overall_mean".

    `x_any` (n, p_any) and `x_extent` (n, p_extent) are the two designs at the same n days: see `_overall`.
    """
    estimate, gradient = _overall(fit, x_any, x_extent)
    return _single("overall_mean", estimate, gradient, fit.joint_covariance, fit)


def overall_difference(fit: TwoPartFit, before: tuple[Array, Array], after: tuple[Array, Array]) -> Inference:
    """Average change in y over all days from one pair of designs (any, extent) to another.

    For one unit more of a predictor: its column, and products of it, a unit higher in both designs. Moved
    in one design only, it is the share that goes through that part. Named "overall_difference".

    Raises
    ------
    NotIdentifiedError
        The fit did not converge.
    """
    low, low_gradient = _overall(fit, *before)
    high, high_gradient = _overall(fit, *after)
    return _single("overall_difference", high - low, high_gradient - low_gradient, fit.joint_covariance, fit)


@dataclass(frozen=True, slots=True)
class _RowMeans:
    """Row's mean of y over person effects, and its derivatives in what it depends on."""

    mean: Array
    eta_any: Array
    eta_extent: Array
    variance_any: Array
    variance_extent: Array
    shared: Array
    log_dispersion: Array


def _overall(fit: TwoPartFit, x_any: Array, x_extent: Array) -> tuple[float, Array]:
    """Average E[y | x] over rows and person effects, with its gradient in the joint parameters.

    E[sigma(eta_any + u) m(eta_extent + v)] with (u, v) normal, c their covariance. Linear: eta_extent E_0 +
    c E_1 (Stein's identity), E_k the mean of sigma's k-th derivative at eta_any + u. Log and gamma:
    exp(eta_extent + var(v) / 2) times E_0 at eta_any + c (the exponential tilts the normal), and for log
    times exp(sigma^2 / 2), exact where residuals are normal (no smearing).
    """
    if x_any.shape[0] != x_extent.shape[0]:
        raise ValueError("the two designs must be of the same days")
    n_any, n_extent, q_any = fit.beta_any.size, fit.beta_extent.size, len(fit.random_any)
    q = q_any + len(fit.random_extent)
    estimate, gradient = 0.0, np.zeros(fit.joint_covariance.shape[0])
    for rows in _pieces(len(x_any)):
        one, two = x_any[rows], x_extent[rows]
        u, v = np.zeros((len(one), q)), np.zeros((len(one), q))
        u[:, :q_any], v[:, q_any:] = one[:, fit.random_any], two[:, fit.random_extent]
        eta = (one @ fit.beta_any, two @ fit.beta_extent)
        loaded = u @ fit.random_covariance
        variances = (np.vecdot(loaded, u), np.vecdot(v @ fit.random_covariance, v), np.vecdot(loaded, v))
        found = _row_means(fit, eta, variances)
        estimate += float(found.mean.sum())
        gradient[:n_any] += found.eta_any @ one
        gradient[n_any : n_any + n_extent] += found.eta_extent @ two
        gradient[n_any + n_extent : -1] += (
            found.variance_any @ _triangle(u, u, q)
            + found.variance_extent @ _triangle(v, v, q)
            + found.shared @ _triangle(u, v, q)
        )
        gradient[-1] += float(found.log_dispersion.sum())
    return estimate / len(x_any), gradient / len(x_any)


def _row_means(fit: TwoPartFit, eta: tuple[Array, Array], variances: tuple[Array, Array, Array]) -> _RowMeans:
    """Mean of each row; `eta` of any and extent; `variances` of u, of v, and their covariance."""
    (eta_any, eta_extent), (variance_any, variance_extent, shared) = eta, variances
    if fit.family == "linear":
        zero, one, two, three = _moments(eta_any, variance_any, orders=3)
        return _RowMeans(
            eta_extent * zero + shared * one, eta_extent * one + shared * two, zero,
            0.5 * (eta_extent * two + shared * three), np.zeros_like(zero), one, np.zeros_like(zero),
        )  # fmt: skip
    residual = fit.dispersion**2 if fit.family == "log" else 0.0
    level = np.exp(eta_extent + 0.5 * variance_extent + 0.5 * residual)
    zero, one, two = _moments(eta_any + shared, variance_any, orders=2)
    mean = level * zero
    return _RowMeans(mean, level * one, mean, 0.5 * level * two, 0.5 * mean, level * one, residual * mean)


def _average(fit: LogisticFit, x: Array) -> tuple[float, Array]:
    """Average the probability over rows and person effects, with its gradient in the joint parameters."""
    p, q = fit.beta.size, len(fit.random)
    estimate, gradient = 0.0, np.zeros(fit.joint_covariance.shape[0])
    for rows in _pieces(len(x)):
        z = x[rows][:, fit.random]
        zero, one, two = _moments(x[rows] @ fit.beta, np.vecdot(z @ fit.random_covariance, z), orders=2)
        estimate += float(zero.sum())
        gradient[:p] += one @ x[rows]
        gradient[p:] += 0.5 * two @ _triangle(z, z, q)
    return estimate / len(x), gradient / len(x)


def _pieces(n: int) -> list[slice]:
    if n == 0:
        raise ValueError("an average needs rows")
    return [slice(first, min(first + ROWS_AT_ONCE, n)) for first in range(0, n, ROWS_AT_ONCE)]


def _triangle(one: Array, two: Array, q: int) -> Array:
    """Differentiate one' D two in the lower triangle of the symmetric D, row by row; (n, q (q + 1) / 2)."""
    rows, columns = np.tril_indices(q)
    product = one[:, rows] * two[:, columns]
    mirrored = one[:, columns] * two[:, rows]
    return np.where(rows == columns, product, product + mirrored)


HALF_WIDTH: Final = 9.0  # deviations of the normal on either side
STEPS: Final = 180  # of the trapezoid rule over them


def _moments(eta: Array, variance: Array, *, orders: int) -> tuple[Array, ...]:
    """Mean of the logistic function and its derivatives at eta + N(0, variance), orders 0 to `orders`.

    Trapezoid rule on the whole line, whose error falls exponentially (Trefethen & Weideman 2014, SIAM Rev
    56:385-458): below 1e-10 for deviations up to 6, 1e-5 at 20. A derivative of the mean in the variance is
    half the next derivative but one.
    """
    at = np.linspace(-HALF_WIDTH, HALF_WIDTH, STEPS + 1)
    weights = np.exp(-0.5 * at**2)
    weights /= weights.sum()
    value = eta[:, None] + np.sqrt(np.maximum(variance, 0.0))[:, None] * at
    small = np.exp(-np.abs(value))
    p = np.where(value >= 0.0, 1.0, small) / (1.0 + small)
    bend = small / np.square(1.0 + small)
    derivatives = [p, bend, bend * (1 - 2 * p), bend * (1 - 6 * bend), bend * (1 - 2 * p) * (1 - 12 * bend)]
    return tuple(derivative @ weights for derivative in derivatives[: orders + 1])


def _single(
    name: str, estimate: float, gradient: Array, covariance: Array, fit: LogisticFit | TwoPartFit
) -> Inference:
    if fit.outcome == "not converged":
        raise NotIdentifiedError(f"not converged: {fit.note}")
    variance = float(gradient @ covariance @ gradient)
    return Inference(
        names=(name,), beta=np.array([estimate]), covariance=np.array([[max(0.0, variance)]]),
        df=lambda _: math.inf, rule=RULE,
    )  # fmt: skip
