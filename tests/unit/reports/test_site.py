"""The built site: complete, well-formed, labeled, and without what was withheld."""

from __future__ import annotations

import csv
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import plotly
import pytest

from reports.build import build
from reports.page import Figure, Page, Table
from reports.release import Release, ReleaseError
from reports.words.phrases import PUBLISHED, SYNTHETIC
from reports.words.sensitivity import parts

DEMO = "demo_collaborative"

PAGES = [
    "index.html", "programs.html", "meaning.html", "craving.html", "volunteering.html", "justice.html",
    "detoxification.html",
    "data.html", "methods.html",
]  # fmt: skip
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """Checks that every element is closed in order, and collects what tests ask for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.header_cells_without_scope = 0
        self.tables = self.captions = 0
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if tag == "html":
            self.language = given.get("lang")
        if tag in ("script", "img", "link", "iframe", "source") and (
            address := given.get("src") or given.get("href")
        ):
            self.loaded.append(address)
        if tag == "a" and (address := given.get("href")):
            self.links.append(address)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.header_cells_without_scope += tag == "th" and "scope" not in given
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # an SVG element that closes itself

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


def outline(path: Path) -> Outline:
    parsed = Outline()
    parsed.feed(path.read_text(encoding="utf-8"))
    parsed.close()
    return parsed


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_well_formed_html_in_english_with_headings_in_order(site: Path, name: str) -> None:
    page = outline(site / name)
    assert page.problems == []
    assert page.open == []
    assert page.language == "en"
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert len(set(page.ids)) == len(page.ids)


@pytest.mark.parametrize("name", PAGES)
def test_every_table_has_a_caption_and_scoped_headers(site: Path, name: str) -> None:
    page = outline(site / name)
    assert page.tables == page.captions
    assert page.header_cells_without_scope == 0


def test_a_table_of_many_columns_names_the_column_in_each_cell_and_stays_a_table(
    site: Path, pages: list[Page]
) -> None:
    html = (site / "justice.html").read_text(encoding="utf-8")
    wide = [b for p in pages if p.file == "justice.html" for b in p.blocks() if isinstance(b, Table)]
    wide = [b for b in wide if len(b.columns) > 3]
    assert wide
    for one in wide:
        for column in one.columns[1:]:
            assert f'data-column="{escape(column.name)}"' in html
    for part in re.findall(r'<div class="table-scroll by-row.*?</div>', html, re.DOTALL):
        assert len(re.findall(r'<td role="cell" data-column=', part)) == len(re.findall(r"<td\b", part))
        for role in ("table", "rowgroup", "row", "columnheader", "rowheader"):
            assert f'role="{role}"' in part


@pytest.mark.parametrize("name", PAGES)
def test_no_page_loads_anything_from_a_network(site: Path, name: str) -> None:
    page = outline(site / name)
    assert [a for a in page.loaded if not a.startswith(("assets/", "data:"))] == []
    assert [a for a in page.loaded if a.startswith("assets/") and not (site / a).is_file()] == []
    style = (site / "assets" / "report.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


def test_every_link_inside_the_site_leads_somewhere(site: Path) -> None:
    for name in PAGES:
        inside = [a.split("#")[0] for a in outline(site / name).links if not a.startswith(("http", "#"))]
        assert [a for a in inside if not (site / a).is_file()] == []


def test_plotly_is_shipped_once_as_installed_and_never_inside_a_page(site: Path) -> None:
    installed = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert (site / "assets" / "plotly.min.js").read_bytes() == installed.read_bytes()
    assert sum(1 for _ in site.rglob("plotly*.js")) == 1
    assert max((site / name).stat().st_size for name in PAGES) < 200_000


def test_every_figure_has_a_chart_for_the_screen_one_for_paper_words_a_table_and_a_file(
    site: Path, pages: list[Page]
) -> None:
    seen = 0
    for page in pages:
        html = (site / page.file).read_text(encoding="utf-8")
        for figure in page.figures():
            seen += 1
            start = html.index(f'<figure id="{figure.identifier}"')
            part = html[start : html.index("</figure>", start)]
            assert "Plotly.newPlot" in part
            assert "<svg xmlns" in part
            assert "In words." in part
            assert "<figcaption>" in part
            assert "<caption>" in part
            assert f'href="data/{figure.download.name}" download' in part
            assert re.search(r"\(CSV, [\d,]+ kB\)", part)
            assert (site / "data" / figure.download.name).is_file()
    assert seen == 20


def test_every_page_that_rests_on_synthetic_data_says_so_on_top_and_every_figure_of_it_too(
    site: Path, pages: list[Page]
) -> None:
    assert {page.file: page.data for page in pages} == {
        "index.html": "mixed", "programs.html": "synthetic", "meaning.html": "synthetic",
        "craving.html": "synthetic", "volunteering.html": "synthetic", "justice.html": "mixed",
        "detoxification.html": "real", "data.html": "mixed", "methods.html": "mixed",
    }  # fmt: skip
    for page in pages:
        html = (site / page.file).read_text(encoding="utf-8")
        assert (f"<strong>{SYNTHETIC}</strong>" in html) == (page.data != "real")
        for figure in page.figures():
            start = html.index(f'<figure id="{figure.identifier}"')
            part = html[start : html.index("</figure>", start)]
            assert (SYNTHETIC in part) == (figure.data != "real")


def test_every_file_of_figures_says_what_kind_of_data_it_holds(site: Path, pages: list[Page]) -> None:
    for figure in (f for page in pages for f in page.figures()):
        with (site / "data" / figure.download.name).open(newline="") as stream:
            kinds = {row["data"] for row in csv.DictReader(stream)}
        expected = {"synthetic": {SYNTHETIC}, "real": {"Real data"}, "mixed": {SYNTHETIC, "Real data"}}
        assert kinds - {PUBLISHED} == expected[figure.data]


def test_files_about_sources_refusals_and_checks_say_what_kind_of_data_they_speak_of(site: Path) -> None:
    kinds = {}
    for name in ("sources", "refusals", "checks"):
        with (site / "data" / f"{name}.csv").open(newline="") as stream:
            kinds[name] = {row["data"] for row in csv.DictReader(stream)}
    assert kinds == {
        "sources": {SYNTHETIC, "Real data"}, "refusals": {SYNTHETIC}, "checks": {f"{SYNTHETIC} and real data"}
    }  # fmt: skip


def test_every_number_worked_out_in_other_ways_can_be_downloaded_with_its_range(
    site: Path, release: Release
) -> None:
    name = f"meaning-in-other-ways-{DEMO}.csv"
    assert f'href="data/{name}" download' in (site / "meaning.html").read_text(encoding="utf-8")
    with (site / "data" / name).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    told = {(row["term"], row["way"]): (row["value"], row["ci_low"], row["ci_high"]) for row in rows}
    for fact in release.facts_of("W1", population=DEMO):
        if fact.diagnostic.startswith("sensitivity_"):
            assert told[parts(fact.diagnostic)] == (str(fact.value), str(fact.ci_low), str(fact.ci_high))
    assert told["recovery_identity_within", "headline"] == ("0.71", "0.64", "0.78")
    assert {row["data"] for row in rows} == {SYNTHETIC}
    assert {row["scale"] for row in rows} == {"points per point"}
    with (site / "data" / f"craving-in-other-ways-{DEMO}.csv").open(newline="") as stream:
        scales = {row["way"]: row["scale"] for row in csv.DictReader(stream)}
    assert scales == {"headline": "points per point", "log": "log points per point"}


def test_a_withheld_number_is_found_nowhere_even_where_the_release_wrongly_holds_it(
    site: Path, fake: ModuleType
) -> None:
    planted = re.compile(r"0?\.73123|73\.12|\b73 of|777,?666|planted")
    found = [
        path.name
        for path in site.rglob("*")
        if path.suffix in (".html", ".csv") and planted.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert "not shown, to protect privacy" in (site / "volunteering.html").read_text(encoding="utf-8")


def test_an_earlier_quarter_of_the_same_answer_is_not_shown(site: Path) -> None:
    assert all("0.111222" not in path.read_text() for path in site.rglob("*.csv"))


def test_a_refused_answer_stands_with_its_reason(site: Path) -> None:
    html = (site / "justice.html").read_text(encoding="utf-8")
    assert "We cannot say yet" in html
    assert "because nobody was followed for 5 years after release" in html


def test_the_footer_says_release_period_privacy_rule_and_how_to_cite(site: Path) -> None:
    for name in PAGES:
        html = (site / name).read_text(encoding="utf-8")
        footer = html[html.index("<footer>") :]
        for said in (
            "September 30, 2026",
            "Counts of 1 to 10 people are withheld",
            "2026Q3-20261122T080000Z-abcdef12",
            "ab" * 32,
        ):
            assert said in footer


def test_the_codebook_is_linked_only_where_it_lies_beside_the_pages(
    site: Path, warehouse: Path, tmp_path: Path
) -> None:
    assert '<a href="index.html">Back to the report</a>' in (site / "codebook.html").read_text()
    assert 'href="codebook.html"' in (site / "methods.html").read_text()
    without = build(warehouse, tmp_path)
    assert not (tmp_path / "codebook.html").exists()
    assert "codebook.html" not in without.read_text()


def test_a_codebook_page_that_could_not_lead_back_is_refused(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!DOCTYPE html><title>Codebook</title>")
    with pytest.raises(ReleaseError, match="no <body>"):
        build(warehouse, tmp_path / "site", tmp_path / "page.html")


def test_every_picture_of_synthetic_data_says_so_inside_itself(site: Path, pages: list[Page]) -> None:
    for page in pages:
        html = (site / page.file).read_text(encoding="utf-8")
        drawings = re.findall(r'<svg xmlns="http://www.w3.org/2000/svg" viewBox.*?</svg>', html)
        assert len(drawings) == len(page.figures())
        for figure, drawing in zip(page.figures(), drawings, strict=True):
            assert (SYNTHETIC in drawing) == (figure.data != "real")


def test_the_rules_of_the_style_sheet_open_and_close_in_order(site: Path) -> None:
    style = (site / "assets" / "report.css").read_text()
    assert style.count("{") == style.count("}")
    selectors = re.findall(r"([^{};]+)\{", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    assert [s for s in selectors if "\n." in s.strip()] == []  # a rule pasted into another's selector


def test_two_builds_of_one_release_are_alike_byte_for_byte(
    site: Path, warehouse: Path, tmp_path: Path
) -> None:
    build(warehouse, tmp_path)
    for name in ("meaning.html", "justice.html"):
        first = (site / name).read_text().replace('<li><a href="codebook.html">Codebook</a></li>\n', "")
        assert first == (tmp_path / name).read_text()


def test_a_figure_without_words_cannot_be_made(pages: list[Page]) -> None:
    whole = pages[1].figures()[0]
    parts = {name: getattr(whole, name) for name in Figure.__dataclass_fields__}
    for missing in ("headline", "subtitle", "alternative", "caption"):
        with pytest.raises(ValueError, match=missing):
            Figure(**{**parts, missing: " "})
