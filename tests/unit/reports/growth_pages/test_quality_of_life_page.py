"""The page of quality of life over the years: a turn, a crossing, and people who chose a center."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

from reports.page import Page, Paragraph
from reports.words import quality_of_life
from tests.unit.reports.growth_pages.reading import Rows, named, said, table


def test_quality_of_life_gives_an_open_limit_and_not_reached_as_answers(pages: list[Page]) -> None:
    page = named(pages, "quality-of-life.html")
    assert "The range is from 3.5 years; upper limit not reached. It rests on 1,031 people." in said(page)
    assert "do not rate their life as high as people who never had a problem" in said(page)
    rows = {row[0]: row for row in table(page, "The early dip").rows}
    assert rows["All people in recovery"][3] == "4.0 (from 3.5; upper limit not reached)"
    assert rows["Without a recovery center"][3] == "Not reached in the years observed"
    assert rows["Without a recovery center"][1].startswith("Not enough to say: fewer than half")


def test_quality_of_life_never_speaks_of_a_change_of_a_person(pages: list[Page]) -> None:
    page = named(pages, "quality-of-life.html")
    opening = " ".join(b.text for b in page.sections[0].blocks if isinstance(b, Paragraph))
    assert quality_of_life.BETWEEN_PEOPLE in opening
    assert all(quality_of_life.BETWEEN_PEOPLE in one.caption for one in page.figures())
    assert not re.search(r"\b(rises?|falls|grows?|increases?|drops?|gets better)\b", opening)


def test_a_center_is_said_to_have_been_chosen(
    changed: Callable[[Rows], list[Page]], growth: ModuleType
) -> None:
    rows = [
        row | {"estimate": -1.8, "ci_low": -4.6, "ci_high": -0.6, "note": ""}
        if row["term"].endswith("minus_without_center")
        else row
        for row in growth.estimates()
    ]
    page = named(changed({"results.estimates": rows}), "quality-of-life.html")
    assert "That is 1.8 fewer years with a center than without. The range is between 0.6 and 4.6" in said(
        page
    )
    assert quality_of_life.CHOSE in said(page)


def test_the_mean_to_be_reached_is_a_line_named_in_the_figure(pages: list[Page]) -> None:
    for one in named(pages, "quality-of-life.html").figures():
        assert one.chart.reference == (3.79, "Never had a problem")
        assert any(line.startswith("People who never had a problem: 3.79") for line in one.alternative)


def test_a_curve_without_the_mean_to_be_reached_is_drawn_without_its_line(
    changed: Callable[[Rows], list[Page]], growth: ModuleType
) -> None:
    facts = [row for row in growth.diagnostics() if row["diagnostic"] != "general_population_mean"]
    page = named(changed({"results.diagnostics": facts}), "quality-of-life.html")
    assert page.figures()[0].chart.reference is None
    assert "dotted line" not in page.figures()[0].caption
