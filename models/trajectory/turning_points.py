"""Where curves made of cubics dip, turn and cross a level: roots of each piece, for many curves at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.trajectory.spline import basis

Array = NDArray[np.float64]
FLAT = 1e-10  # a rise or fall this small beside the curve's size is rounding
HALVINGS = 60  # of a stretch on which the curve only rises: to the last digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Of each of r curves over [start, end]: what it does first. Arrays (r,).

    `dip_depth` is the height at the start less that of the first local minimum below it; 0 where there is
    none. `turning_point` is where that minimum lies: the start where there is no dip, infinite where the
    curve ends below its start without having turned up from a point below it. `first_flat` is the first zero
    of the slope of either kind, infinite where there is none. `crossing` is the first place at which the
    curve comes up to the level from below: the start where it never lies below, infinite where it
    never comes up, NaN where there is no level.
    """

    dip_depth: Array
    turning_point: Array
    first_flat: Array
    crossing: Array


def landmarks(knots: Array, betas: Array, levels: Array, *, start: float, end: float) -> Landmarks:
    """Find dips, turning points and crossings of r restricted cubic splines, exactly.

    Each piece between two knots is cut where its derivative, a quadratic, is 0; the curve then rises or falls
    throughout on each stretch, and a rising stretch that spans the level is halved until the crossing is
    found.

    Parameters
    ----------
    knots : array (k,) or (r, k)
        Of all the curves, or of each.
    betas : array (r, k)
        Coefficients in Harrell's basis, intercept first; NaN for a curve that could not be fitted, of which
        every answer is NaN.
    levels : array (r,)
        What each curve is to reach; NaN where there is no level.
    start, end : float
        Where people were observed; the curve is not asked beyond.

    Returns
    -------
    Landmarks
        In the units of the knots and of the curve.
    """
    knots = np.broadcast_to(knots, betas.shape)
    places = _places(knots, betas, start, end)
    heights = _at(places, knots, betas)
    depth, turning, flat = _turns(places, heights)
    crossing, span = _crossings(places, heights, levels)
    rows = np.flatnonzero(np.isfinite(span[:, 0]))
    crossing[rows] = _come_up(span[rows], knots[rows], betas[rows], levels[rows])
    return Landmarks(dip_depth=depth, turning_point=turning, first_flat=flat, crossing=crossing)


def landmarks_of_heights(places: Array, heights: Array, level: float) -> Landmarks:
    """Find the landmarks of one curve known at `places` (m,) only, taken as straight in between."""
    depth, turning, flat = _turns(places[None], heights[None])
    crossing = np.array([first_coming_up(places, heights, level)])
    return Landmarks(dip_depth=depth, turning_point=turning, first_flat=flat, crossing=crossing)


def first_coming_up(places: Array, heights: Array, level: float) -> float:
    """Where heights known at `places` (m,), straight in between, first come up to a level; as `crossing`."""
    crossing, span = _crossings(places[None], heights[None], np.array([level]))
    if not np.isfinite(span[0, 0]):
        return float(crossing[0])
    low, high = np.interp(span[0], places, heights)
    return float(span[0, 0] + (span[0, 1] - span[0, 0]) * (level - low) / (high - low))


def _places(knots: Array, betas: Array, start: float, end: float) -> Array:
    """Start, end, knots and zeros of the slope, in order (r, q); a zero that is not there repeats a knot."""
    ends = np.broadcast_to([start, end], (len(betas), 2))
    edges = np.concatenate([ends[:, :1], np.clip(knots, start, end), ends[:, 1:]], axis=1)
    left, width = edges[:, :-1], np.diff(edges, axis=1)
    slope, bend, jerk = (_at(left, knots, betas, order) for order in (1, 2, 3))
    # slope + bend u + jerk u^2 / 2 = 0, its roots in the form that loses no digits
    square = bend**2 - 2.0 * jerk * slope
    root = np.sqrt(np.maximum(square, 0.0))
    stable = -(bend + np.where(bend >= 0, root, -root))
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([stable / jerk, 2.0 * slope / stable])
        inside = (square >= 0) & np.isfinite(roots) & (roots > 0) & (roots < width)
    zeros = left + np.where(inside, roots, 0.0)
    return np.sort(np.concatenate([edges, zeros[0], zeros[1]], axis=1), axis=1)


def _at(places: Array, knots: Array, betas: Array, derivative: int = 0) -> Array:
    """Each curve, or a derivative, at its own places (r, q)."""
    return np.asarray((basis(places, knots, derivative) @ betas[:, :, None])[:, :, 0])


def _come_up(span: Array, knots: Array, betas: Array, levels: Array) -> Array:
    """Where a cubic that rises throughout the stretch `span` (r, 2) meets the level, by halving."""
    left, width = span[:, :1], span[:, 1] - span[:, 0]
    height, slope, bend, jerk = (_at(left, knots, betas, order)[:, 0] for order in range(4))
    low, high = np.zeros_like(width), width
    for _ in range(HALVINGS if len(width) else 0):
        u = 0.5 * (low + high)
        under = height + u * (slope + u * (bend / 2.0 + u * jerk / 6.0)) < levels
        low, high = np.where(under, u, low), np.where(under, high, u)
    return np.asarray(span[:, 0] + high)


def _turns(places: Array, heights: Array) -> tuple[Array, Array, Array]:
    """Depth and place of the first local minimum below the start, and the first zero of the slope."""
    size = np.abs(heights).max(axis=1, keepdims=True)
    steps = np.diff(heights, axis=1)
    direction = np.where(np.abs(steps) <= FLAT * size, 0.0, np.sign(steps))
    begin = heights[:, 0]
    going = np.zeros(len(heights))  # whether the curve last rose (1) or fell (-1)
    depth, turning, flat = (
        np.zeros(len(heights)),
        np.full(len(heights), np.nan),
        np.full(len(heights), np.inf),
    )
    for now, place, height in zip(direction.T, places.T, heights.T, strict=False):
        turned = (now != 0) & (going != 0) & (now != going)
        flat = np.where(turned & np.isinf(flat), place, flat)
        dip = turned & (now > 0) & (height < begin) & np.isnan(turning)
        depth = np.where(dip, begin - height, depth)
        turning = np.where(dip, place, turning)
        going = np.where(now != 0, now, going)
    fell = (going < 0) & (heights[:, -1] < begin)
    turning = np.where(np.isfinite(turning), turning, np.where(fell, np.inf, places[:, 0]))
    unknown = np.isnan(begin)
    return tuple(np.where(unknown, np.nan, found) for found in (depth, turning, flat))  # type: ignore[return-value]


def _crossings(places: Array, heights: Array, levels: Array) -> tuple[Array, Array]:
    """Start or infinity where a curve does not come up to its level, or the stretch (r, 2) where it does."""
    below = heights < levels[:, None]
    comes_up = below[:, :-1] & ~below[:, 1:]
    first = np.argmax(comes_up, axis=1)
    rows = np.arange(len(heights))
    span = np.stack([places[rows, first], places[rows, first + 1]], axis=1)
    span[~comes_up.any(axis=1)] = np.nan
    answer = np.where(below.any(axis=1), np.inf, places[:, 0])
    answer[np.isnan(levels) | np.isnan(heights[:, 0])] = np.nan
    return answer, span
