"""What is said of two answers of the same people: both rates, their difference, and their ratio."""

from __future__ import annotations

from dataclasses import replace

from models.estimate import SHARE_DIFFERENCE
from reports.words import volunteering
from reports.words.volunteering import Item
from tests.unit.reports.words.answers import SUPPRESSED, answer


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
