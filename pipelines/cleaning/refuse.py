"""Whole-row refusal: why a file row is refused, and what falls with it.

A file row is refused whole: one fault anywhere takes the row out of every table that it feeds.
Keys and references are judged among the rows that are left, again and again until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.cleaning.working_columns import ROW_ID
from pipelines.codebook.spec import Codebook, Table

REFUSALS = pl.Schema(
    {
        ROW_ID: pl.Int64,
        "column_name": pl.String,
        "reason": pl.String,
        "expected": pl.String,
        "advice": pl.String,
    }
)

# What to do about each reason. The codebook says what each reason means.
ADVICE: Final[dict[str, str]] = {
    "unknown_code": "Correct the cell, or add the code to the source's declaration.",
    "not_a_number": "Correct the cell, or declare its text as a missing code.",
    "not_a_whole_number": "Correct the cell, or check that the right column is mapped.",
    "not_a_date": "Correct the cell, or declare the format that the file uses.",
    "impossible_date": "Correct the date where it was recorded and deliver the row again; if many rows are "
    "refused so, look first whether the declared `date` format and the quarter's folder are right.",
    "out_of_range": "Correct the cell, or check the unit that the declaration states.",
    "date_before_origin": "Correct this date or the date of the person's day 0.",
    "no_origin_date": "Deliver the date that fixes the person's day 0.",
    "missing_key": "Fill in the cell: without it the row belongs to nobody.",
    "missing_required": "Fill in the cell and deliver the row again.",
    "duplicate_key": "Keep one of the rows that share the key; the first of them counts now.",
    "unknown_participant": "Deliver the person's own row, or correct it if it was refused.",
    "unknown_program": "Deliver the program's own row, or correct it if it was refused.",
    "unknown_county": "Use the five-digit county code.",
    "feeds_no_table": "Correct the cell that says what the row is, or add a rule to the declaration.",
}

# Where a reference may point, and the reason that names a row whose reference leads nowhere.
UNKNOWN: Final[dict[str, str]] = {
    "participants": "unknown_participant",
    "programs": "unknown_program",
    "reference.counties": "unknown_county",
}


class CleaningError(ValueError):
    """A declaration asks for what cannot be done. The message names places, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Rows that one check refuses: `mask` is True where it does, in the order of the rows checked."""

    mask: pl.Series
    column: str
    reason: str
    expected: str


def as_refusals(row_ids: pl.Series, faults: Iterable[Fault]) -> pl.DataFrame:
    """Turn faults into one refusal for each row, column and reason."""
    parts = [REFUSALS.to_frame()]
    for fault in faults:
        ids = row_ids.filter(fault.mask)
        if ids.len():
            parts.append(
                pl.DataFrame({ROW_ID: ids.cast(pl.Int64)}).with_columns(
                    column_name=pl.lit(fault.column),
                    reason=pl.lit(fault.reason),
                    expected=pl.lit(fault.expected),
                    advice=pl.lit(ADVICE[fault.reason]),
                )
            )
    return pl.concat(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Core rows that one feed made of one file, with the number of the file row each came from.

    `columns` gives the file's column behind each variable, for naming it in a refusal. `mapping` says
    where the key comes from: if one file row makes two core rows with the same key from the same
    mapping, the declaration is at fault; from different mappings, the row's own cells are.
    """

    table: str
    frame: pl.DataFrame
    columns: Mapping[str, str]
    mapping: str
    place: str


def settle(
    batches: Sequence[Rows],
    refusals: pl.DataFrame,
    *,
    codebook: Codebook,
    known: Mapping[str, pl.Series],
    places: pl.DataFrame,
) -> pl.DataFrame:
    """Refuse duplicates and rows that point to nothing, until no more rows fall.

    Parameters
    ----------
    batches
        All core rows, refused file rows included.
    refusals
        What is refused already.
    known
        For each table that references may point to, the keys that earlier deliveries established.
    places
        Columns _row_id, file, row: where each file row is, to name the earlier of two duplicates.

    Returns
    -------
    polars.DataFrame
        The refusals with the new ones. Refused rows only grow in number, so the loop ends; each turn
        costs O(n log n). The earlier of two duplicates wins even if it falls later for another
        reason: then both are in quarantine, and correcting the first brings both back.
    """
    tables = {b.table: codebook.table(f"core.{b.table}") for b in batches}
    refusals = pl.concat([refusals, *(_unlisted(b, tables[b.table], codebook) for b in batches)])
    while True:
        new = _orphans(batches, tables, refusals, known)
        if not new.height:
            new = _duplicates(batches, tables, refusals, places)
        if not new.height:
            return refusals
        refusals = pl.concat([refusals, new])


