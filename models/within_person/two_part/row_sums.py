"""Sums of rows by person, as one sparse product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def by_person(values: Array, person: Index, n_people: int) -> sparse.csr_array:
    """Sum rows by person, each with the columns of `values` (n, m): (n_people * m, n), person by person."""
    n, m = values.shape
    count = np.bincount(person, minlength=n_people)
    first = np.concatenate([[0], np.cumsum(count)])
    starts = np.concatenate([[0], np.cumsum(np.repeat(count, m))])
    rows = np.arange(starts[-1]) - np.repeat(starts[:-1], np.repeat(count, m))
    rows += np.repeat(first[:-1], count * m)
    column = np.repeat(np.tile(np.arange(m), n_people), np.repeat(count, m))
    return sparse.csr_array((values[rows, column], rows, starts), shape=(n_people * m, n))
