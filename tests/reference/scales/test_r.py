"""Reliabilities and measurement change against lavaan and psych, with and without gaps."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.inference.coefficients import Array
from models.scales.factor_fit import fit_saturated
from models.scales.invariance import Invariance, measurement_change
from models.scales.patterns import patterns_of
from models.scales.reliability import alpha, fit_one_factor, omega

RESULTS = json.loads(Path(__file__).with_name("results.json").read_text())
ONE_TIME = pytest.mark.parametrize("name", RESULTS["one_time"])
TWO_TIMES = pytest.mark.parametrize("name", RESULTS["two_times"])


def _answers(case: str, name: str) -> Array:
    return np.array(RESULTS[case][name]["answers"], dtype=float)


@cache
def _tested(name: str) -> Invariance:
    answers = _answers("two_times", name)
    k = answers.shape[1] // 2
    return measurement_change(answers[:, :k], answers[:, k:], fewest_twice=50)


def test_data_with_and_without_gaps_are_compared() -> None:
    gaps = {name: bool(np.isnan(_answers("one_time", name)).any()) for name in RESULTS["one_time"]}

    assert set(gaps.values()) == {True, False}


@ONE_TIME
def test_alpha_and_its_error_equal_lavaans(name: str) -> None:
    found, expected = alpha(_answers("one_time", name)), RESULTS["one_time"][name]

    assert found.value == pytest.approx(expected["alpha"], abs=1e-6)
    assert found.std_error == pytest.approx(expected["alpha_error"], rel=1e-5)


@ONE_TIME
def test_omega_its_error_loadings_and_likelihood_equal_lavaans(name: str) -> None:
    answers, expected = _answers("one_time", name), RESULTS["one_time"][name]
    patterns = patterns_of(answers)
    fitted, found = fit_one_factor(patterns), omega(answers)

    assert found.value == pytest.approx(expected["omega"], abs=1e-6)
    assert found.std_error == pytest.approx(expected["omega_error"], rel=1e-4)
    np.testing.assert_allclose(fitted.entries.loadings[:, 0], expected["loadings"], atol=1e-4)
    np.testing.assert_allclose(np.diag(fitted.entries.errors), expected["errors"], atol=1e-4)
    assert fitted.log_likelihood == pytest.approx(expected["loglik"], abs=1e-6)
    assert fit_saturated(patterns).log_likelihood == pytest.approx(expected["loglik_saturated"], abs=1e-6)


@ONE_TIME
def test_alpha_of_people_without_gaps_equals_psychs(name: str) -> None:
    answers = _answers("one_time", name)
    complete = answers[~np.isnan(answers).any(axis=1)]

    assert alpha(complete).value == pytest.approx(
        RESULTS["one_time"][name]["psych_alpha_complete"], abs=1e-10
    )


@ONE_TIME
def test_the_factor_of_correlations_equals_psychs(name: str) -> None:
    answers, expected = _answers("one_time", name), RESULTS["one_time"][name]
    complete = answers[~np.isnan(answers).any(axis=1)]
    standard = (complete - complete.mean(axis=0)) / complete.std(axis=0)

    fitted = fit_one_factor(patterns_of(standard))
    total = float(np.corrcoef(complete, rowvar=False).sum())

    loadings = np.abs(fitted.entries.loadings[:, 0])
    np.testing.assert_allclose(loadings, expected["psych_standardized_loadings_complete"], atol=1e-4)
    assert 1.0 - float(np.trace(fitted.entries.errors)) / total == pytest.approx(
        expected["psych_omega_total_complete"], abs=1e-4
    )


@TWO_TIMES
def test_chi_squares_and_fit_of_each_level_equal_lavaans(name: str) -> None:
    expected = RESULTS["two_times"][name]["fits"]
    fits = _tested(name).fits

    assert [one.level for one in fits] == ["configural", "metric", "scalar"]
    for one in fits:
        assert one.df == expected[one.level]["df"]
        assert one.chi_square == pytest.approx(expected[one.level]["chi_square"], abs=1e-5)
        assert one.cfi == pytest.approx(expected[one.level]["cfi"], abs=1e-6)
        assert one.rmsea == pytest.approx(expected[one.level]["rmsea"], abs=1e-6)


@TWO_TIMES
def test_scaled_differences_equal_lavaans(name: str) -> None:
    expected = RESULTS["two_times"][name]["steps"]

    for step in _tested(name).steps:
        assert step.df == expected[step.level]["df"]
        assert step.chi_square == pytest.approx(expected[step.level]["chi_square"], abs=1e-5)
        assert step.scaled == pytest.approx(expected[step.level]["scaled"], rel=1e-4)
        assert step.p_value == pytest.approx(expected[step.level]["p_value"], abs=1e-4)


@TWO_TIMES
def test_the_change_of_the_factor_and_its_error_equal_lavaans(name: str) -> None:
    expected = RESULTS["two_times"][name]

    assert _tested(name).change == pytest.approx(expected["change"], abs=1e-5)
    assert _tested(name).change_error == pytest.approx(expected["change_error"], rel=1e-4)
