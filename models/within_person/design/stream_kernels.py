"""Compiled loops of a pass over batches: rows added to their persons' sums, and the sums finished.

Columns come as addresses, so that any number of them is read where it lies, with one compiled signature.
Rows of a person mostly come in runs, which are taken column by column; a run with a row that cannot be used,
or with weights, is taken row by row.
"""
# ruff: noqa: PLR0912, PLR0915, PLR0917  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator,no-any-return,return-value"

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from models.within_person.compiling import njit
from models.within_person.design.address_kernels import at
from models.within_person.design.pass_kernels import BUFFER, add_pairs

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
NEIGHBORS = 4  # bits of an id below which persons share a thread: their rows mostly lie side by side


@njit(cache=True, nogil=True, fastmath=False)
def scatter(key: int, bits: int) -> int:
    """Place of a key in a table of 2^bits places (Knuth, The Art of Computer Programming 3, 6.4)."""
    return np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))


@njit(cache=True, nogil=True, fastmath=False)
def lane_of(key: int, lanes: int) -> int:
    """Which thread a key belongs to, by other bits than those of its place in a table."""
    block = np.uint64(key >> NEIGHBORS) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(block >> np.uint64(20) & np.uint64(0xFFFF)) % lanes


@njit(cache=True, nogil=True, fastmath=False)
def find(table: NDArray[np.int32], bits: int, ids: Numbers, key: int, used: int) -> int:
    """Return the number of the person with this id; `used`, once entered, where the id is new.

    `table` (2^bits,) holds numbers of persons, -1 where free; `ids` those persons' ids.
    """
    place = scatter(key, bits)
    while table[place] >= 0:
        if ids[table[place]] == key:
            return np.int64(table[place])
        place = (place + 1) & (table.size - 1)
    table[place] = used
    ids[used] = key
    return used


@njit(cache=True, nogil=True, fastmath=False)
def enter_all(table: NDArray[np.int32], bits: int, ids: Numbers, used: int) -> None:
    """Enter the first `used` ids into an empty table."""
    for person in range(used):
        place = scatter(ids[person], bits)
        while table[place] >= 0:
            place = (place + 1) & (table.size - 1)
        table[place] = person


