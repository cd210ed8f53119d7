"""What the truth says can be found again by other means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from pipelines.codebook.load import read_yaml
from pipelines.demo.justice import days_to_return
from pipelines.demo.large_sample import compute, diary_values, program_values
from pipelines.demo.parameters import JUSTICE
from pipelines.demo.truth import LARGE_SAMPLE, crude_return_incidence, return_incidence

YEAR = 365.25


@pytest.mark.parametrize(("years", "share"), [(1, 0.18), (2, 0.29), (3, 0.37), (4, 0.42), (5, 0.46)])
def test_the_closed_form_passes_through_the_calibrated_incidences(years, share):
    assert return_incidence(years) == pytest.approx(share, abs=1e-12)


def test_nobody_returns_in_the_quiet_days():
    assert return_incidence(JUSTICE.quiet_days / YEAR) == 0
    assert return_incidence((JUSTICE.quiet_days + 1) / YEAR) > 0


@pytest.mark.parametrize("years", [0.5, 1, 2.5, 3, 5, 7])
def test_the_crude_incidence_is_the_integral_over_the_survivors(years):
    death = JUSTICE.death_per_year / YEAR
    hazards = JUSTICE.return_hazards

    def density(day: float) -> float:
        hazard = hazards[min(int(day // YEAR), len(hazards) - 1)]
        return hazard * np.exp(-JUSTICE.cumulative_return_hazard(day) - death * (day - JUSTICE.quiet_days))

    breaks = [YEAR * y for y in range(1, 6) if y < years]
    integral, _ = quad(density, JUSTICE.quiet_days, years * YEAR, points=breaks or None, limit=200)
    assert crude_return_incidence(years) == pytest.approx(integral, abs=1e-9)


def test_drawn_times_follow_the_closed_form():
    rng = np.random.default_rng(3)
    days = days_to_return(rng, 20_000)
    for years in (1, 2, 3, 5, 8):
        share = return_incidence(years)
        error = np.sqrt(share * (1 - share) / len(days))
        assert abs((days <= years * YEAR).mean() - share) < 4 * error


def test_the_stored_large_sample_is_found_again_with_fewer_people():
    stored = read_yaml(LARGE_SAMPLE)
    diary = diary_values(20_000, 300)
    for name, tolerance in {
        "linear_random_intercept_within": 0.012,
        "linear_random_intercept_between": 0.025,
        "share_at_ceiling": 0.01,
        "response_rate": 0.005,
        "mean": 0.6,
        "center_share": 0.012,
    }.items():
        assert diary[name] == pytest.approx(stored["diary"][name], abs=tolerance), name
    found = program_values(8_000)
    assert {*found, "diary"} == stored.keys()
    for subject, values in found.items():
        for name, value in values.items():
            points = subject.startswith("R1") or "barc10" in subject
            tolerance = 0.8 if points else 0.02
            assert value == pytest.approx(stored[subject][name], abs=tolerance), (subject, name)


@pytest.mark.slow
def test_the_stored_large_sample_is_what_its_command_writes():
    stored, again = read_yaml(LARGE_SAMPLE), compute()
    assert stored.keys() == again.keys()
    for subject, values in stored.items():
        assert again[subject] == pytest.approx(values, abs=2e-3), subject


def test_a_linear_model_of_cut_answers_understates_the_true_slopes(truth):
    w1 = truth["W1"]
    assert w1["large_sample"]["linear_random_intercept_within"] < w1["within"] - 0.1
    assert w1["large_sample"]["linear_random_intercept_between"] < w1["between"] - 0.1


USE = ("any_problem_alcohol", "any_problem_drug", "abstinent")


def test_programs_act_on_alcohol_and_drug_problems_and_abstinence_only(truth):
    for outcome, effects in truth["C1"]["outcomes"].items():
        if outcome.rpartition("_month_")[0] in USE:
            sign = 1 if outcome.startswith("abstinent") else -1
            assert all(sign * effects[name] > 0.08 for name in ("ate", "att", "overlap", "ate_trimmed"))
        else:
            assert effects["ate"] == effects["att"] == effects["overlap"] == effects["ate_trimmed"] == 0


def test_a_naive_comparison_of_programs_errs_by_more_than_a_few_points(truth):
    outcomes = truth["C1"]["outcomes"]
    for wave in ("month_6", "month_12"):
        for outcome in USE:
            effects = outcomes[f"{outcome}_{wave}"]
            assert abs(effects["naive"] - effects["ate"]) > 0.05
            assert abs(effects["naive_reached"] - effects["ate"]) > 0.05
        assert outcomes[f"any_problem_legal_{wave}"]["naive"] > 0.04
        assert outcomes[f"any_problem_family_{wave}"]["naive"] < -0.03


def test_both_mediators_carry_a_part_of_the_effect_and_leave_a_direct_one(truth):
    assert set(truth["C2"]["outcomes"]) == {f"{outcome}_month_12" for outcome in USE}
    for outcome, effects in truth["C2"]["outcomes"].items():
        total = truth["C1"]["outcomes"][outcome]["ate"]
        assert effects["total"] == pytest.approx(total, abs=1e-4)
        assert effects["direct"] + effects["indirect"] == pytest.approx(total, abs=2e-4)
        for part in (
            "direct",
            "indirect_twelve_step_activities",
            "indirect_network_support_abstinence",
        ):
            assert 0.1 < effects[part] / total < 0.8


def test_the_truth_warns_that_only_tests_may_read_it(written):
    head = (written / "demo_truth.yaml").read_text(encoding="utf-8").splitlines()[:2]
    assert "read by tests only" in head[0]
