"""The variance of a mean over imputed copies counts every answer with those imputed from it."""

import numpy as np
import pytest

from models.comparison.clusters import influence_inference
from models.comparison.doubly_robust import TERMS, Compared, doubly_robust
from models.comparison.imputed_influence import imputed_inference
from models.inference.contrast import contrast_of

TERM = TERMS["ate"]
N = 400


def setting(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Arm, outcome, who answered, and a column that goes with the outcome."""
    rng = np.random.default_rng(seed)
    social = np.arange(N) % 2 == 0
    x = rng.normal(size=N)
    y = 1.0 + 0.5 * social + 0.8 * x + rng.normal(size=N)
    return social, y, rng.random(N) < 0.6, x


def compared(y: np.ndarray, social: np.ndarray) -> Compared:
    """Plain means, written as a doubly robust estimate without covariates."""
    return doubly_robust(y, social, np.full(N, 0.5), np.zeros((2, N)), family="linear")


def filled(y: np.ndarray, social: np.ndarray, answered: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Answers not given are predicted, by least squares on the arm and the answers given."""
    x = np.column_stack([design, social])
    return np.where(answered, y, x @ np.linalg.lstsq(x[answered], y[answered], rcond=None)[0])


def error(one: Compared, **settings: np.ndarray) -> float:
    """Standard error with everybody a cluster."""
    found = imputed_inference([one, one], program=np.arange(N), **settings)
    return contrast_of(found, {TERM: 1.0}).std_error


def test_with_every_answer_given_it_is_the_variance_of_complete_data():
    social, y, _, x = setting(1)
    program = np.repeat(np.arange(20), 20) * 2 + ~social
    one = compared(y, social)
    plain = influence_inference(one.names, one.estimates, one.influence, program, social)
    found = imputed_inference(
        [one, one], design=np.column_stack([np.ones(N), x]), filled=y, answered=np.ones(N, dtype=bool),
        social=social, program=program,
    )  # fmt: skip
    np.testing.assert_allclose(found.covariance, plain.covariance)
    assert contrast_of(found, {TERM: 1.0}).df == pytest.approx(contrast_of(plain, {TERM: 1.0}).df)


def test_means_imputed_by_the_arms_mean_vary_as_the_means_of_the_answers_given():
    social, y, answered, _ = setting(2)
    design = np.ones((N, 1))
    values = filled(y, social, answered, design)
    one = compared(values, social)
    found = error(one, design=design, filled=values, answered=answered, social=social)
    parts = [y[arm & answered].var(ddof=1) / (arm & answered).sum() for arm in (social, ~social)]
    assert found == pytest.approx(np.sqrt(sum(parts)), rel=0.01)
    counted_as_given = influence_inference(one.names, one.estimates, one.influence, np.arange(N), social)
    assert contrast_of(counted_as_given, {TERM: 1.0}).std_error < 0.8 * found


def test_means_imputed_by_regression_vary_as_repeated_samples_do():
    """The spread over samples of the very estimate, and the mean of its standard errors."""
    estimates, errors = [], []
    for seed in range(200):
        social, y, answered, x = setting(seed)
        design = np.column_stack([np.ones(N), (x - x.mean()) / x.std()])
        values = filled(y, social, answered, design)
        one = compared(values, social)
        estimates.append(one.estimates[one.names.index(TERM)])
        errors.append(error(one, design=design, filled=values, answered=answered, social=social))
    spread = float(np.std(estimates, ddof=1))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(spread, rel=3 / np.sqrt(2 * 200))


def test_the_spread_of_few_copies_is_added_and_lowers_the_degrees_of_freedom():
    social, y, answered, x = setting(3)
    design = np.column_stack([np.ones(N), x])
    program = np.repeat(np.arange(20), 20) * 2 + ~social
    rng = np.random.default_rng(4)
    values = filled(y, social, answered, design)
    noisy = [compared(np.where(answered, y, values + rng.normal(0, 4, N)), social) for _ in range(2)]
    settings = {
        "design": design,
        "filled": values,
        "answered": answered,
        "social": social,
        "program": program,
    }
    two = contrast_of(imputed_inference(noisy, **settings), {TERM: 1.0})
    ten = contrast_of(imputed_inference(noisy * 5, **settings), {TERM: 1.0})
    assert two.std_error > ten.std_error
    assert two.df < ten.df


def test_few_answers_for_many_columns_are_not_taken_for_certain():
    """Sixty answers for thirty columns: in-sample residuals would hide a good part of the spread."""
    columns, n_answered = 28, 60
    estimates, errors = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        social, _, _, _ = setting(seed)
        x = np.column_stack([np.ones(N), rng.normal(size=(N, columns))])
        y = 1.0 + 0.5 * social + rng.normal(size=N)
        answered = np.isin(np.arange(N), rng.permutation(N)[:n_answered])
        values = filled(y, social, answered, x)
        one = compared(values, social)
        estimates.append(one.estimates[one.names.index(TERM)])
        errors.append(error(one, design=x, filled=values, answered=answered, social=social))
    spread = float(np.std(estimates, ddof=1))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(spread, rel=4 / np.sqrt(2 * 200))


def with_levels(seed: int, *, between: float, shown: float) -> tuple[float, float]:
    """Difference and standard error where those imputed show a part of their program's level."""
    rng = np.random.default_rng(seed)
    program = np.arange(N) % 12
    social = program % 2 == 0
    y = np.sqrt(between) * rng.normal(size=12)[program] + rng.normal(size=N)
    answered, design = rng.random(N) < 0.6, np.ones((N, 1))
    flat = filled(y, social, answered, design)
    away = np.where(answered, y, 0.0) - flat * answered
    level = np.bincount(program, weights=away) / np.bincount(program, weights=answered)
    values = np.where(answered, y, flat + shown * level[program])
    one = compared(values, social)
    found = imputed_inference(
        [one, one], design=design, filled=values, answered=answered, social=social, program=program
    )
    told = contrast_of(found, {TERM: 1.0})
    return told.estimate, told.std_error


@pytest.mark.parametrize("between", [0.0, 0.1])
@pytest.mark.parametrize("shown", [0.0, 0.5, 0.9])
def test_programs_levels_that_copies_show_are_counted_once(between, shown):
    """Whether or not programs differ: where not, errors were a fifth too long before."""
    told = np.array([with_levels(seed, between=between, shown=shown) for seed in range(400)])
    spread, error = float(told[:, 0].std(ddof=1)), float(np.sqrt(np.mean(told[:, 1] ** 2)))
    assert error == pytest.approx(spread, rel=3 / np.sqrt(2 * 400))
