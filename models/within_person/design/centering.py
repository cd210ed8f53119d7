"""Person means, and the split of a daily measure into its within-person and between-person parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def person_means(values: Array, person: NDArray[np.intp], weights: Array | None = None) -> Array:
    """Mean by person, (n_people,), exact to the last digits of `values` however far they lie from zero.

    The first mean is corrected by the mean of what it leaves: a sum of values near 1e9 rounds at 1e-6,
    that of their deviations does not (Chan, Golub & LeVeque 1983, American Statistician 37:242).

    Parameters
    ----------
    values, weights : array, shape (n_rows,)
        Finite; weights positive, all 1 where None.
    person : array of int, shape (n_rows,)
        Person of each row, numbered 0 to n_people - 1, each number used; any order of rows.
    """
    if values.size == 0:
        return np.empty(0)
    total = np.bincount(person, weights)
    first = values if weights is None else values * weights
    means = np.bincount(person, first) / total
    rest = values - means[person]
    return means + np.bincount(person, rest if weights is None else rest * weights) / total


def about_mean(values: Array, weights: Array | None = None) -> tuple[Array, float]:
    """Values less their (weighted) mean, and that mean."""
    start = float(values[0])
    mean = start + float(np.average(values - start, weights=weights))
    return values - mean, mean


def between_part(means: Array, size: float) -> Array:
    """Person means less the mean of them all; zero where they differ by no more than rounding.

    `size` is the largest absolute value of the variable: means that are equal in truth differ by some of its
    last digits, and a predictor made of those would pass for one that varies.
    """
    apart = about_mean(means)[0]
    rounding = 8.0 * float(np.finfo(np.float64).eps) * size
    return np.zeros_like(apart) if float(np.abs(apart).max()) <= rounding else apart


def within_and_between(values: Array, person: NDArray[np.intp]) -> tuple[Array, Array]:
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
    means = person_means(values, person)
    return values - means[person], between_part(means, float(np.abs(values).max()))[person]
