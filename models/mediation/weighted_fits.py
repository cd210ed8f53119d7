"""One regression fitted under many weightings of the same people at once: the refits of a bootstrap."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from models.comparison.logistic_function import chance, softplus
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Family = Literal["logistic", "linear"]
STEPS: Final = 50
STILL: Final = 1e-9  # a step this small ends an iteration; columns are of the size of one
CLOSE: Final = 1e-5  # the same for resamples, whose spread is some ten thousand times that
FARTHEST: Final = 25.0  # log odds from their middle that no column of that size carries in a fit that exists
RENEWED: Final = 4  # steps with the same information
ALIKE: Final = 1e10  # a coefficient's variance beside that of a lone column: beyond, columns are alike


def fitted(x: Array, y: Array, weights: Array, *, family: Family, ridge: Array) -> Array:
    """Coefficients (p,) of the maximum of sum w log likelihood - sum ridge beta^2 / 2.

    Linear: least squares, the residual variance as the unit of the penalty. Logistic: Newton's method from
    zero with halved steps; y is a yes or no, or a share (a quasi-likelihood: the mean alone is modeled).

    Parameters
    ----------
    x : array (n, p)
    y, weights : arrays (n,)
    ridge : array (p,)
        Penalty of each coefficient, 0 for none.

    Raises
    ------
    NotIdentifiedError
        Nobody, columns that cannot be told apart, or no maximum (separation).
    """
    if not np.count_nonzero(weights) > np.count_nonzero(ridge == 0.0):
        raise NotIdentifiedError("there are no more people than coefficients")
    if family == "linear":
        return _solved(_information(x, weights) + np.diag(ridge), x.T @ (weights * y))
    beta, value = np.zeros(x.shape[1]), -np.inf
    step = np.zeros_like(beta)
    for _ in range(STEPS):
        trial = beta + step
        index = x @ trial
        reached = float(weights @ (y * index - softplus(index)) - 0.5 * ridge @ trial**2)
        if reached < value - 1e-10 * abs(value):
            step = step / 2.0
            continue
        beta, value = trial, max(value, reached)
        mean = chance(index)
        if np.max(np.abs(beta)) > FARTHEST:
            break
        step = _solved(
            _information(x, weights * mean * (1.0 - mean)) + np.diag(ridge),
            x.T @ (weights * (y - mean)) - ridge * beta,
        )
        if np.max(np.abs(step)) <= STILL:
            return np.asarray(beta + step)
    raise NotIdentifiedError("a logistic regression has no maximum: someone's answer is predicted perfectly")


def refitted(
    x: Array, y: Array, weights: Array, multiples: Array, of_person: Codes, *, family: Family, ridge: Array,
    start: Array,
) -> Array:  # fmt: skip
    """Fit the same regression once for each resample of whole clusters: (B, p), NaN where no fit exists.

    The information at the full fit is summed by cluster once; a resample's is the sum over its clusters. With
    it all resamples step together until the scores vanish (chord method: Newton's solution, with new
    information at every fourth step only, for those not there yet). What does not settle so is fitted alone
    by `fitted`.

    Parameters
    ----------
    x, y, weights
        As in `fitted`.
    multiples : array (B, G)
        How often each cluster counts.
    of_person : array (n,)
        Each person's cluster.
    start : array (p,)
        Coefficients of the full fit.
    """
    count, p = multiples.shape[1], x.shape[1]
    curve = weights.copy()
    if family == "logistic":
        mean = chance(x @ start)
        curve = weights * mean * (1.0 - mean)
    order = np.argsort(of_person, kind="stable")
    edges = np.searchsorted(of_person[order], np.arange(count + 1))
    parts = np.stack([
        _information(x[order[low:high]], curve[order[low:high]])
        for low, high in pairwise(edges)
    ])  # fmt: skip
    information = (multiples @ parts.reshape(count, p * p)).reshape(-1, p, p) + np.diag(ridge)
    each = multiples[:, of_person] * weights
    found = np.full((len(multiples), p), np.nan)
    inverse, usable = _inverted(information)
    if family == "linear":
        found[usable] = (inverse[usable] @ ((each[usable] * y) @ x)[:, :, None])[:, :, 0]
        return found
    found[usable], settled = _chord(x, y, each[usable], inverse=inverse[usable], ridge=ridge, start=start)
    left = np.ones(len(multiples), dtype=bool)
    left[np.flatnonzero(usable)[settled]] = False
    for one in np.flatnonzero(left):
        try:
            found[one] = fitted(x, y, each[one], family=family, ridge=ridge)
        except NotIdentifiedError:
            found[one] = np.nan
    return found


def inverse_information(
    x: Array, y: Array, weights: Array, beta: Array, *, family: Family, ridge: Array
) -> tuple[Array, Array]:
    """Residuals (n,) of the fit `beta` (p,), and the inverse (p, p) of its penalized information."""
    mean = chance(x @ beta) if family == "logistic" else x @ beta
    curve = weights * mean * (1.0 - mean) if family == "logistic" else weights
    inverse, good = _inverted((_information(x, curve) + np.diag(ridge))[None])
    if not good[0]:
        raise NotIdentifiedError("the columns of a regression cannot be told apart")
    return y - mean, inverse[0]


def _chord(
    x: Array, y: Array, weights: Array, *, inverse: Array, ridge: Array, start: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """Coefficients (B, p) by steps with information kept for a while, and which of them have settled."""
    beta = np.tile(start, (len(weights), 1))
    size = np.full(len(weights), np.inf)
    active = np.arange(len(weights))
    for taken in range(1, STEPS + 1):
        own = beta[active]
        mean = chance(own @ x.T)
        if taken % RENEWED == 0:
            curve = weights[active] * mean * (1.0 - mean)
            renewed = np.stack([_information(x, one) for one in curve]) + np.diag(ridge)
            renewed, usable = _inverted(renewed)
            active, own, mean = active[usable], own[usable], mean[usable]
            inverse[active] = renewed[usable]
        score = (weights[active] * (y - mean)) @ x - ridge * own
        step = (inverse[active] @ score[:, :, None])[:, :, 0]
        beta[active] = own + step
        size[active] = np.max(np.abs(step), axis=1)
        far = np.max(np.abs(beta[active]), axis=1) > FARTHEST
        size[active[far]] = np.inf
        active = active[(size[active] > CLOSE) & ~far]
        if active.size == 0:
            break
    return beta, size <= CLOSE


def _information(x: Array, weights: Array) -> Array:
    """Cross-products (p, p), by roots of the weights: a matrix times itself takes half the products."""
    root = np.sqrt(weights)[:, None] * x
    return np.asarray(root.T @ root)


def _inverted(matrices: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Inverses of symmetric matrices (B, p, p), NaN where one is not positive, and for which there is one.

    By Cholesky's factor, which minds no scale.
    """
    found = np.empty_like(matrices)
    good = np.ones(len(matrices), dtype=bool)
    for one, matrix in enumerate(matrices):
        root, failed = lapack.dpotrf(matrix.T, lower=1)
        found[one], missing = (root, failed) if failed else lapack.dpotri(root, lower=1)
        good[one] = not missing
    lower = np.tri(matrices.shape[1], dtype=bool)  # where LAPACK leaves the inverse
    found = np.where(lower, found, found.swapaxes(1, 2))
    inflation = np.diagonal(found, axis1=1, axis2=2) * np.diagonal(matrices, axis1=1, axis2=2)
    good &= np.all((inflation > 0.0) & (inflation < ALIKE), axis=1)
    found[~good] = np.nan
    return found, good


def _solved(matrix: Array, right: Array) -> Array:
    inverse, good = _inverted(matrix[None])
    if not good[0]:
        raise NotIdentifiedError("the columns of a regression cannot be told apart")
    first = inverse[0] @ right
    return np.asarray(first + inverse[0] @ (right - matrix @ first))  # removes the rounding of the first
