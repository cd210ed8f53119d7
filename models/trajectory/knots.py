"""How many knots a spline of survey answers has, and where: Harrell's rule, and one for the first year."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]

# Harrell 2015 (Regression Modeling Strategies, 2nd ed., table 2.3): quantiles of the knots, by their number.
HARRELL: Final[dict[int, tuple[float, ...]]] = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.50, 0.6583, 0.8167, 0.975),
}
LARGE: Final = 100.0  # effective people from which five knots are used
MEDIUM: Final = 30.0  # effective people from which four are used, and the first year gets knots of its own
EARLY: Final = 1.0  # year
APART: Final = 4.0  # times as late as the last knot of the first year: is the next later, one lies between


def effective_people(weights: Array) -> float:
    """Kish's effective sample size (1965, Survey Sampling): (sum w)^2 / sum w^2; 0 for nobody."""
    largest = float(weights.max(initial=0.0))
    if not largest > 0.0:
        return 0.0
    shares = weights / largest
    return float(shares.sum()) ** 2 / float(shares @ shares)


def weighted_quantiles(values: Array, weights: Array, shares: tuple[float, ...]) -> Array:
    """Smallest values at which the weighted distribution function reaches each of `shares`.

    Parameters
    ----------
    values, weights : arrays (n,)
        Weights positive.
    shares : tuple of float
        Between 0 and 1.
    """
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order])
    places = np.searchsorted(upto, np.asarray(shares) * upto[-1] * (1 - 1e-12))
    return np.asarray(values[order][np.minimum(places, len(values) - 1)])


def usual_number(weights: Array) -> int:
    """Harrell's number of knots: five from 100 effective people on, four from 30 on, else three."""
    effective = effective_people(weights)
    return 5 if effective >= LARGE else 4 if effective >= MEDIUM else 3


def knot_shares(years: Array, weights: Array, *, more: int = 0, early: float = EARLY) -> tuple[float, ...]:
    """Shares of the weighted distribution at which the knots lie, with two in the first year where it can be.

    Harrell's number (`usual_number`, plus `more`) at Harrell's quantiles. A restricted cubic spline is a
    straight line before its first knot and one cubic from knot to knot: it can follow a dip within the first
    year only with knots there and soon after. Where fewer than two lie up to `early`, and at least 30
    effective people do, the knots there give way to Harrell's three for those people, and one more is set at
    the geometric mean of the last of these and the next, if that is more than four times as late. Shares
    whose knots would coincide count once.

    Parameters
    ----------
    years, weights : arrays (n,)
        Time of each person, and the person's positive weight.
    more : int
        Knots beyond Harrell's number (sensitivity).
    early : float
        End of the first year, in the units of `years`.

    Raises
    ------
    NotIdentifiedError
        Fewer than three different knots come of it.
    """
    if not len(years):
        raise NotIdentifiedError("nobody tells how long ago")
    number = min(max(usual_number(weights) + more, min(HARRELL)), max(HARRELL))
    shares = HARRELL[number]
    knots = weighted_quantiles(years, weights, shares)
    first = years <= early
    if len(np.unique(knots[knots <= early])) < 2 and effective_people(weights[first]) >= MEDIUM:
        shares = _early_shares(years, weights, early) + tuple(
            share for share, knot in zip(shares, knots, strict=True) if knot > early
        )
        knots = weighted_quantiles(years, weights, shares)
        if (after := knots[knots > early]).size and after[0] > APART * (last := knots[knots <= early][-1]):
            between = float(weights[years <= np.sqrt(last * after[0])].sum() / weights.sum())
            shares = tuple(sorted((*shares, between)))
            knots = weighted_quantiles(years, weights, shares)
    kept = np.unique(knots, return_index=True)[1]
    if len(kept) < 3:
        raise NotIdentifiedError("people's times take too few different values for a curve")
    return tuple(shares[i] for i in kept)


def _early_shares(years: Array, weights: Array, early: float) -> tuple[float, ...]:
    """Shares of everybody at which Harrell's three knots for the people up to `early` lie."""
    reached = float(weights[years <= early].sum() / weights.sum())
    return tuple(reached * share for share in HARRELL[3])


def place_knots(years: Array, weights: Array, *, more: int = 0, early: float = EARLY) -> Array:
    """Knots (k,) at the weighted quantiles that `knot_shares` names; increasing."""
    return weighted_quantiles(years, weights, knot_shares(years, weights, more=more, early=early))
