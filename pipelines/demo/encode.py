"""Turn true values into the text of a file by reading a declaration backwards.

The declaration of a source is the only place that says how a site writes a variable. The generator inverts
it, so that what it writes is what the declaration can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.codebook.load import read_yaml
from pipelines.sources.declaration import Column, Feed, FileDeclaration, SourceDeclaration

DECLARATIONS = Path(__file__).parent / "declarations"

Value = str | bool | int | float | date | datetime | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A question that was put and not answered, for one of the codebook's missing reasons."""

    reason: str


Record = Mapping[str, Value | NoAnswer]


def declaration(source: str) -> SourceDeclaration:
    """Read the declaration that is written beside the demo files of `source`."""
    return SourceDeclaration.model_validate(read_yaml(DECLARATIONS / f"{source}.yaml"))


def declared_file(source: SourceDeclaration, name: str) -> FileDeclaration:
    """Return one kind of file of a source."""
    return next(entry for entry in source.files if entry.name == name)


def feeds_of(file: FileDeclaration, table: str) -> list[Feed]:
    """Return the feeds of a file that fill one core table."""
    return [feed for feed in file.feeds if feed.table == table]


def text_of(column: Column, value: Value | NoAnswer, missing_codes: Mapping[str, str]) -> str:
    """Text of the cell that the declaration reads as `value`.

    Parameters
    ----------
    column
        Where the variable comes from.
    value
        The true value; None is a blank cell.
    missing_codes
        Missing codes that hold for the whole file, or for the items of a feed.

    Raises
    ------
    ValueError
        The declaration has no code for this value.
    """
    if value is None:
        return ""
    if isinstance(value, NoAnswer):
        codes = {**missing_codes, **column.missing_codes}
        return _code_for(value.reason, codes, column)
    if column.codes is not None:
        return _code_for(value, column.codes, column)
    if isinstance(value, date):
        if column.date is None:
            raise ValueError(f"[{column.source_column}] is no date by its declaration")
        return value.strftime(column.date)
    if isinstance(value, bool):
        raise ValueError(f"[{column.source_column}] needs codes for yes and no")
    if isinstance(value, int | float):
        return _number(value / column.multiply if column.multiply else value)
    return value.removeprefix(column.prefix or "")


def cells_of(feed: Feed, record: Record, missing_codes: Mapping[str, str]) -> dict[str, str]:
    """Cells that a feed reads as one record; variables that the feed does not name are left out."""
    cells = {}
    for name, column in feed.columns.items():
        if column.source_column is not None and name in record:
            cells[column.source_column] = text_of(column, record[name], missing_codes)
    return cells


def repeated_cells(
    feed: Feed, records: Mapping[tuple[str, ...], Record], missing_codes: Mapping[str, str]
) -> dict[str, str]:
    """Cells that a feed's `each` reads as several records, keyed by their constants in the declared order."""
    cells = {}
    for repeat in feed.each:
        key = tuple(str(c.constant) for c in repeat.columns.values() if c.constant is not None)
        for name, column in repeat.columns.items():
            if column.source_column is not None and key in records and name in records[key]:
                cells[column.source_column] = text_of(column, records[key][name], missing_codes)
    return cells


def item_cells(feed: Feed, instrument: str, answers: list[Value | NoAnswer]) -> dict[str, str]:
    """Cells of an instrument's items, in the order of the items."""
    pattern = feed.items[instrument]
    column = Column.model_validate({"from": pattern, "missing_codes": feed.item_missing_codes})
    return {pattern.replace("{n}", str(n)): text_of(column, a, {}) for n, a in enumerate(answers, start=1)}


def _code_for(value: object, codes: Mapping[str, object], column: Column) -> str:
    for code, meaning in codes.items():
        if meaning == value and type(meaning) is type(value):
            return code
    raise ValueError(f"[{column.source_column}] has no code for [{value}]")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.4f}".rstrip("0")
