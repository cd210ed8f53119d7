"""Compiled passes over rows; imported only where the compiled engine is chosen.

Rows are gathered person by person. Products go into rows of accumulators padded to a multiple of eight, so
that the innermost loop has a fixed length and becomes one vector instruction.
"""
# ruff: noqa: PLR0917  (compiled functions take arrays by position)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
LANES = 8


@njit(cache=True, nogil=True, fastmath=False)
def sum_products(
    x: Array, y: Array, weights: Array, person: Codes, start: int, stop: int,
    products: Array, n_rows: NDArray[np.int64],
) -> None:  # fmt: skip
    """Upper triangle of [x, y]' W [x, y] of each person of the rows start to stop, sorted by person.

    `weights` is empty where all are 1. `products` (n_people, m (m + 1) / 2), m = p + 1, and `n_rows`
    (n_people,) are written for the persons met, whose rows must lie all between start and stop.
    """
    p = x.shape[1]
    m = p + 1
    wide = (m + LANES - 1) // LANES * LANES
    total = np.zeros((m, wide))
    row = np.zeros(wide)
    weighted = weights.size > 0
    here = start
    while here < stop:
        who = person[here]
        first = here
        total[:, :] = 0.0
        while here < stop and person[here] == who:
            for a in range(p):
                row[a] = x[here, a]
            row[p] = y[here]
            weight = weights[here] if weighted else 1.0
            for a in range(m):
                factor = row[a] * weight
                for block in range(0, wide, LANES):
                    for lane in range(LANES):
                        total[a, block + lane] += factor * row[block + lane]
            here += 1
        n_rows[who] = here - first
        place = 0
        for a in range(m):
            for b in range(a, m):
                products[who, place] = total[a, b]
                place += 1
