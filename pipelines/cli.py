"""The commands: refresh, check, simulate, codebook. Exit codes: 0 done, 1 the data or a check refused, 2 wrong usage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.progress import Step, Watch
from pipelines.settings import Settings

app = typer.Typer(
    name="recovery-outcomes",
    help="From raw extracts to a released warehouse and a published report, quarter by quarter.",
    epilog="Exit codes: 0 done; 1 the data, a check or a running refresh said no; 2 the command was not understood.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

QuarterOption = Annotated[
    str | None, typer.Option("--quarter", "-q", help="Quarter such as 2026Q3. Default: the latest one delivered.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", "-d", help="Folder with raw/ in it; curated/ is made beside it. Default: data."),
]
PublishOption = Annotated[
    Path | None, typer.Option("--publish", "-p", help="Where reports are published. Default: reports/published.")
]


@app.command()
def refresh(quarter: QuarterOption = None, data: DataOption = None, publish: PublishOption = None) -> None:
    """Land, clean, check, analyze and publish one quarter.

    Quarters before it that were never landed are landed too; closed quarters are left as they are.
    If anything fails, the last release and report stay untouched.
    """
    from pipelines.refresh import RefreshFailed, refresh as run  # noqa: PLC0415 - help must not wait for it

    settings = _settings(data, publish)
    try:
        with _Progress() as watch:
            result = run(settings, quarter=quarter, watch=watch)
    except RefreshFailed as failure:
        _stop(failure.problems, note=failure.note, closing="Nothing was published: the last release is untouched.")
    _print_accounts(result.accounts)
    for sentence in (*result.left_out, *result.notices):
        out.print(Text("Note: ").append(sentence))
    out.print(f"Report: {_short(result.report)}   Warehouse: {_short(result.warehouse)}", soft_wrap=True)


@app.command()
def check(quarter: QuarterOption = None, data: DataOption = None) -> None:
    """Read and clean one quarter without writing anything; say what would be refused, where and why."""
    from pipelines.check import check as run  # noqa: PLC0415

    with _Progress() as watch:
        result = run(_settings(data, None), quarter=quarter, watch=watch)
    _print_accounts(result.accounts)
    _print_refusals(result.refusals)
    for sentence in result.left_out:
        out.print(Text("Note: ").append(sentence))
    if result.problems:
        _stop(result.problems, closing=f"{result.quarter} cannot be refreshed until these are mended.")
    out.print(f"{result.quarter} can be refreshed. Rows refused would be kept in quarantine, with their reasons.")


@app.command()
def simulate(
    target: Annotated[Path | None, typer.Option("--target", "-t", help="Folder to write. Default: data/raw.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed writes the same bytes.")] = None,
    participants: Annotated[int | None, typer.Option(min=60, help="How many synthetic participants.")] = None,
) -> None:
    """Write the synthetic demo county: extracts in real shapes, with planted truth and defects."""
    from pipelines.demo.simulate import simulate as run  # noqa: PLC0415

    chosen = {"seed": seed, "participants": participants}
    folder = target or _settings(None, None).data_raw
    written = run(folder, **{name: value for name, value in chosen.items() if value is not None})
    out.print(f"Wrote {len(written)} files of synthetic demonstration data under {_short(folder)}", soft_wrap=True)


@app.command()
def codebook(
    name: Annotated[str | None, typer.Argument(help="A table (core.participants) or a variable (barc10).")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the codebook page to this file.")] = None,
) -> None:
    """Show the codebook: all tables, one table, one variable; or write it as a page."""
    from pipelines.codebook import load_codebook  # noqa: PLC0415

    book = load_codebook()
    if html is not None:
        from pipelines.codebook.to_page import render_codebook_page  # noqa: PLC0415

        html.write_text(render_codebook_page(book), encoding="utf-8")
        out.print(f"Wrote {_short(html)}", soft_wrap=True)
    elif name is None:
        table = _table("Table", "What it holds")
        for full_name, entry in sorted(book.tables.items()):
            table.add_row(full_name, entry.label)
        out.print(table)
        out.print("recovery-outcomes codebook TABLE or VARIABLE shows one; --html FILE writes the whole page.")
    elif name in book.tables:
        entry = book.tables[name]
        out.print(Text(f"{name}: {entry.description}\n"))
        table = _table("Variable", "Type", "What it is")
        for variable in book.variables_of(entry):
            key = " (key)" if variable.name in entry.primary_key else ""
            table.add_row(variable.name + key, variable.type, variable.label)
        out.print(table)
    elif name in book.variables:
        variable = book.variables[name]
        table = _table("Field", "Value")
        for field, value in variable.model_dump(exclude_none=True).items():
            shown = "; ".join(f"{code} = {label}" for code, label in value.items()) if isinstance(value, dict) else value
            table.add_row(field, str(shown))
        table.add_row("tables", ", ".join(t for t, e in sorted(book.tables.items()) if name in e.variables))
        out.print(table)
    else:
        err.print(f"The codebook has no table or variable [{name}]. Run: recovery-outcomes codebook", markup=False)
        raise typer.Exit(2)


class _Progress:
    """Watch steps: a live line on a terminal, one plain line a step when piped."""

    def __init__(self) -> None:
        self._status = out.status("Starting") if out.is_terminal else None

    def __enter__(self) -> Watch:
        if self._status:
            self._status.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
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


def _settings(data: Path | None, publish: Path | None) -> Settings:
    chosen = {"data": data, "published": publish}
    return Settings.load(**{name: path.resolve() for name, path in chosen.items() if path is not None})


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _print_accounts(accounts: pl.DataFrame) -> None:
    """Rows in, kept and quarantined, a line a file."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Quarter", "Source", "File"):
        table.add_column(heading, overflow="fold")
    for heading in ("Rows in", "Kept", "Quarantined"):
        table.add_column(heading, justify="right", no_wrap=True)
    columns = ("delivered_quarter", "source", "file", "rows_in", "rows_kept", "rows_quarantined")
    for row in accounts.select(columns).sort("delivered_quarter", "source", "file").iter_rows():
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    out.print(table)


def _print_refusals(refusals: pl.DataFrame) -> None:
    """Every row that would be refused: file, row, column, what was expected, what to do."""
    for row in refusals.sort("source", "file", "row_number").iter_rows(named=True):
        where = f"{row['file']}, row {row['row_number']}, column [{row['column_name']}]"
        out.print(Text(f"{where}: {row['reason']}. Expected {row['expected']}. {row['advice']}"), soft_wrap=True)


def _stop(problems: tuple[str, ...], *, closing: str, note: Path | None = None) -> NoReturn:
    """Say what stands in the way, and end with exit code 1."""
    for problem in problems:
        err.print(Text("Problem: ", style="bold red").append(problem), soft_wrap=True)
    if note is not None:
        err.print(f"Failure note: {_short(note)}", soft_wrap=True)
    err.print(closing)
    raise typer.Exit(1)


def _short(path: Path) -> str:
    """Path as seen from here, where that is shorter."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> None:
    """Run the command line."""
    app()
