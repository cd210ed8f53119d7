import json
from pathlib import Path

import numpy as np
import pytest

from models.within_person.day_to_day.fit import DayToDayFit, fit_day_to_day

STORED = json.loads(Path(__file__).with_name("results.json").read_text())


@pytest.fixture(scope="module")
def fit() -> DayToDayFit:
    data = {name: np.array(values, dtype=float) for name, values in STORED["data"].items()}
    return fit_day_to_day(
        data["first"],
        data["second"],
        data["person"].astype(np.intp) - 1,
        data["day"].astype(np.int64),
        data["time"][:, None],
    )


def test_estimates_equal_those_of_the_dense_likelihood_in_r(fit: DayToDayFit) -> None:
    np.testing.assert_allclose(fit.estimates, STORED["estimates"], rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(fit.level_covariance, STORED["levels"], rtol=1e-4)
    assert fit.outcome == "singular"


def test_log_likelihood_equals_that_of_the_dense_likelihood_in_r(fit: DayToDayFit) -> None:
    assert fit.log_likelihood == pytest.approx(STORED["log_likelihood"], abs=1e-4)


def test_standard_errors_equal_those_of_numerical_derivatives_in_r(fit: DayToDayFit) -> None:
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), STORED["std_errors"], rtol=1e-3)
