"""A file as it was landed, ready to be read: cells stripped, rows numbered, zones and codes at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.cleaning.convert import Clock
from pipelines.cleaning.working_columns import ROW_ID
from pipelines.sources.declaration import FileDeclaration, SourceDeclaration
from pipelines.sources.extract import PROVENANCE, ROW, Extract, ExtractError

ANY: Final = "*"  # in `where` and `only_if`: any value that is not blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """One file: its rows as delivered, and with cells stripped, blanks null and rows numbered."""

    source: SourceDeclaration
    declaration: FileDeclaration
    delivered: pl.DataFrame
    cells: pl.DataFrame
    allowed_codes: Mapping[str, frozenset[str]]
    file: str

    def clock(self, cells: pl.DataFrame) -> Clock:
        """Return the zones of the rows' clocks."""
        return Clock(time_zones=cells["_time_zone"], source_zone=self.source.time_zone)


def land(extract: Extract, source: SourceDeclaration, declaration: FileDeclaration, first_row: int) -> Landed:
    """Strip every cell and number the rows from `first_row` on, in the order of the file."""
    rows = extract.rows.sort(pl.col(ROW).cast(pl.Int64)) if extract.rows.height else extract.rows
    stripped = pl.all().cast(pl.String).str.strip_chars()
    cells = rows.with_columns(pl.when(stripped != "").then(stripped)).with_columns(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first_row).alias(ROW_ID)
    )
    return Landed(
        source=source,
        declaration=declaration,
        delivered=rows,
        cells=cells,
        allowed_codes=extract.allowed_codes or {},
        file=str(rows["_file"][0]) if rows.height else declaration.name,
    )


def taken(cells: pl.DataFrame, where: Mapping[str, Sequence[str]], file: str) -> pl.Series:
    """Rows whose cells hold one of the values asked for: `*` is any value, an empty text a blank."""
    mask = pl.Series([True], dtype=pl.Boolean).new_from_index(0, cells.height)
    for name, values in where.items():
        text = cells_of(cells, name, file)
        here = text.fill_null("").is_in(list(values))
        mask &= (here | text.is_not_null()) if ANY in values else here
    return mask


def cells_of(cells: pl.DataFrame, name: str, file: str) -> pl.Series:
    """Return one column of the file; an ExtractError names one that is not there."""
    if name not in cells.columns or name == ROW_ID or (name in PROVENANCE and name != ROW):
        raise ExtractError(
            file,
            column=name,
            problem="the column is declared and the file does not have it",
            expected="every column that the declaration uses",
            advice="Correct the declaration, or export the file again with this column.",
        )
    return cells[name]
