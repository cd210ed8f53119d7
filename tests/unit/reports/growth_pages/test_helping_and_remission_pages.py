"""The pages of helping others and of remission: people alike, people at risk, and horizons."""

from __future__ import annotations

from reports.page import Cards, Page, Paragraph
from reports.words import helping, remission
from tests.unit.reports.growth_pages.reading import figure, named, said, table


def test_a_refused_horizon_stands_with_its_reason(pages: list[Page]) -> None:
    page = named(pages, "remission.html")
    rows = {row[0]: row for row in page.figures()[0].table.rows}
    assert rows["Within 5 years"][1:] == (
        "We cannot say yet: too few people are followed so long", "–", "–",
    )  # fmt: skip
    assert "because too few people are followed so long" in said(page)


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
