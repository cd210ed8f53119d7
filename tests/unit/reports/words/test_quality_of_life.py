"""What is said of quality of life over the years: a dip, a turn, a crossing, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.trajectory.quality_of_life import ABOVE, FALLS, NO_DIP, NOT_REACHED, PEOPLE_DIFFER
from reports.words import quality_of_life
from tests.unit.reports.words.growth_answers import APART, CROSSING, DIP, HELD, TURN, YEARS, answer


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
