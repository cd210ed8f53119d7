"""The pages of remission, recovery capital, quality of life, helping, peers, mutual help and roles."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reports.build import build, compose
from reports.figures.chart import CurveChart, DotChart
from reports.page import Cards, Citations, Figure, Findings, Page, Paragraph, Table
from reports.release import read_release
from reports.words import helping, mutual_help, quality_of_life, remission
from reports.words.phrases import SYNTHETIC

BANNED = re.compile(
    r"\b(effects? of|causes?|caused|leads? to|led to|because of|improve[sd]?|due to|thanks to)\b",
    re.IGNORECASE,
)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, fake: ModuleType, growth: ModuleType) -> Path:
    path = tmp_path_factory.mktemp("growth") / "warehouse.duckdb"
    written: Path = fake.write_release(path, growth.rows_with(fake.default_rows()))
    return written


@pytest.fixture(scope="module")
def pages(warehouse: Path) -> list[Page]:
    return compose(read_release(warehouse))


@pytest.fixture(scope="module")
def ours(pages: list[Page], growth: ModuleType) -> list[Page]:
    """The seven pages."""
    return [page for page in pages if page.file in growth.PAGES]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, warehouse: Path) -> Path:
    return build(warehouse, tmp_path_factory.mktemp("growth-site")).parent


def named(pages: list[Page], file: str) -> Page:
    return next(page for page in pages if page.file == file)


def said(page: Page) -> str:
    return " ".join(b.text for b in page.blocks() if isinstance(b, Paragraph))


def headlines(pages: list[Page]) -> Findings:
    return next(block for block in pages[0].blocks() if isinstance(block, Findings))


def table(page: Page, start: str) -> Table:
    return next(b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith(start))


def figure(page: Page, start: str) -> Figure:
    return next(one for one in page.figures() if one.identifier.startswith(start))


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


def test_a_refused_horizon_stands_with_its_reason(pages: list[Page]) -> None:
    page = named(pages, "remission.html")
    rows = {row[0]: row for row in page.figures()[0].table.rows}
    assert rows["Within 5 years"][1:] == (
        "We cannot say yet: too few people are followed so long", "–", "–",
    )  # fmt: skip
    assert "because too few people are followed so long" in said(page)


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


def test_remission_says_that_programs_are_allowed_for_and_how_unseen_deaths_count(pages: list[Page]) -> None:
    text = said(named(pages, "remission.html"))
    assert remission.PROGRAMS in text
    assert "14 people died after their last contact and within half a year of it" in text
    assert "died later than that" not in text
    ways = table(named(pages, "remission.html"), "Share with a full year without use")
    assert "As if programs did not differ, which makes the range too narrow" in [row[0] for row in ways.rows]


def test_helping_says_whom_it_follows_from_when_and_that_it_is_a_link(pages: list[Page]) -> None:
    page = named(pages, "helping.html")
    for text in (helping.LANDMARK, helping.NOT_WHAT_HELPING_DOES):
        assert text in said(page)
    assert "had 63 more days without use" in said(page)
    assert "The ratio may change over the year" in said(page)


def test_helping_leads_with_people_alike_and_sets_people_as_they_are_after(pages: list[Page]) -> None:
    text = said(named(pages, "helping.html"))
    assert (
        text.index("Among people alike in") < text.index(helping.AS_THEY_ARE) < text.index("At any one time")
    )
    apart = table(named(pages, "helping.html"), "How far the two groups lie apart")
    assert "people alike in" in apart.rows[0][0]


def test_published_shares_of_another_measure_are_drawn_as_such(pages: list[Page]) -> None:
    one = named(pages, "helping.html").figures()[0]
    squares = [dot for row in one.chart.rows for dot in row.dots if dot.series.symbol == "square"]
    assert [dot.said for dot in squares] == ["40%", "22%"]
    assert {dot.series.name for dot in squares} == {"Published by others, no drinking"}
    assert helping.OTHER_MEASURE in one.caption
    apart = table(named(pages, "helping.html"), "How far the two groups lie apart")
    assert [row[-1] for row in apart.rows] == ["–", "0.61", "–"]
    assert "another measure" in apart.caption


def test_the_usual_mistake_is_told_as_a_mistake_without_its_number(pages: list[Page]) -> None:
    text = said(named(pages, "helping.html"))
    assert "A usual mistake is to count as helpers all who ever helped before they used." in text
    assert "0.25" not in text


def test_helping_tells_people_alike_first_and_alone_where_there_is_little_room(pages: list[Page]) -> None:
    page = named(pages, "helping.html")
    blocks = list(page.blocks())
    lead = next(b for b in blocks if isinstance(b, Paragraph) and b.look == "lead")
    assert lead.text.startswith("Among people alike in")
    cards = {c.href: c for block in pages[0].blocks() if isinstance(block, Cards) for c in block.items}
    if cards["helping.html"].found:
        assert lead.text in cards["helping.html"].found
        assert "more days" not in cards["helping.html"].found


def test_a_survival_figure_has_its_people_at_risk(pages: list[Page]) -> None:
    one = figure(named(pages, "helping.html"), "helping-curves")
    assert one.table.columns[-1].name == "Still followed"
    rows = {row[0]: row for row in one.table.rows}
    assert rows["Help others, day 60"][-1] == "135"
    assert rows["Do not help others, day 360"][1:] == ("Not shown, to protect privacy", "–", "–")
    last = named(pages, "remission.html").figures()[0].table
    assert [row[-1] for row in last.rows] == ["418", "238", "–"]


def test_a_level_stretch_of_a_curve_is_drawn_by_its_two_ends(pages: list[Page]) -> None:
    drawn = named(pages, "remission.html").figures()[0].chart.curves[0].marks
    assert [(mark.x, mark.value) for mark in drawn[:3]] == [(0.0, 0.0), (0.5, 0.0), (1.0, 0.31)]


def test_odds_are_put_into_evenings_of_a_hundred(pages: list[Page]) -> None:
    text = said(named(pages, "peers.html"))
    assert "with 2.2 hours more than usual, evenings without craving were more common. Say 48 of 100" in text
    assert "Then about 54 of 100 are. The range is between 51 and 58 of 100, from 120 people." in text
    assert "Hours in meaningful activity: no clear link with evenings without craving." in text


def test_places_that_cannot_be_told_apart_are_said_so_and_others_named(pages: list[Page]) -> None:
    text = said(named(pages, "peers.html"))
    assert "cannot be told apart: either may come first." in text
    assert "Hours with peers in recovery go with it more closely than the other kind does." in text


def test_the_published_alpha_stands_beside_ours_and_a_scale_that_drifts_is_named(pages: list[Page]) -> None:
    page = named(pages, "recovery-capital.html")
    found = table(page, "How well each scale measures")
    rows = {row[0]: row for row in found.rows}
    beside = [c.name for c in found.columns].index("Alpha, published by others")
    assert rows["Recovery capital (BARC-10)"][beside] == "0.90"
    assert rows["Quality of life"][-1] == "no"
    assert rows["Social capital"][-1] == "yes"
    assert "Not so for Quality of life" in said(page)


def test_nobody_is_compared_with_is_said_of_recovery_capital(pages: list[Page]) -> None:
    assert "So this is not what a program did." in said(named(pages, "recovery-capital.html"))


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
    assert {file: bool(cards[file].found) for file in growth.PAGES} == {
        file: file not in above for file in growth.PAGES
    }


def test_a_way_known_to_be_off_is_shown_and_not_concluded_from(ours: list[Page]) -> None:
    page = named(ours, "mutual-help.html")
    off = mutual_help.WAYS[mutual_help.KNOWN_OFF[0]]
    rows = {row[0]: row[1] for row in table(page, "Pairs of 100 that help each other, beyond").rows}
    assert rows[off].startswith("+37")
    assert "Pairs beyond chance: the direction holds in every way; the figures lie between +19 and" in said(
        page
    )
    assert "+37" not in said(page)
