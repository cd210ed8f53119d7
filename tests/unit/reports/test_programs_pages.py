"""The page of the kinds of programs: what it shows, of whom, and what it keeps back."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import pytest

from reports.numbers import KEEP
from reports.page import Citations, Figure, Findings, Link, Page, Paragraph, Section, Table, Terms
from reports.words import programs_alike, programs_verdicts

DEMO = "demo-collaborative"
Compose = Callable[..., list[Page]]


@pytest.fixture(scope="session")
def programs(pages: list[Page]) -> Page:
    return _named(pages)


@pytest.fixture(scope="session")
def fake_programs(fake: ModuleType) -> ModuleType:
    """The module that makes up the answers on the kinds of programs."""
    module: ModuleType = fake._beside("fake_programs")
    return module


def _named(pages: list[Page]) -> Page:
    return next(page for page in pages if page.file == "programs.html")


def figure(page: Page, name: str) -> Figure:
    return next(f for f in page.figures() if f.identifier == f"programs-{name}-{DEMO}")


def section(page: Page, identifier: str) -> Section:
    return next(s for s in page.sections if s.identifier == identifier)


def table(page: Page, start: str) -> Table:
    return next(b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith(start))


def said(part: Page | Section) -> str:
    blocks = part.blocks() if isinstance(part, Page) else part.blocks
    return " ".join(b.text for b in blocks if isinstance(b, Paragraph))


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
    page = _named(composed({"results.estimates": rows}))
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
    assert "At best (medical problems), a gap of 7 or more of 100 people is ruled out" in item.sentence
    assert "At worst (work problems), only one of 28 or more is." in item.sentence
    assert "between 6 and 18 fewer, from 360 people" in item.sentence
    assert "293 were interviewed" in item.basis[0]
    assert item.tag == "Synthetic demonstration data"


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
    page = _named(composed({"results.estimates": rows}))
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
    page = _named(pages)
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
    page = _named(composed({"results.diagnostics": [*fake_programs.diagnostics(), *more]}))
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


def test_each_claim_of_any_interview_is_told_with_what_would_take_it_away(
    composed: Compose, fake_programs: ModuleType
) -> None:
    later = [
        row | ({"value": 1.0} if "e_value" in row["diagnostic"] and row["outcome"].endswith("_12") else {})
        for row in fake_programs.diagnostics()
    ]
    rows = {"results.estimates": fake_programs.estimates(), "results.diagnostics": later}
    words = said(section(_named(composed(rows)), "hidden"))
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


def test_studies_of_the_same_question_stand_first_and_claim_no_number(programs: Page) -> None:
    (cited, *_) = (b for b in section(programs, "other-studies").blocks if isinstance(b, Citations))
    assert [item.figure for item in cited.items] == ["Which way, no number"] * 2
    assert all(
        isinstance(item.study, Link) and item.study.href.startswith("https://") for item in cited.items
    )


def test_figures_of_one_study_are_cited_at_once_each_with_what_it_counts(
    composed: Compose, fake: ModuleType
) -> None:
    row = next(iter(fake.published()))
    both = "Staying long against leaving early. Not of two kinds of programs. "
    of = row | {"analysis": "C1", "study": "One study", "scale": "odds ratio", "cohort": "Residents"}
    rows = [
        of | {"benchmark_id": "x1", "term": "a", "value": 0.58, "definition": f"{both}Legal problems."},
        of | {"benchmark_id": "x2", "term": "b", "value": 0.65, "definition": f"{both}Disorders."},
        of | {"benchmark_id": "x3", "term": "c", "value": 2.5, "definition": "All of it.", "study": "Two"},
    ]
    page = _named(composed({"reference.published_estimates": rows}))
    cited = [b for b in section(page, "other-studies").blocks if isinstance(b, Citations)][1].items
    assert [item.figure for item in cited] == ["2 figures", "2.50 times the odds"]
    assert cited[0].counts.count("Not of two kinds of programs.") == 1
    assert "Legal problems: 0.58 times the odds. Disorders: 0.65 times the odds." in cited[0].counts
    assert cited[1].counts.startswith("All of it.")


def test_the_ways_of_working_out_stand_side_by_side_with_a_file(programs: Page) -> None:
    other = table(programs, "Social programs less clinical programs 12 months")
    assert [c.name for c in other.columns] == [
        "Outcome", "As above", "Only people with every answer", "By weights alone",
    ]  # fmt: skip
    assert other.rows[0][2].replace(KEEP, " ") == "12 fewer (22 fewer to 2 fewer); claim holds"
    assert other.rows[1][2].replace(KEEP, " ").endswith("; claim does not hold")
    assert other.rows[4][2].replace(KEEP, " ").endswith("more)")  # nothing is claimed
    assert other.download is not None
    assert len(other.download.rows) == 18
    words = said(programs)
    assert "In every way, what is claimed holds for alcohol, medical, work, quality of life and" in words
    assert "In some ways it does not hold for drugs" in words
    assert "For abstinence, Rubin's rules give a much wider range" in words


def test_what_had_to_hold_is_counted_over_the_outcomes(programs: Page) -> None:
    held = table(programs, "What had to hold")
    assert held.rows == (
        (
            "Enough people were reached", "At least 50 of every 100 due, in each group",
            "met for 9 of 10 outcomes", "met for 9 of 10 outcomes",
        ),
    )  # fmt: skip


def test_the_parts_of_the_difference_stand_with_their_assumption_and_a_share_only_where_told(
    programs: Page,
) -> None:
    part = section(programs, "through")
    words = said(part)
    assert "This holds only if nothing hidden goes both with taking part" in words
    assert "About 66 of every 100 parts" in words
    assert "No share is given. The total is not clearly different from zero" in words
    alcohol = figure(programs, "through-any-problem-alcohol")
    assert [row.label.replace(KEEP, " ") for row in alcohol.chart.rows] == [
        "In all: 15 fewer of 100", "With activities and network together: 10 fewer of 100",
        "By way of 12-step activities: 7 fewer of 100", "By way of the network: 3 fewer of 100",
        "The rest: 5 fewer of 100",
    ]  # fmt: skip
    assert alcohol.table.columns[-1].name == "Only people with every answer"
    abstinent = table(programs, "The difference in abstinence 12 months after entry and its parts")
    assert abstinent.rows[-1][:2] == ("The rest", "Not shown, to protect privacy")
    assert abstinent.download is not None
    assert not abstinent.technical  # no figure beside it says the same


def test_more_of_the_social_model_is_told_by_outcome_and_by_part(programs: Page) -> None:
    scale = figure(programs, "scale-month-12")
    assert scale.headline.endswith("a difference beyond chance in alcohol problems")
    assert [row[-1] for row in scale.table.rows] == ["yes", "no", "no", "no"]
    parts = table(programs, "Difference for 10 points more on each part")
    assert [row[0] for row in parts.rows] == ["Role of staff", "Governance"]
    assert parts.rows[0][1].replace(KEEP, " ") == "4 fewer (6 fewer to 2 fewer)"
    assert "does not say that raising a program's score would help" in said(section(programs, "scale"))


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
    page = _named(pages)
    assert page.data == "mixed"
    names = [s.identifier for s in page.sections]
    assert len(names) == len(set(names)) == 2 * 9 + 3
    assert len({f.identifier for f in page.figures()}) == 10
    assert len({d.name for d in page.downloads()}) == len(page.downloads())


def test_a_comparison_without_any_fact_still_makes_a_page(
    composed: Compose, fake_programs: ModuleType
) -> None:
    page = _named(composed({"results.estimates": fake_programs.estimates(), "results.diagnostics": []}))
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
