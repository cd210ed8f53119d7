"""Diary evenings: how fully each was answered, its weekday, and the evenings nobody answered.

A missed evening is an observation: without its row the share of answered evenings, and who stopped
answering when, could not be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from pipelines.cleaning.feed import Batch
from pipelines.cleaning.refuse import Fault, as_refusals, kept
from pipelines.cleaning.working_columns import ABSENT, DATE, ROW_ID
from pipelines.codebook.spec import Codebook

TABLE: Final = "diary_days"
PERSON: Final = "participant_id"


def refuse_days(batch: Batch) -> pl.DataFrame:
    """Refuse answers before the first evening of the diary or after its last."""
    if batch.rows.table != TABLE:
        return as_refusals(batch.rows.frame[ROW_ID], [])
    days, last = batch.rows.frame["day"], batch.feed.expected_days
    outside = days < 1 if last is None else (days < 1) | (days > last)
    expected = "an evening from 1 on" if last is None else f"an evening from 1 to {last}"
    shown = batch.rows.columns["day"]
    mask = outside.fill_null(value=False)
    return as_refusals(
        batch.rows.frame[ROW_ID], [Fault(mask=mask, column=shown, reason="out_of_range", expected=expected)]
    )


def complete(
    batches: Sequence[Batch], refusals: pl.DataFrame, *, codebook: Codebook, quarter: str
) -> pl.DataFrame:
    """Kept evenings of one feed with their status and weekday, and the evenings without an answer.

    An evening is absent if it is due, no row of the delivery speaks of it, and its participant has at
    least one kept evening. An evening of such a participant whose only rows were refused is a row
    without answers, marked refused: the person did answer, and the share of answered evenings needs
    it. A refused row that names no evening of the diary cannot be placed. Due are evenings up to the
    end of the quarter or the last evening in the delivery, whichever is later; all of them for a
    source with a fixed quarter, and where no dates are known.
    """
    table = codebook.table(f"core.{TABLE}")
    measures = [
        v.name
        for v in codebook.variables_of(table)
        if v.role == "measure" and v.name in batches[0].rows.columns
    ]
    present = pl.concat([kept(b.rows.frame, refusals) for b in batches]).with_columns(
        _status(measures), pl.lit(value=False).alias(ABSENT)
    )
    expected = batches[0].feed.expected_days
    dated = [DATE + "day"] if DATE + "day" in present.columns else []
    spoken_of = pl.concat([b.rows.frame.select(PERSON, "day", *dated) for b in batches])
    added = [_refused(present, spoken_of, expected)]
    if expected is not None:
        fixed = batches[0].source.quarter is not None
        added.append(_absent(present, spoken_of, expected, None if fixed else _last_day(quarter)))
    present = pl.concat([present, *added], how="diagonal")
    if "weekday" in batches[0].rows.columns or DATE + "day" not in present.columns:
        return present
    names = list(codebook.variable(table, "weekday").values or {})
    weekday = (pl.col(DATE + "day").dt.weekday() - 1).replace_strict(
        dict(enumerate(names)), return_dtype=pl.String
    )
    return present.with_columns(weekday.alias("weekday"))


def _status(measures: Sequence[str]) -> pl.Expr:
    """Answered in full, in part or not at all, over the questions that the source asks."""
    answered = pl.sum_horizontal(pl.col(name).is_not_null() for name in measures)
    return (
        pl.when(answered == len(measures))
        .then(pl.lit("answered"))
        .when(answered > 0)
        .then(pl.lit("partial"))
        .otherwise(pl.lit("no_response"))
        .alias("response_status")
    )


def _refused(present: pl.DataFrame, spoken_of: pl.DataFrame, expected: int | None) -> pl.DataFrame:
    """Evenings of the diary, of people with a kept evening, of which only refused rows speak."""
    day = pl.col("day")
    within = day >= 1 if expected is None else day.is_between(1, expected)
    return (
        spoken_of.filter(within)
        .join(present.select(PERSON).unique(), on=PERSON, how="semi", maintain_order="left")
        .join(present, on=[PERSON, "day"], how="anti", maintain_order="left")
        .unique([PERSON, "day"], keep="first", maintain_order=True)
        .with_columns(response_status=pl.lit("refused"), **{ABSENT: pl.lit(value=True)})
    )


def _absent(
    present: pl.DataFrame, spoken_of: pl.DataFrame, expected: int, due_until: date | None
) -> pl.DataFrame:
    """Evenings that are due and that no row speaks of: participant, day, date, no_response."""
    dated = DATE + "day" in present.columns
    started = (
        (pl.col(DATE + "day") - pl.duration(days=pl.col("day") - 1)).min() if dated else pl.lit(None, pl.Date)
    )
    people = present.group_by(PERSON, maintain_order=True).agg(started.alias("started"))
    days = pl.DataFrame({"day": range(1, expected + 1)}, schema={"day": present.schema["day"]})
    evenings = people.join(days, how="cross").with_columns(
        (pl.col("started") + pl.duration(days=pl.col("day") - 1)).alias(DATE + "day")
    )
    if dated and due_until is not None:
        latest = present[DATE + "day"].max()
        last = max(due_until, latest) if isinstance(latest, date) else due_until
        evenings = evenings.filter(pl.col(DATE + "day").is_null() | (pl.col(DATE + "day") <= last))
    kept_columns = [PERSON, "day", *([DATE + "day"] if dated else [])]
    return (
        evenings.join(spoken_of, on=[PERSON, "day"], how="anti", maintain_order="left")
        .select(kept_columns)
        .with_columns(response_status=pl.lit("no_response"), **{ABSENT: pl.lit(value=True)})
    )


def _last_day(quarter: str) -> date:
    """Last day of a quarter written as 2026Q3."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return date(year + number // 4, number % 4 * 3 + 1, 1) - timedelta(days=1)
