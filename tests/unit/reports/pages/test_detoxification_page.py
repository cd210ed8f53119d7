"""The page of days to first use: curves and ratios."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from models.survival.first_use_ratios import DRIFT_NOTE
from reports.page import Page
from tests.unit.reports.pages.reading import named


def test_a_ratio_that_may_change_over_time_is_named_under_its_figure(
    composed: Callable[..., list[Page]], fake: ModuleType, pages: list[Page]
) -> None:
    rows = [
        row | {"note": f"An association.{DRIFT_NOTE}" if row["term"] == "linked_to_care" else row["note"]}
        for row in fake.estimates()
    ]
    figure = named(composed({"results.estimates": rows}), "detoxification.html").figures()[0]
    assert "may change over time for “Linked to primary care, against" in figure.caption
    assert "may change over time" not in named(pages, "detoxification.html").figures()[0].caption


def test_a_curve_of_everybody_begins_at_none_on_day_zero_and_one_of_a_later_day_does_not(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    curves = [row for row in fake.curves() if row["x"] > 0]
    page = named(composed({"results.curves": curves}), "detoxification.html")
    support, link = page.figures()[1:3]
    assert [c.marks[0].x for c in support.chart.curves] == [0.0, 0.0]
    assert all(c.marks[0].x > 0 for c in link.chart.curves)
    assert "235 people" in link.subtitle


def test_curves_are_said_at_one_day_that_all_of_them_show(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    rows = [
        row
        for row in fake.curves()
        if row["curve"] != "higher_friend_support" or row["x"] < 150  # passed over later on: too few events
    ]
    figure = named(composed({"results.curves": rows}), "detoxification.html").figures()[1]
    said = " ".join(figure.alternative)
    assert said.count("had used again by day 91") == 2
    assert "day 183" not in said
