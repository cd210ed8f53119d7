"""Maximum likelihood over the person effects: Newton's method at growing numbers of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from models.refusal import NotIdentifiedError
from models.within_person.quadrature import MOST_NODES
from models.within_person.two_part.families import Family
from models.within_person.two_part.model_parts import Evaluation, Layout, Part
from models.within_person.two_part.person_integral import PersonIntegral

Array = NDArray[np.float64]
Points = int | Literal["auto"]
Outcome = Literal["converged", "singular", "not converged"]

STEPS: Final = 100
DONE_AT_BOUNDARY: Final = 1e-8  # the same where a variance vanishes: the way there may shrink by halves
NEAR_BOUNDARY: Final = 0.03  # smallest singular value of the scaled factor below which that is so
FARTHEST: Final = 3.0  # most that a parameter, at unit scale, moves in one step
NEAR_TOP: Final = 1.0  # decrement below which a step may be judged by the score alone
HALVINGS: Final = 25
DONE: Final = 1e-10  # Newton decrement (squared length of the step in standard errors) at the maximum
LEAST_SHARE: Final = 1e-3  # of the complete-data information that a step assumes observed
FLAT: Final = 1e-9  # eigenvalue of the information, scaled to a unit diagonal, that counts as none
RUNAWAY: Final = 8.0  # scaled person effect that explains why no maximum was reached
STILL: Final = 1e-4  # largest move of a parameter, in standard errors, that counts as standing still
STILL_BEYOND_TWO: Final = 1e-3  # the same for more than two person effects, whose grids grow fast
SINGULAR: Final = 3e-3  # smallest singular value of the scaled factor L that counts as variance
LADDERS: Final = {1: (7, 11, 17, 25, 35, 51), 2: (7, 11, 17, 25, 35), 3: (5, 7, 11, 17, 25), 4: (5, 7, 9, 11)}
UNBOUNDED: Final = 20.0  # scaled person effect whose likelihood still rises: there is no maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """Where the likelihood is highest: parameters, their covariance, and how the answer was reached.

    `scores` (n_people, number of parameters) are the gradients of the persons' log-likelihoods there.
    `points` per person effect; `moved`, the largest move of a parameter in standard errors when the points
    were last raised (None where their number was given).
    """

    theta: Array
    covariance: Array
    scores: Array
    log_likelihood: float
    outcome: Outcome
    note: str
    points: int
    moved: float | None
    evaluations: int


def start_values(parts: Sequence[Part], plan: Layout) -> Array:
    """Parameters of the parts without person effects, and a moderate spread between persons."""
    theta = np.zeros(plan.size)
    for part, beta, tau in zip(parts, plan.beta, plan.tau, strict=True):
        theta[beta], log_dispersion = pooled(part.family, part.y, part.x)
        if tau is not None:
            theta[tau] = log_dispersion
    unit = {effect: _unit(part, theta[tau] if tau is not None else 0.0, at)
            for part, tau in zip(parts, plan.tau, strict=True)
            for at, effect in enumerate(part.effects)}  # fmt: skip
    for at, (row, column) in enumerate(plan.entries, start=plan.factor.start):
        theta[at] = unit[row] if row == column else 0.0
    return theta


def _unit(part: Part, tau: float, at: int) -> float:
    """Guess the deviation of a person effect: half the spread of a row, less for a slope."""
    spread = {"logistic": 2.0, "linear": np.exp(tau), "gamma": np.exp(-tau / 2)}[part.family.name]
    return float(min(spread, 4.0)) * (0.5 if at == 0 else 0.25)


def pooled(family: Family, y: Array, x: Array) -> tuple[Array, float]:
    """Fit one part as if rows were independent, by Newton's method with halved steps.

    Returns beta and the log dispersion; beta is far out, not at a maximum, where the responses are separated.
    """
    beta = np.zeros(x.shape[1])
    if family.name == "gamma":
        beta[0] = np.log(y.mean())
    found = family.derivatives(y, x @ beta, 0.0)
    for _ in range(STEPS):
        gradient = x.T @ found.slope
        information = (x.T * found.bend) @ x + 1e-12 * np.eye(beta.size)
        step = np.linalg.solve(information, gradient)
        if float(step @ gradient) < DONE:
            break
        old, height = beta, float(found.value.sum())
        for halving in range(HALVINGS):
            beta = old + step * 0.5**halving
            found = family.derivatives(y, x @ beta, 0.0)
            if float(found.value.sum()) >= height - 1e-9 * (1.0 + abs(height)):
                break
    return beta, family.start_tau(y, x @ beta)


def _step(plan: Layout, found: Evaluation) -> tuple[Array, float]:
    """Newton's step, uphill even where the likelihood is not concave, and its decrement.

    The observed information is measured against the complete-data one, whose step (observed share 1) is the
    EM gradient's (Lange 1995, J R Stat Soc B 57:425-437): a share below zero counts as its size, one near
    zero as `LEAST_SHARE`.
    """
    if not np.isfinite(found.score).all() or not np.isfinite(found.information).all():
        raise NotIdentifiedError("the information about the coefficients cannot be computed on these rows")
    metric = found.complete.copy()
    for tau in plan.tau:
        if tau is not None:  # the one parameter in which the complete data need not be concave
            metric[tau], metric[:, tau] = 0.0, 0.0
            metric[tau, tau] = abs(found.complete[tau, tau])
    scale = 1.0 / np.sqrt(np.maximum(np.diag(metric), np.finfo(float).tiny))
    complete = metric * scale[:, None] * scale + FLAT * np.eye(scale.size)
    observed, score = found.information * scale[:, None] * scale, found.score * scale
    try:  # a Cholesky factor exists where all shares are above the least: then nothing is to be mended
        np.linalg.cholesky(observed - LEAST_SHARE * complete)
        step = scale * np.linalg.solve(observed, score)
    except np.linalg.LinAlgError:
        shares, vectors = linalg.eigh(observed, complete)
        step = scale * (vectors @ (vectors.T @ score / np.maximum(np.abs(shares), LEAST_SHARE)))
    step *= min(1.0, FARTHEST / float(np.abs(step).max(initial=FARTHEST)))
    return step, float(step @ found.score)


def covariance_of(information: Array) -> Array:
    """Invert the information, leaving out directions it says nothing about (at a variance of zero)."""
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(information * scale[:, None] * scale)
    keep = values > 1e2 * FLAT
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return np.asarray(inverse * scale[:, None] * scale)


def _climb(integral: PersonIntegral, theta: Array) -> tuple[Array, Evaluation, bool]:
    """Newton's method from `theta`; whether it arrived. The last step, too short to matter, is unseen."""
    found = integral.evaluate(theta)
    step, decrement = _step(integral.plan, found)
    for _ in range(STEPS):
        if decrement < (DONE if _spread(integral.plan, theta) > NEAR_BOUNDARY else DONE_AT_BOUNDARY):
            return theta + step, found, True
        for halving in range(HALVINGS):
            moved = theta + step * 0.5**halving
            trial = integral.evaluate(moved)
            if not math.isfinite(trial.log_likelihood):
                continue
            next_step, next_decrement = _step(integral.plan, trial)
            # Fisher's score is the gradient of the likelihood only up to the quadrature's error. Near the top
            # the likelihood may therefore fall a little while the score still comes to zero.
            closer = decrement < NEAR_TOP and next_decrement < decrement / 4
            if closer or trial.log_likelihood >= found.log_likelihood:
                break
        else:
            return theta, found, False
        theta, found, step, decrement = moved, trial, next_step, next_decrement
        _refuse_unbounded(integral.plan, theta)
    return theta, found, False


