"""Rows that no feed of their file takes: refused, and the cell that is most likely wrong is named."""

from __future__ import annotations

import polars as pl

from pipelines.cleaning.landed import Landed, taken
from pipelines.cleaning.refuse import ADVICE, REFUSALS
from pipelines.cleaning.working_columns import ROW_ID

REASON = "feeds_no_table"


def refuse_unused(file: Landed, cells: pl.DataFrame) -> pl.DataFrame:
    """Refuse rows that no feed takes.

    A feed comes close to a row if few of the cells it looks at are wrong for it. Of the closest feeds'
    wrong cells, those are named whose value the declaration mentions nowhere; if it mentions them all,
    all of them.

    Parameters
    ----------
    cells
        Rows of the file that no feed takes.

    Returns
    -------
    polars.DataFrame
        One refusal for each row.
    """
    wheres = [feed.where for feed in file.declaration.feeds]
    if not cells.height:
        return REFUSALS.to_frame()
    wrong = [{name: ~taken(cells, {name: where[name]}, file.file) for name in where} for where in wheres]
    counts = pl.DataFrame(
        [
            pl.Series(str(i), sum((mask.cast(pl.Int32) for mask in masks.values()), start=pl.Series([0])))
            for i, masks in enumerate(wrong)
        ]
    )
    least = counts.select(pl.min_horizontal(pl.all())).to_series()
    likely, strange = [], []
    for name, mentioned in sorted(_mentioned(file).items()):
        blamed = pl.Series([False]).new_from_index(0, cells.height)
        for i, masks in enumerate(wrong):
            if name in masks:
                blamed |= masks[name] & (counts[str(i)] == least)
        unheard_of = ~taken(cells, {name: mentioned}, file.file)
        likely.append(pl.when(blamed).then(pl.lit(name)))
        strange.append(pl.when(blamed & unheard_of).then(pl.lit(name)))
    named = [
        pl.concat_str(names, separator=", ", ignore_nulls=True).replace("", None)
        for names in (strange, likely)
    ]
    return cells.select(
        ROW_ID,
        pl.coalesce(names.replace("", None) for names in named).alias("column_name"),
        pl.lit(REASON).alias("reason"),
        pl.lit("values that a rule of the declaration looks for").alias("expected"),
        pl.lit(ADVICE[REASON]).alias("advice"),
    )


def _mentioned(file: Landed) -> dict[str, list[str]]:
    """Values that the declaration mentions for each column that decides where a row belongs."""
    found: dict[str, list[str]] = {}
    for feed in file.declaration.feeds:
        for name, values in feed.where.items():
            found.setdefault(name, []).extend(values)
    for feed in file.declaration.feeds:
        for column in feed.columns.values():
            if column.source_column in found and column.codes:
                found[column.source_column].extend(column.codes)
    return found
