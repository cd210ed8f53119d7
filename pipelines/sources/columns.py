"""Which columns of a file land: those a feed uses or `ignore` lists, and no identifier."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from pipelines.sources.declaration import Column, Feed, FileDeclaration
from pipelines.sources.extract import PROVENANCE, ROW, ExtractError


@dataclass(frozen=True, slots=True)
class Used:
    """Columns that the feeds of a file read: by name, and by the patterns of instrument items."""

    names: frozenset[str]
    item_patterns: tuple[str, ...]

    def __contains__(self, column: str) -> bool:
        return column in self.names or any(item_number(p, column) is not None for p in self.item_patterns)


@dataclass(frozen=True)
class Layout:
    """The columns of one file as it is, and which of them land.

    `positions` are the places of the landed columns in the file, from 0.
    """

    header: tuple[str, ...]
    landed: tuple[str, ...]
    dropped: tuple[str, ...]

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """Places of the landed columns."""
        places = {name: i for i, name in enumerate(self.header)}
        return tuple(places[name] for name in self.landed)

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """Places of the columns that never land."""
        dropped = set(self.dropped)
        return tuple(i for i, name in enumerate(self.header) if name in dropped)


def item_number(pattern: str, column: str) -> int | None:
    """Item number that `column` holds under a pattern such as `barc_{n}`; None if it is no such column."""
    before, _, after = pattern.partition("{n}")
    match = re.fullmatch(re.escape(before) + r"0*([1-9]\d*)" + re.escape(after), column)
    return int(match[1]) if match else None


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits a pattern, in which `*` stands for any text and nothing else is special."""
    return any(re.fullmatch(".*".join(map(re.escape, p.split("*"))), name, re.DOTALL) for p in patterns)


def _columns_of(feed: Feed) -> Iterator[Column]:
    yield from feed.columns.values()
    for repeat in feed.each:
        yield from repeat.columns.values()
    if feed.origin is not None:
        yield feed.origin


def columns_used(declaration: FileDeclaration) -> Used:
    """Columns of the file that any feed reads, to fill a variable, to choose rows or to count days from."""
    names: set[str] = set()
    for feed in declaration.feeds:
        names.update(feed.where)
        for repeat in feed.each:
            names.update(repeat.only_if)
        for column in _columns_of(feed):
            names.update(name for name in (column.source_column, column.since) if name is not None)
    return Used(frozenset(names), tuple(p for feed in declaration.feeds for p in feed.items.values()))


def missing_codes_of(declaration: FileDeclaration, column: str) -> frozenset[str]:
    """Missing codes that the declaration gives for one column, by the file, the variable or the items."""
    codes = set(declaration.missing_codes)
    for feed in declaration.feeds:
        for mapped in _columns_of(feed):
            if mapped.source_column == column:
                codes.update(mapped.missing_codes)
        if any(item_number(p, column) is not None for p in feed.items.values()):
            codes.update(feed.item_missing_codes)
    return frozenset(codes)


