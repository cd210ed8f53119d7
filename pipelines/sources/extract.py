"""What every adapter returns, and the error that every adapter raises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROW = "_row"  # 1-based number of the data row in the file, header rows not counted
PROVENANCE = ("_file", ROW, "_sha256", "_time_zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why one row was refused. Carries no value of the file: the row itself is kept in quarantine.

    `reason` is one of the codebook's `refusal_reasons`; `expected` and `advice` are sentences.
    """

    file: str
    row: int
    column: str
    reason: str
    expected: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """A file as delivered: every value as text, every row numbered.

    `rows` has the file's columns (less those that never land) as text, then `_file`, `_row`,
    `_sha256` and `_time_zone`; it holds refused rows as well, so that nothing is lost.
    `rows_in` counts the data rows of the file; rows = rows_in. `refusals` are those the shape itself
    explains (survey previews, rows with too few cells). `allowed_codes` are the codes that a data
    dictionary in the same shape declares, by column.
    """

    rows: pl.DataFrame
    rows_in: int
    refusals: tuple[Refusal, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    allowed_codes: dict[str, frozenset[str]] | None = None


class ExtractError(ValueError):
    """A whole file cannot be read as declared. The message carries no value of the file."""

    def __init__(self, file: Path | str, *, problem: str, expected: str, advice: str, column: str = "") -> None:
        where = f"{Path(file).name}" + (f", column [{column}]" if column else "")
        super().__init__(f"{where}: {problem}. Expected {expected}. {advice}")
        self.file, self.column = str(file), column
        self.problem, self.expected, self.advice = problem, expected, advice
