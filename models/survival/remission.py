"""S1: share of people who complete 12 months without use, counted from entry, death competing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import PERSON, PROGRAM
from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, CurvePoint, Diagnostic, Estimate, Findings, refused
from models.fitness import LIMITS, findings_held_back, gate
from models.refusal import NotIdentifiedError
from models.survival import kaplan_meier as single
from models.survival.aalen_johansen import (
    VARIANCE,
    AalenJohansen,
    aalen_johansen,
    clustered_incidence_by,
    incidence_by,
)
from models.survival.kaplan_meier import OBSERVED_FROM_START, Array, Incidence
from models.survival.return_to_prison import DAYS_PER_YEAR, horizon_days

ANALYSIS: Final = "S1"
OUTCOME: Final = "sustained_remission"
REMISSION, DEATH = 1, 2  # causes
YEARS: Final = (1, 3, 5)
MONTHS: Final = 12
METHOD: Final = "Aalen-Johansen, death competing; log-log interval"
SCALE: Final = "probability"
SMALL_SAMPLE: Final = f"normal on the log-log scale; {VARIANCE}, no degrees of freedom"
NOTE: Final = (
    "Share of all who entered; who died first counts as not having reached it. People lost from sight are "
    "taken to fare like those still followed."
)
NO_INTERVAL: Final = " No interval: nobody, or everybody, had reached it by then."
REASONS: Final = {
    "people_without_record": "people who entered a program and have no record of remission or of its absence",
    "people_never_in_program": "people with such a record but no entry into a program",
    "people_over_before_entry": "people whose follow-up was over before they came under observation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Days since entry, arrays (n_people,), and why others are not in them.

    `entries` day from which a person is under observation, `exits` that of remission, death or the end of
    follow-up, `cause` which of them (`REMISSION`, `DEATH`, 0), `program` each person's program as a number.
    `left_out` people by the `REASONS`; `n_contradicted` people said to have reached it after their death, who
    count as dead.
    """

    entries: Array
    exits: Array
    cause: NDArray[np.int64]
    program: NDArray[np.int64]
    left_out: dict[str, int]
    n_contradicted: int


