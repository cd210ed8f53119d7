"""Courses of recovery after treatment: the first use, the relapses that follow, and sustained remission.

After the landmark - the first completed interview on or after the end of treatment - the hazard of a first
use is proportional: lower for those who help others and for those who go to meetings. Before it the hazard is
the same for everyone, but agrees with what the interview says of the last 30 days. Later interviews follow
another law: the demo does not reconcile their days without use with these times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.chance import Floats

_YEAR = 365.25
_FAR = 15 * _YEAR  # no extract looks that far; courses are not drawn beyond it


@dataclass(frozen=True, slots=True)
class CourseTruth:
    """Hazards of use, and when people are lost from sight.

    `helping` and `meetings_per_10` are hazard ratios, given each other, from the landmark on. `clean_at`
    holds days since the landmark and the shares without use by then, among people who do not help and go to
    `usual_meetings`; the hazard is constant between them and `later_per_year` after the last.
    """

    helping: float = 0.61  # derived: ln .40 / ln .22, published shares of Pagano et al. 2004
    helping_cut: float = 40.0  # published cut of the Service to Others in Sobriety scale
    meetings_per_10: float = 0.75  # ours
    usual_meetings: float = 8.0  # ours
    clean_at: tuple[tuple[float, float], ...] = (
        (90.0, 0.54),
        (365.0, 0.22),
    )  # published share; the 90 days ours
    later_per_year: float = 0.30  # ours
    before_per_year: float = 0.60  # ours: between the end of treatment and the landmark
    days_of_use: float = 210.0  # ours: mean length of a return to use
    clean_again: float = 0.20  # ours: share of later attempts that last 12 months
    remission_days: int = 365  # 12 months without use
    lost_per_year: float = 0.08  # ours, once treatment has ended and the landmark is past

    def without_effects(self) -> CourseTruth:
        """Return the placebo world: helping and meetings change nothing."""
        return CourseTruth(helping=1.0, meetings_per_10=1.0)


COURSES = CourseTruth()


@dataclass(frozen=True, slots=True)
class Courses:
    """What happens to people after they enter, in days since entry: arrays, one entry a person.

    `exit` is the end of treatment, `first_use` the first use after it, `remission` the day on which 12 months
    without use are complete, counted from entry on. `seen_until` is the last day on which anyone would know:
    the day of death, or that on which the person is lost. `left` is False for people who died in treatment.
    """

    participant_id: pl.Series
    exit: Floats
    left: np.ndarray
    first_use: Floats
    remission: Floats
    seen_until: Floats


def landmarks(assessments: pl.DataFrame, exits: pl.DataFrame) -> pl.DataFrame:
    """Find the first completed interview on or after each person's exit, and what it says.

    Parameters
    ----------
    assessments
        participant_id, followup_status, assessment_day, sos, twelve_step_meetings_30, abstinent_days_30.
    exits
        participant_id and exit_day, one row a person.

    Returns
    -------
    polars.DataFrame
        One row for each row of `exits`, in its order: landmark, sos, meetings, clean_days; null without one.
    """
    after = (
        assessments.filter(pl.col("followup_status") == "completed")
        .join(exits, on="participant_id")
        .filter(pl.col("assessment_day") >= pl.col("exit_day"))
        .sort("assessment_day")
        .unique("participant_id", keep="first", maintain_order=True)
        .select(
            "participant_id",
            landmark="assessment_day",
            sos="sos",
            meetings="twelve_step_meetings_30",
            clean_days="abstinent_days_30",
        )
    )
    return exits.join(after, on="participant_id", how="left", maintain_order="left")


def draw_course(
    rng: np.random.Generator, at: pl.DataFrame, death: Floats, left: np.ndarray, truth: CourseTruth = COURSES
) -> Courses:
    """Draw the courses of people.

    Parameters
    ----------
    rng
        Random numbers.
    at
        What `landmarks` gives.
    death
        Days from entry to death.
    left
        Whether the person left treatment alive.
    truth
        The hazards.
    """
    end, landmark = (at[name].cast(pl.Float64).to_numpy() for name in ("exit_day", "landmark"))
    first_use = _first_use(rng, at, end, landmark, truth)
    lost = np.fmax(end, landmark) + np.ceil(rng.exponential(_YEAR / truth.lost_per_year, len(end)))
    return Courses(
        participant_id=at["participant_id"],
        exit=end,
        left=left,
        first_use=first_use,
        remission=_remission(rng, first_use, truth),
        seen_until=np.minimum(lost, death),
    )


def as_of(courses: Courses, through: Floats) -> pl.DataFrame:
    """Return rows of core.outcome_times as an extract knows them that covers people `through` a day.

    People in treatment have no row for a first use after it. Both outcomes are censored at the end of the
    extract, at death and at loss.
    """
    seen = np.minimum(courses.seen_until, through)
    parts = []
    for outcome, day, known in (
        ("first_use", courses.first_use, courses.left & (courses.exit <= seen)),
        ("sustained_remission", courses.remission, seen >= 0),
    ):
        rows = pl.DataFrame(
            {
                "participant_id": courses.participant_id,
                "outcome": pl.Series([outcome]).new_from_index(0, len(day)),
                "day_observed": np.minimum(day, seen).astype(np.int64),
                "event_observed": day <= seen,
            }
        )
        parts.append(rows.filter(pl.Series(known)))
    return pl.concat(parts)


def hazard_ratio(at: pl.DataFrame, truth: CourseTruth = COURSES) -> Floats:
    """Hazard of a first use against a person who does not help and goes to the usual meetings.

    People whose landmark does not tell, or who have none, count as such a person in what it does not tell.
    """
    helps = (at["sos"] >= truth.helping_cut).fill_null(value=False).to_numpy()
    more = at["meetings"].cast(pl.Float64).fill_null(truth.usual_meetings).to_numpy() - truth.usual_meetings
    return np.asarray(np.where(helps, truth.helping, 1.0) * truth.meetings_per_10 ** (more / 10))


def cumulative_hazard(truth: CourseTruth = COURSES) -> tuple[Floats, Floats]:
    """Days since the landmark and the cumulative hazard at them, straight between; of ratio 1."""
    days = [0.0, *(day for day, _ in truth.clean_at), _FAR]
    hazards = [0.0, *(-np.log(share) for _, share in truth.clean_at)]
    hazards.append(hazards[-1] + truth.later_per_year / _YEAR * (days[-1] - days[-2]))
    return np.array(days), np.array(hazards)


def _first_use(
    rng: np.random.Generator, at: pl.DataFrame, end: Floats, landmark: Floats, truth: CourseTruth
) -> Floats:
    """Day of the first use, a whole number after the exit; beyond all extracts where it never comes."""
    told = landmark - end >= 30  # then the last 30 days lie after treatment; False without a landmark
    clean_days = at["clean_days"].cast(pl.Float64).to_numpy()
    used = told & (clean_days < 30)
    possible_until = np.where(told & (clean_days == 30), landmark - 30, landmark)
    rate = truth.before_per_year / _YEAR
    chance = np.where(used, -np.expm1(-rate * (landmark - end)), 1.0)  # 1: whenever it comes
    early = end + np.maximum(np.ceil(-np.log1p(-chance * rng.random(len(end))) / rate), 1.0)
    days, hazards = cumulative_hazard(truth)
    later = np.interp(rng.exponential(size=len(end)) / hazard_ratio(at, truth), hazards, days)
    late = np.fmax(end, landmark) + np.maximum(np.ceil(later), 1.0)
    return np.where(early <= possible_until, early, late)


def _remission(rng: np.random.Generator, first_use: Floats, truth: CourseTruth) -> Floats:
    """Day on which 12 months without use are complete; infinite where that lies beyond all extracts."""
    day = np.where(first_use > truth.remission_days, float(truth.remission_days), np.inf)
    use = first_use.copy()
    again = -_YEAR / np.log(truth.clean_again)  # mean days of a later attempt
    while (trying := np.isinf(day) & (use < _FAR)).any():
        n = int(trying.sum())
        clean_from = use[trying] + 1 + np.ceil(rng.exponential(truth.days_of_use, n))
        lasts = np.ceil(rng.exponential(again, n))
        kept = lasts > truth.remission_days
        day[trying] = np.where(kept, clean_from + truth.remission_days, np.inf)
        use[trying] = np.where(kept, np.inf, clean_from + lasts)
    return day
