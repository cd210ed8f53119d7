"""Yesterday beside today."""

from datetime import date

import polars as pl
import pytest

from models.within_person.design.lags import lagged

FRAME = pl.DataFrame(
    {
        "who": ["b", "a", "a", "a", "b", None],
        "day": [2, 5, 3, 2, 1, 3],
        "x": [1.0, 2.0, 3.0, 4.0, None, 9.0],
        "met": [True, False, True, False, True, True],
    }
)


def test_the_day_before_is_found_whatever_the_order_and_the_rows_stay_as_they_are():
    found = lagged(FRAME, person="who", day="day", columns=["x", "met"])
    assert found.drop("x_lag1", "met_lag1").equals(FRAME)
    assert found["x_lag1"].to_list() == [None, None, 4.0, None, None, None]
    assert found["met_lag1"].to_list() == [True, None, False, None, None, None]


def test_a_gap_is_not_bridged():
    found = lagged(FRAME, person="who", day="day", columns=["x"], by=2)
    assert found["x_lag2"].to_list() == [None, 3.0, None, None, None, None]


def test_no_value_crosses_to_another_person():
    frame = pl.DataFrame({"who": [1, 2, 3], "day": [1, 2, 3], "x": [1.0, 2.0, 3.0]})
    assert lagged(frame, person="who", day="day", columns=["x"])["x_lag1"].null_count() == 3


def test_dates_go_back_over_the_end_of_a_month():
    days = [date(2026, 3, 1), date(2026, 2, 28), date(2026, 2, 26)]
    frame = pl.DataFrame({"who": [1, 1, 1], "day": days, "x": [1.0, 2.0, 3.0]})
    assert lagged(frame, person="who", day="day", columns=["x"])["x_lag1"].to_list() == [2.0, None, None]
    times = frame.with_columns(pl.col("day").cast(pl.Datetime("us")))
    assert lagged(times, person="who", day="day", columns=["x"])["x_lag1"].to_list() == [2.0, None, None]


def test_narrow_integers_do_not_wrap_around():
    frame = pl.DataFrame(
        {"who": [1, 1], "day": [0, 255], "x": [1.0, 2.0]}, schema_overrides={"day": pl.UInt8}
    )
    assert lagged(frame, person="who", day="day", columns=["x"])["x_lag1"].to_list() == [None, None]


def test_days_may_be_numbers_with_fractions():
    frame = FRAME.with_columns(pl.col("day") + 0.5)
    found = lagged(frame, person="who", day="day", columns=["x"])
    assert found["x_lag1"].to_list() == [None, None, 4.0, None, None, None]


def test_a_day_given_twice_is_refused_with_counts_alone():
    frame = pl.DataFrame({"who": ["secret", "secret"], "day": [1, 1], "x": [1.0, 2.0]})
    with pytest.raises(ValueError, match="2 rows share the day of a person") as refusal:
        lagged(frame, person="who", day="day", columns=["x"])
    assert "secret" not in str(refusal.value)


def test_a_lag_of_no_day_or_on_a_day_that_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        lagged(FRAME, person="who", day="day", columns=["x"], by=0)
    with pytest.raises(TypeError, match="met: a day must be a number"):
        lagged(FRAME, person="who", day="met", columns=["x"])
