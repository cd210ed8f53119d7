"""What a chart shows, apart from how it is drawn.

`interactive` makes a plotly figure of it for the screen, `drawing` an SVG for paper and for readers
without JavaScript. Both draw the same numbers, and nothing but these.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reports.figures.axes import RIGHT_OF_HERE, Axis
from reports.figures.style import Series

DODGE = 0.008  # share of the x axis between the dots of two curves at the same x
LABEL = 34  # characters on a line of a row's label or of an axis title: fits a screen 320 px wide
GLYPH, NARROWEST = 9, 280  # px: a figure of a number and the space around it; the plot on a narrow phone
NEAR = 0.09  # of an axis: as high as the label of a level line
LINE, SLOT, GAP, TOP = 19, 26, 14, 8  # px: a line of a label, a dot, space after a row, space on top
CLOSE = 4  # px after a row whose dots stand on one line


def wrapped(text: str) -> list[str]:
    """Break a label into lines that fit a narrow screen."""
    return textwrap.wrap(text, LABEL) or [""]


@dataclass(frozen=True, slots=True)
class Dot:
    """One number with its interval; `said` is its label. Without a value, `said` gives the reason."""

    series: Series
    value: float | None
    low: float | None
    high: float | None
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A labeled line of dots."""

    label: str
    dots: tuple[Dot, ...]

    @property
    def lines(self) -> list[str]:
        """The label, wrapped."""
        return wrapped(self.label)


@dataclass(frozen=True, slots=True)
class DotChart:
    """Rows of dots with intervals on one axis; `reference` draws a line at a value.

    `limits` draws broken lines at values that a reader is to hold the dots against: the margin of a forest
    plot. Both are drawn beside the dots alone, so that no row's label lies across them. `together`
    sets the dots of a row on one line, without their numbers: a love plot.
    """

    rows: tuple[Row, ...]
    axis: Axis
    reference: float | None = None
    limits: tuple[float, ...] = ()
    together: bool = False

    def with_room(self) -> DotChart:
        """Return the chart with an axis that leaves every number room at one side of its range."""
        axis = self.axis
        spans = [_span(dot) for row in self.rows for dot in row.dots if dot.value is not None]
        while any(axis.crowds(low, high) for low, high in spans):
            axis = axis.longer()
        return replace(self, axis=axis)

    def clear_of_lines(self) -> DotChart:
        """Return the chart with an axis on which every number has a side where no line runs through it.

        A step is added once at the most: an axis that did not help stays as it is.
        """
        if self._numbers_clear:
            return self
        longer = replace(self, axis=self.axis.longer())
        return longer if longer._numbers_clear else self

    @property
    def _numbers_clear(self) -> bool:
        told = [dot for row in self.rows for dot in row.dots if dot.value is not None]
        return self.together or not any(self._crossed(dot, right=self.right_of(dot)) for dot in told)

    def right_of(self, dot: Dot) -> bool:
        """Whether a dot's number stands right of its range: if there is room, and no line runs through."""
        low, high = _span(dot)
        fits_right = self.axis.position(high) <= RIGHT_OF_HERE
        fits_left = self.axis.position(low) >= 1 - RIGHT_OF_HERE
        if fits_right and fits_left:
            return not self._crossed(dot, right=True) or self._crossed(dot, right=False)
        return fits_right

    def _crossed(self, dot: Dot, *, right: bool) -> bool:
        """Whether a line to hold the dots against runs through a dot's number, on a narrow phone."""
        low, high = _span(dot)
        wide = GLYPH * (len(dot.said) + 1) / NARROWEST
        start = self.axis.position(high) if right else self.axis.position(low) - wide
        lines = [self.reference, *self.limits] if self.reference is not None else list(self.limits)
        return any(start < self.axis.position(at) < start + wide for at in lines if at is not None)

    def beside_dots(self) -> Iterator[tuple[int, int]]:
        """Yield from where to where, in px from the top, each row has its dots: there a line may run."""
        for row, y, _ in self.placed():
            yield y + LINE * len(row.lines), y + self._height(row)

    @property
    def height(self) -> int:
        """Height of the plot area in px, axis labels not counted."""
        return TOP + sum(self._height(row) for row in self.rows)

    @property
    def series(self) -> tuple[Series, ...]:
        """The series drawn, in the order of their first dot."""
        return tuple(
            dict.fromkeys(dot.series for row in self.rows for dot in row.dots if dot.value is not None)
        )

    def placed(self) -> Iterator[tuple[Row, int, list[int]]]:
        """Yield each row with the y of its label's top and of its dots, in px from the top."""
        y = TOP
        for row in self.rows:
            below = 0 if self.together else SLOT
            dots = [y + LINE * len(row.lines) + below * i + SLOT // 2 for i in range(len(row.dots))]
            yield row, y, dots
            y += self._height(row)

    def _height(self, row: Row) -> int:
        slots = min(1, len(row.dots)) if self.together else len(row.dots)
        return LINE * len(row.lines) + SLOT * slots + (CLOSE if self.together else GAP)


def _span(dot: Dot) -> tuple[float, float]:
    """Return the ends of a dot's range; its value at both where it has none."""
    value = dot.value or 0.0
    return (value if dot.low is None else dot.low), (value if dot.high is None else dot.high)


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of a curve; no value where it is withheld."""

    x: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve, as a dot with its interval at each point that is shown.

    No line joins the dots: between two points nothing is estimated, and a staircase over each event would
    show single people. A `smooth` curve is estimated everywhere between its points: a line, its interval
    as a band or as thin lines.
    """

    series: Series
    marks: tuple[Mark, ...]
    smooth: bool = False

    def dots(self) -> list[Mark]:
        """Return the points that are shown."""
        return [m for m in self.marks if m.value is not None]


@dataclass(frozen=True, slots=True)
class CurveChart:
    """Curves on two axes; `reference` draws a level line, named by its label. `format` writes a value."""

    curves: tuple[Curve, ...]
    x: Axis
    y: Axis
    reference: tuple[float, str] | None = None
    format: str = ".0%"

    def beside(self, curve: Curve) -> float:
        """How far right to draw a curve's dots, in the unit of x, so that they do not hide another's."""
        return DODGE * self.curves.index(curve) * (self.x.high - self.x.low)

    @property
    def label_above(self) -> bool:
        """Whether the level line's label, at its right, is less in the way of curves above it than below."""
        if self.reference is None:
            return False
        level, middle = self.y.position(self.reference[0]), (self.x.low + self.x.high) / 2
        crowd = [
            self.y.position(value) - level
            for curve in self.curves
            for mark in curve.dots()
            if mark.x > middle
            for value in (mark.low, mark.value, mark.high)
            if value is not None
        ]
        below, above = (sum(0 < side * gap < NEAR for gap in crowd) for side in (-1, 1))
        return above < below

    @property
    def series(self) -> tuple[Series, ...]:
        """The series drawn."""
        return tuple(curve.series for curve in self.curves)


Chart = DotChart | CurveChart
