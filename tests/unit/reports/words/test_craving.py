"""What is said of craving: how often, and how strong."""

from __future__ import annotations

from reports.words import craving
from tests.unit.reports.words.answers import SLOPE, SUPPRESSED, answer

ODDS = {"scale": "odds ratio"}


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
