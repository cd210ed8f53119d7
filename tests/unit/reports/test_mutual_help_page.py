"""The page of mutual help: pairs beside chance, the index with its parts, and what is said without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reports.figures.chart import DotChart
from reports.page import Findings, Page, Paragraph, Table
from reports.pages import closing, mutual_help
from reports.release import read_release
from reports.words import mutual_help as words
from reports.words.phrases import NOT_SHOWN

Row = dict[str, Any]
Changed = Callable[[dict[str, list[Row]]], list[Page]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, fake: ModuleType, growth: ModuleType) -> Page:
    path: Path = tmp_path_factory.mktemp("mutual") / "warehouse.duckdb"
    whole = mutual_help.page(read_release(fake.write_release(path, growth.rows_with(fake.default_rows()))))
    assert whole is not None
    return whole


def mutual(growth: ModuleType) -> list[Row]:
    return [row for row in growth.estimates() if row["analysis"] == "M1"]


def at(rows: list[Row], wave: str) -> list[Row]:
    """The rows of 12 months as those of another interview."""
    return [row | {"outcome": wave} for row in rows if row["outcome"] == "month_12"]


def refused(row: Row, note: str) -> Row:
    return row | dict.fromkeys(("estimate", "ci_low", "ci_high")) | {"suppressed": False, "note": note}


def composed(changed: Changed, rows: list[Row], facts: list[Row] | None = None) -> Page:
    tables = {"results.estimates": rows} | ({} if facts is None else {"results.diagnostics": facts})
    return next(page for page in changed(tables) if page.file == mutual_help.FILE)


def said(page: Page) -> str:
    return " ".join(block.text for block in page.blocks() if isinstance(block, Paragraph))


def tables(page: Page) -> dict[str, Table]:
    return {block.caption: block for block in page.blocks() if isinstance(block, Table)}


def table(page: Page, start: str) -> Table:
    return next(one for caption, one in tables(page).items() if caption.startswith(start))


def figure(page: Page, start: str):
    return next(one for one in page.figures() if one.identifier.startswith(start))


def test_help_is_set_beside_chance_and_no_network_is_drawn(page: Page) -> None:
    one = figure(page, "mutual-help-pairs")
    assert [dot.said for dot in one.chart.rows[0].dots] == ["42%", "22%"]
    assert {dot.series.name for dot in one.chart.rows[0].dots} == {"As people told", "By chance"}
    assert one.alternative[0] == "All programs: 42 of 100 pairs (between 36 and 48); 22 by chance."
    assert "Of every 100 people who helped or were helped, 62 did both." in said(page)
    assert all(isinstance(f.chart, DotChart) for f in page.figures())


def test_the_diary_of_help_is_told_in_shares_and_in_points(page: Page) -> None:
    cells = [row[1] for row in table(page, "Help given and received").rows]
    assert cells == ["19% (16%\u00a0to\u00a022%)", "−1 (−6\u00a0to\u00a0+4)"]


def test_the_index_of_mutual_help_never_stands_without_its_parts(page: Page) -> None:
    columns = [c.name for c in table(page, "The in-service index").columns]
    assert columns[1:5] == ["Index", "Both ways, from chance to all", "Give and receive", "In balance"]


def test_the_title_asks_one_question(page: Page) -> None:
    assert page.title == mutual_help.TITLE
    assert page.title.count("?") == 1
    assert ";" not in page.title


def test_a_difference_between_kinds_of_program_is_told_beyond_chance_as_well(
    changed: Changed, growth: ModuleType
) -> None:
    term = "reciprocity_social_minus_clinical"
    (whole,) = (row for row in mutual(growth) if row["term"] == term)
    above = whole | {"term": f"{words.BEYOND}_social_minus_clinical", "estimate": 0.1, "ci_low": 0.05}
    page = composed(changed, [*mutual(growth), above | {"ci_high": 0.15}])
    assert "22 more help each other in social programs" in said(page)
    assert "Beyond chance, it is 10 more. The range is between 5 and 15." in said(page)
    page = composed(changed, [*mutual(growth), above | {"ci_low": -0.02, "ci_high": 0.22}])
    assert "Beyond chance, a difference cannot be told: between −2 and +22 of 100 fits." in said(page)


def test_a_link_is_told_only_where_it_stands_among_all_links_looked_at(
    changed: Changed, growth: ModuleType
) -> None:
    clear = [row | {"ci_low": 0.01} if row["term"] in words.LINKS else row for row in mutual(growth)]
    rows = [*clear, *at(clear, "month_6")]
    fact = next(one for one in growth.diagnostics() if one["analysis"] == "M1")
    name = {"diagnostic": f"holm_p_{words.REMISSION}", "outcome": "month_12", "suppressed": False}

    def with_holm(value: float) -> str:
        return said(composed(changed, rows, [*growth.diagnostics(), fact | name | {"value": value}]))

    assert "We cannot tell whether a program's mutual help goes with reaching" in with_holm(0.12)
    assert words.FEW.format(2) in with_holm(0.12)
    assert "Programs with more mutual help stand higher in reaching" in with_holm(0.04)
    assert words.ENTRY in with_holm(0.04)
    unclear = said(composed(changed, [*mutual(growth), *at(mutual(growth), "month_6")]))
    assert "We cannot tell whether a program's mutual help" in unclear
    assert words.FEW.format(2) not in unclear


def test_the_interview_not_told_above_stands_in_a_table_and_is_not_compared(
    changed: Changed, growth: ModuleType
) -> None:
    page = composed(changed, [*mutual(growth), *at(mutual(growth), "month_6")])
    rows = {row[0]: row[1:] for row in table(page, "Mutual help 6 months after entry").rows}
    assert rows["Social programs"][0] == "51% (45%\u00a0to\u00a057%)"
    assert rows["Mixed programs"][0].startswith("Not enough to say")
    assert rows["Mixed programs"][3] == NOT_SHOWN
    assert words.OTHER_PEOPLE in said(page)
    assert any(one.name == "mutual-help-month-6-demo-collaborative.csv" for one in page.downloads())


def test_one_interview_is_told_alone_whichever_it_is(changed: Changed, growth: ModuleType) -> None:
    page = composed(changed, at(mutual(growth), "month_6"))
    assert all("6 months after entry" in one.subtitle for one in page.figures())
    assert not [caption for caption in tables(page) if caption.startswith("Mutual help")]


def test_the_latest_interview_with_a_number_is_told_first(changed: Changed, growth: ModuleType) -> None:
    held = [refused(row, growth.HELD) for row in mutual(growth)]
    page = composed(changed, [*held, *at(mutual(growth), "month_6")])
    assert "Of every 100 pairs with help, 42 help each other." in said(page)
    assert all("6 months after entry" in one.subtitle for one in page.figures())
    rows = table(page, "Mutual help 12 months after entry").rows
    assert all(row[1].startswith("Not enough to say") for row in rows)


def test_without_dates_of_entry_chance_is_refused_and_the_pairs_are_told(
    changed: Changed, growth: ModuleType
) -> None:
    reason = "The days of entry cannot be put on one calendar."
    needs = (words.BEYOND, words.INDEX)
    rows = [refused(row, reason) if row["term"].startswith(needs) else row for row in mutual(growth)]
    facts = [f for f in growth.diagnostics() if words.CHANCE not in f["diagnostic"]]
    page = composed(changed, rows, facts)
    assert "Of every 100 pairs with help, 42 help each other." in said(page)
    assert "because the days of entry cannot be put on one calendar" in said(page)
    assert "By chance it would be" not in said(page)
    assert figure(page, "mutual-help-pairs").headline == "Of 100 pairs with help, 42 help each other"
    assert {len(row.dots) for row in figure(page, "mutual-help-pairs").chart.rows} == {1}
    assert table(page, "The in-service index").rows[0][1].startswith("We cannot say yet")


def test_a_release_without_a_diary_has_no_second_look(changed: Changed, growth: ModuleType) -> None:
    page = composed(changed, [row for row in mutual(growth) if row["outcome"] != mutual_help.DIARY])
    assert not [caption for caption in tables(page) if caption.startswith("Help given and received")]
    assert words.SPREAD_SAID not in said(page)


def test_where_all_is_withheld_no_number_is_found_and_nothing_is_found_on_the_front_page(
    changed: Changed, growth: ModuleType
) -> None:
    rows = [growth.withheld(row) for row in [*mutual(growth), *at(mutual(growth), "month_6")]]
    pages = changed({"results.estimates": rows, "results.diagnostics": []})
    page = next(page for page in pages if page.file == mutual_help.FILE)
    assert "how many pairs help each other: not shown, to protect privacy" in said(page).lower()
    assert {dot.value for one in page.figures() for row in one.chart.rows for dot in row.dots} == {None}
    assert {row[1] for row in table(page, "Mutual help 6 months after entry").rows} == {NOT_SHOWN}
    (item,) = next(block for block in pages[0].blocks() if isinstance(block, Findings)).items
    assert "not shown, to protect privacy" in item.sentence


def test_a_page_without_published_company_says_that_none_was_found(page: Page) -> None:
    assert closing.NO_PUBLISHED in said(page)
