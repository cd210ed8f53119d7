"""What a linear fit predicts, for people on the whole and for the very people it saw."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.after.person_effects import PersonEffects
from models.within_person.linear.linear_fit import LinearFit


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Predicted values with errors and intervals, each (n,). Not shown when printed: may be of persons."""

    estimate: Array = field(repr=False)
    std_error: Array = field(repr=False)
    low: Array = field(repr=False)
    high: Array = field(repr=False)


def expected(inference: Inference, x: Array, *, level: float = LEVEL) -> Predictions:
    """Predict the mean at the rows of `x`, without person effects: the points of a curve.

    Estimand: x'beta, the mean over people (of the linear model; elsewhere on the scale of the linear
    predictor). Error sqrt(x'Vx), interval by t with each point's own df.

    Parameters
    ----------
    inference : Inference
        A fit.
    x : array, shape (n, p)
        Design rows, intercept included.
    level : float
        Coverage of each interval.

    Raises
    ------
    NotIdentifiedError
        As `contrast_of`.
    """
    points = [contrast_of(inference, row, level=level) for row in np.atleast_2d(x)]
    return Predictions(
        estimate=np.array([point.estimate for point in points]),
        std_error=np.array([point.std_error for point in points]),
        low=np.array([point.low for point in points]),
        high=np.array([point.high for point in points]),
    )


def fixed_part(fit: LinearFit, x: Array) -> Array:
    """X beta of many rows, (n,)."""
    values: Array = x @ fit.beta
    return values


def with_person_effects(fit: LinearFit, x: Array, person: NDArray[np.intp], effects: PersonEffects) -> Array:
    """X beta + Z b of rows of people whom the fit saw, (n,); a person's own values, for inside use only."""
    z = x[:, list(fit.random)]
    values: Array = x @ fit.beta + np.einsum("nq,nq->n", z, effects.effects[person])
    return values


def own_expectation(
    fit: LinearFit,
    x: Array,
    person: NDArray[np.intp],
    effects: PersonEffects,
    *,
    level: float = LEVEL,
) -> Predictions:
    """Predict the mean of given people on given days, with errors; inside use only.

    Estimand: x'beta + z'b_i. Prediction error variance (x - G'z)' V (x - G'z) + z' C z, G the gain and C the
    conditional covariance of the effects: Henderson's mixed-model equations (Henderson 1975, Biometrics
    31:423; McLean, Sanders & Stroup 1991, Am Stat 45:54), at the estimated variances, whose own
    uncertainty is not added; normal interval.

    Raises
    ------
    NotIdentifiedError
        An error is not a number.
    """
    z = x[:, list(fit.random)]
    moved = x - np.einsum("nq,nqp->np", z, effects.gain[person])
    variance = np.einsum("np,pr,nr->n", moved, fit.covariance, moved)
    variance += np.einsum("nq,nqr,nr->n", z, effects.covariance[person], z)
    if not np.all(np.isfinite(variance)) or np.any(variance < 0.0):
        raise NotIdentifiedError("the fit gives these predictions no standard error")
    return _normal(with_person_effects(fit, x, person, effects), np.sqrt(variance), level)


def new_person(fit: LinearFit, x: Array, *, level: float = LEVEL) -> Predictions:
    """Where one day of one person, not seen before, would fall.

    Estimand: the response itself. Variance x'Vx + z'Dz + sigma^2 at the estimated variances (a weight of 1);
    normal interval, which holds for normal people and days.
    """
    x = np.atleast_2d(x)
    z = x[:, list(fit.random)]
    variance = np.einsum("np,pr,nr->n", x, fit.covariance, x)
    variance += np.einsum("nq,qr,nr->n", z, fit.random_covariance, z) + fit.residual_variance
    return _normal(x @ fit.beta, np.sqrt(variance), level)


def _normal(estimate: Array, error: Array, level: float) -> Predictions:
    if not math.isfinite(float(error.sum())):
        raise NotIdentifiedError("the fit gives these predictions no standard error")
    half = float(stats.norm.ppf(0.5 + level / 2.0)) * error
    return Predictions(estimate=estimate, std_error=error, low=estimate - half, high=estimate + half)
