"""Gates, and that no number of a failed analysis gets past them."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.estimate import CurvePoint, Diagnostic, Estimate, Findings, refused
from models.fitness import (
    LIMITS,
    NOT_ENOUGH,
    Gate,
    diagnostics_of,
    failed,
    findings_held_back,
    gate,
    held_back,
)

NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "df", "n_rows", "n_events")
finite = st.floats(-1e6, 1e6)


def estimate(**changes) -> Estimate:
    row = {
        "outcome": "abstinent_month_12", "term": "social_minus_clinical", "population": "demo",
        "estimate": 0.1234567, "std_error": 0.0456789, "ci_low": 0.0321987, "ci_high": 0.2147483,
        "p_value": 0.0078125, "df": 9.8765, "n_people": 600, "n_rows": 577, "n_events": 311, "method": "AIPW",
        "scale": "probability", "small_sample": "t with 9.9 degrees of freedom; CR2", "note": "Better.",
    }  # fmt: skip
    return Estimate(**(row | changes))


estimates = st.lists(
    st.builds(
        estimate, outcome=st.sampled_from(["a", "b"]), term=st.sampled_from(["effect", "share"]),
        estimate=finite, std_error=finite,
        ci_low=finite, ci_high=finite, p_value=finite, df=st.none() | finite,
        n_rows=st.none() | st.integers(1, 999), n_events=st.none() | st.integers(1, 999),
    ),
    max_size=5,
)  # fmt: skip
gates = st.lists(
    st.builds(
        gate, st.sampled_from(sorted(LIMITS)), st.none() | st.floats(allow_nan=True, allow_infinity=True)
    ),
    max_size=5,
)


@given(estimates, gates)
def test_a_failed_gate_leaves_no_number_of_any_estimate_and_a_passed_set_changes_nothing(rows, held):
    out = held_back(rows, held)
    assert len(out) == len(rows)
    if not failed(held):
        assert out == tuple(rows)
        return
    for before, after in zip(rows, out, strict=True):
        assert all(getattr(after, name) is None for name in NUMBERS)
        assert after.note.startswith(f"{NOT_ENOUGH}: ")
        for name in ("outcome", "term", "population", "n_people", "method", "scale"):
            assert getattr(after, name) == getattr(before, name)


def facts(rows):
    names = [f"sensitivity_{row.term}_complete_cases" for row in rows] + [
        f"{row.term}_by_hand" for row in rows
    ]
    names += ["e_value", "negative_control_onset", "adjusted_social", "log_rank_p", "p_holm"]
    known = {"outcome": "a", "population": "demo", "value": 0.1234567}
    told = [Diagnostic(diagnostic=name, **known) for name in names]
    return (*told, Diagnostic(diagnostic="share", ci_low=0.1, ci_high=0.2, **known))


@given(estimates.filter(bool), gates)
def test_no_part_of_failed_findings_holds_a_number_of_the_answer(rows, held):
    point = CurvePoint(
        outcome="a", curve="social", population="demo", x=1.0, x_unit="years", estimate=0.1234567,
        ci_low=None, ci_high=None, n_at_risk=20, n_events=3,
    )  # fmt: skip
    findings = Findings(analysis="C1", estimates=tuple(rows), curves=(point,), diagnostics=facts(rows))
    out = findings_held_back(findings, held)
    if not failed(held):
        assert (out.estimates, out.curves) == (findings.estimates, findings.curves)
        assert out.diagnostics[: len(findings.diagnostics)] == findings.diagnostics
        return
    assert out.curves == ()
    numbers = [
        value
        for part in (*out.estimates, *out.diagnostics)
        for name, value in dataclasses.asdict(part).items()
        if isinstance(value, float)
        and not getattr(part, "diagnostic", "").startswith("gate_")
        and name != "x"
    ]
    assert numbers == []


def test_facts_of_how_the_analysis_went_stay_where_a_gate_failed():
    rate = Diagnostic(outcome="a", diagnostic="follow_up_rate_month_12_all", population="demo", value=0.4)
    out = findings_held_back(
        Findings(analysis="C1", estimates=(estimate(),), diagnostics=(rate,)), [gate("follow_up", 0.4)]
    )
    assert rate in out.diagnostics
    assert [fact.value for fact in out.diagnostics if fact.diagnostic == "gate_follow_up"] == [0.0]


@pytest.mark.parametrize("name", sorted(LIMITS))
@pytest.mark.parametrize("value", [None, math.nan])
def test_what_could_not_be_measured_does_not_pass(name, value):
    assert not gate(name, value).passed


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_value_at_its_limit_passes_and_one_beyond_does_not(name):
    limit = LIMITS[name]
    beyond = 1e-9 if limit.sense == "at_most" else -1e-9
    assert gate(name, limit.limit).passed
    assert not gate(name, limit.limit + beyond).passed


def test_the_stated_limits_are_these():
    assert {name: limit.limit for name, limit in LIMITS.items()} == {
        "balance": 0.25, "effective_sample_size": 20.0, "overlap": 0.5, "programs_by_arm": 4.0, "houses": 4.0,
        "follow_up": 0.5, "follow_up_difference": 0.2, "degrees_of_freedom": 4.0, "convergence": 1.0,
        "imputation": 1.0, "answers": 0.5, "missing_information": 0.5,
    }  # fmt: skip


def test_every_limit_says_why_and_every_gate_what_follows_without_a_number():
    for name, limit in LIMITS.items():
        assert len(limit.why) > 40
        for value in (limit.limit, None, -1e9, 1e9):
            words = gate(name, value).reason
            assert words and "1e" not in words and "nan" not in words


def test_balance_up_to_a_tenth_is_balanced_and_up_to_a_quarter_passes_with_a_word_on_it():
    assert gate("balance", 0.1).reason == "the groups are balanced at baseline"
    assert gate("balance", 0.2).passed
    assert "adjusts for what is left" in gate("balance", 0.2).reason


def test_all_reasons_are_told_each_once():
    note = held_back([estimate()], [gate("follow_up", 0.1), gate("follow_up", 0.2), gate("balance", 2.0)])[
        0
    ].note
    assert note.count("fewer than half") == 1
    assert "quarter of a standard deviation" in note


def test_an_estimate_refused_for_its_own_reason_keeps_it():
    row = refused(
        outcome="a", term="effect", population="demo", n_people=9, method="m", scale="points",
        reason="Fewer than 10 people.",
    )  # fmt: skip
    assert held_back([row], [gate("follow_up", 0.1)]) == (row,)


def test_diagnostics_hold_one_row_for_each_gate_with_its_outcome_in_words():
    rows = diagnostics_of([gate("follow_up", 0.9), gate("balance", 0.9)], outcome="a", population="demo")
    assert [(row.diagnostic, row.value) for row in rows] == [("gate_follow_up", 1.0), ("gate_balance", 0.0)]
    assert all(row.detail for row in rows)


def test_a_gate_passed_on_an_unknown_value_or_without_a_reason_cannot_be_made():
    with pytest.raises(ValueError, match="not known"):
        Gate(name="mine", value=None, limit=1.0, passed=True, reason="fine")
    with pytest.raises(ValueError, match="no reason"):
        Gate(name="mine", value=1.0, limit=1.0, passed=True, reason="")


def test_a_gate_without_a_limit_in_the_table_is_an_error():
    with pytest.raises(KeyError):
        gate("luck", 1.0)
