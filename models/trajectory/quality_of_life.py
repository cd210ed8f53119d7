"""Q1: quality of life by time in recovery, its early dip, and when it meets the general population's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.estimate import MINIMUM_PEOPLE, Estimate, Findings, refused
from models.fitness import NOT_ENOUGH, Gate, diagnostics_of, failed, gate
from models.trajectory.drawn_interval import NOT_SMALL, SmallSample, drawn_limits, small_sample
from models.trajectory.group_curves import GROUPS, Curves, GroupCurve, Level, Way, crossing_year, group_curves
from models.trajectory.quality_of_life_curves import curve_points
from models.trajectory.quality_of_life_facts import Facts, facts
from models.trajectory.quality_of_life_otherwise import WAYS, sensitivity
from models.trajectory.spline import basis
from models.trajectory.survey_people import Survey, survey_people

Array = NDArray[np.float64]
ANALYSIS: Final = "Q1"
OUTCOME: Final = "eurohis_qol8"
REPLICATES: Final = 2000
SEED: Final = 20180401
METHOD: Final = "survey-weighted restricted cubic spline of time in recovery; bootstrap by person"
TERMS: Final[Mapping[str, str]] = {
    "dip_depth": "points",
    "turning_point_years": "years",
    "crossing_years": "years",
}
DIFFERENCE: Final = "crossing_years_with_minus_without_center"
SUFFIX: Final = {group: "" if group == "everybody" else f"_{group}" for group in GROUPS}
MAIN: Final = "main"
PEOPLE_DIFFER: Final = (
    "Compares people at different times in recovery, each asked once; it does not show that anyone changed."
)
CHOSE: Final = "People chose whether to attend a center; a difference is not by itself what a center does."
NO_DIP: Final = "None found: the curve does not fall below its start and rise again."
FALLS: Final = "None found: within the years observed the curve falls below its start and does not turn."
NOT_REACHED: Final = (
    "Not reached: within the years observed, the curve stays below the mean of people who never had a "
    "problem."
)
ABOVE: Final = (
    "No year of crossing: the curve lies at or above the mean of people who never had a problem from the "
    "start on."
)
OPEN_ABOVE: Final = "The upper limit is not reached within the years observed."
OUTSIDE: Final = (
    "Cannot be told: what the drawn curve shows lies outside the limits that its own replicates give."
)
NO_LIMITS: Final = "No interval: too many bootstrap replicates leave a part of the curve without people."


def analyse(
    recovery_surveys: pl.DataFrame,
    *,
    population: str,
    replicates: int = REPLICATES,
    seed: int = SEED,
    minimum_people: int = MINIMUM_PEOPLE,
    ways: Mapping[str, Way] = WAYS,
) -> Findings:
    """Find the dip, the turning point and the crossing year of each group's curve.

    Estimand: of f(x), the mean quality of life of the people who are x years in recovery, and of m, that of
    people who never had a problem, both weighted to the population: `dip_depth`, f at the start less f
    at its first local minimum below that; `turning_point_years`, the x of that minimum;
    `crossing_years`, the first x at which f comes up to m. For everybody and by attendance at a
    recovery community center; the difference of the two crossing years. f is a restricted cubic spline
    (`spline.fit_spline`, `knots.knot_shares`). Everybody is asked once: these are differences between people.

    Intervals are percentiles of a bootstrap by person (`person_bootstrap`, `drawn_interval.drawn_limits`) in
    which knots and m are found anew; a replicate that never crosses counts as infinity. Crossing
    years are corrected for a bias that is small (`drawn_interval.corrected`), and no number is given that
    lies outside its own limits. A curve that does not dip, turn or cross is
    an answer: the estimate is refused with that reason. A group that weighs no more than a handful of
    people says nothing (`fitness.LIMITS`).

    Parameters
    ----------
    recovery_surveys : pl.DataFrame
        core.recovery_surveys of one population, as of one quarter.
    population : str
        Name of the population.
    replicates, seed : int
        Of the bootstrap.
    minimum_people : int
        Least number of people in a group, and at either end of its years.
    ways : mapping of name to Way
        The sensitivity set.

    Raises
    ------
    ValueError
        A column is missing or a participant repeated.
    """
    survey = survey_people(recovery_surveys)
    made = group_curves(
        survey, {MAIN: Way(), **ways}, replicates=replicates, seed=seed, minimum_people=minimum_people
    )
    main = made[MAIN]
    gates = _gates(main)
    estimates: list[Estimate] = []
    for group in GROUPS:
        estimates += _group_estimates(main, group, gates.get(group, ()), survey, population)
    fitting = {
        group: curve for group, curve in main.groups.items()
        if not isinstance(curve, str) and all(one.passed for one in gates[group])
    }  # fmt: skip
    estimates.append(_difference(main, fitting, population))
    others = {name: made[name] for name in ways}
    told = Facts(outcome=OUTCOME, population=population, suffix=SUFFIX)
    return Findings(
        analysis=ANALYSIS,
        estimates=tuple(estimates),
        curves=curve_points(survey, fitting, outcome=OUTCOME, population=population),
        diagnostics=(
            *facts(survey, main.level, fitting, told),
            *sensitivity(survey, main.level, fitting, others, told),
            *diagnostics_of(gates.get("everybody", ()), outcome=OUTCOME, population=population),
        ),
    )  # fmt: skip


def _gates(main: Curves) -> dict[str, tuple[Gate, ...]]:
    """Of each group: that it weighs enough people, and that everybody does."""
    own = {
        group: gate("effective_sample_size", curve.effective)
        for group, curve in main.groups.items()
        if not isinstance(curve, str)
    }
    everybody = (own["everybody"],) if "everybody" in own else ()
    return {group: tuple(dict.fromkeys((*everybody, one))) for group, one in own.items()}


def _group_estimates(
    main: Curves, group: str, gates: tuple[Gate, ...], survey: Survey, population: str
) -> tuple[Estimate, ...]:
    curve = main.groups[group]
    n_people = len(curve.people) if isinstance(curve, GroupCurve) else None
    if weak := failed(gates):  # then "none found" and "not reached" would say too much as well
        curve = f"{NOT_ENOUGH}: {weak[0].reason}."
    rows = []
    for stem, scale in TERMS.items():
        term = f"{stem}{SUFFIX[group]}"
        found = curve if isinstance(curve, str) else _found(stem, curve, main.level)
        if isinstance(found, str):
            rows.append(_refused(term, scale, population, n_people, found))
            continue
        assert isinstance(curve, GroupCurve)
        drawn = getattr(curve.drawn, _LANDMARK[stem])
        small = _small(stem, curve, main.level, survey)
        rows.append(
            _estimate(term, found, drawn, small, scale=scale, population=population, n_people=n_people)
        )
    return tuple(rows)


_LANDMARK: Final = {
    "dip_depth": "dip_depth", "turning_point_years": "turning_point", "crossing_years": "crossing",
}  # fmt: skip


def _found(stem: str, curve: GroupCurve, level: Level | str) -> float | str:
    """Give the number, or the reason why there is none."""
    depth, turning, crossing = (
        float(getattr(curve.found, name)[0]) for name in ("dip_depth", "turning_point", "crossing")
    )
    if stem != "crossing_years":
        if math.isinf(turning):
            return FALLS
        return (depth if stem == "dip_depth" else turning) if depth > 0.0 else NO_DIP
    if isinstance(level, str):
        return level
    if math.isinf(crossing):
        return NOT_REACHED
    return crossing_year(curve) if crossing > curve.start else ABOVE


def _small(stem: str, curve: GroupCurve, level: Level | str, survey: Survey) -> SmallSample:
    """How few people carry the height, or slope, that decides the answer."""
    fit = curve.fit
    turning, crossing = float(curve.found.turning_point[0]), float(curve.found.crossing[0])
    if stem == "crossing_years" and isinstance(level, Level):
        place = np.array([min(crossing, curve.end)])
        weights = survey.weights[level.people]
        share = weights / weights.sum()
        return small_sample(
            np.concatenate([fit.pull @ basis(place, fit.knots)[0], -share]),
            np.concatenate([fit.residual, survey.answers[level.people] - level.found]),
            np.concatenate([fit.leverage, share]),
        )
    place = np.array([min(turning, curve.end)])
    if stem == "turning_point_years":
        contrast = basis(place, fit.knots, 1)[0]
    else:
        start = np.array([curve.start])
        contrast = (basis(start, fit.knots) - basis(place, fit.knots))[0]
    return small_sample(fit.pull @ contrast, fit.residual, fit.leverage)


def _estimate(
    term: str,
    found: float,
    drawn: Array,
    small: SmallSample,
    *,
    scale: str,
    population: str,
    n_people: int | None,
) -> Estimate:
    """Give an answer with the limits that its replicates give, and what to know of it."""
    limits = drawn_limits(drawn, small)
    if limits is not None and not limits[0] <= found <= limits[1]:
        return _refused(term, scale, population, n_people, OUTSIDE)
    low, high = limits or (None, None)
    notes = [PEOPLE_DIFFER]
    if limits is None:
        notes.append(NO_LIMITS)
    elif math.isinf(limits[1]):
        high = None
        notes.append(OPEN_ABOVE)
    if low is not None and math.isinf(low):
        low = None
        notes.append(
            "There is no lower limit: those without a center may not reach it in the years observed."
        )
    if "center" in term:
        notes.append(CHOSE)
    finite = bool(np.isfinite(drawn).all())
    df = small.df if math.isfinite(small.df) else None
    return Estimate(
        outcome=OUTCOME, term=term, population=population, estimate=found,
        std_error=float(drawn.std(ddof=1)) if finite else None, ci_low=low, ci_high=high, df=df,
        n_people=n_people, n_rows=n_people, method=METHOD, scale=scale,
        small_sample=f"{len(drawn)} bootstrap replicates by person; percentiles"
        + (f" expanded by t with {df:.0f} degrees of freedom (Satterthwaite) and leverage" if df else ""),
        note=" ".join(notes),
    )  # fmt: skip


def _refused(term: str, scale: str, population: str, n_people: int | None, reason: str) -> Estimate:
    return refused(
        outcome=OUTCOME, term=term, population=population, n_people=n_people, method=METHOD, scale=scale,
        reason=f"{reason} {PEOPLE_DIFFER}" if reason in {NO_DIP, FALLS, NOT_REACHED, ABOVE} else reason,
    )  # fmt: skip


def _difference(main: Curves, fitting: Mapping[str, GroupCurve], population: str) -> Estimate:
    """Crossing year of those with a center less that of those without."""
    pair = [fitting.get(group) for group in ("with_center", "without_center")]
    known = [curve for curve in pair if curve is not None]
    if len(known) < 2:
        return _refused(DIFFERENCE, "years", population, None, "One of the two groups has no curve.")
    n_people = sum(len(curve.people) for curve in known)
    found = [_found("crossing_years", curve, main.level) for curve in known]
    words = [one for one in found if isinstance(one, str)]
    if isinstance(main.level, str):
        reason = main.level
    elif len(words) == 2:
        reason = "Neither group has a crossing year, so that there is no difference."
    else:
        whose = "with a center" if isinstance(found[0], str) else "without a center"
        reason = f"Only one group has a crossing year; of those {whose}: {''.join(words)}"
    if words:
        return _refused(DIFFERENCE, "years", population, n_people, reason)
    with np.errstate(invalid="ignore"):
        drawn = known[0].drawn.crossing - known[1].drawn.crossing
    first, second = (float(one) for one in found if not isinstance(one, str))
    between = first - second
    limits = drawn_limits(drawn, NOT_SMALL)
    if limits is not None and not limits[0] <= between <= limits[1]:
        between = float(known[0].found.crossing[0] - known[1].found.crossing[0])
    return _estimate(
        DIFFERENCE, between, drawn, NOT_SMALL, scale="years", population=population, n_people=n_people
    )
