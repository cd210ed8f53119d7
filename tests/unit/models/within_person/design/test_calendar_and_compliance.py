"""Days of the week and of the study, and how much of them was answered."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.within_person.design.calendar_terms import DAY_IN_STUDY, WEEKDAYS, WEEKEND, with_calendar
from models.within_person.design.compliance import shares_used
from models.within_person.design.rows import used_rows

MONDAY = date(2026, 11, 23)
WEEK = pl.DataFrame({"who": ["a"] * 7, "date": [MONDAY + timedelta(days=ahead) for ahead in range(7)]})


def test_each_day_has_its_own_column_but_monday_which_has_none():
    found = with_calendar(WEEK, person="who", date="date")
    days = found.select(WEEKDAYS).cast(pl.Int64).to_numpy()
    assert np.array_equal(days[1:], np.eye(6))
    assert not days[0].any()
    assert found[WEEKEND].to_list() == [False] * 5 + [True] * 2


def test_the_day_in_study_counts_from_each_persons_own_first_date():
    frame = pl.concat([WEEK, WEEK.with_columns(pl.lit("b").alias("who"))[3:]])
    found = with_calendar(frame, person="who", date="date")
    assert found[DAY_IN_STUDY].to_list() == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3]


def test_the_first_date_may_be_known_and_a_date_may_be_missing():
    frame = WEEK.with_columns(
        pl.lit(MONDAY - timedelta(days=10)).alias("enrolled"),
        pl.when(pl.col("date") > MONDAY).then("date").alias("date"),
    )
    found = with_calendar(frame, person="who", date="date", first_date="enrolled")
    assert found[DAY_IN_STUDY].to_list() == [None, 11, 12, 13, 14, 15, 16]
    assert found["tuesday"].null_count() == 1


def test_a_day_number_has_no_weekday():
    with pytest.raises(TypeError, match="day: a date is needed"):
        with_calendar(pl.DataFrame({"who": [1], "day": [1]}), person="who", date="day")


def test_the_share_used_is_of_the_rows_that_were_expected():
    frame = pl.DataFrame(
        {
            "who": ["a"] * 4 + ["b"] * 4 + ["c"] * 2,
            "day": [0, 1, 2, 3, 0, 1, 2, 3, 0, 1],
            "x": [1.0, 2.0, 3.0, None, 1.0, None, None, 2.0, None, None],
        }
    )
    rows = used_rows(frame, person="who", day="day", columns=["x"])
    assert shares_used(rows).tolist() == [0.75, 0.5]
