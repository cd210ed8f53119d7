"""All pages together: which there are, their figures, and what holds on each of them."""

from __future__ import annotations

import re

from reports.figures.chart import DotChart
from reports.page import Page, Table
from tests.unit.reports.pages.reading import findings, spoken

BANNED = re.compile(
    r"\b(effects? of|causes?|caused|leads? to|led to|because of|improve[sd]?|due to|thanks to)\b",
    re.IGNORECASE,
)


def test_the_site_has_a_page_for_each_answered_question_between_findings_and_methods(
    pages: list[Page],
) -> None:
    assert [page.file for page in pages] == [
        "index.html", "programs.html", "meaning.html", "craving.html", "volunteering.html", "justice.html",
        "detoxification.html", "data.html", "methods.html",
    ]  # fmt: skip


def test_each_page_shows_its_figures_in_order(pages: list[Page]) -> None:
    assert {page.file: [f.identifier for f in page.figures()] for page in pages if page.figures()} == {
        "programs.html": [
            "programs-forest-month-12-demo-collaborative",
            "programs-forest-month-6-demo-collaborative", "programs-alike-month-12-demo-collaborative",
            "programs-through-any-problem-alcohol-demo-collaborative",
            "programs-scale-month-12-demo-collaborative",
        ],
        "meaning.html": [
            "meaning-demo-collaborative", "meaning-by-program-demo-collaborative",
            "meaning-by-day-demo-collaborative", "meaning-day-after-demo-collaborative",
        ],
        "craving.html": ["any-craving-demo-collaborative", "strength-of-craving-demo-collaborative"],
        "volunteering.html": [
            "taking-part-demo-collaborative", "daily-life-demo-collaborative", "setbacks-demo-collaborative",
        ],
        "justice.html": [
            "return-to-prison-demo-collaborative", "return-to-prison-nc-releases",
            "return-to-prison-beside-others",
        ],
        "detoxification.html": [
            "first-use-help-trial", "first-use-by-support-from-friends-help-trial",
            "first-use-by-link-to-primary-care-help-trial",
        ],
    }  # fmt: skip


def test_every_page_of_an_answer_ends_with_what_it_does_not_say_and_how_it_was_made(
    pages: list[Page],
) -> None:
    for page in pages[1:7]:
        assert [section.identifier for section in page.sections][-2:] == ["not-said", "how-made"]


def test_no_answer_is_worded_as_an_effect_or_a_cause(pages: list[Page]) -> None:
    said = [text for page in pages for text in spoken(page)]
    said += [item.sentence for item in findings(pages).items]
    assert len(said) > 30
    assert [text for text in said if BANNED.search(text)] == []


def test_all_that_a_chart_draws_stands_in_its_words_its_table_and_its_file(pages: list[Page]) -> None:
    seen = 0
    for figure in (f for page in pages for f in page.figures() if isinstance(f.chart, DotChart)):
        if figure.chart.together:
            continue  # numbers stand in the labels of the rows: held to the same in programs_pages
        cells = " ".join(str(cell) for row in figure.table.rows for cell in row)
        file = figure.download.rows["estimate"].drop_nulls().to_list()
        for row in figure.chart.rows:
            for dot in row.dots:
                if dot.value is None:
                    continue
                seen += 1
                assert dot.said in cells
                assert dot.said.rstrip("%") in " ".join(figure.alternative)
                scale = 10 if figure.identifier.startswith(("meaning", "strength")) else 1
                assert any(abs(dot.value - scale * value) < 1e-9 for value in file)
    assert seen > 15


def test_no_name_of_the_machine_stands_in_a_table(pages: list[Page]) -> None:
    facts = [
        row
        for page in pages[1:6]
        for block in page.blocks()
        if isinstance(block, Table) and block.caption.startswith("How the estimates")
        for row in block.rows
    ]
    assert len(facts) > 10
    assert [row for row in facts if "_" in str(row[0]) or str(row[0]).lower() == "icc"] == []
    converged = next(row for row in facts if row[0] == "The model reached a stable figure")
    assert "yes" in converged
