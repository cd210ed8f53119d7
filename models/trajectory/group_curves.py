"""The curve of each group of a recovery survey, as it is and in bootstrap replicates, in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.estimate import MINIMUM_PEOPLE
from models.refusal import NotIdentifiedError
from models.trajectory.drawn_interval import corrected
from models.trajectory.knots import HARRELL, effective_people, knot_shares, weighted_quantiles
from models.trajectory.person_bootstrap import DrawnSums, drawn_curves, drawn_knots, drawn_sums
from models.trajectory.spline import SplineFit, fit_spline
from models.trajectory.survey_people import CENTER_UNKNOWN, NEVER, WITH, WITHOUT, Survey
from models.trajectory.turning_points import Landmarks, first_coming_up, landmarks

Array = NDArray[np.float64]
GROUPS: Final[Mapping[str, tuple[int, ...]]] = {
    "everybody": (WITH, WITHOUT, CENTER_UNKNOWN),
    "with_center": (WITH,),
    "without_center": (WITHOUT,),
}
AT_ONCE: Final = 0.25  # years; where ten people are this early, the curve is asked from year 0 on
QUARTERS: Final = 4  # a start later than that is a whole quarter of a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of making the curves: the main one, or one of the sensitivity set."""

    more_knots: int = 0
    weighted: bool = True
    longest_left_out: float = 0.0  # share of the people, by weight
    root: bool = False  # the spline is one of the square root of time


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCurve:
    """Curve of a group over the years `start` to `end`, and what it does there, found and in r replicates.

    `people` (n,) are rows of the survey; `shares` those of the knots, of the group where `own_knots`, else of
    everybody. Landmarks are in years, also where the fit is one of the square root.
    """

    people: NDArray[np.int64]
    effective: float
    fit: SplineFit
    shares: tuple[float, ...]
    own_knots: bool
    start: float
    end: float
    found: Landmarks
    drawn: Landmarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Weighted mean of those who never had a problem, with its standard error; `people` are rows."""

    people: NDArray[np.int64]
    found: float
    std_error: float


@dataclass(slots=True)
class _Plan:
    """A group's curve before its replicates."""

    people: NDArray[np.int64]
    fit: SplineFit
    shares: tuple[float, ...]
    own_knots: bool
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What one way of making the curves gives: by group a curve, or the reason why there is none."""

    level: Level | str
    groups: Mapping[str, GroupCurve | str]


def group_curves(
    survey: Survey,
    ways: Mapping[str, Way],
    *,
    replicates: int,
    seed: int,
    minimum_people: int = MINIMUM_PEOPLE,
) -> dict[str, Curves]:
    """Make the curves of all groups in all ways, on the same draws of people.

    The groups share the knots of everybody, so that a difference between them is none of knots; a group with
    fewer than `minimum_people` in a part of that curve has knots of its own. Each replicate places its knots
    anew at the same shares, so that the intervals hold the chance in where they lie.

    Parameters
    ----------
    survey : Survey
        Respondents.
    ways : mapping of name to Way
        What to make.
    replicates, seed : int
        Of the bootstrap by person.
    minimum_people : int
        Least number of people in a group, and at each end of its years.
    """
    plans = {name: _plans(survey, way, minimum_people) for name, way in ways.items()}
    level = {name: _level(survey, way, minimum_people) for name, way in ways.items()}
    times, code = np.unique(survey.years[survey.in_recovery], return_inverse=True)
    m = len(times)
    cells = np.full(len(survey.status), 3 * m + 1)
    cells[survey.in_recovery] = code + m * survey.status[survey.in_recovery]
    cells[survey.never] = 3 * m
    drawn: dict[str, dict[str, list[Landmarks]]] = {name: {} for name in ways}
    sets = (survey.weights, np.ones_like(survey.weights))
    needed = sets if any(not way.weighted for way in ways.values()) else sets[:1]
    for tables in drawn_sums(cells, 3 * m + 1, survey.answers, needed, replicates=replicates, seed=seed):
        for name, way in ways.items():
            sums = tables[0 if way.weighted else 1]
            kept = times[times <= _cut(survey, way)]
            parts = [sums.of(slice(m * status, m * status + len(kept))) for status in range(NEVER)]
            means = _means(sums.of(slice(3 * m, 3 * m + 1)), level[name])
            for group, found in _replicates(kept, parts, plans[name], way, means).items():
                drawn[name].setdefault(group, []).append(found)
    return {
        name: Curves(
            level=level[name],
            groups={
                group: plan if isinstance(plan, str)
                else _curve(plan, way, level[name], drawn[name][group], survey)
                for group, plan in plans[name].items()
            },
        )
        for name, way in ways.items()
    }  # fmt: skip


def crossing_year(curve: GroupCurve) -> float:
    """Crossing year, corrected for a bias that is small; the start and infinity as they are."""
    found = float(curve.found.crossing[0])
    return corrected(found, curve.drawn.crossing) if found > curve.start else found


def lower_limit_reaches(curve: GroupCurve, level: Level, critical: float) -> float:
    """First year from which the lower limit of curve less level is at or above 0; infinite if never.

    The start, where the limit lies above 0 throughout. For curves of time itself, not of its root.
    """
    places = np.linspace(curve.start, curve.end, 4001)
    error = np.sqrt(curve.fit.std_error(places) ** 2 + level.std_error**2)
    lower = curve.fit.mean(places) - level.found - critical * error
    return first_coming_up(places, lower, 0.0)


def _weights(survey: Survey, way: Way) -> Array:
    return survey.weights if way.weighted else np.ones_like(survey.weights)


def _cut(survey: Survey, way: Way) -> float:
    """Longest time that is kept."""
    if not way.longest_left_out or not survey.in_recovery.any():
        return np.inf
    kept = survey.in_recovery
    shares = (1.0 - way.longest_left_out,)
    return float(weighted_quantiles(survey.years[kept], _weights(survey, way)[kept], shares)[0])


def _level(survey: Survey, way: Way, minimum_people: int) -> Level | str:
    """Weighted mean, linearized standard error sqrt(n/(n-1) sum w^2 e^2) / sum w, n the whole sample."""
    people = np.flatnonzero(survey.never)
    if len(people) < minimum_people:
        return "Too few people who never had a problem were asked: there is no mean to be reached."
    weights, answers = _weights(survey, way)[people], survey.answers[people]
    mean = float(weights @ answers / weights.sum())
    n = len(survey.status)
    error = float(np.sqrt(n / (n - 1) * np.sum((weights * (answers - mean)) ** 2)) / weights.sum())
    return Level(people=people, found=mean, std_error=error)


def _means(sums: DrawnSums, level: Level | str) -> Array:
    """Mean to be reached in each replicate (r,); NaN where there is none, or nobody of it was drawn."""
    weights, answers = sums.weights[:, 0], sums.answers[:, 0]
    known = (weights > 0) & (not isinstance(level, str))
    return np.where(known, answers / np.where(known, weights, 1.0), np.nan)


def _plans(survey: Survey, way: Way, minimum_people: int) -> dict[str, _Plan | str]:
    weights, cut = _weights(survey, way), _cut(survey, way)
    everybody = np.flatnonzero(survey.in_recovery & (survey.years <= cut))
    shared: tuple[float, ...] | None = None
    plans: dict[str, _Plan | str] = {}
    for group, statuses in GROUPS.items():
        people = everybody[np.isin(survey.status[everybody], statuses)]
        try:
            if len(people) < minimum_people:
                raise NotIdentifiedError(f"fewer than {minimum_people} people")
            if effective_people(weights[people]) <= min(HARRELL):
                raise NotIdentifiedError("nearly all of the weight lies on a few people")
            if shared is None:
                shared = knot_shares(survey.years[everybody], weights[everybody], more=way.more_knots)
            plans[group] = _plan(
                survey, way, people=people, everybody=everybody, weights=weights, shared=shared,
                minimum_people=minimum_people,
            )  # fmt: skip
        except NotIdentifiedError as reason:
            text = str(reason)
            plans[group] = f"{text[:1].upper()}{text[1:]}."
    return plans


def _plan(
    survey: Survey,
    way: Way,
    *,
    people: NDArray[np.int64],
    everybody: NDArray[np.int64],
    weights: Array,
    shared: tuple[float, ...],
    minimum_people: int,
) -> _Plan:
    """Settle a group's years, knots and fit."""
    years = survey.years[people]
    ordered = np.sort(years)
    early, late = ordered[minimum_people - 1], ordered[-minimum_people]
    start = 0.0 if early <= AT_ONCE else float(np.ceil(early * QUARTERS) / QUARTERS)
    end = float(np.floor(late))
    if not start < end:
        raise NotIdentifiedError("people's times span too little for a curve")
    shares, own = shared, False
    knots = weighted_quantiles(survey.years[everybody], weights[everybody], shares)
    parts = np.bincount(np.searchsorted(knots, years, side="right"), minlength=len(knots) + 1)
    # the curve is a straight line before the first knot and beyond the last: no part of its own
    if parts[1:-1].min() < minimum_people and len(people) < len(everybody):
        shares, own = knot_shares(years, weights[people], more=way.more_knots), True
        knots = weighted_quantiles(years, weights[people], shares)
    fit = fit_spline(
        _scale(years, way), survey.answers[people], weights[people], _scale(knots, way),
        sampled=len(survey.status),
    )  # fmt: skip
    return _Plan(people=people, fit=fit, shares=shares, own_knots=own, start=start, end=end)


