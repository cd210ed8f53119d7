"""What the stored simulation says of fits with correlated and with independent residuals."""

import importlib.util
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORED = json.loads((HERE / "simulation.json").read_text())


def _simulate(seeds: range) -> dict[str, float]:
    spec = importlib.util.spec_from_file_location("simulate_autoregressive", HERE / "simulate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, float] = module.summarize(seeds)
    return found


def test_every_stored_set_was_fitted() -> None:
    assert STORED["sets"] >= 500
    assert STORED["converged"] == STORED["sets"]


def test_phi_is_found_without_much_bias() -> None:
    assert abs(STORED["phi_mean"] - STORED["phi"]) < 0.02


def test_intervals_that_know_of_the_correlation_cover_as_they_say() -> None:
    for name in ("slope", "trend"):
        assert 0.93 <= STORED[f"{name}_coverage"] <= 0.97
        assert STORED[f"{name}_error_mean"] == pytest.approx(STORED[f"{name}_sd"], rel=0.08)


def test_independent_residuals_make_intervals_too_short_most_of_all_of_the_trend() -> None:
    assert STORED["independent_slope_coverage"] < 0.92
    assert STORED["independent_trend_coverage"] < 0.9
    assert STORED["independent_trend_error_mean"] < 0.85 * STORED["independent_trend_sd"]


def test_the_test_of_no_correlation_holds_its_size() -> None:
    assert 0.03 <= STORED["size_of_the_test_at_5_percent"] <= 0.07


def test_a_few_sets_drawn_now_agree_with_the_stored_ones() -> None:
    found = _simulate(range(6))

    assert found["converged"] == 6
    assert abs(found["phi_mean"] - STORED["phi_mean"]) < 4 * STORED["phi_sd"] / 6**0.5
    assert abs(found["slope_mean"] - STORED["slope_mean"]) < 4 * STORED["slope_sd"] / 6**0.5


@pytest.mark.slow
def test_the_stored_simulation_is_what_its_command_gives() -> None:
    found = _simulate(range(STORED["sets"]))

    assert found == pytest.approx(STORED, abs=2e-3)
