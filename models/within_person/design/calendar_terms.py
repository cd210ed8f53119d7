"""Day of the week and day in the study, as columns for terms of a model."""

from __future__ import annotations

from typing import Final

import polars as pl

WEEKDAYS: Final = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")  # against Monday
WEEKEND: Final = "weekend"
DAY_IN_STUDY: Final = "day_in_study"


def with_calendar(
    frame: pl.DataFrame, *, person: str, date: str, first_date: str | None = None
) -> pl.DataFrame:
    """Add a 0/1 column for each weekday but Monday, one for Saturday and Sunday, and the day in study.

    `day_in_study` counts from 0 on the person's first date: that of the column `first_date`, or else the
    earliest in the frame, so give it every expected row, also the unanswered. A null date has nulls.

    Raises
    ------
    TypeError
        The date is neither a Date nor a Datetime.
    """
    if not isinstance(frame.schema[date], pl.Date | pl.Datetime):
        raise TypeError(f"{date}: a date is needed for the calendar, not {frame.schema[date]}")
    here = pl.col(date).cast(pl.Date)
    start = here.min().over(person) if first_date is None else pl.col(first_date).cast(pl.Date)
    weekday = here.dt.weekday()  # Monday is 1
    return frame.with_columns(
        *((weekday == number).alias(name) for number, name in enumerate(WEEKDAYS, start=2)),
        (weekday >= 6).alias(WEEKEND),
        (here - start).dt.total_days().alias(DAY_IN_STUDY),
    )
