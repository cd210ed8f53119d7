"""Quarters as dates: their first and last days, and the day on which a site exports."""

from __future__ import annotations

import re
from datetime import date, timedelta

EXPORT_DELAY = timedelta(days=3)  # sites export a few days after a quarter ends


def first_day(quarter: str) -> date:
    """First day of a quarter such as 2026Q3.

    Raises
    ------
    ValueError
        The text is not a quarter.
    """
    match = re.fullmatch(r"(\d{4})Q([1-4])", quarter)
    if match is None:
        raise ValueError(f"[{quarter}] is not a quarter: write the year and the quarter, such as 2026Q3")
    return date(int(match[1]), 3 * int(match[2]) - 2, 1)


def last_day(quarter: str) -> date:
    """Last day of a quarter."""
    start = first_day(quarter)
    following = date(start.year + 1, 1, 1) if start.month == 10 else date(start.year, start.month + 3, 1)
    return following - timedelta(days=1)


def export_day(quarter: str) -> date:
    """Day on which the sites export the quarter."""
    return last_day(quarter) + EXPORT_DELAY