@njit(cache=True, nogil=True, fastmath=False)
def deviations(column: Array, start: int, size: int, level: float, right: Array, j: int) -> float:
    """Write `size` values of a column less a level to row j of `right`, and return their sum.

    Eight at a time, spelled out: a loop over single values is no vector instruction below some 32 of them.
    Zeros follow, up to a multiple of eight.
    """
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = size // 8 * 8
    for row in range(0, whole, 8):
        here = start + row
        d0 = column[here] - level
        d1 = column[here + 1] - level
        d2 = column[here + 2] - level
        d3 = column[here + 3] - level
        d4 = column[here + 4] - level
        d5 = column[here + 5] - level
        d6 = column[here + 6] - level
        d7 = column[here + 7] - level
        right[j, row] = d0
        right[j, row + 1] = d1
        right[j, row + 2] = d2
        right[j, row + 3] = d3
        right[j, row + 4] = d4
        right[j, row + 5] = d5
        right[j, row + 6] = d6
        right[j, row + 7] = d7
        s0 += d0
        s1 += d1
        s2 += d2
        s3 += d3
        s4 += d4
        s5 += d5
        s6 += d6
        s7 += d7
    for row in range(whole, size):
        right[j, row] = column[start + row] - level
        s0 += right[j, row]
    for row in range(size, (size + 7) // 8 * 8):
        right[j, row] = 0.0
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@njit(cache=True, nogil=True, fastmath=False)
def multiplied(right: Array, a: int, b: int, j: int, size: int) -> float:
    """Write the products of rows a and b of `right`, zero after `size`, to row j; return their sum."""
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(0, size, 8):
        d0 = right[a, row] * right[b, row]
        d1 = right[a, row + 1] * right[b, row + 1]
        d2 = right[a, row + 2] * right[b, row + 2]
        d3 = right[a, row + 3] * right[b, row + 3]
        d4 = right[a, row + 4] * right[b, row + 4]
        d5 = right[a, row + 5] * right[b, row + 5]
        d6 = right[a, row + 6] * right[b, row + 6]
        d7 = right[a, row + 7] * right[b, row + 7]
        right[j, row] = d0
        right[j, row + 1] = d1
        right[j, row + 2] = d2
        right[j, row + 3] = d3
        right[j, row + 4] = d4
        right[j, row + 5] = d5
        right[j, row + 6] = d6
        right[j, row + 7] = d7
        s0 += d0
        s1 += d1
        s2 += d2
        s3 += d3
        s4 += d4
        s5 += d5
        s6 += d6
        s7 += d7
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@njit(cache=True, nogil=True, fastmath=False)
def add_run(
    addresses: Numbers, start: int, size: int, base: Numbers, factor: Numbers, state: Array, person: int,
    right: Array, total: Array,
) -> bool:  # fmt: skip
    """Add rows of one person without weights, at most `BUFFER`; False, and nothing added, if one is unusable.

    A value that is no finite number shows in the sum of its column: no sum with it is finite. Arrays are
    indexed whole: a view of a part is counted in and out, which costs more than the rows of a run.
    """
    n_variables, k = addresses.size - 2, base.size
    sums_from = 3 + n_variables
    fresh = state[person, 0] == 0.0
    for j in range(k):
        if base[j] < 0:
            column = carray(at(addresses[2 + factor[j]]), (start + size,), np.float64)
            level = column[start] if fresh else state[person, 3 + factor[j]]
            total[j] = deviations(column, start, size, level, right, j)
        else:
            total[j] = multiplied(right, base[j], factor[j], j, size)
        if not np.isfinite(total[j]):
            return False
    if fresh:
        for variable in range(n_variables):
            column = carray(at(addresses[2 + variable]), (start + 1,), np.float64)
            state[person, 3 + variable] = column[start]
    state[person, 0] += size
    state[person, 1] += size
    for j in range(k):
        state[person, sums_from + j] += total[j]
    total[:] = 0.0
    add_pairs(right, right, (size + 7) // 8 * 8, total)
    for place in range(total.size):
        state[person, sums_from + k + place] += total[place]
    return True


@njit(cache=True, nogil=True, fastmath=False)
def fault_of(addresses: Numbers, row: int) -> int:
    """Place of the first variable that is no finite number, or of the weight if it is not positive, or -1."""
    for variable in range(addresses.size - 2):
        if not np.isfinite(carray(at(addresses[2 + variable]), (row + 1,), np.float64)[row]):
            return variable
    if addresses[1]:
        weight = carray(at(addresses[1]), (row + 1,), np.float64)[row]
        if not (weight > 0.0 and np.isfinite(weight)):
            return addresses.size - 2
    return -1


@njit(cache=True, nogil=True, fastmath=False)
def add_one_by_one(
    addresses: Numbers, start: int, stop: int, base: Numbers, factor: Numbers, own: Array, left: Array,
    right: Array, faulty: NDArray[np.uint8], faults: Numbers,
) -> None:  # fmt: skip
    """Add the usable rows of one person, at most `BUFFER`, weighted or not; count the others by fault."""
    n_variables, k = addresses.size - 2, base.size
    size = 0
    for row in range(start, stop):
        fault = fault_of(addresses, row)
        if fault >= 0:
            faults[fault] += 1
            faulty[fault] = 1
            continue
        weight = carray(at(addresses[1]), (row + 1,), np.float64)[row] if addresses[1] else 1.0
        if own[0] == 0.0:
            for variable in range(n_variables):
                own[3 + variable] = carray(at(addresses[2 + variable]), (row + 1,), np.float64)[row]
        own[0] += 1.0
        own[1] += weight
        own[2] += np.log(weight)
        for j in range(k):
            if base[j] < 0:
                column = carray(at(addresses[2 + factor[j]]), (row + 1,), np.float64)
                right[j, size] = column[row] - own[3 + factor[j]]
            else:
                right[j, size] = right[base[j], size] * right[factor[j], size]
            left[j, size] = right[j, size] * weight
            own[3 + n_variables + j] += left[j, size]
        size += 1
    add_pairs(left, right, size, own[3 + n_variables + k :])


@njit(cache=True, nogil=True, fastmath=False)
def add_rows(
    addresses: Numbers, start: int, n_rows: int, base: Numbers, factor: Numbers, lane: int, lanes: int,
    table: NDArray[np.int32], bits: int, ids: Numbers, blocks: Numbers, shift: int,
    faulty: NDArray[np.uint8], faults: Numbers, used: int,
) -> tuple[int, int]:  # fmt: skip
    """Add the rows of the persons of one lane, in any order, to what is kept of each.

    `addresses` (2 + n_variables,) are those of the keys (int64), of the weights (0 where all are 1) and of
    the variables (float64), each (n_rows,). Product j multiplies product `base[j]` < j with product
    `factor[j]` < j, a variable; where `base[j]` is -1 it is variable `factor[j]` itself. Of each person
    are kept, one after the other: the number of rows, the sum of the weights and of their logarithms, the
    first value of each variable, and, of the products of deviations from these values, the weighted sums (k)
    and the weighted sums of products of two (upper triangle). `blocks` are the addresses of such rows of
    2^shift persons each. `faulty` (capacity, n_variables + 1) marks, `faults` (n_variables + 1,) counts the
    rows that cannot be used, under their first fault.

    Returns the number of persons and the row to go on from: `n_rows`, or less where there is no room for a
    person more.
    """
    k = base.size
    keys = carray(at(addresses[0]), (n_rows,), np.int64)
    right = np.zeros((k, BUFFER))
    left = np.zeros((k, BUFFER))
    total = np.zeros(k * (k + 1) // 2)
    width = 3 + addresses.size - 2 + k + total.size
    room = min(ids.size, blocks.size << shift)
    here = start
    while here < n_rows:
        key = keys[here]
        stop = here + 1
        while stop < n_rows and keys[stop] == key:
            stop += 1
        if lane_of(key, lanes) != lane:
            here = stop
            continue
        if used == room:
            return used, here
        person = find(table, bits, ids, key, used)
        used = max(used, person + 1)
        state = carray(at(blocks[person >> shift]), (1 << shift, width), np.float64)
        own = person & ((1 << shift) - 1)
        while here < stop:
            after = min(here + BUFFER, stop)
            if addresses[1] or not add_run(
                addresses, here, after - here, base, factor, state, own, right, total
            ):
                add_one_by_one(
                    addresses, here, after, base, factor, state[own], left, right, faulty[person], faults
                )
            here = after
    return used, here


@njit(cache=True, nogil=True, fastmath=False)
def finish(
    state: Array, places: Numbers, base: Numbers, factor: Numbers, times: Numbers, counts: Numbers,
    weights: Array, mean: Array, comoment: Array,
) -> None:  # fmt: skip
    """Write what `add_rows` keeps of persons as `CrossProducts` keeps it: what `about_own_means` gives.

    Person i goes to place `places[i]`, or nowhere where that is negative, of `counts` (n_people,), `weights`
    (2, n_people; the sum, and that of the logarithms), `mean` (n_people, k) and `comoment` (n_people,
    k (k + 1) / 2). `times[a, b]` is the place of the product of product a and the variable that product b is,
    or -1. A product of deviations from the person's means is a sum of products of deviations from the first
    values: `share[j]` holds the coefficients, that of 1 last, and `half[j]` its comoments with these.
    """
    k = base.size
    n_variables = 0
    for j in range(k):
        n_variables += base[j] < 0
    sums_from = 3 + n_variables
    about = np.zeros((k, k))
    middle = np.zeros(k)
    share = np.zeros((k, k + 1))
    half = np.zeros((k, k))
    for i in range(state.shape[0]):
        to = places[i]
        if to < 0:
            continue
        weight = state[i, 1]
        counts[to] = np.int64(state[i, 0])
        weights[0, to] = weight
        weights[1, to] = state[i, 2]
        for j in range(k):
            middle[j] = state[i, sums_from + j] / weight
        place = sums_from + k
        for a in range(k):
            for b in range(a, k):
                about[a, b] = state[i, place] - weight * middle[a] * middle[b]
                about[b, a] = about[a, b]
                place += 1
            if about[a, a] < 0.0:  # noqa: PLR1730  (rounding below a sum of squares; no number stays none)
                about[a, a] = 0.0
        for j in range(k):
            if base[j] < 0:
                share[j, j] = 1.0
                share[j, k] = -middle[j]
                mean[to, j] = state[i, 3 + factor[j]] + middle[j]
                continue
            before, by = base[j], factor[j]
            for a in range(k):
                share[j, a] = 0.0
            share[j, by] = share[before, k]
            share[j, k] = -share[before, k] * middle[by]
            for a in range(k):
                if share[before, a] != 0.0:
                    share[j, times[a, by]] += share[before, a]
                    share[j, a] -= share[before, a] * middle[by]
            mean[to, j] = share[j, k]
            for b in range(k):
                half[j, b] = 0.0
            for a in range(k):
                if share[j, a] != 0.0:
                    mean[to, j] += share[j, a] * middle[a]
                    for b in range(k):
                        half[j, b] += share[j, a] * about[a, b]
        place = 0
        for a in range(k):
            for b in range(a, k):
                if base[a] < 0 and base[b] < 0:
                    comoment[to, place] = about[a, b]
                elif base[b] < 0:
                    comoment[to, place] = half[a, b]
                elif base[a] < 0:
                    comoment[to, place] = half[b, a]
                else:
                    total = 0.0
                    for c in range(k):
                        if share[b, c] != 0.0:
                            total += share[b, c] * half[a, c]
                    comoment[to, place] = total
                place += 1
