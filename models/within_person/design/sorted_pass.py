"""One pass over rows sorted by person: means and centered cross-products by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.parts import chunks, each_part, edges_of
from models.within_person.design.polynomials import Product
from models.within_person.design.rows import Rows
from models.within_person.engine import Engine, choose

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Numbers = NDArray[np.int64]

WORTH_COMPILING = 20_000_000  # rows, from which the compiled pass saves more than loading it costs


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
    starts = edges_of(rows)
    if choose(engine, rows=rows.n_rows, worth_it=WORTH_COMPILING) == "compiled":
        _compiled(rows, made, starts, mean, comoment)
        return mean, comoment
    for people in chunks(starts, 0, rows.n_people):
        part = slice(starts[people.start], starts[people.stop])
        values = np.stack([rows.columns[name][part] for name in made.names])
        weights = None if rows.weights is None else rows.weights[part]
        edges = starts[people.start : people.stop + 1] - part.start
        mean[people], comoment[people] = _plain(values, weights, edges, made)
    return mean, comoment


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


def _compiled(rows: Rows, made: Recipe, edges: Places, mean: Array, comoment: Array) -> None:
    from models.within_person.design.pass_kernels import center_products  # noqa: PLC0415  (loads the compiler)

    def work(addresses: Numbers, first: int, last: int) -> None:
        center_products(addresses, edges, first, last, made.base, made.factor, mean, comoment)

    each_part(rows, made.names, edges, work)
