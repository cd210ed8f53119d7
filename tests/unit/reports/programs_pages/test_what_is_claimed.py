"""What the page claims of two kinds of programs, and what it keeps back."""

from __future__ import annotations

from types import ModuleType

import pytest

from reports.numbers import KEEP
from reports.page import Findings, Page
from tests.unit.reports.programs_pages.reading import (
    DEMO,
    Compose,
    figure,
    programs_page,
    said,
    section,
    table,
)


def test_the_page_says_each_claim_of_each_side_and_where_there_is_none(programs: Page) -> None:
    words = said(section(programs, "compared"))
    assert "Being worse by the margin or more is ruled out, and nothing else, for drugs (a shift of" in words
    assert "Being better by the margin or more is ruled out, and nothing else, for recovery" in words
    assert "For legal, family and abstinence there is not enough to say." in words
    assert "Not shown, to protect privacy: mental health." in words


def test_right_of_the_line_is_better_in_the_forest_whatever_the_outcome(programs: Page) -> None:
    chart = figure(programs, "forest-month-12").chart
    drawn = {row.label.split(":")[0]: row.dots[0] for row in chart.rows}
    assert drawn["Alcohol problems"].value == pytest.approx(1.2)  # 12 fewer with a problem, margin 10
    assert (drawn["Alcohol problems"].low, drawn["Alcohol problems"].high) == pytest.approx((0.6, 1.8))
    assert drawn["Work problems"].value == pytest.approx(-2.0)
    assert drawn["Abstinence"].value == pytest.approx(0.9)
    assert drawn["Recovery capital"].value == pytest.approx(-1.3 / 2.4)
    assert (chart.reference, chart.limits) == (0.0, (-1.0, 1.0))


def test_each_row_of_the_forest_carries_the_verdict_of_its_own_note(
    programs: Page, fake_programs: ModuleType
) -> None:
    labels = {
        row.label.split(":")[0]: row.label.replace(KEEP, " ")
        for row in figure(programs, "forest-month-12").chart.rows
    }
    assert labels["Alcohol problems"].endswith("12 fewer of 100 (better)")
    assert labels["Drug problems"].endswith("(not worse by the margin or more)")
    assert labels["Recovery capital"].endswith("(not better by the margin or more)")
    assert labels["Abstinence"].endswith("(not enough to say)")
    assert labels["Medical problems"].endswith("(similar)")
    assert labels["Work problems"].endswith("(worse)")
    assert labels["Legal problems"].endswith("(not enough to say)")
    verdicts = [row[-1] for row in figure(programs, "forest-month-12").table.rows]
    notes = [verdict.split(":")[0] for *_, verdict, _ in fake_programs.COMPARED.values()]
    notes[7] += ": may be chance among ten"
    assert sorted(verdicts) == sorted([*notes[:6], "Not shown", *notes[7:]])


def test_a_verdict_follows_the_note_and_not_the_number(
    composed: Compose, fake: ModuleType, fake_programs: ModuleType
) -> None:
    rows = [
        row | {"note": row["note"].replace(fake_programs.GOOD, fake_programs.CHANCE_OF_TEN)}
        for row in fake_programs.estimates()
    ]
    page = programs_page(composed({"results.estimates": rows}))
    forest = figure(page, "forest-month-12")
    assert forest.chart.rows[0].label.replace(KEEP, " ").endswith("(not enough to say)")
    assert forest.table.rows[0][-1] == "Not enough to say: may be chance among ten"
    words = said(section(page, "compared"))
    assert "What stands out could be chance among the ten outcomes of the wave." in words
    assert "By the range alone, social programs are better by 6 to 18 of 100." in words
    assert "did better on none and worse on work (a shift of 4.0 of 100 undoes this)." in words


def test_an_answer_held_back_says_so_everywhere_and_is_never_zero(programs: Page) -> None:
    forest = figure(programs, "forest-month-12")
    row = next(row for row in forest.chart.rows if row.label == "Family or social problems")
    assert (row.dots[0].value, row.dots[0].said) == (None, "Not enough to say")
    cells = next(row for row in forest.table.rows if row[0] == "Family or social problems")
    assert cells[1] == "Not enough to say: fewer than half of those due were interviewed"
    assert cells[2] == "–"
    line = next(text for text in forest.alternative if "amily or social" in text)
    assert "fewer than half of those due were interviewed" in line
    assert "Family or social problems" not in str(table(programs, "People of every 100").rows)
    other = table(programs, "Social programs less clinical programs 12 months")
    assert next(row for row in other.rows if row[0] == "Family or social problems")[1] == "not enough to say"


