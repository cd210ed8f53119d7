"""Ranges, open limits, and answers that are held back, as every page tells them."""

from __future__ import annotations

from dataclasses import replace

from reports.pages.answers import value_text, with_interval
from reports.words import diagnostics, ranges
from reports.words.phrases import unanswered
from tests.unit.reports.words.growth_answers import APART, CROSSING, GAIN, HELD, NOT_KNOWN, RATIO, fact


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


def test_a_gate_is_told_as_passed_or_not_and_not_as_a_number() -> None:
    assert diagnostics.label("gate_follow_up_month_6") == "Enough to say something: follow up month 6"
    assert [diagnostics.value(fact("gate_follow_up", passed)) for passed in (1.0, 0.0)] == ["yes", "no"]
