"""The steps after a fit against lme4, lmerTest and nlme: refits, dense matrices and their own answers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.pooling import missing_information, pool
from models.within_person.after.explained import explained
from models.within_person.after.influence import (
    cooks_distances,
    deletions,
    influence,
    refitted_deletions,
)
from models.within_person.after.johnson_neyman import johnson_neyman
from models.within_person.after.person_effects import person_effects
from models.within_person.after.predictions import fixed_part, with_person_effects
from models.within_person.after.residual_checks import autocorrelation, normality, residuals
from models.within_person.after.simple_slopes import simple_slope, slope_difference
from models.within_person.after.whitening import whitened
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.small_sample import satterthwaite
from models.within_person.linear.sums import person_sums

HERE = Path(__file__).parent
DATA = {
    name: {column: np.array(values, dtype=float) for column, values in columns.items()}
    for name, columns in json.loads((HERE / "data.json").read_text()).items()
}
R = json.loads((HERE / "results.json").read_text())
CASES = ("school", "chick", "sleep")


def _rows(name: str) -> ModelRows:
    data = DATA[name]
    person = data["person"].astype(np.intp)
    if name == "sleep":
        columns = {"day": data["day"]}
    else:
        x = data["x"] if name == "school" else data["day"]
        means = np.bincount(person, x) / np.bincount(person)
        columns = {"within": x - means[person], "between": means[person] - means.mean()}
    if name == "school":
        columns["minority"] = data["minority"]
        columns["within_x_between"] = columns["within"] * columns["between"]
        columns["minority_x_between"] = columns["minority"] * columns["between"]
    return ModelRows(
        y=data["y"],
        x=np.column_stack([np.ones(person.size), *columns.values()]),
        names=("intercept", *columns),
        random=(0, 1),
        person=person,
        day=data.get("day"),
    )


def _r_fit(name: str, rows: ModelRows) -> LinearFit:
    """The fit with R's own estimates, so that only the step after it is compared."""
    found = R[name]
    return LinearFit(
        names=rows.names, beta=np.array(found["beta"]), covariance=np.array(found["covariance"]),
        random=rows.random, random_covariance=np.array(found["random_covariance"]),
        residual_variance=found["residual_variance"], log_likelihood=found["log_likelihood"], method="reml",
        structure="full", outcome="converged", note="", n_rows=rows.y.size, n_people=rows.n_people,
        evaluations=0, correlation=found.get("correlation"),
    )  # fmt: skip


