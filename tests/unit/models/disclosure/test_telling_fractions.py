"""A share or a mean whose people are withheld does not tell them by its digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.telling_fractions import is_fraction, round_fractions, step_of

ROW = {
    "analysis": "R1", "outcome": "x", "term": "share", "population": "p", "as_of": "2026Q3",
    "estimate": 93 / 340, "std_error": 0.024, "ci_low": 0.2261, "ci_high": 0.3212, "p_value": 0.03, "df": 7.5,
    "n_people": 340, "n_rows": 340, "n_events": 93, "scale": "probability", "note": "as asked",
    "suppressed": False,
}  # fmt: skip
FACT = {
    "analysis": "R1", "outcome": "x", "diagnostic": "sensitivity_share_complete_cases", "population": "p",
    "as_of": "2026Q3", "value": 93 / 340, "ci_low": 0.2261, "ci_high": 0.3212, "detail": "who answered",
    "n_people": 340, "suppressed": False,
}  # fmt: skip


def shown(
    change: dict[str, object], *, fact: dict[str, object] | None = None, **lost: None
) -> tuple[dict[str, object], dict[str, object]]:
    exact = pl.DataFrame([ROW | change]), pl.DataFrame([FACT | (fact or {})])
    now = (
        pl.DataFrame([ROW | change | lost], schema=exact[0].schema),
        pl.DataFrame(
            [FACT | (fact or {}) | {n: lost[n] for n in lost if n == "n_people"}], schema=exact[1].schema
        ),
    )
    rows = ProtectedRows(
        estimates=now[0], diagnostics=now[1], original_estimates=exact[0], original_diagnostics=exact[1]
    )
    after = round_fractions(rows, maximum=10)
    return after.estimates.row(0, named=True), after.diagnostics.row(0, named=True)


def people_that_fit(value: float, half: float, most: int = 600) -> list[int]:
    """Numbers of people of which some share lies as near."""
    return [n for n in range(20, most) if abs(round(value * n) / n - value) <= half + 1e-12]


def test_a_share_without_its_people_is_rounded_with_its_limits_and_loses_error_and_p_value():
    row, fact = shown({}, n_people=None)
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == (0.27, 0.23, 0.32)
    assert (row["std_error"], row["p_value"], row["df"]) == (None, None, 7.5)
    assert str(row["note"]).endswith("Rounded, as its counts are withheld.")
    assert (fact["value"], fact["ci_low"], fact["ci_high"]) == (0.27, 0.23, 0.32)


def test_before_the_rule_the_digits_tell_the_people_and_after_it_they_tell_none():
    assert {n % 340 for n in people_that_fit(93 / 340, 1e-12)} == {0}
    row, _ = shown({}, n_people=None)
    assert len(people_that_fit(float(row["estimate"]), 0.005)) > 500


def test_a_difference_of_two_shares_tells_the_product_of_their_people_and_is_rounded():
    value = 61 / 164 - 92 / 179
    assert Fraction(value).limit_denominator(300_000).denominator == 164 * 179
    row, _ = shown({"estimate": value, "scale": "probability difference"}, n_people=None)
    assert row["estimate"] == -0.14


def test_a_number_whose_people_are_shown_keeps_its_digits():
    row, fact = shown({})
    assert (row["estimate"], row["std_error"], row["n_events"]) == (93 / 340, 0.024, 93)
    assert fact["value"] == 93 / 340


def test_what_is_no_fraction_of_counts_keeps_its_digits_without_its_people():
    value = float(np.exp(-1.25))
    row, fact = shown({"estimate": value}, fact={"value": value}, n_people=None)
    assert (row["estimate"], row["std_error"]) == (value, 0.024)
    assert fact["value"] == value


def test_events_go_with_people_who_answered_as_another_row_may_tell_their_share():
    row, _ = shown({"n_people": 458, "estimate": 0.2778}, n_rows=None)
    assert (row["n_events"], row["n_people"], row["estimate"]) == (None, 458, 0.2778)
    row, _ = shown({"n_people": 458, "estimate": 1.3, "scale": "hazard ratio"}, n_rows=None)
    assert row["n_events"] == 93


@pytest.mark.parametrize("term", ["slope_social_minus_clinical", "unadjusted_social_minus_clinical"])
def test_a_difference_of_parts_that_show_their_people_keeps_its_digits(term: str):
    parts = [f"slope_in_{kind}_programs" for kind in ("social", "clinical")]
    about = parts if term.startswith("slope") else ["other"]
    exact = pl.DataFrame([ROW | {"term": name} for name in (*about, term)])
    now = exact.with_columns(n_people=pl.when(pl.col("term") != term).then("n_people"))
    facts = pl.DataFrame([FACT])
    rows = ProtectedRows(
        estimates=now, diagnostics=facts, original_estimates=exact, original_diagnostics=facts
    )
    after = round_fractions(rows, maximum=10).estimates
    kept = term.startswith("slope")
    assert after.row(-1, named=True)["estimate"] == (93 / 340 if kept else 0.27)


def test_a_correlation_of_programs_keeps_its_digits():
    row, _ = shown({"estimate": -18 / 55, "scale": "correlation"}, n_people=None)
    assert row["estimate"] == -18 / 55


@pytest.mark.parametrize(
    ("people", "step"), [(340, 0.01), (100, 0.01), (99, 0.02), (36, 0.05), (11, 0.1), (5, 0.1)]
)
def test_the_step_is_as_wide_as_a_share_of_one_person(people: int, step: float):
    assert step_of([people, None]) == step


@settings(max_examples=200, deadline=None)
@given(st.integers(11, 500), st.integers(1, 499))
def test_every_share_of_people_is_seen_as_a_fraction(people: int, events: int):
    assert is_fraction((events % people) / people)


def test_hardly_a_number_that_is_no_fraction_is_taken_for_one():
    drawn = np.random.default_rng(7).normal(size=2_000)
    assert np.mean([is_fraction(float(x)) for x in drawn]) < 0.03


def test_without_a_rule_nothing_is_rounded():
    exact, facts = pl.DataFrame([ROW]), pl.DataFrame([FACT])
    now = exact.with_columns(n_people=pl.lit(None, dtype=pl.Int64))
    rows = ProtectedRows(
        estimates=now, diagnostics=facts, original_estimates=exact, original_diagnostics=facts
    )
    after = round_fractions(rows, maximum=0)
    assert after.estimates.equals(now)
    assert after.diagnostics.equals(facts)