def kept(frame: pl.DataFrame, refusals: pl.DataFrame) -> pl.DataFrame:
    """Rows of a frame whose file row is not refused, in their order."""
    return frame.join(refusals.select(ROW_ID).unique(), on=ROW_ID, how="anti", maintain_order="left")


def _unlisted(batch: Rows, table: Table, codebook: Codebook) -> pl.DataFrame:
    """Refuse rows that point to a reference row that the codebook does not list."""
    faults = []
    for key in table.foreign_keys:
        if not key.table.startswith("reference.") or key.columns[0] not in batch.frame.columns:
            continue
        listed = [str(row[key.references[0]]) for row in codebook.reference_rows.get(key.table, [])]
        column = batch.frame[key.columns[0]]
        faults.append(
            Fault(
                mask=column.is_not_null() & ~column.is_in(listed),
                column=batch.columns.get(key.columns[0], key.columns[0]),
                reason=UNKNOWN[key.table],
                expected=f"one of the {len(listed)} codes of the table {key.table}",
            )
        )
    return as_refusals(batch.frame[ROW_ID], faults).unique(maintain_order=True)


def _orphans(
    batches: Sequence[Rows],
    tables: Mapping[str, Table],
    refusals: pl.DataFrame,
    known: Mapping[str, pl.Series],
) -> pl.DataFrame:
    """Refuse rows that point to a participant or program that no kept row introduces."""
    parts = [REFUSALS.to_frame()]
    targets: dict[str, pl.Series] = {}
    for batch in batches:
        for key in tables[batch.table].foreign_keys:
            if key.table.startswith("reference.") or key.columns[0] not in batch.frame.columns:
                continue
            if key.table not in targets:
                targets[key.table] = _introduced(batches, key.table, key.references[0], refusals, known)
            rows = kept(batch.frame, refusals)
            column = rows[key.columns[0]]
            fault = Fault(
                mask=column.is_not_null() & ~column.is_in(targets[key.table].implode()),
                column=batch.columns.get(key.columns[0], key.columns[0]),
                reason=UNKNOWN[key.table],
                expected=f"an identifier that a kept row of {key.table} introduces",
            )
            parts.append(as_refusals(rows[ROW_ID], [fault]))
    return pl.concat(parts).unique(maintain_order=True)


def _introduced(
    batches: Sequence[Rows], table: str, key: str, refusals: pl.DataFrame, known: Mapping[str, pl.Series]
) -> pl.Series:
    """Keys that kept rows or earlier deliveries introduce."""
    found = [kept(b.frame, refusals)[key] for b in batches if b.table == table]
    return pl.concat([known.get(table, pl.Series(dtype=pl.String)), *found]).unique()


def _duplicates(
    batches: Sequence[Rows], tables: Mapping[str, Table], refusals: pl.DataFrame, places: pl.DataFrame
) -> pl.DataFrame:
    """Refuse every row whose key an earlier kept row of the delivery has, once for its first such table."""
    parts = [REFUSALS.to_frame()]
    for name, table in tables.items():
        keys = table.primary_key
        rows = pl.concat(
            kept(b.frame.select(ROW_ID, *keys), refusals).with_columns(
                column_name=pl.lit(b.columns.get(keys[-1], keys[-1])),
                mapping=pl.lit(b.mapping),
                place=pl.lit(b.place),
            )
            for b in batches
            if b.table == name
        ).drop_nulls(keys)
        first = pl.col(ROW_ID).min().over(keys)
        repeated = rows.with_columns(first=first).filter(pl.len().over(keys) > 1)
        if not repeated.height:
            continue
        within = repeated.filter(pl.len().over([*keys, ROW_ID, "mapping"]) > 1)
        if within.height:
            raise CleaningError(
                f"{within['place'][0]}: one row of the file makes two rows of {name} with the same key "
                f"({', '.join(keys)}). Give each entry of `each` its own key"
            )
        in_one_row = pl.len().over([*keys, ROW_ID]) > 1
        later = repeated.filter((pl.col(ROW_ID) > pl.col("first")) | in_one_row)
        parts.append(
            later.join(places, left_on="first", right_on=ROW_ID, how="left", maintain_order="left").select(
                ROW_ID,
                "column_name",
                pl.lit("duplicate_key").alias("reason"),
                pl.format(
                    "one row for each {}; row {} of {} has the same",
                    pl.lit(" and ".join(keys)),
                    pl.col("row"),
                    pl.col("file"),
                ).alias("expected"),
                pl.lit(ADVICE["duplicate_key"]).alias("advice"),
            )
        )
    return pl.concat(parts).unique(ROW_ID, keep="first", maintain_order=True)
