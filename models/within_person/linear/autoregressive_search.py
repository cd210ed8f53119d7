"""Minimize the profile deviance over the correlation, by its exact slope."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from models.refusal import NotIdentifiedError
from models.within_person.linear.autoregressive_profile import Peak, Profile

LADDER: Final = (0.3, 0.6, 0.85, 0.95)  # correlations over the median gap, climbed while the fit improves
FAR: Final = 0.95  # always looked at: a second peak lies near 1, where correlation passes for person effects
SUMMIT: Final = (0.99, 0.999, 0.9999)  # tried where the fit still improves at FAR
IMPROVEMENT: Final = 1e-9  # of the deviance: what one more step must promise
STEPS: Final = 40
NEAR_STEPS: Final = 8  # from a start that is right to some standard errors: four are usual
CONTEST: Final = 20.0  # deviance above the lowest seen, beyond which a rough look settles a far correlation
NO_PEAK: Final = 1e-7  # deviance: less difference than rounding makes
NEARBY: Final = 0.2  # distance of correlations: within it the bend of the profile is taken


def maximum(profile: Profile, *, negative: bool, enough: float = IMPROVEMENT) -> Peak:
    """Minimize the profile deviance over the correlation.

    The values climbed from 0 and one near 1 are bracketed by the signs of their slopes; every bracket that
    holds a minimum is narrowed until a step promises less than `enough`, and the lowest wins.
    """
    zero = profile(0.0)
    regular = bool(profile.rows.gaps[0] >= 1.0)  # otherwise the slope at 0 is infinite and tells little
    if regular and abs(zero.slope) < 1e-4:
        _refuse_flat(profile, zero)
    if zero.slope < 0 or not regular:
        _climb(profile, LADDER)
    if _worth_climbing(profile, FAR):
        _climb(profile, SUMMIT)
    if negative:
        if zero.slope > 0:
            _climb(profile, tuple(-at for at in LADDER))
        if _worth_climbing(profile, -FAR):
            _climb(profile, tuple(-at for at in SUMMIT))
    for _ in range(3):
        hidden = [(low, high) for low, high in _neighbors(profile) if _contradicts(low, high)]
        if not hidden:
            break
        for low, high in hidden:
            profile(0.5 * (low.at + high.at))
    ends = [point for point in profile.points if abs(point.at) == SUMMIT[-1] and point.slope * point.at < 0]
    if zero.slope >= 0 and not negative:
        ends.append(zero)
    brackets = [(low, high) for low, high in _neighbors(profile) if low.slope < 0 <= high.slope]
    found = [narrow(profile, low, high, enough) for low, high in brackets]
    return min(found + ends, key=lambda point: point.deviance, default=profile.lowest)


def _worth_climbing(profile: Profile, at: float) -> bool:
    """Whether a far correlation could hold the minimum, or lead to it: looked at roughly first."""
    rough = profile(at, exact=False)
    if rough.deviance > profile.lowest.deviance + CONTEST and rough.slope * at > 0:
        return False
    return profile(at).slope * at < 0


def _refuse_flat(profile: Profile, zero: Peak) -> None:
    near = profile(0.01)
    if abs(near.deviance - zero.deviance) < NO_PEAK:
        raise NotIdentifiedError(
            "the correlation of neighboring days cannot be told from the person effects on these rows"
        )


def _climb(profile: Profile, steps: tuple[float, ...]) -> None:
    """Step away from 0 until the deviance rises, or nothing can be fitted."""
    for at in steps:
        if not profile(at).slope * at <= 0:
            return


def _neighbors(profile: Profile) -> list[tuple[Peak, Peak]]:
    points = sorted((point for point in profile.points if point.best), key=lambda point: point.at)
    return list(pairwise(points))


def _contradicts(low: Peak, high: Peak) -> bool:
    """Slopes of one sign between values that run the other way: a minimum hides between."""
    return low.slope * high.slope > 0 and (high.deviance - low.deviance) * low.slope < -NO_PEAK


def narrow(profile: Callable[[float], Peak], low: Peak, high: Peak, enough: float = IMPROVEMENT) -> Peak:
    """Find where the slope is zero in a bracket: cubic start, then secants kept inside by bisection."""
    before, now = low, profile(_cubic_minimum(low, high))
    for step in range(STEPS if now.best else 0):
        low, high = (now, high) if now.slope < 0 else (low, now)
        bend = (now.slope - before.slope) / (now.at - before.at) if now.at != before.at else 0.0
        if bend <= 0:
            bend = (high.slope - low.slope) / (high.at - low.at)
        target = now.at - now.slope / bend
        if abs(now.slope * (target - now.at)) < 2.0 * enough or high.at - low.at < 1e-13:
            break
        width = high.at - low.at
        if not low.at < target < high.at or (step % 5 == 4 and width > 1e-6):
            target = 0.5 * (low.at + high.at)
        before, now = now, profile(target)
        if now.best is None:
            break
    return now


def from_near(profile: Callable[[float], Peak], at: float, bend: float) -> Peak | None:
    """Find where the slope is zero near `at`, `bend` the guess of the slope's slope there.

    Steps by the slope's slope at the last point of the polynomial through the last three. None where they
    lead farther than `NEARBY`, out of the correlations, or where the deviance does not bend upward.
    """
    points = [profile(at)]
    for _ in range(NEAR_STEPS):
        now = points[-1]
        if now.best is None or not bend > 0:
            return None
        target = now.at - now.slope / bend
        if abs(now.slope * (target - now.at)) < 2.0 * IMPROVEMENT:
            return now if len(points) > 1 else None
        if abs(target - at) > NEARBY or not 0.0 < target * np.sign(at) < SUMMIT[-1]:
            return None
        points.append(profile(target))
        bend = _bend(points[-3:])
    return None


def _bend(points: list[Peak]) -> float:
    """Slope at the last of the polynomial through the slopes of two or three points."""
    now, before = points[-1], points[-2]

    def chord(one: Peak, other: Peak) -> float:
        return (one.slope - other.slope) / (one.at - other.at)

    if len(points) == 2 or now.at == before.at:
        return chord(now, before) if now.at != before.at else np.nan
    return chord(now, before) + chord(now, points[0]) - chord(before, points[0])


def _cubic_minimum(low: Peak, high: Peak) -> float:
    """Minimum of the cubic through two values and slopes, kept off the ends."""
    width = high.at - low.at
    d1 = low.slope + high.slope - 3.0 * (high.deviance - low.deviance) / width
    root = np.sqrt(max(d1 * d1 - low.slope * high.slope, 0.0))
    share = 1.0 - (high.slope + root - d1) / (high.slope - low.slope + 2.0 * root)
    return low.at + width * float(np.clip(share, 0.02, 0.98))
