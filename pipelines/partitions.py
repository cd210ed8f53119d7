"""Quarters: people read and write `2026Q3`; Dagster's partition key is its first day, `2026-07-01`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import dagster as dg

FIRST = "2020Q1"
DEMO = "2026Q3"  # the demo's last quarter: valid even on a machine whose clock is behind it
_LABEL = re.compile(r"(\d{4})Q([1-4])")


def key(label: str) -> str:
    """Partition key of a quarter: `2026Q3` -> `2026-07-01`.

    Raises
    ------
    ValueError
        The text is not a quarter, or lies before the first one.
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        raise ValueError(f"[{label}] is not a quarter: write the year and the quarter, such as 2026Q3")
    if label < FIRST:
        raise ValueError(f"[{label}] lies before {FIRST}, the first quarter there is")
    return f"{match[1]}-{3 * int(match[2]) - 2:02d}-01"


def label(key: str) -> str:
    """Quarter of a partition key: `2026-07-01` -> `2026Q3`.

    Raises
    ------
    ValueError
        The text is not the first day of a quarter.
    """
    try:
        day = date.fromisoformat(key)
    except ValueError:
        day = None
    if day is None or day.day != 1 or day.month % 3 != 1:
        raise ValueError(f"[{key}] is not the first day of a quarter, such as 2026-07-01")
    return f"{day.year}Q{(day.month + 2) // 3}"


def end_offset(today: date) -> int:
    """Partitions past the last finished quarter: the running one, and up to the demo's if that lies ahead."""
    running = 4 * today.year + (today.month - 1) // 3
    demo = 4 * int(DEMO[:4]) + int(DEMO[5]) - 1
    return 1 + max(0, demo - running)


quarters = dg.TimeWindowPartitionsDefinition(
    start=key(FIRST),
    fmt="%Y-%m-%d",
    cron_schedule="0 0 1 1,4,7,10 *",
    end_offset=end_offset(datetime.now(UTC).date()),
)


def finished_before(day: date) -> str:
    """Return the last quarter that had ended on a day: on 2026-10-15 it is 2026Q3."""
    ended = 4 * day.year + (day.month - 1) // 3 - 1
    return f"{ended // 4}Q{ended % 4 + 1}"
