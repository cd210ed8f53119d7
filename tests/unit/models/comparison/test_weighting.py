"""Columns, scores, overlap, weights, balance, attrition: exact where they can be, else refused by name."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import special

from models.comparison.attrition import LEAST_CHANCE, chance_of_being_reached
from models.comparison.balance import averaged, balance, largest, sizes_after
from models.comparison.covariate_columns import POOLED, check_cells, columns, covariates
from models.comparison.overlap import effective_people, effective_sample_size, overlap
from models.comparison.penalized_regression import fit, predict
from models.comparison.propensity import propensity
from models.comparison.weighted_difference import weighted_difference
from models.comparison.weights import TARGETS, slopes, weights
from models.refusal import NotIdentifiedError

N = 400


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return pl.DataFrame({
        "age": rng.normal(40, 10, N),
        "treated": rng.random(N) < 0.4,
        "substance": rng.choice(
            ["alcohol", "opioids", "cocaine", "glue", "gas"], N, p=[0.5, 0.3, 0.14, 0.03, 0.03]
        ),
        "flat": np.ones(N),
    })  # fmt: skip


@pytest.fixture(scope="module")
def social(people: pl.DataFrame) -> np.ndarray:
    lean = 0.05 * (people["age"].to_numpy() - 40) + 0.5 * people["treated"].to_numpy()
    return np.random.default_rng(2).random(N) < special.expit(lean)


def coded(frame: pl.DataFrame):
    return columns(frame, covariates(frame, frame.columns))


def test_rare_levels_are_pooled_and_the_most_common_is_the_reference(people):
    coding = covariates(people, ["substance"])[0]
    assert coding.levels == ("alcohol", "opioids", "cocaine", POOLED)
    assert set(coding.pooled) == {"glue", "gas"}
    found = coded(people.select("substance"))
    assert found.design_names == ("substance_opioids", "substance_cocaine", f"substance_{POOLED}")
    np.testing.assert_array_equal(found.values.sum(axis=1), np.ones(N))


def test_levels_that_are_rare_even_together_count_as_the_most_common(people):
    few = people.select(
        pl.when(pl.col("substance") == "gas").then(pl.lit("gas")).otherwise(pl.lit("alcohol")).alias("s")
    )
    found = coded(few)
    assert found.names == ("s_alcohol",)
    assert found.design.shape == (N, 1)


def test_columns_without_spread_are_in_no_regression_and_others_are_standardized(people):
    found = coded(people)
    assert "flat" not in found.design_names
    np.testing.assert_allclose(found.design[:, 1:].mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.design[:, 1:].std(axis=0), 1.0)


def test_a_missing_value_is_refused_and_never_a_level_of_its_own(people):
    holes = people.with_columns(
        pl.when(pl.int_range(N) == 3).then(None).otherwise(pl.col("substance")).alias("substance")
    )
    with pytest.raises(NotIdentifiedError, match="not imputed"):
        columns(holes, covariates(holes, holes.columns))


def test_an_empty_cell_is_refused_by_the_name_of_its_variable(people):
    arm = (people["substance"] == "opioids").to_numpy() | (np.arange(N) % 2 == 0)
    with pytest.raises(NotIdentifiedError, match=r"empty cell.*substance"):
        check_cells(coded(people), arm)


def test_scores_balance_the_mean_of_every_column_of_the_overlap_weights(people, social):
    """Without a penalty overlap weights balance exactly (Li, Morgan & Zaslavsky 2018)."""
    of = coded(people)
    score = propensity(of, social, penalty=0.0).score
    table = balance(of, social, weights(score, social, "overlap"))
    assert largest(table) < 1e-6
    assert max(abs(row.before) for row in table if row.before is not None) > 0.1


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        (np.ones(N, dtype=bool), "nobody entered a clinical"),
        (np.zeros(N, dtype=bool), "nobody entered a social"),
        (np.arange(N) < 4, "fewer than 10 people entered a social"),
    ],
)
def test_arms_that_are_empty_or_tiny_are_refused(people, arm, words):
    with pytest.raises(NotIdentifiedError, match=words):
        propensity(coded(people), arm)


def test_separation_is_refused_by_name_and_what_only_nearly_separates_is_fitted(people):
    of = coded(people)
    age = people["age"].to_numpy()
    with pytest.raises(NotIdentifiedError, match=r"separation: age"):
        propensity(of, age > 41)
    nearly = (age > 41) ^ (np.arange(N) % 50 == 0)
    assert np.isfinite(propensity(of, nearly).score).all()


def test_no_overlap_is_refused_and_trimming_keeps_scores_from_a_tenth_to_nine_tenths(social):
    rng = np.random.default_rng(3)
    score = rng.uniform(0.02, 0.98, N)
    found = overlap(score, social)
    np.testing.assert_array_equal(found.kept, (score >= 0.1) & (score <= 0.9))
    assert found.lesser_share == min(found.kept[social].mean(), found.kept[~social].mean())
    with pytest.raises(NotIdentifiedError, match="no overlap"):
        overlap(np.where(social, 0.95, 0.05), social)


def test_effective_people_are_all_when_weights_are_even_and_one_when_one_has_all():
    assert effective_people(np.full(50, 3.0)) == pytest.approx(50.0)
    assert effective_people(np.r_[1.0, np.zeros(9)]) == 1.0
    arm = np.r_[np.ones(10), np.zeros(30)].astype(bool)
    assert effective_sample_size(np.ones(40), arm) == 10.0


@pytest.mark.parametrize("target", TARGETS)
def test_slopes_are_the_derivatives_of_the_weights(social, target):
    eta = np.random.default_rng(4).normal(size=N)
    step = 1e-6
    up, down = (weights(special.expit(eta + move), social, target) for move in (step, -step))
    np.testing.assert_allclose(
        (up - down) / (2 * step), slopes(special.expit(eta), social, target), rtol=1e-6, atol=1e-8
    )


def test_stabilized_weights_sum_to_about_the_size_of_each_arm(people, social):
    w = weights(propensity(coded(people), social).score, social, "ate")
    for arm in (social, ~social):
        assert w[arm].sum() == pytest.approx(arm.sum(), rel=0.05)


def test_a_weighted_difference_of_what_the_score_balances_exactly_has_no_error(people, social):
    of = coded(people)
    fitted = propensity(of, social, penalty=0.0)
    value, own = weighted_difference(people["age"].to_numpy(), social, fitted, "overlap")
    assert value == pytest.approx(0.0, abs=1e-6)
    assert np.sqrt((own**2).mean()) < 1e-4, (
        "an exactly balanced mean cannot vary: the score's part cancels the rest"
    )


def test_the_mean_of_balance_tables_is_taken_column_by_column(people, social):
    of = coded(people)
    one, two = (balance(of, social, weights) for weights in (np.ones(N), 1.0 + social))
    mean = averaged([one, two])
    assert [row.name for row in mean] == list(of.names)
    assert mean[0].after == pytest.approx((one[0].after + two[0].after) / 2)
    opposite = [replace(row, after=-row.after) if row.after else row for row in one]
    assert largest(averaged([one, tuple(opposite)])) == largest(one), "signs of copies do not cancel"
    sizes = sizes_after(of, social, 1.0 + social)
    np.testing.assert_allclose(sizes, [np.nan if row.size is None else row.size for row in two], rtol=1e-12)
    assert next(row for row in mean if row.name == "flat").before is None


def test_chances_of_being_reached_follow_the_arm_and_never_fall_below_the_least(people, social):
    design = coded(people).design
    rng = np.random.default_rng(5)
    reached = rng.random(N) < np.where(social, 0.9, 0.5)
    found = chance_of_being_reached(design, social, reached)
    for arm in (social, ~social):
        assert found[arm].mean() == pytest.approx(reached[arm].mean(), abs=1e-6)
    rare = rng.random(N) < special.expit(-3.5 + 2.0 * design[:, 1])
    rare[:10], rare[social.nonzero()[0][:10]], rare[(~social).nonzero()[0][:10]] = True, True, True
    assert chance_of_being_reached(design, social, rare).min() == LEAST_CHANCE


def test_an_arm_that_nobody_was_reached_of_is_refused(people, social):
    with pytest.raises(NotIdentifiedError, match="were reached"):
        chance_of_being_reached(coded(people).design, social, social)


def test_everybody_reached_gets_a_chance_near_one(people, social):
    found = chance_of_being_reached(coded(people).design, social, np.ones(N, dtype=bool))
    assert found.min() > 0.99


def test_a_ridge_regression_solves_its_score_equations(people):
    x = coded(people).design
    rng = np.random.default_rng(6)
    y = (rng.random(N) < special.expit(x @ rng.normal(size=x.shape[1]))).astype(float)
    w = rng.uniform(0.5, 2.0, N)
    for penalty in (0.0, 1.0, 25.0):
        beta = fit(x, y, family="logistic", penalty=penalty, weights=w)
        ridge = np.r_[0.0, np.full(x.shape[1] - 1, penalty)]
        np.testing.assert_allclose(x.T @ (w * (y - predict(x, beta, "logistic"))), ridge * beta, atol=1e-4)
        linear = fit(x, y, family="linear", penalty=penalty, weights=w)
        np.testing.assert_allclose(x.T @ (w * (y - x @ linear)), ridge * linear, atol=1e-8)


def test_a_start_far_off_leads_to_the_same_fit(people):
    x = coded(people).design
    y = (np.random.default_rng(7).random(N) < 0.3).astype(float)
    near = fit(x, y, family="logistic", penalty=1.0)
    far = fit(x, y, family="logistic", penalty=1.0, start=np.full(x.shape[1], 8.0))
    np.testing.assert_allclose(near, far, atol=1e-6)


@pytest.mark.parametrize("y", [np.zeros(N), np.ones(N)])
def test_an_outcome_that_all_or_none_have_is_predicted_so_without_infinite_odds(people, y):
    beta = fit(coded(people).design, y, family="logistic", penalty=1.0)
    assert np.isfinite(beta).all()
    np.testing.assert_allclose(predict(coded(people).design, beta, "logistic"), y, atol=0.01)


def test_collinear_columns_without_a_penalty_are_refused():
    x = np.column_stack([np.ones(30), np.arange(30.0), np.arange(30.0)])
    with pytest.raises(NotIdentifiedError, match="told apart"):
        fit(x, np.arange(30.0), family="linear", penalty=0.0)
