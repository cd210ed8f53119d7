"""Interviews that are due by the calendar and of which no row came."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from pipelines.interviews_not_delivered import interviews_not_delivered

LONG_AGO, LAST_YEAR, LATELY = (
    datetime(*day, tzinfo=UTC) for day in ((2024, 1, 2), (2025, 8, 1), (2026, 7, 1))
)
NO_EVENTS = {"participant_id": pl.String, "justice_measure": pl.String}


def said(
    rows: dict[str, tuple[datetime | None, dict[str, str]]], dead: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Notices of 2026Q3 for people with their day 0 and the status of each wave that has a row."""
    statuses = [
        {"participant_id": person, "wave": wave, "followup_status": status}
        for person, (_, waves) in rows.items()
        for wave, status in waves.items()
    ]
    return interviews_not_delivered(
        pl.DataFrame({"participant_id": list(rows), "population": ["site"] * len(rows)}),
        pl.DataFrame(
            statuses, schema=dict.fromkeys(("participant_id", "wave", "followup_status"), pl.String)
        ),
        pl.DataFrame([(p, "death") for p in dead], schema=NO_EVENTS, orient="row"),
        pl.DataFrame(
            {"participant_id": list(rows), "origin_date": [day for day, _ in rows.values()]},
            schema_overrides={"origin_date": pl.Datetime("us", "UTC")},
        ),
        "2026Q3",
    )


def test_people_long_due_without_a_row_are_counted_by_wave() -> None:
    people = {f"came{i}": (LONG_AGO, {"month_6": "completed", "month_12": "missed"}) for i in range(9)}
    (notice,) = said(people | {"lost": (LONG_AGO, {"month_6": "completed"})})
    assert notice.startswith(
        "site: 1 of 10 people whose interview after 12 months was due more than 3 months ago"
    )
    assert said(people) == ()


def test_a_few_whose_rows_were_refused_are_no_news() -> None:
    people = {f"came{i}": (LONG_AGO, {"month_6": "completed", "month_12": "missed"}) for i in range(19)}
    assert said(people | {"refused": (LONG_AGO, {"month_6": "completed"})}) == ()


def test_who_is_not_long_due_or_died_or_has_no_date_is_left_out() -> None:
    came = {"came": (LONG_AGO, {"month_6": "completed", "month_12": "completed"})}
    others = {
        "new": (LATELY, {}),
        "in the window": (LAST_YEAR, {"month_6": "completed"}),
        "died early": (LONG_AGO, {"month_6": "deceased"}),
        "died": (LONG_AGO, {}),
        "no date": (None, {}),
    }
    assert said(came | others, dead=("died",)) == ()


def test_a_population_that_delivers_no_interviews_is_not_asked_for_them() -> None:
    assert said({f"p{i}": (LONG_AGO, {"baseline": "completed"}) for i in range(5)}) == ()
