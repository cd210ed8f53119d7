"""What is said of mutual help: pairs, chance, balance, and links over programs."""

from __future__ import annotations

from dataclasses import replace

from reports.words import mutual_help
from tests.unit.reports.words.growth_answers import BEYOND, PAIRS, answer, fact


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


def test_pairs_chance_and_what_lies_beyond_agree_as_they_are_told() -> None:
    chance = fact("reciprocity_by_chance", 0.236)
    pairs, above = replace(PAIRS, estimate=0.4049), replace(BEYOND, estimate=0.4049 - 0.236)
    assert "40.5 help each other." in mutual_help.both_ways(pairs, chance, above)
    assert "By chance it would be about 23.6." in mutual_help.both_ways(pairs, chance, above)
    assert mutual_help.beyond(above, pairs, chance).startswith("That is 16.9 of 100 more than chance.")
    assert "40 help each other." in mutual_help.both_ways(pairs, chance)
