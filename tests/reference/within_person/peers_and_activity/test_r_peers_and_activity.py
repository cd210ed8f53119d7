"""Hours and the next evening against R, which makes lags, means, standard deviations and both models anew."""

import json
import math
import sys
from pathlib import Path

import pytest
from scipy import stats

from models.estimate import Estimate, Findings
from models.within_person.hours_odds_and_ranks import NEXT_INTERVIEW, PREDICTORS
from models.within_person.peers_and_activity import analyse

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import gappy_diary  # noqa: E402

RESULTS = json.loads((HERE / "results.json").read_text())
TERMS = tuple(f"{name}_{part}_per_sd" for part in ("within", "between") for name in PREDICTORS)


@pytest.fixture(scope="module")
def found() -> Findings:
    return analyse(*gappy_diary.frames(), population="drawn")


def _row(found: Findings, term: str) -> Estimate:
    (row,) = [row for row in found.estimates if row.term == term]
    return row


def _log(row: Estimate) -> tuple[float, float]:
    assert row.estimate is not None
    assert row.std_error is not None
    return math.log(row.estimate), row.std_error / row.estimate


@pytest.mark.parametrize("place", range(4), ids=TERMS)
def test_odds_ratios_per_standard_deviation_and_their_robust_errors_are_those_of_r(
    found: Findings, place: int
) -> None:
    row = _row(found, TERMS[place])
    value, error = _log(row)
    assert value == pytest.approx(RESULTS["log_odds"][place], abs=1e-4)
    assert error == pytest.approx(RESULTS["robust_error"][place], rel=1e-4)
    assert row.n_rows == RESULTS["n_rows"]
    assert row.n_people == RESULTS["n_people"]


def test_the_models_own_errors_are_those_of_r(found: Findings) -> None:
    facts = {row.diagnostic: row for row in found.diagnostics}
    for term, expected in zip(TERMS, RESULTS["model_error"], strict=True):
        fact = facts[f"sensitivity_{term}_model_based"]
        assert fact.ci_low is not None
        assert fact.ci_high is not None
        error = (math.log(fact.ci_high) - math.log(fact.ci_low)) / (2 * 1.959963985)
        assert error == pytest.approx(expected, rel=1e-4)


def test_standard_deviations_are_those_of_r(found: Findings) -> None:
    facts = {row.diagnostic: row.value for row in found.diagnostics}
    for part in ("within", "between"):
        for name, expected in zip(PREDICTORS, RESULTS[f"sd_{part}"], strict=True):
            assert facts[f"sd_{part}_{name}"] == pytest.approx(expected, rel=1e-9)


def test_the_difference_that_ranks_rest_on_has_the_covariance_of_r(found: Findings) -> None:
    facts = {row.diagnostic: row for row in found.diagnostics}
    fact = facts["difference_peer_hours_within_minus_meaningful_hours_within"]
    first, second = RESULTS["robust_error"][:2]
    error = math.sqrt(first**2 + second**2 - 2 * RESULTS["robust_covariance"])
    assert fact.value == pytest.approx(RESULTS["log_odds"][0] - RESULTS["log_odds"][1], abs=1e-4)
    assert fact.ci_low is not None
    assert fact.ci_high is not None
    half = (
        stats.t.ppf(0.975, RESULTS["n_people"] - 3) * error
    )  # intercept and two means differ between people
    assert (fact.ci_high - fact.ci_low) / 2 == pytest.approx(half, rel=1e-3)


@pytest.mark.parametrize("place", range(2), ids=PREDICTORS)
def test_the_next_interview_is_that_of_glm_and_clubsandwich(found: Findings, place: int) -> None:
    (row,) = [
        row
        for row in found.estimates
        if row.outcome == NEXT_INTERVIEW and row.term == f"{PREDICTORS[place]}_per_sd"
    ]
    value, error = _log(row)
    assert row.n_people == RESULTS["later_people"]
    assert value == pytest.approx(RESULTS["later"][place], abs=1e-6)
    assert error == pytest.approx(RESULTS["later_error"][place], rel=1e-5)
    assert row.df == pytest.approx(RESULTS["later_df"][place], rel=1e-4)
