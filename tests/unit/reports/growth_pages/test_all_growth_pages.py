"""The seven pages on how people grow together: what holds on each of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from reports.figures.chart import CurveChart, DotChart
from reports.page import Cards, Citations, Figure, Page, Paragraph
from reports.words.phrases import SYNTHETIC
from tests.unit.reports.growth_pages.reading import Rows, figure, headlines, named, said, table

BANNED = re.compile(
    r"\b(effects? of|causes?|caused|leads? to|led to|because of|improve[sd]?|due to|thanks to)\b",
    re.IGNORECASE,
)


def test_every_one_of_the_seven_questions_has_a_page_on_the_menu(
    pages: list[Page], growth: ModuleType
) -> None:
    assert set(growth.PAGES) <= {page.file for page in pages}


def test_a_release_without_these_analyses_has_none_of_these_pages(
    composed: Callable[..., list[Page]], growth: ModuleType
) -> None:
    assert {page.file for page in composed({})} & set(growth.PAGES) == set()


def test_each_page_shows_its_figures_in_order(ours: list[Page]) -> None:
    assert {page.file: [f.identifier for f in page.figures()] for page in ours} == {
        "remission.html": ["remission-demo-collaborative"],
        "recovery-capital.html": [
            "recovery-capital-then-and-now-demo-collaborative", "recovery-capital-domains-demo-collaborative",
            "recovery-capital-rose-and-fell-demo-collaborative",
        ],
        "quality-of-life.html": ["quality-of-life-demo-survey", "quality-of-life-by-center-demo-survey"],
        "helping.html": ["helping-shares-demo-collaborative", "helping-curves-demo-collaborative"],
        "mutual-help.html": [
            "mutual-help-pairs-demo-collaborative", "mutual-help-people-demo-collaborative",
        ],
        "peers.html": [
            "hours-within-demo-collaborative", "hours-between-demo-collaborative",
            "hours-interview-demo-collaborative",
        ],
        "roles.html": ["roles-and-taking-part-demo-collaborative"],
    }  # fmt: skip


def test_no_answer_is_worded_as_an_effect_or_a_cause(pages: list[Page], ours: list[Page]) -> None:
    texts = [item.sentence for item in headlines(pages).items]
    for page in ours:
        for block in page.blocks():
            if isinstance(block, Figure):
                texts += [block.headline, block.subtitle, *block.alternative, block.caption]
        opening = next(s for s in page.sections if s.identifier == "")
        texts += [b.text for b in opening.blocks if isinstance(b, Paragraph)]
    assert len(texts) > 120
    assert [text for text in texts if BANNED.search(text)] == []


def test_all_that_a_chart_of_dots_draws_stands_in_its_words_its_table_and_its_file(ours: list[Page]) -> None:
    seen = 0
    for one in (f for page in ours for f in page.figures() if isinstance(f.chart, DotChart)):
        cells = " ".join(str(cell) for row in one.table.rows for cell in row)
        file = one.download.rows["estimate"].drop_nulls().to_list()
        for dot in (dot for row in one.chart.rows for dot in row.dots if dot.value is not None):
            seen += 1
            assert dot.said in cells
            assert dot.said.rstrip("%") in " ".join(one.alternative)
            assert any(abs(dot.value - value) < 1e-9 for value in file)
    assert seen > 30


def test_every_point_of_a_drawn_curve_is_a_point_of_its_file(ours: list[Page]) -> None:
    seen = 0
    for one in (f for page in ours for f in page.figures() if isinstance(f.chart, CurveChart)):
        file = set(one.download.rows.select("x", "estimate").iter_rows())
        for mark in (mark for curve in one.chart.curves for mark in curve.marks):
            seen += 1
            assert (mark.x, mark.value) in file
    assert seen > 200


def test_every_answer_on_the_front_of_a_page_has_its_people_and_its_range(ours: list[Page]) -> None:
    for page in ours:
        lead = next(b.text for b in page.blocks() if isinstance(b, Paragraph) and b.look == "lead")
        assert re.search(r"[\d,]+ people", lead), page.file
        assert re.search(r"[Bb]etween −?[\d.]+ and [\d.]+|upper limit not reached", lead), page.file


def test_every_page_says_how_many_of_those_due_or_asked_were_heard(ours: list[Page]) -> None:
    for page in ours:
        quiet = [b.text for b in page.blocks() if isinstance(b, Paragraph) and b.look == "quiet"]
        assert any(text.startswith("Follow-up: ") for text in quiet), page.file


def test_what_is_withheld_is_nowhere_and_reads_as_withheld(site: Path, pages: list[Page]) -> None:
    planted = re.compile(r"0?\.73123|73\.12|\b73 of|777,?666|planted")
    found = [
        path.name
        for path in site.rglob("*")
        if path.suffix in (".html", ".csv") and planted.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert "How many people fell by that much: not shown" in said(named(pages, "recovery-capital.html"))
    people = figure(named(pages, "mutual-help.html"), "mutual-help-people")
    assert ("Mixed programs", "Not shown, to protect privacy", "–") in people.table.rows


def test_what_a_gate_holds_back_reads_as_not_enough_to_say_and_never_as_zero(pages: list[Page]) -> None:
    rows = {row[0]: row for row in table(named(pages, "recovery-capital.html"), "Recovery capital by").rows}
    assert rows["Personal capital"][3] == "Not enough to say: fewer than half of those due were interviewed"
    drawn = figure(named(pages, "recovery-capital.html"), "recovery-capital-domains")
    dots = {row.label: row.dots for row in drawn.chart.rows}
    assert [(dot.value, dot.said) for dot in dots["Personal capital"]] == [
        (None, "After 12 months: not enough to say")
    ]
    words = " ".join(drawn.alternative)
    assert "There is not enough to say how Personal capital changed" in words
    pairs = figure(named(pages, "mutual-help.html"), "mutual-help-pairs")
    assert any("not enough to say" in line for line in pairs.alternative)


def test_published_years_and_reliabilities_keep_their_digits(pages: list[Page]) -> None:
    items = [
        item.figure
        for file in ("quality-of-life.html", "recovery-capital.html")
        for block in named(pages, file).blocks()
        if isinstance(block, Citations)
        for item in block.items
    ]
    assert items == ["6 years", "Alpha 0.90"]


def test_numbers_worked_out_in_other_ways_stand_with_a_verdict_and_a_file(
    site: Path, ours: list[Page]
) -> None:
    names = {d.name for page in ours for d in page.downloads() if "in-other-ways" in d.name}
    assert len(names) >= 6
    for name in names:
        with (site / "data" / name).open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert {row["data"] for row in rows} == {SYNTHETIC}
        assert {"headline"} < {row["way"] for row in rows}
    assert "People as they are: the direction holds in every way" in said(
        next(page for page in ours if page.file == "helping.html")
    )


def test_all_these_pages_and_pictures_are_stamped_as_synthetic(site: Path, ours: list[Page]) -> None:
    for page in ours:
        html = (site / page.file).read_text(encoding="utf-8")
        assert f"<strong>{SYNTHETIC}</strong>" in html
        drawings = re.findall(r'<svg xmlns="http://www.w3.org/2000/svg" viewBox.*?</svg>', html)
        assert len(drawings) == len(page.figures())
        assert all(SYNTHETIC in drawing for drawing in drawings)


def test_ids_on_a_page_are_its_own_and_every_download_lies_beside_it(site: Path, ours: list[Page]) -> None:
    for page in ours:
        html = (site / page.file).read_text(encoding="utf-8")
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        for name in re.findall(r'href="data/([^"]+)" download', html):
            assert (site / "data" / name).is_file()
        assert len(html) < 300_000


def test_a_module_with_an_answer_offers_a_finding(
    changed: Callable[[Rows], list[Page]], growth: ModuleType
) -> None:
    seen = set()
    for analysis in ("S1", "R1", "Q1", "H1", "P1", "M1", "V2"):
        rows = [row for row in growth.estimates() if row["analysis"] == analysis]
        curves = [row for row in growth.curves() if row["analysis"] == analysis]
        facts = [row for row in growth.diagnostics() if row["analysis"] == analysis]
        tables: Rows = {
            "results.estimates": rows, "results.curves": curves, "results.diagnostics": facts,
        }  # fmt: skip
        (item,) = headlines(changed(tables)).items
        seen.add(item.read_on.href)
        assert re.search(r"[\d,]+ people", item.sentence)
    assert seen == set(growth.PAGES)


def test_the_front_page_puts_a_year_without_use_first_and_other_places_last(pages: list[Page]) -> None:
    items = headlines(pages).items
    assert len(items) == 5
    assert items[0].read_on.href == "remission.html"
    assert all("not from this county" not in item.tag for item in items)


def test_a_page_without_any_number_still_says_why(
    changed: Callable[[Rows], list[Page]], growth: ModuleType
) -> None:
    held = [
        row | {"estimate": None, "ci_low": None, "ci_high": None, "suppressed": False, "note": growth.HELD}
        for row in growth.estimates()
    ]
    pages = changed({"results.estimates": held, "results.curves": [], "results.diagnostics": []})
    for file in growth.PAGES:
        page = named(pages, file)
        assert "not enough to say" in said(page).lower(), file
        assert not re.search(r"\b0 of every 100\b|\b0 of 100\b", said(page)), file
    withheld = [row | {"suppressed": True} for row in growth.estimates()]
    for page in changed({"results.estimates": withheld}):
        if page.file in growth.PAGES:
            assert "to protect privacy" in said(page), page.file


def test_the_front_page_says_of_every_page_what_was_found_once(pages: list[Page], growth: ModuleType) -> None:
    cards = {c.href: c for block in pages[0].blocks() if isinstance(block, Cards) for c in block.items}
    above = {finding.read_on.href for finding in headlines(pages).items}
    questions = set(cards) - {"data.html", "methods.html"}
    assert questions > set(growth.PAGES)
    assert all(cards[file].found for file in questions)
    assert {file for file in questions if cards[file].found.startswith("Finding ")} == above & questions
