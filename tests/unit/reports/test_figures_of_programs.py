"""The forest plot and the love plot: the same lines, marks and words on a screen and on paper."""

from __future__ import annotations

import json
import re

from reports.figures import axes, drawing, interactive, style
from reports.figures.chart import Dot, DotChart, Row

BEFORE, AFTER = style.second("As they came"), style.first("As they count")


def row(label: str, first: float, second: float | None) -> Row:
    return Row(label, (Dot(BEFORE, first, None, None, "0.41"), Dot(AFTER, second, None, None, "0.02")))


def love(second: float | None = 0.02) -> DotChart:
    rows = (row("Legal problems", 0.41, second), row("Age", 0.09, 0.06))
    return DotChart(rows, axes.plain("Apart", [0.5]), limits=(0.1,), together=True)


def layout_of(html: str) -> dict[str, list[dict[str, object]]]:
    start = html.index("[", html.index("Plotly.newPlot"))
    _, end = json.JSONDecoder().raw_decode(html, start)
    found: dict[str, list[dict[str, object]]]
    found, _ = json.JSONDecoder().raw_decode(html, html.index("{", end))
    return found


def test_a_limit_is_a_broken_line_at_its_value_on_screen_and_on_paper() -> None:
    (line,) = layout_of(interactive.to_html(love(), "x"))["shapes"]
    assert (line["x0"], line["x1"], line["layer"]) == (0.1, 0.1, "below")
    drawn = drawing.to_svg(love())
    assert drawn.count("stroke-dasharray") == 1
    (at,) = re.findall(r'<line x1="([\d.]+)"[^>]*stroke-dasharray', drawn)
    left, right = drawing.LEFT, drawing.WIDTH - drawing.RIGHT
    assert float(at) == round(left + 0.2 * (right - left), 1)


def test_a_chart_without_limits_has_no_broken_line() -> None:
    chart = DotChart(love().rows, love().axis)
    assert "stroke-dasharray" not in drawing.to_svg(chart)
    assert "shapes" not in layout_of(interactive.to_html(chart, "x"))


def test_dots_set_together_share_a_line_and_leave_their_numbers_to_label_and_table() -> None:
    chart = love()
    for one, _, heights in chart.placed():
        assert len(heights) == len(one.dots) == 2
        assert len(set(heights)) == 1
    assert ">0.41<" not in drawing.to_svg(chart)
    assert all(note["text"] != "0.41" for note in layout_of(interactive.to_html(chart, "x"))["annotations"])
    apart = DotChart(chart.rows, chart.axis, limits=chart.limits)
    assert chart.height < apart.height
    assert ">0.41<" in drawing.to_svg(apart)


def test_rows_set_together_follow_each_other_without_overlap() -> None:
    chart = love()
    tops = [(top, heights[0]) for _, top, heights in chart.placed()]
    assert tops[0][0] < tops[0][1] < tops[1][0] < tops[1][1] < chart.height


def test_a_withheld_dot_set_together_is_said_all_the_same() -> None:
    assert ">0.02<" in drawing.to_svg(love(None))