def test_a_wave_held_back_as_a_whole_claims_nothing_and_gives_its_reason(
    composed: Compose, fake_programs: ModuleType
) -> None:
    nothing = dict.fromkeys(("estimate", "ci_low", "ci_high")) | {
        "note": fake_programs.HELD,
        "suppressed": False,
    }
    rows = [row | nothing for row in fake_programs.estimates() if row["analysis"] == "C1"]
    pages = composed({"results.estimates": rows, "results.diagnostics": []})
    page = programs_page(pages)
    words = said(section(page, "compared"))
    assert "12 months after entry. There is not enough to say for any of the 10 outcomes." in words
    assert "beyond chance on any" not in words
    assert "alcohol problems compare 12 months after entry: fewer than half of those due were" in words
    assert [f.identifier for f in page.figures()] == [
        f"programs-forest-month-12-{DEMO}", f"programs-forest-month-6-{DEMO}",
    ]  # fmt: skip
    forest = figure(page, "forest-month-12")
    assert forest.headline.endswith("12 months after entry: not enough to say for any outcome")
    assert {dot.value for row in forest.chart.rows for dot in row.dots} == {None}
    item = next(b for b in pages[0].blocks() if isinstance(b, Findings)).items[0]
    assert "fewer than half of those due were interviewed" in item.sentence


def test_a_withheld_answer_is_kept_private_everywhere(programs: Page, fake_programs: ModuleType) -> None:
    forest = figure(programs, "forest-month-12")
    row = next(row for row in forest.chart.rows if row.label == "Mental health problems")
    assert (row.dots[0].value, row.dots[0].said) == (None, "Kept private")
    cells = next(row for row in forest.table.rows if row[0] == "Mental health problems")
    assert cells[1:] == ("Not shown, to protect privacy", "–", "–", "not shown", "Not shown")
    reached = table(programs, "Who was reached")
    assert next(row for row in reached.rows if row[0] == "Died before")[1] == "not shown"
    for one in programs.downloads():
        assert not any(abs(v - fake_programs.PLANTED) < 1e-6 for v in one.rows["estimate"].drop_nulls())


def test_the_file_of_the_forest_holds_the_differences_as_they_stand_in_the_release(programs: Page) -> None:
    rows = figure(programs, "forest-month-12").download.rows
    alcohol = rows.filter(rows["outcome"] == "any_problem_alcohol_month_12")
    assert alcohol["term"].to_list() == ["social_minus_clinical", "unadjusted_social_minus_clinical"]
    assert alcohol["estimate"].to_list() == [-0.12, -0.09]


def test_the_plain_difference_stands_beside_and_is_said_to_be_no_comparison(programs: Page) -> None:
    compared = figure(programs, "forest-month-12").table
    assert compared.columns[3].name == "Gap ruled out, either way"
    assert [row[3] for row in compared.rows[:2]] == ["18 or more", "17 or more"]
    assert compared.columns[4].name == "As the groups stand"
    assert compared.rows[0][4].replace(KEEP, " ") == "9 fewer (18 fewer to 0)"
    words = said(section(programs, "compared"))
    assert "It is not a comparison of programs" in words
    assert "stood higher on legal problems, and lower on family or social problems" in words


def test_each_claim_of_any_interview_is_told_with_what_would_take_it_away(
    composed: Compose, fake_programs: ModuleType
) -> None:
    later = [
        row | ({"value": 1.0} if "e_value" in row["diagnostic"] and row["outcome"].endswith("_12") else {})
        for row in fake_programs.diagnostics()
    ]
    rows = {"results.estimates": fake_programs.estimates(), "results.diagnostics": later}
    words = said(section(programs_page(composed(rows)), "hidden"))
    assert "Drug problems, 12 months after entry, “not worse by the margin or more”." in words
    assert "This falls if something hidden shifts the gap by 1.2 of 100." in words
    assert "Work problems, 6 months after entry, “worse”." in words
    assert "Nothing that those of social programs who did not answer could have said" in words
    assert "who did not answer fared better than we filled in, by 4.40 points or more." in words
    assert "Legal problems" not in words  # nothing is claimed of them
    assert "Where nothing is claimed, no claim can fall." in words
    assert "Drug problems, 12 months after entry: could something" not in words  # an E-value is against zero
    assert "6 months after entry: could something we did not ask about" in words
    assert "12 months after entry: could" not in words
