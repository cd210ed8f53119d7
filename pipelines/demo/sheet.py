"""A file to be: its header and its rows of text, so that defects can be planted before it is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sheet:
    """Header and rows of one file of one quarter. `key` says of each row whom and what it speaks of."""

    source: str
    quarter: str
    name: str
    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, key: tuple[str, ...], cells: Mapping[str, str]) -> None:
        """Append a row; columns without a cell stay blank.

        Raises
        ------
        ValueError
            A cell belongs to no column.
        """
        if unknown := sorted(set(cells) - set(self.header)):
            raise ValueError(f"{self.name} has no columns {unknown}")
        self.rows.append([cells.get(name, "") for name in self.header])
        self.keys.append(key)

    def at(self, column: str) -> int:
        """Place of a column in a row."""
        return self.header.index(column)


def delimited_text(rows: Iterable[Sequence[str]], *, separator: str = ",") -> str:
    """Rows as separated text, quoted where needed."""
    target = io.StringIO()
    csv.writer(target, delimiter=separator, lineterminator="\n").writerows(rows)
    return target.getvalue()
