"""The scale reduction tells chains that agree from chains that do not."""

import numpy as np
import pytest

from models.missing.convergence import LARGEST_REDUCTION, largest_allowed, scale_reduction


def test_the_reduction_is_gelman_and_rubins_over_the_second_half():
    history = np.random.default_rng(1).normal(size=(6, 20, 3))
    late = history[:, 10:, 1]
    between = 10 * late.mean(axis=1).var(ddof=1)
    within = late.var(axis=1, ddof=1).mean()
    expected = np.sqrt((0.9 * within + between / 10) / within)
    assert scale_reduction(history)[1] == pytest.approx(expected, rel=1e-12)


def test_chains_apart_are_not_allowed_and_chains_that_stand_still_together_are():
    random = np.random.default_rng(2)
    apart = random.normal(size=(5, 20, 1)) + 5 * np.arange(5)[:, None, None]
    assert scale_reduction(apart)[0] > largest_allowed(5, 20, 1)
    assert scale_reduction(np.full((5, 20, 1), 0.3))[0] == 1.0
    stuck_apart = np.zeros((5, 20, 1)) + np.arange(5)[:, None, None]
    assert scale_reduction(stuck_apart)[0] == np.inf


def test_chains_that_agree_are_sent_on_about_as_seldom_as_stated():
    random = np.random.default_rng(3)
    sent_on = [
        scale_reduction(random.normal(size=(5, 10, 20))).max() > largest_allowed(5, 10, 20)
        for _ in range(1000)
    ]
    assert np.mean(sent_on) < 0.025


def test_long_chains_are_held_to_the_convention():
    assert largest_allowed(20, 2000, 10) == LARGEST_REDUCTION
