"""Claims with a margin: what may be called better, similar or worse."""

import math
import re

import pytest

from models.comparison.margins import MARGINS, margin_of, verdict
from models.refusal import NotIdentifiedError

OUTCOMES = [
    *(
        f"any_problem_{area}"
        for area in ("medical", "employment", "alcohol", "drug", "legal", "family", "psychiatric")
    ),
    "abstinent", "eurohis_qol8", "barc10",
]  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("wave", ["", "_month_6", "_month_12"])
def test_every_outcome_has_a_margin_with_a_reason_and_a_source(outcome: str, wave: str) -> None:
    margin = margin_of(outcome + wave)
    assert margin.size > 0 and len(margin.reason) > 40 and margin.source.startswith("Our choice")
    assert margin.better == ("lower" if outcome.startswith("any_problem") else "higher")


def test_no_outcome_has_a_margin_that_no_one_asked_for() -> None:
    assert set(MARGINS) == set(OUTCOMES)


def test_a_margin_in_standard_deviations_is_turned_into_points() -> None:
    assert margin_of("barc10_month_6").in_points(10.0) == pytest.approx(3.0)
    assert margin_of("abstinent_month_6").in_points() == pytest.approx(0.10)
    for sd in (None, 0.0, math.nan):
        with pytest.raises(NotIdentifiedError, match="baseline"):
            margin_of("barc10").in_points(sd)


def test_an_outcome_without_a_margin_cannot_be_called_similar() -> None:
    with pytest.raises(NotIdentifiedError, match="no margin"):
        margin_of("onset_age")


@pytest.mark.parametrize(
    ("low", "high", "claim", "word", "within"),
    [
        (0.01, 0.30, "better", "Better", True),
        (-0.05, 0.05, "similar", "either direction", True),
        (-0.05, 0.30, "similar", "Similar or better", True),
        (-0.08, -0.01, "similar", "somewhat worse", True),
        (-0.30, -0.01, "worse", "Worse", False),
        (-0.30, -0.15, "worse", "Worse", False),
        (-0.20, 0.05, "not enough to say", "cannot be excluded", False),
        (-0.20, 0.30, "not enough to say", "cannot be excluded", False),
        (-0.10, 0.05, "not enough to say", "cannot be excluded", False),  # at the margin is not within it
        (0.0, 0.05, "similar", "either direction", True),  # zero is not above zero
    ],
)
def test_limits_decide_what_may_be_claimed(
    low: float, high: float, claim: str, word: str, within: bool
) -> None:
    middle = (low + high) / 2
    found = verdict(middle, low, high, 0.10, "higher")
    assert (found.claim, found.within_margin) == (claim, within)
    assert re.search(word, found.words)
    assert verdict(-middle, -high, -low, 0.10, "lower") == found


def test_without_an_interval_nothing_can_be_said() -> None:
    assert verdict(0.5, None, None, 0.10, "higher").claim == "not enough to say"
    assert verdict(None, None, None, 0.10, "lower").claim == "not enough to say"


def test_a_margin_or_an_interval_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        verdict(0.0, -0.1, 0.1, 0.0, "higher")
    with pytest.raises(ValueError, match="around"):
        verdict(0.5, -0.1, 0.1, 0.1, "higher")
