"""Percentile limits of bootstrap replicates, some of which may be infinite: "not reached" is a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.estimate import LEVEL
from models.inference.contrast import two_sided_critical

Array = NDArray[np.float64]
UNKNOWN_AT_MOST: Final = 0.05  # share of replicates without an answer, above which no limits are given
CENTRAL: Final = 0.95  # share of the replicates whose mean corrects a bias
SMALL_BIAS: Final = 0.25  # standard errors up to which a bias is corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSample:
    """How few people carry an answer: the degrees of freedom of its variance, and how much too small that is.

    `inflation` is the ratio of the standard error with leverage (HC2) to that without.
    """

    df: float
    inflation: float


NOT_SMALL: Final = SmallSample(df=math.inf, inflation=1.0)


def small_sample(pull: Array, residual: Array, leverage: Array) -> SmallSample:
    """Degrees of freedom and inflation of a linear answer sum a_i y_i.

    Its variance is estimated by sum a_i^2 e_i^2. For errors of one variance its degrees of freedom are, by
    Satterthwaite (1946, Biometrics Bulletin 2:110), (sum a^2)^2 / sum a^4: how many people carry the answer.
    The residuals are too small by sqrt(1 - h_i) (MacKinnon & White 1985, J Econometrics 29:305).

    Parameters
    ----------
    pull : array (n,)
        a_i: change of the answer for a unit more in a person's own.
    residual, leverage : arrays (n,)
        e_i, and h_i below 1.
    """
    squares = pull**2
    fourth = float(squares @ squares)
    variance = squares * residual**2
    plain = float(variance.sum())
    if not (fourth > 0.0 and plain > 0.0):
        return NOT_SMALL
    free = np.maximum(1.0 - leverage, 1e-3)
    return SmallSample(
        df=float(squares.sum()) ** 2 / fourth, inflation=math.sqrt(float((variance / free).sum()) / plain)
    )


def drawn_limits(drawn: Array, small: SmallSample, *, level: float = LEVEL) -> tuple[float, float] | None:
    """Lower and upper limit, either of which may be infinite; None where too many replicates have no answer.

    Percentiles of the replicates, expanded for small samples (Hesterberg 2015, American Statistician 69:371):
    the share cut off at each end is P(Z < -t(df) inflation) in place of (1 - level) / 2. Ordered values are
    taken without interpolation, so that infinity counts as larger than every number.

    Parameters
    ----------
    drawn : array (r,)
        Replicates; NaN where one has no answer, which counts on whichever side makes the interval wider.
    small : SmallSample
        Of the answer.
    level : float
        Coverage aimed at.
    """
    unknown = np.isnan(drawn)
    if unknown.mean() > UNKNOWN_AT_MOST:
        return None
    share = float(special.ndtr(-two_sided_critical(1.0 - level, small.df) * small.inflation))
    low = np.sort(np.where(unknown, -np.inf, drawn))
    high = np.sort(np.where(unknown, np.inf, drawn))
    r = len(drawn)
    return float(low[max(math.ceil(share * r) - 1, 0)]), float(
        high[min(math.floor((1.0 - share) * r), r - 1)]
    )


def corrected(found: float, drawn: Array) -> float:
    """Estimate less its bias, where that is small beside the error and can be told.

    The bias of a first crossing is the mean of the replicates less the estimate (Efron & Tibshirani 1993, An
    Introduction to the Bootstrap, ch. 10), here of the central 95% of them, for the mean of all is infinite
    as soon as one does not cross. A bias above a quarter of the standard error (that of a normal with this
    center) is not taken off: its own error is then large, and the correction can do more harm than the
    bias (the same, section 10.6). Nor is one that would lead out of the center, or one where a limit of the
    center or the estimate is infinite.
    """
    known = np.sort(drawn[~np.isnan(drawn)])
    cut = int((1.0 - CENTRAL) / 2.0 * len(known))
    center = known[cut : len(known) - cut]
    if not (len(center) and math.isfinite(found) and np.isfinite(center).all()):
        return found
    bias = float(center.mean()) - found
    error = float(center[-1] - center[0]) / (2.0 * two_sided_critical(1.0 - CENTRAL, math.inf))
    answer = found - bias
    small = abs(bias) <= SMALL_BIAS * error and float(center[0]) <= answer <= float(center[-1])
    return answer if small else found
