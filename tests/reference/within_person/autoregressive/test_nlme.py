"""Mixed models with residuals correlated over gapped days, against nlme on real, unequal series."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.autoregressive import fit_autoregressive

STORED = json.loads((Path(__file__).parent / "results.json").read_text())
FITS = STORED["fits"]


def _name(case: dict[str, Any]) -> str:
    slope = "slope of " + case["random"][0] if case["random"] else "intercept"
    extra = ", weighted" * case["weighted"] + ", diagonal" * (case["structure"] == "diagonal")
    return f"{case['data']}, {slope}, {case['kind']}, {case['method']}{extra}"


def _rows(case: dict[str, Any]) -> ModelRows:
    data = STORED["data"][case["data"]]
    names = [name for name in data if name not in ("person", "day", "y", "v")]
    y = np.array(data["y"], dtype=float)
    x = np.column_stack([np.ones(y.size), *(np.array(data[name], dtype=float) for name in names)])
    random = (0, *(1 + names.index(name) for name in case["random"]))
    return ModelRows(
        y=y, x=x, names=("intercept", *names), random=random,
        person=np.array(data["person"]) - 1, day=np.array(data["day"], dtype=float),
        weights=1.0 / np.array(data["v"], dtype=float) if case["weighted"] else None,
    )  # fmt: skip


def _perfectly_correlated(case: dict[str, Any]) -> bool:
    """Where the likelihood peaks with intercept and slope perfectly correlated: nlme cannot go there."""
    kind = case["data"], case["structure"], case["random"]
    return kind == ("sleep", "full", ["days"]) or (
        kind == ("milk", "full", ["time"]) and case["method"] == "ml"
    )


INSIDE = [case for case in FITS if not _perfectly_correlated(case)]


@pytest.mark.parametrize("case", INSIDE, ids=_name)
def test_estimates_errors_and_likelihood_equal_nlme(case: dict[str, Any]) -> None:
    found = fit_autoregressive(
        _rows(case), method=case["method"], structure=case["structure"], engine="numpy"
    )

    assert found.outcome in ("converged", "singular")  # singular: an intercept without variance
    assert found.correlation is not None
    assert found.log_likelihood == pytest.approx(case["log_likelihood"], abs=1e-5)
    np.testing.assert_allclose(found.beta, case["beta"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), case["std_error"], rtol=1e-4)
    assert np.log(found.correlation) == pytest.approx(np.log(case["correlation"]), rel=1e-4)
    assert found.residual_variance == pytest.approx(case["residual_variance"], rel=1e-3)
    covariance = np.reshape(case["random_covariance"], found.random_covariance.shape)
    np.testing.assert_allclose(
        found.random_covariance, covariance, atol=1e-3 * found.residual_variance, rtol=1e-3
    )


@pytest.mark.parametrize("case", [case for case in FITS if _perfectly_correlated(case)], ids=_name)
def test_a_boundary_that_nlme_cannot_reach_is_named_and_more_likely(case: dict[str, Any]) -> None:
    found = fit_autoregressive(_rows(case), method=case["method"], engine="numpy")

    assert found.outcome == "singular"
    assert "perfectly correlated" in found.note
    assert found.log_likelihood > case["log_likelihood"] + 1e-5
