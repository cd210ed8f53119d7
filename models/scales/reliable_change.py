"""Change beyond what an unreliable scale shows by itself, and limits of the share of people who have it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.inference.contrast import two_sided_critical
from models.refusal import NotIdentifiedError

ROUNDING: Final = 1e-15  # a variance that is zero but for the last digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of people, its standard error, limits and degrees of freedom (infinite: normal).

    `inflation` is the variance over that of as many independent people all of whom answered, not below 1.
    `std_error` is None where the answers have no variance to tell it from (a share of 0 or 1).
    """

    value: float
    std_error: float | None
    low: float
    high: float
    df: float
    inflation: float


def change_limit(sd: float, reliability: float, *, level: float = LEVEL) -> float:
    """Change of a score that error of measurement alone passes in 1 - `level` of people, in points.

    z sqrt(2) sd sqrt(1 - reliability): z times the standard error of the difference of two scores of a person
    who did not change (Jacobson & Truax 1991, J. Consulting and Clinical Psychology 59:12). Errors are taken
    to be normal, alike for everybody and not correlated over time; where `reliability` is alpha, too low for
    items that measure unequally well, the limit is somewhat too high. A change is reliable if it lies beyond.

    Parameters
    ----------
    sd : float
        Standard deviation of the score at the first time, points.
    reliability : float
        Of the score at the first time (alpha, omega), or test-retest.

    Raises
    ------
    NotIdentifiedError
        No spread of the score, or a reliability that does not lie between 0 and 1.
    """
    if not (math.isfinite(sd) and sd > 0.0):
        raise NotIdentifiedError("everybody has the same score at entry")
    if not 0.0 < reliability < 1.0:
        raise NotIdentifiedError("the scale's reliability does not lie between 0 and 1")
    return float(special.ndtri(0.5 + level / 2.0)) * sd * math.sqrt(2.0 * (1.0 - reliability))


def share_of(inference: Inference, contrast: Array, n_people: int, *, level: float = LEVEL) -> Share:
    """Limits of a share, by Wilson's score interval with the variance that programs and imputation leave.

    Wilson (1927, JASA 22:209) solves |Q - q| = z sqrt(q (1 - q) / n) for q; here z^2 = t^2 d, t the quantile
    of the inference's own degrees of freedom and d = T / (Q (1 - Q) / n) its variance over the binomial one,
    not below 1. For clusters this is Korn & Graubard's effective sample size (1998, Survey Methodology
    24:193), for imputed copies the interval of Lott & Reiter (2020, The American Statistician 74:109). A
    share of 0 or 1 has no variance to go by: d is then 1 and t normal, and no standard error is told.

    Parameters
    ----------
    inference : Inference
        Of shares, pooled over copies or not.
    contrast : array (p,)
        Picks the share.
    n_people : int
        People that the share is one of.

    Raises
    ------
    NotIdentifiedError
        Nobody, or a variance that is not a number.
    """
    if n_people < 1:
        raise NotIdentifiedError("a share of nobody has no value")
    value = min(max(float(contrast @ inference.beta), 0.0), 1.0)
    variance = float(contrast @ inference.covariance @ contrast)
    if not (math.isfinite(value) and math.isfinite(variance)):
        raise NotIdentifiedError("the share has no number")
    binomial = value * (1.0 - value) / n_people
    df, inflation = math.inf, 1.0
    if binomial > 0.0 and variance > 0.0:
        df = float(inference.df(contrast))
        if not df > 0.0:
            raise NotIdentifiedError("programs are too few for the limits of a share")
        inflation = max(variance / binomial, 1.0)
    z2 = two_sided_critical(1.0 - level, df) ** 2 * inflation / n_people
    center = (value + z2 / 2.0) / (1.0 + z2)
    half = math.sqrt(z2 * (binomial * n_people + z2 / 4.0)) / (1.0 + z2)
    return Share(
        value=value, std_error=math.sqrt(variance) if min(binomial * n_people, variance) > ROUNDING else None,
        low=max(0.0, center - half), high=min(1.0, center + half), df=df, inflation=inflation,
    )  # fmt: skip


def reliable(change: Array, limit: float) -> tuple[Array, Array]:
    """Who changed reliably for the better and for the worse: two columns (n,) of ones and zeros."""
    return np.asarray(change > limit, dtype=float), np.asarray(change < -limit, dtype=float)
