"""The page of the kinds of programs as a whole: order, finding, populations, paper."""

from __future__ import annotations

import re
from types import ModuleType

from reports.numbers import KEEP
from reports.page import Findings, Page, Terms
from reports.words import programs_verdicts
from tests.unit.reports.programs_pages.reading import Compose, figure, programs_page, said, section, table


def test_the_page_tells_in_order_what_was_compared_of_whom_how_well_and_what_it_cannot_say(
    programs: Page,
) -> None:
    assert [s.identifier for s in programs.sections] == [
        "compared", "compared-month_6", "reached", "alike", "other-ways", "hidden", "conditions", "through",
        "scale", "other-studies", "not-said", "how-made",
    ]  # fmt: skip
    assert programs.data == "synthetic"


def test_a_release_that_does_not_compare_programs_has_no_such_page_and_no_finding(
    composed: Compose, fake: ModuleType
) -> None:
    pages = composed({"results.estimates": fake.estimates()})
    assert "programs.html" not in [page.file for page in pages]
    found = next(b for b in pages[0].blocks() if isinstance(b, Findings))
    assert all("clinical programs" not in item.sentence for item in found.items)


def test_a_release_with_the_comparison_alone_has_a_page_without_paths_and_scale(
    composed: Compose, fake_programs: ModuleType
) -> None:
    rows = [row for row in fake_programs.estimates() if row["analysis"] == "C1"]
    page = programs_page(composed({"results.estimates": rows}))
    assert {"through", "scale"}.isdisjoint(s.identifier for s in page.sections)
    assert len(page.figures()) == 3


def test_the_finding_says_whom_it_compares_what_holds_both_ways_and_how_much_is_known(
    pages: list[Page],
) -> None:
    found = next(b for b in pages[0].blocks() if isinstance(b, Findings))
    item = next(item for item in found.items if item.read_on.href == "programs.html")
    assert "did better on alcohol (a shift of 3.0 of 100 undoes this) and worse on work (a" in item.sentence
    assert (
        "ruled out either way for medical (a shift of 3.0 of 100 undoes this) and quality of" in item.sentence
    )
    assert "and nothing else" not in item.sentence  # what holds on one side alone is left to the page
    assert (
        "A gap of 7 or more of 100 people is ruled out at best (medical problems), and one of 28 or more at "
        "worst (work problems)."
    ) in item.sentence
    assert "between 6 and 18 fewer, from 360 people" in item.sentence
    assert "293 were interviewed" in item.basis[0]
    assert item.tag == "Synthetic demonstration data"


def test_all_that_these_charts_draw_stands_in_labels_words_table_and_file(programs: Page) -> None:
    seen = 0
    for one in (f for f in programs.figures() if f.chart.together):
        cells = " ".join(str(cell) for row in one.table.rows for cell in row).replace(KEEP, " ")
        file = one.download.rows["estimate"].drop_nulls().to_list()
        balance = "-alike-" in one.identifier
        for row in one.chart.rows:
            for dot in (dot for dot in row.dots if dot.value is not None):
                seen += 1
                assert dot.said in cells
                assert balance or dot.said in row.label.replace(KEEP, " ")
                assert balance or dot.said in " ".join(one.alternative)
                if "-forest-" not in one.identifier:
                    assert any(abs(dot.value - (abs(v) if balance else 100 * v)) < 1e-9 for v in file)
    assert seen > 30


def test_the_glossary_explains_the_verdicts_only_where_they_are_given(
    pages: list[Page], composed: Compose, fake: ModuleType
) -> None:
    def glossary(pages: list[Page]) -> set[str]:
        methods = next(page for page in pages if page.file == "methods.html")
        return {term for b in methods.blocks() if isinstance(b, Terms) for term, _ in b.pairs}

    given = {term for term, _ in programs_verdicts.GLOSSARY}
    assert "Made alike at entry" in given
    assert given <= glossary(pages)
    assert given.isdisjoint(glossary(composed({"results.estimates": fake.estimates()})))


def test_every_figure_of_the_page_names_its_people_and_deliveries(programs: Page) -> None:
    for one in programs.figures():
        assert re.search(r"(360|458) people", one.subtitle)
        assert "delivery of 2026Q3" in one.subtitle


def test_two_populations_have_sections_and_figures_of_their_own(
    composed: Compose, fake: ModuleType, fake_programs: ModuleType
) -> None:
    rows = fake_programs.estimates()
    facts = fake_programs.diagnostics()
    second = fake.CAROLINA
    pages = composed(
        {
            "results.estimates": [*rows, *(row | {"population": second} for row in rows)],
            "results.diagnostics": [*facts, *(row | {"population": second} for row in facts)],
        }
    )
    page = programs_page(pages)
    assert page.data == "mixed"
    names = [s.identifier for s in page.sections]
    assert len(names) == len(set(names)) == 2 * 9 + 3
    assert len({f.identifier for f in page.figures()}) == 10
    assert len({d.name for d in page.downloads()}) == len(page.downloads())


def test_a_comparison_without_any_fact_still_makes_a_page(
    composed: Compose, fake_programs: ModuleType
) -> None:
    page = programs_page(
        composed({"results.estimates": fake_programs.estimates(), "results.diagnostics": []})
    )
    forest = figure(page, "forest-month-12")
    assert forest.chart.rows[0].dots[0].said == "12 fewer of 100; no margin to draw it by"
    assert forest.table.rows[0][1].replace(KEEP, " ") == "12 fewer of 100"
    assert {"alike", "other-ways", "conditions"}.isdisjoint(s.identifier for s in page.sections)
    assert "Alcohol problems, 12 months after entry, “better”." in said(section(page, "hidden"))


def test_on_paper_no_table_repeats_what_the_words_beside_its_figure_say(programs: Page) -> None:
    for one in programs.figures():
        assert one.table.technical
        assert "-alike-" in one.identifier or len(one.alternative) > 3
    set_out = table(programs, "People of every 100")
    assert not set_out.technical
    assert [str(cell).replace(KEEP, " ") for cell in set_out.rows[0]] == [
        "Alcohol problems", "28 (20 to 36)", "40 (31 to 49)",
    ]  # fmt: skip
