"""One linear combination of a fit's coefficients, with its interval and test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

ROUNDING = 1e-12  # a variance this small beside the products it is summed from is rounding alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A combination `weights` (p,) of the coefficients: value, error, t (or normal) interval and test.

    `df` is infinity where the normal distribution serves; `p_value` is two-sided, against zero.
    """

    weights: Array
    estimate: float
    std_error: float
    df: float
    low: float
    high: float
    p_value: float


def weights_of(inference: Inference, terms: Mapping[str, float]) -> Array:
    """Weights (p,) of a combination given by coefficient names; coefficients not named get 0.

    Raises
    ------
    ValueError
        A name is not among the fit's coefficients, or a weight is not finite.
    """
    unknown = sorted(set(terms) - set(inference.names))
    if unknown:
        raise ValueError(f"not coefficients of this fit: {', '.join(unknown)}")
    weights = np.zeros(len(inference.names))
    for name, value in terms.items():
        weights[inference.names.index(name)] = value
    if not np.all(np.isfinite(weights)):
        raise ValueError("the weights of a contrast must be finite")
    return weights


def contrast_of(
    inference: Inference, terms: Mapping[str, float] | Array, *, level: float = LEVEL
) -> Contrast:
    """Estimate, interval and test of c'beta.

    Estimand: c'beta. Standard error sqrt(c'Vc): exact for a linear combination, so the delta method adds
    no approximation. Interval: estimate -+ t(df) * error, df by the fit's own rule for this very contrast,
    the normal quantile where df is infinite.

    Parameters
    ----------
    inference : Inference
        Coefficients, covariance and rule for df.
    terms : mapping of coefficient name to weight, or array of shape (p,)
        The contrast c.
    level : float
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    NotIdentifiedError
        The covariance or the df give no number for this contrast (a parameter at its boundary, no
        information).
    ValueError
        Unknown coefficient, wrong shape or level out of range.
    """
    if not 0.0 < level < 1.0:
        raise ValueError("the level of an interval lies between 0 and 1")
    weights = weights_of(inference, terms) if isinstance(terms, Mapping) else np.asarray(terms, dtype=float)
    if weights.shape != inference.beta.shape:
        raise ValueError("a contrast has one weight for each coefficient")
    used = weights != 0.0  # a coefficient left out may be undefined without harm
    if not used.any():
        raise ValueError("a contrast of no coefficient has no value")
    w, covariance = weights[used], inference.covariance[np.ix_(used, used)]
    estimate = float(w @ inference.beta[used])
    variance = float(w @ covariance @ w)
    sums = float((w**2) @ np.abs(np.diag(covariance)))
    if not (math.isfinite(estimate) and math.isfinite(variance)) or not variance > ROUNDING * sums:
        raise NotIdentifiedError("the fit gives this combination of coefficients no standard error")
    df = float(inference.df(weights))
    if not df > 0.0:
        raise NotIdentifiedError("the fit leaves this combination of coefficients no degrees of freedom")
    error = math.sqrt(variance)
    half = two_sided_critical(1.0 - level, df) * error
    return Contrast(
        weights=weights, estimate=estimate, std_error=error, df=df, low=estimate - half,
        high=estimate + half, p_value=two_sided_p(abs(estimate) / error, df),
    )  # fmt: skip


def two_sided_critical(alpha: float, df: float) -> float:
    """Value that |t| with `df` degrees of freedom exceeds with probability `alpha`."""
    lower = special.ndtri(alpha / 2.0) if math.isinf(df) else special.stdtrit(df, alpha / 2.0)
    return -float(lower)


def two_sided_p(size: float, df: float) -> float:
    """Probability that |t| with `df` degrees of freedom exceeds `size`."""
    return 2.0 * float(special.ndtr(-size) if math.isinf(df) else special.stdtr(df, -size))
