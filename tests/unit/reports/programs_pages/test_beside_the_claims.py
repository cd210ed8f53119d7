"""What stands beside the claims: studies, other ways, conditions, paths and the scale."""

from __future__ import annotations

from types import ModuleType

from reports.numbers import KEEP
from reports.page import Citations, Link, Page
from tests.unit.reports.programs_pages.reading import Compose, figure, programs_page, said, section, table


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
    page = programs_page(composed({"reference.published_estimates": rows}))
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
