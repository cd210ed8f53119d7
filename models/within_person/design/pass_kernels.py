"""Compiled passes over rows; imported only where the compiled engine is chosen.

A person's rows are laid out column by column in a small buffer, then the columns are multiplied pair by pair
with eight running sums, which the compiler turns into vector instructions without reordering any sum
from run to run.
"""
# ruff: noqa: PLR0912, PLR0917  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator,no-any-return,return-value"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
FEW = 4  # rows, up to which vector instructions do not pay
BUFFER = 64  # rows of a person at a time; a multiple of eight


@njit(cache=True, nogil=True, fastmath=False)
def add_pairs(left: Array, right: Array, size: int, total: Array) -> None:
    """Add to `total` the sums of products of the first `size` entries of all pairs of columns.

    `left` and `right`, (k, a multiple of eight), hold the same columns, the first weighted; what follows
    `size` is overwritten with zeros.
    """
    k = left.shape[0]
    place = 0
    if size < FEW:
        for a in range(k):
            for b in range(a, k):
                for row in range(size):
                    total[place] += left[a, row] * right[b, row]
                place += 1
        return
    full = (size + 7) // 8 * 8
    for a in range(k):
        for row in range(size, full):
            left[a, row] = 0.0
            right[a, row] = 0.0
    for a in range(k):
        for b in range(a, k):
            # Begun from products, not from zeros: only so does the compiler make vectors of them.
            s0 = left[a, 0] * right[b, 0]
            s1 = left[a, 1] * right[b, 1]
            s2 = left[a, 2] * right[b, 2]
            s3 = left[a, 3] * right[b, 3]
            s4 = left[a, 4] * right[b, 4]
            s5 = left[a, 5] * right[b, 5]
            s6 = left[a, 6] * right[b, 6]
            s7 = left[a, 7] * right[b, 7]
            for row in range(8, full, 8):
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
def sum_about(values: Array, weights: Array, size: int, level: float) -> float:
    """Weighted sum of the first `size` values less a level; weights are 1 where empty."""
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    full = size // 8 * 8
    if weights.size:
        for row in range(size):
            s0 += (values[row] - level) * weights[row]
        return s0
    for row in range(0, full, 8):
        s0 += values[row] - level
        s1 += values[row + 1] - level
        s2 += values[row + 2] - level
        s3 += values[row + 3] - level
        s4 += values[row + 4] - level
        s5 += values[row + 5] - level
        s6 += values[row + 6] - level
        s7 += values[row + 7] - level
    for row in range(full, size):
        s0 += values[row] - level
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


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
                column = values[factor[j], first : first + n]
                level = column[0] + sum_about(column, own, n, column[0]) / weight
                level += sum_about(column, own, n, level) / weight  # the rounding of a mean far from zero
                for row in range(n):
                    rest[j, row] = column[row] - level
                mean[i, j] = level
                middle = sum_about(rest[j], own, n, 0.0) / weight
            else:
                for row in range(n):
                    rest[j, row] = rest[base[j], row] * rest[factor[j], row]
                middle = sum_about(rest[j], own, n, 0.0) / weight
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


@njit(cache=True, nogil=True, fastmath=False)
def means_of_people(values: Array, weights: Array, edges: Numbers, mean: Array) -> None:
    """Mean of each variable over each person's rows, exact however far from zero; (n_people, n_variables).

    `values` and `edges` as for `center_products`.
    """
    for i in range(edges.size - 1):
        first, n = edges[i], edges[i + 1] - edges[i]
        own = weights[first : first + n] if weights.size else weights
        weight = own.sum() if weights.size else float(n)
        for j in range(values.shape[0]):
            column = values[j, first : first + n]
            level = column[0] + sum_about(column, own, n, column[0]) / weight
            mean[i, j] = level + sum_about(column, own, n, level) / weight


@njit(cache=True, nogil=True, fastmath=False)
def sum_terms(
    values: Array, weights: Array, edges: Numbers, column: Numbers, level: Array, ends: Numbers,
    products: Array,
) -> None:  # fmt: skip
    """Upper triangle of T'WT by person, T the terms; `products` (n_people, m (m + 1) / 2) is written.

    `values` and `edges` as for `center_products`. A term multiplies the factors up to `ends` of it, from
    where the term before ended; none of them make 1. Factor f is variable `column[f]` less `level[i, f]` of
    person i, or `level[i, f]` itself where `column[f]` is -1.
    """
    m = ends.size
    right = np.zeros((m, BUFFER))
    left = np.zeros((m, BUFFER)) if weights.size else right
    total = np.zeros(m * (m + 1) // 2)
    for i in range(edges.size - 1):
        total[:] = 0.0
        for first in range(edges[i], edges[i + 1], BUFFER):
            size = min(BUFFER, edges[i + 1] - first)
            f = 0
            for j in range(m):
                one = right[j]
                fresh = True
                while f < ends[j]:
                    by = level[i, f]
                    own = values[max(column[f], 0), first : first + size]
                    if column[f] < 0:
                        for row in range(size):
                            one[row] = by if fresh else one[row] * by
                    elif fresh:
                        for row in range(size):
                            one[row] = own[row] - by
                    else:
                        for row in range(size):
                            one[row] *= own[row] - by
                    fresh = False
                    f += 1
                if fresh:
                    for row in range(size):
                        one[row] = 1.0
                if weights.size:
                    for row in range(size):
                        left[j, row] = one[row] * weights[first + row]
            add_pairs(left, right, size, total)
        for place in range(total.size):
            products[i, place] = total[place]


@njit(cache=True, nogil=True, fastmath=False)
def scatter(key: int, bits: int) -> int:
    """Place of a key in a table of 2^bits places (Knuth, The Art of Computer Programming 3, 6.4)."""
    return np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, fastmath=False)
