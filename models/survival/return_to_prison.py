"""J1: how many return to prison within 1, 2, 3 and 5 years of release."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import polars as pl

from models.core_frame import require
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.survival.curve_points import curve_points
from models.survival.kaplan_meier import KaplanMeier, incidence_by, kaplan_meier
from models.survival.release_cohort import ReleaseCohort, release_cohort

ANALYSIS = "J1"
OUTCOME = "return_to_prison"
YEARS: Final = (1, 2, 3, 5)
DAYS_PER_YEAR: Final = 365.25
MONTHS: Final = 12  # points of the curve in a year
LATEST_START: Final = 90  # days; a curve may begin this late after release, where early entries are few
CLEAR_OF_START: Final = 15  # days between a late start of the curve and its first whole month
METHOD = "Kaplan-Meier, 1 - S(t), from release; log-log interval"
DELAYED_METHOD = "Kaplan-Meier with delayed entry at program entry, 1 - S(t), from release; log-log interval"
SCALE = "probability"
NO_INTERVAL = {
    False: "No interval: nobody had returned by then.",
    True: "No interval: everybody still followed had returned by then.",
}
CLOCK = (
    "First return to prison after the first release; people leave observation at death or on the last "
    "day the extract covers. Death is treated as censoring."
)


def analyse(
    justice_events: pl.DataFrame,
    episodes: pl.DataFrame,
    *,
    population: str,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Share returned to prison within each horizon, and the curve.

    Estimand: F(t) = P(first return to prison within t years of the first release), if nobody died or
    was lost; 1 - Kaplan-Meier, Greenwood variance, log-log interval. A year is 365.25 days; horizons are
    whole days.
    Where the population has program episodes, people come under observation at entry (left truncation)
    and F(t) holds for people who come to the program.

    Early after release few may have entered; the days before `minimum_people` had entered are then left
    out (at most `LATEST_START`) and the estimates hold for people not yet returned by then: the diagnostic
    `curve_starts_day` is that day, 0 where nothing is left out and the estimates speak of everybody released.
    A horizon is refused where the extracts of fewer than `minimum_people` reach it, and where nobody was
    left under observation before it though not everybody had returned. How many returned never decides:
    few at risk because many returned is a finding, and the interval says how imprecise it is.

    Parameters
    ----------
    justice_events, episodes : pl.DataFrame
        Core tables of one population, as of one quarter; `episodes` empty where it has none.
    population : str
        Name of the population.
    minimum_people : int
        Least number of people, and of people whose extract reaches a horizon.
    """
    require(
        justice_events, "core.justice_events", key=("event_id",),
        columns=("participant_id", "event_id", "justice_measure", "event_day", "extract_day"),
    )  # fmt: skip
    require(
        episodes, "core.episodes", key=("episode_id",), columns=("participant_id", "episode_id", "entry_day")
    )
    cohort = release_cohort(justice_events, episodes)
    diagnostics = _left_out(cohort, population)
    start = _first_dense_day(cohort, minimum_people)
    kept = cohort.exits > start if start is not None else np.zeros(cohort.exits.shape, dtype=bool)
    n_people = int(kept.sum())
    method = DELAYED_METHOD if np.isfinite(cohort.entries).any() else METHOD
    if start is None or n_people < minimum_people:
        if cohort.exits.size < minimum_people:
            reason = f"Fewer than {minimum_people} people could be followed from their release."
        elif start is None:
            reason = (
                f"Fewer than {minimum_people} people had entered the program within {LATEST_START} days "
                "of their release."
            )
        else:
            reason = (
                f"Fewer than {minimum_people} people were followed beyond day {start:.0f} after release; "
                "before it too few had entered the program."
            )
        estimates = tuple(
            refused(
                outcome=OUTCOME, term=_term(years), population=population, n_people=cohort.exits.size,
                method=method, scale=SCALE, reason=reason,
            )
            for years in YEARS
        )  # fmt: skip
        return Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=diagnostics)

    curve = kaplan_meier(cohort.exits[kept], cohort.returned[kept], np.maximum(cohort.entries[kept], start))
    note = CLOCK
    if start > 0:
        note += f" Holds for people not returned in the first {start:.0f} days, when too few had entered."
    # The last day that enough extracts reach, whether or not the people were still out of prison then.
    reached = float(np.sort(cohort.possible[kept])[-minimum_people])
    estimates = tuple(
        _estimate(
            curve, years=years, reached=reached, population=population, method=method, note=note,
            minimum_people=minimum_people,
        )
        for years in YEARS
    )  # fmt: skip
    first = max(float(start), 0.0)
    return Findings(
        analysis=ANALYSIS,
        estimates=estimates,
        curves=curve_points(
            curve, outcome=OUTCOME, name="overall", population=population, x_unit="years",
            places=_months(first, min(reached, curve.known_until)),
        ),
        diagnostics=(
            *diagnostics,
            Diagnostic(
                outcome=OUTCOME, diagnostic="people_before_curve", population=population,
                value=float(cohort.exits.size - n_people), n_people=cohort.exits.size - n_people,
                detail="people whose observation ended before enough people had entered",
            ),
            Diagnostic(
                outcome=OUTCOME, diagnostic="curve_starts_day", population=population, value=first,
                n_people=n_people, detail=(
                    "day after release from which the curve and the shares hold, for people not yet returned "
                    "by then; 0: they hold from release"
                ),
            ),
        ),
    )  # fmt: skip


