"""Regressions of the people of one arm without those of each fold in turn, all folds at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.logistic_function import chance
from models.comparison.penalized_regression import Family, fit
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
STEPS: Final = 25  # with curvature from near by; a fold needs some seventeen
SETTLED: Final = 1e-18  # of the objective per person, the gain that a further step promises
MOST_LEFT: Final = 0.25  # part of that gain left after a step, beyond which steps do not lead to the top


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedRows:
    """People of one arm in the order of their folds.

    `x` (n, p) their predictors, `place` (n,) where each stands among everybody, `edges` (K + 1,) where each
    of K folds begins, `outside` (n, K) 1 where a person is not in a fold.
    """

    x: Array
    place: NDArray[np.intp]
    edges: NDArray[np.intp]
    outside: Array

    def sums(self, weights: Array, values: Array) -> Array:
        """X'WV (K, p, k) of the people outside each fold, V (n, k); nothing of a fold's own is in them."""
        weighted = weights[:, None] * values
        inside = [self.x[low:high].T @ weighted[low:high] for low, high in pairwise(self.edges)]
        return np.tensordot(1.0 - np.eye(len(inside)), np.stack(inside), 1)


def folded_rows(design: Array, arm: Bools, fold: NDArray[np.int64]) -> FoldedRows:
    """Put the people of an arm (n,) in the order of their folds, numbered from 0 (n,)."""
    inside = np.flatnonzero(arm)
    place = inside[np.argsort(fold[inside], kind="stable")]
    own = fold[place]
    count = int(fold.max()) + 1
    return FoldedRows(
        x=design[place], place=place, edges=np.searchsorted(own, np.arange(count + 1)),
        outside=(own[:, None] != np.arange(count)).astype(float),
    )  # fmt: skip


def without_each_fold(
    rows: FoldedRows, y: Array, answered: Bools, *, family: Family, penalty: float, start: Array | None = None
) -> Array:
    """Coefficients (K, p) of `penalized_regression.fit` to those answered of all folds but one, for each.

    Linear: cross-products are summed by fold, once for all complements. Logistic: Newton's
    steps for all folds together, with the curvature, summed by fold, at one point in their middle (chord
    method): the fits lie so near to each other that a step leaves a few hundredths of the error, and each
    costs only products of the rows with the coefficients. A fold whose steps do not shrink is fitted alone.

    Parameters
    ----------
    rows : FoldedRows
    y, answered : arrays (n,)
        Outcome and who has one, everybody in their own order.
    start : array (K, p), optional
        Coefficients near those sought.

    Raises
    ------
    NotIdentifiedError
        As `penalized_regression.fit`.
    """
    has = answered[rows.place].astype(float)
    own = np.where(has > 0.0, y[rows.place], 0.0)
    ridge = np.full(rows.x.shape[1], penalty)
    ridge[0] = 0.0
    if family == "linear":
        grams, right = rows.sums(has, rows.x), rows.sums(has, own[:, None])[:, :, 0]
        counts = has @ rows.outside
        if not np.all(counts > 0.0):
            raise NotIdentifiedError("nobody to fit a regression to")
        return _solved(grams + np.diag(ridge), right)
    if start is None:
        start = np.tile(
            fit(rows.x, own, family=family, penalty=penalty, weights=has), (len(rows.edges) - 1, 1)
        )
    beta, settled = _chord(rows, own, has, ridge, start)
    for one in np.flatnonzero(~settled):
        beta[one] = fit(rows.x, own, family=family, penalty=penalty, weights=has * rows.outside[:, one])
    return beta


def _chord(rows: FoldedRows, y: Array, has: Array, ridge: Array, start: Array) -> tuple[Array, Bools]:
    """Coefficients (K, p) by steps with the curvature of one point, and which folds' are settled."""
    x, outside = rows.x, has[:, None] * rows.outside
    counts, yes = outside.sum(axis=0), y @ outside
    mixed = (yes > 0.0) & (yes < counts)  # others have no maximum: they are left to `fit`
    none = np.zeros(len(start), dtype=bool)
    if not mixed.all() or not np.all(np.isfinite(start)):
        return start.copy(), none
    middle = chance(x @ start.mean(axis=0))
    curved = rows.sums(has * middle * (1.0 - middle), x)
    try:
        inverse = np.linalg.inv(curved + np.diag(ridge))
    except np.linalg.LinAlgError:
        return start.copy(), none
    beta, before = start.copy(), np.full(len(start), np.inf)
    known = outside * y[:, None]
    for _ in range(STEPS):
        left = known - outside * chance(x @ beta.T)
        slope = left.T @ x - ridge * beta
        step = (inverse @ slope[:, :, None])[:, :, 0]
        gain = np.vecdot(slope, step)
        if not np.all(gain <= MOST_LEFT * before):
            return beta, none
        beta, before = beta + step, gain
        if np.all(gain <= SETTLED * counts):
            return beta, ~none
    return beta, none


def _solved(matrices: Array, right: Array) -> Array:
    try:
        found = np.asarray(np.linalg.solve(matrices, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError as error:
        raise NotIdentifiedError("the columns of a regression cannot be told apart") from error
    if not np.all(np.isfinite(found)):
        raise NotIdentifiedError("the columns of a regression cannot be told apart")
    return found
