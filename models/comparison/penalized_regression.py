"""Logistic and linear regression with a ridge penalty, for predictions from many baseline variables."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from models.comparison.logistic_function import chance, softplus
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Family = Literal["logistic", "linear"]
MOST_STEPS: Final = 50
MOST_HALVINGS: Final = 30
SETTLED: Final = 1e-9  # of the objective per unit of weight, the gain that a further step promises


def fit(
    x: Array,
    y: Array,
    *,
    family: Family,
    penalty: float,
    weights: Array | None = None,
    start: Array | None = None,
) -> Array:
    """Coefficients (p,) that maximize the log likelihood less penalty / 2 times their sum of squares.

    The first column of `x` (n, p) is the constant, and is not penalized; the others are to be standardized.
    Logistic: Newton's method with halved steps, y between 0 and 1; a `y` that is all 0 or all 1 (no maximum)
    gets log odds of -+ infinity in effect: half a person of the other kind is added, so that the constant is
    finite. Linear: the normal equations, with the residual variance as the unit of the penalty, so that
    `penalty` means the same for both: the prior precision of a standardized effect, in units of the
    residual standard deviation (Hoerl & Kennard 1970, Technometrics 12:55; le Cessie & van Houwelingen 1992,
    Applied Statistics 41:191).

    Raises
    ------
    NotIdentifiedError
        No rows, or Newton's method does not settle (without a penalty: separation, collinear columns).
    """
    w = np.ones(y.size) if weights is None else weights
    total = float(w.sum())
    if not total > 0.0:
        raise NotIdentifiedError("nobody to fit a regression to")
    ridge = np.full(x.shape[1], penalty)
    ridge[0] = 0.0
    if family == "linear":
        return _solve((x * w[:, None]).T @ x + np.diag(ridge), (x * w[:, None]).T @ y)
    share = float(w @ y) / total
    if share in (0.0, 1.0):
        only = np.zeros(x.shape[1])
        only[0] = special.logit((share * total + 0.5) / (total + 1.0))
        return only
    return _newton(x, y, w, ridge, start)


def predict(x: Array, beta: Array, family: Family) -> Array:
    """Give the expected outcome (n,): probabilities for the logistic family."""
    eta = x @ beta
    return np.asarray(chance(eta) if family == "logistic" else eta)


def _newton(x: Array, y: Array, w: Array, ridge: Array, start: Array | None) -> Array:
    total = float(w.sum())
    if start is None:
        beta = np.zeros(x.shape[1])
        beta[0] = special.logit(float(w @ y) / total)
    else:
        beta = start
    eta, diagonal = x @ beta, np.diag_indices(beta.size)
    value = _objective(eta, y, w, beta, ridge)
    for _ in range(MOST_STEPS):
        p = chance(eta)
        gradient = x.T @ (w * (y - p)) - ridge * beta
        information = (x * (w * p * (1.0 - p))[:, None]).T @ x
        information[diagonal] += ridge
        step = _solve(information, gradient)
        if float(gradient @ step) < SETTLED * total:
            return np.asarray(beta + step)
        move = x @ step
        for _ in range(MOST_HALVINGS):
            tried = _objective(eta + move, y, w, beta + step, ridge)
            if tried >= value - 1e-12 * abs(value):
                break
            step, move = step / 2.0, move / 2.0
        beta, eta, value = beta + step, eta + move, tried
    raise NotIdentifiedError("a logistic regression did not settle on an answer")


def _objective(eta: Array, y: Array, w: Array, beta: Array, ridge: Array) -> float:
    return float(w @ (y * eta - softplus(eta)) - 0.5 * ridge @ beta**2)


def _solve(matrix: Array, right: Array) -> Array:
    """Solve a symmetric positive definite system, by Cholesky's method without the wrapper's overhead."""
    _, found, info = linalg.lapack.dposv(matrix, right)
    if info != 0 or not np.all(np.isfinite(found)):
        raise NotIdentifiedError("the columns of a regression cannot be told apart")
    return np.asarray(found)
