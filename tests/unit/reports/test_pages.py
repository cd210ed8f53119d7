"""What the pages choose to show: their structure, not their looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

from models.survival.first_use_ratios import DRIFT_NOTE
from reports.figures.chart import DotChart
from reports.page import Citations, Figure, Finding, Findings, Page, Paragraph, Subheading, Table

BANNED = re.compile(
    r"\b(effects? of|causes?|caused|leads? to|led to|because of|improve[sd]?|due to|thanks to)\b",
    re.IGNORECASE,
)


def named(pages: list[Page], file: str) -> Page:
    return next(page for page in pages if page.file == file)


def findings(pages: list[Page]) -> Findings:
    return next(block for block in pages[0].blocks() if isinstance(block, Findings))


def finding_on(pages: list[Page], name: str) -> Finding:
    """The first finding of the front page that leads to the page of this name."""
    return next(item for item in findings(pages).items if item.read_on.text == name)


def spoken(page: Page) -> list[str]:
    """The sentences the report itself says of an answer: headlines, alternatives and the answer's lead."""
    said = []
    for block in page.blocks():
        if isinstance(block, Figure):
            said += [block.headline, block.subtitle, *block.alternative, block.caption]
        elif isinstance(block, Paragraph) and block.look == "lead":
            said.append(block.text)
    return said


def test_the_site_has_a_page_for_each_answered_question_between_findings_and_methods(
    pages: list[Page],
) -> None:
    assert [page.file for page in pages] == [
        "index.html", "programs.html", "meaning.html", "craving.html", "volunteering.html", "justice.html",
        "detoxification.html", "data.html", "methods.html",
    ]  # fmt: skip


