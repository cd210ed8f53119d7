"""How every figure looks: colors, symbols, sizes. Series differ by shape as well as by color."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Symbol = Literal["circle", "diamond", "square"]

INK = "#1b2a33"
QUIET = "#55636c"  # 6.0:1 on white
RULE = "#dfe4e7"
NOTICE = "#5c4305"  # 9.2:1 on white: what kind of data a picture shows
PAPER = "#ffffff"
ACCENT = "#0b5471"  # 8.2:1 on white
SECOND = "#a8480b"  # 5.9:1 on white; blue and orange stay apart in every common color blindness
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
TEXT = 14  # px, axis and value labels
MARK = 6  # px, radius of a marker
BAND = 0.14  # how opaque the band of an interval is: two that overlap can be told apart


@dataclass(frozen=True, slots=True)
class Series:
    """How one series is drawn; `filled` and `symbol` tell it apart without color."""

    name: str
    color: str
    symbol: Symbol
    filled: bool


def first(name: str) -> Series:
    """Give the series that the figure is about."""
    return Series(name, ACCENT, "circle", True)


def second(name: str) -> Series:
    """Give the series that it is compared with."""
    return Series(name, SECOND, "diamond", False)


def midway(name: str) -> Series:
    """Give the series that the figure is about, at an earlier time."""
    return Series(name, ACCENT, "circle", False)


def published(name: str) -> Series:
    """Give the series of figures that others published."""
    return Series(name, QUIET, "square", False)


SERIES = (first, second, published)
