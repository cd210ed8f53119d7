"""How alike the people of two kinds of programs are, and who was reached."""

from __future__ import annotations

from types import ModuleType

from reports.page import Page
from reports.words import programs_alike
from tests.unit.reports.programs_pages.reading import Compose, figure, programs_page, said, table


def test_the_love_plot_draws_the_widest_of_several_levels_before_and_after(programs: Page) -> None:
    one = figure(programs, "alike-month-12")
    drawn = {row.label: [dot.said for dot in row.dots] for row in one.chart.rows}
    assert drawn["Age"] == ["0.09", "0.06"]
    assert drawn["Family or social problems"] == ["0.44", "0.03"]
    assert [row.label for row in one.chart.rows][:2] == ["Family or social problems", "Legal problems"]
    assert one.chart.limits == (0.1,)
    assert [series.name for series in one.chart.series] == ["As they came", "As they count"]
    assert one.headline == "After weighting, the groups were alike on what was asked at entry"
    assert len(one.download.rows) == 10


def test_a_love_plot_of_many_measures_draws_the_widest_gaps_and_sets_all_in_its_table(
    composed: Compose, fake: ModuleType, fake_programs: ModuleType
) -> None:
    more = [
        fake_programs.fact("C1", "month_12", f"balance_{column}_{when}", 0.01 * n)
        for n, column in enumerate(programs_alike.MEASURES)
        for when in ("before", "after")
        if column not in fake_programs.BALANCE
    ]
    page = programs_page(composed({"results.diagnostics": [*fake_programs.diagnostics(), *more]}))
    one = figure(page, "alike-month-12")
    assert (len(one.chart.rows), len(one.table.rows)) == (12, len(programs_alike.MEASURES) + 1)
    assert f"The 12 widest gaps of {len(one.table.rows)} are drawn; the table has all." in one.caption
    drawn = {row.label for row in one.chart.rows}
    widest = max(abs(d.value) for d in one.chart.rows[-1].dots)
    left = [row for row in one.table.rows if row[0] not in drawn]
    assert all(max(float(row[1]), float(row[2])) <= widest for row in left)


def test_who_was_reached_stands_by_kind_of_program_and_wave(programs: Page) -> None:
    reached = table(programs, "Who was reached")
    assert [c.name for c in reached.columns[1:]] == [
        "Social programs, 12 months", "Clinical programs, 12 months", "Social programs, 6 months",
        "Clinical programs, 6 months",
    ]  # fmt: skip
    rows = {row[0]: row[1:] for row in reached.rows}
    assert rows["Interviewed"][:2] == ("145", "148")
    assert rows["Interviewed, of every 100 due"][:2] == ("77", "77")
    assert "Refused" not in rows  # nothing is told of it


def test_overlap_effective_size_and_the_check_are_said(programs: Page) -> None:
    words = said(programs)
    assert "Of 381 people due at 12 months, 360 had enough people like them" in words
    assert "the smaller group counts like 138 people" in words
    assert "began 0.9 years younger" in words
    assert "That the range holds zero tells us little." in words
    assert "at least 2.3 times as common" in words
