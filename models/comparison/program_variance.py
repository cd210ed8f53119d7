"""Where the likelihood of programs at random rises: the programs' variances from which a climb must begin.

With few and unequal programs the likelihood of their variance can have more than one maximum, one of them at
zero (linear: Gross, Drton & Petrovic 2012, Electron J Stat 6:993). The slope of the likelihood at zero, or
wherever one began, says nothing of a maximum further off.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from numpy.polynomial import hermite_e
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from models.inference.coefficients import Array
from models.within_person.linear.fit import fit, point_at
from models.within_person.linear.likelihood import people_in_parts
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import ScaledSums, scaled

LARGEST: Final = 30.0  # variance on the log odds scale: 95% of the programs between odds of 1 to 1e9
RATIO: Final = 3.0  # from one variance of the grid to the next
SHIFTS: Final = np.unique(np.r_[np.arange(-6, 6.1, 0.5), -20, -15, -12, -10, -8, -7, 7, 8, 10, 12, 15, 20])
BELOW: Final = 20.0  # smallest variance, in parts of what the largest program tells of its own level
NODES, WEIGHTS = hermite_e.hermegauss(9)
LOG_WEIGHTS: Final = np.log(WEIGHTS / WEIGHTS.sum()) + NODES**2 / 2.0
AT_ONCE: Final = 2_000  # rows at all shifts
SPLINE: Final = CubicSpline(SHIFTS, np.eye(len(SHIFTS))).c  # its coefficients (4, pieces, values) per value
FAR: Final = 300.0
PASSES: Final = (4, 2, 1)  # of Newton's method for the programs' levels, after each for the coefficients
LONGEST: Final = 3.0  # most that a level moves in one step
ATTENUATION: Final = 0.346  # as in `program_scale_fits`; covariates are taken as at a variance of 1
HIGHER: Final = 1e-6  # of a log-likelihood: what counts as higher
RATIOS: Final = np.geomspace(1e-4, 1e4, 17)  # variance of programs over that within, linear


class _Rows(Protocol):
    @property
    def y(self) -> Array: ...
    @property
    def x(self) -> Array: ...
    @property
    def program(self) -> NDArray[np.intp]: ...


def logistic_summits(rows: _Rows, beta: Array, information: Array) -> tuple[float, ...]:
    """Variances above zero at which a coarse profile of the log-likelihood is higher than at its neighbors.

    The covariates' coefficients are held, the intercept and the slope found anew at each variance, from
    sums of the people's log-likelihoods by program at `SHIFTS` of its level: one pass over the rows. A guide
    to where to climb, not an answer.

    Parameters
    ----------
    rows : ProgramRows
    beta : array (p,)
        Coefficients of the logistic regression without program effects.
    information : array (number of programs,)
        Sums over a program's people of the variances of their answers there.
    """
    smallest = 1.0 / (BELOW * information.max() + 10.0)
    grid = LARGEST / RATIO ** np.arange(np.ceil(np.log(LARGEST / smallest) / np.log(RATIO)) + 1)
    height = _profile(rows, beta, grid[::-1])
    below, above = np.r_[np.inf, height[:-1]], np.r_[height[1:], -np.inf]
    return tuple(float(one) for one in grid[::-1][(height > below) & (height >= above)])


def _levels(rows: _Rows, beta: Array) -> Array:
    """Log-likelihood of every program's people over a shift of their log odds: splines (4, pieces, J)."""
    own = rows.x[:, 2:] @ beta[2:]
    middle = rows.x @ beta + (np.sqrt(1.0 + ATTENUATION) - 1.0) * (own - own.mean())
    first = np.searchsorted(rows.program, np.arange(rows.program[-1] + 1))
    told = np.bincount(rows.program, weights=rows.y)[:, None] * SHIFTS
    told += np.bincount(rows.program, weights=rows.y * middle)[:, None]
    times, odds = np.exp(SHIFTS), np.exp(np.clip(middle, -FAR, FAR))
    for start in range(0, len(middle), AT_ONCE):
        program = rows.program[start : start + AT_ONCE]
        here = np.arange(program[0], program[-1] + 1)
        cells = np.log1p(odds[start : start + AT_ONCE, None] * times)
        told[here] -= np.add.reduceat(cells, np.maximum(first[here] - start, 0), axis=0)
    return np.asarray(SPLINE @ told.T)


