"""One pass over rows sorted by person: means and centered cross-products by person."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.polynomials import Product
from models.within_person.design.rows import Rows
from models.within_person.engine import THREADS, Engine, choose

Array = NDArray[np.float64]
Places = NDArray[np.intp]

WORTH_COMPILING = 20_000_000  # rows, from which the compiled pass saves more than loading it costs
WORTH_THREADS = 50_000  # rows
CHUNK = 8_192  # rows at a time, so that they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make products one after the other.

    Product j multiplies product `base[j]` with product `factor[j]`, a variable, both made before; where
    `base[j]` is -1 it is variable `factor[j]` of `names` itself.
    """

    names: tuple[str, ...]
    base: Places
    factor: Places


def recipe(products: Sequence[Product]) -> Recipe:
    """Say how to make the products of a set of columns.

    Raises
    ------
    ValueError
        A product comes before its parts.
    """
    names = tuple(product[0] for product in products if len(product) == 1)
    base = np.full(len(products), -1, dtype=np.int64)
    factor = np.empty(len(products), dtype=np.int64)
    for place, product in enumerate(products):
        if len(product) == 1:
            factor[place] = names.index(product[0])
        else:
            base[place], factor[place] = products.index(product[:-1]), products.index(product[-1:])
            if max(base[place], factor[place]) > place:
                raise ValueError("columns must name a product after its parts")
    return Recipe(names, base, factor)


def sorted_pass(rows: Rows, products: Sequence[Product], engine: Engine) -> tuple[Array, Array]:
    """Mean (n_people, k) and comoment (n_people, k (k + 1) / 2), as `CrossProducts` keeps them.

    Each person's rows are met twice: for the means, then for the products of the deviations from them.
    """
    made = recipe(products)
    k = len(products)
    mean, comoment = np.empty((rows.n_people, k)), np.empty((rows.n_people, k * (k + 1) // 2))
    starts = np.searchsorted(rows.person, np.arange(rows.n_people + 1))
    if choose(engine, rows=rows.n_rows, worth_it=WORTH_COMPILING) == "compiled":
        _compiled(rows, made, starts, mean, comoment)
        return mean, comoment
    for people in _chunks(starts, 0, rows.n_people):
        part = slice(starts[people.start], starts[people.stop])
        values = np.stack([rows.columns[name][part] for name in made.names])
        weights = None if rows.weights is None else rows.weights[part]
        edges = starts[people.start : people.stop + 1] - part.start
        mean[people], comoment[people] = _plain(values, weights, edges, made)
    return mean, comoment


def _chunks(starts: Places, first: int, last: int) -> list[slice]:
    """Split the persons from first to last into some at a time, of about `CHUNK` rows together."""
    found = []
    while first < last:
        after = int(np.searchsorted(starts, starts[first] + CHUNK, side="right")) - 1
        after = min(max(after, first + 1), last)
        found.append(slice(first, after))
        first = after
    return found


def _plain(values: Array, weights: Array | None, edges: Places, made: Recipe) -> tuple[Array, Array]:
    """Means and comoments of the persons between whose `edges` the rows (n_variables, n_rows) lie."""
    starts, lengths = edges[:-1], np.diff(edges)
    total = lengths.astype(np.float64) if weights is None else np.add.reduceat(weights, starts)

    def averaged(columns: Array) -> Array:
        weighted = columns if weights is None else columns * weights
        means: Array = np.add.reduceat(weighted, starts, axis=1) / total
        return means

    level = averaged(values)
    level += averaged(values - np.repeat(level, lengths, axis=1))
    rest = values - np.repeat(level, lengths, axis=1)
    columns: list[Array] = []
    for base, factor in zip(made.base, made.factor, strict=True):
        columns.append(rest[factor] if base < 0 else columns[base] * columns[factor])
    deviations = np.stack(columns)
    mean = averaged(deviations)
    deviations -= np.repeat(mean, lengths, axis=1)
    left, right = np.triu_indices(made.base.size)
    weighted = deviations if weights is None else deviations * weights
    comoment = np.add.reduceat(weighted[left] * deviations[right], starts, axis=1)
    single = made.base < 0
    mean[single] = level[made.factor[single]]
    return mean.T, comoment.T


def _compiled(rows: Rows, made: Recipe, starts: Places, mean: Array, comoment: Array) -> None:
    from models.within_person.design.pass_kernels import center_products  # noqa: PLC0415  (loads the compiler)

    values = [rows.columns[name] for name in made.names]

    def pass_over(first: int, last: int) -> None:
        for people in _chunks(starts, first, last):
            part = slice(starts[people.start], starts[people.stop])
            block = np.stack([column[part] for column in values])
            weights = np.empty(0) if rows.weights is None else np.ascontiguousarray(rows.weights[part])
            edges = starts[people.start : people.stop + 1] - part.start
            center_products(block, weights, edges, made.base, made.factor, mean[people], comoment[people])

    if rows.n_rows < WORTH_THREADS:
        pass_over(0, rows.n_people)
        return
    cuts = np.searchsorted(starts, np.arange(1, THREADS) * rows.n_rows // THREADS)
    edges = [0, *(int(cut) for cut in cuts), rows.n_people]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(pass_over, edges[:-1], edges[1:]))
