"""Linear mixed model whose residuals are correlated from day to day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_profile import Peak, Profile
from models.within_person.linear.gapped_rows import gapped_rows
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method
from models.within_person.refusal import NotIdentifiedError

Array = NDArray[np.float64]

LADDER: Final = (0.3, 0.6, 0.85, 0.95)  # correlations over the median gap, climbed while the fit improves
FAR: Final = 0.95  # always looked at: a second peak lies near 1, where correlation passes for person effects
SUMMIT: Final = (0.99, 0.999, 0.9999)  # tried where the fit still improves at FAR
IMPROVEMENT: Final = 1e-9  # of the deviance: what one more step must promise
STEPS: Final = 40
HARDLY_WORSE: Final = 3.841  # deviance: values within the 95% profile interval
WIDE: Final = 0.5  # range of correlations fitting hardly worse, from which the rows tell little of it
NEARBY: Final = 0.2  # distance over which the bend of the profile is taken
HALFWAY: Final = 0.5  # looked at where the estimate is 0, to see how much the rows tell
CONTEST: Final = 20.0  # deviance above the lowest seen, beyond which a rough look settles a far correlation
NO_PEAK: Final = 1e-7  # deviance: less difference than rounding makes


def fit_autoregressive(
    rows: ModelRows, *, method: Method = "reml", structure: Covariance = "full", negative: bool = False,
    engine: Engine = "auto",
) -> LinearFit:  # fmt: skip
    """Fit y = X beta + Z b + e, e of one person correlated phi^|day - day'|, persons independent.

    Estimand: beta of E[y | X] = X beta under the normal mixed model with first-order autoregressive
    residuals in continuous time: the correlation hangs on the days between two rows, so a missing day is a
    gap of two days and its neighbors are not made neighbors. Residual variance sigma^2 / weight. For a given
    phi the rows are whitened by gap and the independent-residual model is fitted to their cross-products;
    the profile deviance, with the sum of log(1 - phi^2gap) added, is then minimized over 0 <= phi < 1 by its
    exact slope. The covariance of beta is generalized least squares at the estimated variances and phi;
    `autoregressive_inference` gives degrees of freedom that allow for their uncertainty.

    Parameters
    ----------
    rows : ModelRows
        With `day`, in any unit; gaps need not be whole.
    method, structure, engine
        As for `fit`.
    negative : bool
        Allow -1 < phi < 1. Needs gaps of whole days; the sign alternates with the gap.

    Returns
    -------
    LinearFit
        `correlation` is phi, a day apart. At the boundary phi = 0 the fit is the one with independent
        residuals, and `note` says so. Where the likelihood rises as phi nears 1 the outcome is "not
        converged" and `note` names that boundary; so does it where very different phi fit about as well.

    Raises
    ------
    ValueError
        No days, days that do not rise within a person, gaps of part days where `negative`; rows with a value
        that is missing or infinite or a weight that is not positive, counted; a column whose values cannot be
        squared.
    NotIdentifiedError
        There are no more rows than parameters, no person has two rows, phi cannot be told from the person
        effects, or the columns from one another.

    References
    ----------
    Jones & Boadi-Boateng 1991, Biometrics 47:161; Pinheiro & Bates 2000, Mixed-Effects Models in S and
    S-PLUS, section 5.3; Chi & Reinsel 1989, JASA 84:452.
    """
    scaled = gapped_rows(rows, structure=structure, negative=negative, engine=engine)
    _refuse_saturated(rows, structure)
    profile = Profile(scaled, method=method, structure=structure, engine=engine)
    best = maximum(profile, negative=negative)
    found = scaled.scale.back(profile.settle(best.at))
    outcome, notes = found.outcome, [found.note] if found.note else []
    if best.at == 0.0:
        profile(HALFWAY)
        notes.append("no correlation of neighboring days: phi is at its boundary 0")
    elif abs(best.at) == SUMMIT[-1] and best.slope * best.at < 0:
        outcome = "not converged"
        notes.append(f"the likelihood still rises as phi nears {'1' if best.at > 0 else '-1'}, its boundary")
    notes += _hardly_told(profile, best)
    return replace(
        found, correlation=scaled.per_day(best.at), outcome=outcome, note="; ".join(notes),
        evaluations=profile.evaluations,
    )  # fmt: skip


def _refuse_saturated(rows: ModelRows, structure: Covariance) -> None:
    q, p = len(rows.random), rows.x.shape[1]
    variances = 1 + (q * (q + 1) // 2 if structure == "full" else q)
    if rows.y.size - p <= variances + 1:
        raise NotIdentifiedError(
            f"{rows.y.size} rows do not suffice for {p} coefficients, {variances} variances and a correlation"
        )


def _hardly_told(profile: Profile, best: Peak) -> list[str]:
    """Say where very different correlations fit about as well.

    The 95% interval from the bend of the profile at its minimum, on Fisher's z scale, widened to every
    correlation tried that fits within the limit of the likelihood ratio.
    """
    low = high = best.at
    others = [point for point in profile.points if point.best and 1e-5 < abs(point.at - best.at) < NEARBY]
    if others:
        other = min(others, key=lambda point: abs(point.at - best.at))
        bend = (other.slope - best.slope) / (other.at - best.at)
        half = np.sqrt(2.0 * HARDLY_WORSE / max(bend, 1e-12)) / (1.0 - best.at**2)
        low, high = (float(np.tanh(np.arctanh(best.at) + side)) for side in (-half, half))
    close = [point.at for point in profile.points if point.deviance < best.deviance + HARDLY_WORSE]
    low, high = min([low, *close]), max([high, *close])
    if best.at >= 0 and min(point.at for point in profile.points) >= 0:
        low = max(low, 0.0)
    if high - low < WIDE:
        return []
    return [
        f"phi is weakly identified: correlations from about {low:.2f} to {high:.2f} between rows "
        f"{profile.rows.unit:.3g} days apart fit within the 95% limit of the likelihood ratio"
    ]


def maximum(profile: Profile, *, negative: bool) -> Peak:
    """Minimize the profile deviance over the correlation.

    The values climbed from 0 and one near 1 are bracketed by the signs of their slopes; every bracket that
    holds a minimum is narrowed, and the lowest wins.
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
    found = [narrow(profile, low, high) for low, high in brackets]
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


