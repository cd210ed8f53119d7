"""The sentences of remission, recovery capital, quality of life, helping, peers, mutual help and roles."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from models.trajectory.quality_of_life import ABOVE, FALLS, NO_DIP, NOT_REACHED, PEOPLE_DIFFER
from reports.pages import closing
from reports.pages.answers import value_text, with_interval
from reports.release import Answer, Fact
from reports.words import (
    diagnostics,
    helping,
    mutual_help,
    other_ways,
    peers,
    quality_of_life,
    ranges,
    recovery_capital,
    remission,
    roles,
)
from reports.words.other_ways import Told
from reports.words.phrases import unanswered

EIGHTH = 8.0  # highest school grade that a sentence may ask of a reader


def answer(
    term: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Answer:
    fields: dict[str, Any] = {
        "analysis": "X1", "outcome": "barc10", "term": term, "population": "somewhere", "as_of": "2026Q3",
        "estimate": value, "std_error": None, "ci_low": low, "ci_high": high, "p_value": None, "df": None,
        "n_people": 458, "n_rows": None, "n_events": None, "method": "m", "scale": "probability",
        "small_sample": "none", "note": "", "suppressed": False,
    }  # fmt: skip
    return Answer(**(fields | more))


def fact(name: str, value: float | None, **more: Any) -> Fact:
    fields: dict[str, Any] = {
        "analysis": "X1", "outcome": "o", "diagnostic": name, "population": "somewhere", "as_of": "2026Q3",
        "value": value, "ci_low": None, "ci_high": None, "detail": "", "n_people": None, "suppressed": False,
    }  # fmt: skip
    return Fact(**(fields | more))


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = re.search(r"([^l]e|[^td]ed)$", word.lower()) is not None
    return max(len(groups) - silent, 1)


def grade(text: str) -> float:
    """Flesch-Kincaid grade; a number counts as one word of two syllables, a colon does not end a sentence."""
    words = re.findall(r"[A-Za-z']+|\d[\d.,]*\d|\d", text)
    sentences = len(re.findall(r"[.?!](?:\s|$)", text))
    spoken = sum(2 if word[0].isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59


HELD = answer("t", None, note="Not enough to say: fewer than half of those due were interviewed.")
SHARE = answer("within_3_years", 0.51, 0.46, 0.57)
NOT_KNOWN = answer("t", None, note="The model did not converge.")
YEARS = {"scale": "years"}
CROSSING = answer("crossing_years", 4.03, 3.5, 4.98, n_people=1031, **YEARS)
DIP = answer("dip_depth", 0.15, 0.01, 0.31, n_people=1031, scale="points")
TURN = answer("turning_point_years", 0.94, 0.48, 1.11, n_people=1031, **YEARS)
APART = answer("crossing_years_with_minus_without_center", -1.8, -4.6, -0.6, n_people=1031, **YEARS)
GAIN = answer("change_month_12", 5.3, 4.2, 6.4, scale="points")
BETTER, WORSE = answer("reliably_better_month_12", 0.31, 0.25, 0.39), answer("w", 0.05, 0.03, 0.08)
DAYS = answer("restricted_mean_difference", 62.5, 12.4, 112.5, n_people=206, scale="days")
RATIO = answer("helping", 0.58, 0.37, 0.91, n_people=206, scale="hazard ratio")
UNCLEAR = answer("helping_adjusted", 0.68, 0.42, 1.11, n_people=206, scale="hazard ratio")
ODDS = answer("peer_hours_within_per_sd", 1.30, 1.13, 1.49, n_people=120, scale="odds ratio")
NO_ODDS = replace(ODDS, estimate=1.1, ci_low=0.96, ci_high=1.26)
PAIRS = answer("reciprocity", 0.42, 0.36, 0.48, scale="share of pairs")
BEYOND = answer("reciprocity_beyond_chance", 0.2, 0.14, 0.26, scale="share of pairs")
PATH = answer("roles_to_engagement", 0.62, 0.32, 0.92, scale="points per point")
RANKS = [(peers.PEERS, answer("rank", 1.0, 1.0, 2.0)), (peers.MEANINGFUL, answer("rank", 2.0, 1.0, 2.0))]

ORDERED = [("connection", "meaning"), ("meaning", "empowerment"), ("empowerment", "community")]
SENTENCES = [
    quality_of_life.crossing(answer("c", None, note=NOT_REACHED), ends=26.0),
    remission.reached(SHARE), remission.DEATH, remission.LAST, remission.LOST, remission.PROGRAMS,
    remission.died_unseen(fact("near", 14.0), fact("late", 12.0)),
    recovery_capital.at_the_cut(answer("a", 0.22, 0.18, 0.27), answer("b", 0.50, 0.43, 0.57)),
    recovery_capital.lead(answer("a", 0.22, 0.18, 0.27), answer("b", 0.50, 0.43, 0.57, n_people=458)),
    recovery_capital.up_and_down(answer("u", 0.31, 0.25, 0.38), answer("d", None, suppressed=True)),
    quality_of_life.elsewhere(CROSSING, [4.0, 5.3]),
    quality_of_life.no_dip_in("_with_center", replace(DIP, ci_low=0.0)),
    recovery_capital.change(GAIN), recovery_capital.change(replace(GAIN, ci_low=-0.4)),
    recovery_capital.reliable(BETTER, WORSE), recovery_capital.ERROR, recovery_capital.NOBODY_COMPARED,
    recovery_capital.CUT_MEANS, recovery_capital.HANG_TOGETHER,
    quality_of_life.crossing(CROSSING), quality_of_life.crossing(replace(CROSSING, ci_high=None)),
    quality_of_life.crossing(CROSSING, "_with_center"), quality_of_life.dip(DIP, TURN),
    quality_of_life.dip(replace(DIP, ci_low=0.0), TURN), quality_of_life.turning_range(TURN),
    quality_of_life.difference(APART), quality_of_life.difference(replace(APART, ci_high=0.6)),
    quality_of_life.BETWEEN_PEOPLE, quality_of_life.SURVIVORS, quality_of_life.CHOSE,
    helping.share("helpers", answer("h", 0.37, 0.21, 0.53, n_people=43)), helping.days_without(DAYS),
    helping.days_without(replace(DAYS, ci_low=-4.0)), helping.rate(RATIO), helping.rate(UNCLEAR, "meetings"),
    helping.NOT_WHAT_HELPING_DOES, helping.AS_THEY_ARE,
    peers.linked(peers.WITHIN, peers.PEERS, ODDS, 2.2, 0.48),
    peers.linked(peers.WITHIN, peers.PEERS, NO_ODDS, 2.2, 0.48), peers.ranks(RANKS), peers.A_LINK,
    mutual_help.both_ways(PAIRS, fact("reciprocity_by_chance", 0.22)), mutual_help.beyond(BEYOND),
    mutual_help.give_and_receive(answer("s", 0.62, 0.56, 0.68)), mutual_help.difference(BEYOND),
    mutual_help.NO_MAP, mutual_help.BY_CHANCE,
    roles.path(roles.ROLES_FIRST, PATH), roles.path(roles.ENGAGEMENT_FIRST, replace(PATH, ci_low=-0.1)),
    roles.apart(PATH), roles.apart(replace(PATH, ci_low=-0.1)), roles.A_LINK,
    roles.ORDER, roles.order([True, False, False]), roles.ORDER_IS_NO_PROOF,
    mutual_help.WEIGHTS, mutual_help.OTHER_PEOPLE, mutual_help.FEW.format(4),
    mutual_help.difference(BEYOND, BEYOND), mutual_help.difference(BEYOND, replace(BEYOND, ci_low=-0.1)),
    closing.NO_PUBLISHED,
]  # fmt: skip


@pytest.mark.parametrize("said", SENTENCES)
def test_every_sentence_reads_at_eighth_grade_or_below(said: str) -> None:
    assert grade(said) <= EIGHTH


def test_the_grade_measure_tells_hard_words_from_plain_ones() -> None:
    assert grade("Longitudinal heterogeneity necessitates methodological sophistication.") > 16.0
    assert grade("The cat sat on the mat.") < 2.0


@pytest.mark.parametrize("said", SENTENCES)
def test_every_sentence_is_whole(said: str) -> None:
    assert said[0].isupper() or said[0].isdigit()
    assert said.endswith(".")
    assert "  " not in said
    assert "None" not in said
    assert "()" not in said


def test_an_open_upper_limit_is_said_in_a_sentence_and_in_a_table() -> None:
    open_above = replace(CROSSING, ci_high=None)
    assert ranges.range_of(open_above, lambda v: f"{v:.1f}", " years") == (
        "The range is from 3.5 years; upper limit not reached. It rests on 1,031 people."
    )
    assert with_interval(open_above, lambda v: f"{v:.1f}") == "4.0 (from 3.5; upper limit not reached)"
    assert "up to 5.0 years" in ranges.range_of(
        replace(CROSSING, ci_low=None), lambda v: f"{v:.1f}", " years"
    )


def test_a_number_without_a_range_is_said_with_its_people_alone() -> None:
    bare = replace(CROSSING, ci_low=None, ci_high=None)
    assert ranges.range_of(bare, str) == "It rests on 1,031 people."
    assert ranges.range_of(replace(bare, n_people=None), str) == ""


def test_what_a_gate_holds_back_is_not_enough_to_say_and_other_refusals_stay_what_they_were() -> None:
    assert unanswered(HELD, "how many rose") == (
        "There is not enough to say how many rose: fewer than half of those due were interviewed."
    )
    assert value_text(HELD) == "Not enough to say: fewer than half of those due were interviewed"
    assert unanswered(
        NOT_KNOWN,
        "how many rose",
    ) == ("We cannot say yet how many rose, because the model did not converge.")


def test_a_range_that_holds_no_difference_has_no_direction() -> None:
    assert [ranges.direction(a) for a in (GAIN, replace(GAIN, ci_low=-1.0), HELD)] == [1, 0, 0]
    assert ranges.direction(APART) == -1
    assert ranges.direction(RATIO, 1.0) == -1
    assert ranges.direction(replace(CROSSING, ci_high=None)) == 1


@pytest.mark.parametrize(
    ("note", "cell", "said"),
    [
        (NOT_REACHED, "Not reached in the years observed", "do not rate their life as high"),
        (ABOVE, "At or above it from the start", "From the start on, people in recovery rate"),
    ],
)
def test_a_crossing_that_is_no_number_is_an_answer(note: str, cell: str, said: str) -> None:
    words = answer("crossing_years", None, note=f"{note} {PEOPLE_DIFFER}", **YEARS)
    assert quality_of_life.cell(words) == cell
    assert said in quality_of_life.crossing(words, ends=26.0)
    assert "cannot say" not in quality_of_life.crossing(words)


@pytest.mark.parametrize(
    ("note", "cell", "said"),
    [
        (NO_DIP, "No dip found", "We found no early dip"),
        (FALLS, "Falls, and does not turn in the years observed", "is lower the longer people are"),
    ],
)
def test_no_dip_is_an_answer(note: str, cell: str, said: str) -> None:
    words = answer("dip_depth", None, note=f"{note} {PEOPLE_DIFFER}", scale="points")
    assert quality_of_life.cell(words) == cell
    assert said in quality_of_life.dip(words, None)


def test_quality_of_life_held_back_is_neither_not_reached_nor_a_number() -> None:
    assert quality_of_life.cell(HELD).startswith("Not enough to say")
    assert quality_of_life.crossing(HELD).startswith("There is not enough to say when people in recovery")
    assert quality_of_life.headline(HELD) == "Quality of life by time in recovery"
    assert (
        quality_of_life.headline(answer("c", None, suppressed=True)) == "Quality of life by time in recovery"
    )


def test_the_year_is_told_with_how_far_other_ways_lie_apart() -> None:
    told = quality_of_life.elsewhere(CROSSING, [4.1, 5.3, 4.3])
    assert told == "Worked out in 3 other ways, it is between 4.1 and 5.3 years."
    assert quality_of_life.elsewhere(CROSSING, []) == ""
    assert quality_of_life.headline(CROSSING).startswith("Between 3.5 and 5.0 years in recovery,")


def test_a_group_that_may_have_no_dip_is_told_so() -> None:
    said = quality_of_life.no_dip_in("_with_center", replace(DIP, ci_low=0.004))
    assert said.startswith("Among people with a center, there may be no early dip. The range is between 0.00")
    assert quality_of_life.no_dip_in("_with_center", DIP) == ""


def test_rises_are_never_told_without_what_is_known_of_falls() -> None:
    hidden = recovery_capital.up_and_down(BETTER, replace(WORSE, estimate=None, suppressed=True))
    assert hidden.endswith("How many fell by that much is not shown, to protect privacy.")
    assert "5 of every 100 fell by that much." in recovery_capital.up_and_down(BETTER, WORSE)
    assert recovery_capital.up_and_down(BETTER, None) == ""


def test_those_due_later_are_said_to_be_fewer_of_the_same_people_before_their_number() -> None:
    said = recovery_capital.at_the_cut(
        answer("a", 0.22, 0.18, 0.27, n_people=598), answer("b", 0.5, 0.43, 0.57)
    )
    assert (
        "from 598 people. Of the 458 people among them who were alive and due 12 months later, 50 of" in said
    )


def test_a_dip_that_may_be_next_to_nothing_is_said_so() -> None:
    assert quality_of_life.dip(DIP, TURN).endswith(quality_of_life.MAY_BE_SMALL)
    assert quality_of_life.MAY_BE_SMALL not in quality_of_life.dip(replace(DIP, ci_low=0.06), TURN)


def test_a_dip_that_may_be_none_is_said_so() -> None:
    assert quality_of_life.dip(replace(DIP, ci_low=0.0), TURN).startswith(
        "There may be an early dip at about 0.9 years, or none."
    )


def test_a_center_is_told_as_fewer_or_more_years_or_not_at_all() -> None:
    assert "That is 1.8 fewer years with a center than without. The range is between 0.6 and 4.6 fewer" in (
        quality_of_life.difference(APART)
    )
    later = replace(APART, estimate=1.8, ci_low=0.6, ci_high=4.6)
    assert "1.8 more years" in quality_of_life.difference(later)
    assert "We cannot tell" in quality_of_life.difference(replace(APART, ci_high=0.6))


def test_a_mean_change_that_may_be_none_is_not_called_a_rise() -> None:
    said = recovery_capital.change(replace(GAIN, ci_low=-0.4))
    assert "we cannot tell whether scores rose or fell" in said
    assert "Between 0.4 points down and 6.4 points up" in said
    down = recovery_capital.change(replace(GAIN, estimate=-2.0, ci_low=-3.1, ci_high=-0.9))
    assert "scores were 2.0 points lower" in down
    assert "between 0.9 and 3.1 points" in down


def test_a_withheld_share_beside_a_given_one_is_said_to_be_withheld() -> None:
    hidden = answer("reliably_worse_month_12", None, suppressed=True, n_people=None)
    said = recovery_capital.reliable(BETTER, hidden)
    assert said.startswith("31 of every 100 people rose by more than error explains.")
    assert "How many people fell by that much: not shown, to protect privacy" in said
    assert "how many fell is kept private" in recovery_capital.reliable_brief("barc10", BETTER, hidden)


@pytest.mark.parametrize(
    ("loadings", "intercepts", "verdict"),
    [
        ((0.40, 0.0), (0.30, 0.0), "yes"),
        ((0.01, -0.02), (0.30, 0.0), "no"),
        ((0.01, -0.005), (0.02, -0.009), "yes"),  # significant with many people, but a trifle
        ((0.40, 0.0), None, "not known"),
        (None, None, "not known"),
    ],
)
def test_a_scale_is_said_to_drift_only_where_test_and_size_agree(
    loadings: tuple[float, float] | None, intercepts: tuple[float, float] | None, verdict: str
) -> None:
    assert recovery_capital.alike(loadings, intercepts) == verdict


def test_scales_that_drift_or_could_not_be_tested_are_named() -> None:
    said = recovery_capital.alike_said({"One": "no", "Two": "yes", "Three": "not known"})
    assert said.startswith("Not so for One")
    assert "For Three this could not be tested." in said
    assert recovery_capital.alike_said({"One": "yes"}).startswith("All scales seem to measure later")
    assert recovery_capital.alike_said({"One": "not known"}) == "For One this could not be tested."


def test_a_hazard_ratio_that_may_be_none_is_no_clear_sign() -> None:
    said = helping.rate(UNCLEAR, "meetings")
    assert said.startswith("Among people alike in meetings, we found no clear sign")
    assert "Where 100 of the others do, between 42 and 111 of as many who help may." in said
    assert helping.rate(RATIO).startswith(
        "At any one time, where 100 of the others use again, 58 of as many who help do."
    )


def test_days_without_use_are_more_or_fewer_with_a_rising_range() -> None:
    assert "had 63 more days without use" in helping.days_without(DAYS)
    fewer = replace(DAYS, estimate=-20.0, ci_low=-35.0, ci_high=-5.0)
    said = helping.days_without(fewer)
    assert "had 20 fewer days without use" in said
    assert "between 5 and 35 days" in said
    assert "Between 4 fewer days and 113 more days fits" in helping.days_without(replace(DAYS, ci_low=-4.0))


def test_the_finding_on_helping_says_where_likeness_makes_it_unclear() -> None:
    shares = {"helpers": answer("h", 0.37, 0.21, 0.53), "others": answer("o", 0.19, 0.13, 0.26)}
    assert "no clear sign" in helping.finding(shares, DAYS, UNCLEAR)
    assert "no clear sign" not in helping.finding(shares, DAYS, RATIO)
    assert helping.finding(shares, DAYS, UNCLEAR).startswith("Among people alike in")
    assert helping.finding(shares, DAYS, RATIO).endswith(helping.NOT_WHAT_HELPING_DOES)


def test_odds_are_turned_into_a_chance_by_arithmetic_alone() -> None:
    assert peers.moved(0.5, 1.0) == pytest.approx(0.5)
    assert peers.moved(0.5, 3.0) == pytest.approx(0.75)
    assert peers.moved(0.2, 2.0) == pytest.approx(1 / 3)


def test_an_example_is_said_to_be_one_where_the_release_does_not_say_how_common_it_is() -> None:
    assert "As an example, say 50 of 100 are." in (
        peers.linked(peers.INTERVIEW, peers.PEERS, ODDS, 1.1, None)
    )


def test_places_are_told_apart_only_where_each_is_one_place() -> None:
    assert "cannot be told apart" in peers.ranks(RANKS)
    sure = [(peers.PEERS, answer("r", 2.0, 2.0, 2.0)), (peers.MEANINGFUL, answer("r", 1.0, 1.0, 1.0))]
    assert peers.ranks(sure).startswith("Hours in meaningful activity go with it more closely")
    assert "not enough to say" in peers.ranks([(peers.PEERS, HELD), (peers.MEANINGFUL, HELD)])


def test_help_is_never_called_more_than_chance_where_the_range_holds_it() -> None:
    assert mutual_help.beyond(BEYOND).startswith("That is 20 of 100 more than chance.")
    assert mutual_help.beyond(replace(BEYOND, ci_low=-0.02)).startswith("That may be chance.")
    fewer = replace(BEYOND, estimate=-0.2, ci_low=-0.26, ci_high=-0.14)
    assert mutual_help.beyond(fewer) == "That is 20 of 100 fewer than chance. The range is between 14 and 26."


def test_it_is_said_that_half_were_asked_and_of_how_many_where_that_is_shown() -> None:
    due, withheld, passed = fact("people_due", 458.0), fact("people_due", None), fact("gate", 1.0)
    assert mutual_help.heard(due, passed).startswith("At least half of the 458 people due were asked;")
    for hidden in (None, withheld):
        assert mutual_help.heard(hidden, passed).startswith("At least half of the people due were asked;")
    assert mutual_help.heard(due, None) == ""


def test_a_link_over_few_programs_names_their_number() -> None:
    few = answer("l", 0.41, -0.2, 0.79, scale="correlation", n_rows=12)
    said = mutual_help.link(few, "recovery capital since entry")
    assert said.startswith("We cannot tell whether a program's mutual help goes with")
    assert "12 programs can be set in order." in said
    clear = mutual_help.link(replace(few, ci_low=0.1), "recovery capital since entry")
    assert clear.endswith("They differ in much else.")


def test_a_gate_is_told_as_passed_or_not_and_not_as_a_number() -> None:
    assert diagnostics.label("gate_follow_up_month_6") == "Enough to say something: follow up month 6"
    assert [diagnostics.value(fact("gate_follow_up", passed)) for passed in (1.0, 0.0)] == ["yes", "no"]


def test_the_order_of_steps_counts_its_clear_links_and_names_what_is_not_asked() -> None:
    assert roles.order([False, False, True]) == (
        "We can look at 3 links in that order. 1 is clear. For the rest we cannot tell."
    )
    assert roles.order([True, True]) == "We can look at 2 links in that order. 2 are clear."
    assert roles.order([False]) == "We can look at 1 link in that order. None is clear."
    known = dict(roles.steps(ORDERED[:1]))
    assert [step.lower() for step in known] == list(roles.STEPS)
    assert [step for step, what in known.items() if what != roles.NOT_ASKED] == ["Connection", "Meaning"]


def test_numbers_worked_out_otherwise_are_concluded_from_together() -> None:
    up, flat, down = Told(0.5, 0.2, 0.8), Told(0.2, -0.1, 0.5), Told(-0.5, -0.8, -0.2)

    def write(value: float) -> str:
        return f"{value:.1f}"

    assert "the direction holds in every way; the figures lie between 0.5 and 0.6" in (
        other_ways.verdict("A", [up, replace(up, value=0.6)], write, 0.0)
    )
    assert "1 of 2 ways is clear" in other_ways.verdict("A", [up, flat], write, 0.0)
    assert "nothing may be concluded" in other_ways.verdict("A", [up, down], write, 0.0)
    assert "no way shows a clear difference" in other_ways.verdict("A", [flat, flat], write, 0.0)
    assert other_ways.verdict("A", [up, down], write, None) == (
        "A: the figures lie between -0.5 and 0.5; the other way lies outside the range above."
    )
    three = [up, replace(up, value=0.6), down]
    assert "; 1 of 2 other ways lies outside the range above" in other_ways.verdict("A", three, write, None)
    assert other_ways.verdict("A", three[:2], write, None).endswith("all within the range above.")
    assert other_ways.verdict("A", [Told(0.5, None, None)], write, 0.0) == (
        "A: the figures lie very close to 0.5."
    )


def test_balance_runs_one_way_on_the_page_and_its_range_rises() -> None:
    spread = answer("evenings_balance_spread", 0.31, 0.27, 0.36, scale="balance")
    write, turned = mutual_help.DIARY_WRITERS[spread.term], mutual_help.as_balance(spread)
    assert [write(v) for v in (turned.ci_low or 0, turned.estimate or 0, turned.ci_high or 0)] == [
        "64",
        "69",
        "73",
    ]
    assert mutual_help.as_balance(PAIRS) is PAIRS


def test_a_correlation_next_to_none_keeps_its_side_and_says_what_it_runs_from() -> None:
    said = mutual_help.link(answer("l", 0.61, -0.0048, 0.889, scale="correlation"), "recovery capital")
    assert "0.61 (between −0.005 and 0.89). A correlation runs from −1 to 1, and 0 is no link." in said


def test_a_horizon_that_few_are_followed_to_is_told_with_how_few() -> None:
    five = answer("within_5_years", 0.63, 0.57, 0.69, n_people=598)
    said = remission.carried(five, None, (4.7, 22.0))
    assert said == (
        "Few carry the figure for 5 years: at 4.7 years, 22 were still followed without it. How many at the "
        "end is not shown."
    )
    assert "by then, 30 were still followed without it." in remission.carried(five, 30.0, None)
    assert remission.carried(five, 60.0, (4.9, 20.0)) == ""
    assert remission.carried(five, None, (4.7, 60.0)) == ""
    assert remission.carried(replace(five, estimate=None, suppressed=True), 30.0, None) == ""


def test_pairs_chance_and_what_lies_beyond_agree_as_they_are_told() -> None:
    chance = fact("reciprocity_by_chance", 0.236)
    pairs, above = replace(PAIRS, estimate=0.4049), replace(BEYOND, estimate=0.4049 - 0.236)
    assert "40.5 help each other." in mutual_help.both_ways(pairs, chance, above)
    assert "By chance it would be about 23.6." in mutual_help.both_ways(pairs, chance, above)
    assert mutual_help.beyond(above, pairs, chance).startswith("That is 16.9 of 100 more than chance.")
    assert "40 help each other." in mutual_help.both_ways(pairs, chance)
