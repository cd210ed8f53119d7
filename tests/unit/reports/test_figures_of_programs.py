"""The forest plot and the love plot: the same lines, marks and words on a screen and on paper."""

from __future__ import annotations

import json
import re

from reports.figures import axes, drawing, interactive, style
from reports.figures.chart import LINE, Dot, DotChart, Row

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
    chart = love()
    lines = layout_of(interactive.to_html(chart, "x"))["shapes"]
    assert {(line["x0"], line["x1"], line["layer"]) for line in lines} == {(0.1, 0.1, "between")}
    drawn = drawing.to_svg(chart)
    left, right = drawing.LEFT, drawing.WIDTH - drawing.RIGHT
    at = re.findall(r'<line x1="([\d.]+)"[^>]*stroke-dasharray', drawn)
    assert {float(x) for x in at} == {round(left + 0.2 * (right - left), 1)}
    assert len(lines) == len(at) == len(chart.rows)


def test_a_line_runs_beside_the_dots_of_each_row_and_never_through_its_label() -> None:
    chart = DotChart(love().rows, love().axis, reference=0.0, limits=(0.1,))
    beside = list(chart.beside_dots())
    for (_, top, dots), (start, end) in zip(chart.placed(), beside, strict=True):
        assert top + LINE <= start
        assert all(start < y < end for y in dots)
    lines = layout_of(interactive.to_html(chart, "x"))["shapes"]
    assert {(line["y0"], line["y1"]) for line in lines} == set(beside)


def test_a_number_stands_on_the_side_of_its_range_where_no_line_runs_through_it() -> None:
    series = style.first("x")
    below_none = Dot(series, -0.3, -0.5, -0.05, "−0.30")
    chart = DotChart((Row("A", (below_none,)),), axes.plain("", [-1.0, 1.0]), reference=0.0)
    assert not chart.right_of(below_none)
    odds = Dot(series, 1.3, 1.13, 1.49, "1.30")
    tight = DotChart((Row("Odds", (odds,)),), axes.ratios("", [1.49]), reference=1.0)
    assert not tight.right_of(odds)  # it has room on the left alone, where the line at 1 runs through it
    clear = tight.clear_of_lines()
    assert clear.right_of(odds)
    assert clear.axis.high > tight.axis.high
    assert clear.clear_of_lines() == clear


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