def narrow(profile: Callable[[float], Peak], low: Peak, high: Peak) -> Peak:
    """Find where the slope is zero in a bracket: cubic start, then secants kept inside by bisection."""
    before, now = low, profile(_cubic_minimum(low, high))
    for step in range(STEPS if now.best else 0):
        low, high = (now, high) if now.slope < 0 else (low, now)
        bend = (now.slope - before.slope) / (now.at - before.at) if now.at != before.at else 0.0
        if bend <= 0:
            bend = (high.slope - low.slope) / (high.at - low.at)
        target = now.at - now.slope / bend
        if abs(now.slope * (target - now.at)) < 2.0 * IMPROVEMENT or high.at - low.at < 1e-13:
            break
        width = high.at - low.at
        if not low.at < target < high.at or (step % 5 == 4 and width > 1e-6):
            target = 0.5 * (low.at + high.at)
        before, now = now, profile(target)
        if now.best is None:
            break
    return now


def _cubic_minimum(low: Peak, high: Peak) -> float:
    """Minimum of the cubic through two values and slopes, kept off the ends."""
    width = high.at - low.at
    d1 = low.slope + high.slope - 3.0 * (high.deviance - low.deviance) / width
    root = np.sqrt(max(d1 * d1 - low.slope * high.slope, 0.0))
    share = 1.0 - (high.slope + root - d1) / (high.slope - low.slope + 2.0 * root)
    return low.at + width * float(np.clip(share, 0.02, 0.98))
