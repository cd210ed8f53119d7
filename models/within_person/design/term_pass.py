"""One compiled pass over rows sorted by person that makes a design's terms and multiplies them on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.parts import each_part
from models.within_person.design.rows import Rows

Array = NDArray[np.float64]
Places = NDArray[np.intp]


def levels_of_people(rows: Rows, names: Sequence[str], edges: Places) -> Array:
    """Weighted mean of each variable over each person's rows; (n_people, n_variables)."""
    from models.within_person.design.pass_kernels import means_of_people  # noqa: PLC0415  (loads the compiler)

    mean = np.empty((rows.n_people, len(names)))

    def work(people: slice, values: Array, weights: Array, own: Places) -> None:
        means_of_people(values, weights, own, mean[people])

    each_part(rows, names, edges, work)
    return mean


def products_of_terms(
    rows: Rows, names: Sequence[str], edges: Places, *, column: Places, level: Array, ends: Places
) -> Array:
    """Products of all pairs of terms by person, (n_people, m (m + 1) / 2), as `sum_terms` describes them."""
    from models.within_person.design.pass_kernels import sum_terms  # noqa: PLC0415  (loads the compiler)

    products = np.empty((rows.n_people, ends.size * (ends.size + 1) // 2))

    def work(people: slice, values: Array, weights: Array, own: Places) -> None:
        sum_terms(values, weights, own, column, level[people], ends, products[people])

    each_part(rows, names, edges, work)
    return products
