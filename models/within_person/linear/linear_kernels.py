"""Compiled passes over persons; imported only where the compiled engine is chosen.

Persons go through WIDE at a time, side by side in the last axis, so that the inner loops become vector
instructions. In those loops multiplications may be fused with additions, and a sum over the persons of a
block be taken in the order that the vector registers have: the same in every run on one machine.
`likelihood` says what is computed.
"""
# ruff: noqa: PLR0912, PLR0917  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
WIDE = 128  # a multiple of eight; the more, the fewer sums over a register, until work rows leave the cache


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add(total: Array, t: int, by: float, x: Array, i: int) -> None:
    """Add by * x[i] to total[t]."""
    for lane in range(WIDE):
        total[t, lane] += by * x[i, lane]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _combine(to: Array, t: int, by: float, i: int, also: float, j: int, x: Array) -> None:
    """Write by * x[i] + also * x[j] to to[t]."""
    for lane in range(WIDE):
        to[t, lane] = by * x[i, lane] + also * x[j, lane]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_two(total: Array, t: int, by: float, i: int, also: float, j: int, x: Array) -> None:
    """Add by * x[i] + also * x[j] to total[t]."""
    for lane in range(WIDE):
        total[t, lane] += by * x[i, lane] + also * x[j, lane]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _subtract(total: Array, t: int, x: Array, i: int, y: Array, j: int) -> None:
    """Subtract x[i] * y[j] from total[t]."""
    for lane in range(WIDE):
        total[t, lane] -= x[i, lane] * y[j, lane]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _leave(to: Array, t: int, x: Array, half: Array, i: int, j: int, after: int) -> None:
    """Write to to[t] what half[i] * half[j], and the same `after` rows on unless that is 0, leave of x[t]."""
    if after:
        for lane in range(WIDE):
            taken = half[i, lane] * half[j, lane] + half[i + after, lane] * half[j + after, lane]
            to[t, lane] = x[t, lane] - taken
    else:
        for lane in range(WIDE):
            to[t, lane] = x[t, lane] - half[i, lane] * half[j, lane]


@njit(cache=True, nogil=True, fastmath=False)
def _multiply(total: Array, t: int, by: Array) -> None:
    """Multiply total[t] by by[0]."""
    for lane in range(WIDE):
        total[t, lane] *= by[0, lane]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _sum(x: Array) -> float:
    """Sum of one block's numbers (WIDE,)."""
    total = 0.0
    for lane in range(WIDE):
        total += x[lane]
    return total


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _add_pairs(left: Array, right: Array, total: Array) -> None:
    """Add to `total` the sums over a block of the products of all pairs of rows, upper triangle.

    `left` and `right` (n, WIDE) are the same rows, the first times the persons' copies. Four pairs go
    together: they load the row that they share once.
    """
    n = left.shape[0]
    place = 0
    for i in range(n):
        j = i
        while j + 4 <= n:
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for lane in range(WIDE):
                s0 += left[i, lane] * right[j, lane]
                s1 += left[i, lane] * right[j + 1, lane]
                s2 += left[i, lane] * right[j + 2, lane]
                s3 += left[i, lane] * right[j + 3, lane]
            total[place] += s0
            total[place + 1] += s1
            total[place + 2] += s2
            total[place + 3] += s3
            j += 4
            place += 4
        while j < n:
            s0 = 0.0
            for lane in range(WIDE):
                s0 += left[i, lane] * right[j, lane]
            total[place] += s0
            j += 1
            place += 1


@njit(cache=True, nogil=True, fastmath=False)
def pack(
    products: Array, starts: Numbers, source: Numbers, value: Array, first: int, last: int, packed: Array
) -> None:
    """Write the blocks first to last of `packed` (n_blocks, n_fields, WIDE) from `products` (n_people, n).

    Field f is the sum of value[e] times product source[e] over e from starts[f] to starts[f + 1], two of them
    at a time; lanes without a person get zeros.
    """
    n_people, n_products = products.shape
    raw = np.zeros((n_products, WIDE + 8))  # rows a power of two apart would push each other out of the cache
    for block in range(first, last):
        own = packed[block]
        for lane in range(WIDE):
            person = block * WIDE + lane
            for r in range(n_products):
                raw[r, lane] = products[person, r] if person < n_people else 0.0
        for field in range(own.shape[0]):
            e, end = starts[field], starts[field + 1]
            if e + 1 < end:
                _combine(own, field, value[e], source[e], value[e + 1], source[e + 1], raw)
                e += 2
            else:
                for lane in range(WIDE):
                    own[field, lane] = 0.0
            while e + 1 < end:
                _add_two(own, field, value[e], source[e], value[e + 1], source[e + 1], raw)
                e += 2
            if e < end:
                _add(own, field, value[e], raw, source[e])


