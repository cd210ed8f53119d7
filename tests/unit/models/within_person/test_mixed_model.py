import numpy as np
import pytest

from models.within_person.mixed_model import MixedFit, NotIdentifiedError, fit


def _balanced(*, people: int = 12, days: int = 5, spread: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    person = np.repeat(np.arange(people), days)
    return random.normal(0, spread, people)[person] + random.normal(50, 2, person.size), person


def _slopes(seed: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    person = np.sort(random.integers(0, 30, 240))
    person = np.unique(person, return_inverse=True)[1]
    x = np.column_stack([np.ones(240), random.normal(0, 10, 240)])
    own = random.normal(0, 1, (30, 2)) * [8.0, 0.4]
    y = 60 + 0.7 * x[:, 1] + (x * own[person]).sum(axis=1) + random.normal(0, 5, 240)
    return y, x, person


def test_balanced_one_way_data_give_the_analysis_of_variance_answer() -> None:
    y, person = _balanced()
    one = np.ones((y.size, 1))
    found = fit(y, one, one, person)

    groups = y.reshape(12, 5)
    within = groups.var(axis=1, ddof=1).mean()
    between = (5 * groups.mean(axis=1).var(ddof=1) - within) / 5
    assert found.converged
    assert found.beta[0] == pytest.approx(y.mean(), rel=1e-10)
    assert found.residual_variance == pytest.approx(within, rel=1e-6)
    assert found.random_covariance[0, 0] == pytest.approx(between, rel=1e-6)
    assert found.covariance[0, 0] == pytest.approx((between + within / 5) / 12, rel=1e-6)


def test_people_who_do_not_differ_are_named_singular_and_fall_back_to_least_squares() -> None:
    y, person = _balanced()
    y = y - np.repeat(y.reshape(12, 5).mean(axis=1), 5) + 50  # every person has the same mean
    one = np.ones((y.size, 1))
    found = fit(y, one, one, person)

    assert found.singular
    assert found.random_covariance[0, 0] == pytest.approx(0.0, abs=1e-6)
    assert found.residual_variance == pytest.approx(y.var(ddof=1), rel=1e-6)


def _same(found: MixedFit, other: MixedFit) -> None:
    np.testing.assert_allclose(found.beta, other.beta, rtol=1e-5)
    np.testing.assert_allclose(found.covariance, other.covariance, rtol=1e-4)
    assert found.residual_variance == pytest.approx(other.residual_variance, rel=1e-5)


def test_the_order_of_the_rows_does_not_matter() -> None:
    y, x, person = _slopes()
    shuffled = np.random.default_rng(1).permutation(y.size)

    _same(fit(y, x, x, person), fit(y[shuffled], x[shuffled], x[shuffled], person[shuffled]))


def test_a_change_of_units_changes_the_slope_by_the_units_and_nothing_else() -> None:
    y, x, person = _slopes()
    hundredfold = x * [1.0, 100.0]
    found, other = fit(y, x, x, person), fit(y, hundredfold, hundredfold, person)

    assert other.beta[1] * 100 == pytest.approx(found.beta[1], rel=1e-6)
    assert other.covariance[1, 1] * 1e4 == pytest.approx(found.covariance[1, 1], rel=1e-5)
    assert other.residual_variance == pytest.approx(found.residual_variance, rel=1e-6)


def test_no_nearby_covariance_has_a_higher_likelihood() -> None:
    """The likelihood is computed here from the full covariance matrix of each person."""
    y, x, person = _slopes()
    found = fit(y, x, x, person)

    def likelihood(random_covariance: np.ndarray, residual: float) -> float:
        information, cross, quadratic, log_det = np.zeros((2, 2)), np.zeros(2), 0.0, 0.0
        for i in range(person.max() + 1):
            rows = person == i
            v = x[rows] @ random_covariance @ x[rows].T + residual * np.eye(rows.sum())
            information += x[rows].T @ np.linalg.solve(v, x[rows])
            cross += x[rows].T @ np.linalg.solve(v, y[rows])
            quadratic += y[rows] @ np.linalg.solve(v, y[rows])
            log_det += np.linalg.slogdet(v)[1]
        rest = quadratic - cross @ np.linalg.solve(information, cross)
        constant = (y.size - 2) * np.log(2 * np.pi)
        return float(-0.5 * (constant + log_det + np.linalg.slogdet(information)[1] + rest))

    best = likelihood(found.random_covariance, found.residual_variance)
    assert best == pytest.approx(found.log_likelihood, abs=1e-6)
    for factor in (0.98, 1.02):
        assert likelihood(found.random_covariance * factor, found.residual_variance) < best
        assert likelihood(found.random_covariance, found.residual_variance * factor) < best


def test_collinear_predictors_are_not_identified() -> None:
    y, person = _balanced()
    one = np.ones((y.size, 1))

    with pytest.raises(NotIdentifiedError, match="cannot be told apart"):
        fit(y, np.column_stack([one, one]), one, person)


def test_a_response_without_variation_is_not_identified() -> None:
    _, person = _balanced()
    one = np.ones((person.size, 1))

    with pytest.raises(NotIdentifiedError, match="no variation"):
        fit(np.full(person.size, 70.0), one, one, person)


def test_a_random_effect_without_variation_is_not_identified() -> None:
    y, person = _balanced()
    one = np.ones((y.size, 1))

    with pytest.raises(NotIdentifiedError, match="random effect"):
        fit(y, one, np.column_stack([one, 0 * one]), person)


def test_no_rows_are_not_identified() -> None:
    empty = np.empty((0, 1))

    with pytest.raises(NotIdentifiedError):
        fit(np.empty(0), empty, empty, np.empty(0, dtype=np.intp))
