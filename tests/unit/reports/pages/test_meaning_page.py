"""The pages of the meaning of the day and of craving: slopes, other ways, other models."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

from reports.page import Citations, Page, Paragraph, Subheading, Table
from tests.unit.reports.pages.reading import findings, named


def test_a_difference_between_people_is_said_to_be_no_change_within_them(pages: list[Page]) -> None:
    texts = [b.text for b in named(pages, "meaning.html").blocks() if isinstance(b, Paragraph)]
    between = next(text for text in texts if text.startswith("People for whom recovery was more"))
    assert "does not say that anyone changed" in between
    assert not re.search(r"\b(increase|decrease|rise|grow|become)", between)


def test_the_slopes_are_said_per_ten_points_as_are_the_published_ones(pages: list[Page]) -> None:
    figure = named(pages, "meaning.html").figures()[0]
    values = [[dot.value for dot in row.dots] for row in figure.chart.rows]
    assert [[round(value, 6) for value in row] for row in values] == [
        [5.2], [7.1, 7.9], [8.8, 9.4],
    ]  # fmt: skip


def test_the_same_slope_worked_out_otherwise_stands_in_a_table_with_its_ranges(pages: list[Page]) -> None:
    tables = [b for b in named(pages, "meaning.html").blocks() if isinstance(b, Table)]
    table = next(t for t in tables if t.columns[0].name == "Worked out")
    rows = {row[0]: [str(cell).replace("\u00a0", " ") for cell in row[1:]] for row in table.rows}
    assert rows["As above"] == ["7.1 (6.4 to 7.8)", "8.8 (6.1 to 11.5)"]
    ends = "Without allowing for answers at the ends of the scale"
    assert rows[ends] == ["5.8 (4.8 to 6.8)", "6.1 (5.1 to 7.1)"]
    assert f"{ends}, and with one slope for everybody" in rows
    assert not [row for row in rows if "_" in row]


def test_the_slope_in_the_answers_as_given_is_said_beside_that_of_the_days_behind_them(
    composed: Callable[..., list[Page]], fake: ModuleType, pages: list[Page]
) -> None:
    def said(pages: list[Page]) -> str:
        return " ".join(b.text for b in named(pages, "meaning.html").blocks() if isinstance(b, Paragraph))

    both = "about 5.2 points higher on a scale of 0 to 100 (between 4.7 and 5.7; 118 people). The slider ends"
    assert both in said(pages)
    (told,) = (item.sentence for item in findings(pages).items if item.read_on.href == "meaning.html")
    assert both in told
    assert "where 30 of every 100 evenings stood" in told
    unclear = [row | {"ci_low": -0.1} for row in fake.estimates()]
    assert "The slider ends" not in said(composed({"results.estimates": unclear}))


def test_a_fact_of_the_sensitivity_set_is_told_once(pages: list[Page]) -> None:
    facts = [b for b in named(pages, "meaning.html").blocks() if isinstance(b, Table) and b.technical]
    assert facts
    assert not [row for table in facts for row in table.rows if "ensitivity" in str(row[0])]


def test_slopes_by_kind_of_program_and_of_day_stand_beside_what_was_published(pages: list[Page]) -> None:
    by_program, by_day = named(pages, "meaning.html").figures()[1:3]
    assert [row.label for row in by_program.chart.rows] == ["Social programs", "Clinical programs"]
    assert [[dot.said for dot in row.dots] for row in by_day.chart.rows] == [["8.3"], ["5.8", "5.6"]]
    assert by_day.headline == "The link was weaker on days with a recovery meeting"
    said = [b.text for b in named(pages, "meaning.html").blocks() if isinstance(b, Paragraph)]
    assert any("not enough to say whether the link is stronger in social" in text for text in said)
    assert any(
        "not enough to say whether the link was weaker or stronger on days with a visit" in t for t in said
    )


def test_what_is_said_beside_published_slopes_follows_the_model_that_was_fitted(
    composed: Callable[..., list[Page]], fake: ModuleType, pages: list[Page]
) -> None:
    assert "as does ours" in named(pages, "meaning.html").figures()[0].caption
    linear = [row | {"method": "linear mixed model, REML"} for row in fake.estimates()]
    figure = named(composed({"results.estimates": linear}), "meaning.html").figures()[0]
    assert "ours is a linear one" in figure.caption


def test_yesterday_and_today_are_told_both_ways_round(pages: list[Page]) -> None:
    page = named(pages, "meaning.html")
    labels = [row.label for row in page.figures()[3].chart.rows]
    assert labels == [
        "Meaning of the day, by recovery identity of the day before",
        "Recovery identity of the day, by meaning of the day before",
    ]
    said = " ".join(b.text for b in page.blocks() if isinstance(b, Paragraph))
    assert "The other way round, recovery identity was stronger on the day after" in said
    assert "On the same day, once what the day before carried over is taken out: 6.1 points" in said


def test_craving_is_told_as_how_often_and_how_strong_and_published_points_are_not_drawn(
    pages: list[Page],
) -> None:
    page = named(pages, "craving.html")
    often, strong = page.figures()
    assert [[dot.said for dot in row.dots] for row in often.chart.rows] == [["0.74"], ["0.91"]]
    assert [[dot.said for dot in row.dots] for row in strong.chart.rows] == [
        ["−1.4"],
        ["0.3"],
        ["−3.2"],
        ["−2.1"],
    ]
    cited = [item.figure for b in page.blocks() if isinstance(b, Citations) for item in b.items]
    assert cited == [
        "0.01 in log odds for each point (standard error 0.01)",
        "−0.6 points for each 10 (standard error 0.15)",
    ]
    texts = [b.text for b in page.blocks() if isinstance(b, Paragraph)]
    assert any(text.startswith("Follow-up: 118 of 600 people kept the evening diary") for text in texts)
    table = next(b for b in page.blocks() if isinstance(b, Table) and b.columns[0].name == "Worked out")
    assert [row[1] for row in table.rows][1].startswith("−10% (")


def test_the_ways_of_working_out_a_number_are_concluded_from_before_their_table(pages: list[Page]) -> None:
    texts = [b.text for b in named(pages, "meaning.html").blocks() if isinstance(b, Paragraph)]
    assert any(
        t.startswith("The same person, one day against another: the direction holds in") for t in texts
    )
    assert any(t.startswith("One person against another: the direction holds in every way") for t in texts)


def test_published_shares_stand_beside_the_same_shares_of_ours(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    row = next(r for r in fake.published() if r["benchmark_id"] == "w1_within") | {
        "benchmark_id": "icc", "term": "icc", "value": 0.52, "std_error": None, "scale": "proportion",
    }  # fmt: skip
    page = named(composed({"reference.published_estimates": [*fake.published(), row]}), "meaning.html")
    cited = [item.figure for b in page.blocks() if isinstance(b, Citations) for item in b.items]
    assert cited[-1] == "52% (here 54%)"
    assert cited[0] == "7.9 points for each 10 (standard error 0.4)"


def test_questions_without_an_answer_are_left_out_of_the_page_of_the_meaning_of_the_day(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    rows = [row for row in fake.estimates() if row["analysis"] not in ("W2", "W3", "W4")]
    pages = composed({"results.estimates": rows})
    assert "craving.html" not in [page.file for page in pages]
    page = named(pages, "meaning.html")
    assert len(page.figures()) == 2
    closing = [s for s in page.sections if s.identifier in ("not-said", "how-made")]
    assert not [b for s in closing for b in s.blocks if isinstance(b, Subheading)]
