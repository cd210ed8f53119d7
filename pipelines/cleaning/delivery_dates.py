"""Dates held against the quarter of their delivery: none can lie far after it, and some lie in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import polars as pl

from pipelines.cleaning.feed import Batch
from pipelines.cleaning.refuse import Fault, as_refusals, kept
from pipelines.cleaning.working_columns import DATE, ORIGIN, ROW_ID


def first_day(quarter: str) -> date:
    """First day of a quarter such as 2026Q3."""
    return date(int(quarter[:4]), 3 * int(quarter[5]) - 2, 1)


def last_day(quarter: str, later: int = 0) -> date:
    """Last day of a quarter, or of the one that is `later` quarters after it."""
    begun = 4 * int(quarter[:4]) + int(quarter[5]) + later
    return date(begun // 4, 3 * (begun % 4) + 1, 1) - timedelta(days=1)


def refuse_later(batch: Batch, quarter: str) -> pl.DataFrame:
    """Refuse rows with a date that an extract of this quarter cannot hold yet.

    Extracts are made some days or weeks after their quarter, and may hold what happened since: dates up to
    the end of the quarter after it pass.
    """
    last = last_day(quarter, later=1)
    frame, faults = batch.rows.frame, []
    for name in _dated(frame):
        mask = (frame[name] > last).fill_null(value=False)
        expected = f"a date up to {last}: this is the delivery of {quarter}"
        faults.append(
            Fault(mask=mask, column=_shown(batch, name), reason="impossible_date", expected=expected)
        )
    return as_refusals(frame[ROW_ID], faults)


def without_the_quarter(batches: Sequence[Batch], refusals: pl.DataFrame, quarter: str) -> tuple[str, ...]:
    """Say of which files no date that was kept lies in their quarter: they may be in a wrong folder.

    Sources that do not come by quarter are passed over.
    """
    told = []
    files = dict.fromkeys((batch.source.source, batch.file) for batch in batches if _by_quarter(batch))
    for source, file in files:
        own = [batch for batch in batches if (batch.source.source, batch.file) == (source, file)]
        dates = pl.Series("dates", list(_dates(own, refusals)), dtype=pl.Date)
        inside = dates.is_between(first_day(quarter), last_day(quarter))
        if dates.len() and not inside.any():
            told.append(
                f"{source}/{quarter}/{file}: none of its dates lies in {quarter}. Is it in the "
                "folder of the right quarter?"
            )
    return tuple(told)


def _by_quarter(batch: Batch) -> bool:
    return batch.source.quarter is None and not batch.source.once


def _dates(batches: Iterable[Batch], refusals: pl.DataFrame) -> Iterable[date]:
    for batch in batches:
        rows = kept(batch.rows.frame, refusals)
        for name in _dated(rows):
            yield from rows[name].drop_nulls().unique()


def _dated(frame: pl.DataFrame) -> list[str]:
    """Columns that hold calendar dates."""
    return [name for name in frame.columns if name == ORIGIN or name.startswith(DATE)]


def _shown(batch: Batch, name: str) -> str:
    """Name the file's column behind a column of dates."""
    if name != ORIGIN:
        variable = name.removeprefix(DATE)
        return batch.rows.columns.get(variable, variable)
    origin = batch.feed.origin
    return origin.source_column or ORIGIN if origin is not None else ORIGIN
