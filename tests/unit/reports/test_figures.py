"""The figures: axes that hold their values, two drawings of the same numbers, colors that can be read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from reports.figures import axes, drawing, interactive, style
from reports.figures.chart import Curve, CurveChart, Dot, DotChart, Mark, Row

ONE, TWO = style.first("One"), style.second("Two")


def dots(value: float | None = 0.4) -> DotChart:
    row = Row(
        "A label that is long enough to need a second line", (Dot(ONE, value, 0.3, 0.5, "40% <of all>"),)
    )
    return DotChart((row, Row("B", (Dot(TWO, None, None, None, "Not shown"),))), axes.shares("Share", [0.5]))


def curves() -> CurveChart:
    marks = (
        Mark(0, 0.0, None, None),
        Mark(1, 0.2, 0.1, 0.3),
        Mark(2, None, None, None),
        Mark(3, 0.4, 0.3, 0.5),
    )
    marks += (Mark(4, 0.5, 0.4, 0.6),)
    return CurveChart((Curve(ONE, marks),), axes.plain("Years", [4.0]), axes.shares("", [0.6]))


def numbers_in(html: str) -> list[dict[str, object]]:
    traces: list[dict[str, object]]
    traces, _ = json.JSONDecoder().raw_decode(html, html.index("[", html.index("Plotly.newPlot")))
    return traces


@pytest.mark.parametrize("chart", [dots(), curves()])
def test_the_drawing_is_well_formed_svg(chart: DotChart | CurveChart) -> None:
    root = ET.fromstring(drawing.to_svg(chart))
    assert root.tag.endswith("svg")
    assert root.get("aria-hidden") == "true"


def test_the_figure_on_screen_holds_the_numbers_as_given_and_a_lean_template() -> None:
    html = interactive.to_html(dots(), "x")
    xs = [trace["x"] for trace in numbers_in(html)]
    assert xs == [[0.3, 0.5], [0.4]]
    assert len(html) < 5000
    assert "http" not in html


def test_a_withheld_dot_is_said_and_not_drawn() -> None:
    html = interactive.to_html(dots(), "x")
    assert "Not shown" in html
    assert "Not shown" in drawing.to_svg(dots())
    assert drawing.to_svg(dots()).count("<polygon") == 0


def test_a_curve_is_a_dot_at_each_shown_point_and_no_line_between_them() -> None:
    (curve,) = curves().curves
    assert [m.x for m in curve.dots()] == [0, 1, 3, 4]
    (trace,) = numbers_in(interactive.to_html(curves(), "x"))
    assert trace["mode"] == "markers"
    assert (trace["x"], trace["y"]) == ([0, 1, 3, 4], [0.0, 0.2, 0.4, 0.5])
    drawn = drawing.to_svg(curves())
    assert drawn.count("<circle") == 4
    assert "<polyline" not in drawn


def test_the_bar_of_a_dot_reaches_from_one_end_of_its_interval_to_the_other() -> None:
    (trace,) = numbers_in(interactive.to_html(curves(), "x"))
    bars = trace["error_y"]
    assert isinstance(bars, dict)
    assert bars["array"] == [None, *[pytest.approx(0.1)] * 3]
    assert bars["arrayminus"] == [None, *[pytest.approx(0.1)] * 3]
    assert drawing.to_svg(curves()).count('stroke-width="2"/>') - 4 == 3  # 4 dots have an outline of 2 too


def test_dots_of_two_curves_at_one_place_do_not_hide_each_other() -> None:
    marks = (Mark(1, 0.2, 0.1, 0.3),)
    chart = CurveChart(
        (Curve(ONE, marks), Curve(TWO, marks)), axes.plain("Days", [100.0]), axes.shares("", [0.6])
    )
    first, second = (trace["x"] for trace in numbers_in(interactive.to_html(chart, "x")))
    assert first == [1.0]
    assert second == [pytest.approx(1.8)]


@pytest.mark.parametrize("chart", [dots(), curves()])
def test_a_picture_cut_from_the_page_still_says_what_data_it_shows(chart: DotChart | CurveChart) -> None:
    for picture in (
        drawing.to_svg(chart, "Synthetic data"),
        interactive.to_html(chart, "x", "Synthetic data"),
    ):
        assert picture.count("Synthetic data") == 1
    assert ET.fromstring(drawing.to_svg(chart, "Synthetic data")).get("viewBox", "").split()[1] == "-24"


def test_text_in_a_drawing_is_escaped() -> None:
    assert "&lt;of all&gt;" in drawing.to_svg(dots())


def test_axes_of_shares_start_at_nothing_and_hold_the_largest_value() -> None:
    for largest in (0.04, 0.3, 0.61, 1.0):
        axis = axes.shares("", [None, largest])
        assert axis.low == 0
        assert largest <= axis.high <= 1
        assert axis.ticks[0] == (0.0, "0%")
        assert len(axis.ticks) >= 3
        assert axis.ticks[-1][0] == pytest.approx(axis.high)


def test_ticks_of_a_plain_axis_are_labeled_with_their_values() -> None:
    for top in (0.7, 3.0, 12.0, 950.0):
        axis = axes.plain("", [top])
        assert axis.low <= 0
        assert axis.high >= top
        for value, label in axis.ticks:
            assert float(label.replace(",", "").replace("−", "-")) == pytest.approx(value)


def test_an_axis_of_ratios_holds_its_values_and_spaces_them_evenly_around_one() -> None:
    axis = axes.ratios("", [0.4, 1.3])
    assert axis.low <= 0.4
    assert axis.high >= 1.3
    assert axis.position(1.0) - axis.position(0.5) == pytest.approx(axis.position(2.0) - axis.position(1.0))
    assert (1.0, "1.00") in axis.ticks


def test_an_axis_without_length_and_a_ratio_of_zero_still_have_a_place() -> None:
    flat = axes.plain("x", [0.0, 0.0])
    assert flat.low < 0.0 < flat.high
    assert flat.position(0.0) == pytest.approx(0.5)
    assert axes.Axis("x", 0.0, 0.0, ((0.0, "0"),)).position(0.0) == 0.0
    assert axes.ratios("x", [0.0, 2.0]).position(0.0) == 0.0


def test_labels_of_ratios_that_lie_far_apart_are_few_enough_for_a_phone() -> None:
    for reach in (1.3, 2.0, 4.3, 9.0, 14.0):
        labels = [text for _, text in axes.ratios("", [reach]).ticks]
        assert len(labels) <= 7
        assert {"0.50", "1.00", "2.00"} <= set(labels)
    assert [text for _, text in axes.ratios("", [4.3]).ticks] == ["0.50", "1.00", "2.00"]


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [style.INK, style.QUIET, style.ACCENT, style.SECOND, style.NOTICE])
def test_every_color_of_text_has_a_contrast_of_four_and_a_half_on_paper(color: str) -> None:
    assert 1.05 / (_luminance(color) + 0.05) >= 4.5


def test_series_differ_without_color() -> None:
    looks = {(make("x").symbol, make("x").filled) for make in style.SERIES}
    assert len(looks) == len(style.SERIES)


def test_a_number_beside_a_range_over_the_whole_axis_has_room_inside_the_drawing() -> None:
    wide = Dot(style.first("This report"), -4.2, -7.4, -0.1, "−4.2")
    axis = axes.plain("Points", [wide.low, wide.high])
    assert axis.crowds(wide.low, wide.high)
    chart = DotChart((Row("Days", (wide,)),), axis).with_room()
    assert not chart.axis.crowds(wide.low, wide.high)
    assert chart.axis.ticks[: len(axis.ticks)] == axis.ticks
    assert chart.axis.low == axis.low
    assert chart.axis.high == chart.axis.ticks[-1][0] > axis.high
    ratio = axes.ratios("Times", [0.5, 2.0])
    roomy = DotChart((Row("Odds", (replace(wide, value=1.0, low=0.5, high=2.0),)),), ratio).with_room()
    assert not roomy.axis.crowds(0.5, 2.0)


def test_an_axis_with_room_is_left_as_it_is() -> None:
    narrow = Dot(style.first("This report"), 2.0, 1.0, 3.0, "2.0")
    chart = DotChart((Row("Days", (narrow,)),), axes.plain("Points", [narrow.high]))
    assert chart.with_room() == chart


def test_a_label_on_paper_hides_the_line_that_runs_behind_it() -> None:
    dot = Dot(style.first("This report"), 2.0, 1.0, 3.0, "2.0")
    drawn = drawing.to_svg(DotChart((Row("Days", (dot,)),), axes.plain("Points", [3.0]), reference=0.0))
    assert drawn.index("<line") < drawn.index(">Days<")
    assert drawn.count("paint-order") == drawn.count("<text")
