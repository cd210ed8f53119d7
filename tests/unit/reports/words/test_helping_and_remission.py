"""What is said of helping others, and of remission."""

from __future__ import annotations

from dataclasses import replace

from reports.words import helping, remission
from tests.unit.reports.words.growth_answers import DAYS, RATIO, UNCLEAR, answer


def test_a_hazard_ratio_that_may_be_none_is_no_clear_sign() -> None:
    said = helping.rate(UNCLEAR, "meetings")
    assert said.startswith("Among people alike in meetings, we found no clear sign")
    assert (
        "When 100 of the others use again, between 42 and 111 of an equal number who help would fit the "
        "records." in said
    )
    assert helping.rate(RATIO).startswith(
        "At any one time, when 100 of the others use again, 58 of an equal number who help do."
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
