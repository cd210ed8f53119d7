"""What the pages choose to show: their structure, not their looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

from reports.page import Citations, Figure, Findings, Page, Paragraph

BANNED = re.compile(
    r"\b(effects? of|causes?|caused|leads? to|led to|because of|improve[sd]?|due to|thanks to)\b",
    re.IGNORECASE,
)


def named(pages: list[Page], file: str) -> Page:
    return next(page for page in pages if page.file == file)


def findings(pages: list[Page]) -> Findings:
    return next(block for block in pages[0].blocks() if isinstance(block, Findings))


def spoken(page: Page) -> list[str]:
    """The sentences the report itself says of an answer: headlines, alternatives and the answer's lead."""
    said = []
    for block in page.blocks():
        if isinstance(block, Figure):
            said += [block.headline, block.subtitle, block.alternative, block.caption]
        elif isinstance(block, Paragraph) and block.look == "lead":
            said.append(block.text)
    return said


def test_the_site_has_a_page_for_each_answered_question_between_findings_and_methods(
    pages: list[Page],
) -> None:
    assert [page.file for page in pages] == [
        "index.html", "meaning.html", "volunteering.html", "justice.html", "detoxification.html", "data.html",
        "methods.html",
    ]  # fmt: skip


def test_each_page_shows_its_figures_in_order(pages: list[Page]) -> None:
    assert {page.file: [f.identifier for f in page.figures()] for page in pages if page.figures()} == {
        "meaning.html": ["meaning-demo-collaborative"],
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
    for page in pages[1:5]:
        assert [section.identifier for section in page.sections][-2:] == ["not-said", "how-made"]


def test_the_front_page_has_at_most_five_findings_each_with_people_range_and_follow_up(
    pages: list[Page],
) -> None:
    items = findings(pages).items
    assert len(items) == 5
    for item in items:
        assert re.search(r"[\d,]+ people", item.sentence)
        assert re.search(r"between [\d.]+ and [\d.]+", item.sentence)
        assert item.basis
        assert item.who


def test_a_question_without_an_answer_has_no_page_and_no_finding(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    rows = [row for row in fake.estimates() if row["analysis"] != "A1"]
    curves = [row for row in fake.curves() if row["analysis"] != "A1"]
    facts = [row for row in fake.diagnostics() if row["analysis"] != "A1"]
    pages = composed({"results.estimates": rows, "results.curves": curves, "results.diagnostics": facts})
    assert "detoxification.html" not in [page.file for page in pages]
    assert len(findings(pages).items) == 4


def test_a_release_without_any_answer_still_makes_a_site(composed: Callable[..., list[Page]]) -> None:
    pages = composed({"results.estimates": [], "results.curves": [], "results.diagnostics": []})
    assert [page.file for page in pages] == ["index.html", "data.html", "methods.html"]


def test_a_refused_first_answer_is_a_finding_with_its_reason(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    refused = fake.answer(
        "W1",
        "meaningfulness",
        "recovery_identity_within",
        fake.DEMO,
        None,
        note="The model did not converge.",
    )
    pages = composed({"results.estimates": [refused]})
    assert findings(pages).items[0].sentence.startswith("We cannot say yet")
    assert "because the model did not converge." in findings(pages).items[0].sentence
    assert named(pages, "meaning.html").figures()[0].headline == "Recovery identity and the meaning of a day"


def test_what_was_left_out_is_said_on_the_front_page_and_on_the_data_page(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    row = fake.catalog()["catalog.releases"][0] | {
        "left_out": "The HELP trial: its package is not installed."
    }
    pages = composed({"catalog.releases": [row]})
    for page in (pages[0], named(pages, "data.html")):
        said = [
            b.text
            for s in page.sections
            if s.identifier == "left-out"
            for b in s.blocks
            if isinstance(b, Paragraph)
        ]
        assert said == ["The HELP trial: its package is not installed."]


def test_no_answer_is_worded_as_an_effect_or_a_cause(pages: list[Page]) -> None:
    said = [text for page in pages for text in spoken(page)]
    said += [item.sentence for item in findings(pages).items]
    assert len(said) > 30
    assert [text for text in said if BANNED.search(text)] == []


def test_a_difference_between_people_is_said_to_be_no_change_within_them(pages: list[Page]) -> None:
    texts = [b.text for b in named(pages, "meaning.html").blocks() if isinstance(b, Paragraph)]
    between = next(text for text in texts if text.startswith("People who identified more"))
    assert "does not say that anyone changed" in between
    assert not re.search(r"\b(increase|decrease|rise|grow|become)", between)


def test_published_figures_stand_beside_ours_with_source_and_mark(pages: list[Page]) -> None:
    items = next(b for b in named(pages, "justice.html").blocks() if isinstance(b, Citations)).items
    slide = next(item for item in items if item.figure == "43%")
    assert slide.counts.startswith("Not stated on the slide.")
    assert slide.known == "Read in somebody else's account of the source."
    assert slide.study.href == "https://example.org/source"
    assert {item.figure for item in items} == {"35%", "39%", "43%", "62%"}


def test_the_comparison_of_return_rates_leaves_out_other_outcomes(pages: list[Page]) -> None:
    figure = named(pages, "justice.html").figures()[-1]
    assert [dot.said for row in figure.chart.rows for dot in row.dots] == ["34%", "29%", "35%", "39%", "43%"]
    assert "The 3 published figures run from 35 to 43 of every 100" in figure.alternative


def test_the_slopes_are_said_per_ten_points_as_are_the_published_ones(pages: list[Page]) -> None:
    figure = named(pages, "meaning.html").figures()[0]
    values = [[dot.value for dot in row.dots] for row in figure.chart.rows]
    assert [[round(value, 6) for value in row] for row in values] == [[7.1, 7.9], [8.8, 9.4]]


def test_a_curve_is_cut_where_a_point_is_withheld(pages: list[Page]) -> None:
    curve = named(pages, "justice.html").figures()[0].chart.curves[0]
    assert curve.marks[-1].value is None
    (stretch,) = curve.stretches()
    assert len(stretch) == len(curve.marks) - 1


def test_the_data_page_counts_rows_in_kept_and_refused_by_source(pages: list[Page]) -> None:
    page = named(pages, "data.html")
    tables = {t.caption: t for t in page.blocks() if t.__class__.__name__ == "Table"}
    assert tables["Evening diary of the demo county"].rows == (
        ("diary.csv", "2026Q3", "1,692", "1,680", "12"),
    )
    assert tables["Evening diary of the demo county"].data == "synthetic"
    assert tables["North Carolina prison releases"].data == "real"
    assert tables["Rows refused, by reason"].rows == (("Out of range", "12"),)
    detailed = tables["Rows refused, by file and column, with what to do"]
    assert detailed.rows[0][:4] == ("Out of range", "diary.csv (2026Q3)", "Q4", "12")
    assert detailed.folded
    assert tables["Great Expectations, by table and quarter"].rows == (
        ("core.diary_days", "2026Q3", "2", "1", "1", "3"),
    )
    assert "3 files with 3,590 rows" in page.opening[0].text


def test_the_methods_page_gives_estimand_and_limits_of_each_answered_question(pages: list[Page]) -> None:
    headings = [section.heading[:3] for section in named(pages, "methods.html").sections]
    assert [h for h in headings if h.endswith(":")] == ["W1:", "V1:", "J1:", "A1:"]


def test_a_refused_percent_change_is_not_given_in_the_table_and_said_in_its_caption(
    pages: list[Page],
) -> None:
    table = named(pages, "volunteering.html").figures()[0].table
    rows = {row[0]: row for row in table.rows}
    assert rows["Vote in an election"][5] == "not given"
    assert rows["Help another person with an alcohol or drug problem"][5].startswith("+129%")
    assert "percent change is not given where fewer than 10" in table.caption


def test_curves_are_said_at_one_day_that_all_of_them_show(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    rows = [
        row
        for row in fake.curves()
        if row["curve"] != "higher_friend_support" or row["x"] < 150  # passed over later on: too few events
    ]
    figure = named(composed({"results.curves": rows}), "detoxification.html").figures()[1]
    assert figure.alternative.count("had used again by day 91") == 2
    assert "day 183" not in figure.alternative
