"""The commands: refresh, check, simulate, codebook.

Exit codes: 0 done; 1 the data, a check or a running refresh said no; 2 wrong usage; 3 a defect in the
program; 130 interrupted. Heavy imports wait until a command runs, so that help is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.text import Text

from pipelines.console import (
    Progress,
    out,
    print_accounts,
    print_defect,
    print_notes,
    print_problems,
    print_refusals,
    short,
    table,
    would_be,
)
from pipelines.defects import advice, is_defect
from pipelines.settings import Settings, command
from pipelines.sources.declaration import QUARTER

app = typer.Typer(
    name="recovery-outcomes",
    help="From raw extracts to a released warehouse and a published report, quarter by quarter.",
    epilog="Exit codes: 0 done; 1 the data, a check or a running refresh said no; 2 the command was not "
    "understood; 3 a defect in the program.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _quarter(value: str | None) -> str | None:
    if value is not None and not QUARTER.fullmatch(value):
        raise typer.BadParameter("a quarter is written like 2026Q3")
    return value


def _stop(problems: Sequence[str], closing: str, *, note: Path | None = None) -> NoReturn:
    """Print what stands in the way and end: 3 where the program itself failed, 1 where the data did."""
    print_problems(problems, note=note, closing=advice(problems, closing))
    raise typer.Exit(3 if any(map(is_defect, problems)) else 1) from None


QuarterOption = Annotated[
    str | None,
    typer.Option(
        "--quarter", "-q", callback=_quarter, help="Quarter, such as 2026Q3. Default: the latest delivered."
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", "-d", help="Folder with raw/ in it; curated/ is made beside it. Default: data."),
]
PublishOption = Annotated[
    Path | None,
    typer.Option(
        "--publish",
        "-p",
        help="Where reports are published. Default: reports/published, or FOLDER/published with --data.",
    ),
]


@app.command()
def refresh(quarter: QuarterOption = None, data: DataOption = None, publish: PublishOption = None) -> None:
    """Land, clean, check, analyze and publish one quarter.

    Quarters before it that were never landed are landed too; closed quarters are left as they are.

    An older quarter is landed anew, and the release and report are made again of the latest.

    If anything fails, the last release and report stay untouched.
    """
    from pipelines.refresh import RefreshFailed  # noqa: PLC0415
    from pipelines.refresh import refresh as run  # noqa: PLC0415

    try:
        with Progress() as watch:
            result = run(Settings.load(data=data, published=publish), quarter=quarter, watch=watch)
    except RefreshFailed as failure:
        _stop(failure.problems, "Nothing was published: the last release is untouched.", note=failure.note)
    except KeyboardInterrupt:
        print_problems((), closing="Interrupted. The last complete release stands; run it again any time.")
        raise typer.Exit(130) from None
    print_accounts(result.accounts)
    print_notes((*result.left_out, *result.notices))
    out.print(
        f"Report: {short(result.report)}   Warehouse: {short(result.warehouse)}", soft_wrap=True, markup=False
    )


@app.command()
def check(quarter: QuarterOption = None, data: DataOption = None) -> None:
    """Read and clean one quarter without writing anything; say what would be refused, where and why."""
    from pipelines.check import check as run  # noqa: PLC0415
    from pipelines.refresh import RefreshFailed  # noqa: PLC0415

    try:
        with Progress() as watch:
            result = run(Settings.load(data=data), quarter=quarter, watch=watch)
    except RefreshFailed as failure:
        _stop(failure.problems, "Nothing was checked and nothing was changed.")
    if result.problems:
        _stop(result.problems, f"{result.quarter} cannot be refreshed until these are mended.")
    print_refusals(result.refusals, result.quarter)
    print_accounts(result.accounts)
    print_notes((*result.left_out, *result.notices))
    out.print(would_be(result.quarter, result.accounts), soft_wrap=True)


@app.command()
def simulate(
    target: Annotated[
        Path | None, typer.Option("--target", "-t", help="Folder to write. Default: data/raw.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed writes the same bytes. Default: the demo's own.")
    ] = None,
    participants: Annotated[
        int | None, typer.Option(min=60, help="How many made-up participants. Default: as in the demo.")
    ] = None,
) -> None:
    """Write the synthetic demo county: extracts in real shapes, with planted truth and defects."""
    from pipelines.demo.simulate import PARTICIPANTS, SEED  # noqa: PLC0415
    from pipelines.demo.simulate import simulate as run  # noqa: PLC0415

    folder = target or Settings.load().data_raw
    written = run(
        folder,
        seed=SEED if seed is None else seed,
        participants=PARTICIPANTS if participants is None else participants,
    )
    out.print(
        f"Wrote {len(written)} files of synthetic demonstration data under {short(folder)}", soft_wrap=True
    )


@app.command()
def codebook(
    name: Annotated[
        str | None, typer.Argument(help="A table (core.participants) or a variable (barc10).")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the codebook page to this file.")] = None,
) -> None:
    """Show the codebook: all tables, one table, one variable; or write it as a page."""
    from pipelines.codebook import load_codebook  # noqa: PLC0415

    book = load_codebook()
    if html is not None:
        from pipelines.codebook.to_page import render_codebook_page  # noqa: PLC0415

        html.write_text(render_codebook_page(book), encoding="utf-8")
        out.print(f"Wrote {short(html)}", soft_wrap=True, markup=False)
    elif name is None:
        shown = table("Table", "What it holds")
        for full_name, entry in sorted(book.tables.items(), key=lambda one: (one[1].layer != "core", one[0])):
            shown.add_row(full_name, entry.label)
        out.print(shown)
        out.print("A source feeds tables of core; `codebook TABLE` lists the variables of one.")
        out.print(
            f"{command()} codebook TABLE or VARIABLE shows one; --html FILE writes the page.", soft_wrap=True
        )
    elif (full_name := name if name in book.tables else f"core.{name}") in book.tables:
        entry = book.tables[full_name]
        out.print(Text(f"{full_name}: {entry.description}\n"))
        for warning in entry.usage_warnings:
            out.print(Text(f"Mind: {warning}\n"))
        shown = table("Variable", "Type", "What it is")
        for variable in book.variables_of(entry):
            key = " (key)" if variable.name in entry.primary_key else ""
            shown.add_row(variable.name + key, variable.type, variable.label)
        out.print(shown)
    else:
        found = {
            full_name: book.variable(entry, name)
            for full_name, entry in sorted(book.tables.items())
            if name in entry.variables
        }
        if not found:
            raise typer.BadParameter(
                f"no table or variable {name!r}; `{command()} codebook` lists the tables"
            )
        meanings = [m for i, m in enumerate(found.values()) if m not in list(found.values())[:i]]
        for meaning in meanings:
            shown = table("Field", "Value")
            for field, value in meaning.model_dump(exclude_none=True, exclude_defaults=True).items():
                shown.add_row(
                    field.replace("_", " "),
                    "; ".join(f"{code} = {label}" for code, label in value.items())
                    if isinstance(value, dict)
                    else str(value),
                )
            shown.add_row("tables", ", ".join(t for t, variable in found.items() if variable == meaning))
            out.print(shown)


def main() -> None:
    """Run the command line."""
    from pipelines.codebook.load import CodebookError  # noqa: PLC0415

    try:
        app()
    except CodebookError as error:  # quotes the codebook's own text, and no person's
        print_problems([str(error)], closing="The codebook has to be mended first; nothing was changed.")
        raise SystemExit(1) from None
    except Exception as error:
        print_defect(error)
        raise SystemExit(3) from None
