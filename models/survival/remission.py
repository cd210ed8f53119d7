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
from models.fitness import findings_held_back, gate
from models.survival import kaplan_meier as single
from models.survival.aalen_johansen import VARIANCE, AalenJohansen, aalen_johansen
from models.survival.by_program import ONE_PROGRAM, Shares, enough_programs, shares_of
from models.survival.kaplan_meier import OBSERVED_FROM_START, Array, Incidence
from models.survival.return_to_prison import DAYS_PER_YEAR, horizon_days

ANALYSIS: Final = "S1"
OUTCOME: Final = "sustained_remission"
REMISSION, DEATH = 1, 2  # causes
YEARS: Final = (1, 3, 5)
MONTHS: Final = 12
CONTACT: Final = 183  # days, half a year: from one interview that is due to the next
METHOD: Final = "Aalen-Johansen, death competing; log-log interval"
SCALE: Final = "probability"
NOTE: Final = (
    "Share of all who entered; who died first counts as not having reached it. People lost from sight are "
    "taken to fare like those still followed."
)
NO_INTERVAL: Final = " No interval: nobody, or everybody, had reached it by then."
ALONE_TOO: Final = (
    "the interval takes people as if drawn one by one, and does not allow for programs that differ"
)
_MONTHS: Final = range(YEARS[-1] * MONTHS + 1)
REASONS: Final = {
    "people_without_record": "people who entered a program and have no record of remission or of its absence",
    "people_never_in_program": "people with such a record but no entry into a program",
    "people_over_before_entry": "people whose follow-up was over before they came under observation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Days since entry, arrays (n_people,), and why others are not in them.

    `entries` day from which a person is under observation, `exits` that of remission, death or the end of
    follow-up, `cause` which of them (`REMISSION`, `DEATH`, 0), `program` the number of each person's program,
    by which `programs` names it (empty of people who entered none). `left_out` people by the `REASONS`;
    `n_contradicted` people said to have reached it after their death, who count as dead. `death` is the day
    of death of those who died after the last day known, not a number for others: within `CONTACT` days of it
    (`n_before_contact`) they count as dead, later (`n_later`) not.
    """

    entries: Array
    exits: Array
    cause: NDArray[np.int64]
    program: NDArray[np.int64]
    programs: tuple[str, ...]
    death: Array
    left_out: dict[str, int]
    n_contradicted: int

    @property
    def n_before_contact(self) -> int:
        """People who died after the last day known and within `CONTACT` days of it."""
        return int(np.sum(np.isfinite(self.death) & (self.cause == DEATH)))

    @property
    def n_later(self) -> int:
        """People whose death is known and came more than `CONTACT` days after the last day known."""
        return int(np.sum(np.isfinite(self.death) & (self.cause != DEATH)))


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
    never reaching it. Aalen-Johansen estimate. Programs are what was sampled: the variance is that of
    influences summed by program, with few programs allowed for and degrees of freedom of t
    (`by_program.shares_of`); the interval, symmetric in log(-log(1 - F)), is never narrower than the normal
    one of people as if drawn one by one (delta-method variance, `aalen_johansen.incidence_by`), which stands
    alone where all are of one program or programs are not known. A year is 365.25 days; horizons are whole
    days. Only who was without use already at entry can reach it on day 365.

    A horizon is refused where the follow-up of fewer than `minimum_people` would have reached it whatever
    happened to them (`kaplan_meier.expected_to_reach`), and where nobody was left under observation before
    it though not everybody had an event. How many reached it never decides. All is held back where programs
    leave too few degrees of freedom.

    Beside each share: the share of deaths before it; 1 - Kaplan-Meier with death as the end of follow-up,
    which overstates; the interval of people as if drawn one by one; and, where people died after the last day
    known, the shares if none or all of them had reached it first. A population without a record of remission
    gets no rows.

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
    if n_people < minimum_people:
        reason = f"Fewer than {minimum_people} people could be followed from their entry."
        estimates = tuple(_no(years, reason, n_people, population) for years in YEARS)
        found = Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=told)
        return findings_held_back(found, (follow_up,))
    curve = aalen_johansen(people.exits, people.cause, people.entries)
    days = [day for month in _MONTHS if (day := horizon_days(month / MONTHS)) <= curve.known_until]
    shares = shares_of(curve, REMISSION, days, people.program)
    estimates = tuple(_estimate(shares, years, population, minimum_people) for years in YEARS)
    answered = [years for years, row in zip(YEARS, estimates, strict=True) if row.estimate is not None]
    gates = (follow_up, *enough_programs(shares, [horizon_days(years) for years in answered]))
    found = Findings(
        analysis=ANALYSIS, estimates=estimates,
        diagnostics=told + tuple(_beside(shares, people, answered, population)),
        curves=_points(shares, population, minimum_people),
    )  # fmt: skip
    return findings_held_back(found, gates)


def followed(
    outcome_times: pl.DataFrame,
    justice_events: pl.DataFrame,
    episodes: pl.DataFrame,
    entered: pl.DataFrame | None = None,
) -> Followed:
    """Find until when each person was followed and what came first: remission, death, or neither.

    A death up to `CONTACT` days after the last day on which remission was known to be absent ends the record
    there, on that last day: the next contact was missed because of it. (Who was followed later still is at
    risk then; on the day of death only those who die would be.) A later death does not count: the person was
    lost before. A remission on the day of death counts; one after it cannot be and does not.
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
    reached = pl.col("reached") & ~(pl.col("death") < pl.col("day")).fill_null(value=False)
    dead = (pl.col("death") <= pl.col("day") + CONTACT).fill_null(value=False) & ~reached
    after = (pl.col("death") > pl.col("day")).fill_null(value=False) & ~reached
    timed = (
        known.join(late, on=PERSON, how="left")
        .with_columns(
            exit=pl.when(dead).then(pl.min_horizontal("death", "day")).otherwise("day"),
            cause=pl.when(reached).then(REMISSION).when(dead).then(DEATH).otherwise(0),
            death=pl.when(after).then("death").otherwise(float("nan")),
            entry=pl.col("entry").fill_null(OBSERVED_FROM_START),
            contradicted=pl.col("reached") & ~reached,
        )
        .sort(PERSON)
    )
    kept = timed.filter(pl.col("entry") < pl.col("exit"))
    left_out["people_over_before_entry"] = timed.height - kept.height
    programs, program = np.unique(kept[PROGRAM].fill_null("").to_numpy(), return_inverse=True)
    return Followed(
        entries=kept["entry"].to_numpy().astype(float), exits=kept["exit"].to_numpy().astype(float),
        cause=kept["cause"].to_numpy().astype(np.int64), program=program.astype(np.int64),
        programs=tuple(str(name) for name in programs),
        death=kept["death"].to_numpy().astype(float),
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


def _estimate(shares: Shares, years: int, population: str, minimum_people: int) -> Estimate:
    """One horizon, or why there is none."""
    curve = shares.curve
    n_people, horizon = curve.cause.size, horizon_days(years)
    if reason := _reason(curve, years, minimum_people):
        return _no(years, reason, n_people, population)
    share, sure = shares.at(horizon)
    note = NOTE if shares.grouped is not None else NOTE + ONE_PROGRAM
    return Estimate(
        outcome=OUTCOME, term=_term(years), population=population, estimate=share.value,
        std_error=share.std_error, ci_low=share.low, ci_high=share.high, n_people=n_people, n_rows=n_people,
        df=None if sure is None else sure.released_df,
        n_events=curve.events_by(REMISSION, horizon), method=METHOD, scale=SCALE,
        small_sample="no interval" if sure is None else f"{sure.basis}, on the log-log scale; {sure.rule}",
        note=note if sure is not None else note + NO_INTERVAL,
    )  # fmt: skip


def _no(years: int, reason: str, n_people: int, population: str) -> Estimate:
    return refused(
        outcome=OUTCOME, term=_term(years), population=population, n_people=n_people, method=METHOD,
        scale=SCALE, reason=reason,
    )  # fmt: skip


def _beside(shares: Shares, people: Followed, answered: list[int], population: str) -> list[Diagnostic]:
    """Deaths before each horizon, and the share under other readings of deaths and of what was sampled."""
    curve, n_people = shares.curve, people.exits.size
    days = [horizon_days(years) for years in answered]
    if not days:
        return []
    died = shares_of(curve, DEATH, days, people.program)
    others = {
        f"sensitivity_{{}}_{name}": (_shares_if(people, exits, cause, days), words)
        for name, (exits, cause, words) in _readings(people).items()
    }
    rows: list[tuple[str, Incidence, int, str]] = []
    for years, day in zip(answered, days, strict=True):
        term = _term(years)
        # The share of deaths rests on those who died: where these are few, it is to be withheld.
        rows.append(
            (f"died_before_{term}", died.at(day)[0], curve.events_by(DEATH, day),
             "share who died within that time without having reached it; people: those who did")
        )  # fmt: skip
        rows += [
            (name.format(term), read.at(day)[0], n_people, words) for name, (read, words) in others.items()
        ]
        rows.append(
            (f"sensitivity_{term}_by_person", shares.alone(day), n_people, f"{ALONE_TOO}; {VARIANCE}")
        )
    return [
        Diagnostic(
            outcome=OUTCOME, diagnostic=name, population=population, n_people=n, detail=detail,
            value=share.value, ci_low=share.low, ci_high=share.high,
        )
        for name, share, n, detail in rows
    ]  # fmt: skip


def _readings(people: Followed) -> dict[str, tuple[Array, NDArray[np.int64], str]]:
    """Read ends and causes as if nobody could die, and as bounds where deaths came after the last day."""
    read = {
        "if_nobody_died": (
            people.exits, np.where(people.cause == REMISSION, REMISSION, 0),
            "1 - Kaplan-Meier, death taken as the end of follow-up: overstates what happens",
        )
    }  # fmt: skip
    after = np.isfinite(people.death)
    if after.any():
        # Nobody can have reached it before day 365, nor after their death.
        first = np.maximum(people.exits + 1.0, float(horizon_days(1)))
        could = after & (first <= people.death)
        read |= {
            "late_deaths_never_reached": (
                people.exits, np.where(after, DEATH, people.cause),
                "a bound: all who died after the last day known, however late, had not reached it",
            ),
            "late_deaths_all_reached": (
                np.where(could, first, people.exits),
                np.where(could, REMISSION, np.where(after, DEATH, people.cause)),
                "a bound: all who died after the last day known had reached it the day after, if they could",
            ),
        }  # fmt: skip
    return read


def _shares_if(people: Followed, exits: Array, cause: NDArray[np.int64], days: list[int]) -> Shares:
    return shares_of(aalen_johansen(exits, cause, people.entries), REMISSION, days, people.program)


def _points(shares: Shares, population: str, minimum_people: int) -> tuple[CurvePoint, ...]:
    """Share by each month, as far as enough people's follow-up reaches; 3 years is x = 3 exactly."""
    curve = shares.curve
    places = [month / MONTHS for month in _MONTHS]
    days = [horizon_days(x) for x in places]
    known, reaching = curve.known_until, _reaching(curve, days)
    points = []
    for x, day, enough in zip(places, days, reaching >= minimum_people, strict=True):
        if day > known or not enough:
            break
        share, _ = shares.at(day)
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
        ("people_died_before_next_contact", float(people.n_before_contact), people.n_before_contact,
         f"people who died after the last day known and at most {CONTACT} days after it: counted as dead"),
        ("people_died_long_after_contact", float(people.n_later), people.n_later,
         f"people who died more than {CONTACT} days after the last day known: counted as lost on it"),
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
