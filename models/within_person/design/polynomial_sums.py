"""Cross-products by person of terms that are polynomials in the variables, from the variables' own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, pairwise

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.polynomials import Polynomial, transform, triangle
from models.within_person.engine import THREADS, Engine, choose, share_out
from models.within_person.small_pages import room

Array = NDArray[np.float64]

WORTH_COMPILING = 1_000_000  # persons; below, numpy is done before the compiled loop is loaded or built
WORTH_THREADS = 10_000  # persons
IN_PERSON, NOTHING = -1, -2  # means that need no column: of a constant, 1, and of a deviation, 0


def sums_about(
    cross: CrossProducts, polynomials: Sequence[Polynomial], origin: Array, engine: Engine = "auto"
) -> Array:
    """Cross-products by person of the m polynomials less an origin (m,); (n_people, m (m + 1) / 2)."""
    size = len(polynomials)
    products = room((cross.n_people, size * (size + 1) // 2))
    if choose(engine, rows=cross.n_people, worth_it=WORTH_COMPILING) == "compiled":
        _compiled(cross, polynomials, origin, products)
    else:
        _plain(cross, polynomials, origin, products)
    return products


def _plain(cross: CrossProducts, polynomials: Sequence[Polynomial], origin: Array, products: Array) -> None:
    size = len(polynomials)
    for people, means, comoments in transform(
        cross.product_mean, cross.comoment, cross.products, polynomials
    ):
        away = means - origin[:, None]
        weighted = cross.weight[people] * away
        first = 0
        for row in range(size):  # of the upper triangle
            comoments[first : first + size - row] += weighted[row] * away[row:]
            first += size - row
        products[people] = comoments.T


def _compiled(
    cross: CrossProducts, polynomials: Sequence[Polynomial], origin: Array, products: Array
) -> None:
    from models.within_person.design.polynomial_kernels import sum_polynomials  # noqa: PLC0415  (compiler)

    known = {product: place for place, product in enumerate(cross.products)}
    parts = [(product, by) for polynomial in polynomials for product, by in polynomial.items()]
    ends = np.cumsum([len(polynomial) for polynomial in polynomials])
    column = [
        IN_PERSON if not product else NOTHING if len(product) == 1 else known[product] for product, _ in parts
    ]
    value = np.array([by if isinstance(by, float) else np.nan for _, by in parts])
    own = [None if isinstance(by, float) else np.ascontiguousarray(by, dtype=np.float64) for _, by in parts]
    addresses = [0 if by is None else by.ctypes.data for by in own]  # `own` lives until the work is done
    varying = [
        [place for place in range(start, stop) if parts[place][0]]
        for start, stop in pairwise([0, *ends.tolist()])
    ]
    places = triangle(len(known))
    pairs, pair_ends = [], []
    for first, second in combinations_with_replacement(varying, 2):
        pairs += [
            (left, right, places[known[parts[left][0]]][known[parts[right][0]]])
            for left in first
            for right in second
        ]
        pair_ends.append(len(pairs))
    whole = (
        np.ascontiguousarray(cross.mean), np.ascontiguousarray(cross.comoment),
        np.ascontiguousarray(cross.weight), ends, np.array(column), value, np.array(addresses),
        np.array(pair_ends), np.array(pairs, dtype=np.int64).reshape(-1, 3), origin,
    )  # fmt: skip
    threads = THREADS if cross.n_people >= WORTH_THREADS else 1
    edges = [cross.n_people * number // threads for number in range(threads + 1)]
    share_out(sum_polynomials, [(*whole, first, last, products) for first, last in pairwise(edges)])
