"""An origin among the values of a model's columns, so that sums keep digits; sizes that squares allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.person_sums import PersonSums, over_people

Array = NDArray[np.float64]

FAR: Final = (
    1e-6  # share of a column's squares about its mean, below which sums about zero lose half their digits
)
BITS: Final = 24  # of a mean that serve as origin: however it was summed, the origin is the same
SMALLEST, LARGEST = 1e-140, 1e140  # mean squares between which products of two columns' scales stay numbers


@lru_cache(maxsize=32)
def _diagonal(m: int) -> NDArray[np.intp]:
    """Places of the squares in an upper triangle stored row after row."""
    return np.cumsum([0, *range(m, 1, -1)])


def totals(sums: PersonSums) -> tuple[Array, Array]:
    """Sum the products of the columns with the first, and their squares, over all rows; (m,) each."""
    m = len(sums.names) + 1
    with np.errstate(invalid="ignore", over="ignore"):
        flat = over_people(sums.products)
    return flat[:m], flat[_diagonal(m)]


def far_origin(first: Array, squares: Array) -> Array | None:
    """Origin (m,) of the columns [x, y] that lie far from zero for their spread; 0 for the others.

    From the `totals`. None where no column lies far. Column 0 must be the intercept, which stays.
    """
    if not (0 < first[0] < np.inf and squares.max() < first[0] * LARGEST):
        return None
    means = first / first[0]
    far = (squares - first * means < FAR * squares) & (squares > 0)
    far[0] = False
    if not far.any():
        return None
    mantissa, exponent = np.frexp(means)
    rounded: Array = np.ldexp(np.rint(np.ldexp(mantissa, BITS)), exponent - BITS)
    return np.where(far, rounded, 0.0)


def check_units(
    names: Sequence[str], squares: Array, n_rows: int, holds_values: Callable[[int], bool] = lambda _: False
) -> None:
    """Refuse columns whose values are too large or too small for sums of squares.

    `squares` (m,) sums the squares of the columns; `holds_values` says of a column whose squares come to
    nothing whether it has finite values other than zero.

    Raises
    ------
    ValueError
        Names the columns, no value.
    """
    if squares.min() > n_rows * SMALLEST and squares.max() < n_rows * LARGEST:
        return
    bad = ~((squares > n_rows * SMALLEST) & (squares < n_rows * LARGEST))
    named = [
        name
        for place, name in enumerate(names)
        if bad[place] and (0 < squares[place] < np.inf or holds_values(place))
    ]
    if named:
        raise ValueError(f"too large or too small to be squared, give it in another unit: {', '.join(named)}")
