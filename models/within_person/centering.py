"""Split a daily measure into its within-person and between-person parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def within_and_between(
    values: NDArray[np.float64], person: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Deviation from the person's own mean, and that mean about the mean of the person means.

    Person means are taken over the rows given, that is, the rows used in the fit; otherwise the
    within part would not add to zero in each person and the two slopes would mix
    (Raudenbush & Bryk 2002, Hierarchical Linear Models, 2nd ed., ch. 5; Enders & Tofighi 2007,
    Psychological Methods 12:121). The grand mean weighs each person once.

    Parameters
    ----------
    values : array, shape (n_rows,)
        The daily measure, no missing values.
    person : array of int, shape (n_rows,)
        Person of each row, numbered 0 to n_people - 1, each number used; may be empty.

    Returns
    -------
    within, between : arrays, shape (n_rows,)
        In the units of `values`; between is constant within a person.
    """
    if values.size == 0:
        return values, values
    means = np.bincount(person, weights=values) / np.bincount(person)
    return values - means[person], (means - means.mean())[person]
