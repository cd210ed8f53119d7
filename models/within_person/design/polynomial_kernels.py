"""Compiled sums of products of polynomials, from those of what they are made of."""
# ruff: noqa: PLR0917  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit
from models.within_person.design.address_kernels import part_of

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]


@njit(cache=True, nogil=True, fastmath=False)
def sum_polynomials(
    mean: Array, comoment: Array, weight: Array, ends: Numbers, column: Numbers, value: Array,
    addresses: Numbers, pair_ends: Numbers, pairs: Numbers, origin: Array, start: int, stop: int,
    products: Array,
) -> None:  # fmt: skip
    """Write the sums of products of all pairs of m polynomials less an origin (m,), of persons start to stop.

    `mean` (n_people, k), `comoment` (n_people, k (k + 1) / 2) and `weight` (n_people,) as `CrossProducts` has
    them. A polynomial has the parts up to `ends` of it, from where the one before ended. Part e has the
    coefficient value[e] or, where addresses[e] is not 0, that of each person in the column there; it
    multiplies column[e] of `mean`, or where that is -1 a mean of 1, or where it is -2 of 0. Pair t of
    polynomials adds the comoments pairs[s, 2] times the coefficients of parts pairs[s, 0] and pairs[s, 1], s
    up to pair_ends[t]. `products` (n_people, m (m + 1) / 2) takes the upper triangle, row after row.
    """
    m = ends.size
    by = value.copy()
    away = np.empty(m)
    for i in range(start, stop):
        part = 0
        for p in range(m):
            away[p] = -origin[p]
            while part < ends[p]:
                if addresses[part]:
                    by[part] = part_of(addresses[part], i, 1)[0]
                if column[part] >= 0:
                    away[p] += by[part] * mean[i, column[part]]
                elif column[part] == -1:
                    away[p] += by[part]
                part += 1
        t, s = 0, 0
        for p in range(m):
            weighted = weight[i] * away[p]
            for r in range(p, m):
                total = weighted * away[r]
                while s < pair_ends[t]:
                    total += by[pairs[s, 0]] * by[pairs[s, 1]] * comoment[i, pairs[s, 2]]
                    s += 1
                products[i, t] = total
                t += 1
