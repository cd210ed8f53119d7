"""How strong a confounder that was not measured would have to be, to explain a difference away."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

PER_SD = 0.91  # log risk ratio of one standard deviation (Chinn 2000; VanderWeele & Ding 2017)


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """E-values of an estimate and of the limit of its interval nearer to no effect.

    The least risk ratio that a confounder must have both with the treatment and with the outcome, beyond
    what was adjusted for, to explain the `estimate` fully, or to move the interval to no effect (`limit`; 1
    where the interval already holds it). `risk_ratio` is the ratio they speak of. They say how much would be
    needed, not that such a confounder is or is not there.
    """

    estimate: float
    limit: float
    risk_ratio: float


def of_ratio(ratio: float) -> float:
    """Return the E-value of one risk ratio.

    RR + sqrt(RR (RR - 1)), of 1 / RR where RR is below 1 (VanderWeele & Ding 2017, Annals of Internal
    Medicine 167:268; Ding & VanderWeele 2016, Epidemiology 27:368).

    Raises
    ------
    NotIdentifiedError
        The ratio is not a positive number.
    """
    if not (ratio > 0.0 and math.isfinite(ratio)):
        raise NotIdentifiedError("an E-value needs a ratio above zero")
    above = max(ratio, 1.0 / ratio)
    return above + math.sqrt(above * (above - 1.0))


def of_risk_ratio(ratio: float, low: float, high: float) -> EValue:
    """Return the E-values of a risk ratio with its interval.

    Raises
    ------
    NotIdentifiedError
        A ratio is not positive, or the limits do not lie around the estimate.
    """
    if not low <= ratio <= high:
        raise NotIdentifiedError("an E-value needs an interval around the estimate")
    nearer = low if ratio >= 1.0 else high
    crosses = low <= 1.0 <= high
    return EValue(estimate=of_ratio(ratio), limit=1.0 if crosses else of_ratio(nearer), risk_ratio=ratio)


def of_odds_ratio(ratio: float, low: float, high: float, *, rare: bool) -> EValue:
    """Return the E-values of an odds ratio, which stands for a risk ratio.

    Where the outcome is `rare` (below about 15% by the end of follow-up) the odds ratio is nearly the
    risk ratio; else its square root is taken (VanderWeele & Ding 2017, Table 2; for risks between .2 and .8:
    VanderWeele 2017, Epidemiology 28:e58).
    """
    if min(ratio, low) <= 0.0:
        raise NotIdentifiedError("an E-value needs a ratio above zero")
    power = 1.0 if rare else 0.5
    return of_risk_ratio(ratio**power, low**power, high**power)


def of_mean_difference(difference: float, low: float, high: float, *, sd: float) -> EValue:
    """Return the E-values of a difference of means, `sd` the outcome's within arms.

    RR = exp(.91 d), d = difference / sd; the limits likewise, so that .91 times the interval's own critical
    value stands in place of the 1.78 = .91 * 1.96 of VanderWeele & Ding 2017 (Table 2). An approximation.
    """
    if not (sd > 0.0 and math.isfinite(sd)):
        raise NotIdentifiedError("a standardized difference needs a standard deviation above zero")
    ratio, below, above = (math.exp(PER_SD * value / sd) for value in (difference, low, high))
    return of_risk_ratio(ratio, below, above)


def of_risk_difference(risks: tuple[float, float], covariance: Array, critical: float) -> EValue:
    """Return the E-values of a difference of two risks, (treated, untreated).

    The difference is zero where the ratio is one, so the estimate's E-value is that of RR = treated /
    untreated. A confounder with bounding factor B explains the interval away where treated - B untreated
    (untreated - B treated where the difference is below zero) has a limit of zero: treated - B untreated =
    critical * sqrt(V11 - 2 B V12 + B^2 V22). B is Fieller's limit of the risk ratio (Fieller 1954), 1 exactly
    where the interval of the difference reaches zero (Ding & VanderWeele 2016, Epidemiology 27:368, section
    on the risk difference).

    Parameters
    ----------
    risks : (treated, untreated)
        Probabilities, adjusted.
    covariance : array (2, 2)
        Of the two risks.
    critical : float
        Of the interval of the difference: t or normal quantile, 0 or more.

    Raises
    ------
    NotIdentifiedError
        A risk outside 0 to 1; the smaller risk is 0, so that no ratio exists.
    """
    if not all(0.0 <= risk <= 1.0 for risk in risks):
        raise NotIdentifiedError("a risk lies between 0 and 1")
    if min(risks) <= 0.0:
        raise NotIdentifiedError("where one risk is zero there is no risk ratio")
    matrix = np.asarray(covariance, dtype=float)
    order = [0, 1] if risks[0] >= risks[1] else [1, 0]
    larger, smaller = (risks[j] for j in order)
    v = matrix[np.ix_(order, order)]
    ratio = larger / smaller
    # (larger - B smaller)^2 = c^2 (v00 - 2 B v01 + B^2 v11), the smaller root
    square = smaller**2 - critical**2 * v[1, 1]
    linear = larger * smaller - critical**2 * v[0, 1]
    fixed = larger**2 - critical**2 * v[0, 0]
    difference_is_clear = larger - smaller > critical * math.sqrt(
        max(float(v[0, 0] - 2.0 * v[0, 1] + v[1, 1]), 0.0)
    )
    limit = 1.0
    if difference_is_clear:
        root = math.sqrt(max(linear**2 - square * fixed, 0.0))
        limit = of_ratio(max(1.0, float(fixed / (linear + root))))
    return EValue(estimate=of_ratio(ratio), limit=limit, risk_ratio=risks[0] / risks[1])