def _profile(rows: _Rows, beta: Array, grid: Array) -> Array:
    """Log-likelihood at each variance of the `grid`, highest over intercept and slope; (len(grid),)."""
    coefficients = _levels(rows, beta)
    places = np.arange(coefficients.shape[2])
    flat = coefficients.reshape(4, -1)

    def at(level: Array) -> tuple[Array, Array, Array]:
        """Value, slope and bend of each program's own log-likelihood at levels (..., J)."""
        inside = np.minimum(np.maximum(level, SHIFTS[0]), SHIFTS[-1])
        piece = np.searchsorted(SHIFTS[1:-1], inside)
        d = inside - SHIFTS[piece]
        a, b, c, e = flat.take(piece * len(places) + places, axis=1)
        bent = 6 * a * d + 2 * b
        return ((a * d + b) * d + c) * d + e, (bent / 2 + b) * d + c, np.minimum(bent, 0.0)

    score = rows.x[np.searchsorted(rows.program, places), 1]
    design = np.column_stack([np.ones(len(places)), (score - score.mean()) / score.std()])
    pairs = (design[:, :, None] * design[:, None, :]).reshape(-1, 4)
    spread = grid[:, None]
    moved, level = np.zeros((len(grid), 2)), np.zeros((len(grid), len(places)))
    height = np.zeros(len(grid))
    for steps in PASSES:
        mean = moved @ design.T
        for _ in range(steps):
            _, slope, bend = at(level)
            step = (slope - (level - mean) / spread) / (1.0 / spread - bend)
            level += np.clip(step, -LONGEST, LONGEST)
        error = 1.0 / np.sqrt(1.0 / spread - at(level)[2])
        around = (level + error * NODES[:, None, None]) - mean
        density = at(around + mean)[0] - around**2 / (2.0 * spread) + LOG_WEIGHTS[:, None, None]
        top = density.max(axis=0)
        share = np.exp(density - top)
        total = share.sum(axis=0)
        height = (np.log(total) + top + np.log(error) - np.log(spread) / 2.0).sum(axis=1)
        first = (share * around).sum(axis=0) / total
        second = (share * around**2).sum(axis=0) / total - first**2
        weight = np.maximum(1.0 / spread - second / spread**2, 1e-9)
        gradient = (first / spread) @ design
        bent = (weight @ pairs).reshape(-1, 2, 2) + 1e-9 * np.eye(2)
        moved += np.clip(np.linalg.solve(bent, gradient[:, :, None])[:, :, 0], -LONGEST, LONGEST)
    return np.asarray(height)


def highest_fit(sums: PersonSums, found: LinearFit) -> LinearFit:
    """Return the REML fit with the highest likelihood: `found`, or one begun at another summit of a grid.

    The restricted likelihood has one parameter, the programs' variance over that within. It is computed at
    `RATIOS`; between the neighbors of every summit among these that is not that of `found`, its slope is
    brought to zero (Brent), and scoring begins there.
    """
    ready = scaled(sums, "full", "auto")
    unit = float(ready.z_back[0, 0]) ** 2

    def slope(log_ratio: float) -> float:
        factor = np.array([[math.exp(log_ratio / 2.0)]])
        return float(point_at(ready, factor, "reml").slope[0, 0])

    deviance = _deviances(ready)
    lower, upper = np.r_[0.0, RATIOS[:-1]], np.r_[RATIOS[1:], np.inf]
    summits = (deviance < np.r_[np.inf, deviance[:-1]]) & (deviance <= np.r_[deviance[1:], np.inf])
    known = float(found.random_covariance[0, 0] / found.residual_variance / unit)  # NaN: not converged
    best = found
    for place in np.flatnonzero(summits & ~((lower <= known) & (known <= upper))).tolist():
        ends = [math.log(RATIOS[end]) for end in (max(place - 1, 0), min(place + 1, len(RATIOS) - 1))]
        ratio = float(RATIOS[place])
        if slope(ends[0]) < 0.0 < slope(ends[1]):
            ratio = math.exp(brentq(slope, *ends, xtol=1e-13))
        relative = np.array([[ratio * unit]])
        begun = replace(found, random_covariance=relative, residual_variance=1.0, outcome="converged")
        other = fit(sums, start=begun)
        if other.outcome != "not converged" and (
            best.outcome == "not converged" or other.log_likelihood > best.log_likelihood + HIGHER
        ):
            best = other
    return best


def _deviances(ready: ScaledSums) -> Array:
    """REML deviance at each of `RATIOS`, but for a constant; (len(RATIOS),).

    For one level by program H^-1 is I - 1 1' r / (1 + r n) there, r the ratio and n the program's rows.
    """
    parts = list(people_in_parts(ready, np.zeros((1, 1))))
    n_rows = np.concatenate([part[2][0] for part in parts])
    sums = np.concatenate([part[3] for part in parts], axis=1)
    shrunk = RATIOS[:, None] / (1.0 + RATIOS[:, None] * n_rows)
    root = np.linalg.cholesky(ready.total - np.einsum("rj,aj,bj->rab", shrunk, sums, sums))
    logs = 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2))
    within = np.log1p(RATIOS[:, None] * n_rows).sum(axis=1)
    return np.asarray(within + logs[:, :-1].sum(axis=1) + (ready.n_rows - ready.p) * logs[:, -1])
