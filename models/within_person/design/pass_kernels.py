"""Compiled passes over rows; imported only where the compiled engine is chosen.

A person's rows are laid out column by column in a small buffer, then the columns are multiplied pair by pair
with eight running sums, which the compiler turns into vector instructions without reordering any sum
from run to run.
"""
# ruff: noqa: PLR0917  (compiled functions take arrays by position)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
BUFFER = 64  # rows of a person at a time; a multiple of eight


@njit(cache=True, nogil=True, fastmath=False)
def add_pairs(left: Array, right: Array, size: int, total: Array) -> None:
    """Add to `total` the sums of products of the first `size` entries of all pairs of columns.

    `left` and `right`, (k, a multiple of eight), hold the same columns, the first weighted; what follows
    `size` is overwritten with zeros.
    """
    k = left.shape[0]
    full = (size + 7) // 8 * 8
    for a in range(k):
        for row in range(size, full):
            left[a, row] = 0.0
            right[a, row] = 0.0
    place = 0
    for a in range(k):
        for b in range(a, k):
            s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for row in range(0, full, 8):
                s0 += left[a, row] * right[b, row]
                s1 += left[a, row + 1] * right[b, row + 1]
                s2 += left[a, row + 2] * right[b, row + 2]
                s3 += left[a, row + 3] * right[b, row + 3]
                s4 += left[a, row + 4] * right[b, row + 4]
                s5 += left[a, row + 5] * right[b, row + 5]
                s6 += left[a, row + 6] * right[b, row + 6]
                s7 += left[a, row + 7] * right[b, row + 7]
            total[place] += ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
            place += 1


@njit(cache=True, nogil=True, fastmath=False)
def sum_products(
    x: Array, y: Array, weights: Array, person: Numbers, start: int, stop: int,
    products: Array, n_rows: Numbers,
) -> None:  # fmt: skip
    """Upper triangle of [x, y]' W [x, y] of each person of the rows start to stop, sorted by person.

    `weights` is empty where all are 1. `products` (n_people, m (m + 1) / 2), m = p + 1, and `n_rows`
    (n_people,) are written for the persons met, whose rows must lie all between start and stop.
    """
    p = x.shape[1]
    m = p + 1
    weighted = weights.size > 0
    right = np.zeros((m, BUFFER))
    left = np.zeros((m, BUFFER)) if weighted else right
    total = np.zeros(m * (m + 1) // 2)
    here = start
    while here < stop:
        who = person[here]
        first = here
        total[:] = 0.0
        while here < stop and person[here] == who:
            size = 0
            while size < BUFFER and here < stop and person[here] == who:
                for a in range(p):
                    right[a, size] = x[here, a]
                right[p, size] = y[here]
                if weighted:
                    for a in range(m):
                        left[a, size] = right[a, size] * weights[here]
                size += 1
                here += 1
            add_pairs(left, right, size, total)
        n_rows[who] = here - first
        for place in range(total.size):
            products[who, place] = total[place]


@njit(cache=True, nogil=True, fastmath=False)
def mean_of(values: Array, weights: Array, size: int, total: float) -> float:
    """Weighted mean of the first `size` values, whose weights (1 where empty) add to `total`."""
    level: float = values[0]
    for _ in range(2):  # the second time corrects the rounding of a mean far from zero
        step = 0.0
        if weights.size:
            for row in range(size):
                step += (values[row] - level) * weights[row]
        else:
            for row in range(size):
                step += values[row] - level
        level += step / total
    return level


@njit(cache=True, nogil=True, fastmath=False)
def center_products(
    values: Array, weights: Array, edges: Numbers, base: Numbers, factor: Numbers,
    mean: Array, comoment: Array,
) -> None:  # fmt: skip
    """Means and comoments of products of deviations from the person's means, as `CrossProducts` keeps them.

    Person i has the columns edges[i] to edges[i + 1] of `values` (n_variables, n_rows). Product j multiplies
    product `base[j]` < j with product `factor[j]` < j, a variable; where `base[j]` is -1 it is variable
    `factor[j]` itself. `mean` (n_people, k) and `comoment` (n_people, k (k + 1) / 2) are written. `weights`
    is empty where all are 1.
    """
    k = base.size
    longest = 0
    for i in range(edges.size - 1):
        longest = max(longest, edges[i + 1] - edges[i])
    longest = (longest + 7) // 8 * 8
    rest = np.zeros((k, longest))
    right = np.zeros((k, longest))
    left = np.zeros((k, longest)) if weights.size else right
    total = np.zeros(comoment.shape[1])
    for i in range(edges.size - 1):
        first, n = edges[i], edges[i + 1] - edges[i]
        own = weights[first : first + n] if weights.size else weights
        weight = own.sum() if weights.size else float(n)
        for j in range(k):
            if base[j] < 0:
                level = mean_of(values[factor[j], first:], own, n, weight)
                for row in range(n):
                    rest[j, row] = values[factor[j], first + row] - level
                middle = mean_of(rest[j], own, n, weight)
                mean[i, j] = level
            else:
                for row in range(n):
                    rest[j, row] = rest[base[j], row] * rest[factor[j], row]
                middle = mean_of(rest[j], own, n, weight)
                mean[i, j] = middle
            for row in range(n):
                right[j, row] = rest[j, row] - middle
            if weights.size:
                for row in range(n):
                    left[j, row] = right[j, row] * own[row]
        total[:] = 0.0
        add_pairs(left, right, n, total)
        for place in range(total.size):
            comoment[i, place] = total[place]
