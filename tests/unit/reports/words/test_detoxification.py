"""What is said of the days to first use: ratios, their ranges, and medians."""

from __future__ import annotations

from reports.words import detoxification
from tests.unit.reports.words.answers import SUPPRESSED, answer


def test_the_size_of_a_step_is_said_where_it_is_known() -> None:
    ratio = answer("friend_support_per_sd", 1.04, 0.91, 1.20)
    assert "for each 4.0 points more support" in detoxification.rate(ratio, 4.0018)
    assert "for each step up in support" in detoxification.rate(ratio)


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
