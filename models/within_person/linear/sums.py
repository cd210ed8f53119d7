"""Cross-products by person straight from the rows of one model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import THREADS, Engine, choose, share_out
from models.within_person.linear.origin import check_units, far_origin, totals
from models.within_person.linear.person_sums import PersonSums

Array = NDArray[np.float64]

WORTH_COMPILING = 20_000_000  # rows, from which the compiled pass saves more than loading it costs
WORTH_THREADS = 50_000  # rows
CHUNK = 4_096  # rows at a time, so that their products stay in the processor's cache


def person_sums(rows: ModelRows, engine: Engine = "auto") -> PersonSums:
    """Weighted cross-products of the columns [x, y] by person.

    A column whose values lie far from zero compared with their spread would lose that many digits, squared:
    where the model has an intercept, the products of such a column, the response too, are about an origin
    among its values (`PersonSums.origin`).

    Raises
    ------
    ValueError
        A weight is not a positive number (their count is given), or a column's values are too large or too
        small to be squared.
    """
    if rows.weights is not None:
        bad = int(np.count_nonzero(~((rows.weights > 0) & np.isfinite(rows.weights))))
        if bad:
            raise ValueError(f"{bad} rows hold a weight that is not a positive number")
    with np.errstate(invalid="ignore", over="ignore"):  # refused by name, here or in `fit`
        sums = _summed(rows, engine)
        if not rows.y.size:
            return sums
        first, squares = totals(sums)
        _refuse_units(squares, rows)
        origin = far_origin(first, squares)
        if origin is None or not bool(np.all(rows.x[:, 0] == 1.0)):
            return sums
        moved = replace(rows, x=rows.x - origin[:-1], y=rows.y - origin[-1])
        return replace(_summed(moved, engine), origin=origin)


def _refuse_units(squares: Array, rows: ModelRows) -> None:
    """Tell values that cannot be squared from values that are missing, infinite or all zero."""

    def holds_values(place: int) -> bool:
        values = rows.y if place == len(rows.names) else rows.x[:, place]
        return bool(values.any() and np.isfinite(values).all())

    check_units((*rows.names, "the response"), squares, rows.y.size, holds_values)


def _summed(rows: ModelRows, engine: Engine) -> PersonSums:
    """Cross-products of the columns as they are."""
    n_people, m = rows.n_people, rows.x.shape[1] + 1
    if choose(engine, rows=rows.y.size, worth_it=WORTH_COMPILING) == "compiled":
        products = np.empty((n_people, m * (m + 1) // 2))
        n_rows = np.empty(n_people, dtype=np.int64)
        _compiled(rows, products, n_rows)
    else:
        products, n_rows = _by_slices(rows, n_people)
    return PersonSums(
        products=products, n_rows=n_rows, names=rows.names, random=rows.random,
        log_weights=0.0 if rows.weights is None else float(np.log(rows.weights).sum()),
    )  # fmt: skip


def _compiled(rows: ModelRows, products: Array, n_rows: NDArray[np.int64]) -> None:
    from models.within_person.design.pass_kernels import sum_products  # noqa: PLC0415  (loads the compiler)

    x, y = np.ascontiguousarray(rows.x), np.ascontiguousarray(rows.y)
    weights = np.empty(0) if rows.weights is None else np.ascontiguousarray(rows.weights)
    size = y.size
    if size < WORTH_THREADS:
        sum_products(x, y, weights, rows.person, 0, size, products, n_rows)
        return
    middle = rows.person[np.arange(1, THREADS) * size // THREADS]
    edges = [0, *(int(edge) for edge in np.searchsorted(rows.person, middle)), size]
    calls = [(x, y, weights, rows.person, start, stop, products, n_rows) for start, stop in pairwise(edges)]
    share_out(sum_products, calls)


def _by_slices(rows: ModelRows, n_people: int) -> tuple[Array, NDArray[np.int64]]:
    """Multiply all pairs of columns and sum over each person's run of rows, some persons at a time."""
    starts = np.searchsorted(rows.person, np.arange(n_people))
    ends = np.append(starts[1:], rows.y.size)
    m = rows.x.shape[1] + 1
    left, right = np.triu_indices(m)
    products = np.empty((n_people, left.size))
    person = 0
    while person < n_people:
        after = max(int(np.searchsorted(ends, starts[person] + CHUNK, side="right")), person + 1)
        part = slice(starts[person], ends[after - 1])
        columns = np.concatenate([rows.x[part].T, rows.y[None, part]])
        weighted = columns if rows.weights is None else columns * rows.weights[part]
        pairs = weighted[left] * columns[right]
        products[person:after] = np.add.reduceat(pairs, starts[person:after] - starts[person], axis=1).T
        person = after
    return products, ends - starts
