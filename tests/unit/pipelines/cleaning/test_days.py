"""Clocks: zones, nights when they change, evenings that end after midnight."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.cleaning.days import day_numbers, has_time, read_dates, read_start_dates

TIME = "%Y-%m-%d %H:%M:%S"


def one(text: str, written: str = TIME, *, zone: str | None = None, until: int | None = 4) -> date | None:
    read = read_dates(
        pl.Series("at", [text]),
        written,
        time_zones=pl.Series([zone], dtype=pl.String),
        source_zone="America/Chicago",
        evening_until=until,
    )
    return read.dates[0]


@pytest.mark.parametrize(
    ("text", "evening"),
    [
        ("2026-07-06 21:30:00", date(2026, 7, 6)),
        ("2026-07-07 00:10:00", date(2026, 7, 6)),
        ("2026-07-07 03:59:59", date(2026, 7, 6)),
        ("2026-07-07 04:00:00", date(2026, 7, 7)),
        ("2026-08-01 01:00:00", date(2026, 7, 31)),
        ("2027-01-01 02:00:00", date(2026, 12, 31)),
    ],
)
def test_an_answer_after_midnight_belongs_to_the_evening_before(text: str, evening: date) -> None:
    assert one(text) == evening


@pytest.mark.parametrize(
    ("text", "zone", "evening"),
    [
        # 22:30 in Denver is 23:30 in Chicago; 23:30 in Denver is half past midnight there.
        ("2026-07-06 22:30:00", "America/Denver", date(2026, 7, 6)),
        ("2026-07-06 23:30:00", "America/Denver", date(2026, 7, 6)),
        # 02:30 in Denver is 03:30 in Chicago, still the evening before; 03:30 is 04:30, the next day.
        ("2026-07-07 02:30:00", "America/Denver", date(2026, 7, 6)),
        ("2026-07-07 03:30:00", "America/Denver", date(2026, 7, 7)),
        # 03:30 in UTC is 22:30 of the day before in Chicago.
        ("2026-07-07 03:30:00", "UTC", date(2026, 7, 6)),
        ("2026-07-07 09:30:00", "UTC", date(2026, 7, 7)),
    ],
)
def test_the_files_clock_is_moved_to_the_sources_zone_before_the_evening_rule(
    text: str, zone: str, evening: date
) -> None:
    assert one(text, zone=zone) == evening


def test_the_same_instant_belongs_to_another_evening_in_winter_than_in_summer() -> None:
    # 04:30 UTC is 23:30 in summer and 22:30 in winter; 09:30 UTC is 04:30 in summer and 03:30 in winter.
    assert one("2026-07-07 09:30:00", zone="UTC") == date(2026, 7, 7)
    assert one("2026-01-07 09:30:00", zone="UTC") == date(2026, 1, 6)


def test_the_night_when_clocks_spring_forward_is_one_evening() -> None:
    # In 2026 they go from 02:00 to 03:00 on March 8.
    assert one("2026-03-08 07:59:00", zone="UTC") == date(2026, 3, 7)  # 01:59 CST
    assert one("2026-03-08 08:01:00", zone="UTC") == date(2026, 3, 7)  # 03:01 CDT
    assert one("2026-03-08 09:01:00", zone="UTC") == date(2026, 3, 8)  # 04:01 CDT


def test_the_night_when_clocks_fall_back_is_one_evening() -> None:
    # In 2026 they go from 02:00 back to 01:00 on November 1: 06:30 and 07:30 UTC are both 01:30.
    assert one("2026-11-01 06:30:00", zone="UTC") == date(2026, 10, 31)
    assert one("2026-11-01 07:30:00", zone="UTC") == date(2026, 10, 31)
    assert one("2026-11-01 01:30:00", zone="America/Denver") == date(2026, 10, 31)


def test_a_time_that_the_files_clock_repeats_is_the_first_of_the_two() -> None:
    # The first 01:30 in Denver is 07:30 UTC, 01:30 in Chicago; the second is 08:30 UTC, 02:30 in Chicago.
    def read(text: str) -> date | None:
        return one(text, zone="America/Denver", until=2)

    assert read("2026-11-01 00:59:00") == date(2026, 10, 31)
    assert read("2026-11-01 01:30:00") == date(2026, 10, 31)
    assert read("2026-11-01 02:00:00") == date(2026, 11, 1)


def test_a_time_that_the_files_clock_skips_is_impossible() -> None:
    read = read_dates(
        pl.Series("at", ["2026-03-08 02:30:00"]),
        TIME,
        time_zones=pl.Series(["America/Denver"]),
        source_zone="America/Chicago",
    )
    assert (read.dates[0], read.impossible[0], read.misshapen[0]) == (None, True, False)


def test_each_row_is_read_on_its_own_files_clock() -> None:
    read = read_dates(
        pl.Series("at", ["2026-07-07 03:30:00"] * 3),
        TIME,
        time_zones=pl.Series(["UTC", None, "America/Denver"]),
        source_zone="America/Chicago",
        evening_until=4,
    )
    assert read.dates.to_list() == [date(2026, 7, 6), date(2026, 7, 6), date(2026, 7, 7)]


def test_an_offset_in_the_text_beats_the_files_zone() -> None:
    written = "%Y-%m-%dT%H:%M:%S%z"
    assert one("2026-07-07T03:30:00Z", written, zone="America/Denver") == date(2026, 7, 6)
    assert one("2026-07-07T03:30:00-06:00", written) == date(2026, 7, 7)


def test_a_plain_date_is_moved_by_no_zone_and_no_evening() -> None:
    assert one("2026-07-07", "%Y-%m-%d", zone="Asia/Tokyo") == date(2026, 7, 7)


@pytest.mark.parametrize(
    ("text", "written", "kind"),
    [
        ("2026-02-30", "%Y-%m-%d", "impossible"),
        ("2026-13-01", "%Y-%m-%d", "impossible"),
        ("0026-03-04", "%Y-%m-%d", "impossible"),
        ("02/30/2026", "%m/%d/%Y", "impossible"),
        ("2026-07-06 25:00:00", TIME, "impossible"),
        ("06.07.2026", "%Y-%m-%d", "misshapen"),
        ("soon", "%Y-%m-%d", "misshapen"),
        ("03/04/26", "%m/%d/%Y", "misshapen"),
        ("2026-07-06", TIME, "misshapen"),
        ("2026-07-06 21:00:00 x", TIME, "misshapen"),
    ],
)
def test_a_date_that_cannot_be_is_told_from_text_that_is_no_date(text: str, written: str, kind: str) -> None:
    read = read_dates(pl.Series("at", [text]), written, source_zone="UTC")
    assert read.dates[0] is None
    assert (read.impossible[0], read.misshapen[0]) == (kind == "impossible", kind == "misshapen")


def test_blanks_are_neither_dates_nor_faults() -> None:
    read = read_dates(pl.Series("at", [None, None], dtype=pl.String), TIME, source_zone="UTC")
    assert read.dates.null_count() == 2
    assert not (read.impossible | read.misshapen).any()


def test_no_rows_are_read_without_complaint() -> None:
    read = read_dates(pl.Series("at", [], dtype=pl.String), TIME, source_zone="UTC", evening_until=4)
    assert read.dates.len() == 0


def test_days_are_counted_from_a_start_with_or_without_a_time() -> None:
    starts = read_start_dates(
        pl.Series("start", ["2026-07-06", "2026-07-06 09:00:00", "2026-07-36", "x", None]),
        TIME,
        source_zone="America/Chicago",
    )
    assert starts.dates.to_list() == [date(2026, 7, 6)] * 2 + [None] * 3
    assert starts.impossible.to_list() == [False, False, True, False, False]
    assert starts.misshapen.to_list() == [False, False, False, True, False]


def test_the_first_day_counts_as_declared_over_a_change_of_clocks() -> None:
    dates = pl.Series("day", [date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)])
    starts = pl.Series([date(2026, 3, 7)] * 3)
    assert day_numbers(dates, starts, 1).to_list() == [1, 2, 3]


def test_formats_with_a_time_of_day_are_known_as_such() -> None:
    assert has_time("%m/%d/%Y %I:%M %p")
    assert not has_time("%d %B %Y")
