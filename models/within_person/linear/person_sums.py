"""Cross-products by person of a model's columns: all that a linear mixed model needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSums:
    """Weighted cross-products of the columns [x, y] by person.

    `products` (n_people, m (m + 1) / 2), m = p + 1: the upper triangle of [x, y]' W [x, y], row after row
    (0,0), (0,1), ... (0,m-1), (1,1), ...; y is the last column. `n_rows` (n_people,). `log_weights` is the
    sum of the logarithms of the weights over all rows (0 where unweighted). `names` (p,) and `random` as in
    `ModelRows`.
    """

    products: Array
    n_rows: NDArray[np.int64]
    names: tuple[str, ...]
    random: tuple[int, ...]
    log_weights: float = 0.0