@njit(cache=True, nogil=True, fastmath=False)
def _place(r: int, c: int, q: int, k: int) -> int:
    """Field that holds entry (r, c) of [A, B], (q, q + k), of which A is symmetric."""
    if c >= q:
        return q * (q + 1) // 2 + r * k + c - q
    low, high = min(r, c), max(r, c)
    return low * q - low * (low - 1) // 2 + high - low


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def _solve(
    own: Array, factor: Array, k: int, m: Array, half: Array, fields: Array, determinant: Array
) -> None:
    """Fill `half` with M^-1/2 L'[A, B], `fields` with Q and P, and `determinant` with |M|, of one block.

    `own` and `fields` (q (q + 1) / 2 + q k, WIDE); `half` (q (q + k), WIDE), row c of L'A before L'B;
    `m` (q q + 1, WIDE) is room to work in. Two terms are added up at a time where there are two: what costs
    is loading and storing.
    """
    q = factor.shape[0]
    wide = q + k
    for r in range(q):  # L'[A, B]
        below = min(r + 1, q - 1)
        also = factor[below, r] if below > r else 0.0
        for c in range(wide):
            row = r * wide + c
            _combine(half, row, factor[r, r], _place(r, c, q, k), also, _place(below, c, q, k), own)
            for further in range(r + 2, q):
                _add(half, row, factor[further, r], own, _place(further, c, q, k))
    for i in range(q):  # lower triangle of I + L'AL
        for j in range(i + 1):
            for lane in range(WIDE):
                m[i * q + j, lane] = 1.0 if i == j else 0.0
            for r in range(j, q):
                _add(m, i * q + j, factor[r, j], half, i * wide + r)
    for lane in range(WIDE):
        determinant[lane] = 1.0
    inverse = m[q * q :]
    for j in range(q):  # its Cholesky factor, and forward substitution
        for i in range(j):
            _subtract(m, j * q + j, m, j * q + i, m, j * q + i)
        for lane in range(WIDE):
            determinant[lane] *= m[j * q + j, lane]
            inverse[0, lane] = 1.0 / math.sqrt(m[j * q + j, lane])
        for c in range(wide):
            for i in range(j - 1):
                _subtract(half, j * wide + c, m, j * q + i, half, i * wide + c)
            if j:
                row, last, above = j * wide + c, j * q + j - 1, (j - 1) * wide + c
                for lane in range(WIDE):
                    rest = half[row, lane] - m[last, lane] * half[above, lane]
                    half[row, lane] = rest * inverse[0, lane]
            else:
                _multiply(half, c, inverse)
        for i in range(j + 1, q):
            for c in range(j):
                _subtract(m, i * q + j, m, i * q + c, m, j * q + c)
            _multiply(m, i * q + j, inverse)
    for r in range(q):  # Q = A - AL M^-1 L'A, P = B - AL M^-1 L'B
        for c in range(r, wide):
            place = _place(r, c, q, k)
            _leave(fields, place, own, half, r, c, wide if q > 1 else 0)
            for further in range(2, q):
                _subtract(fields, place, half, further * wide + r, half, further * wide + c)


@njit(cache=True, nogil=True, fastmath=False)
def add_people(
    packed: Array, copies: Array, factor: Array, k: int, first: int, last: int, out: Array
) -> None:
    """Add up the blocks first to last at the relative covariance factor @ factor.T, factor lower triangular.

    `copies` (n_blocks, WIDE), or without rows where every person counts once. `out` is one row of numbers:
    log|M|, sum Q, then the upper triangles of sum B'L M^-1 L'B, of sum Q Q' and of sum P P'.
    """
    q = factor.shape[0]
    n_a, n_p, wide = q * (q + 1) // 2, q * k, q + k
    weighted = copies.shape[0] > 0
    half, fields = np.empty((q * wide, WIDE)), np.empty((n_a + n_p, WIDE))
    half_times = np.empty((q * wide if weighted else 0, WIDE))
    times = np.empty((n_a + n_p if weighted else 0, WIDE))
    m, determinant = np.empty((q * q + 1, WIDE)), np.empty(WIDE)
    n_taken, n_qq = k * (k + 1) // 2, n_a * (n_a + 1) // 2
    taken = out[1 + n_a : 1 + n_a + n_taken]
    qq = out[1 + n_a + n_taken : 1 + n_a + n_taken + n_qq]
    pp = out[1 + n_a + n_taken + n_qq :]
    for block in range(first, last):
        _solve(packed[block], factor, k, m, half, fields, determinant)
        left, half_left = fields, half
        if weighted:
            left, half_left = times, half_times
            for field in range(n_a + n_p):
                for lane in range(WIDE):
                    times[field, lane] = fields[field, lane] * copies[block, lane]
            for row in range(q * wide):
                for lane in range(WIDE):
                    half_times[row, lane] = half[row, lane] * copies[block, lane]
            for lane in range(WIDE):
                out[0] += copies[block, lane] * math.log(determinant[lane])
        else:
            together = 1.0
            for lane in range(WIDE):  # few logarithms: they cost more than the rest of a person's likelihood
                together *= determinant[lane]
                if together > 1e100:
                    out[0] += math.log(together)
                    together = 1.0
            out[0] += math.log(together)
        for field in range(n_a):
            out[1 + field] += _sum(left[field])
        for c in range(q):
            own = slice(c * wide + q, c * wide + wide)
            _add_pairs(half_left[own], half[own], taken)
        _add_pairs(left[:n_a], fields[:n_a], qq)
        _add_pairs(left[n_a:], fields[n_a:], pp)
