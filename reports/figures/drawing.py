"""Charts on paper and without JavaScript: a small SVG with the same geometry as the figure on a screen."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

from reports.figures.axes import Axis
from reports.figures.chart import Chart, Curve, CurveChart, DotChart
from reports.figures.style import BAND, INK, MARK, NOTICE, PAPER, QUIET, RULE, TEXT, Series

WIDTH, LEFT, RIGHT, BELOW, PLOT = 520, 10, 14, 50, 280
ABOVE = 24  # px for the mark that says what kind of data is drawn
SMALL = 4  # px, radius of a dot on a curve


def to_svg(chart: Chart, mark: str = "") -> str:
    """Return the chart as an inline SVG element; its words stand beside it in the page.

    `mark` is written into the drawing, so that a picture cut from the page still says what it shows.
    """
    parts, height = _dots(chart) if isinstance(chart, DotChart) else _curves(chart)
    top = ABOVE if mark else 0
    box = f"0 {-top} {WIDTH} {height + top}"
    if mark:
        parts.append(_label(WIDTH - RIGHT, -8, mark, color=NOTICE, anchor="end"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-size="{TEXT}" '
        f'fill="{INK}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def symbol(series: Series, x: float, y: float, r: int = MARK) -> str:
    """Draw a marker of radius `r` at x, y."""
    look = f'fill="{series.color if series.filled else PAPER}" stroke="{series.color}" stroke-width="2"'
    if series.symbol == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {look}/>'
    if series.symbol == "square":
        return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r}" height="{2 * r}" {look}/>'
    corners = (
        f"{x:.1f},{y - r - 1:.1f} {x + r + 1:.1f},{y:.1f} {x:.1f},{y + r + 1:.1f} {x - r - 1:.1f},{y:.1f}"
    )
    return f'<polygon points="{corners}" {look}/>'


def swatch(series: Series) -> str:
    """Draw what stands beside a series' name in the key: its marker."""
    mark = symbol(series, 16, 9)
    return (
        f'<svg viewBox="0 0 32 18" width="32" height="18" aria-hidden="true" focusable="false">{mark}</svg>'
    )


def _dots(given: DotChart) -> tuple[list[str], int]:
    chart = given.clear_of_lines()
    bottom = chart.height
    parts = [_rule(_at(chart.axis, value), 0, bottom) for value, _ in chart.axis.ticks]
    for first, last in chart.beside_dots():
        if chart.reference is not None:
            parts.append(_rule(_at(chart.axis, chart.reference), first, last, color=QUIET))
        parts += [_broken(_at(chart.axis, value), first, last) for value in chart.limits]
    for row, top, heights in chart.placed():
        for i, line in enumerate(row.lines):
            parts.append(_label(LEFT, top + 14 + 19 * i, line))
        for dot, y in zip(row.dots, heights, strict=True):
            if dot.value is None:
                parts.append(_label(LEFT, y + 5, dot.said, color=QUIET))
                continue
            x = end = start = _at(chart.axis, dot.value)
            if dot.low is not None and dot.high is not None:
                start, end = _at(chart.axis, dot.low), _at(chart.axis, dot.high)
                parts.append(
                    f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{y}" y2="{y}" stroke="{dot.series.color}" '
                    'stroke-width="3"/>'
                )
            parts.append(symbol(dot.series, x, y))
            if chart.together:
                continue
            if chart.right_of(dot):
                parts.append(_label(end + MARK + 5, y + 5, dot.said, color=dot.series.color))
            else:
                parts.append(_label(start - MARK - 5, y + 5, dot.said, color=dot.series.color, anchor="end"))
    parts += _below(chart.axis, bottom, LEFT)
    return parts, bottom + BELOW


def _curves(chart: CurveChart) -> tuple[list[str], int]:
    left, top = 44, 10
    bottom = top + PLOT

    def height(share: float) -> float:
        return bottom - PLOT * chart.y.position(share)

    parts = []
    for value, label in chart.y.ticks:
        y = bottom - PLOT * chart.y.position(value)
        parts.append(f'<line x1="{left}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{RULE}"/>')
        parts.append(_label(left - 8, y + 5, label, color=QUIET, anchor="end"))
    if chart.reference is not None:
        value, label = chart.reference
        y = height(value)
        parts.append(_level(left, y))
        away = -7 if chart.label_above else 17
        parts.append(_label(WIDTH - RIGHT, y + away, label, color=QUIET, anchor="end"))
    for curve in chart.curves:
        if curve.smooth:
            parts += _smooth(curve, lambda x: _at(chart.x, x, left), height)
            continue
        aside = chart.beside(curve)
        for m in curve.dots():
            x = _at(chart.x, m.x + aside, left)
            if m.low is not None and m.high is not None:
                ends = f'y1="{height(m.low):.1f}" y2="{height(m.high):.1f}"'
                color = curve.series.color
                parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="{color}" stroke-width="2"/>')
            parts.append(symbol(curve.series, x, height(m.value or 0.0), SMALL))
    parts += _below(chart.x, bottom, left)
    return parts, bottom + BELOW


def _smooth(curve: Curve, across: Callable[[float], float], down: Callable[[float], float]) -> list[str]:
    """Draw a line, its interval as a band, and its marker at the end, by which the key names it."""
    dots, color = curve.dots(), curve.series.color
    if not dots:
        return []
    lows = [(m.x, m.low) for m in dots if m.low is not None]
    highs = [(m.x, m.high) for m in dots if m.high is not None]
    band = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in (*highs, *reversed(lows)))
    line = " ".join(f"{across(m.x):.1f},{down(m.value or 0.0):.1f}" for m in dots)
    dash = "" if curve.series.filled else ' stroke-dasharray="7 4"'
    last = dots[-1]
    return [
        *([f'<polygon points="{band}" fill="{color}" fill-opacity="{BAND}"/>'] if lows and highs else []),
        f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2.5"{dash}/>',
        symbol(curve.series, across(last.x), down(last.value or 0.0), SMALL),
    ]


def _level(left: int, y: float) -> str:
    ends = f'x1="{left}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
    return f'<line {ends} stroke="{INK}" stroke-width="1.5" stroke-dasharray="2 3"/>'


def _at(axis: Axis, value: float, left: int = LEFT) -> float:
    return left + axis.position(value) * (WIDTH - left - RIGHT)


def _below(axis: Axis, bottom: int, left: int) -> list[str]:
    parts = [f'<line x1="{left}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}" stroke="{QUIET}"/>']
    for value, label in axis.ticks:
        x = _at(axis, value, left)
        anchor = "start" if x < left + 8 else "end" if x > WIDTH - RIGHT - 8 else "middle"
        parts.append(_label(x, bottom + 19, label, color=QUIET, anchor=anchor))
    parts.append(_label((left + WIDTH - RIGHT) / 2, bottom + 41, axis.title, color=QUIET, anchor="middle"))
    return parts


def _rule(x: float, top: float, bottom: float, color: str = RULE) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{color}"/>'


def _broken(x: float, top: float, bottom: float) -> str:
    ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"'
    return f'<line {ends} stroke="{QUIET}" stroke-dasharray="5 4"/>'


def _label(x: float, y: float, text: str, *, color: str = INK, anchor: str = "start") -> str:
    halo = f'stroke="{PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'  # lines end here
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}"'
    return f"<text {place} {halo}>{escape(text)}</text>"
