"""No number passes a gate that failed."""

from __future__ import annotations

import polars as pl
import pytest

from models.gates_kept import told_despite_gates

PLACE = {"analysis": "R1", "outcome": "barc10", "population": "demo", "as_of": "2026Q3"}


def estimates(*rows: tuple[str, float | None, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [{**PLACE, "term": term, "estimate": value, "note": note} for term, value, note in rows],
        schema_overrides={"estimate": pl.Float64},
    )


def gates(**values: float) -> pl.DataFrame:
    return pl.DataFrame(
        [{**PLACE, "diagnostic": f"gate_{name}", "value": value} for name, value in values.items()]
    )


def test_numbers_with_passed_gates_and_refusals_with_reasons_are_as_they_should_be():
    rows = estimates(("change_month_6", 1.0, ""), ("change_month_12", None, "Fewer than 10 people."))
    assert told_despite_gates(rows, gates(follow_up=1.0)) == ()


def test_a_number_whose_gate_failed_is_named_with_the_gate():
    (said,) = told_despite_gates(estimates(("change_month_6", 1.0, "")), gates(follow_up=0.0, imputation=1.0))
    assert "change_month_6" in said
    assert "follow_up" in said


def test_a_gate_of_one_wave_holds_for_the_terms_of_that_wave_alone():
    rows = estimates(
        ("change_month_6", None, "Not enough to say: too few came."), ("change_month_12", 1.0, "")
    )
    assert told_despite_gates(rows, gates(follow_up_month_6=0.0, follow_up_month_12=1.0)) == ()
    (said,) = told_despite_gates(rows, gates(follow_up_month_6=0.0, follow_up_month_12=0.0))
    assert "change_month_12" in said


def test_a_gate_named_after_a_term_holds_for_that_term_alone():
    rows = estimates(
        ("balance_spread", None, "Not enough to say: too few houses."), ("share_of_balance", 1.0, "")
    )
    assert told_despite_gates(rows, gates(degrees_of_freedom_balance_spread=0.0)) == ()
    (said,) = told_despite_gates(rows, gates(degrees_of_freedom_balance_spread=1.0))
    assert "balance_spread" in said


def test_an_estimate_without_a_number_must_say_why():
    (said,) = told_despite_gates(estimates(("change_month_6", None, " ")), gates(follow_up=1.0))
    assert "no reason" in said


def test_nothing_is_held_back_without_a_gate_that_failed():
    held = estimates(("change_month_6", None, "Not enough to say: too few came."))
    (said,) = told_despite_gates(held, gates(follow_up=1.0))
    assert "no gate" in said


def test_a_gate_of_another_outcome_holds_nothing_back_here():
    other = gates(follow_up=0.0).with_columns(outcome=pl.lit("abstinent"))
    assert told_despite_gates(estimates(("change_month_6", 1.0, "")), other) == ()


def test_a_gate_that_no_table_knows_is_an_error():
    with pytest.raises(ValueError, match="is not in the table of limits"):
        told_despite_gates(estimates(("change_month_6", 1.0, "")), gates(mood=1.0))
