"""Intervals of the two-part model cover the truth as often as they say, over stored simulated sets."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
STORED: dict[str, Any] = json.loads((HERE / "coverage.json").read_text())


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    assert STORED["sets"] >= 500
    chance = 3.0 * math.sqrt(0.95 * 0.05 / STORED["sets"])
    for covered in STORED["two_part"]["coverage"]:
        assert abs(covered - 0.95) < chance
    assert abs(STORED["correlation"]["coverage"] - 0.95) < chance


def test_coefficients_are_centered_on_the_truth_and_their_errors_are_right() -> None:
    found = STORED["two_part"]
    monte_carlo = np.array(found["spread"]) / math.sqrt(STORED["sets"])
    assert (np.abs(found["bias"]) < 3.5 * monte_carlo).all()
    np.testing.assert_allclose(found["mean_error"], found["spread"], rtol=0.12)


def test_the_extent_fitted_apart_is_biased_where_both_parts_share_a_person() -> None:
    """The reason to fit both parts together: people with more days of some have stronger days."""
    apart, together = STORED["two_part_apart"], STORED["two_part"]
    intercept = 4
    assert abs(apart["bias"][intercept]) > 5 * abs(together["bias"][intercept])
    assert apart["coverage"][intercept] < together["coverage"][intercept] - 0.05


@pytest.mark.slow
def test_the_stored_simulation_comes_out_again() -> None:
    spec = importlib.util.spec_from_file_location("two_part_coverage", HERE / "coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    again = module.simulate(STORED["sets"])
    np.testing.assert_allclose(again["two_part"]["coverage"], STORED["two_part"]["coverage"], atol=0.004)
    np.testing.assert_allclose(again["two_part"]["bias"], STORED["two_part"]["bias"], atol=1e-3)
