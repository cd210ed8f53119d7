"""The sentences: what they say of a number, of its absence, and what they never say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.estimate import SHARE_DIFFERENCE
from models.survival.return_to_prison import DELAYED_METHOD
from models.within_person.identity_and_craving import SENSITIVITY as CRAVING_VARIANTS
from models.within_person.sensitivity import VARIANTS
from reports.release import Answer, Fact, Published
from reports.words import (
    craving,
    detoxification,
    diagnostics,
    justice,
    meaning,
    meetings,
    published,
    sensitivity,
    slopes,
    volunteering,
    yesterday,
)
from reports.words.followup import follow_up
from reports.words.phrases import because, last_day, listed, people, plainly, quarter, sentence, unanswered
from reports.words.volunteering import Item


def answer(
    term: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Answer:
    fields: dict[str, Any] = {
        "analysis": "X1", "outcome": "outcome", "term": term, "population": "somewhere", "as_of": "2026Q3",
        "estimate": value, "std_error": None, "ci_low": low, "ci_high": high, "p_value": None, "df": None,
        "n_people": 240, "n_rows": None, "n_events": None, "method": "m", "scale": "probability",
        "small_sample": "none", "note": "", "suppressed": False,
    }  # fmt: skip
    return Answer(**(fields | more))


REFUSED = answer("within_3_years", None, note="Fewer than 10 people could be followed.")
SUPPRESSED = answer("within_3_years", None, suppressed=True, n_people=None)


def test_a_rate_is_said_with_its_range_and_its_people() -> None:
    assert justice.returned(answer("within_3_years", 0.351, 0.30, 0.402)) == (
        "About 35 of every 100 people returned to prison within 3 years of release "
        "(between 30 and 40 of 100; 240 people)."
    )


def test_a_rate_without_a_range_or_people_is_said_without_empty_parentheses() -> None:
    said = justice.returned(answer("within_1_year", 0.0, n_people=None))
    assert said == "About 0 of every 100 people returned to prison within 1 year of release."


def test_a_small_rate_is_never_said_to_be_none_and_a_large_one_never_all() -> None:
    assert justice.returned(answer("within_1_year", 0.002)).startswith("Fewer than 1 of every 100")
    assert justice.returned(answer("within_1_year", 0.998)).startswith("More than 99 of every 100")


def test_a_refused_rate_gives_the_reason_and_no_figure() -> None:
    assert justice.returned(REFUSED) == (
        "We cannot say yet how many people returned to prison within 3 years of release, because fewer than "
        "10 people could be followed."
    )


def test_a_suppressed_rate_says_that_it_is_withheld_and_why() -> None:
    said = justice.returned(SUPPRESSED)
    assert said.endswith("not shown, to protect privacy, because it rests on few people.")
    assert "240" not in said


def test_several_horizons_are_said_without_repeating_the_people() -> None:
    said = justice.horizons([answer("within_1_year", 0.14, 0.10, 0.19), REFUSED])
    assert said[0] == "Within 1 year, 14 of every 100 had returned (between 10 and 19)."
    assert said[1].startswith("We cannot say yet")
    assert "people)" not in " ".join(said)


def test_people_seen_from_program_entry_on_are_said_to_be_participants() -> None:
    entered = answer("within_3_years", 0.4, 0.33, 0.48, method=DELAYED_METHOD)
    assert justice.returned(entered) == (
        "Among 240 people who entered a program after leaving prison, about 40 of every 100 returned to "
        "prison within 3 years of release (between 33 and 48 of 100)."
    )
    nameless = justice.returned(answer("within_3_years", 0.4, method=DELAYED_METHOD, n_people=None))
    assert nameless.startswith("Among people who entered a program")


def test_a_share_that_holds_from_a_later_day_on_says_so_in_its_sentence_and_its_headline() -> None:
    late = answer("within_3_years", 0.4, 0.33, 0.48)
    assert "240 people who had not returned in the first 60 days, about 40" in justice.returned(late, 60.0)
    assert "of those not returned by day 60" in justice.headline(late, 60.0)
    assert "first 60 days" not in justice.returned(late, 0.0)


def test_people_still_followed_are_said_beside_a_rate_and_never_without_one() -> None:
    said = justice.followed_on(63, answer("within_3_years", 0.4, 0.33, 0.48))
    assert said.startswith("63 of the 240 people have been followed for the full 3 years without a return;")
    withheld = justice.followed_on(None, answer("within_3_years", 0.4, n_people=None))
    assert withheld.startswith("People count until they returned, or for as long as they were followed.")
    assert justice.followed_on(63, SUPPRESSED) == ""


def benchmark(study: str, value: float, outcome: str, **more: Any) -> Published:
    fields: dict[str, Any] = dict.fromkeys(Published.__dataclass_fields__)
    return Published(**(fields | {"study": study, "value": value, "outcome": outcome} | more))


def test_figures_of_an_event_that_is_not_stated_are_named_as_such() -> None:
    rows = [benchmark("A note", 0.35, "recidivism_not_defined"), benchmark("B", 0.544, "return_to_prison")]
    said = justice.missouri(rows, "return_to_prison")
    assert "run from 35 to 54.4 of every 100 people" in said
    assert "A note does not say which event is counted" in said
    assert "not say" not in justice.missouri(rows[1:], "return_to_prison")
    assert justice.missouri([], "return_to_prison") == ""


@pytest.mark.parametrize(
    ("value", "scale", "note", "text"),
    [
        (0.433, "probability", None, "43.3%"),
        (0.35, "probability", None, "35%"),
        (3.0, "ratio", "Published in words: nearly threefold. Rates not found.", "nearly threefold"),
        (2.0, "ratio", None, "2 times as many"),
        (50.0, "percent", None, "+50%"),
        (-40.0, "percent", None, "−40%"),
        (40.0, "percent", "in percent or in percentage points", "+40 (percent or points: not clear)"),
        (0.1, "ratio", "1 / 10; published in words as a tenfold decrease.", "tenfold decrease"),
        (None, "ratio", None, "–"),
    ],
)
def test_a_published_figure_keeps_its_digits_or_its_words(
    value: float, scale: str, note: str | None, text: str
) -> None:
    assert published.figure(benchmark("S", value, "o", scale=scale, note=note, term="t")) == text


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0.9, "alpha", "Alpha 0.90"),
        (0.65, "odds ratio", "0.65 times the odds"),
        (0.61, "hazard ratio", "0.61 times as common at any one time"),
        (0.84, "ratio of scores", "0.84 times the score"),
        (7.76, "percentage points of days", "7.76 of every 100 days"),
        (0.4, "probability", "40%"),
        (None, "alpha", "–"),
    ],
)
def test_a_published_figure_that_stands_alone_names_its_unit(
    value: float | None, scale: str, text: str
) -> None:
    assert published.cited(benchmark("S", value, "o", scale=scale, term="t")) == text


def test_a_bound_and_a_round_number_are_said_to_be_such() -> None:
    for value_is, text in (("at_least", "at least +50%"), ("about", "about +50%"), (None, "+50%")):
        row = benchmark("S", 50.0, "o", scale="percent", term="t", value_is=value_is)
        assert published.figure(row) == text


def test_the_size_of_a_step_is_said_where_it_is_known() -> None:
    ratio = answer("friend_support_per_sd", 1.04, 0.91, 1.20)
    assert "for each 4.0 points more support" in detoxification.rate(ratio, 4.0018)
    assert "for each step up in support" in detoxification.rate(ratio)


@pytest.mark.parametrize(
    ("diagnostic", "said"),
    [
        ("icc", "Share of the variance that lies between people"),
        ("people_dropped", "People left out"),
        ("people_without_release", "People without release"),
        ("proportional_hazards_p_linked_to_care", "the ratio stay the same over time? p-value: Linked"),
        ("proportional_hazards_p_linked_to_care_adjusted_global", "all ratios of the model stay the same"),
        ("proportional_hazards_p_linked_to_care_adjusted_sex", "the ratio by sex stay the same"),
    ],
)
def test_a_diagnostic_is_named_as_a_reader_would_say_it(diagnostic: str, said: str) -> None:
    assert said in diagnostics.label(diagnostic)
    assert "_" not in diagnostics.label(diagnostic)


def test_a_published_range_is_worked_out_from_the_published_error_alone() -> None:
    low, high = published.interval(benchmark("S", 0.79, "o", std_error=0.04))
    assert (low, high) == pytest.approx((0.7116, 0.8684))
    assert published.interval(benchmark("S", 0.79, "o")) == (None, None)


def test_the_within_person_slope_is_said_of_days_per_ten_points() -> None:
    said = meaning.within(answer("recovery_identity_within", 0.71, 0.64, 0.78))
    assert said == (
        "On days when recovery was more a part of who they are than usual, people rated the day as more "
        "meaningful: for each 10 points, about 7.1 points higher on a scale of 0 to 100 "
        "(between 6.4 and 7.8; 240 people)."
    )


def test_a_negative_slope_is_said_as_less_with_a_range_in_rising_order() -> None:
    said = meaning.within(answer("recovery_identity_within", -0.30, -0.42, -0.18))
    assert "less meaningful" in said
    assert "about 3.0 points lower on a scale of 0 to 100 (between 1.8 and 4.2; 240 people)" in said


def test_a_slope_whose_range_holds_zero_is_not_called_a_link() -> None:
    unclear = answer("recovery_identity_within", 0.05, -0.04, 0.14)
    assert meaning.within(unclear) == (
        "We cannot tell whether days on which recovery was more a part of who people are than usual were "
        "more or less meaningful: for each 10 points, anything from 0.4 points lower to 1.4 points higher is "
        "in keeping with the diaries (240 people)."
    )
    assert meaning.headline(unclear).startswith("No clear link")


def test_the_between_person_slope_compares_people_and_denies_change() -> None:
    said = meaning.between_people(answer("recovery_identity_between", 0.9, 0.6, 1.2))
    assert "than for others" in said
    assert said.endswith("it does not say that anyone changed.")
    assert "days when" not in said


def item(then: float, now: float, *, change: float | None = None, label: str = "Vote in an election") -> Item:
    return Item(
        label,
        answer("active_addiction", then, then - 0.02, then + 0.02),
        answer("recovery", now, now - 0.02, now + 0.02),
        answer("difference", now - then, now - then - 0.05, now - then + 0.05, scale=SHARE_DIFFERENCE),
        answer(
            "difference_from_rates", now - then, now - then - 0.09, now - then + 0.09, scale=SHARE_DIFFERENCE
        ),
        answer("ratio", now / then, 0.9 * now / then, 1.1 * now / then, scale="ratio"),
        answer("relative_change", change, scale="percent", note="" if change else "The first rate is small."),
    )


def test_both_rates_are_said_together_with_the_people_who_answered_twice() -> None:
    assert volunteering.both_rates(item(0.2, 0.6)) == (
        "Asked “Did you ever vote in an election?”, 60 of every 100 people said yes for their time in "
        "recovery (between 58 and 62 of 100), and 20 of every 100 for their time in active addiction "
        "(between 18 and 22 of 100); 240 people answered for both times."
    )


def test_a_difference_is_said_in_people_of_every_hundred_as_more_or_fewer() -> None:
    assert (
        volunteering.difference(item(0.2, 0.6))
        == "That is 40 more of every 100 in recovery (between 35 and 45 more)."
    )
    assert (
        volunteering.difference(item(0.6, 0.2))
        == "That is 40 fewer of every 100 in recovery (between 35 and 45 fewer)."
    )


def test_where_the_paired_difference_is_withheld_the_one_of_the_two_rates_is_said_as_such() -> None:
    half = replace(item(0.2, 0.6), difference=SUPPRESSED)
    assert volunteering.difference(half) == (
        "That is 40 more of every 100 in recovery (between 31 and 49 more, from the two rates alone)."
    )
    neither = replace(half, from_rates=None)
    assert "not shown, to protect privacy" in volunteering.difference(neither)


def test_people_who_are_withheld_leave_no_gap_in_a_sentence() -> None:
    whole = item(0.2, 0.6)
    nameless = replace(whole, now=replace(whole.now, n_people=None))
    assert volunteering.both_rates(nameless).endswith("active addiction (between 18 and 22 of 100).")


def test_a_headline_counts_the_questions_with_a_clear_difference() -> None:
    up, level, down = item(0.2, 0.6), item(0.30, 0.32), item(0.6, 0.2)
    assert volunteering.headline("taking part", [up, up]) == (
        "Taking part: more people said yes for recovery than for active addiction, in each of 2 questions"
    )
    assert volunteering.headline("taking part", [up, level]).endswith("in 1 of 2 questions")
    assert volunteering.headline("setbacks", [down, down]).startswith("Setbacks: fewer people")
    for mixed in ([up, down], [level], []):
        assert volunteering.headline("work", mixed) == "Work, in recovery and in active addiction"


def test_a_difference_that_may_be_none_is_said_so() -> None:
    assert "cannot tell a difference from none" in volunteering.difference(item(0.30, 0.32))


def test_a_percent_change_is_said_only_beside_a_first_rate_of_ten_percent_or_more() -> None:
    assert "a 200 percent increase" in volunteering.ratio(item(0.2, 0.6, change=200.0))
    for small in (item(0.08, 0.79), item(0.08, 0.79, change=887.5)):
        said = volunteering.ratio(small)
        assert "percent increase" not in said
        assert "We give no percent change" in said
        assert "9.9 times" in said


def test_a_ratio_without_its_first_rate_is_not_said() -> None:
    whole = item(0.2, 0.6, change=200.0)
    assert volunteering.ratio(replace(whole, then=None)) == ""
    assert volunteering.ratio(replace(whole, then=SUPPRESSED)) == ""


def test_an_item_withheld_for_one_period_gives_no_rate_of_the_other() -> None:
    whole = item(0.2, 0.6)
    half = replace(whole, then=SUPPRESSED)
    assert volunteering.difference(half) == ""
    for said in (volunteering.both_rates(half), volunteering.brief(half)):
        assert "60" not in said
        assert "not shown, to protect privacy" in said


def test_a_hazard_ratio_is_said_as_how_common_with_less_below_one_and_more_above() -> None:
    less = detoxification.rate(answer("friend_support_per_sd", 0.86, 0.75, 0.98))
    assert less == (
        "Among people with more support from friends, first use was less common at any one time: 0.86 times "
        "as common for each step up in support (between 0.75 and 0.98 times; 240 people)."
    )
    assert "was more common" in detoxification.rate(answer("friend_support_per_sd", 1.4, 1.1, 1.8))


def test_a_hazard_ratio_whose_range_holds_one_is_not_called_a_difference() -> None:
    said = detoxification.rate(answer("linked_to_care", 0.93, 0.68, 1.27))
    assert said == (
        "We found no clear sign that people linked to primary care used again earlier or later than others: "
        "the figures fit anything from 32 percent less first use to 27 percent more first use at any one "
        "time, compared with people not linked so far (240 people)."
    )
    unclear = answer("linked_to_care", 0.93, 0.68, 1.27)
    support = answer("friend_support_per_sd", 1.04, 0.91, 1.20)
    assert detoxification.headline([support, unclear]) == (
        "No clear difference by support from friends or by link to primary care"
    )
    assert detoxification.headline([answer("friend_support_per_sd", 0.86, 0.75, 0.98), unclear]) == (
        "People with more support from friends went longer before first use"
    )
    assert detoxification.headline([SUPPRESSED, unclear]) == "Days to first use after detoxification"


def test_a_wide_range_of_a_ratio_is_said_as_times_where_percent_would_explode() -> None:
    assert "to 5.46 times as much first use" in detoxification.rate(answer("linked_to_care", 0.7, 0.1, 5.46))


def test_a_term_without_words_of_its_own_is_said_by_its_name() -> None:
    assert "a new thing" in detoxification.rate(answer("a_new_thing", 0.9, 0.8, 0.95))


def test_a_median_with_an_open_upper_end_is_said_so() -> None:
    said = detoxification.median(answer("median_days_higher_friend_support", 61, 40, None, scale="days"))
    assert said == (
        "Half of the people with higher support from friends had used again by 61 days (at least 40 days; "
        "240 people)."
    )


def fact(analysis: str, diagnostic: str, value: float | None, *, suppressed: bool = False) -> Fact:
    return Fact(analysis, "o", diagnostic, "somewhere", "2026Q3", value, None, None, "", None, suppressed)


def test_follow_up_is_said_in_the_unit_of_each_analysis() -> None:
    assert (
        follow_up([fact("W1", "response_rate", 0.87)])
        == "Answers came for 87 of every 100 evenings asked about."
    )
    assert follow_up([fact("J1", "follow_up", 0.9)]).startswith(
        "For half of the people the records reach 0.9 years"
    )
    assert follow_up([fact("A1", "follow_up", 0.55)]).startswith("55 of every 100 people")


def test_people_who_were_never_asked_are_not_passed_over() -> None:
    asked = [fact("V1", "asked", 330), fact("V1", "answered_both", 303)]
    assert follow_up(asked).startswith(
        "303 of 330 people asked answered for both times. People who could not be reached"
    )
    hidden = [fact("V1", "asked", None, suppressed=True), fact("V1", "answered_both", 303)]
    assert follow_up(hidden) == (
        "These are the 303 people who answered for both times; how many were asked, or could not be reached "
        "for the interview, is not shown. Those not reached may be doing less well."
    )
    assert follow_up([*hidden, fact("V1", "due", 469)]).startswith(
        "303 of 469 people due for the interview answered for both times (65 of every 100)."
    )
    assert follow_up([*asked, fact("V1", "due", 469)]).startswith(
        "330 of 469 people due for the interview could be asked (70 of every 100); 303 of them answered"
    )


def test_follow_up_names_the_people_of_the_answer_and_of_whom_they_are() -> None:
    diary = answer("t", 0.7, n_people=120, n_rows=1497)
    share = replace(fact("W1", "response_rate", 0.9), n_people=120)
    assert follow_up([share], diary, of=598) == (
        "120 of 598 people kept the evening diary. The others are not in these figures and may differ; "
        "whether they were asked is not known here. Answers came for 90 of every 100 evenings asked about "
        "(1,497 evenings are used here)."
    )
    returned = answer("within_3_years", 0.4)
    assert "63 people had been followed for 3 years without a return." in follow_up(
        [fact("J1", "follow_up", 2.7)], returned, still=63
    )
    trial = replace(fact("A1", "follow_up", 0.54), n_people=453)
    assert follow_up([trial], answer("t", 1.0, n_people=244)) == (
        "244 of the 453 people in the study are in this figure."
    )


def test_a_suppressed_or_absent_follow_up_is_not_said() -> None:
    assert follow_up([fact("W1", "response_rate", 0.87, suppressed=True)]) == ""
    assert follow_up([fact("V1", "asked", 480)]) == ""


def test_a_given_answer_needs_no_excuse() -> None:
    assert unanswered(answer("t", 0.0), "whether") is None


@pytest.mark.parametrize(
    ("note", "clause"),
    [
        ("The model did not converge.", "the model did not converge"),
        ("HELP people are few.", "HELP people are few"),
        ("", ""),
    ],
)
def test_a_note_becomes_a_clause(note: str, clause: str) -> None:
    assert because(note) == clause


def test_quarters_are_said_in_words_and_by_their_last_day() -> None:
    assert quarter("2026Q3") == "the third quarter of 2026"
    assert [last_day(f"2024Q{n}") for n in (1, 2, 3, 4)] == [
        "March 31, 2024", "June 30, 2024", "September 30, 2024", "December 31, 2024",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="2026-07"):
        quarter("2026-07")


def test_people_and_lists_are_said_as_one_would() -> None:
    assert [people(n) for n in (None, 1, 1445)] == ["", "1 person", "1,445 people"]
    assert [listed(parts) for parts in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_sentence_begins_with_a_capital_and_ends_once() -> None:
    assert [sentence(text) for text in ("a  b", "A.", "really?", " ")] == ["A b.", "A.", "Really?", ""]


SLOPE = {"scale": "points per point"}
ODDS = {"scale": "odds ratio"}


def test_slopes_of_two_kinds_of_programs_are_compared_without_a_reason_for_the_difference() -> None:
    term = "recovery_identity_within_social_minus_clinical"
    said = meaning.social_less_clinical(answer(term, 0.2, 0.05, 0.35, n_people=None, **SLOPE))
    assert said.startswith(
        "The link was stronger in social than in clinical programs: for each 10 points, about"
    )
    assert "2.0 points more (between 0.5 and 3.5)" in said
    assert said.endswith("so the two groups may differ in other ways.")
    unclear = meaning.social_less_clinical(answer(term, -0.06, -0.2, 0.08, n_people=None, **SLOPE))
    assert unclear.startswith("There is not enough to say")
    assert "from 2.0 points weaker to 0.8 points stronger in social programs" in unclear


def test_the_link_on_days_with_a_meeting_is_said_as_weaker_or_stronger_or_not_at_all() -> None:
    term = meetings.MEETING.difference
    weaker = meetings.difference(meetings.MEETING, answer(term, -0.27, -0.5, -0.04, **SLOPE))
    assert "was weaker on days with a recovery meeting than on other days" in weaker
    assert "about 2.7 points less (between 0.4 and 5.0; 240 people)" in weaker
    unclear = meetings.difference(meetings.CENTER, answer(term, -0.11, -0.38, 0.16, **SLOPE))
    assert "not enough to say whether the link was weaker or stronger on days with a visit" in unclear
    refused = meetings.difference(meetings.CENTER, answer(term, None, note="Fewer than 10 people had both."))
    assert refused.startswith("We cannot say yet whether the link is weaker or stronger on days with a visit")


def test_days_with_a_meeting_are_said_as_more_or_less_meaningful_or_not_at_all() -> None:
    term, points = meetings.MEETING.level, {"scale": "points", "method": "multilevel Tobit"}
    more = meetings.more_meaningful(meetings.MEETING, answer(term, 3.83, 1.91, 5.75, **points))
    assert more.startswith(
        "Days with a recovery meeting were more meaningful than the same people's other days"
    )
    assert "by about 3.8 points, allowing for the end of the slider (between 1.9 and 5.8; 240 people)" in more
    assert more.endswith("People choose on which days they go.")
    less = meetings.more_meaningful(meetings.CENTER, answer(term, -2.0, -3.0, -1.0))
    assert "less meaningful" in less
    assert "by about 2.0 points (between 1.0 and 3.0; 240 people)" in less
    unclear = meetings.more_meaningful(meetings.CENTER, answer(term, 1.0, -0.5, 2.5))
    assert "from 0.5 points less to 2.5 points more is in keeping" in unclear
    refused = meetings.more_meaningful(
        meetings.CENTER, answer(term, None, note="Fewer than 10 people had both.")
    )
    assert refused.startswith("We cannot say yet whether days with a visit to a recovery center are more")
    bare = meetings.more_meaningful(meetings.CENTER, answer(term, 1.0))
    assert bare == "Days with a visit to a recovery center: 1.0 points against other days (240 people)."


def test_ten_points_are_set_beside_an_ordinary_evening() -> None:
    assert meaning.how_large(11.04, 0.34) == (
        "How large are 10 points? A person's identity spreads over their evenings by about 11 points around "
        "what is usual for them (one standard deviation); on 34 of every 100 evenings it lay 10 or more away."
    )
    assert meaning.how_large(11.04, None).endswith("(one standard deviation).")
    assert meaning.how_large(None, 0.34) == ""


def test_a_figure_of_meeting_days_is_headed_by_what_is_clear_alone() -> None:
    clear = {meetings.MEETING.difference: answer("x", -0.27, -0.5, -0.04)}
    both = clear | {meetings.CENTER.difference: answer("y", 0.0, -0.2, 0.2)}
    assert meetings.headline(both) == "The link was weaker on days with a recovery meeting"
    assert meetings.headline({meetings.CENTER.difference: both[meetings.CENTER.difference]}).startswith(
        "No clear"
    )
    assert meetings.headline({}).startswith("Recovery identity and the meaning of a day")


def test_the_day_after_is_compared_with_the_day_after_an_equally_meaningful_one() -> None:
    said = yesterday.meaning_after(answer("t", 0.1, 0.02, 0.18, **SLOPE))
    assert said.startswith(
        "The day after a day of stronger recovery identity was more meaningful than the day"
    )
    assert "another, equally meaningful day" in said
    unclear = yesterday.identity_after(answer("t", 0.0, -0.1, 0.1, **SLOPE))
    assert unclear.startswith("The other way round, there is not enough to say")


def test_odds_are_said_as_evenings_with_craving_for_each_evening_without() -> None:
    said = craving.any_within(answer(craving.ANY_WITHIN, 0.8, 0.7, 0.91, **ODDS))
    assert said == (
        "On days when recovery was more a part of who they are than usual, people had craving less often: "
        "for each 10 points, about 0.80 times as many evenings with craving for each evening without "
        "(between 0.70 and 0.91 times; 240 people)."
    )
    unclear = craving.any_between(answer(craving.ANY_BETWEEN, 0.95, 0.8, 1.1, **ODDS))
    assert unclear.startswith("There is not enough to say whether people for whom recovery was more a part")
    assert "anything from 0.80 to 1.10 times as many" in unclear


def test_the_strength_of_craving_is_said_of_evenings_with_craving_alone() -> None:
    said = craving.extent_within(answer(craving.EXTENT_WITHIN, -0.14, -0.23, -0.05, **SLOPE))
    assert said.startswith("Where people had craving, it was weaker on days when recovery was more")
    assert "about 1.4 points lower on a scale of 0 to 100 (between 0.5 and 2.3; 240 people)" in said
    between = craving.extent_between(answer(craving.EXTENT_BETWEEN, -0.4, -0.6, -0.2, **SLOPE))
    assert between.endswith("it does not say that anyone changed.")


def test_a_correlation_that_may_be_none_is_not_said_to_be_one() -> None:
    assert "also had it stronger" in craving.together(answer(craving.CORRELATION, 0.4, 0.1, 0.6))
    assert "is not clear" in craving.together(answer(craving.CORRELATION, 0.1, -0.2, 0.4))
    assert craving.together(answer(craving.CORRELATION, None, note="No.")) == ""


def test_log_odds_that_others_published_keep_their_unit_and_their_digits() -> None:
    assert craving.published_log_odds(0.01, 0.01) == "0.01 in log odds for each point (standard error 0.01)"
    assert craving.published_log_odds(-0.1, None) == "−0.1 in log odds for each point"


TOBIT = {"scale": "points per point", "method": "multilevel Tobit, maximum likelihood"}


def test_what_the_answers_did_is_said_before_what_a_model_finds_beyond_the_slider() -> None:
    model = answer("recovery_identity_within", 0.83, 0.77, 0.89, **TOBIT)
    plain = answer("observed_scale_recovery_identity_within", 0.568, 0.517, 0.618, **TOBIT)
    said = meaning.within(model, meaning.AsGiven(plain, 0.306))
    assert said.endswith(
        "for each 10 points, about 5.7 points higher on a scale of 0 to 100 (between 5.2 and 6.2; "
        "240 people). The slider ends at 100, where 31 of every 100 evenings stood, so it may hide how good "
        "the best days were. Allowing for that, we estimate about 8.3 points higher (between 7.7 and 8.9)."
    )


def test_a_slope_beyond_the_slider_is_never_said_to_lie_on_its_scale() -> None:
    model = answer("recovery_identity_within", 0.83, 0.77, 0.89, **TOBIT)
    for said in (meaning.within(model), meaning.between_people(model)):
        assert "on a scale of 0 to 100" not in said
        assert "allow" in said
    linear = answer("recovery_identity_within", 0.6, 0.5, 0.7, **SLOPE)
    for said in (meaning.within(linear), meaning.between_people(linear)):
        assert "on a scale of 0 to 100" in said
        assert "allow" not in said


def test_two_links_of_identity_and_craving_are_not_told_as_more_or_less_craving_on_meeting_days() -> None:
    apart = answer(craving.BY_MEETING, -0.42, -0.74, -0.1, n_people=None, **SLOPE)
    without = answer(craving.NO_MEETING_DAY, 0.04, -0.09, 0.17, n_people=None, **SLOPE)
    on = answer(craving.MEETING_DAY, -0.38, -0.62, -0.14, n_people=None, **SLOPE)
    both = craving.by_meeting(apart, without, on)
    assert "with craving about 3.8 points lower (between 1.4 and 6.2)" in both
    assert "On days without one, no link is clear" in both
    for said in (both, craving.by_meeting(apart), craving.by_meeting(apart, SUPPRESSED, on)):
        assert "lie about 4.2 points apart (between 1.0 and 7.4)" in said
        assert said.endswith("it does not say on which days craving was stronger.")


def told(way: str, value: float, low: float, high: float) -> sensitivity.Told:
    return sensitivity.Told(way, value, low, high)


def test_the_ways_of_working_out_a_number_are_concluded_from() -> None:
    above = told("", 0.83, 0.77, 0.89)
    ends = told("linear", 0.6, 0.54, 0.66)
    assert sensitivity.verdict("Days", above, [ends, told("tobit_intercept_only", 0.82, 0.76, 0.88)]) == (
        "Days: the direction holds in every way, the size does not. The figures lie between 6.0 and 8.3 "
        "points, and it is clearly smaller where the ends of the scale are not allowed for."
    )
    other = told("without_least_compliant", 1.2, 1.1, 1.3)
    assert sensitivity.verdict("Days", above, [other]).endswith("and it is clearly of another size.")
    assert sensitivity.verdict("Days", above, [told("separate", 0.8, 0.7, 0.9)]).endswith(
        "every range meets that above."
    )


def test_a_number_that_is_clear_in_some_ways_alone_is_said_not_to_hold_in_all() -> None:
    above = told("", -0.14, -0.23, -0.05)
    said = sensitivity.verdict("Days", above, [told("gamma", -0.003, -0.006, 0.0)])
    assert "does not hold in every way; 1 of 2 ways show a clear link" in said
    assert "opposite directions" in sensitivity.verdict("Days", above, [told("log", 0.01, 0.005, 0.02)])
    none = told("", 0.0, -0.1, 0.1)
    assert sensitivity.verdict("Days", none, [none]) == "Days: no way shows a clear link."
    # A way in percent speaks for the direction; it is on another scale, and not for the size.
    assert sensitivity.verdict("Days", above, [told("log", -0.01, -0.02, -0.005)]) == (
        "Days: the direction holds in every way."
    )


def test_a_small_p_value_is_never_none_and_a_kept_slope_is_no_finding() -> None:
    small = fact("W1", "own_slopes_p_recovery_identity_within", 2e-14)
    assert diagnostics.value(small) == "less than 0.001"
    assert diagnostics.value(fact("A1", "proportional_hazards_p_global", 0.0004)) == "less than 0.001"
    kept = fact("W1", "random_slope_kept", 1.0)
    assert diagnostics.value(kept) == "yes"
    assert "differ" not in diagnostics.label("random_slope_kept")
    assert "no test that people differ" in diagnostics.meaning(kept)


def test_a_small_sample_convention_is_written_once_and_with_whole_degrees_of_freedom() -> None:
    assert plainly("t with 1366.0 degrees of freedom; t; observed information; observed information") == (
        "t with 1366 degrees of freedom; observed information"
    )
    assert plainly("t with 109.5 degrees of freedom") == "t with 109.5 degrees of freedom"


def test_every_way_of_the_sensitivity_sets_has_words_and_the_longest_name_counts() -> None:
    made = [f"x_{way}" for way in (*VARIANTS, *CRAVING_VARIANTS, "centered_at_person_mean")]
    assert [sensitivity.parts(f"sensitivity_{name}") for name in made] == [
        ("x", name.removeprefix("x_")) for name in made
    ]
    assert sensitivity.parts("sensitivity_x_by_y_unheard_of") == ("x_by_y_unheard_of", "")


def test_a_fact_with_an_interval_is_written_with_its_range() -> None:
    checked = replace(fact("W1", "residual_correlation_by_day", 0.008), ci_low=0.0, ci_high=0.072)
    assert diagnostics.value(checked).replace("\N{NO-BREAK SPACE}", " ") == "0.01 (0.00 to 0.07)"
    assert diagnostics.value(replace(checked, ci_low=None)) == "0.01"


def test_slopes_of_logarithms_are_said_in_percent() -> None:
    assert sensitivity.write("log", -0.0105) == "−10%"
    assert sensitivity.write("linear", -0.0105) == "−0.1"


def test_a_slope_without_a_range_is_said_without_one() -> None:
    assert slopes.brief("Days", answer("t", 0.83)) == "Days: 8.3 points for each 10 (240 people)."
    assert slopes.size(answer("t", -0.5, n_people=None)) == "about 5.0 points lower on a scale of 0 to 100"