def analyse(
    outcome_times: pl.DataFrame,
    justice_events: pl.DataFrame,
    episodes: pl.DataFrame,
    *,
    population: str,
    entered: pl.DataFrame | None = None,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Share with 12 months without use complete within 1, 3 and 5 years of entry, and the curve.

    Estimand: F(t) = P(12 months without use complete by day t since entry, day 0), people who die first
    never reaching it. Aalen-Johansen estimate with its delta-method variance and log-log limits
    (`aalen_johansen.incidence_by`). A year is 365.25 days; horizons are whole days. Only who was without use
    already at entry can reach it on day 365.

    A horizon is refused where the follow-up of fewer than `minimum_people` would have reached it whatever
    happened to them (`kaplan_meier.expected_to_reach`), and where nobody was left under observation before
    it though not everybody had an event. How many reached it never decides.

    Beside each share: the share of deaths before it; 1 - Kaplan-Meier with death as the end of follow-up,
    which overstates; and the interval that lets people of one program be alike (`clustered_incidence_by`).
    A population without a record of remission gets no rows.

    Parameters
    ----------
    outcome_times, justice_events, episodes : pl.DataFrame
        Core tables of one population, as of one quarter; `episodes` empty where it has none.
    population : str
        Name of the population.
    entered : pl.DataFrame, optional
        participant_id and entry_day: people who came under observation only then, in days since day 0
        (delayed entry). Others are observed from day 0.
    minimum_people : int
        Least number of people, and of people whose follow-up would have reached a horizon.
    """
    require(
        outcome_times, "core.outcome_times", key=(PERSON, "outcome"),
        columns=(PERSON, "outcome", "day_observed", "event_observed"),
    )  # fmt: skip
    require(
        justice_events, "core.justice_events", key=("event_id",),
        columns=(PERSON, "justice_measure", "event_day"),
    )  # fmt: skip
    require(episodes, "core.episodes", key=("episode_id",), columns=(PERSON, PROGRAM, "entry_day"))
    if not (outcome_times["outcome"] == OUTCOME).any():
        return Findings(analysis=ANALYSIS, estimates=())
    people = followed(outcome_times, justice_events, episodes, entered)
    told = _left_out(people, population)
    n_people = people.exits.size
    known = n_people / max(n_people + people.left_out["people_without_record"], 1)
    follow_up = gate("follow_up", known, reason="fewer than half of those who entered have a record")
    if follow_up.passed:
        follow_up = replace(follow_up, reason="at least half of those who entered have a record")
    gates = (follow_up,)
    if n_people < minimum_people:
        reason = f"Fewer than {minimum_people} people could be followed from their entry."
        estimates = tuple(_no(years, reason, n_people, population) for years in YEARS)
        found = Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=told)
        return findings_held_back(found, gates)
    curve = aalen_johansen(people.exits, people.cause, people.entries)
    alone = single.kaplan_meier(people.exits, people.cause == REMISSION, people.entries)
    estimates, rows = (), list(told)
    for years in YEARS:
        answer = _estimate(curve, years, population, minimum_people)
        estimates += (answer,)
        if answer.estimate is not None:
            rows += _beside(curve, alone, people, years, population)
    found = Findings(
        analysis=ANALYSIS, estimates=estimates, diagnostics=tuple(rows),
        curves=_points(curve, population, minimum_people),
    )  # fmt: skip
    return findings_held_back(found, gates)


def followed(
    outcome_times: pl.DataFrame,
    justice_events: pl.DataFrame,
    episodes: pl.DataFrame,
    entered: pl.DataFrame | None = None,
) -> Followed:
    """Find until when each person was followed and what came first: remission, death, or neither.

    A death after the last day on which remission was known to be absent does not count: whether it had come
    by then is not known. A remission on the day of death counts; one after it cannot be and does not.
    """
    records = (
        finite(outcome_times, "day_observed")
        .filter(pl.col("outcome").cast(pl.String) == OUTCOME)
        .drop_nulls(["day_observed", "event_observed"])
        .select(
            PERSON,
            pl.col("day_observed").cast(pl.Float64).alias("day"),
            pl.col("event_observed").cast(pl.Boolean).alias("reached"),
        )
    )
    deaths = (
        finite(justice_events, "event_day")
        .filter(pl.col("justice_measure").cast(pl.String) == "death")
        .group_by(PERSON)
        .agg(pl.col("event_day").min().cast(pl.Float64).alias("death"))
    )
    first = (
        finite(episodes, "entry_day")
        .drop_nulls("entry_day")
        .sort(PERSON, "entry_day", "episode_id")
        .unique(PERSON, keep="first", maintain_order=True)
        .select(PERSON, pl.col(PROGRAM).cast(pl.String))
    )
    left_out = {"people_without_record": first.join(records, on=PERSON, how="anti").height}
    people = records.join(deaths, on=PERSON, how="left").join(first, on=PERSON, how="left")
    known = people if episodes.is_empty() else people.join(first.select(PERSON), on=PERSON, how="semi")
    left_out["people_never_in_program"] = people.height - known.height
    late = known.select(PERSON).clear().with_columns(entry=pl.lit(0.0)) if entered is None else _late(entered)
    dead = pl.col("death").is_not_null() & (pl.col("death") <= pl.col("day"))
    reached = pl.col("reached") & ~(dead & (pl.col("death") < pl.col("day")))
    timed = (
        known.join(late, on=PERSON, how="left")
        .with_columns(
            exit=pl.when(dead).then("death").otherwise("day"),
            cause=pl.when(reached).then(REMISSION).when(dead).then(DEATH).otherwise(0),
            entry=pl.col("entry").fill_null(OBSERVED_FROM_START),
            contradicted=pl.col("reached") & ~reached,
        )
        .sort(PERSON)
    )
    kept = timed.filter(pl.col("entry") < pl.col("exit"))
    left_out["people_over_before_entry"] = timed.height - kept.height
    program = kept[PROGRAM].fill_null("").rank("dense") - 1
    return Followed(
        entries=kept["entry"].to_numpy().astype(float), exits=kept["exit"].to_numpy().astype(float),
        cause=kept["cause"].to_numpy().astype(np.int64), program=program.to_numpy().astype(np.int64),
        left_out=left_out, n_contradicted=int(kept["contradicted"].sum()),
    )  # fmt: skip


def _late(entered: pl.DataFrame) -> pl.DataFrame:
    """Day of entry of people who came under observation after day 0."""
    require(entered, "entered", key=(PERSON,), columns=(PERSON, "entry_day"))
    days = finite(entered, "entry_day").drop_nulls("entry_day").filter(pl.col("entry_day") > 0)
    return days.select(PERSON, pl.col("entry_day").cast(pl.Float64).alias("entry"))


def _term(years: int) -> str:
    return f"within_{years}_year" if years == 1 else f"within_{years}_years"


def _reason(curve: AalenJohansen, years: int, minimum_people: int) -> str:
    """Say why a horizon has no answer; nothing where it has one."""
    horizon = horizon_days(years)
    if horizon > curve.known_until:
        return (
            "Before then nobody was left under observation, though not everybody had reached it or died: the "
            "share cannot be known."
        )
    if _reaching(curve, [horizon])[0] < minimum_people:
        span = f"{years} year{'s' if years > 1 else ''}"
        return f"The follow-up of fewer than {minimum_people} people reaches {span} after entry."
    return ""


def _reaching(curve: AalenJohansen, days: list[int]) -> Array:
    """People whose follow-up would have reached each day, whatever happened to them."""
    return single.expected_to_reach(curve.everybody, curve.cause != 0, np.array(days, dtype=float))


def _estimate(curve: AalenJohansen, years: int, population: str, minimum_people: int) -> Estimate:
    """One horizon, or why there is none."""
    n_people, horizon = curve.cause.size, horizon_days(years)
    if reason := _reason(curve, years, minimum_people):
        return _no(years, reason, n_people, population)
    share = incidence_by(curve, REMISSION, horizon)
    return Estimate(
        outcome=OUTCOME, term=_term(years), population=population, estimate=share.value,
        std_error=share.std_error, ci_low=share.low, ci_high=share.high, n_people=n_people, n_rows=n_people,
        n_events=curve.events_by(REMISSION, horizon), method=METHOD, scale=SCALE, small_sample=SMALL_SAMPLE,
        note=NOTE if share.low is not None else NOTE + NO_INTERVAL,
    )  # fmt: skip


def _no(years: int, reason: str, n_people: int, population: str) -> Estimate:
    return refused(
        outcome=OUTCOME, term=_term(years), population=population, n_people=n_people, method=METHOD,
        scale=SCALE, reason=reason,
    )  # fmt: skip


def _beside(
    curve: AalenJohansen, alone: single.KaplanMeier, people: Followed, years: int, population: str
) -> list[Diagnostic]:
    """Deaths before it, the share if death were the end of follow-up, and the interval by programs."""
    horizon, term = horizon_days(years), _term(years)
    least = LIMITS["degrees_of_freedom"].limit
    by_program: Incidence | None = None
    words = "the interval allows for people of one program being alike"
    try:
        by_program, df = clustered_incidence_by(curve, REMISSION, horizon, people.program)
        if df < least:
            by_program, words = None, LIMITS["degrees_of_freedom"].failed
    except NotIdentifiedError as reason:
        words = str(reason)
    n_people = people.exits.size
    # The share of deaths rests on those who died: where these are few, it is to be withheld.
    rows = (
        (f"died_before_{term}", incidence_by(curve, DEATH, horizon), curve.events_by(DEATH, horizon),
         "share who died within that time without having reached it; people: those who did"),
        (f"sensitivity_{term}_if_nobody_died", single.incidence_by(alone, horizon), n_people,
         "1 - Kaplan-Meier, death taken as the end of follow-up: overstates what happens"),
        (f"sensitivity_{term}_by_program", by_program, n_people, words),
    )  # fmt: skip
    return [
        Diagnostic(
            outcome=OUTCOME, diagnostic=name, population=population, n_people=n, detail=detail,
            value=None if share is None else share.value, ci_low=None if share is None else share.low,
            ci_high=None if share is None else share.high,
        )
        for name, share, n, detail in rows
    ]  # fmt: skip


def _points(curve: AalenJohansen, population: str, minimum_people: int) -> tuple[CurvePoint, ...]:
    """Share by each month, as far as enough people's follow-up reaches; 3 years is x = 3 exactly."""
    places = [month / MONTHS for month in range(YEARS[-1] * MONTHS + 1)]
    days = [horizon_days(x) for x in places]
    known, reaching = curve.known_until, _reaching(curve, days)
    points = []
    for x, day, enough in zip(places, days, reaching >= minimum_people, strict=True):
        if day > known or not enough:
            break
        share = incidence_by(curve, REMISSION, day)
        points.append(
            CurvePoint(
                outcome=OUTCOME, curve="overall", population=population, x=x, x_unit="years",
                estimate=share.value, ci_low=share.low, ci_high=share.high,
                n_at_risk=curve.at_risk(max(day, float(np.nextafter(0.0, 1.0)))),
                n_events=curve.events_by(REMISSION, day),
            )
        )  # fmt: skip
    return tuple(points)


def _left_out(people: Followed, population: str) -> tuple[Diagnostic, ...]:
    """How long people were followed, and who could not be."""
    rows: list[tuple[str, float | None, int, str]] = [
        ("follow_up", _median_follow_up(people), people.exits.size,
         "median years from entry to the end of follow-up, remission and death left aside"),
        *((name, float(n), n, REASONS[name]) for name, n in people.left_out.items()),
        ("people_contradicted", float(people.n_contradicted), people.n_contradicted,
         "people said to have reached it after the day of their death: counted as dead"),
    ]  # fmt: skip
    return tuple(
        Diagnostic(
            outcome=OUTCOME, diagnostic=name, population=population, value=value, n_people=n, detail=detail
        )
        for name, value, n, detail in rows
    )


def _median_follow_up(people: Followed) -> float | None:
    """Median of the time to the end of follow-up, events as its censoring (Schemper & Smith 1996)."""
    if not people.exits.size:
        return None
    median, _, _ = single.median_time(single.kaplan_meier(people.exits, people.cause == 0, people.entries))
    return None if median is None else median / DAYS_PER_YEAR
