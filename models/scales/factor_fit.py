"""Fit a factor model to answers with gaps by maximum likelihood, with robust uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import lapack

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.scales.factor_model import (
    Entries,
    FactorModel,
    bend,
    jacobian,
    saturated,
    slope_in_parameters,
)
from models.scales.patterns import (
    Patterns,
    Slopes,
    expected_information,
    lower_triangle,
    observed_information,
    slopes,
    squared_scores,
)

MOST_STEPS: Final = 100
HALVINGS: Final = 30
DONE: Final = 1e-12  # squared length of the slope in standard errors, by person, at which scoring ends
FLAT: Final = 1e-9  # smallest eigenvalue of the scaled information that still tells the parameters apart
NEARLY: Final = 100.0  # times as large, a bound of that eigenvalue is not taken at its word
APART: Final = "the answers do not tell the parts of the measurement model apart"
NO_ERROR: Final = 1e-4  # share of an item's variance below which its error variance counts as zero


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFit:
    """A model at its maximum of the likelihood.

    `theta` (q,) about the patterns' center; `entries` the matrices; `log_likelihood`; `improper` says in
    words that the maximum is no model (an error variance not above zero, a correlation beyond one), empty
    otherwise.
    """

    model: FactorModel
    theta: Array
    entries: Entries
    log_likelihood: float
    at: Slopes
    improper: str
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Covariance of the parameters (q, q): `model` if the answers are normal, `robust` if they need not be.

    `model` is the inverse of the observed information A, `robust` the sandwich A^-1 B A^-1, B the sum of
    squares of people's own slopes (Huber 1967; White 1982, Econometrica 50:1); `trace` is tr(B A^-1), which
    equals q for normal answers.
    """

    model: Array
    robust: Array
    trace: float


def fit(patterns: Patterns, model: FactorModel, start: Array) -> FactorFit:
    """Maximize the likelihood of all answers given, by Fisher scoring with steps halved where needed.

    Estimand: the parameters of the model's mean and covariance; unbiased in large samples if what was left
    out hangs on what was answered alone (missing at random). Full information maximum likelihood: Arbuckle
    1996, in Advanced Structural Equation Modeling; Jamshidian & Bentler 1999, J. Educational and Behavioral
    Statistics 24:21.

    Parameters
    ----------
    patterns : Patterns
        Answers.
    model : FactorModel
    start : array (q,)
        A point at which the covariance is positive definite, about `patterns.center`.

    Raises
    ------
    NotIdentifiedError
        The answers do not tell the parameters apart, or no maximum is found.
    """
    theta = start.copy()
    entries = model.entries(theta)
    here = slopes(patterns, entries.mean, entries.covariance)
    if here is None:
        raise NotIdentifiedError("the answers to some questions settle those to others")
    for step in range(1, MOST_STEPS + 1):
        slope = slope_in_parameters(model, entries, here.in_mean, here.in_covariance)
        move = solved(_expected(patterns, here, *_moved_by(model, entries)), slope)
        if float(slope @ move) <= DONE * patterns.n_people:
            return FactorFit(
                model=model, theta=theta, entries=entries, log_likelihood=here.log_likelihood, at=here,
                improper=_improper(entries), steps=step,
            )  # fmt: skip
        for halving in range(HALVINGS):
            tried = theta + move * 0.5**halving
            entries = model.entries(tried)
            there = slopes(patterns, entries.mean, entries.covariance)
            if there is not None and there.log_likelihood > here.log_likelihood - 1e-9:
                theta, here = tried, there
                break
        else:
            break
    raise NotIdentifiedError("the measurement model did not converge")


def fit_saturated(patterns: Patterns) -> FactorFit:
    """Mean and covariance of the answers by maximum likelihood; with complete answers the sample's (over n).

    Raises
    ------
    NotIdentifiedError
        As `fit`.
    """
    p = patterns.n_items
    start = patterns.covariances
    # Products of pairs that different people answered together may belong to no normal distribution.
    if np.linalg.eigvalsh(start)[0] <= NO_ERROR * np.diag(start).min():
        start = np.diag(start.diagonal())
    return fit(patterns, saturated(p), np.concatenate([patterns.means, lower_triangle(start)]))


