"""Compiled passes over rows; imported only where the compiled engine is chosen.

The columns of a design come as addresses and are read where they lie. A person's rows are laid out column by
column in a small buffer, then the columns are multiplied pair by pair. The compiler makes vectors of a plain
sum only where it may reorder it. It may in the functions marked `REORDERED`, which do nothing but sum: where
a number is subtracted first, as for a mean, the order stays as written, and so do the digits. A sum is the
same from run to run on the same kind of processor.
"""
# ruff: noqa: PLR0917  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator,no-any-return,return-value"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit
from models.within_person.design.address_kernels import part_of

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
BUFFER = 64  # rows of a person at a time
REORDERED = {"reassoc", "contract"}  # sums in any order, multiplied and added in one step


@njit(cache=True, nogil=True, fastmath=REORDERED)
def add_pairs(left: Array, right: Array, size: int, total: Array) -> None:
    """Add to `total` the sums of products of the first `size` entries of all pairs of columns.

    `left` and `right`, (k, at least size), hold the same columns, the first weighted. `total` is the upper
    triangle, (k (k + 1) / 2,), row after row. Two pairs at a time share the reading of their first column.
    """
    k = left.shape[0]
    place = 0
    for a in range(k):
        for b in range(a, k - 1, 2):
            first, second = 0.0, 0.0
            for row in range(size):
                first += left[a, row] * right[b, row]
                second += left[a, row] * right[b + 1, row]
            total[place] += first
            total[place + 1] += second
            place += 2
        if (k - a) % 2:
            last = 0.0
            for row in range(size):
                last += left[a, row] * right[k - 1, row]
            total[place] += last
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


@njit(cache=True, nogil=True, fastmath=REORDERED)
def sum_of(values: Array, size: int) -> float:
    """Sum of the first `size` values."""
    total = 0.0
    for row in range(size):
        total += values[row]
    return total


@njit(cache=True, nogil=True, fastmath=REORDERED)
def weighted_sum(values: Array, weights: Array, size: int) -> float:
    """Weighted sum of the first `size` values; weights are 1 where empty."""
    if not weights.size:
        return sum_of(values, size)
    total = 0.0
    for row in range(size):
        total += values[row] * weights[row]
    return total


@njit(cache=True, nogil=True, fastmath=False)
def mean_of(values: Array, weights: Array, weight: float, rest: Array) -> float:
    """Mean, exact however far from zero: the first value, and twice the mean of what is left of it.

    `weights` is empty where all are 1; `weight` is their sum. `rest`, at least as long as `values`, is
    overwritten.
    """
    level = values[0]
    for _ in range(2):
        if weights.size:
            for row in range(values.size):
                rest[row] = (values[row] - level) * weights[row]
        else:
            for row in range(values.size):
                rest[row] = values[row] - level
        level += sum_of(rest, values.size) / weight
    return level


@njit(cache=True, nogil=True, fastmath=False)
def longest_run(edges: Numbers) -> int:
    """Most rows of a person, whose rows lie between the edges."""
    longest = 0
    for i in range(edges.size - 1):
        longest = max(longest, edges[i + 1] - edges[i])
    return longest


