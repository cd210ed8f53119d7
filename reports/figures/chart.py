"""What a chart shows, apart from how it is drawn.

`interactive` makes a plotly figure of it for the screen, `drawing` an SVG for paper and for readers
without JavaScript. Both draw the same numbers, and nothing but these.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reports.figures.axes import Axis
from reports.figures.style import Series

DODGE = 0.008  # share of the x axis between the dots of two curves at the same x
LABEL = 34  # characters on a line of a row's label or of an axis title: fits a screen 320 px wide
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
    plot. `together` sets the dots of a row on one line, without their numbers: a love plot.
    """

    rows: tuple[Row, ...]
    axis: Axis
    reference: float | None = None
    limits: tuple[float, ...] = ()
    together: bool = False

    def with_room(self) -> DotChart:
        """Return the chart with an axis that leaves every number room at one side of its range."""
        axis = self.axis
        spans = [
            (dot.value if dot.low is None else dot.low, dot.value if dot.high is None else dot.high)
            for row in self.rows
            for dot in row.dots
            if dot.value is not None
        ]
        while any(low is not None and high is not None and axis.crowds(low, high) for low, high in spans):
            axis = axis.longer()
        return replace(self, axis=axis)

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
