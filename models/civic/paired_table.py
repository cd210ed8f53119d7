"""The four counts of a yes-or-no question answered twice by the same people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PairedTable:
    """Counts of people: yes both times, yes only first, yes only second, no both times."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """People who answered both times."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def first(self) -> int:
        """Yes the first time."""
        return self.both + self.only_first

    @property
    def second(self) -> int:
        """Yes the second time."""
        return self.both + self.only_second
