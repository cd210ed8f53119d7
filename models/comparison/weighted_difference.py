"""Difference of weighted means, with the weights' own uncertainty: weighting without outcome models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.comparison.propensity import Propensity
from models.comparison.weights import Target, slopes, weights

Array = NDArray[np.float64]


def weighted_difference(
    y: Array, social: NDArray[np.bool_], fitted: Propensity, target: Target
) -> tuple[float, Array]:
    """Difference of means weighted for `target`, and its influence function (n,).

    Estimand: the average effect in the target population, if the score is right. Formula: sum(w y) / sum(w)
    in the social arm less the same in the clinical arm. Influence function w (y - mean) / mean(w) for each
    arm, plus what the estimated score adds: the mean derivative of these in the score's coefficients, times
    the coefficients' influence function (stacked estimating equations; Lunceford & Davidian 2004,
    Statistics in Medicine 23:2937; Li, Thomas & Li 2019, American Journal of Epidemiology 188:250).
    """
    w, slope = weights(fitted.score, social, target), slopes(fitted.score, social, target)
    n = y.size
    own, gradient, means = np.zeros(n), np.zeros(fitted.beta.size), []
    for arm, sign in ((social, 1.0), (~social, -1.0)):
        total = float(w[arm].sum())
        mean = float(w[arm] @ y[arm]) / total
        means.append(mean)
        away = np.where(arm, y - mean, 0.0)
        own += sign * w * away * n / total
        gradient += sign * fitted.design.T @ (slope * away) / total
    return means[0] - means[1], own + _score_influence(fitted, social, gradient)


def _score_influence(fitted: Propensity, social: NDArray[np.bool_], gradient: Array) -> Array:
    """Influence function (n,) of a gradient (1 + p,) times the coefficients of the score; it sums to zero."""
    x, e = fitted.design, fitted.score
    ridge = np.full(fitted.beta.size, fitted.penalty)
    ridge[0] = 0.0
    information = ((x * (e * (1.0 - e))[:, None]).T @ x + np.diag(ridge)) / len(x)
    along = np.linalg.solve(information, gradient)
    return np.asarray((x @ along) * (social - e) - float(ridge * fitted.beta @ along) / len(x))
