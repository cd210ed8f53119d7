"""Smooth curves: a line with its band, and a level line, on the screen and on paper alike."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Mark
from reports.figures.drawing import to_svg
from reports.figures.interactive import to_html
from reports.pages.curve_points import marks_of
from reports.release import Point

MARKS = tuple(Mark(float(x), 3.0 + x / 10, 2.9 + x / 10, 3.1 + x / 10) for x in range(11))
CHART = CurveChart(
    (Curve(style.first("With"), MARKS, smooth=True),),
    axes.Axis("Years", 0.0, 10.0, ((0.0, "0"), (10.0, "10"))),
    axes.plain("", [2.9, 4.1], through=None),
    reference=(3.5, "Others"),
    format=".2f",
)


def test_a_smooth_curve_is_a_line_with_its_band_in_both_drawings() -> None:
    svg, html = to_svg(CHART), to_html(CHART, "one")
    assert len(re.findall("<polyline", svg)) == len(re.findall(r"<polygon [^>]*fill-opacity", svg)) == 1
    assert svg.count("<circle") == 1  # the marker that the key names, at the end of the line
    assert '"fill":"toself"' in html
    assert '"mode":"lines"' in html


def test_a_curve_of_dots_has_neither_line_nor_band() -> None:
    dots = replace(CHART, curves=(replace(CHART.curves[0], smooth=False),), reference=None)
    assert "<polyline" not in to_svg(dots)
    assert "toself" not in to_html(dots, "one")


def test_a_curve_without_a_range_is_drawn_without_a_band() -> None:
    bare = tuple(replace(mark, low=None, high=None) for mark in MARKS)
    chart = replace(CHART, curves=(Curve(style.first("With"), bare, smooth=True),))
    assert "<polyline" in to_svg(chart)
    assert "fill-opacity" not in to_svg(chart)


def test_a_curve_all_of_which_is_withheld_draws_nothing() -> None:
    none = tuple(Mark(mark.x, None, None, None) for mark in MARKS)
    chart = replace(CHART, curves=(Curve(style.first("With"), none, smooth=True),))
    assert "<polyline" not in to_svg(chart)
    assert to_html(chart, "one")


def test_the_second_of_two_curves_is_told_apart_without_color() -> None:
    two = replace(CHART, curves=(*CHART.curves, Curve(style.second("Without"), MARKS, smooth=True)))
    assert to_svg(two).count("stroke-dasharray") == 2  # the second curve, and the level line
    assert '"dash":"7px,4px"' in to_html(two, "one")


def test_a_level_line_is_named_in_both_drawings() -> None:
    assert ">Others</text>" in to_svg(CHART)
    assert '"text":"Others"' in to_html(CHART, "one")
    assert "Others" not in to_svg(replace(CHART, reference=None))


@pytest.mark.parametrize(("height", "above"), [(3.45, True), (3.55, False), (4.0, False)])
def test_the_label_of_a_level_line_stands_where_no_curve_is(height: float, above: bool) -> None:
    flat = tuple(Mark(mark.x, height, None, None) for mark in MARKS)
    assert replace(CHART, curves=(Curve(style.first("With"), flat, smooth=True),)).label_above is above


def point(x: float, share: float | None) -> Point:
    return Point(
        "H1", "first_use", "helpers", "somewhere", "2026Q3", x, "days", share, None, None, None, None,
        suppressed=share is None,
    )  # fmt: skip


def test_a_level_stretch_is_drawn_by_its_ends_and_a_withheld_point_not_at_all() -> None:
    shares = [(0, 1.0), (10, 1.0), (20, 1.0), (30, 0.8), (40, None), (50, 0.8), (60, 0.8), (70, 0.8)]
    kept = marks_of([point(float(x), share) for x, share in shares])
    assert [mark.x for mark in kept] == [0.0, 20.0, 30.0, 70.0]
    assert marks_of([]) == ()
    assert [mark.x for mark in marks_of([point(5.0, 0.5)])] == [5.0]