def horizon_days(years: float) -> int:
    """Whole days in so many years of 365.25, half a day rounded up.

    Event days are whole numbers; an extract in months that was rounded to days puts month 24 (730.5) on
    day 731 and month 36 (1095.75) on day 1096, which belong within 2 and 3 years.
    """
    return int(np.floor(years * DAYS_PER_YEAR + 0.5))


def _months(first: float, last: float) -> list[tuple[float, float]]:
    """Places of the curve: years and whole days of each month to `last`; a late start is a place as well."""
    months = ((m / MONTHS, float(horizon_days(m / MONTHS))) for m in itertools.count())
    upto = list(itertools.takewhile(lambda place: place[1] <= last, months))
    if first == 0:
        return upto
    clear = [(x, day) for x, day in upto if day >= first + CLEAR_OF_START]
    return [(first / DAYS_PER_YEAR, first), *clear]


def _term(years: int) -> str:
    return f"within_{years}_year" if years == 1 else f"within_{years}_years"


def _first_dense_day(cohort: ReleaseCohort, minimum_people: int) -> float | None:
    """First day by which enough people had entered; minus infinity from release on; None if none is early.

    Those who entered and have returned since count too: the day must not depend on who returned.
    """
    if cohort.exits.size < minimum_people:
        return None
    if not np.isfinite(cohort.entries).any():
        return float(-np.inf)
    for day in np.unique(np.maximum(cohort.entries, 0.0)):
        if day > LATEST_START:
            return None
        if np.sum((cohort.entries <= day) & (cohort.possible >= day)) >= minimum_people:
            return float(day) if day > 0 else float(-np.inf)
    return None


def _estimate(
    curve: KaplanMeier,
    *,
    years: int,
    reached: float,
    population: str,
    method: str,
    note: str,
    minimum_people: int,
) -> Estimate:
    """One horizon, or why there is none."""
    horizon = horizon_days(years)
    n_people = curve.exits.size
    reason = ""
    if horizon > reached:
        span = f"{years} year{'s' if years > 1 else ''}"
        reason = f"For fewer than {minimum_people} people do the records reach {span} after release."
    elif horizon > curve.known_until:
        reason = (
            "Before then nobody was left under observation, though not everybody had returned: the share "
            "cannot be known."
        )
    if reason:
        return refused(
            outcome=OUTCOME, term=_term(years), population=population, n_people=n_people,
            method=method, scale=SCALE, reason=reason,
        )  # fmt: skip
    share = incidence_by(curve, horizon)
    return Estimate(
        outcome=OUTCOME, term=_term(years), population=population, estimate=share.value,
        std_error=share.std_error, ci_low=share.low, ci_high=share.high, n_people=n_people,
        n_rows=n_people, n_events=curve.events_by(horizon), method=method, scale=SCALE,
        small_sample="normal; Greenwood variance on the log-log scale, no degrees of freedom",
        note=note if share.low is not None else f"{note} {NO_INTERVAL[share.value == 1.0]}",
    )  # fmt: skip


def _left_out(cohort: ReleaseCohort, population: str) -> tuple[Diagnostic, ...]:
    """How long people could be followed, and who could not be."""
    n_people = cohort.exits.size
    details = {
        "people_without_release": "people with justice rows but no dated release: no clock",
        "people_without_last_covered_day": "people whose extract does not say how far it reaches",
        "people_released_after_last_covered_day": "people released after the extract ends, or dead before",
        "people_never_in_program": "people without a program entry, in a population that has entries",
        "people_returned_before_entry": "people back in prison before they entered the program: left out",
        "people_censored_before_entry": "people whose follow-up ended before they entered the program",
    }
    return (
        Diagnostic(
            outcome=OUTCOME, diagnostic="follow_up", population=population, n_people=n_people,
            value=float(np.median(cohort.possible)) / DAYS_PER_YEAR if n_people else None,
            detail="median years from release to the last day the extract covers",
        ),
        *(
            Diagnostic(
                outcome=OUTCOME, diagnostic=name, population=population, value=float(cohort.left_out[name]),
                n_people=cohort.left_out[name], detail=detail,
            )
            for name, detail in details.items()
        ),
    )  # fmt: skip
