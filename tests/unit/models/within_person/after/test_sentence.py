import re

import numpy as np
import pytest

from models.estimate import Estimate, refused
from models.inference.contrast import Contrast
from models.within_person.after.sentence import (
    NO_GAP,
    NOT_A_CAUSE,
    Measures,
    between_sentence,
    difference_sentence,
    within_sentence,
    yes_no_sentence,
)
from tests.unit.reports.words.grade import grade, syllables

MEASURES = Measures(
    predictor="how much recovery was a part of who they are", outcome="how much meaning the day had"
)
LONG_WORDS = Measures(predictor="their recovery identity", outcome="the meaningfulness of the day")
CAUSAL = re.compile(
    r"\b(effects?|affects?|impacts?|because|lead|leads|increases?|decreases?|reduces?|improves?|makes?|"
    r"due to|results? in|boosts?|raises?|helps?|drives?|predicts?)\b",
    re.IGNORECASE,
)


def _slope(value: float, low: float, high: float) -> Contrast:
    return Contrast(
        weights=np.ones(1), estimate=value, std_error=1.0, df=9.0, low=low, high=high, p_value=0.5
    )


SLOPES = [
    _slope(0.79, 0.71, 0.87), _slope(-0.3, -0.5, -0.1), _slope(0.001, -0.05, 0.06), _slope(-0.2, -0.5, 0.1),
    _slope(0.5, 0.0004, 1.0), _slope(-12.0, -19.0, -5.0), _slope(0.0, -0.001, 0.001),
]  # fmt: skip
ALL = [
    *(say(slope, MEASURES) for slope in SLOPES for say in (within_sentence, between_sentence)),
    *(say(SLOPES[0], LONG_WORDS) for say in (within_sentence, between_sentence)),
    *(yes_no_sentence(slope, MEASURES, when="with a meeting") for slope in SLOPES),
    *(
        difference_sentence(one, other, gap, MEASURES, when="with a meeting", otherwise="without one")
        for one, other, gap in zip(SLOPES, SLOPES[1:], SLOPES[2:], strict=False)
    ),
    NOT_A_CAUSE,
]


def test_a_slope_is_said_in_steps_of_ten_points_with_its_range() -> None:
    assert within_sentence(_slope(0.79, 0.71, 0.87), MEASURES) == (
        "On some days, people answered 10 points higher than usual on how much recovery was a part of who "
        "they are. On those days, they answered 7.9 points higher on how much meaning the day had. The range "
        "that fits the data is 7.1 to 8.7 points higher."
    )


def test_a_negative_slope_says_lower_and_puts_the_bound_nearer_to_zero_first() -> None:
    said = within_sentence(_slope(-0.3, -0.5, -0.1), MEASURES)

    assert "they answered 3.0 points lower" in said
    assert said.endswith("The range that fits the data is 1.0 to 5.0 points lower.")
    assert "-" not in said
    assert "higher on how much meaning" not in said


def test_a_slope_near_zero_is_about_the_same_and_its_range_has_both_directions() -> None:
    said = within_sentence(_slope(0.001, -0.05, 0.06), MEASURES)

    assert "they answered about the same as usual on how much meaning the day had" in said
    assert "runs from 0.5 points lower to 0.6 points higher" in said
    assert said.endswith(NO_GAP)


def test_a_range_that_leaves_zero_out_never_says_that_zero_fits() -> None:
    said = within_sentence(_slope(0.5, 0.0004, 1.0), MEASURES)

    assert NO_GAP not in said
    assert "just over 0 to 10.0 points higher" in said
    assert "just over 0 to 10.0 points lower" in within_sentence(_slope(-0.5, -1.0, -0.0004), MEASURES)


def test_a_narrow_range_is_said_with_more_digits() -> None:
    said = within_sentence(_slope(0.0123, 0.0101, 0.0145), MEASURES)

    assert "0.123 points higher" in said
    assert "0.101 to 0.145 points" in said


def test_large_numbers_are_said_whole() -> None:
    assert "120 points lower" in within_sentence(_slope(-12.0, -19.0, -5.0), MEASURES)


def test_units_and_steps_are_those_of_the_measures() -> None:
    hours = Measures(
        predictor="help given", outcome="hours with peers", step=1.0, step_unit="hours", unit="hours"
    )

    assert (
        "1 hours higher than usual on help given. On those days, they answered 0.8 hours higher"
        in within_sentence(_slope(0.8, 0.3, 1.3), hours)
    )


