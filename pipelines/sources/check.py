"""Check a declaration against the codebook: every table, variable, code and reason it names must be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.codebook.spec import Codebook, Table, Variable
from pipelines.sources.declaration import Column, DeclarationError, Feed, FileDeclaration, SourceDeclaration

# Filled by the pipeline, never by a declaration: where a row came from, and what follows from other columns.
FILLED_BY_PIPELINE = frozenset(
    {"source", "delivered_quarter", "population", "weekday", "response_status", "missing_reason"}
)
MADE_IF_ABSENT = frozenset({"event_id", "episode_id"})  # cleaning makes them of participant, kind and day


def check_against_codebook(declaration: SourceDeclaration, codebook: Codebook) -> None:
    """Check one source.

    Raises
    ------
    DeclarationError
        All problems at once, each naming source, file, table and variable: an unknown table, variable,
        instrument, code or missing reason; a required variable that no column fills.
    """
    if problems := [
        f"{declaration.source}, file [{file.name}]{problem}"
        for file in declaration.files
        for problem in _of_file(file, codebook)
    ]:
        raise DeclarationError(problems)


def _of_file(file: FileDeclaration, codebook: Codebook) -> Iterator[str]:
    yield from (f": {p}" for p in _of_reasons(file.missing_codes, codebook))
    for feed in file.feeds:
        table = codebook.tables.get(f"core.{feed.table}")
        place = f", table [{feed.table}]"
        if table is None:
            there = ", ".join(t.name for t in codebook.tables_in("core"))
            yield f"{place}: no such core table. Expected one of {there}"
            continue
        yield from (place + problem for problem in _of_feed(feed, table, codebook))


def _of_feed(feed: Feed, table: Table, codebook: Codebook) -> Iterator[str]:
    yield from (f": {p}" for p in _of_reasons(feed.item_missing_codes, codebook))
    yield from (
        f", instrument [{name}]: {p}" for name in feed.items for p in _of_items(name, feed, table, codebook)
    )
    if feed.origin is not None and feed.origin.date is None:
        yield ", origin: needs the `date` format of its column"
    if feed.expected_days is not None and "day" not in table.primary_key:
        yield ": `expected_days` is for a table with one row per day"
    for columns in (feed.columns, *(repeat.columns for repeat in feed.each)):
        for name, column in columns.items():
            yield from (f", variable [{name}]: {p}" for p in _of_variable(name, column, table, codebook))
    for repeat in feed.each:
        if both := sorted(set(repeat.columns) & set(feed.columns)):
            yield f": {_listed(both)} mapped by the feed and by `each`; map them once"
    if (
        len(feed.each) > 1
        and not any(r.only_if for r in feed.each)
        and set(table.primary_key) <= set(feed.columns)
    ):
        yield f": every repeat of `each` would have the same key, {_listed(table.primary_key)}"
    for name in sorted({name for filled in _filled(feed) for name in _unfilled(filled, table, codebook)}):
        yield f", variable [{name}]: required, and no column or constant fills it"


def _of_items(instrument: str, feed: Feed, table: Table, codebook: Codebook) -> Iterator[str]:
    if instrument not in codebook.instruments:
        yield f"not in the codebook. Expected one of {_listed(codebook.instruments)}"
    elif (score := codebook.instruments[instrument].score) not in table.variables:
        yield "its score is not a variable of this table"
    elif score in feed.columns:
        yield f"its items make the score [{score}]; do not map both"
    if feed.items[instrument].count("{n}") != 1:
        yield "the column pattern needs {n} once, where the item's number stands"


def _filled(feed: Feed) -> list[set[str]]:
    """Variables that each core row gets: one set, or one for each repeat."""
    return [{*feed.columns, *repeat.columns} for repeat in feed.each] or [set(feed.columns)]


def _unfilled(filled: set[str], table: Table, codebook: Codebook) -> Iterator[str]:
    for name in table.not_null:
        if (
            name not in filled | FILLED_BY_PIPELINE | MADE_IF_ABSENT
            and codebook.variable(table, name).role != "derived"
        ):
            yield name


def _of_variable(name: str, column: Column, table: Table, codebook: Codebook) -> Iterator[str]:
    if name in FILLED_BY_PIPELINE & set(table.variables):
        yield "filled by the pipeline; remove it"
        return
    if name not in table.variables:
        yield f"not a variable of this table. Expected one of {_listed(table.variables)}"
        return
    yield from _of_reasons(column.missing_codes, codebook)
    variable = codebook.variable(table, name)
    if column.constant is not None and (wrong := _wrong_constant(column, variable)):
        yield f"the constant is [{column.constant}]. Expected {wrong}"
    for code, value in (column.codes or {}).items():
        if not _permits(variable, value):
            yield f"the file's code [{code}] is mapped to [{value}]. Expected {_kind(variable)}"
    counts_days = variable.day_offset or column.since is not None
    if column.date is not None and not counts_days and variable.type in {"boolean", "integer", "number"}:
        yield "has a `date` format, and the codebook has neither days since day 0 nor a timestamp there"


def _wrong_constant(column: Column, variable: Variable) -> str | None:
    """Say what a constant should be and is not; it is read like a cell, through its `codes` or `date`."""
    if column.date is not None:
        return None if isinstance(column.constant, str) else "a date as text, in quotes"
    if column.codes is not None:
        return None if column.constant in column.codes else f"one of {_listed(column.codes)}"
    return None if _permits(variable, column.constant) else _kind(variable)


def _of_reasons(missing_codes: Mapping[str, str], codebook: Codebook) -> Iterator[str]:
    for code, reason in missing_codes.items():
        if reason not in codebook.missing_reasons:
            yield (
                f"the missing code [{code}] is mapped to [{reason}]. "
                f"Expected one of {_listed(codebook.missing_reasons)}"
            )


def _permits(variable: Variable, value: object) -> bool:
    """Whether a value written in a declaration is one that the variable may take."""
    if variable.values is not None:
        return isinstance(value, str) and value in variable.values
    if variable.type == "boolean":
        return isinstance(value, bool)
    if variable.type in {"integer", "number"}:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (
            whole if variable.type == "integer" else isinstance(value, int | float)
        )
    return isinstance(value, str)


def _kind(variable: Variable) -> str:
    if variable.values is not None:
        return f"one of {_listed(variable.values)}"
    return {"boolean": "true or false", "integer": "a whole number", "number": "a number"}.get(
        variable.type, "text"
    )


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(sorted(names))