def uncertainty(fitted: FactorFit, patterns: Patterns) -> Uncertainty:
    """Covariance of the parameters from the observed information, and the sandwich.

    Raises
    ------
    NotIdentifiedError
        The likelihood does not bend downward in every direction.
    """
    in_mean, in_covariance = _moved_by(fitted.model, fitted.entries)
    mean = fitted.entries.mean
    of_mean, of_both, of_covariance = observed_information(patterns, fitted.at, mean)
    cross = in_mean @ of_both @ in_covariance.T
    curvature = in_mean @ of_mean @ in_mean.T + in_covariance @ of_covariance @ in_covariance.T
    curvature += (
        cross + cross.T - bend(fitted.model, fitted.entries, fitted.at.in_mean, fitted.at.in_covariance)
    )
    inverse = solved(curvature, np.eye(len(curvature)))
    inverse = 0.5 * (inverse + inverse.T)
    meat = squared_scores(patterns, fitted.at, mean, in_mean, in_covariance)
    return Uncertainty(model=inverse, robust=inverse @ meat @ inverse, trace=float(np.sum(meat * inverse)))


def _moved_by(model: FactorModel, entries: Entries) -> tuple[Array, Array]:
    """How the mean (q, p) and the lower triangle of the covariance (q, h) move with each parameter."""
    in_mean, in_covariance = jacobian(model, entries)
    return in_mean, lower_triangle(in_covariance)


def _expected(patterns: Patterns, at: Slopes, in_mean: Array, in_covariance: Array) -> Array:
    of_mean, of_covariance = expected_information(patterns, at)
    return np.asarray(in_mean @ of_mean @ in_mean.T + in_covariance @ of_covariance @ in_covariance.T)


def solved(information: Array, right: Array) -> Array:
    """Positive definite `information` (q, q) to the power -1 times `right` (q, ...).

    The diagonal is scaled to one first. One over the sum of sizes in a column of the inverse is no larger
    than the smallest eigenvalue; only where that bound, which costs nothing, is near `FLAT` are eigenvalues
    worked out.

    Raises
    ------
    NotIdentifiedError
        An eigenvalue below `FLAT`, or numbers that are none.
    """
    diagonal = np.diag(information)
    if not (np.isfinite(information).all() and (diagonal > 0.0).all()):
        raise NotIdentifiedError(APART)
    scale = 1.0 / np.sqrt(diagonal)
    scaled = information * scale[:, None] * scale
    factor, failed = lapack.dpotrf(scaled)
    if failed:
        raise NotIdentifiedError(APART)
    # The library's condition estimate is at most a few times too kind.
    largest = float(np.abs(scaled).sum(axis=0).max())
    bound, _ = lapack.dpocon(factor, largest)
    if bound * largest < NEARLY * FLAT and np.linalg.eigvalsh(scaled)[0] < FLAT:
        raise NotIdentifiedError(APART)
    across = scale.reshape(-1, *(1,) * (right.ndim - 1))
    found, _ = lapack.dpotrs(factor, right * across)
    return np.asarray(found.reshape(right.shape) * across)


def _improper(entries: Entries) -> str:
    errors = np.diag(entries.errors)
    if (errors <= NO_ERROR * np.diag(entries.covariance)).any():
        return "the error variance of a question came out as nothing or less (a Heywood case)"
    if entries.factors.size and np.linalg.eigvalsh(entries.factors)[0] <= 0.0:
        return "the factors of the two waves came out as more than perfectly correlated"
    correlated = entries.errors / np.sqrt(np.outer(errors, errors))
    if (np.abs(correlated - np.diag(np.diag(correlated))) >= 1.0).any():
        return "errors of a question came out as more than perfectly correlated over time"
    return ""
