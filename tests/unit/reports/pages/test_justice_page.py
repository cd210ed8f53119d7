"""The page of returns to prison: horizons, the curve, and what others published."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from reports.page import Citations, Figure, Page, Paragraph, Subheading
from tests.unit.reports.pages.reading import findings, named


def test_published_figures_stand_beside_ours_with_source_and_mark(pages: list[Page]) -> None:
    groups = [b.items for b in named(pages, "justice.html").blocks() if isinstance(b, Citations)]
    second_hand = next(item for group in groups for item in group if item.figure == "43.3%")
    assert second_hand.counts.startswith("Back in prison.")
    assert second_hand.known == "Read in somebody else's account of the source."
    assert second_hand.study.href == "https://example.org/source"
    assert [[item.figure for item in group] for group in groups] == [["35%"], ["39%", "43.3%"], ["62%"]]
    assert groups[1][0].known == ""  # read in the source itself: nothing to warn of


def test_figures_of_the_state_come_first_and_arrests_last_under_headings_of_their_own(
    pages: list[Page],
) -> None:
    section = next(s for s in named(pages, "justice.html").sections if s.identifier == "other-studies")
    order = [
        block.text if isinstance(block, Subheading) else "figure"
        for block in section.blocks
        if isinstance(block, Subheading | Figure)
    ]
    assert order == [
        "Missouri", "figure", "Elsewhere: return to prison", "Arrests, which are not returns to prison",
    ]  # fmt: skip


def test_the_comparison_of_return_rates_leaves_out_other_outcomes(pages: list[Page]) -> None:
    figure = named(pages, "justice.html").figures()[-1]
    assert [dot.said for row in figure.chart.rows for dot in row.dots] == ["34%", "29%", "39%", "43.3%"]


def test_a_share_of_people_not_returned_by_a_later_day_is_not_set_beside_published_ones(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    late = next(row for row in fake.diagnostics() if row["analysis"] == "J1") | {
        "diagnostic": "curve_starts_day", "value": 60.0, "population": fake.DEMO,
    }  # fmt: skip
    pages = composed({"results.diagnostics": [*fake.diagnostics(), late]})
    page = named(pages, "justice.html")
    assert page.figures()[-1].chart.rows[0].label.startswith("People released from prison")
    said = " ".join(b.text for b in page.blocks() if isinstance(b, Paragraph))
    assert "is not set beside these figures" in said
    assert any("not returned in the first 60 days" in item.sentence for item in findings(pages).items)
    assert "of those not returned by day 60" in page.figures()[0].headline


def test_a_horizon_whose_point_of_the_curve_is_withheld_is_withheld_as_well(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    curves = [
        row | {"suppressed": row["suppressed"] or (row["population"] == fake.CAROLINA and row["x"] > 4.5)}
        for row in fake.curves()
    ]
    figure = named(composed({"results.curves": curves}), "justice.html").figures()[1]
    rows = {row[0]: row for row in figure.table.rows}
    assert rows["Within 5 years"][1:] == ("Not shown, to protect privacy", "–", "–")
    assert rows["Within 3 years"][1] == "29%"
    assert "36 of every 100" not in " ".join(figure.alternative)


def test_the_people_still_followed_at_a_horizon_are_those_of_the_curve(pages: list[Page]) -> None:
    table = named(pages, "justice.html").figures()[1].table
    assert table.columns[-1].name == "Still followed"
    assert [row[-1] for row in table.rows] == ["220", "200", "180", "140"]


def test_how_most_figures_of_a_list_are_known_is_said_once(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    rows = [row | {"mark": "verified_second_hand"} for row in fake.published() if row["analysis"] == "J1"]
    rows = [row | {"benchmark_id": f"{row['benchmark_id']}{n}"} for n in range(2) for row in rows]
    page = named(composed({"reference.published_estimates": rows}), "justice.html")
    said = [b.text for b in page.blocks() if isinstance(b, Paragraph)]
    assert said.count("Unless said otherwise: read in somebody else's account of the source.") == 1
    groups = [b.items for b in page.blocks() if isinstance(b, Citations)]
    assert [{item.known != "" for item in group} for group in groups] == [{True}, {False}, {True}]


def test_a_withheld_point_of_a_curve_is_not_drawn(pages: list[Page]) -> None:
    curve = named(pages, "justice.html").figures()[0].chart.curves[0]
    assert curve.marks[-1].value is None
    assert [m.x for m in curve.dots()] == [m.x for m in curve.marks[:-1]]
