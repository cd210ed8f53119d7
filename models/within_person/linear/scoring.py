"""Fisher scoring for the covariance of the person effects, to its optimum inside or on the boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.likelihood import Point, basis, places
from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.small_matrices import cholesky, eigenvalues

Array = NDArray[np.float64]

DONE = 1e-13  # squared distance to the optimum, in standard errors of the variances, at which scoring stops
STATIONARY = 1e-9  # the same distance that still counts as a stationary point when rounding stops the steps
SAME_SIZE = 1e-6  # below this distance a step is taken whole: the deviance's rounding hides its gain
NO_VARIANCE = 1e-4  # standard deviation over the residual one (unit columns), below which there is none
SHORTEST = 1e-9  # share of a step, below which it is given up
LIMIT = 200  # passes over the persons


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
    try:
        return cholesky(d)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(d)
    upper: Array = np.asarray(np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T, mode="r"))
    return np.asarray(upper.T * np.where(np.diag(upper) < 0, -1.0, 1.0))


def _coordinates(matrix: Array, structure: Covariance) -> Array:
    """Take the slope matrix to the derivative along each matrix of the basis."""
    mine = basis(matrix.shape[0], structure)
    return np.asarray(mine.reshape(mine.shape[0], matrix.size) @ matrix.ravel())


def _combine(values: Array, q: int, structure: Covariance) -> Array:
    return np.asarray(values @ basis(q, structure).reshape(values.size, q * q)).reshape(q, q)


def _factor_step(point: Point, factor: Array, structure: Covariance) -> tuple[Array, float]:
    """Step in the entries of L, which cannot leave the boundary, and its squared length.

    D = L L' has first derivative J and second derivative 2 I; the expected Hessian in L is
    J'FJ + 2 (slope x I), whose last part keeps only what is positive: it alone draws an entry that
    should be zero to zero at Newton's speed.
    """
    q = factor.shape[0]
    full = structure == "full"
    entries = [(u, w) for u in range(q) for w in range(u + 1) if full or u == w]
    rows, columns = places(q, structure)
    jacobian = np.empty((rows.size, len(entries)))
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
    values = along[places(q, structure)]
    bend = float(values @ point.information @ values)
    if not bend > 0:
        return np.zeros((q, q)), 0.0
    return along * (-fall / bend), fall**2 / bend


def _inside_step(point: Point, d: Array, structure: Covariance) -> tuple[Array, float] | None:
    """Scoring step in D itself and its squared length; None where it leaves, or D is on, the boundary."""
    slope = _coordinates(point.slope, structure)
    try:
        move = np.asarray(-np.linalg.solve(point.information, slope))
    except np.linalg.LinAlgError:
        return None
    proposed = d + _combine(move, d.shape[0], structure)
    lowest, now = eigenvalues(proposed)[0], eigenvalues(d)[0]
    length = float(-slope @ move)
    if lowest <= max(0.02 * now, 0.25 * NO_VARIANCE**2) or not length >= 0.0:
        return None
    return proposed, length


@dataclass(frozen=True, slots=True)
class _Way:
    """Where to go from a point, and the squared distance to the optimum."""

    distance: float
    inside: Array | None
    factor: Array | None = None
    step: Array | None = None

    def part(self, d: Array, share: float) -> Array:
        """Take `share` of the step; (q, q)."""
        if self.inside is not None:
            return d + share * (self.inside - d)
        if self.factor is None or self.step is None:
            return d
        moved = self.factor + share * self.step
        return np.asarray(moved @ moved.T)


def _way(point: Point, d: Array, structure: Covariance) -> _Way:
    """Choose the step: in D while it stays inside, else in L, else off a flat spot of L on the boundary."""
    inside = _inside_step(point, d, structure)
    if inside is not None:
        return _Way(inside[1], inside[0])
    factor = lower_factor(d)
    step, in_l = _factor_step(point, factor, structure)
    out, gain = _way_out(point, structure)
    if gain > 10.0 * in_l:
        return _Way(gain, d + out)
    return _Way(max(in_l, gain), None, factor, step)


def maximize(
    at: Callable[[Array], Point],
    start: Array,
    structure: Covariance,
    *,
    done: float = DONE,
    begun: Point | None = None,
) -> Optimum:
    """Lower the deviance from the relative covariance `start` until its projected slope is zero.

    `at` takes a factor L (q, q) to the deviance at L L'; `begun` is the point at `start` where it is known.
    Scoring steps in D while they stay inside; else in L; where L is stuck on the boundary and the slope
    points inward, off the boundary. Each step is halved until the deviance falls.

    Raises
    ------
    numpy.linalg.LinAlgError
        The likelihood could not be computed at `start`.
    """
    d, evaluations = start, 0
    if begun is None:
        begun, evaluations = at(lower_factor(d)), 1
    point = begun
    way = _way(point, d, structure)
    while way.distance > done and evaluations < LIMIT:
        rounding = 1e-11 * abs(point.deviance) if way.distance < SAME_SIZE else 0.0
        share, found, candidate = 1.0, None, d
        while found is None and share > SHORTEST and evaluations < LIMIT:
            candidate = way.part(d, share)
            found = _tried(at, candidate, point.deviance + rounding)
            evaluations += 1
            share /= 2.0
        if found is None:
            break
        following = _way(found, candidate, structure)
        if way.distance < STATIONARY and following.distance >= way.distance:
            break  # rounding: the last point was as good
        d, point, way = candidate, found, following
    return Optimum(d=d, point=point, distance=way.distance, evaluations=evaluations)


def _tried(at: Callable[[Array], Point], d: Array, highest: float) -> Point | None:
    """Evaluate at `d`; None where the likelihood fails there or its deviance is above `highest`."""
    try:
        found = at(lower_factor(d))
    except np.linalg.LinAlgError:
        return None
    return found if found.deviance <= highest else None
