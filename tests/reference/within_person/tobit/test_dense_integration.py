"""The multilevel Tobit against its likelihood integrated by brute force in R, on real unequal series."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import compiled_is_installed
from models.within_person.tobit.fit import fit_tobit

HERE = Path(__file__).parent
RESULTS = json.loads((HERE / "results.json").read_text())


def _rows(expected):
    with (HERE / f"{expected['data']}.csv").open() as lines:
        table = list(csv.DictReader(lines))
    person, day, x, y = (
        np.array([float(row[name]) for row in table]) for name in ("person", "day", "x", "y")
    )
    order = np.lexsort((day, person))
    if expected["ceiling"] is not None:
        y = np.minimum(y, expected["ceiling"])
    if expected["floor"] is not None:
        y = np.maximum(y, expected["floor"])
    return ModelRows(
        y=y[order], x=np.column_stack([np.ones(y.size), x[order]]), names=("intercept", "x"),
        random=(0,) if expected["structure"] == "intercept" else (0, 1),
        person=np.unique(person[order], return_inverse=True)[1], day=day[order],
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("case", sorted(RESULTS))
def test_estimates_errors_and_likelihood_equal_dense_integration(case, engine):
    if engine == "compiled" and not compiled_is_installed():
        pytest.skip("numba is not installed")
    expected = RESULTS[case]
    structure = "diagonal" if expected["structure"] == "diagonal" else "full"

    fit = fit_tobit(
        _rows(expected),
        floor=expected["floor"],
        ceiling=expected["ceiling"],
        structure=structure,
        engine=engine,
    )

    assert fit.outcome == "converged"
    assert (fit.n_rows, fit.n_floor, fit.n_ceiling) == tuple(
        expected[name] for name in ("n_rows", "n_floor", "n_ceiling")
    )
    np.testing.assert_allclose(fit.beta, expected["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), expected["std_error"], rtol=1e-4)
    np.testing.assert_allclose(
        np.sqrt(np.abs(fit.random_covariance.ravel())),
        np.sqrt(np.abs(np.ravel(expected["random_covariance"]))), rtol=1e-4,
    )  # fmt: skip
    assert fit.residual_sd == pytest.approx(expected["residual_sd"], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-3)
