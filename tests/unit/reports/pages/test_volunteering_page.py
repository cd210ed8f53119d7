"""The page of two answers of the same people: rates and what is withheld."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from reports.page import Citations, Page
from tests.unit.reports.pages.reading import finding_on, named


def test_a_published_rate_of_an_unknown_number_of_people_is_listed_and_not_drawn(pages: list[Page]) -> None:
    page = named(pages, "volunteering.html")
    drawn = [dot.value for f in page.figures() for row in f.chart.rows for dot in row.dots]
    assert 0.79 in drawn
    assert 0.07 not in [dot.value for row in page.figures()[2].chart.rows for dot in row.dots]
    items = [item.figure for b in page.blocks() if isinstance(b, Citations) for item in b.items]
    assert "7%" in items
    assert "nearly threefold" in items


def test_a_withheld_paired_difference_gives_way_to_that_of_the_rates_in_sentence_and_table(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    hidden = ("difference", "ratio", "relative_change")
    rows = [
        row | {"suppressed": row["suppressed"] or (row["outcome"] == "volunteered" and row["term"] in hidden)}
        for row in fake.estimates()
    ]
    pages = composed({"results.estimates": rows})
    assert "(between 32 and 50 more, from the two rates alone)" in finding_on(pages, "Volunteering").sentence
    table = named(pages, "volunteering.html").figures()[0].table
    cells = table.rows[0]
    assert cells[3].startswith("+41 (")
    assert cells[4:6] == ("not shown", "not shown")


def test_a_refused_percent_change_is_not_given_in_the_table_and_said_in_its_caption(
    pages: list[Page],
) -> None:
    table = named(pages, "volunteering.html").figures()[0].table
    rows = {row[0]: row for row in table.rows}
    assert rows["Vote in an election"][5] == "not given"
    assert rows["Help another person with an alcohol or drug problem"][5].startswith("+129%")
    assert "percent change is not given where fewer than 10" in table.caption