def _inference(name: str, df: float) -> Inference:
    found = R[name]
    return Inference(
        names=_rows(name).names, beta=np.array(found["beta"]), covariance=np.array(found["covariance"]),
        df=lambda contrast: df, rule="",
    )  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_person_effects_and_their_variances_equal_lme4(name: str) -> None:
    rows = _rows(name)
    found = person_effects(_r_fit(name, rows), person_sums(rows))

    np.testing.assert_allclose(found.effects, R[name]["effects"], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(found.covariance, R[name]["conditional"], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_predictions_with_and_without_person_effects_equal_lme4(name: str) -> None:
    rows = _rows(name)
    model = _r_fit(name, rows)
    effects = person_effects(model, person_sums(rows))

    np.testing.assert_allclose(fixed_part(model, rows.x), R[name]["fixed"], rtol=1e-9)
    np.testing.assert_allclose(
        with_person_effects(model, rows.x, rows.person, effects), R[name]["conditional_prediction"], rtol=1e-9
    )
    np.testing.assert_allclose(residuals(model, rows, effects), R[name]["pearson"], atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_explained_variance_equals_a_split_by_hand(name: str) -> None:
    rows = _rows(name)
    found, expected = explained(_r_fit(name, rows), person_sums(rows)), R[name]["variance"]

    for part in ("fixed_within", "fixed_between", "slope_variation", "mean_variation", "residual"):
        assert getattr(found, part) == pytest.approx(expected[part], rel=1e-8, abs=1e-9)
    assert found.fixed_within + found.fixed_between == pytest.approx(expected["fixed_total"], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_leaving_out_a_person_equals_least_squares_without_the_person(name: str) -> None:
    rows = _rows(name)
    model, expected = _r_fit(name, rows), R[name]["deletion"]
    moved = deletions(model, person_sums(rows))

    size = np.sqrt(np.diag(model.covariance))
    np.testing.assert_allclose(moved / size, np.array(expected["held"]) / size, atol=1e-8)
    np.testing.assert_allclose(cooks_distances(model, moved), expected["cook_held"], rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_refitting_without_a_person_equals_lme4_refitted(name: str) -> None:
    rows = _rows(name)
    sums, expected = person_sums(rows), R[name]["deletion"]
    model = fit(sums)
    moved = refitted_deletions(model, sums, np.array(expected["refitted_people"]))

    np.testing.assert_allclose(cooks_distances(model, moved), expected["cook_refitted"], rtol=1e-4)


def test_the_summary_with_refits_finds_lme4s_largest_distance_and_share() -> None:
    rows = _rows("sleep")
    sums = person_sums(rows)
    found = influence(fit(sums), sums, refit=18)
    cook = np.array(R["sleep"]["deletion"]["cook_refitted"])

    assert found.largest == pytest.approx(cook.max(), rel=1e-4)
    assert found.largest_share == pytest.approx(cook.max() / cook.sum(), rel=1e-4)
    assert found.median == pytest.approx(np.median(cook), rel=1e-4)


def test_simple_slopes_and_their_difference_equal_lmertest() -> None:
    rows = _rows("school")
    sums = person_sums(rows)
    inference = satterthwaite(fit(sums), sums)
    pairs = [(simple_slope(inference, "within", {"within_x_between": r["at"]}), r) for r in R["slopes"]]
    difference = slope_difference(inference, {"within_x_between": 0.5}, minus={"within_x_between": -0.8})

    for found, expected in [*pairs, (difference, R["slope_difference"])]:
        for part in ("estimate", "std_error", "low", "high"):
            assert getattr(found, part) == pytest.approx(expected[part], rel=1e-5)
        assert found.df == pytest.approx(expected["df"], rel=1e-3)
        assert found.p_value == pytest.approx(expected["p_value"], rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "df", "options"),
    [
        ("normal", math.inf, {}),
        ("t_30", 30.0, {}),
        ("simultaneous_30", 30.0, {"correction": "simultaneous"}),
        ("bonferroni_5_normal", math.inf, {"correction": "bonferroni", "values": [0, 1, 2, 3, 4]}),
    ],
)
@pytest.mark.parametrize("slope", ["within", "minority"])
def test_regions_equal_the_roots_of_the_quadratic(slope: str, kind: str, df: float, options: dict) -> None:
    found = johnson_neyman(
        _inference("school", df), slope, f"{slope}_x_between", low=-5.0, high=10.0, **options
    )

    # Within the range observed by R nothing else happens; the wide range holds both roots.
    assert found.bounds == pytest.approx(R["regions"][slope][kind], rel=1e-8)


@pytest.mark.parametrize(("slope", "where"), [("within", "everywhere"), ("minority", "above")])
def test_regions_with_satterthwaites_df_equal_roots_of_lmertests_p_value(slope: str, where: str) -> None:
    rows = _rows("school")
    sums = person_sums(rows)
    expected = R["regions"][slope]
    found = johnson_neyman(
        satterthwaite(fit(sums), sums),
        slope,
        f"{slope}_x_between",
        low=expected["low"],
        high=expected["high"],
    )

    assert found.where == where
    assert found.bounds == pytest.approx(np.atleast_1d(expected["satterthwaite"]).tolist(), rel=1e-4)


@pytest.mark.parametrize("slope", ["within", "minority"])
def test_the_false_discovery_regions_hold_the_values_that_rs_p_adjust_tells_from_zero(slope: str) -> None:
    expected = R["regions"][slope]
    found = johnson_neyman(
        _inference("school", math.inf), slope, f"{slope}_x_between", low=expected["low"],
        high=expected["high"], correction="false discovery", values=expected["fdr_values"],
    )  # fmt: skip
    told = [
        any(r.low <= v <= r.high and r.direction != "not told from zero" for r in found.regions)
        for v in expected["fdr_values"]
    ]

    assert told == expected["fdr_told"]


@pytest.mark.parametrize("name", ["sleep", "chick"])
def test_autocorrelation_uses_only_pairs_exactly_so_many_days_apart(name: str) -> None:
    rows = _rows(name)
    model = _r_fit(name, rows)
    found = autocorrelation(model, rows, person_effects(model, person_sums(rows)), max_lag=4)

    for expected in R["autocorrelation"][name]:
        lag = found[expected["lag"] - 1]
        assert (lag.lag, lag.n_pairs) == (expected["lag"], expected["n_pairs"])
        assert lag.correlation == pytest.approx(expected["correlation"], rel=1e-7)
        assert lag.independent == pytest.approx(expected["independent"], rel=1e-7)


def test_autocorrelation_of_days_in_a_row_is_nlmes() -> None:
    rows = _rows("sleep")
    model = _r_fit("sleep", rows)
    found = autocorrelation(model, rows, person_effects(model, person_sums(rows)))

    assert [lag.correlation for lag in found] == pytest.approx(R["autocorrelation"]["nlme_sleep"], abs=1e-5)


def test_normality_equals_r() -> None:
    rows = _rows("chick")
    model = _r_fit("chick", rows)
    found = normality(residuals(model, rows, person_effects(model, person_sums(rows))))

    for part, expected in R["normality"].items():
        assert getattr(found, part) == pytest.approx(expected, rel=1e-7)


def test_effects_and_residuals_of_weighted_autocorrelated_days_with_gaps_equal_nlme() -> None:
    plain = _rows("chick")
    rows = ModelRows(
        y=plain.y, x=plain.x, names=plain.names, random=plain.random, person=plain.person, day=plain.day,
        weights=np.array(R["autoregressive"]["weight"], dtype=float),
    )  # fmt: skip
    model = _r_fit("autoregressive", rows)
    clean = whitened(rows, model.correlation)
    effects = person_effects(model, person_sums(clean))

    np.testing.assert_allclose(effects.effects, R["autoregressive"]["effects"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        residuals(model, clean, effects), R["autoregressive"]["normalized"], rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("which", [0, 1, 2])
def test_pooled_imputations_equal_rubins_rules_by_hand(which: int) -> None:
    expected = R["pooling"]["contrasts"][which]
    weights = np.array(expected["contrast"], dtype=float)
    copies = [
        Inference(
            names=("intercept", "day"), beta=np.array(beta), covariance=np.array(covariance),
            df=lambda contrast, own=own: own, rule="",
        )
        for beta, covariance, own in zip(
            R["pooling"]["beta"], R["pooling"]["covariance"], expected["dfs"], strict=True
        )
    ]  # fmt: skip
    found, missing = contrast_of(pool(copies), weights), missing_information(copies, weights)

    for part in ("estimate", "std_error", "df", "low", "high"):
        assert getattr(found, part) == pytest.approx(expected[part], rel=1e-8)
    assert missing.increase == pytest.approx(expected["increase"], rel=1e-8)
    assert missing.fraction == pytest.approx(expected["fraction"], rel=1e-8)
