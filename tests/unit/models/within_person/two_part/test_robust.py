"""Cluster-robust intervals: the sandwich as defined, and that they hold where the model-based do not."""

from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import fit_logistic, robust
from models.within_person.two_part.two_part import fit_two_part, split

HERE = Path(__file__).parent
STORED: dict[str, Any] = json.loads((HERE / "robust_coverage.json").read_text())
GRID = np.linspace(-7.0, 7.0, 113)
WEIGHT = np.exp(-0.5 * GRID**2) / math.sqrt(2 * math.pi) * (GRID[1] - GRID[0])
COARSE = np.linspace(-6.5, 6.5, 53)


def _scores(by_person: Any, top: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Differentiate each person's log-likelihood at `top`: (persons, parameters)."""
    units = step * np.eye(top.size)
    return np.array([(by_person(top + unit) - by_person(top - unit)) / (2 * step) for unit in units]).T


def _persons_any(rows: ModelRows) -> Any:
    """Each person's log-likelihood of a logistic with one intercept, on a fixed grid."""

    def by_person(theta: np.ndarray) -> np.ndarray:
        eta = (rows.x @ theta[:-1])[:, None] + theta[-1] * GRID
        value = np.zeros((rows.n_people, GRID.size))
        np.add.at(value, rows.person, special.log_expit(np.where(rows.y[:, None] == 1, eta, -eta)))
        return np.log(np.exp(value) @ WEIGHT)

    return by_person


def test_the_logistic_sandwich_is_that_of_numeric_derivatives_by_person(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(4, n_people=40, days=6)
    found = fit_logistic(rows)
    by_person = _persons_any(rows)
    top = np.r_[found.beta, math.sqrt(found.random_covariance[0, 0])]
    scores = _scores(by_person, top)
    np.testing.assert_allclose(scores.sum(axis=0), 0.0, atol=1e-4)
    step = 1e-3
    curvature = np.array(
        [
            (
                _scores(by_person, top + unit).sum(axis=0) - _scores(by_person, top - unit).sum(axis=0)
            ) / (2 * step)
            for unit in step * np.eye(5)
        ]
    )  # fmt: skip
    bread = np.linalg.inv(curvature)
    expected = (bread @ scores.T @ scores @ bread)[:4, :4] * 40 / 39
    told = robust(found)
    np.testing.assert_allclose(told.covariance, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(told.beta, found.beta)
    assert told.df(np.eye(4)[1]) == 40 - 2  # the intercept and the predictor between people
    assert "n / (n - 1)" in told.rule  # in words: counts in a text cannot be withheld


def _persons_two_part(any_rows: ModelRows, extent_rows: ModelRows, people: np.ndarray) -> Any:
    """Each person's log-likelihood of a log-normal two-part model, on a square of fixed points."""
    first, second = (axis.ravel() for axis in np.meshgrid(COARSE, COARSE))
    log_weight = -0.5 * (first**2 + second**2) + 2 * math.log(
        (COARSE[1] - COARSE[0]) / math.sqrt(2 * math.pi)
    )

    def by_person(theta: np.ndarray) -> np.ndarray:
        one, both, two = theta[4:7]
        low, across = math.sqrt(one), both / math.sqrt(one)
        rest = math.sqrt(two - across**2)
        eta = (any_rows.x @ theta[:2])[:, None] + low * first
        total = np.tile(log_weight, (any_rows.n_people, 1))
        np.add.at(total, any_rows.person, special.log_expit(np.where(any_rows.y[:, None] == 1, eta, -eta)))
        mean = (extent_rows.x @ theta[2:4])[:, None] + across * first + rest * second
        gap = (np.log(extent_rows.y)[:, None] - mean) * math.exp(-theta[7])
        np.add.at(total, people[extent_rows.person], -theta[7] - 0.5 * gap**2)
        return np.asarray(special.logsumexp(total, axis=1))

    return by_person


def test_the_two_part_sandwich_is_that_of_numeric_derivatives_by_person(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(5, n_people=30, days=6)
    rows = replace(rows, x=np.ascontiguousarray(rows.x[:, :2]), names=rows.names[:2])
    any_rows, extent_rows, people = split(rows)
    found = fit_two_part(any_rows, extent_rows, people=people)
    assert found.outcome == "converged"
    triangle = found.random_covariance[np.tril_indices(2)]
    top = np.r_[found.beta_any, found.beta_extent, triangle, math.log(found.dispersion)]
    scores = _scores(_persons_two_part(any_rows, extent_rows, people), top)
    np.testing.assert_allclose(scores.sum(axis=0), 0.0, atol=1e-3)
    meat = found.joint_covariance @ scores.T @ scores @ found.joint_covariance
    for part, place, n in (("any", slice(0, 2), 30), ("extent", slice(2, 4), found.n_people_extent)):
        told = found.robust_inference(part)
        np.testing.assert_allclose(told.covariance, meat[place, place] * n / (n - 1), rtol=1e-3, atol=1e-7)
        assert told.df(np.eye(2)[1]) == n - 1
    assert found.n_people_extent < 30


def test_without_spread_between_people_it_is_the_clustered_logit_of_statsmodels() -> None:
    rng = np.random.default_rng(6)
    person = np.repeat(np.arange(60), 8)
    y = np.tile([1.0, 0.0] * 4, 60)
    x = np.column_stack([np.ones(480), rng.normal(size=480) * (1 + person % 3) + 0.6 * y])
    found = fit_logistic(ModelRows(y=y, x=x, names=("intercept", "a"), random=(0,), person=person))
    assert found.outcome == "singular"
    plain = sm.Logit(y, x).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    np.testing.assert_allclose(robust(found).covariance, plain.cov_params() * 60 / 59, rtol=2e-3, atol=1e-7)


def test_parts_fitted_apart_have_the_sandwich_of_each_alone(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(3, n_people=50))
    apart = fit_two_part(any_rows, extent_rows, people=people, family="gamma", correlated=False, points=9)
    alone = robust(fit_logistic(any_rows, points=9))
    told = apart.robust_inference("any")
    np.testing.assert_allclose(told.covariance, alone.covariance, rtol=1e-9)
    assert (told.rule, told.df(np.eye(4)[0])) == (alone.rule, alone.df(np.eye(4)[0]))
    assert (np.diag(apart.robust_inference("extent").covariance) > 0).all()


@pytest.mark.parametrize("family", ["linear", "log", "gamma"])
def test_units_of_predictors_and_response_change_nothing_else(drawn: SimpleNamespace, family: str) -> None:
    rows = drawn.two_part(6, n_people=50, family=family)
    unit = 1000.0
    moved = replace(rows, x=rows.x * [1.0, 0.01, 1e4, 1.0], y=rows.y * unit)
    errors = []
    for one in (rows, moved):
        any_rows, extent_rows, people = split(one)
        found = fit_two_part(any_rows, extent_rows, people=people, family=family, points=7)
        errors += [np.sqrt(np.diag(found.robust_inference(part).covariance)) for part in ("any", "extent")]
    np.testing.assert_allclose(errors[2] * [1.0, 0.01, 1e4, 1.0], errors[0], rtol=1e-6)
    own = unit if family == "linear" else 1.0
    np.testing.assert_allclose(errors[3] * [1.0, 0.01, 1e4, 1.0], own * errors[1], rtol=1e-6)


def test_every_person_twice_halves_the_sandwich_but_for_its_factor(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(11, n_people=40)
    twice = replace(
        rows, y=np.tile(rows.y, 2), x=np.tile(rows.x, (2, 1)),
        person=np.concatenate([rows.person, rows.person + 40]),
    )  # fmt: skip
    one, two = (robust(fit_logistic(part, points=9)) for part in (rows, twice))
    np.testing.assert_allclose(two.covariance, one.covariance / 2 * (80 / 79) / (40 / 39), rtol=1e-5)


def test_it_agrees_with_the_information_where_the_model_is_true(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(7, n_people=600, days=6))
    found = fit_two_part(any_rows, extent_rows, people=people, points=7)
    for part in ("any", "extent"):
        ratio = np.diag(found.robust_inference(part).covariance) / np.diag(found.inference(part).covariance)
        np.testing.assert_allclose(ratio, 1.0, atol=0.25)


def test_no_more_people_than_parameters_is_refused_with_counts(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(8, n_people=12, days=14)
    any_rows, extent_rows, people = split(rows)
    few = fit_logistic(any_rows, points=7)
    assert robust(few).df(np.eye(4)[0]) == 10
    with pytest.raises(NotIdentifiedError, match=r"^5 people are too few .* of 5 parameters$"):
        robust(replace(few, clusters=replace(few.clusters, n_people=5)))
    both = fit_two_part(any_rows, extent_rows, people=people, points=7)
    # Four coefficients, the extent's two entries of the factor, and a dispersion.
    with pytest.raises(NotIdentifiedError, match=r"7 people are too few .* of 7 parameters"):
        replace(both, clusters_extent=replace(both.clusters_extent, n_people=7)).robust_inference("extent")


def test_a_fit_that_did_not_converge_has_no_robust_interval(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(3, n_people=50))
    alone = replace(fit_logistic(any_rows, points=5), outcome="not converged", note="why")
    with pytest.raises(NotIdentifiedError, match="not converged: why"):
        robust(alone)
    both = fit_two_part(any_rows, extent_rows, people=people, points=5)
    with pytest.raises(NotIdentifiedError, match="not converged: why"):
        replace(both, outcome="not converged", note="why").robust_inference("any")


def test_what_a_person_adds_is_not_printed_with_the_fit(drawn: SimpleNamespace) -> None:
    found = fit_logistic(drawn.logistic(8, n_people=50), points=5)
    assert "influence" not in repr(found)
    assert "n_constant" in repr(found)


def test_robust_intervals_hold_where_peoples_own_slopes_make_the_model_based_too_short() -> None:
    """The slope held against is that of the model with one slope, not the center of people's slopes."""
    for case in STORED["cases"]:
        assert case["sets"] >= 300
        chance = math.sqrt(0.95 * 0.05 / case["sets"])
        assert abs(case["robust"]["coverage"] - 0.95) < 2.5 * chance
        assert case["robust"]["mean_error"] == pytest.approx(case["spread"], rel=0.1)
    assert [case["slope_deviation"] for case in STORED["cases"]] == [0.0, 0.05]
    assert STORED["cases"][1]["model"]["coverage"] < STORED["cases"][1]["robust"]["coverage"] - 0.03


@pytest.mark.slow
def test_the_stored_coverage_comes_out_again() -> None:
    spec = importlib.util.spec_from_file_location("two_part_robust_coverage", HERE / "robust_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    again = module.simulate(STORED["cases"][0]["sets"])
    for new, old in zip(again["cases"], STORED["cases"], strict=True):
        assert new["robust"]["coverage"] == pytest.approx(old["robust"]["coverage"], abs=0.006)
        assert new["model"]["coverage"] == pytest.approx(old["model"]["coverage"], abs=0.006)
