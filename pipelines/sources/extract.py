"""What every adapter returns, and the error that every adapter raises."""

from __future__ import annotations

from collections.abc import Iterable
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
    dictionary in the same shape declares, by column. `notes` are assumptions made while reading, in
    sentences for the evaluator.

    A blank cell is an empty text. A null is a cell that a ragged row does not have, or one withheld
    because an identifier may have slipped into it.
    """

    rows: pl.DataFrame
    rows_in: int
    refusals: tuple[Refusal, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    allowed_codes: dict[str, frozenset[str]] | None = None
    notes: tuple[str, ...] = ()


class ExtractError(ValueError):
    """A whole file cannot be read as declared. The message carries no value of the file."""

    def __init__(
        self, file: Path | str, *, problem: str, expected: str, advice: str, column: str = ""
    ) -> None:
        where = (file.name if isinstance(file, Path) else file) + (f", column [{column}]" if column else "")
        super().__init__(f"{where}: {problem}. Expected {expected}. {advice}")
        self.file, self.column = str(file), column
        self.problem, self.expected, self.advice = problem, expected, advice


class PackageNotInstalled(ExtractError):  # noqa: N818 - a state of the machine, not a fault
    """The package that ships a source is not there: the source is left out, with how to install it."""


class ExtractErrors(ValueError):  # noqa: N818 - several errors
    """Every file of a delivery that cannot be read, together."""

    def __init__(self, errors: Iterable[ExtractError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
