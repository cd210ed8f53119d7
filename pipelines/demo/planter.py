"""Spoil rows of one file, and say which: no row is spoiled twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipelines.demo.sheet import Sheet

WHOLE_ROW = ""  # in place of a column, where the row as a whole is at fault

Fit = Callable[[dict[str, str], tuple[str, ...]], bool]


@dataclass(frozen=True, slots=True)
class Defect:
    """One spoiled row. `follows_from` is the row whose refusal brings this one down; None if planted."""

    sheet: Sheet
    row: list[str]
    column: str
    reason: str
    what: str
    follows_from: Defect | None = None

    @property
    def number(self) -> int:
        """Row number in the file, the first row of data being 1."""
        return 1 + next(at for at, row in enumerate(self.sheet.rows) if row is self.row)

    @property
    def key(self) -> tuple[str, ...]:
        """Whom and what the row speaks of."""
        return self.sheet.keys[self.number - 1]


@dataclass(frozen=True, slots=True)
class Dirt:
    """Planted defects with what follows from them, and cells that look odd and must be accepted."""

    defects: tuple[Defect, ...]
    accepted: tuple[Defect, ...]


@dataclass(slots=True)
class Planter:
    """Spoils rows of one file. `fit` says of a row's cells and key whether it may be taken."""

    sheet: Sheet
    rng: np.random.Generator
    defects: list[Defect] = field(default_factory=list)
    accepted: list[Defect] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    @staticmethod
    def stranger(number: int) -> str:
        """Return a study id that no intake introduces."""
        return f"SYN-99{number:02d}"

    def choose(self, n: int, fit: Fit) -> list[list[str]]:
        """Pick up to `n` rows at random among those that fit and were not taken before."""
        fitting = [
            row
            for row, key in zip(self.sheet.rows, self.sheet.keys, strict=True)
            if id(row) not in self.used and fit(dict(zip(self.sheet.header, row, strict=False)), key)
        ]
        places = self.rng.permutation(len(fitting))[:n]
        rows = [fitting[at] for at in sorted(places)]
        self.used |= {id(row) for row in rows}
        return rows

    def note(self, row: list[str], column: str, reason: str, what: str) -> None:
        """Remember a defect."""
        self.used.add(id(row))
        self.defects.append(Defect(self.sheet, row, column, reason, what))

    def spoil(self, column: str, value: str, reason: str, what: str, *, fit: Fit, n: int = 1) -> None:
        """Put a value that cannot be right in place of one that was given."""
        for row in self.choose(n, lambda cells, key: fit(cells, key) and cells[column] != ""):
            row[self.sheet.at(column)] = value
            self.note(row, column, reason, what)

    def cut(self, *, fit: Fit, n: int = 1) -> None:
        """Cut rows off before their last cells."""
        for row in self.choose(n, fit):
            del row[-int(self.rng.integers(2, 4)) :]
            self.note(row, WHOLE_ROW, "too_few_cells", "the row ends before its last cells")

    def repeat(self, column: str, *, fit: Fit, n: int = 1) -> None:
        """Deliver rows a second time, further down."""
        for row in self.choose(n, fit):
            copy = list(row)
            self.insert(copy, after=row)
            self.note(copy, column, "duplicate_key", "the same row was delivered twice")

    def add_stranger(self, column: str, first: int, *, fit: Fit, n: int = 1) -> None:
        """Add rows of people whom no intake introduces, numbered from `first`."""
        for number, row in enumerate(self.choose(n, fit), start=first):
            copy = list(row)
            copy[self.sheet.at(column)] = self.stranger(number)
            self.insert(copy, after=row)
            self.note(copy, column, "unknown_participant", "a study id that nobody has")

    def pad(self, column: str, *, fit: Fit, n: int = 1) -> None:
        """Put blanks around codes: odd, and to be accepted."""
        for row in self.choose(n, lambda cells, key: fit(cells, key) and cells[column] != ""):
            at = self.sheet.at(column)
            row[at] = f" {row[at]}  "
            self.accepted.append(Defect(self.sheet, row, column, "accepted", "blanks around the code"))

    def insert(self, row: list[str], *, after: list[str]) -> None:
        """Put a row somewhere below another; it speaks of nobody new."""
        at = next(i for i, other in enumerate(self.sheet.rows) if other is after)
        place = int(self.rng.integers(at + 1, len(self.sheet.rows) + 1))
        self.sheet.rows.insert(place, row)
        self.sheet.keys.insert(place, ("",))
        self.used.add(id(row))
