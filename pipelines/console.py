"""How the commands speak: progress, tables and problems, on a terminal or in a pipe."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.defects import DEFECT, REPORT_IT
from pipelines.progress import Step, Watch

PIPED_WIDTH = 160  # a file or a pipe has no width of its own; 80 would break file names

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
for _console in (out, err):
    if not _console.is_terminal:
        _console.width = PIPED_WIDTH


class Progress:
    """Watch steps: a live line on a terminal, one plain line for each finished step in a pipe."""

    def __init__(self) -> None:
        self._status = out.status("Starting") if out.is_terminal else None

    def __enter__(self) -> Watch:
        if self._status:
            self._status.start()
        return self._tell

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def _tell(self, step: Step) -> None:
        if step.state == "started":
            if self._status:
                self._status.update(Text(f"{step.name} ..."))
            return
        mark = "ok    " if step.state == "done" else "FAILED"
        line = f"{mark} {step.seconds:6.1f} s  {step.name}"
        out.print(Text(f"{line}: {step.detail}" if step.detail else line))


def table(*headings: str, numbers: Sequence[str] = ()) -> Table:
    """Make a plain table; columns named in `numbers` are set to the right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        if heading in numbers:
            made.add_column(heading, justify="right", no_wrap=True)
        else:
            made.add_column(heading, overflow="fold")
    return made


def print_accounts(accounts: pl.DataFrame) -> None:
    """Rows in, kept and refused, a line a file."""
    numbers = ("Rows in", "Kept", "Refused")
    shown = table("Quarter", "Source", "File", *numbers, numbers=numbers)
    columns = ("delivered_quarter", "source", "file", "rows_in", "rows_kept", "rows_quarantined")
    for row in accounts.select(columns).sort("delivered_quarter", "source", "file").iter_rows():
        shown.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    out.print(shown)


def would_be(quarter: str, accounts: pl.DataFrame) -> str:
    """Say what a refresh of a quarter that can be read would keep and refuse."""
    refused = int(accounts["rows_quarantined"].sum())
    rows = "1 row would be refused and" if refused == 1 else f"{refused:,} rows would be refused and"
    said = f"{quarter} can be refreshed; {rows} kept in quarantine."
    lost = accounts.filter((pl.col("rows_kept") == 0) & (pl.col("rows_in") > 0)).sort("source", "file")
    if not lost.height:
        return said
    files = ", ".join(f"{row['source']}/{row['file']}" for row in lost.iter_rows(named=True))
    return f"{said} But nothing of {files} would be kept: mend that first."


def print_refusals(refusals: pl.DataFrame, quarter: str) -> None:
    """Every refused row: file, row, column, reason, what was expected, what to do; never its values."""
    for row in refusals.sort("source", "file", "row_number", "column_name").iter_rows(named=True):
        where = f"{row['source']}, {quarter}, {row['file']}, row {row['row_number']}"
        where += f", column [{row['column_name']}]" if row["column_name"] else ""
        reason = row["reason"].replace("_", " ")
        out.print(Text(f"{where}: {reason}. Expected {row['expected']}. {row['advice']}"), soft_wrap=True)


def print_notes(sentences: Sequence[str]) -> None:
    """Print what the reader should know, though nothing failed."""
    for sentence in sentences:
        out.print(Text("Note: ").append(sentence), soft_wrap=True)


def print_problems(problems: Sequence[str], *, closing: str, note: Path | None = None) -> None:
    """Print what stands in the way, and where the failure note lies."""
    for problem in problems:
        err.print(Text("Problem: ", style="bold red").append(problem), soft_wrap=True)
    if note is not None:
        err.print(f"Failure note: {short(note)}", soft_wrap=True, markup=False)
    err.print(closing, soft_wrap=True)


def print_defect(error: BaseException) -> None:
    """Say where the program itself failed, without the message: that may quote a person's answer."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    err.print(
        f"{DEFECT}{type(error).__name__} in {Path(last.filename).name}, line {last.lineno} ({last.name}). "
        f"Its message is not shown, since it may quote a person's data. {REPORT_IT}",
        markup=False,
    )


def short(path: Path) -> str:
    """Path as seen from here, where that is shorter."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