def test_the_between_sentence_compares_people_and_not_days() -> None:
    said = between_sentence(_slope(0.94, 0.72, 1.16), MEASURES)

    assert said.startswith(
        "Some people on most days answered 10 points higher than others on how much recovery"
    )
    assert "answered 9.4 points higher" in said
    assert "usual" not in said


def test_a_yes_or_no_of_the_day_is_said_for_one_step_whatever_the_measures_step() -> None:
    assert yes_no_sentence(_slope(2.4, 1.0, 3.8), MEASURES, when="with a meeting") == (
        "On days with a meeting, people answered 2.4 points higher on how much meaning the day had than on "
        "their other days. The range that fits the data is 1.0 to 3.8 points higher."
    )
    assert "about the same on how much meaning the day had as on their other days" in yes_no_sentence(
        _slope(0.01, -3, 3), MEASURES, when="with a meeting"
    )


def test_a_difference_says_both_slopes_and_which_is_less() -> None:
    said = difference_sentence(
        _slope(0.56, 0.40, 0.72), _slope(0.83, 0.70, 0.96), _slope(-0.27, -0.52, -0.02), MEASURES,
        when="with a meeting", otherwise="without one",
    )  # fmt: skip

    assert said == (
        "On days with a meeting, people who answered 10 points higher than usual on how much recovery was a "
        "part of who they are answered 5.6 points higher on how much meaning the day had. On days without "
        "one, they answered 8.3 points higher. That is 2.7 points less on days with a meeting. The range "
        "that fits the data is 0.2 to 5.2 points less."
    )


def test_a_difference_that_cannot_be_told_from_none_says_so() -> None:
    said = difference_sentence(
        _slope(0.5, 0.4, 0.6), _slope(0.5, 0.4, 0.6), _slope(0.0, -0.1, 0.1), MEASURES,
        when="with a meeting", otherwise="without one",
    )  # fmt: skip

    assert "about the same on both kinds of days" in said
    assert "1.0 points less to 1.0 points more" in said
    assert said.endswith(NO_GAP)


def test_a_difference_across_zero_keeps_both_directions() -> None:
    said = difference_sentence(
        _slope(-0.2, -0.3, -0.1), _slope(0.3, 0.2, 0.4), _slope(-0.5, -0.7, -0.3), MEASURES,
        when="with a meeting", otherwise="without one",
    )  # fmt: skip

    assert "2.0 points lower on how much meaning" in said
    assert "they answered 3.0 points higher. That is 5.0 points less" in said


def test_a_refused_slope_gives_its_reason_and_no_number() -> None:
    refusal = refused(
        outcome="meaningfulness", term="slope", population="demo", n_people=4, method="none", scale="points",
        reason="Too few people answered both questions.",
    )  # fmt: skip
    good = _slope(0.5, 0.4, 0.6)

    for said in (
        within_sentence(refusal, MEASURES),
        between_sentence(refusal, MEASURES),
        yes_no_sentence(refusal, MEASURES, when="with a meeting"),
        difference_sentence(good, good, refusal, MEASURES, when="with a meeting", otherwise="without one"),
        difference_sentence(refusal, good, good, MEASURES, when="with a meeting", otherwise="without one"),
    ):
        assert said.startswith("We give no number for ")
        assert said.endswith("Too few people answered both questions.")
        assert not re.search(r"\d", said)
        assert grade(said) <= 8.0


def test_an_estimate_row_is_said_like_the_contrast_it_came_from() -> None:
    row = Estimate(
        outcome="meaningfulness", term="slope", population="demo", estimate=0.79, std_error=0.04, ci_low=0.71,
        ci_high=0.87, n_people=91, method="", scale="points per point", small_sample="",
    )  # fmt: skip

    assert within_sentence(row, MEASURES) == within_sentence(_slope(0.79, 0.71, 0.87), MEASURES)


@pytest.mark.parametrize("said", ALL)
def test_no_sentence_speaks_of_a_cause(said: str) -> None:
    assert not CAUSAL.search(said)


@pytest.mark.parametrize("said", ALL)
def test_every_sentence_reads_at_eighth_grade_or_below(said: str) -> None:
    assert grade(said) <= 8.0


def test_the_grade_measure_tells_hard_words_from_plain_ones() -> None:
    hard = "Multilevel estimation demonstrated considerable heterogeneity of longitudinal associations."

    assert grade(hard) > 16.0
    assert [syllables(word) for word in ("answered", "fitted", "people", "those", "day")] == [2, 2, 2, 1, 1]
    assert grade("The cat sat on the mat.") < 2.0