@njit(cache=True, nogil=True, fastmath=False)
def center_products(
    addresses: Numbers, edges: Numbers, start: int, stop: int, base: Numbers, factor: Numbers,
    mean: Array, comoment: Array,
) -> None:  # fmt: skip
    """Means and comoments of products of deviations from the person's means, as `CrossProducts` keeps them.

    `addresses` (1 + n_variables,) are those of the weights (0 where all are 1) and of the variables, float64,
    in which person i has the rows edges[i] to edges[i + 1]. Product j multiplies product `base[j]` < j with
    product `factor[j]` < j, a variable; where `base[j]` is -1 it is variable `factor[j]` itself. `mean`
    (n_people, k) and `comoment` (n_people, k (k + 1) / 2) are written for the persons start to stop.
    """
    k = base.size
    longest = longest_run(edges[start : stop + 1])
    weighted = addresses[0] != 0
    spare = np.empty(longest)
    rest = np.empty((k, longest))
    right = np.empty((k, longest))
    left = np.empty((k, longest)) if weighted else right
    total = np.zeros(comoment.shape[1])
    for i in range(start, stop):
        first, n = edges[i], edges[i + 1] - edges[i]
        own = part_of(addresses[0], first, n if weighted else 0)
        weight = sum_of(own, n) if weighted else float(n)
        for j in range(k):
            if base[j] < 0:
                column = part_of(addresses[1 + factor[j]], first, n)
                level = mean_of(column, own, weight, spare)
                for row in range(n):
                    rest[j, row] = column[row] - level
                mean[i, j] = level
                middle = weighted_sum(rest[j], own, n) / weight  # what rounding left
            else:
                for row in range(n):
                    rest[j, row] = rest[base[j], row] * rest[factor[j], row]
                middle = weighted_sum(rest[j], own, n) / weight
                mean[i, j] = middle
            for row in range(n):
                right[j, row] = rest[j, row] - middle
            if weighted:
                for row in range(n):
                    left[j, row] = right[j, row] * own[row]
        total[:] = 0.0
        add_pairs(left, right, n, total)
        for place in range(total.size):
            comoment[i, place] = total[place]


@njit(cache=True, nogil=True, fastmath=False)
def sum_terms(
    addresses: Numbers, edges: Numbers, start: int, stop: int, column: Numbers, own_mean: Numbers,
    minus: Array, ends: Numbers, source: Numbers, mean: Array, products: Array,
) -> None:  # fmt: skip
    """Person means, and the sums of products of terms, of one person after the other.

    `addresses`, `edges`, `start` and `stop` as for `center_products`. `mean` (n_people, n_centered) takes
    the means of the first n_centered variables. A term multiplies the factors up to `ends` of it, from where
    the term before ended; none of them make 1. Factor f is variable `column[f]` less the person's mean of
    variable `own_mean[f]`, or less `minus[f]` where that is -1. `products` (n_people, n_products) takes the
    places `source` of the upper triangle of T'WT, T the terms.
    """
    m = ends.size
    weighted = addresses[0] != 0
    spare = np.empty(longest_run(edges[start : stop + 1]))
    right = np.ones((m, BUFFER))  # a term without factors stays so
    left = np.empty((m, BUFFER)) if weighted else right
    total = np.zeros(m * (m + 1) // 2)
    for i in range(start, stop):
        first, n = edges[i], edges[i + 1] - edges[i]
        own = part_of(addresses[0], first, n if weighted else 0)
        weight = sum_of(own, n) if weighted else float(n)
        for variable in range(mean.shape[1]):
            mean[i, variable] = mean_of(part_of(addresses[1 + variable], first, n), own, weight, spare)
        total[:] = 0.0
        for done in range(0, n, BUFFER):
            size = min(BUFFER, n - done)
            for j in range(m):
                begin = ends[j - 1] if j else 0
                for f in range(begin, ends[j]):
                    one = part_of(addresses[1 + column[f]], first + done, size)
                    level = mean[i, own_mean[f]] if own_mean[f] >= 0 else minus[f]
                    if f == begin:
                        for row in range(size):
                            right[j, row] = one[row] - level
                    else:
                        for row in range(size):
                            right[j, row] *= one[row] - level
                if weighted:
                    for row in range(size):
                        left[j, row] = right[j, row] * own[done + row]
            add_pairs(left, right, size, total)
        for place in range(source.size):
            products[i, place] = total[source[place]]


@njit(cache=True, nogil=True, fastmath=False)
def scale_products(products: Array, places: Numbers, factors: Array, which: Numbers) -> None:
    """Multiply some products of each person, `places`, with his or her factors, (n_people, ...), in place.

    Place `places[t]` is multiplied with factor `which[t]`; a place may be named more than once.
    """
    for i in range(products.shape[0]):
        for t in range(places.size):
            products[i, places[t]] *= factors[i, which[t]]
