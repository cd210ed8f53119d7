"""True effects of programs: exact sums agree with draws, and the two mediators are identified."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pipelines.demo.laws import (
    MONTH_12,
    N_ACTIVITIES,
    WAVES,
    activities_share,
    civic_share,
    network_share,
    role_share,
)
from pipelines.demo.parameters import WORLD
from pipelines.demo.program_effects import Arm, arm_of, chance, compared_effects, draw_crowd, fidelity

ACTIVITIES, NETWORK = "twelve_step_activities", "network_support_abstinence"


@pytest.fixture(scope="module")
def crowd():
    return draw_crowd(np.random.default_rng(4), 12_000, WORLD)


def test_exact_sums_over_the_mediators_agree_with_what_was_drawn(crowd):
    arm = arm_of(crowd, crowd.people.smps)
    for wave in WAVES[1:]:
        values = crowd.waves[wave].values
        for outcome in ("alcohol", "drug", "abstinent", "medical"):
            happened = (
                values["abstinent_days_30"] == 30 if outcome == "abstinent" else values[f"asi_{outcome}"] > 0
            )
            expected = chance(crowd, outcome, wave, arm)
            error = np.sqrt((expected * (1 - expected)).mean() / len(expected))
            assert abs(happened.mean() - expected.mean()) < 4 * error, (outcome, wave)


def test_the_chances_of_each_mediator_add_up_to_one_and_have_the_means_of_the_law(crowd):
    arm = arm_of(crowd, crowd.people.smps)
    for name, chances, step in ((ACTIVITIES, arm.activities, 1.0), (NETWORK, arm.network, 5.0)):
        assert np.allclose(sum(chances), 1.0, atol=1e-12)
        expected = sum(step * k * p for k, p in enumerate(chances))
        drawn = crowd.waves["month_6"].values[name]
        error = (drawn - expected).std() / np.sqrt(len(drawn))
        assert abs(drawn.mean() - expected.mean()) < 4 * error


def test_given_program_and_entry_the_mediators_do_not_go_together(crowd):
    arm = arm_of(crowd, crowd.people.smps)
    values = crowd.waves["month_6"].values
    rest = [
        values[name] - sum(step * k * p for k, p in enumerate(chances))
        for name, chances, step in ((ACTIVITIES, arm.activities, 1.0), (NETWORK, arm.network, 5.0))
    ]
    assert abs(np.corrcoef(*rest)[0, 1]) < 4 / np.sqrt(len(rest[0]))


def test_no_share_leaves_its_range_however_extreme_people_and_programs_are():
    truth, engagement = WORLD.programs, WORLD.engagement
    for smps, drug in product((0.0, 100.0), (0.0, 1.0)):
        for before in (0.0, 9.0):
            assert 0 < activities_share(before, smps, drug, truth) < 1
        for before in (0.0, 100.0):
            assert 0 < network_share(before, smps, drug, truth) < 1
    for roles in (0.0, 4.0):
        assert all(0 < role_share(roles, dose, engagement) < 1 for dose in (0.0, 1.0))
        assert all(0 < civic_share(civic, roles, engagement) < 1 for civic in (0.0, 20.0))


def test_without_effects_every_effect_is_none():
    crowd = draw_crowd(np.random.default_rng(5), 2000, WORLD.without_effects())
    for subject, effects in compared_effects(crowd).items():
        zero = ("total", "direct", "indirect") if subject.startswith("C2") else ("ate", "att", "overlap")
        assert all(effects[name] == pytest.approx(0, abs=1e-12) for name in zero), subject
    for subject, effects in fidelity(crowd).items():
        assert effects["risk_difference_per_10_points"] == pytest.approx(0, abs=1e-12), subject


def test_an_analyst_who_knows_the_model_but_not_the_scale_errs_by_less_than_a_tenth_of_a_point():
    """Programs of one model differ on the scale, which moves mediators and outcome a little together."""
    n = 1000
    crowd = draw_crowd(np.random.default_rng(6), n, WORLD)
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()

    def programs(model: str) -> list[Arm]:
        scale = crowd.scales[model]
        return [arm_of(crowd, np.full(n, scale.mean() + scale.std() * node)) for node in nodes]

    def held_at(value: int) -> Arm:
        certain = tuple(np.full(n, float(k == value)) for k in range(N_ACTIVITIES + 1))
        return Arm(np.zeros(n), certain, ())

    social, clinical = programs("social"), programs("clinical")
    own, other = (
        sum(w * np.stack(arm.activities) for w, arm in zip(weights, arms, strict=True))
        for arms in (social, clinical)
    )
    true, by_value = np.zeros(n), np.zeros_like(own)
    for w, arm in zip(weights, social, strict=True):
        given = np.stack([
            chance(crowd, "alcohol", MONTH_12, arm, activities=held_at(k)) for k in range(N_ACTIVITIES + 1)
        ])  # fmt: skip
        mine = np.stack(arm.activities)
        true += w * ((mine - other) * given).sum(axis=0)
        by_value += w * mine * given
    analyst = ((own - other) * by_value / own).sum(axis=0)
    assert 0 < abs(float((analyst - true)[crowd.compared].mean())) < 0.001
