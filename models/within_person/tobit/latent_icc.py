"""Share of the latent variance that lies between persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from models.within_person.tobit.fit import TobitFit


@dataclass(frozen=True, slots=True)
class LatentIcc:
    """The share, its standard error and interval; none of these two where a variance is zero."""

    value: float
    std_error: float | None
    low: float | None
    high: float | None


def latent_icc(fit: TobitFit, level: float = 0.95) -> LatentIcc:
    """Divide the variance of the person intercept by itself plus the residual variance, on the latent scale.

    With a random slope it is the share where the predictors with a person effect are zero (at a person's
    own mean, for a within-person predictor). Delta method on the logit, log tau^2 - log sigma^2, from the
    joint observed information. Given the predictors in the model; of a model without, the plain ICC.
    """
    p = len(fit.names)
    between, sigma = float(fit.random_covariance[0, 0]), fit.residual_sd
    value = between / (between + sigma**2)
    if between <= 0 or fit.joint_covariance[p, p] <= 0 or value < 1e-8:
        return LatentIcc(value, None, None, None)
    slope = np.zeros(fit.joint_covariance.shape[0])
    slope[p], slope[-1] = 1 / between, -2 / sigma
    error = float(np.sqrt(slope @ fit.joint_covariance @ slope))
    middle, half = np.log(between / sigma**2), norm.ppf((1 + level) / 2) * error
    return LatentIcc(
        value, value * (1 - value) * error, float(expit(middle - half)), float(expit(middle + half))
    )
