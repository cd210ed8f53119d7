"""Curves against R: svyglm of survey with rcs of rms, and loess with weights; rows with missing values.

Made by `Rscript tests/reference/trajectory/generate.R tests/reference/trajectory/results.json`.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.trajectory.group_curves import Way, group_curves
from models.trajectory.knots import HARRELL, weighted_quantiles
from models.trajectory.local_regression import local_regression
from models.trajectory.person_bootstrap import drawn_curves, drawn_knots, drawn_sums
from models.trajectory.spline import SplineFit, basis, fit_spline
from models.trajectory.survey_people import survey_people
from models.trajectory.turning_points import landmarks

RESULTS = json.loads(Path(__file__).with_name("results.json").read_text())
CASES = list(RESULTS)
TURNING = ["air", "crash"]


def _used(case: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, w = (np.array(case[name], dtype=float) for name in "xyw")
    kept = np.isfinite(x) & np.isfinite(y) & np.array(case["inside"])
    return x[kept], y[kept], w[kept]


def _fit(case: dict) -> SplineFit:
    x, y, w = _used(case)
    knots = weighted_quantiles(x, w, HARRELL[case["k"]])
    return fit_spline(x, y, w, knots, sampled=len(case["x"]))


@pytest.mark.parametrize("name", CASES)
def test_the_curve_and_its_errors_are_svyglms(name: str) -> None:
    case = RESULTS[name]

    fit = _fit(case)

    at = np.array(case["at"])
    assert fit.knots == pytest.approx(np.array(case["knots"]))
    assert fit.beta == pytest.approx(np.array(case["beta"]), rel=1e-7)
    assert fit.covariance == pytest.approx(np.array(case["covariance"]), rel=1e-6)
    assert fit.df == case["df"]
    assert fit.mean(at) == pytest.approx(np.array(case["height"]), rel=1e-8)
    assert fit.std_error(at) == pytest.approx(np.array(case["std_error"]), rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_local_regression_is_loess_with_weights(name: str) -> None:
    case = RESULTS[name]
    x, y, w = _used(case)

    for fit in case["loess"]:
        heights = local_regression(x, y, w, np.array(case["at"]), span=fit["span"], degree=fit["degree"])
        assert heights == pytest.approx(np.array(fit["height"], dtype=float), rel=1e-5)


@pytest.mark.parametrize("name", TURNING)
def test_dip_turning_point_and_crossing_are_the_roots_that_r_finds(name: str) -> None:
    case = RESULTS[name]
    fit = _fit(case)

    found = landmarks(
        fit.knots, fit.beta[None], np.array([case["level"]]), start=case["start"], end=case["end"]
    )

    assert found.turning_point[0] == pytest.approx(case["turning_point"], rel=1e-6)
    assert found.dip_depth[0] == pytest.approx(case["dip_depth"], rel=1e-6)
    assert found.first_flat[0] == pytest.approx(case["first_flat"], rel=1e-6)
    assert found.crossing[0] == pytest.approx(case["crossing"], rel=1e-6)


def test_the_mean_to_be_reached_and_its_error_are_svymeans() -> None:
    case = RESULTS["air"]
    n = len(case["y"])
    survey = survey_people(
        pl.DataFrame(
            {
                "participant_id": np.arange(n),
                "years_in_recovery": pl.Series([None] * n, dtype=pl.Float64),
                "ever_had_problem": False,
                "attended_center": pl.Series([None] * n, dtype=pl.Boolean),
                "eurohis_qol8": np.array(case["y"], dtype=float),
                "survey_weight": np.array(case["w"], dtype=float),
            }
        )
    )

    level = group_curves(survey, {"main": Way()}, replicates=5, seed=1)["main"].level

    assert not isinstance(level, str)
    assert level.found == pytest.approx(case["mean"], rel=1e-9)
    assert level.std_error == pytest.approx(case["mean_std_error"], rel=1e-6)


def test_the_bootstrap_by_person_spreads_as_rs_does_within_its_own_error() -> None:
    case = RESULTS["crash"]
    x, y, w = _used(case)
    shares = HARRELL[case["k"]]
    fit = _fit(case)
    times, cells = np.unique(x, return_inverse=True)
    stored = {name: np.array(values) for name, values in case["bootstrap"].items()}

    heights = []
    for (sums,) in drawn_sums(cells, len(times), y, (w,), replicates=4000, seed=3):
        knots = drawn_knots(times, sums.weights, shares, fit.knots)
        (betas,) = drawn_curves(times, [sums], knots)
        heights.append(np.einsum("rmk,rk->rm", basis(stored["at"], knots), betas))
    drawn = np.concatenate(heights)

    # quantiles of 4,000 replicates each differ by chance, with standard errors of .03 of the middle half
    # or so, and .12 of it at the ends, which are long
    quantiles = np.quantile(drawn, stored["shares"], axis=0)
    half = stored["quantiles"][2] - stored["quantiles"][1]
    error = np.abs(quantiles - stored["quantiles"]) / half
    assert (error[1:3] < 0.1).all()
    assert (error[[0, 3]] < 0.35).all()
