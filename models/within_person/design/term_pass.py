"""One compiled pass over rows sorted by person that makes a design's terms and multiplies them on the way.

What is constant within a person, a person mean as a factor, is taken out of the sums and multiplied in
afterwards, when the mean of all persons' means is known. So the rows are met once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.centering import between_part
from models.within_person.design.parts import each_part
from models.within_person.design.rows import Rows

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parts:
    """A term as the product of what varies by row and what is constant within a person.

    `by_row` names variables, each less a number, or less its person mean where that is None; `by_person`
    names variables, of which the person's mean counts, less the mean of all persons' means.
    """

    by_row: tuple[tuple[str, float | None], ...]
    by_person: tuple[str, ...]


def products_of_terms(rows: Rows, terms: Sequence[Parts], edges: Places) -> Array:
    """Sum the (weighted) products of all pairs of terms by person; (n_people, m (m + 1) / 2)."""
    from models.within_person.design.pass_kernels import sum_terms  # noqa: PLC0415  (loads the compiler)

    made = list(dict.fromkeys(term.by_row for term in terms))  # terms that differ by person alone are one
    factors = [factor for by_row in made for factor in by_row]
    between = [name for term in terms for name in term.by_person]
    centered = list(dict.fromkeys([*(name for name, minus in factors if minus is None), *between]))
    names = list(dict.fromkeys([*centered, *(name for name, _ in factors)]))
    column = _integers([names.index(name) for name, _ in factors])
    own_mean = _integers([centered.index(name) if minus is None else -1 for name, minus in factors])
    levels = np.array([minus or 0.0 for _, minus in factors])
    ends = _integers(accumulate(len(by_row) for by_row in made))
    source = _places(tuple(made.index(term.by_row) for term in terms), len(made))
    mean = np.empty((rows.n_people, len(centered)))
    products = np.empty((rows.n_people, source.size))

    def work(addresses: Places, first: int, last: int) -> None:
        sum_terms(addresses, edges, first, last, column, own_mean, levels, ends, source, mean, products)

    each_part(rows, names, edges, work)
    if between:
        parts = {name: _between(rows.columns[name], mean[:, centered.index(name)]) for name in between}
        _multiply_in(products, terms, parts)
    return products


@lru_cache(maxsize=32)
def _places(number: tuple[int, ...], size: int) -> Places:
    """Where products of all pairs of terms lie in the upper triangle of `size`, term j as `number[j]`."""
    pairs = [(min(a, b), max(a, b)) for place, a in enumerate(number) for b in number[place:]]
    return _integers(low * size - low * (low - 1) // 2 + high - low for low, high in pairs)


def _between(values: Array, mean: Array) -> Array:
    """Between-person part of a variable by person, from the persons' means."""
    return between_part(mean, max(float(values.max()), -float(values.min())))


def _multiply_in(products: Array, terms: Sequence[Parts], parts: Mapping[str, Array]) -> None:
    """Multiply the products of each pair of terms with what in either is constant within a person."""
    from models.within_person.design.pass_kernels import scale_products  # noqa: PLC0415  (loads the compiler)

    scaled = [j for j, term in enumerate(terms) if term.by_person]
    factors = np.empty((products.shape[0], len(scaled)))
    for place, j in enumerate(scaled):
        factors[:, place] = parts[terms[j].by_person[0]]
        for name in terms[j].by_person[1:]:
            factors[:, place] *= parts[name]
    places, which = _products_with(tuple(scaled), len(terms))
    scale_products(products, places, factors, which)


@lru_cache(maxsize=32)
def _products_with(scaled: tuple[int, ...], m: int) -> tuple[Places, Places]:
    """Places of products of m terms that have one of the scaled terms, and which; its square twice."""
    pairs = [(a, b) for a in range(m) for b in range(a, m)]
    found = [(place, scaled.index(j)) for place, pair in enumerate(pairs) for j in pair if j in scaled]
    return _integers(place for place, _ in found), _integers(which for _, which in found)


def _integers(numbers: Iterable[int]) -> Places:
    return np.array([*numbers], dtype=np.int64)
