"""People whose interview is long due by the calendar and of whose interview no row was kept."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from pipelines.cleaning.delivery_dates import last_day

DUE = {"month_6": (183, "6 months"), "month_12": (365, "12 months")}  # days from day 0, and in words
LATE = 91  # days after that day on which every window of an interview has closed
TOLD_FROM = 0.05  # of those long due: below it are the rows that any site's cleaning refuses
PERSON = "participant_id"


def interviews_not_delivered(
    participants: pl.DataFrame,
    assessments: pl.DataFrame,
    justice_events: pl.DataFrame,
    origins: pl.DataFrame,
    quarter: str,
) -> tuple[str, ...]:
    """Say where more than one in twenty of those long due have no row of an interview, not even a missed one.

    Whom no row tells of does not count as due, so that follow-up looks better than it was. Only populations
    that deliver the interview at all are looked at; who has died, and who has no calendar date, is left out.

    Parameters
    ----------
    participants, assessments, justice_events
        Core tables as of the quarter.
    origins
        Columns participant_id and origin_date: the calendar date of day 0.
    quarter : str
        Such as 2026Q3.
    """
    died = pl.concat(
        [
            assessments.filter(pl.col("followup_status") == "deceased").select(PERSON),
            justice_events.filter(pl.col("justice_measure") == "death").select(PERSON),
        ]
    )
    people = (
        participants.select(PERSON, "population")
        .join(origins, on=PERSON, how="inner")
        .join(died, on=PERSON, how="anti")
        .with_columns(day_0=pl.col("origin_date").dt.date())
    )
    told = []
    for wave, (days, after) in DUE.items():
        rows = assessments.filter(pl.col("wave") == wave).select(PERSON).with_columns(told=pl.lit(value=True))
        known = people.join(rows.unique(), on=PERSON, how="left")
        delivering = known.filter("told")["population"].unique().to_list()
        due = known.filter(
            pl.col("population").is_in(delivering),
            pl.col("day_0") <= last_day(quarter) - timedelta(days=days + LATE),
        )
        for row in (
            due.group_by("population")
            .agg(people=pl.len(), lacking=pl.col("told").is_null().sum())
            .filter(pl.col("lacking") > TOLD_FROM * pl.col("people"))
            .sort("population")
            .iter_rows(named=True)
        ):
            told.append(
                f"{row['population']}: {row['lacking']:,} of {row['people']:,} people whose interview after "
                f"{after} was due more than 3 months ago have no row of it. They do not count as due, so "
                "follow-up looks better than it was. Deliver a row for each, with `followup_status` missed, "
                "not_located, refused and so on where none was held."
            )
    return tuple(told)
