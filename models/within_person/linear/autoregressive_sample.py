"""Where many people are, ask some of them first where the correlation lies.

The answer of some decides nothing about the estimate, which is where the slope of everybody's profile is
zero; it decides where to look. It is taken only where it leaves no second peak in the running.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_profile import Peak, Profile
from models.within_person.linear.autoregressive_search import NEARBY, SUMMIT, from_near, maximum
from models.within_person.linear.gapped_rows import GappedRows
from models.within_person.linear.linear_fit import Covariance, Method

SOME: Final = 128  # people asked first
MANY: Final = 4 * SOME  # people from which that pays
ENOUGH: Final = 0.05  # of some people's deviance: finer than they tell of everybody
CLEAR: Final = 40.0  # deviance of some people by which a peak must stand out from correlations not nearby
SEED: Final = 1989  # who is asked must not hang on the order of people, nor change from run to run


def minimum(
    rows: GappedRows, *, method: Method, structure: Covariance, engine: Engine, negative: bool
) -> tuple[Profile, Peak]:
    """Minimize the profile deviance over the correlation, from the answer of some people where it is clear.

    A peak of a random sample that stands out by `CLEAR` from every correlation tried farther than `NEARBY`
    settles which peak is everybody's; from there everybody's own slope leads. Where the sample is not clear,
    or everybody's slope leads elsewhere, the search is `maximum` over everybody.

    Raises
    ------
    NotIdentifiedError
        As `maximum`.
    """
    start, hints = None, tuple[Peak, ...]()
    if rows.n_people >= MANY:
        some = Profile(some_people(rows), method=method, structure=structure, engine=engine)
        start = _clear_peak(some, negative=negative)
        hints = tuple(point for point in some.points if point.best)
    profile = Profile(rows, method=method, structure=structure, engine=engine, hints=hints)
    found = None
    if start is not None:
        at, bend = start
        found = from_near(profile, at, bend * rows.n_rows / some.rows.n_rows)
    return profile, found or maximum(profile, negative=negative)


def _clear_peak(some: Profile, *, negative: bool) -> tuple[float, float] | None:
    """Place of the only peak in the running and the deviance's bend there; None where it is not clear."""
    try:
        best = maximum(some, negative=negative, enough=ENOUGH)
    except NotIdentifiedError:  # too few people, or a predictor that none of them has: everybody is asked
        return None
    others = [point for point in some.points if point.best and point is not best]
    far = [point for point in others if abs(point.at - best.at) > NEARBY]
    if best.best is None or not far or min(point.deviance for point in far) < best.deviance + CLEAR:
        return None
    other = min(others, key=lambda point: abs(point.at - best.at))
    bend = (other.slope - best.slope) / (other.at - best.at)
    if not bend > 0:
        return None
    at = best.at - best.slope / bend
    inside = 0.0 < at * np.sign(best.at) < SUMMIT[-1]  # a peak at a boundary is for everybody to settle
    return (at, bend) if inside else None


def some_people(rows: GappedRows) -> GappedRows:
    """Rows of a simple random sample of people."""
    people = np.sort(np.random.default_rng(SEED).choice(rows.n_people, SOME, replace=False))
    lengths = np.diff(rows.first)[people]
    first = np.append(0, lengths.cumsum()).astype(np.int64)
    picked: NDArray[np.int64] = np.repeat(rows.first[people] - first[:-1], lengths) + np.arange(first[-1])
    gap = rows.gap[picked]
    counts = np.bincount(gap, minlength=rows.gaps.size + 1)[1:].astype(np.int64)
    return replace(rows, values=rows.values[picked], first=first, gap=gap, counts=counts)
