"""Excel and OpenDocument workbooks: one sheet, its first row the header, every cell landed as text."""

from __future__ import annotations

import re
from pathlib import Path

import fastexcel
import polars as pl

from pipelines.sources.cells import no_data_rows
from pipelines.sources.columns import name_columns, settle
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.extract import ExtractError
from pipelines.sources.reading import Reading

_TIMESTAMP = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"
_CELL_ERRORS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!",
    "Value": "#VALUE!", "GettingData": "#GETTING_DATA",
}  # fmt: skip


def read_excel(path: Path, declaration: FileDeclaration) -> Reading:
    """Read one sheet of a workbook.

    Dates come as `2026-07-01`, timestamps as `2026-07-01 18:30:00` (a column without any time of day
    is one of dates), whole numbers without a decimal point. A formula's error (`#N/A`) lands
    as its text, so that cleaning refuses it. Rows without any value are not rows.

    Raises
    ------
    ExtractError
        The workbook cannot be opened, the sheet is not there or not named among several, or its columns
        are other than declared.
    """
    cells = _sheet(path, declaration.sheet)
    cells = cells.filter(~pl.all_horizontal(pl.all().is_null())) if cells.width else cells
    if cells.is_empty():
        raise no_data_rows(path)
    filled = [name for name in cells.columns if cells[name].null_count() < cells.height]
    cells = cells.select(filled).fill_null("")
    layout = settle(name_columns(cells.row(0)), declaration, path)
    rows = cells.slice(1).select([pl.nth(i) for i in layout.positions])
    rows = rows.rename(dict(zip(rows.columns, layout.landed, strict=True)))
    return Reading(rows=rows.select([_dates(rows[name]) for name in rows.columns]), layout=layout)


def _sheet(path: Path, sheet: str | None) -> pl.DataFrame:
    """Every cell of the sheet as text, null where it is empty, the header as the first row."""
    try:
        workbook: fastexcel.ExcelReader | None = fastexcel.read_excel(path)
    except Exception:
        workbook = None
    if workbook is None:
        raise ExtractError(
            path,
            problem="cannot be opened as a workbook",
            expected="an Excel or OpenDocument workbook without a password",
            advice="Save it anew, or correct the `shape` in source.yaml.",
        )
    names = workbook.sheet_names
    if (sheet is None and len(names) != 1) or (sheet is not None and sheet not in names):
        raise ExtractError(
            path,
            problem=f"has the sheets {', '.join(f'[{name}]' for name in names)}",
            expected=f"a sheet [{sheet}]" if sheet else "one sheet, or the name of the one to read",
            advice="Name the sheet in source.yaml as `sheet`.",
        )
    batch, errors = workbook.load_sheet(
        sheet or names[0], header_row=None, dtypes="string", schema_sample_rows=None
    ).to_arrow_with_errors()
    cells = pl.DataFrame(batch)
    for error in errors.errors if errors is not None else []:
        row, column = error.offset_position
        name = re.search(r"Error\((\w+)\)", error.detail)
        cells[row, column] = _CELL_ERRORS.get(name[1], "#ERROR") if name else "#ERROR"
    return cells


def _dates(values: pl.Series) -> pl.Series:
    """Without the time of day where no cell of the column has one: a date in Excel is a number of days."""
    stamped = values.str.contains(_TIMESTAMP)
    if bool((stamped & ~values.str.contains(_MIDNIGHT)).any()):
        return values
    return values.str.replace(_MIDNIGHT, "${1}")
