"""What is said of recovery capital: changes, rises beside falls, and scales that drift."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.words import recovery_capital
from tests.unit.reports.words.answers import fact
from tests.unit.reports.words.growth_answers import BETTER, GAIN, WORSE, answer


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


def test_nobody_due_yet_is_said_and_no_rate_of_nobody() -> None:
    due, scored = fact("R1", "due_month_12", 0), fact("R1", "scored_month_12", 0)
    assert recovery_capital.heard(due, scored) == (
        "Nobody is due for the interview 12 months after entry yet, going by what was delivered."
    )
    assert "50 of every 100" in recovery_capital.heard(replace(due, value=80.0), replace(scored, value=40.0))


def test_the_finding_tells_the_ends_of_the_score_once() -> None:
    entry = answer("at_least_47_baseline", 0.22, 0.18, 0.27, n_people=598)
    assert recovery_capital.finding((entry, None), GAIN, (None, None)).count("10 to 60") == 1
    assert recovery_capital.finding((None, None), GAIN, (None, None)).count("10 to 60") == 1
