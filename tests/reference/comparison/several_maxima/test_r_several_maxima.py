"""Programs at random where the likelihood has several maxima, or scoring is slow: against lme4."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.program_scale_fits import SLOPE, ProgramRows, slope_of
from models.comparison.regression_fits import fitted
from models.inference.contrast import contrast_of
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import LogisticStart, fit_logistic

HERE = Path(__file__).parent
RESULTS: dict[str, dict[str, Any]] = json.loads((HERE / "results.json").read_text())
LOGISTIC = [name for name in RESULTS if name.startswith("logistic")]
LINEAR = [name for name in RESULTS if name.startswith("linear")]


def _rows(name: str) -> ProgramRows:
    table = np.loadtxt(HERE / f"{name}.csv", delimiter=",", skiprows=1)
    if table.shape[1] == 3:
        people, yes, score = table.T
        program = np.repeat(np.arange(len(people)), people.astype(int))
        first = np.concatenate([np.arange(count) for count in people])
        y, x = (first < yes[program]) * 1.0, np.column_stack([np.ones(len(program)), score[program]])
    else:
        y, x = table[:, 0], np.column_stack([np.ones(len(table)), table[:, 1:3]])
        program = table[:, 3].astype(int)
    return ProgramRows(y=y, x=x, program=program, names=("intercept", SLOPE, "covariate")[: x.shape[1]])


def test_both_orders_of_the_two_maxima_are_among_the_sets() -> None:
    gains = [RESULTS[name]["inside"] - RESULTS[name]["at_zero"] for name in LOGISTIC]
    assert min(gains) < 0.0 < max(gains)


@pytest.mark.parametrize("name", LOGISTIC)
def test_log_odds_are_those_at_the_higher_of_two_maxima(name: str) -> None:
    found, expected = slope_of(_rows(name), "logistic"), RESULTS[name]
    told = contrast_of(found.slope, {SLOPE: 1.0})
    assert told.estimate == pytest.approx(expected["slope"], rel=2e-3)
    assert told.std_error == pytest.approx(expected["std_error"], rel=5e-3)
    assert found.program_sd == pytest.approx(expected["sd"], rel=2e-3, abs=1e-12)


@pytest.mark.parametrize("name", LOGISTIC)
def test_the_higher_maximum_is_found_from_the_answer_of_other_rows_too(name: str) -> None:
    rows = _rows(name)
    earlier = slope_of(
        ProgramRows(y=rows.y[::-1], x=rows.x, program=rows.program, names=rows.names), "logistic"
    )
    cold, warm = slope_of(rows, "logistic"), slope_of(rows, "logistic", start=earlier)
    error = float(np.sqrt(cold.slope.covariance[0, 0]))  # the points of other rows leave a little of it
    assert warm.slope.beta[0] == pytest.approx(cold.slope.beta[0], abs=1e-3 * error)
    assert warm.program_sd == pytest.approx(cold.program_sd, rel=1e-3)


@pytest.mark.parametrize("name", LOGISTIC)
def test_a_mixed_logistic_model_without_a_start_takes_the_higher_maximum(name: str) -> None:
    rows, expected = _rows(name), RESULTS[name]
    found = fit_logistic(ModelRows(y=rows.y, x=rows.x, names=rows.names, random=(0,), person=rows.program))
    assert found.log_likelihood == pytest.approx(max(expected["inside"], expected["at_zero"]), abs=1e-3)
    assert (found.outcome == "singular") == (expected["at_zero"] > expected["inside"])


def test_where_zero_is_higher_the_maximum_inside_is_one_too() -> None:
    rows, expected = _rows("logistic_zero_is_higher"), RESULTS["logistic_zero_is_higher"]
    plain = fitted(rows.x, rows.y, None, "logistic").beta
    made = ModelRows(y=rows.y, x=rows.x, names=rows.names, random=(0,), person=rows.program)
    inside = fit_logistic(made, start=LogisticStart(beta=plain, random_covariance=np.eye(1), points=None))
    assert inside.log_likelihood == pytest.approx(expected["inside"], abs=1e-4)


@pytest.mark.parametrize("name", LINEAR)
def test_points_are_those_at_the_lowest_criterion_of_lmer(name: str) -> None:
    found, expected = slope_of(_rows(name), "linear"), RESULTS[name]
    told = contrast_of(found.slope, {SLOPE: 1.0})
    assert found.fit is not None
    assert -2.0 * found.fit.log_likelihood == pytest.approx(expected["criterion"], abs=1e-6)
    assert told.estimate == pytest.approx(expected["slope"], rel=1e-3, abs=1e-6)
    assert told.std_error == pytest.approx(expected["std_error"], rel=2e-3)
    assert told.df == pytest.approx(expected["df"], rel=2e-2)
    assert found.program_sd == pytest.approx(expected["sd"], rel=2e-3, abs=1e-4)
