"""Cross-products by person of a model's columns: all that a linear mixed model needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PIECE = 9_000  # numbers that BLAS adds up without waking threads of its own, which get in the way of ours


def over_people(products: Array) -> Array:
    """Sum over the persons of `products` (n_people, n); (n,)."""
    n_people, n = products.shape
    step = max(PIECE // n, 1)
    ones, total = np.ones(step), np.zeros(n)
    for first in range(0, n_people, step):
        part = products[first : first + step]
        total += ones[: part.shape[0]] @ part
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSums:
    """Weighted cross-products of the columns [x, y] by person.

    `products` (n_people, m (m + 1) / 2), m = p + 1: the upper triangle of [x, y]' W [x, y], row after row
    (0,0), (0,1), ... (0,m-1), (1,1), ...; y is the last column. `n_rows` (n_people,). `log_weights` is the
    sum of the logarithms of the weights over all rows (0 where unweighted). `names` (p,) and `random` as in
    `ModelRows`. Where `origin` (m,) is given, the products are of [x, y] less the origin, whose first entry,
    of the intercept, is 0; `names`, fits and all that follows them speak of the columns as they were.
    """

    products: Array
    n_rows: NDArray[np.int64]
    names: tuple[str, ...]
    random: tuple[int, ...]
    log_weights: float = 0.0
    origin: Array | None = None

    def about_zero(self) -> PersonSums:
        """Products of the columns as they are, whatever digits that costs."""
        if self.origin is None:
            return self
        m = len(self.names) + 1
        left, right = np.triu_indices(m)
        level = np.outer(self.products[:, 0], self.origin)
        ones = self.products[:, :m] + level  # sums of weight times column
        moved = self.products + self.origin[left] * ones[:, right] + ones[:, left] * self.origin[right]
        moved -= self.products[:, :1] * (self.origin[left] * self.origin[right])
        return replace(self, products=moved, origin=None)
