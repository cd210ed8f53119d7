"""Compiled loops over persons for residuals that are correlated over days."""
# ruff: noqa: PLR0917, PLR0912  (compiled functions take arrays by position and are one set of loops)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

LANES = (
    8  # rows of a person are filled up with zeros to a multiple, so that sums over them go by whole vectors
)


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _add_up(white: Array, turned: Array, n: int, products: Array, slopes: Array) -> None:
    """Products of the columns `white` (m, n) and their slopes, over the rows; upper triangles.

    The order of the sums is left to the compiler: in vectors they take less than half the time.
    """
    m = white.shape[0]
    k = 0
    for i in range(m):
        for j in range(i, m):
            product, slope = 0.0, 0.0
            for row in range(n):
                product += white[i, row] * white[j, row]
                slope += white[i, row] * turned[j, row] + turned[i, row] * white[j, row]
            products[k] = product
            slopes[k] = slope
            k += 1


@njit(cache=True, nogil=True, fastmath=False)
def whitened_products(
    values: Array, first: Integers, gap: Integers, lag: Array, factor: Array, slope: Array,
    begin: int, end: int, products: Array, slopes: Array,
) -> None:  # fmt: skip
    """Products by person of (row - a before) c, c = (1 - a^2)^-1/2, and their slope in the correlation.

    d/da of a whitened row is (a row - before) c^3. Place 0 of `lag`, `factor` and `slope`, for a person's
    first row, holds 0, 1 and 0.
    """
    m = values.shape[1]
    longest = 0
    for person in range(begin, end):
        longest = max(longest, first[person + 1] - first[person])
    room = (longest + LANES - 1) // LANES * LANES
    white = np.zeros((m, room))
    turned = np.zeros((m, room))
    for person in range(begin, end):
        start = first[person]
        n = first[person + 1] - start
        for row in range(n):
            g = gap[start + row]
            a = lag[g]
            c = factor[g]
            c3 = c * c * c * slope[g]
            here = start + row
            there = here - 1 if g > 0 else here
            for j in range(m):
                now = values[here, j]
                before = values[there, j]
                white[j, row] = (now - a * before) * c
                turned[j, row] = (a * now - before) * c3
        filled = (n + LANES - 1) // LANES * LANES
        for j in range(m):
            for row in range(n, filled):
                white[j, row] = 0.0
                turned[j, row] = 0.0
        _add_up(white, turned, filled, products[person], slopes[person])


@njit(cache=True, nogil=True, fastmath=False)
def summed_slopes(
    products: Array, slopes: Array, factor: Array, random: Integers, begin: int, end: int, m: int
) -> Array:
    """Slope in the correlation of the persons' H = W' (I + Z D Z')^-1 W and of log |I + A D|, summed.

    `factor` (q, q) with D = factor factor'. Returns (m m + 1,): dH, row after row, then the logarithm's.
    """
    q = random.shape[0]
    at = np.empty((m, m), np.int64)
    k = 0
    for i in range(m):
        for j in range(i, m):
            at[i, j] = k
            at[j, i] = k
            k += 1
    out = np.zeros(m * m + 1)
    inner = np.empty((q, q))
    middle = np.empty((q, q))
    half = np.empty((q, q))
    part = np.empty((q, m))
    turned = np.empty((m, m))
    for person in range(begin, end):
        # inner = Cholesky factor of I + factor' A factor
        for i in range(q):
            for j in range(q):
                total = 0.0
                for k in range(q):
                    total += products[person, at[random[i], random[k]]] * factor[k, j]
                half[i, j] = total
        for i in range(q):
            for j in range(i + 1):
                total = 1.0 if i == j else 0.0
                for k in range(q):
                    total += factor[k, i] * half[k, j]
                for k in range(j):
                    total -= inner[i, k] * inner[j, k]
                inner[i, j] = np.sqrt(total) if i == j else total / inner[j, j]
        # half = inner^-1 factor', so that middle = half' half = D (I + A D)^-1
        for j in range(q):
            for i in range(q):
                total = factor[j, i]
                for k in range(i):
                    total -= inner[i, k] * half[k, j]
                half[i, j] = total / inner[i, i]
        for i in range(q):
            for j in range(q):
                total = 0.0
                for k in range(q):
                    total += half[k, i] * half[k, j]
                middle[i, j] = total
        for i in range(q):
            for j in range(q):
                out[m * m] += middle[i, j] * slopes[person, at[random[i], random[j]]]
            for b in range(m):
                total = 0.0
                for j in range(q):
                    total += middle[i, j] * products[person, at[random[j], b]]
                part[i, b] = total
        # dH = dS - dS E part - (dS E part)' + part' dA part, with turned = (dS E - part' dA / 2) part
        for a in range(m):
            for b in range(m):
                turned[a, b] = 0.0
        for i in range(q):
            for a in range(m):
                total = slopes[person, at[a, random[i]]]
                for j in range(q):
                    total -= 0.5 * part[j, a] * slopes[person, at[random[j], random[i]]]
                for b in range(m):
                    turned[a, b] += total * part[i, b]
        for a in range(m):
            for b in range(m):
                out[a * m + b] += slopes[person, at[a, b]] - turned[a, b] - turned[b, a]
    return out
