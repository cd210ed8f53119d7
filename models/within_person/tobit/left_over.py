"""Whether predictors and person effects leave anything of the response: without it there is no maximum."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.tobit.scaled_rows import COLLINEAR, ScaledRows

Array = NDArray[np.float64]
NOTHING_LEFT: Final = "the predictors and the person effects leave no variation in the response"
LEAST_LEFT: Final = 1e-5  # residual sd, of the response's: its square still has digits in the sums of squares
FLAT: Final = 1e-6  # eigenvalue of a person's random columns, of their largest, that counts as variation
SOME: Final = 500  # persons who nearly always show that something is left


def nothing_left(data: ScaledRows) -> bool:
    """Whether least squares with effects of each person's own reproduces the uncensored rows of `data`.

    The likelihood then grows without end as the residual sd goes to zero. Regress y and the columns without a
    person effect on each person's random columns, then what is left of y on what is left of those columns
    (Frisch & Waugh 1933, Econometrica 1:387-401), by the cross-products of each person. Saturated rows, which
    any response would fit, leave nothing either and say nothing: the rows must be more than the effects.
    """
    total = float(data.gram[-1, -1]) / data.n_rows
    if (
        data.n_people > SOME
        and _left(data.products[:SOME], data.random)[0] > LEAST_LEFT**2 * total * data.n_rows
    ):
        return False  # all persons together leave no less than some of them
    left, used = _left(data.products, data.random)
    spare = int(data.n_uncensored.sum()) - used
    return spare > 0 and left <= LEAST_LEFT**2 * total * spare


def _left(products: Array, random: tuple[int, ...]) -> tuple[float, int]:
    """Sum of squares that the regression on columns and persons leaves, and how many effects it takes."""
    z = list(random)
    rest = [column for column in range(products.shape[1]) if column not in z]
    value, vector = np.linalg.eigh(products[:, z][:, :, z])
    counts = value > FLAT * np.maximum(value[:, -1:], np.finfo(float).tiny)
    along = vector.transpose(0, 2, 1) @ products[:, z][:, :, rest]
    share = np.where(counts, 1 / np.where(counts, value, 1.0), 0.0)
    explained = along.transpose(0, 2, 1) @ (share[:, :, None] * along)
    before = products[:, rest][:, :, rest].sum(axis=0)
    left, used = before - explained.sum(axis=0), int(counts.sum())
    for j in range(len(rest) - 1):
        if left[j, j] > COLLINEAR * max(before[j, j], np.finfo(float).tiny):
            used += 1
            left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / left[j, j]
    return float(left[-1, -1]), used
