"""Dates against the quarter of their delivery."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from pipelines.cleaning.delivery_dates import first_day, last_day


@pytest.mark.parametrize(
    ("quarter", "first", "last", "next_last"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), date(2026, 6, 30)),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), date(2026, 12, 31)),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31), date(2027, 3, 31)),
        ("2023Q4", date(2023, 10, 1), date(2023, 12, 31), date(2024, 3, 31)),
    ],
)
def test_quarters_begin_and_end_with_their_months(
    quarter: str, first: date, last: date, next_last: date
) -> None:
    assert (first_day(quarter), last_day(quarter), last_day(quarter, later=1)) == (first, last, next_last)


@pytest.mark.parametrize("column", ["entry", "exit"])
def test_a_date_that_no_extract_of_the_quarter_can_hold_yet_refuses_its_row(
    world: Any, refused: Any, column: str
) -> None:
    late = {"entry": "2027-01-01", "exit": "2036-09-30"} if column == "entry" else {"exit": "2027-01-01"}
    cleaned = world.run(programs=[world.program("A")], people=[world.person("1"), world.person("2", **late)])
    said = refused(cleaned)
    assert said[0] == ("people.csv", 2, column, "impossible_date")
    assert {row for _, row, _, _ in said} == {2}
    expected = cleaned.quarantine.filter(column_name=column)["expected"].to_list()
    assert expected == ["a date up to 2026-12-31: this is the delivery of 2026Q3"]


def test_what_happened_after_the_quarter_and_before_its_extract_was_made_passes(
    world: Any, refused: Any
) -> None:
    people = [world.person("1", entry="2026-07-01", exit="2026-12-31")]
    assert refused(world.run(programs=[world.program("A")], people=people)) == []


def test_a_late_event_and_a_late_evening_are_refused_too(world: Any, refused: Any) -> None:
    cleaned = world.run(
        programs=[world.program("A")],
        people=[world.person("1")],
        diary=[world.evening("1", "2027-02-06 21:00:00")],
        justice=[{"id": "1", "happened": "2027-05-05", "what": "arrest"}],
    )
    assert {(file, reason) for file, _, _, reason in refused(cleaned)} >= {
        ("diary.csv", "impossible_date"),
        ("justice.csv", "impossible_date"),
    }


def test_a_file_without_a_date_in_its_quarter_is_named(world: Any) -> None:
    people = [world.person("1", entry="2026-07-02", exit="2026-09-30")]
    files = {"programs": [world.program("A")], "people": people}
    assert world.run(**files).notices == ()
    (said,) = world.run(**files, quarter="2026Q4").notices
    assert said.startswith("site/2026Q4/people.csv: none of its dates lies in 2026Q4.")
    for closed in ({"once": True}, {"quarter": "2026Q4"}):
        assert world.run(spec=copy.deepcopy(world.spec) | closed, **files, quarter="2026Q4").notices == ()