def test_each_page_shows_its_figures_in_order(pages: list[Page]) -> None:
    assert {page.file: [f.identifier for f in page.figures()] for page in pages if page.figures()} == {
        "programs.html": [
            "programs-forest-month-12-demo-collaborative",
            "programs-forest-month-6-demo-collaborative", "programs-alike-month-12-demo-collaborative",
            "programs-through-any-problem-alcohol-demo-collaborative",
            "programs-scale-month-12-demo-collaborative",
        ],
        "meaning.html": [
            "meaning-demo-collaborative", "meaning-by-program-demo-collaborative",
            "meaning-by-day-demo-collaborative", "meaning-day-after-demo-collaborative",
        ],
        "craving.html": ["any-craving-demo-collaborative", "strength-of-craving-demo-collaborative"],
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
    for page in pages[1:7]:
        assert [section.identifier for section in page.sections][-2:] == ["not-said", "how-made"]


def test_the_front_page_has_at_most_five_findings_each_with_people_range_and_follow_up(
    pages: list[Page],
) -> None:
    items = findings(pages).items
    assert len(items) == 5
    for item in items:
        assert re.search(r"[\d,]+ people", item.sentence)
        assert re.search(r"between [\d.]+ (fewer |more )?and [\d.]+", item.sentence)
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
    between = next(text for text in texts if text.startswith("People for whom recovery was more"))
    assert "does not say that anyone changed" in between
    assert not re.search(r"\b(increase|decrease|rise|grow|become)", between)


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


def test_all_that_a_chart_draws_stands_in_its_words_its_table_and_its_file(pages: list[Page]) -> None:
    seen = 0
    for figure in (f for page in pages for f in page.figures() if isinstance(f.chart, DotChart)):
        if figure.chart.together:
            continue  # numbers stand in the labels of the rows: held to the same in test_programs_pages
        cells = " ".join(str(cell) for row in figure.table.rows for cell in row)
        file = figure.download.rows["estimate"].drop_nulls().to_list()
        for row in figure.chart.rows:
            for dot in row.dots:
                if dot.value is None:
                    continue
                seen += 1
                assert dot.said in cells
                assert dot.said.rstrip("%") in " ".join(figure.alternative)
                scale = 10 if figure.identifier.startswith(("meaning", "strength")) else 1
                assert any(abs(dot.value - scale * value) < 1e-9 for value in file)
    assert seen > 15


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


def test_a_published_rate_of_an_unknown_number_of_people_is_listed_and_not_drawn(pages: list[Page]) -> None:
    page = named(pages, "volunteering.html")
    drawn = [dot.value for f in page.figures() for row in f.chart.rows for dot in row.dots]
    assert 0.79 in drawn
    assert 0.07 not in [dot.value for row in page.figures()[2].chart.rows for dot in row.dots]
    items = [item.figure for b in page.blocks() if isinstance(b, Citations) for item in b.items]
    assert "7%" in items
    assert "nearly threefold" in items


def test_a_withheld_paired_difference_gives_way_to_that_of_the_rates_in_sentence_and_table(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    hidden = ("difference", "ratio", "relative_change")
    rows = [
        row | {"suppressed": row["suppressed"] or (row["outcome"] == "volunteered" and row["term"] in hidden)}
        for row in fake.estimates()
    ]
    pages = composed({"results.estimates": rows})
    assert "(between 32 and 50 more, from the two rates alone)" in finding_on(pages, "Volunteering").sentence
    table = named(pages, "volunteering.html").figures()[0].table
    cells = table.rows[0]
    assert cells[3].startswith("+41 (")
    assert cells[4:6] == ("not shown", "not shown")


def test_real_data_of_another_place_are_tagged_so_on_the_front_page(pages: list[Page]) -> None:
    assert [(item.data, item.tag) for item in findings(pages).items] == [
        *[("synthetic", "Synthetic demonstration data")] * 4,
        ("real", "Real data, not from this county"),
    ]


def test_real_data_of_our_own_programs_are_tagged_as_real_alone(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    populations = [row | {"synthetic": False} for row in fake.catalog()["catalog.populations"]]
    items = findings(composed({"catalog.populations": populations})).items
    assert [item.tag for item in items] == ["Real data"] * 4 + ["Real data, not from this county"]


def test_a_ratio_that_may_change_over_time_is_named_under_its_figure(
    composed: Callable[..., list[Page]], fake: ModuleType, pages: list[Page]
) -> None:
    rows = [
        row | {"note": f"An association.{DRIFT_NOTE}" if row["term"] == "linked_to_care" else row["note"]}
        for row in fake.estimates()
    ]
    figure = named(composed({"results.estimates": rows}), "detoxification.html").figures()[0]
    assert "may change over time for “Linked to primary care, against" in figure.caption
    assert "may change over time" not in named(pages, "detoxification.html").figures()[0].caption


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


def test_the_terms_of_use_stand_on_the_data_page(pages: list[Page]) -> None:
    section = next(s for s in named(pages, "data.html").sections if s.identifier == "terms")
    assert [b.text for b in section.blocks] == ["Use only under an agreement."]


def test_no_name_of_the_machine_stands_in_a_table(pages: list[Page]) -> None:
    facts = [
        row
        for page in pages[1:6]
        for block in page.blocks()
        if isinstance(block, Table) and block.caption.startswith("How the estimates")
        for row in block.rows
    ]
    assert len(facts) > 10
    assert [row for row in facts if "_" in str(row[0]) or str(row[0]).lower() == "icc"] == []
    converged = next(row for row in facts if row[0] == "The model reached a stable figure")
    assert "yes" in converged


def test_a_curve_of_everybody_begins_at_none_on_day_zero_and_one_of_a_later_day_does_not(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    curves = [row for row in fake.curves() if row["x"] > 0]
    page = named(composed({"results.curves": curves}), "detoxification.html")
    support, link = page.figures()[1:3]
    assert [c.marks[0].x for c in support.chart.curves] == [0.0, 0.0]
    assert all(c.marks[0].x > 0 for c in link.chart.curves)
    assert "235 people" in link.subtitle


def test_the_slopes_are_said_per_ten_points_as_are_the_published_ones(pages: list[Page]) -> None:
    figure = named(pages, "meaning.html").figures()[0]
    values = [[dot.value for dot in row.dots] for row in figure.chart.rows]
    assert [[round(value, 6) for value in row] for row in values] == [
        [5.2], [7.1, 7.9], [8.8, 9.4],
    ]  # fmt: skip


def test_a_withheld_point_of_a_curve_is_not_drawn(pages: list[Page]) -> None:
    curve = named(pages, "justice.html").figures()[0].chart.curves[0]
    assert curve.marks[-1].value is None
    assert [m.x for m in curve.dots()] == [m.x for m in curve.marks[:-1]]


def test_the_data_page_counts_rows_in_kept_and_refused_by_source(pages: list[Page]) -> None:
    page = named(pages, "data.html")
    tables = {t.caption: t for t in page.blocks() if t.__class__.__name__ == "Table"}
    assert tables["Evening diary of the demo county"].rows == (
        ("diary.csv", "12", "1,680", "1,692", "2026Q3"),
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
    assert [h for h in headings if h.endswith(":")] == [
        "W1:", "W2:", "W3:", "W4:", "V1:", "J1:", "A1:", "C1:", "C2:", "C3:",
    ]  # fmt: skip


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
    said = " ".join(figure.alternative)
    assert said.count("had used again by day 91") == 2
    assert "day 183" not in said


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


def test_how_a_run_went_stands_on_no_page_of_a_question(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    row = next(r for r in fake.diagnostics() if r["diagnostic"] == "icc") | {
        "diagnostic": "diary_rows_not_read", "value": 840.0, "detail": "evenings not read again",
    }  # fmt: skip
    page = named(composed({"results.diagnostics": [*fake.diagnostics(), row]}), "meaning.html")
    cells = [str(c) for b in page.blocks() if isinstance(b, Table) for row in b.rows for c in row]
    assert "Share of the variance that lies between people" in cells
    assert "840" not in cells
    assert not [cell for cell in cells if "read again" in cell.lower()]


def test_each_line_on_methods_names_the_numbers_it_speaks_of(pages: list[Page]) -> None:
    for page in pages[1:7]:
        for table in (b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith("Method,")):
            assert table.columns[0].name == "Numbers"
            assert all(row[0] for row in table.rows)


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
