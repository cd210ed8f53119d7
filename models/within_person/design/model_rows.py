"""The rows of one model: response, predictors and person, ready for any of the fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRows:
    """Response, predictors and person of each row used, sorted by person and day.

    `y` (n_rows,); `x` (n_rows, p), C order, column 0 the intercept; `names` (p,) names the columns;
    `random` picks the columns of `x` that have a person effect, 0 (the intercept) first; `person` (n_rows,)
    numbered 0 to n_people - 1 in ascending order, each number used; `day` (n_rows,) rises strictly within a
    person; `weights` (n_rows,), positive, for a residual variance of sigma^2 / weight.
    """

    y: Array
    x: Array
    names: tuple[str, ...]
    random: tuple[int, ...]
    person: NDArray[np.intp]
    day: Array | None = None
    weights: Array | None = None

    @property
    def n_people(self) -> int:
        """Number of persons."""
        return int(self.person[-1]) + 1 if self.person.size else 0
