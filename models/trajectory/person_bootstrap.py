"""Bootstrap by person: one draw of people, summed by the cells that curves are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.trajectory.spline import basis, from_heights

Array = NDArray[np.float64]
BLOCK: Final = 2_000_000  # numbers held at a time in one table of draws (16 MB)
IN_CACHE: Final = 400_000  # the same while curves are fitted to a table
DEPENDENT: Final = 1e-7  # eigenvalue, of shares of the weight, below which a replicate has no curve


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSums:
    """Sums of r replicates over the people drawn into each of c cells: weights, and weighted answers."""

    weights: Array  # (r, c)
    answers: Array  # (r, c)

    def of(self, cells: slice) -> DrawnSums:
        """Give the sums of some neighboring cells."""
        return DrawnSums(weights=self.weights[:, cells], answers=self.answers[:, cells])

    def __add__(self, other: DrawnSums) -> DrawnSums:
        return DrawnSums(weights=self.weights + other.weights, answers=self.answers + other.answers)


def drawn_sums(
    cells: NDArray[np.int64],
    n_cells: int,
    answers: Array,
    weights: tuple[Array, ...],
    *,
    replicates: int,
    seed: int,
) -> Iterator[tuple[DrawnSums, ...]]:
    """Draw people with replacement and sum them by cell, a block of replicates at a time.

    A replicate draws as many people as the survey has, each with the same chance, and gives each the
    survey weight as often as they were drawn: the bootstrap of a design of weights alone (Rao & Wu 1988,
    JASA 83:231). A curve over time needs of its people only these sums by distinct time, so that the work
    after the draw does not grow with the survey where times are in whole months.

    Parameters
    ----------
    cells : array (n,)
        Cell of each person of the survey, `n_cells` for those who are in none.
    n_cells : int
        Number of cells.
    answers : array (n,)
        Finite, whatever the cell.
    weights : tuple of arrays (n,)
        Sets of weights; the same people are drawn for all.
    replicates, seed : int
        The same seed draws the same people.

    Yields
    ------
    tuple of DrawnSums
        One for each set of weights.
    """
    rng = np.random.default_rng(seed)
    n, width = len(cells), n_cells + 1
    rows = max(1, BLOCK // max(n, width))
    for begin in range(0, replicates, rows):
        r = min(rows, replicates - begin)
        drawn = rng.integers(0, n, size=(r, n), dtype=np.int64)
        where = (cells[drawn] + width * np.arange(r)[:, None]).ravel()

        def summed(
            values: Array, drawn: NDArray[np.int64] = drawn, where: NDArray[np.int64] = where
        ) -> Array:
            total = np.bincount(where, weights=values[drawn].ravel(), minlength=len(drawn) * width)
            return np.asarray(total.reshape(len(drawn), width)[:, :n_cells])

        yield tuple(DrawnSums(weights=summed(w), answers=summed(w * answers)) for w in weights)


def drawn_knots(times: Array, weights: Array, shares: tuple[float, ...], usual: Array) -> Array:
    """Knots (r, k) of each replicate at the same shares of its own weighted distribution.

    A replicate in which knots coincide, or in which nobody was drawn, keeps the sample's, `usual` (k,).
    """
    upto = np.cumsum(weights, axis=1)
    total = upto[:, -1:]
    knots = np.stack(
        [times[np.argmax(upto >= share * total * (1 - 1e-12), axis=1)] for share in shares], axis=1
    )
    poor = (np.diff(knots, axis=1) <= 0).any(axis=1) | ~(total[:, 0] > 0)
    knots[poor] = usual
    return np.asarray(knots)


def drawn_curves(times: Array, sums: Sequence[DrawnSums], knots: Array) -> list[Array]:
    """Coefficients (r, k) of each replicate's weighted least squares fit, in Harrell's basis at its knots.

    Solved from the normal equations for the heights of the curve at its knots, which are well scaled wherever
    the knots lie: each height is told by the people around it.

    Parameters
    ----------
    times : array (m,)
        Distinct times, the cells of `sums`.
    sums : sequence of DrawnSums
        Groups of people, a curve for each.
    knots : array (r, k)
        Of each replicate, for all groups.

    Returns
    -------
    list of arrays (r, k)
        One for each group; NaN in a replicate that leaves a part of the curve without people.
    """
    r, k = knots.shape
    answers = [np.full((r, k), np.nan) for _ in sums]
    rows = max(1, IN_CACHE // (4 * len(times) * k))
    for begin in range(0, r, rows):
        block = slice(begin, begin + rows)
        to_beta = from_heights(knots[block])
        scaled = basis(times, knots[block]) @ to_beta
        turned = np.ascontiguousarray(scaled.transpose(0, 2, 1))
        for group, answer in zip(sums, answers, strict=True):
            weights, right = group.weights[block], group.answers[block]
            total = np.where((all_ := weights.sum(axis=1)) > 0, all_, 1.0)
            matrix = (turned * (weights / total[:, None])[:, None, :]) @ scaled
            vector = turned @ (right / total[:, None])[:, :, None]
            good = np.linalg.eigvalsh(matrix)[:, 0] > DEPENDENT
            found = np.full((len(matrix), k), np.nan)
            found[good] = (to_beta[good] @ np.linalg.solve(matrix[good], vector[good]))[:, :, 0]
            answer[block] = found
    return answers