def lane_of(key: int, lanes: int) -> int:
    """Which thread a key belongs to, by other bits than those of its place in a table."""
    return (
        np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20) & np.uint64(0xFFFF))
        % lanes
    )


@njit(cache=True, nogil=True, fastmath=False)
def find(table: Numbers, bits: int, ids: Numbers, key: int, used: int) -> int:
    """Return the number of the person with this id; `used`, once entered, where the id is new.

    `table` (2^bits,) holds numbers of persons, -1 where free; `ids` those persons' ids.
    """
    place = scatter(key, bits)
    while table[place] >= 0:
        if ids[table[place]] == key:
            return table[place]
        place = (place + 1) & (table.size - 1)
    table[place] = used
    ids[used] = key
    return used


@njit(cache=True, nogil=True, fastmath=False)
def enter_all(table: Numbers, bits: int, ids: Numbers, used: int) -> None:
    """Enter the first `used` ids into an empty table."""
    for person in range(used):
        place = scatter(ids[person], bits)
        while table[place] >= 0:
            place = (place + 1) & (table.size - 1)
        table[place] = person


@njit(cache=True, nogil=True, fastmath=False)
def first_fault(values: Array, weights: Array, row: int) -> int:
    """Place of the first variable that is no finite number, or of the weight if it is not positive, or -1."""
    for variable in range(values.shape[0]):
        if not np.isfinite(values[variable, row]):
            return variable
    if weights.size and not (weights[row] > 0.0 and np.isfinite(weights[row])):
        return values.shape[0]
    return -1


@njit(cache=True, nogil=True, fastmath=False)
def add_rows(
    keys: Numbers, values: Array, weights: Array, base: Numbers, factor: Numbers, lane: int, lanes: int,
    table: Numbers, bits: int, ids: Numbers, state: Array, faulty: NDArray[np.uint8], faults: Numbers,
    used: int,
) -> int:  # fmt: skip
    """Add the rows of the persons of one lane, in any order, to what is kept of each; return their number.

    `values` (n_variables, n_rows); `weights` (n_rows,) or empty; `base` and `factor` as for
    `center_products`. Of each person `state` (capacity, ...) keeps, one after the other: the number of rows,
    the sum of the weights and of their logarithms, the first value of each variable, and, of the products of
    deviations from these values, the weighted sums (k) and the weighted sums of products of two (upper
    triangle). `faulty` (capacity, n_variables + 1) marks, `faults` (n_variables + 1,) counts the rows that
    cannot be used, under their first fault.
    """
    n_variables, n_rows = values.shape
    k = base.size
    sums_from = 3 + n_variables
    pairs_from = sums_from + k
    right = np.zeros((k, BUFFER))
    left = np.zeros((k, BUFFER)) if weights.size else right
    here = 0
    while here < n_rows:
        key = keys[here]
        stop = here + 1
        while stop < n_rows and keys[stop] == key:
            stop += 1
        if lane_of(key, lanes) != lane:
            here = stop
            continue
        person = find(table, bits, ids, key, used)
        used = max(used, person + 1)
        own = state[person]
        while here < stop:
            size = 0
            while here < stop and size < BUFFER:
                fault = first_fault(values, weights, here)
                if fault >= 0:
                    faults[fault] += 1
                    faulty[person, fault] = 1
                    here += 1
                    continue
                weight = weights[here] if weights.size else 1.0
                if own[0] == 0.0:
                    for variable in range(n_variables):
                        own[3 + variable] = values[variable, here]
                own[0] += 1.0
                own[1] += weight
                own[2] += np.log(weight) if weights.size else 0.0
                for j in range(k):
                    if base[j] < 0:
                        right[j, size] = values[factor[j], here] - own[3 + factor[j]]
                    else:
                        right[j, size] = right[base[j], size] * right[factor[j], size]
                    if weights.size:
                        left[j, size] = right[j, size] * weight
                    own[sums_from + j] += right[j, size] * weight
                size += 1
                here += 1
            add_pairs(left, right, size, own[pairs_from:])
    return used
