"""Linear mixed model for days within persons, by restricted maximum likelihood.

Why not statsmodels' MixedLM: docs/methods/within_person.md, "Why our own likelihood".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]

SINGULAR = 1e-4  # smallest singular value of the relative covariance factor that counts as variance
FLAT_ENOUGH = 1e-2  # largest slope of the deviance, per unit of the covariance factor, at an optimum
STARTS = (1.0, 0.2, 5.0)  # ratios of random-effect to residual standard deviation, tried until one converges


class NotIdentifiedError(ValueError):
    """The columns of the model cannot be told apart on these rows; the message says which rule failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """A fitted model y = X beta + Z b + e, b ~ N(0, random_covariance), e ~ N(0, residual_variance).

    `beta` (p,), `covariance` (p, p) of beta, `random_covariance` (q, q). `log_likelihood` is the
    restricted one with its constant, as lme4 prints it. `singular`: a random effect, or a
    combination of them, has no variance of its own.
    """

    beta: Array
    covariance: Array
    random_covariance: Array
    residual_variance: float
    log_likelihood: float
    converged: bool
    singular: bool
    n_rows: int
    n_people: int


@dataclass(frozen=True, slots=True)
class _PersonSums:
    """Cross-products by person: all that the likelihood needs of the rows."""

    zz: Array  # (n_people, q, q)
    zw: Array  # (n_people, q, p + 1); w is X with the response appended
    ww: Array  # (p + 1, p + 1)
    n_rows: int


def _profile(theta: Array, sums: _PersonSums, q: int) -> tuple[float, Array, Array, float]:
    """Restricted deviance with beta and the residual variance profiled out.

    Bates, Mächler, Bolker & Walker 2015, J Stat Softw 67(1), eqs 30, 34 and 42: with the relative
    factor L(theta), V/sigma^2 = I + Z L L' Z', whose inverse and determinant reduce to one q by q
    matrix per person, M = I + L' Z'Z L (Woodbury; Sylvester).

    Returns the deviance, beta, (X'WX)^-1 and the residual variance.
    """
    factor = np.zeros((q, q))
    factor[np.tril_indices(q)] = theta
    m = np.eye(q) + factor.T @ sums.zz @ factor
    half = np.linalg.solve(np.linalg.cholesky(m), factor.T @ sums.zw)
    weighted = sums.ww - np.einsum("iqa,iqb->ab", half, half)
    xx, xy, yy = weighted[:-1, :-1], weighted[:-1, -1], weighted[-1, -1]
    beta = np.linalg.solve(xx, xy)
    df = sums.n_rows - xx.shape[0]
    residual = max(float(yy - xy @ beta), np.finfo(float).tiny) / df
    deviance = (
        float(np.linalg.slogdet(m)[1].sum())
        + float(np.linalg.slogdet(xx)[1])
        + df * (1.0 + np.log(2.0 * np.pi * residual))
    )
    return deviance, beta, np.linalg.inv(xx), residual


def _slope(theta: Array, sums: _PersonSums, q: int) -> float:
    """Largest central-difference slope of the deviance at theta."""
    step = 1e-4
    return max(
        abs(_profile(theta + step * unit, sums, q)[0] - _profile(theta - step * unit, sums, q)[0])
        / (2 * step)
        for unit in np.eye(theta.size)
    )


def fit(y: Array, x: Array, z: Array, person: NDArray[np.intp]) -> MixedFit:
    """Fit by restricted maximum likelihood; unbalanced persons welcome.

    Estimand: beta of E[y | X] = X beta under a normal mixed model with independent persons.
    cov(beta) = sigma^2 (X' W X)^-1 with W = (V / sigma^2)^-1 at the estimated V: the generalized
    least squares covariance, as lme4 and nlme give; the uncertainty of V itself is not added.

    Parameters
    ----------
    y : array, shape (n_rows,)
        Response.
    x : array, shape (n_rows, p)
        Fixed-effect columns, intercept included.
    z : array, shape (n_rows, q)
        Random-effect columns.
    person : array of int, shape (n_rows,)
        Person of each row, numbered 0 to n_people - 1, each number used.

    Raises
    ------
    NotIdentifiedError
        The fixed columns are collinear, there are no more rows than columns, or y leaves no residual.

    References
    ----------
    Laird & Ware 1982, Biometrics 38:963; Bates et al. 2015, J Stat Softw 67(1).
    """
    n_rows, p = x.shape
    q = z.shape[1]
    n_people = int(person.max()) + 1 if n_rows else 0
    if n_rows <= p or np.linalg.matrix_rank(x) < p:
        raise NotIdentifiedError("the predictors cannot be told apart on these rows")
    # Unit scale and a response stripped of its least-squares fit keep the cross-products exact.
    x_scale = np.sqrt((x**2).mean(axis=0))
    z_scale = np.sqrt((z**2).mean(axis=0))
    if not np.all(z_scale > 0):
        raise NotIdentifiedError("a random effect has no variation on these rows")
    ordinary, *_ = np.linalg.lstsq(x / x_scale, y, rcond=None)
    rest = y - (x / x_scale) @ ordinary
    y_scale = float(np.sqrt((rest**2).mean()))
    if y_scale <= 1e-10 * max(1.0, float(np.abs(y).max())):
        raise NotIdentifiedError("the predictors leave no variation in the response")
    w = np.column_stack([x / x_scale, rest / y_scale])
    z = z / z_scale
    zz, zw = np.zeros((n_people, q, q)), np.zeros((n_people, q, p + 1))
    np.add.at(zz, person, z[:, :, None] * z[:, None, :])
    np.add.at(zw, person, z[:, :, None] * w[:, None, :])
    sums = _PersonSums(zz, zw, w.T @ w, n_rows)

    def deviance(theta: Array) -> float:
        return _profile(theta, sums, q)[0]

    for start in STARTS:
        found = optimize.minimize(
            deviance, start * np.eye(q)[np.tril_indices(q)], method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 8000},
        )  # fmt: skip
        theta = np.asarray(found.x)
        converged = bool(found.success) and _slope(theta, sums, q) < FLAT_ENOUGH
        if converged:
            break
    value, beta, inverse, residual = _profile(theta, sums, q)
    factor = np.zeros((q, q))
    factor[np.tril_indices(q)] = theta
    back = y_scale / x_scale
    spread = y_scale / z_scale
    # The deviance was taken in scaled units: undo the scaling of y (n - p rows) and of X.
    shift = 2.0 * (n_rows - p) * np.log(y_scale) + 2.0 * np.log(x_scale).sum()
    return MixedFit(
        beta=ordinary / x_scale + beta * back,
        covariance=residual * inverse * np.outer(back, back),
        random_covariance=residual * (factor @ factor.T) * np.outer(spread, spread),
        residual_variance=residual * y_scale**2,
        log_likelihood=-0.5 * (value + float(shift)),
        converged=converged,
        singular=bool(np.linalg.svd(factor, compute_uv=False).min() < SINGULAR),
        n_rows=n_rows,
        n_people=n_people,
    )
