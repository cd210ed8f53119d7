"""What a hidden common cause of mediator and outcome would have to be like to explain an indirect effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.inference.contrast import Contrast
from models.mediation.weighted_fits import FARTHEST, STEPS, STILL
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
FLOOR: Final = 1e-12  # of a chance, so that its logarithm exists


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededConfounding:
    """How strong a hidden cause must be: `to_cancel` the effect, and `to_reach_zero` with the interval.

    Each is the strength of both its sides at once: the change of the outcome's chance that goes with it, and
    the difference of its share between the arms.
    """

    to_cancel: float
    to_reach_zero: float


def bias_of_indirect(on_outcome: float, difference_of_shares: float) -> float:
    """Bias of an indirect effect: the estimate less the truth.

    A hidden yes-or-no that the exposure does not change moves the chance of the outcome by `on_outcome`
    (alike in both arms and at all values of mediator and covariates), and its share among the exposed less
    that among the others, of people with the same mediator and covariates, is `difference_of_shares`. Then
    the direct effect is too large by their product and the indirect effect too small by it; the total is not
    touched (VanderWeele 2010, Epidemiology 21:540, with both terms constant).
    """
    return -on_outcome * difference_of_shares


def needed_confounding(effect: Contrast) -> NeededConfounding:
    """Least strength of a hidden cause that explains an indirect effect away, both sides equally strong.

    The product of the two sides must be the effect (`bias_of_indirect`), so that each is its square root; for
    the interval, the limit nearer to zero takes its place, and 0 where the interval holds zero already.
    """
    nearer = 0.0 if effect.low <= 0.0 <= effect.high else min(abs(effect.low), abs(effect.high))
    return NeededConfounding(to_cancel=math.sqrt(abs(effect.estimate)), to_reach_zero=math.sqrt(nearer))


def correlation_at_zero(
    exposed: Array, covariates: Array, mediator: Array, outcome: Array, weights: Array | None = None
) -> float:
    """Correlation of the errors of mediator and outcome at which the indirect effect is zero.

    Sensitivity parameter rho of Imai, Keele & Yamamoto (2010, Statistical Science 25:51, sec. 5; yes-or-no
    outcomes: Imai, Keele & Tingley 2010, Psychological Methods 15:309): m = a2 + b2 A + x'c2 + e2, and the
    outcome is yes where a3 + b3 A + g m + x'c3 + e3 > 0, e3 standard normal, no product of A and m. If e2 and
    e3 are taken as uncorrelated, g is the probit slope; with correlation rho the data give another g, zero at
    rho = g s / sqrt(1 + g^2 s^2), s the standard deviation of e2: the correlation that the errors of both
    regressions on A and x alone have. 0 says that the effect rests on nothing; nearer to -1 or 1 is sturdier.

    Parameters
    ----------
    exposed, mediator, outcome : arrays (n,)
        The outcome 0 or 1.
    covariates : array (n, q)
        Without a constant.
    weights : array (n,), optional

    Raises
    ------
    NotIdentifiedError
        A regression does not exist: separation, collinear columns, too few people.
    """
    w = np.ones(len(outcome)) if weights is None else weights
    x = np.column_stack([np.ones(len(outcome)), exposed, covariates])
    if np.count_nonzero(w) <= x.shape[1] + 1:
        raise NotIdentifiedError("there are no more people than coefficients")
    rest = mediator - x @ np.linalg.lstsq(x * np.sqrt(w)[:, None], mediator * np.sqrt(w), rcond=None)[0]
    spread = math.sqrt(float(w @ rest**2) / float(w.sum()))
    if not spread > 0.0:
        raise NotIdentifiedError("the mediator does not vary among people alike at entry")
    slope = _probit(np.column_stack([x, mediator / spread]), outcome, w)[-1]
    return float(slope / math.hypot(1.0, slope))


def _probit(x: Array, y: Array, weights: Array) -> Array:
    """Maximum likelihood of a probit regression by Fisher scoring with halved steps."""
    beta, value = np.zeros(x.shape[1]), -math.inf
    step = np.zeros_like(beta)
    for _ in range(2 * STEPS):
        trial = beta + step
        index = x @ trial
        reached = float(weights @ (y * special.log_ndtr(index) + (1.0 - y) * special.log_ndtr(-index)))
        if reached < value - 1e-10 * abs(value):
            step = step / 2.0
            continue
        beta, value = trial, max(value, reached)
        if np.max(np.abs(beta)) > FARTHEST:
            break
        density = np.exp(-0.5 * index**2) / math.sqrt(2.0 * math.pi)
        variance = np.maximum(special.ndtr(index) * special.ndtr(-index), FLOOR)
        information = x.T @ ((weights * density**2 / variance)[:, None] * x)
        score = x.T @ (weights * density * (y - special.ndtr(index)) / variance)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError as error:
            raise NotIdentifiedError("the columns of a regression cannot be told apart") from error
        if np.max(np.abs(step)) <= STILL:
            return np.asarray(beta + step)
    raise NotIdentifiedError("a probit regression has no maximum: someone's answer is predicted perfectly")