def _replicates(
    times: Array, parts: list[DrawnSums], plans: Mapping[str, _Plan | str], way: Way, levels: Array
) -> dict[str, Landmarks]:
    """Landmarks of each group in a block of replicates."""
    everybody = parts[WITH] + parts[WITHOUT] + parts[CENTER_UNKNOWN]
    sums = {"everybody": everybody, "with_center": parts[WITH], "without_center": parts[WITHOUT]}
    given = {group: plan for group, plan in plans.items() if not isinstance(plan, str)}
    families = [[group for group, plan in given.items() if not plan.own_knots]]
    families += [[group] for group, plan in given.items() if plan.own_knots]
    answer: dict[str, Landmarks] = {}
    for family in (one for one in families if one):
        first = given[family[0]]
        over = sums[family[0]] if first.own_knots else everybody
        knots = drawn_knots(_scale(times, way), over.weights, first.shares, first.fit.knots)
        betas = drawn_curves(_scale(times, way), [sums[group] for group in family], knots)
        for group, beta in zip(family, betas, strict=True):
            plan = given[group]
            answer[group] = _landmarks(knots, beta, levels, plan, way)
    return answer


def _landmarks(knots: Array, betas: Array, levels: Array, plan: _Plan, way: Way) -> Landmarks:
    """Landmarks in years."""
    start, end = _scale(np.array([plan.start, plan.end]), way)
    found = landmarks(knots, betas, levels, start=float(start), end=float(end))
    if not way.root:
        return found
    return Landmarks(
        dip_depth=found.dip_depth, turning_point=found.turning_point**2, first_flat=found.first_flat**2,
        crossing=found.crossing**2,
    )  # fmt: skip


def _curve(plan: _Plan, way: Way, level: Level | str, blocks: list[Landmarks], survey: Survey) -> GroupCurve:
    height = np.array([np.nan if isinstance(level, str) else level.found])
    return GroupCurve(
        people=plan.people,
        effective=effective_people(_weights(survey, way)[plan.people]),
        fit=plan.fit, shares=plan.shares, own_knots=plan.own_knots, start=plan.start, end=plan.end,
        found=_landmarks(plan.fit.knots, plan.fit.beta[None], height, plan, way),
        drawn=Landmarks(**{
            name: np.concatenate([getattr(block, name) for block in blocks])
            for name in ("dip_depth", "turning_point", "first_flat", "crossing")
        }),
    )  # fmt: skip


def _scale(years: Array, way: Way) -> Array:
    return np.sqrt(years) if way.root else years
