"""Charts on a screen: plotly figures, lean (no template of plotly's) and still under a thumb that scrolls."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from reports.figures.axes import Axis
from reports.figures.chart import Chart, Curve, CurveChart, Dot, DotChart, wrapped
from reports.figures.style import BAND, FONT, INK, MARK, NOTICE, PAPER, QUIET, RULE, TEXT, Series

CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}
BELOW, LINE = 56, 18  # px for tick labels and a line of an axis title, and for each further line
ABOVE = 24  # px for the mark that says what kind of data is drawn
RIGHT = 12  # px beside the plot
CURVE_HEIGHT = 340
SMALL = 4  # px, radius of a dot of a curve


def to_html(chart: Chart, identifier: str, mark: str = "") -> str:
    """Return the figure as a piece of HTML that needs plotly.js on the page and nothing else.

    `mark` is written into the drawing, so that a picture cut from the page still says what it shows.
    """
    figure = _dots(chart) if isinstance(chart, DotChart) else _curves(chart)
    if mark:
        figure.update_layout(height=figure.layout.height + ABOVE, margin_t=ABOVE)
        figure.add_annotation(
            text=mark,
            x=1,
            xref="paper",
            y=1,
            yref="paper",
            xshift=RIGHT - 2,
            yshift=4,
            xanchor="right",
            yanchor="bottom",
            showarrow=False,
            font={"size": TEXT - 2, "color": NOTICE},
        )
    return str(
        pio.to_html(
            figure,
            full_html=False,
            include_plotlyjs=False,
            div_id=identifier,
            config=CONFIG,
            default_height=f"{figure.layout.height}px",
        )
    )


def _dots(given: DotChart) -> go.Figure:
    chart = given.clear_of_lines()
    figure = go.Figure(layout=_layout(chart.height, chart.axis, left=10))
    whole, broken = {"color": QUIET, "width": 1}, {"color": QUIET, "width": 1, "dash": "5px,4px"}
    lines = [(at, whole) for at in (chart.reference,) if at is not None]
    lines += [(at, broken) for at in chart.limits]
    for first, last in chart.beside_dots():
        for at, look in lines:
            figure.add_shape(type="line", x0=at, x1=at, y0=first, y1=last, line=look, layer="between")
    for row, top, heights in chart.placed():
        figure.add_annotation(
            text="<br>".join(row.lines),
            x=0,
            xref="paper",
            y=top,
            xanchor="left",
            yanchor="top",
            align="left",
            showarrow=False,
            font={"size": TEXT, "color": INK},
            bgcolor=PAPER,
            borderpad=0,
        )
        for dot, y in zip(row.dots, heights, strict=True):
            if dot.value is None:
                figure.add_annotation(
                    text=dot.said,
                    x=0,
                    xref="paper",
                    y=y,
                    xanchor="left",
                    yanchor="middle",
                    showarrow=False,
                    font={"size": TEXT, "color": QUIET},
                )
                continue
            if dot.low is not None and dot.high is not None:
                figure.add_trace(
                    go.Scatter(
                        x=[dot.low, dot.high],
                        y=[y, y],
                        mode="lines",
                        hoverinfo="skip",
                        line={"color": dot.series.color, "width": 3},
                    )
                )
            figure.add_trace(
                go.Scatter(
                    x=[dot.value],
                    y=[y],
                    mode="markers",
                    marker=_marker(dot.series),
                    hovertemplate=f"{dot.series.name}: {dot.said}<extra></extra>",
                )
            )
            if chart.together:
                continue
            end, anchor, shift = _beside(dot, dot.value, right=chart.right_of(dot))
            figure.add_annotation(
                text=dot.said,
                x=_coordinate(chart.axis, end),
                y=y,
                xanchor=anchor,
                yanchor="middle",
                xshift=shift,
                showarrow=False,
                font={"size": TEXT, "color": dot.series.color},
                bgcolor=PAPER,
                borderpad=0,
            )
    figure.update_xaxes(_axis(chart.axis), gridcolor=RULE)
    figure.update_yaxes(range=[chart.height, 0], visible=False, fixedrange=True)
    return figure


def _curves(chart: CurveChart) -> go.Figure:
    figure = go.Figure(layout=_layout(CURVE_HEIGHT, chart.x, left=48))
    if chart.reference is not None:
        _reference(figure, *chart.reference, above=chart.label_above)
    for curve in chart.curves:
        if curve.smooth:
            _smooth(figure, curve, chart.format)
            continue
        shown, aside = curve.dots(), chart.beside(curve)
        figure.add_trace(
            go.Scatter(
                x=[m.x + aside for m in shown],
                y=[m.value for m in shown],
                mode="markers",
                marker=_marker(curve.series, SMALL),
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [_reach(m.high, m.value) for m in shown],
                    "arrayminus": [_reach(m.value, m.low) for m in shown],
                    "thickness": 2,
                    "width": 0,
                    "color": curve.series.color,
                },
                hovertemplate=f"{curve.series.name}: %{{y:{chart.format}}}<extra></extra>",
            )
        )
    figure.update_xaxes(_axis(chart.x), showgrid=False, linecolor=QUIET)
    figure.update_yaxes(_axis(chart.y), gridcolor=RULE)
    figure.update_yaxes(title=None)
    return figure


def _reference(figure: go.Figure, value: float, label: str, *, above: bool) -> None:
    figure.add_shape(
        type="line", x0=0, x1=1, xref="paper", y0=value, y1=value,
        line={"color": INK, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    figure.add_annotation(
        text=label, x=1, xref="paper", y=value, yshift=2 if above else -4, xanchor="right",
        yanchor="bottom" if above else "top", showarrow=False,
        font={"size": TEXT, "color": QUIET},
    )  # fmt: skip


def _smooth(figure: go.Figure, curve: Curve, written: str) -> None:
    """Draw a line, its interval as a band, and its marker at the end, by which the key names it."""
    shown = curve.dots()
    known = [m for m in shown if m.low is not None and m.high is not None]
    red, green, blue = (int(curve.series.color[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_trace(
        go.Scatter(
            x=[m.x for m in (*known, *reversed(known))],
            y=[*(m.high for m in known), *(m.low for m in reversed(known))],
            mode="lines", line={"width": 0}, fill="toself", hoverinfo="skip",
            fillcolor=f"rgba({red}, {green}, {blue}, {BAND})",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[m.x for m in shown], y=[m.value for m in shown], mode="lines",
            line={
                "color": curve.series.color, "width": 2.5,
                "dash": "solid" if curve.series.filled else "7px,4px",
            },
            hovertemplate=f"{curve.series.name}: %{{y:{written}}}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[m.x for m in shown[-1:]], y=[m.value for m in shown[-1:]], mode="markers",
            marker=_marker(curve.series, SMALL), hoverinfo="skip",
        )
    )  # fmt: skip


def _layout(height: int, axis: Axis, *, left: int) -> dict[str, Any]:
    below = BELOW + LINE * (len(wrapped(axis.title)) - 1)
    return {
        "template": "none",
        "height": height + below,
        "margin": {"l": left, "r": RIGHT, "t": 0, "b": below},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "font": {"family": FONT, "size": TEXT, "color": INK},
    }


def _axis(axis: Axis) -> dict[str, Any]:
    ends = [_coordinate(axis, axis.low), _coordinate(axis, axis.high)]
    margin = 0.02 * (ends[1] - ends[0])
    return {
        "range": [ends[0] - margin, ends[1] + margin],
        "type": "log" if axis.log else "linear",
        "tickvals": [value for value, _ in axis.ticks],
        "ticktext": [label for _, label in axis.ticks],
        "title": {
            "text": "<br>".join(wrapped(axis.title)),
            "standoff": 8,
            "font": {"size": TEXT, "color": QUIET},
        },
        "tickfont": {"color": QUIET},
        "fixedrange": True,
        "zeroline": False,
    }


def _coordinate(axis: Axis, value: float) -> float:
    """Return the coordinate that plotly's ranges and annotations want: the exponent on a log axis.

    A ratio of zero, which such an axis does not reach, is set at its low end.
    """
    return math.log10(value if value > 0 else axis.low) if axis.log else value


def _reach(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else high - low


def _marker(series: Series, radius: int = MARK) -> dict[str, Any]:
    return {
        "symbol": series.symbol,
        "size": 2 * radius,
        "color": series.color if series.filled else PAPER,
        "line": {"color": series.color, "width": 2},
    }


def _beside(dot: Dot, value: float, *, right: bool) -> tuple[float, str, int]:
    """Put a dot's label right of its interval, or left of it."""
    if right:
        return (value if dot.high is None else dot.high), "left", MARK + 4
    return (value if dot.low is None else dot.low), "right", -MARK - 4
