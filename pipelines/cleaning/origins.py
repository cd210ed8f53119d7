"""Day 0 of each participant, the days counted from it, and days that cannot follow each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from pipelines.cleaning.convert import range_faults
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.cleaning.days import day_numbers
from pipelines.cleaning.feed import MADE_OF, Batch
from pipelines.cleaning.refuse import Fault, as_refusals, kept
from pipelines.cleaning.working_columns import BETWEEN, ORIGIN, ROW_ID

PERSON: Final = "participant_id"

# Days of one row that must not come before another, and what is expected of the later one.
IN_ORDER: Final = {
    "episodes": ("entry_day", "exit_day", "exit_day", "an exit on or after the day of entry"),
    "justice_events": (
        "event_day",
        "extract_day",
        "event_day",
        "an event no later than the last day covered",
    ),
}


def choose_origins(
    batches: Iterable[Batch], refusals: pl.DataFrame, crosswalk: Crosswalk, earlier: frozenset[str]
) -> pl.DataFrame:
    """Find every participant's day 0: the one in the crosswalk, else that of the first row left.

    Parameters
    ----------
    earlier
        Random ids of the participants whom earlier deliveries introduced.

    Returns
    -------
    polars.DataFrame
        Columns participant_id (population and identifier) and origin_date, null for a participant
        without a day 0. One row for each participant whom an earlier delivery or a row of this one
        introduces.
    """
    stored = crosswalk.of(PERSON).select(
        pl.concat_str("population", "identifier", separator=BETWEEN).alias(PERSON),
        "random_id",
        pl.col("origin_date").alias("stored"),
    )
    parts = [stored.filter(pl.col("random_id").is_in(sorted(earlier))).select(PERSON, offered="stored")]
    nobody = pl.lit(None, dtype=pl.Date).alias(ORIGIN)
    delivered = []
    for batch in batches:
        if batch.rows.table == "participants":
            frame = batch.rows.frame
            frame = frame if ORIGIN in frame.columns else frame.with_columns(nobody)
            delivered.append(kept(frame, refusals).select(ROW_ID, PERSON, offered=ORIGIN))
    if delivered:
        parts.append(pl.concat(delivered).sort(ROW_ID).drop(ROW_ID))
    people = pl.concat(parts).drop_nulls(PERSON).unique(PERSON, keep="first", maintain_order=True)
    return people.join(stored, on=PERSON, how="left", maintain_order="left").select(
        PERSON, pl.coalesce("stored", "offered").alias("origin_date")
    )


def settle_days(batch: Batch, people: pl.DataFrame) -> tuple[Batch, pl.DataFrame]:
    """Count pending dates from day 0; refuse what has no day 0, lies out of range or out of order.

    A row of a participant whom nobody introduces gets no day; it is refused as such later.
    """
    frame = batch.rows.frame
    faults: list[Fault] = []
    if batch.pending:
        with_origin = frame.select(PERSON).join(
            people.with_columns(introduced=pl.lit(value=True)), on=PERSON, how="left", maintain_order="left"
        )
        introduced = with_origin["introduced"].fill_null(value=False)
        for pending in batch.pending:
            name = pending.variable.name
            homeless = introduced & with_origin["origin_date"].is_null() & frame[name].is_not_null()
            wanted = "a participant whose day 0 is known"
            faults.append(
                Fault(mask=homeless, column=pending.shown, reason="no_origin_date", expected=wanted)
            )
            days = day_numbers(frame[name], with_origin["origin_date"], pending.first_day)
            faults.extend(range_faults(days, pending.variable, pending.shown))
            frame = frame.with_columns(days)
    faults.extend(_disorder(batch, frame))
    frame = _stays(batch, frame)
    return batch.with_frame(_made_ids(batch, frame), pending=()), as_refusals(frame[ROW_ID], faults)


def _disorder(batch: Batch, frame: pl.DataFrame) -> list[Fault]:
    first, last, blamed, expected = IN_ORDER.get(batch.rows.table, ("", "", "", ""))
    if first not in frame.columns or last not in frame.columns:
        return []
    mask = (frame[first] > frame[last]).fill_null(value=False)
    shown = batch.rows.columns.get(blamed, blamed)
    return [Fault(mask=mask, column=shown, reason="impossible_date", expected=expected)]


def _stays(batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill in the length of a stay from entry and exit where it is not delivered."""
    if batch.rows.table != "episodes" or "exit_day" not in frame.columns:
        return frame
    length = pl.col("exit_day") - pl.col("entry_day")
    delivered = pl.col("stay_days") if "stay_days" in frame.columns else pl.lit(None, dtype=pl.Int64)
    return frame.with_columns(pl.coalesce(delivered, length).alias("stay_days"))


def _made_ids(batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    """Make the identifier of stays and events whose source has none."""
    for name, parts in MADE_OF.items():
        table, own = batch.rows.table, {"episode_id": "episodes", "event_id": "justice_events"}[name]
        if table == own and name not in frame.columns:
            made = pl.concat_str(list(parts), separator=BETWEEN)
            frame = frame.with_columns(made.alias(name))
    return frame
