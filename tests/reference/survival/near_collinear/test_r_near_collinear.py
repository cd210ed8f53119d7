"""Hazard ratios of covariates that are nearly alike: those of R's coxph, not "separated"."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.survival.cox import SEPARATED, fit, proportional_hazards_p

HERE = Path(__file__).parent
RESULTS: dict[str, dict[str, Any]] = json.loads((HERE / "results.json").read_text())


def _table(name: str) -> np.ndarray:
    return np.loadtxt(HERE / f"{name}.csv", delimiter=",", skiprows=1)


@pytest.mark.parametrize(("name", "digits"), [("age_again", 1e-6), ("years", 1e-4)])
def test_coefficients_that_nearly_cancel_are_those_of_coxph(name: str, digits: float) -> None:
    """To four digits for the year and its square, of which raw numbers near 4 million keep no more."""
    table, expected = _table(name), RESULTS[name]
    found = fit(start=table[:, 0], stop=table[:, 1], event=table[:, 2] > 0, x=table[:, 3:])
    assert found.beta == pytest.approx(expected["beta"], rel=digits)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(expected["std_error"], rel=digits)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-6)
    assert 0.0 < (proportional_hazards_p(found, [0, 1, 2]) or 0.0) < 1.0


def test_what_one_of_two_like_covariates_says_does_not_change_the_third() -> None:
    table = _table("age_again")
    both = fit(stop=table[:, 1], event=table[:, 2] > 0, x=table[:, 3:])
    moved = fit(stop=table[:, 1], event=table[:, 2] > 0, x=table[:, 3:] @ [[1, -1, 0], [0, 1, 0], [0, 0, 1]])
    assert moved.beta[2] == pytest.approx(both.beta[2], rel=1e-8)
    assert moved.log_likelihood == pytest.approx(both.log_likelihood, abs=1e-8)


def test_a_strong_effect_that_has_a_maximum_is_told() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=400)
    found = fit(stop=random.exponential(size=400) * np.exp(-18.0 * x), event=np.ones(400, bool), x=x[:, None])
    assert abs(found.beta[0] - 18.0) < 4.0 * float(np.sqrt(found.covariance[0, 0]))
    assert found.beta[0] > 15.0


def test_a_covariate_that_separates_is_still_told_from_two_that_are_alike() -> None:
    table = _table("age_again")
    event = table[:, 2] > 0
    x = np.column_stack([table[:, 3:5], event * 1.0])
    with pytest.raises(NotIdentifiedError, match=SEPARATED):
        fit(stop=table[:, 1], event=event, x=x)


def test_covariates_that_are_the_same_cannot_be_told_apart() -> None:
    table = _table("age_again")
    x = np.column_stack([table[:, 3], 2026.0 + 3.0 * table[:, 3]])
    with pytest.raises(NotIdentifiedError, match="told apart"):
        fit(stop=table[:, 1], event=table[:, 2] > 0, x=x)
