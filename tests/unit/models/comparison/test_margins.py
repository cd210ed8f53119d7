"""Claims with a margin: what may be called better, similar or worse."""

import math

import pytest

from models.comparison.margins import MARGINS, margin_of
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