def _refuse_unbounded(plan: Layout, theta: Array) -> None:
    if float(np.abs(theta[plan.factor]).max()) > UNBOUNDED:
        raise NotIdentifiedError(
            "the spread between persons has no bound: hardly anyone's answers vary beyond what the predictors"
            " explain"
        )
    if any(theta[tau] < np.log(1e-6) for tau in plan.tau if tau is not None):
        raise NotIdentifiedError("the predictors and the persons leave no variation in the response")


def maximize(
    parts: Sequence[Part], plan: Layout, *, n_people: int, points: Points = "auto", start: Array | None = None
) -> Maximum:
    """Maximize the likelihood; with "auto", at growing numbers of points until no parameter moves.

    `start` (size,) is where to begin; without it, at `start_values`.

    Standing still is a largest move of 1e-4 standard errors (1e-3 for more than two person effects) from one
    number of points to the next; the error left is smaller than the last move, for it falls geometrically.
    """
    theta = start_values(parts, plan) if start is None else start
    size = plan.n_effects
    ladder = LADDERS.get(size, (5,)) if points == "auto" else (points,)
    modes = np.zeros((n_people, size))
    evaluations, moved, arrived, n_points = 0, None, False, ladder[0]
    before, covariance, log_likelihood = theta, np.zeros((plan.size, plan.size)), -np.inf
    scores = np.zeros((n_people, plan.size))
    for n_points in ladder:
        if n_points**size > MOST_NODES:
            break
        integral = PersonIntegral(parts, plan, n_people=n_people, n_points=n_points, modes=modes)
        theta, found, arrived = _climb(integral, theta)
        evaluations += integral.evaluations
        covariance, log_likelihood = covariance_of(found.information), found.log_likelihood
        scores = found.scores
        if n_points > ladder[0] and arrived:
            error = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
            moved = float(np.max(np.abs(theta - before) / np.maximum(error, 1e-8)))
            if moved < (STILL if size <= 2 else STILL_BEYOND_TWO):
                break
        before = theta
    outcome, note = _outcome(plan, theta, arrived, moved)
    return Maximum(
        theta=theta, covariance=covariance, scores=scores, log_likelihood=log_likelihood, outcome=outcome,
        note=note, points=n_points, moved=moved, evaluations=evaluations,
    )  # fmt: skip


def _spread(plan: Layout, theta: Array) -> float:
    """Return the least deviation of any combination of the person effects, at unit scale."""
    if plan.n_effects == 1:
        return abs(float(theta[plan.factor][0]))
    return float(np.linalg.svd(plan.factor_of(theta), compute_uv=False)[-1])


def _outcome(plan: Layout, theta: Array, arrived: bool, moved: float | None) -> tuple[Outcome, str]:
    if not arrived:
        if float(np.abs(theta[plan.factor]).max()) > RUNAWAY:
            return "not converged", "the spread between persons runs away: hardly anyone's answers vary"
        return "not converged", "the likelihood's maximum was not reached"
    if moved is not None and moved >= 100 * STILL:
        return "not converged", "the answer still moves when points are added to the quadrature"
    if _spread(plan, theta) < SINGULAR:
        return "singular", "a person effect, or a combination of them, has no variance of its own"
    return "converged", ""
