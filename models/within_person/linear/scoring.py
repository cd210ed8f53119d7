"""Fisher scoring for the covariance of the person effects, to its optimum inside or on the boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.likelihood import Point, basis
from models.within_person.linear.linear_fit import Covariance

Array = NDArray[np.float64]

DONE = 1e-13  # squared distance to the optimum, in standard errors of the variances, at which scoring stops
STATIONARY = 1e-9  # the same distance that still counts as a stationary point when rounding stops the steps
SAME_SIZE = 1e-6  # below this distance a step is taken whole: the deviance's rounding hides its gain
NO_VARIANCE = 1e-4  # standard deviation over the residual one (unit columns), below which there is none
LIMIT = 100  # passes over the persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """Where scoring ended: relative covariance `d` (q, q) and the likelihood there.

    `distance` is the squared length of the next step in standard errors (the Newton decrement), steps off
    the boundary included; `evaluations` counts passes.
    """

    d: Array
    point: Point
    distance: float
    evaluations: int

    @property
    def converged(self) -> bool:
        """Whether the projected slope is zero."""
        return self.distance <= STATIONARY


def lower_factor(d: Array) -> Array:
    """Lower triangular L with L L' = d, for any d without negative eigenvalues; (q, q)."""
    values, vectors = np.linalg.eigh(d)
    upper: Array = np.asarray(np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T, mode="r"))
    return np.asarray(upper.T * np.where(np.diag(upper) < 0, -1.0, 1.0))


def _coordinates(matrix: Array, structure: Covariance) -> Array:
    """Take the slope matrix to the derivative along each matrix of the basis."""
    return np.asarray(np.tensordot(basis(matrix.shape[0], structure), matrix, axes=2))


def _combine(values: Array, q: int, structure: Covariance) -> Array:
    return np.asarray(np.tensordot(values, basis(q, structure), axes=1))


def _factor_step(point: Point, factor: Array, structure: Covariance) -> tuple[Array, float]:
    """Step in the entries of L, which cannot leave the boundary, and its squared length.

    D = L L' has first derivative J and second derivative 2 I; the expected Hessian in L is
    J'FJ + 2 (slope x I), whose last part keeps only what is positive: it alone draws an entry that
    should be zero to zero at Newton's speed.
    """
    q = factor.shape[0]
    full = structure == "full"
    entries = [(u, w) for u in range(q) for w in range(u + 1) if full or u == w]
    mine = basis(q, structure)
    rows, columns = np.array([np.argwhere(np.triu(e))[0] for e in mine]).T
    jacobian = np.empty((mine.shape[0], len(entries)))
    for index, (u, w) in enumerate(entries):
        jacobian[:, index] = (rows == u) * factor[columns, w] + (columns == u) * factor[rows, w]
    if full:
        values, vectors = np.linalg.eigh(point.slope)
        bend = (vectors * np.maximum(values, 0.0)) @ vectors.T
    else:
        bend = np.diag(np.maximum(np.diag(point.slope), 0.0))
    slope = jacobian.T @ _coordinates(point.slope, structure)
    hessian = jacobian.T @ point.information @ jacobian
    for i, (u, w) in enumerate(entries):
        for j, (s, t) in enumerate(entries):
            hessian[i, j] += 2.0 * bend[u, s] * (w == t)
    size = float(np.trace(hessian))
    if not size > 0:
        return np.zeros_like(factor), 0.0
    ridge: Array = 1e-14 * size * np.eye(len(entries))
    move = np.asarray(-np.linalg.solve(hessian + ridge, slope))
    step = np.zeros_like(factor)
    for value, (u, w) in zip(move, entries, strict=True):
        step[u, w] = value
    return step, float(-slope @ move)


def _way_out(point: Point, structure: Covariance) -> tuple[Array, float]:
    """Direction of one more variance along which the deviance falls, scaled to its best step, and its gain.

    L = 0 in some direction is a stationary point of the deviance in L even where more variance would
    lower it; the slope in D tells the two apart (Kuhn-Tucker).
    """
    q = point.slope.shape[0]
    if structure == "full":
        vectors = np.linalg.eigh(point.slope)[1].T
    else:
        vectors = np.eye(q)[np.argsort(np.diag(point.slope))]
    along = np.outer(vectors[0], vectors[0])
    fall = float(np.sum(point.slope * along))
    if fall >= 0:
        return np.zeros((q, q)), 0.0
    upper = basis(q, structure)
    values = np.array([along[tuple(np.argwhere(np.triu(e))[0])] for e in upper])
    bend = float(values @ point.information @ values)
    if not bend > 0:
        return np.zeros((q, q)), 0.0
    return along * (-fall / bend), fall**2 / bend


def _inside_step(point: Point, d: Array, structure: Covariance) -> Array | None:
    """Scoring step in D itself, or None where it would leave the covariances or D is on the boundary."""
    try:
        move = np.asarray(-np.linalg.solve(point.information, _coordinates(point.slope, structure)))
    except np.linalg.LinAlgError:
        return None
    proposed = d + _combine(move, d.shape[0], structure)
    lowest, now = np.linalg.eigvalsh(proposed)[0], np.linalg.eigvalsh(d)[0]
    if lowest <= max(0.02 * now, 0.25 * NO_VARIANCE**2):
        return None
    return proposed


def maximize(
    at: Callable[[Array], Point], start: Array, structure: Covariance, *, done: float = DONE
) -> Optimum:
    """Lower the deviance from the relative covariance `start` until its projected slope is zero.

    `at` takes a factor L (q, q) to the deviance at L L'. Scoring steps in D while they stay inside; else in
    L; where L is stuck on the boundary and the slope points inward, off the boundary. Each step is halved
    until the deviance falls.

    Raises
    ------
    numpy.linalg.LinAlgError
        The likelihood could not be computed at `start`.
    """
    d = start
    point = at(lower_factor(d))
    evaluations = 1
    step_l, in_l = _factor_step(point, lower_factor(d), structure)
    out, gain = _way_out(point, structure)
    while max(in_l, gain) > done and evaluations < LIMIT:
        distance = max(in_l, gain)
        factor = lower_factor(d)
        inside = _inside_step(point, d, structure)
        # A gain far beyond the step in L means a flat spot of L on the boundary, not slow progress.
        leave = inside is None and gain > 10.0 * in_l
        found = None
        for halving in range(30):
            share = 0.5**halving
            if inside is not None:
                candidate = d + share * (inside - d)
            elif leave:
                candidate = d + share * out
            else:
                moved = factor + share * step_l
                candidate = moved @ moved.T
            try:
                found = at(lower_factor(candidate))
            except np.linalg.LinAlgError:
                found = None
            evaluations += 1
            rounding = 1e-11 * abs(point.deviance) if distance < SAME_SIZE else 0.0
            if found is not None and found.deviance <= point.deviance + rounding:
                break
            found = None
            if evaluations >= LIMIT:
                break
        if found is None:
            break
        step_l_next, in_l_next = _factor_step(found, lower_factor(candidate), structure)
        out_next, gain_next = _way_out(found, structure)
        if distance < SAME_SIZE and max(in_l_next, gain_next) >= distance:
            break  # rounding: the last point was as good
        d, point = candidate, found
        step_l, in_l, out, gain = step_l_next, in_l_next, out_next, gain_next
    return Optimum(d=d, point=point, distance=max(in_l, gain), evaluations=evaluations)
