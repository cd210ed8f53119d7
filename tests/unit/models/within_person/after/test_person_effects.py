from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.after.person_effects import person_effects, spread


def _dense_effects(made):
    """Effects and their covariance given beta, from the textbook formulas with dense matrices."""
    rows, fit = made.rows, made.fit
    relative = fit.random_covariance / fit.residual_variance
    effects, covariance = [], []
    for i in range(rows.n_people):
        mine = rows.person == i
        z = rows.x[mine][:, [0, 1]]
        inverse = np.linalg.inv(made.dense[np.ix_(mine, mine)])
        effects.append(relative @ z.T @ inverse @ (rows.y[mine] - rows.x[mine] @ fit.beta))
        covariance.append(fit.residual_variance * (relative - relative @ z.T @ inverse @ z @ relative))
    return np.array(effects), np.array(covariance)


@pytest.mark.parametrize("weighted", [False, True])
def test_effects_equal_the_conditional_normal_distribution(example, weighted) -> None:
    made = example(weighted=weighted)
    found = person_effects(made.fit, made.sums)
    effects, covariance = _dense_effects(made)

    np.testing.assert_allclose(found.effects, effects, atol=1e-10)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-10)


def test_people_with_fewer_days_are_known_less(example) -> None:
    made = example()
    found = person_effects(made.fit, made.sums)
    days = made.sums.n_rows

    assert np.corrcoef(days, found.covariance[:, 0, 0])[0, 1] < -0.5
    assert np.all(found.covariance[:, 0, 0] < made.fit.random_covariance[0, 0])


def test_no_value_of_a_person_shows_when_the_effects_are_printed(example) -> None:
    made = example()

    assert "array" not in repr(person_effects(made.fit, made.sums))
    assert not any(character.isdigit() for character in repr(person_effects(made.fit, made.sums)))


def test_the_spread_is_that_of_the_model_and_shrunken_effects_vary_less(example) -> None:
    made = example()
    level, slope = spread(made.fit, person_effects(made.fit, made.sums))

    assert (level.name, slope.name, slope.n_people) == ("intercept", "x_within", 25)
    assert slope.sd == pytest.approx(np.sqrt(made.fit.random_covariance[1, 1]))
    assert slope.shrunken_sd < slope.sd
    assert (slope.high - slope.low) / 2 == pytest.approx(1.959964 * slope.sd, rel=1e-6)
    assert 0 < slope.reliability < level.reliability < 1
    assert slope.share_positive == pytest.approx(
        np.mean(np.random.default_rng(0).normal(slope.mean, slope.sd, 400_000) > 0), abs=3e-3
    )


def test_where_people_do_not_differ_everyone_has_the_mean(example) -> None:
    made = example()
    flat = replace(made.fit, random_covariance=np.diag([made.fit.random_covariance[0, 0], 0.0]))
    found = person_effects(flat, made.sums)
    slope = spread(flat, found)[1]

    np.testing.assert_array_equal(found.effects[:, 1], 0.0)
    assert (slope.low, slope.high) == (slope.mean, slope.mean)
    assert slope.share_positive is None
    assert slope.reliability is None


def test_the_spread_of_few_people_is_not_shown(example) -> None:
    made = example(people=8, seed=4)

    with pytest.raises(NotIdentifiedError, match="fewer than 10 people"):
        spread(made.fit, person_effects(made.fit, made.sums))


def test_a_fit_that_failed_or_is_of_another_model_gives_no_effects(example) -> None:
    made = example()

    with pytest.raises(NotIdentifiedError, match="did not converge"):
        person_effects(replace(made.fit, outcome="not converged", residual_variance=np.nan), made.sums)
    with pytest.raises(NotIdentifiedError, match="residual"):
        person_effects(replace(made.fit, residual_variance=0.0), made.sums)
    with pytest.raises(ValueError, match="same model"):
        person_effects(replace(made.fit, random=(0,)), made.sums)
