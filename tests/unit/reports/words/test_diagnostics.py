"""The names of diagnostics, and their numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.words import diagnostics
from tests.unit.reports.words.answers import fact


@pytest.mark.parametrize(
    ("diagnostic", "said"),
    [
        ("icc", "Share of the variance that lies between people"),
        ("people_dropped", "People left out"),
        ("people_without_release", "People without release"),
        ("proportional_hazards_p_linked_to_care", "the ratio stay the same over time? p-value: Linked"),
        ("proportional_hazards_p_linked_to_care_adjusted_global", "all ratios of the model stay the same"),
        ("proportional_hazards_p_linked_to_care_adjusted_sex", "the ratio by sex stay the same"),
    ],
)
def test_a_diagnostic_is_named_as_a_reader_would_say_it(diagnostic: str, said: str) -> None:
    assert said in diagnostics.label(diagnostic)
    assert "_" not in diagnostics.label(diagnostic)


def test_a_small_p_value_is_never_none_and_a_kept_slope_is_no_finding() -> None:
    small = fact("W1", "own_slopes_p_recovery_identity_within", 2e-14)
    assert diagnostics.value(small) == "less than 0.001"
    assert diagnostics.value(fact("A1", "proportional_hazards_p_global", 0.0004)) == "less than 0.001"
    kept = fact("W1", "random_slope_kept", 1.0)
    assert diagnostics.value(kept) == "yes"
    assert "differ" not in diagnostics.label("random_slope_kept")
    assert "no test that people differ" in diagnostics.meaning(kept)


def test_a_fact_with_an_interval_is_written_with_its_range() -> None:
    checked = replace(fact("W1", "residual_correlation_by_day", 0.008), ci_low=0.0, ci_high=0.072)
    assert diagnostics.value(checked).replace("\N{NO-BREAK SPACE}", " ") == "0.01 (0.00 to 0.07)"
    assert diagnostics.value(replace(checked, ci_low=None)) == "0.01"
