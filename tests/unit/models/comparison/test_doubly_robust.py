"""Doubly robust estimates: right when either model is, exact in saturated cases, refused by name."""

import numpy as np
import pytest
from scipy import special

from models.comparison.doubly_robust import (
    LOG_ODDS,
    TERMS,
    check_outcome,
    doubly_robust,
    expected_outcomes,
    folds,
    unadjusted,
)
from models.refusal import NotIdentifiedError


def population(n: int, seed: int) -> dict[str, np.ndarray]:
    """Two covariates lead to the arm and the outcome; the effect grows with the first."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    score = special.expit(0.8 * x[:, 0] - 0.6 * x[:, 1])
    social = rng.random(n) < score
    under = np.stack([1.0 + x[:, 0] + x[:, 1], 2.0 + 1.5 * x[:, 0] + x[:, 1]])
    y = np.where(social, under[1], under[0]) + rng.normal(size=n)
    return {"x": np.column_stack([np.ones(n), x]), "score": score, "social": social, "under": under, "y": y}


def value(found, name: str) -> float:
    return float(found.estimates[found.names.index(name)])


def error(found, name: str) -> float:
    own = found.influence[:, found.names.index(name)]
    return float(np.sqrt(own @ own) / len(own))


@pytest.mark.parametrize("wrong", ["nothing", "the score", "the outcome models"])
def test_the_effect_is_found_when_either_model_is_wrong(wrong):
    p = population(40_000, 1)
    score = np.full(p["y"].size, p["social"].mean()) if wrong == "the score" else p["score"]
    flat = np.stack([np.full(p["y"].size, p["y"][p["social"] == arm].mean()) for arm in (False, True)])
    expected = flat if wrong == "the outcome models" else p["under"]
    found = doubly_robust(p["y"], p["social"], score, expected, family="linear")
    truth = (p["under"][1] - p["under"][0]).mean()
    assert abs(unadjusted(p["y"], p["social"])[0] - truth) > 0.2, "the plain difference is wrong"
    assert value(found, TERMS["ate"]) == pytest.approx(truth, abs=4 * error(found, TERMS["ate"]))


def test_each_target_population_gets_its_own_effect():
    p = population(40_000, 2)
    gap = p["under"][1] - p["under"][0]
    found = doubly_robust(p["y"], p["social"], p["score"], p["under"], family="linear")
    truth = {"ate": 1.0, "att": gap[p["social"]].mean(),
             "overlap": np.average(gap, weights=p["score"] * (1 - p["score"]))}  # fmt: skip
    for target, term in TERMS.items():
        assert value(found, term) == pytest.approx(truth[target], abs=4 * error(found, term)), target
    assert value(found, TERMS["att"]) > value(found, TERMS["ate"]) + 0.1


def test_without_covariates_every_target_gives_the_plain_difference_of_means():
    p = population(300, 3)
    n = p["y"].size
    flat = np.zeros((2, n))
    score = np.full(n, p["social"].mean())
    found = doubly_robust(p["y"], p["social"], score, flat, family="linear")
    plain, own = unadjusted(p["y"], p["social"])
    for term in TERMS.values():
        assert value(found, term) == pytest.approx(plain)
        assert error(found, term) == pytest.approx(np.sqrt(own @ own) / n)


def test_influence_functions_sum_to_zero():
    p = population(500, 4)
    y = (p["y"] > 1).astype(float)
    found = doubly_robust(y, p["social"], p["score"], special.expit(p["under"] - 1), family="logistic")
    np.testing.assert_allclose(found.influence.mean(axis=0), 0.0, atol=1e-12)
    assert found.names[-1] == LOG_ODDS


def test_people_lost_because_of_baseline_are_stood_for_by_those_like_them():
    p = population(40_000, 5)
    chance = special.expit(1.0 - p["x"][:, 1] + 0.5 * p["social"])
    answered = np.random.default_rng(6).random(chance.size) < chance
    wrong = np.zeros_like(p["under"])
    found = doubly_robust(
        np.where(answered, p["y"], 0.0), p["social"], p["score"], wrong, answered=answered,
        chance=chance, family="linear",
    )  # fmt: skip
    assert value(found, TERMS["ate"]) == pytest.approx(1.0, abs=4 * error(found, TERMS["ate"]))
    left_out = doubly_robust(
        p["y"][answered], p["social"][answered], p["score"][answered], wrong[:, answered], family="linear"
    )
    assert abs(value(left_out, "social") - 2.0) > 10 * error(left_out, "social"), "leaving them out is wrong"


def test_no_persons_own_outcome_shapes_their_prediction():
    p = population(200, 7)
    program = np.repeat(np.arange(10), 20)
    fold = folds(program, seed=1)
    everybody = np.ones(200, dtype=bool)
    before = expected_outcomes(p["x"], p["y"], p["social"], everybody, fold, family="linear")
    changed = p["y"].copy()
    changed[17] += 100.0
    after = expected_outcomes(p["x"], changed, p["social"], everybody, fold, family="linear")
    same = fold == fold[17]
    np.testing.assert_array_equal(before[:, same], after[:, same])
    assert not np.allclose(before[:, ~same], after[:, ~same])


def test_every_program_is_spread_evenly_over_the_folds_and_a_seed_repeats_them():
    program = np.random.default_rng(8).choice(["a", "b", "c"], 157)
    found = folds(program, seed=3)
    for one in "abc":
        counts = np.bincount(found[program == one], minlength=5)
        assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(found, folds(program, seed=3))
    assert (found != folds(program, seed=4)).any()


@pytest.mark.parametrize(
    ("y", "family", "words"),
    [
        (np.r_[np.zeros(38), np.ones(42)], "logistic", "with, or without"),
        (np.ones(80), "linear", "does not vary"),
        (np.r_[np.zeros(40), np.arange(40.0)], "linear", "does not vary"),
    ],
)
def test_outcomes_that_carry_no_comparison_are_refused(y, family, words):
    social = np.arange(80) >= 40
    with pytest.raises(NotIdentifiedError, match=words):
        check_outcome(y, social, np.ones(80, dtype=bool), family=family)


def test_an_outcome_known_of_few_is_refused():
    social = np.arange(80) >= 40
    with pytest.raises(NotIdentifiedError, match="of social programs have the outcome"):
        check_outcome(np.arange(80) % 2.0, social, np.arange(80) < 45, family="logistic")


def test_an_adjusted_share_outside_zero_to_one_has_no_odds():
    rng = np.random.default_rng(9)
    social = np.arange(200) % 2 == 0
    y = (rng.random(200) < 0.1).astype(float)
    expected = np.full((2, 200), 0.5)
    score = np.where(y == 1, 0.9, 0.5)
    far = np.where(y[None, :] == 1, expected - 3.0, expected)
    with pytest.raises(NotIdentifiedError, match="outside 0 to 1"):
        doubly_robust(y, social, score, far + 1.2, family="logistic")