def name_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names of a header row: surrounding blanks gone; a column without a name is `_column_<place>`."""
    return tuple(cell.strip() or f"_column_{i}" for i, cell in enumerate(cells, start=1))


def _listed(names: Iterable[str], most: int = 20) -> str:
    listed = [f"[{name}]" for name in names]
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def settle(
    header: Sequence[str],
    declaration: FileDeclaration,
    file: Path | str,
    *,
    own: Callable[[str], bool] = lambda _: False,
    identifying: Callable[[str], bool] = lambda _: False,
    why_identifying: str = "",
) -> Layout:
    """Decide for every column of a file whether it lands.

    Parameters
    ----------
    header
        Column names, from `name_columns`.
    own
        Columns that the shape itself brings (REDCap's form status); they land without being declared.
    identifying
        Columns that never land in this shape, whatever the declaration says.
    why_identifying
        Sentence that says how such a column can be used all the same, for the error.

    Raises
    ------
    ExtractError
        All at once: names written twice or reserved, columns nobody declared, declared columns that
        are not there, identifiers that a feed wants to use. Where the first line has no declared column at
        all it may be somebody's row, and none of it is told.
    """
    used = columns_used(declaration)
    if not any(_declared(name, used, declaration) or own(name) for name in header):
        raise _no_header(header, used, declaration, file)
    never = [name for name in header if identifying(name) or matches(name, declaration.never_land)]
    known = set(header)
    problems: list[str] = []
    advice: list[str] = []

    def complain(what: str, names: list[str], do: str) -> None:
        if names:
            problems.append(f"{what}: {_listed(names)}")
            advice.append(do)

    folded = Counter(name.casefold() for name in header)
    complain(
        "column names written twice (capitals apart)",
        list(dict.fromkeys(name for name in header if folded[name.casefold()] > 1)),
        "Give each column its own name in the file's header",
    )
    complain(
        "column names that are reserved",
        [name for name in header if name.casefold() in PROVENANCE],
        "Rename them in the file's header",
    )
    complain(
        "identifiers that a feed uses, though they never land",
        [name for name in never if name in used],
        why_identifying or "Take them out of `never_land` or out of the feed",
    )
    unmapped = [
        n
        for n in header
        if n not in never and n not in used and not own(n) and not matches(n, declaration.ignore)
    ]
    lacking = [*sorted(used.names - known - {ROW}), *_missing_items(used, header)]
    complain(
        "unmapped columns",
        unmapped,
        "Map them in a feed of source.yaml, list them under `ignore` (landed, not used) or "
        "under `never_land` (names, addresses and whatever else points to a person)",
    )
    complain(
        "declared columns that the file does not have",
        lacking,
        "Correct the name in source.yaml, or ask for the export to be made with these columns",
    )
    if renamed := _perhaps_renamed(lacking, unmapped):
        advice.insert(0, renamed)
    complain(
        "columns listed under `never_land` that the file does not have",
        [name for name in declaration.never_land if "*" not in name and name not in known],
        "Correct or remove them; a name with a * may be missing",
    )
    complain(
        "no column that lands",
        list(header) if len(never) == len(header) else [],
        "Leave at least one column that points to no person",
    )
    if problems:
        raise ExtractError(
            file,
            problem="; ".join(problems),
            expected=f"the columns that source.yaml declares for [{declaration.name}]",
            advice=". ".join(advice) + "." + _separator_hint(header),
        )
    dropped = set(never)
    return Layout(tuple(header), tuple(name for name in header if name not in dropped), tuple(never))


def _missing_items(used: Used, header: Sequence[str]) -> list[str]:
    """Gaps in the numbering of item columns; the pattern itself where no column fits it."""
    missing = []
    for pattern in used.item_patterns:
        found = {n for name in header if (n := item_number(pattern, name)) is not None}
        missing += [pattern.replace("{n}", str(n)) for n in range(1, max(found, default=0)) if n not in found]
        missing += [] if found else [pattern]
    return missing


def _declared(name: str, used: Used, declaration: FileDeclaration) -> bool:
    return name in used or matches(name, declaration.ignore) or matches(name, declaration.never_land)


def _no_header(
    header: Sequence[str], used: Used, declaration: FileDeclaration, file: Path | str
) -> ExtractError:
    return ExtractError(
        file,
        problem="its first line has none of the declared columns",
        expected=f"a header with {_listed([*sorted(used.names - {ROW}), *used.item_patterns])}",
        advice="Ask for an export with a header as its first line, or correct the names in source.yaml "
        f"for [{declaration.name}]." + _separator_hint(header),
    )


def _perhaps_renamed(lacking: Iterable[str], unmapped: Sequence[str]) -> str:
    """Pair names that look alike, whatever their capitals, or of which one holds the other as a word."""
    pairs = [f"[{name}] now [{alike}]" for name in lacking if (alike := _alike(name, unmapped))]
    return f"Perhaps renamed: {', '.join(pairs)}; if so, correct source.yaml" if pairs else ""


def _alike(name: str, others: Sequence[str]) -> str | None:
    folded = {other.casefold(): other for other in others}
    if close := get_close_matches(name.casefold(), folded, n=1):
        return folded[close[0]]
    own = _words(name)
    return next((other for other in others if own <= _words(other) or _words(other) <= own), None)


def _words(name: str) -> set[str]:
    """Words of a column's name; the name itself where it has none, so that nothing is like nothing."""
    return set(re.findall(r"[^\W_]+", name.casefold())) or {name}


def _separator_hint(header: Sequence[str]) -> str:
    if len(header) == 1:
        for mark, name in ((";", "a semicolon"), ("\t", "a tab"), ("|", "a bar"), (",", "a comma")):
            if mark in header[0]:
                return f" The header looks separated by {name}: declare it as `separator`."
    return ""
