from datetime import date, datetime

import pytest

from pipelines.partitions import end_offset, finished_before, key, label, quarters


@pytest.mark.parametrize(
    ("quarter", "day"),
    [("2026Q1", "2026-01-01"), ("2026Q2", "2026-04-01"), ("2026Q3", "2026-07-01"), ("2020Q4", "2020-10-01")],
)
def test_a_quarter_and_its_first_day_name_each_other(quarter: str, day: str):
    assert key(quarter) == day
    assert label(day) == quarter


@pytest.mark.parametrize("text", ["2026-Q3", "2026q3", "2026Q5", "Q3 2026", "2026", "", "2026Q3 "])
def test_what_is_no_quarter_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="such as 2026Q3"):
        key(text)


def test_a_quarter_before_the_first_is_refused():
    with pytest.raises(ValueError, match="before 2020Q1"):
        key("2019Q4")


@pytest.mark.parametrize("text", ["2026-07-02", "2026-08-01", "2026Q3", "yesterday"])
def test_what_is_no_first_day_of_a_quarter_is_refused(text: str):
    with pytest.raises(ValueError, match="first day of a quarter"):
        label(text)


def test_partitions_are_quarters_and_the_demo_and_the_running_one_are_among_them():
    assert quarters.get_partition_keys()[:3] == ["2020-01-01", "2020-04-01", "2020-07-01"]
    assert quarters.has_partition_key(key("2026Q3"))
    window = quarters.time_window_for_partition_key("2026-07-01")
    assert (window.start.date(), window.end.date()) == (date(2026, 7, 1), date(2026, 10, 1))


@pytest.mark.parametrize(
    "today", [date(2024, 2, 29), date(2025, 12, 31), date(2026, 7, 1), date(2026, 11, 22), date(2031, 5, 5)]
)
def test_the_demo_quarter_and_the_running_quarter_are_valid_whatever_the_clock_says(today: date):
    """The last partition that Dagster knows is `end_offset` quarters after the last finished one."""
    finished = 4 * today.year + (today.month - 1) // 3 - 1
    last = finished + end_offset(today)
    running = 4 * today.year + (today.month - 1) // 3
    assert last == max(running, 4 * 2026 + 2)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 10, 15), "2026Q3"),
        (date(2027, 1, 15), "2026Q4"),
        (date(2026, 9, 30), "2026Q2"),
        (datetime(2026, 4, 15, 6).date(), "2026Q1"),  # noqa: DTZ001 - a day is all that counts
    ],
)
def test_the_schedule_asks_for_the_quarter_that_ended(day: date, quarter: str):
    assert finished_before(day) == quarter
