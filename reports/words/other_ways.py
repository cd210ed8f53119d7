"""The same number worked out in other ways: what to conclude from them, whatever the number's unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.numbers import between
from reports.words.phrases import sentence

Writer = Callable[[float], str]
WHY = (
    "A finding that depends on how it was worked out is weak. Below are the same numbers, worked out in "
    "other ways."
)


@dataclass(frozen=True, slots=True)
class Told:
    """One number worked out in one way; without ends where that way gives none."""

    value: float
    low: float | None
    high: float | None

    def direction(self, none: float) -> int | None:
        """1 above `none`, -1 below, 0 where the range holds it; None without a range."""
        if self.low is None or self.high is None:
            return None
        return int(self.low > none) - int(self.high < none)


def verdict(label: str, ways: Sequence[Told], write: Writer, none: float | None) -> str:
    """Conclude from all ways of working out one number, that of the page among them.

    `none` is the value that means no difference; a share has none, and its size alone is said.
    """
    values = [way.value for way in ways]
    lie = f"the figures lie {between(min(values), max(values), write)}{_beyond(ways)}"
    told = [] if none is None else [d for way in ways if (d := way.direction(none)) is not None]
    if not told:
        return sentence(f"{label}: {lie}")
    if set(told) == {0}:
        return sentence(f"{label}: no way shows a clear difference; {lie}")
    if {1, -1} <= set(told):
        return sentence(f"{label}: the ways point in opposite directions, so nothing may be concluded")
    if 0 in told:
        clear = sum(d != 0 for d in told)
        return sentence(
            f"{label}: not clear in every way; {clear} of {len(told)} ways {'is' if clear == 1 else 'are'} "
            f"clear; {lie}"
        )
    return sentence(f"{label}: the direction holds in every way; {lie}")


def _beyond(ways: Sequence[Told]) -> str:
    """Say how many of the other ways lie outside the range of the page's own number, which comes first."""
    own, others = ways[0], ways[1:]
    if own.low is None or own.high is None or not others:
        return ""
    out = sum(not own.low <= way.value <= own.high for way in others)
    if not out:
        return ", all within the range above"
    which = "the other way" if len(others) == 1 else f"{out} of {len(others)} other ways"
    return f"; {which} lie{'s' if out == 1 else ''} outside the range above"
