"""Local regression with survey weights: a second opinion on a curve, without knots."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SPAN: Final = 0.5  # share of the people in each neighborhood
DEGREE: Final = 2


def local_regression(
    x: Array, y: Array, weights: Array, at: Array, *, span: float = SPAN, degree: int = DEGREE
) -> Array:
    """Height at each place of a polynomial fitted to the people nearest to it.

    Estimand: the mean of y at each place. At a place a, the floor(span n) people nearest count, with the
    product of their survey weight and the tricube (1 - (|x - a| / h)^3)^3, h being the distance of the
    farthest of them; the fitted polynomial's height at a is the answer (Cleveland & Devlin 1988, JASA
    83:596). The same as R's loess with weights, family gaussian and surface direct.

    Parameters
    ----------
    x, y, weights : arrays (n,)
        Finite, weights positive.
    at : array (m,)
        Places.
    span : float
        Above 0, at most 1.
    degree : int
        1 or 2.

    Returns
    -------
    array (m,)
        NaN where the people near a place have too few different x for the polynomial.

    Raises
    ------
    ValueError
        Span or degree out of range.
    """
    if not 0.0 < span <= 1.0 or degree not in (1, 2):
        raise ValueError("local regression takes a span above 0 and up to 1, and degree 1 or 2")
    n = len(x)
    near = int(np.floor(span * n + 1e-5))
    answer = np.full(len(at), np.nan)
    if near <= degree:
        return answer
    order = np.argsort(x, kind="stable")
    x, y, weights = x[order], y[order], weights[order]
    # the window moves right while the person beyond its right end is nearer than the one at its left end
    begins = np.searchsorted(x[: n - near] + x[near:], 2.0 * at, side="left")
    for j, (place, begin) in enumerate(zip(at, begins, strict=True)):
        window = slice(begin, begin + near)
        answer[j] = _height(x[window] - place, y[window], weights[window], degree)
    return answer


def _height(distance: Array, y: Array, weights: Array, degree: int) -> float:
    """Weighted polynomial's height at distance 0."""
    reach = float(np.abs(distance).max())
    if not reach > 0.0:
        return float("nan")
    share = distance / reach
    kernel = (1.0 - np.abs(share) ** 3) ** 3 * weights
    counted = kernel > 0.0
    if np.count_nonzero(np.diff(share[counted])) < degree:
        return float("nan")
    root = np.sqrt(kernel[counted])
    design = np.vander(share[counted], degree + 1, increasing=True) * root[:, None]
    return float(np.linalg.lstsq(design, root * y[counted], rcond=None)[0][0])
