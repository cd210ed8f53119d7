"""Axes: a range, its ticks and their labels, and where a value lies on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from reports.numbers import decimal, percent, times

MOST_RATIOS = 5  # labels of ratios that a phone is wide enough for, upright
BETWEEN = (0.33, 0.67, 1.5, 3.0)  # ratios whose labels go first where there are too many
RIGHT_OF_HERE = 0.78  # of an axis: a number written right of a point beyond would leave the chart


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. `ticks` pairs a value with its label; `log` spaces values by their ratio."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def position(self, value: float) -> float:
        """Return where `value` lies: 0 at the low end, 1 at the high end.

        A ratio of zero, which a logarithmic axis does not reach, lies at its low end; so does all on an axis
        without length, as of a curve that ends where it starts.
        """
        if self.high == self.low or (self.log and value <= 0):
            return 0.0
        low, high, at = (
            (math.log(self.low), math.log(self.high), math.log(value))
            if self.log
            else (self.low, self.high, value)
        )
        return (at - low) / (high - low)

    def crowds(self, low: float, high: float) -> bool:
        """Whether a range leaves room for a number neither on its right nor on its left."""
        return self.position(high) > RIGHT_OF_HERE and self.position(low) < 1 - RIGHT_OF_HERE

    def longer(self) -> Axis:
        """Return the axis with one more step at its high end; labeled on a linear axis of even ticks."""
        (last, text), before = self.ticks[-1], self.ticks[-2][0]
        if self.log:
            return replace(self, high=self.high * last / before)
        digits = len(text.partition(".")[2])
        following = round(2 * last - before, 10)
        return replace(self, high=following, ticks=(*self.ticks, (following, decimal(following, digits))))


def shares(title: str, values: Iterable[float | None]) -> Axis:
    """Return an axis of shares from 0 to the next tick above the largest value, at most 100 percent."""
    largest = max((v for v in values if v is not None), default=1.0)
    top = min(1.0, math.ceil(10 * largest + 1e-9) / 10) or 0.1
    step = 0.2 if top > 0.5 else 0.1 if top > 0.2 else 0.05
    top = min(1.0, step * math.ceil(top / step - 1e-9))
    return Axis(title, 0.0, top, _ticks(0.0, top, step, percent))


def plain(title: str, values: Iterable[float | None], *, through: float | None = 0.0) -> Axis:
    """Return a linear axis with round ticks that holds all values, and the value `through`."""
    known = [v for v in (*values, through) if v is not None]
    low, high = min(known), max(known)
    if low == high:
        low, high = low - 1.0, high + 1.0
    step = _round_step((high - low) / 5)
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return Axis(title, low, high, _ticks(low, high, step, lambda value: decimal(value, digits)))


def ratios(title: str, values: Iterable[float | None]) -> Axis:
    """Return a logarithmic axis of ratios around 1 that holds all values."""
    known = [v for v in values if v is not None and v > 0] or [1.0]
    reach = max(2.0, *(max(v, 1 / v) for v in known))
    marks = [m for m in (0.1, 0.2, 0.33, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0) if 1 / reach <= m * 1.02]
    marks = [m for m in marks if m <= reach * 1.02]
    if len(marks) > MOST_RATIOS:
        marks = [m for m in marks if m not in BETWEEN]
    return Axis(
        title, min(marks[0], 1 / reach), max(marks[-1], reach), tuple((m, times(m)) for m in marks), log=True
    )


def _ticks(
    low: float, high: float, step: float, write: Callable[[float], str]
) -> tuple[tuple[float, str], ...]:
    number = math.floor((high - low) / step + 1e-9)
    return tuple((round(low + i * step, 10), write(round(low + i * step, 10))) for i in range(number + 1))


def _round_step(rough: float) -> float:
    """Return the smallest of 1, 2, 5 or 10 times a power of ten that is at least `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
