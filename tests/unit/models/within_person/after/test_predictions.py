from dataclasses import replace

import numpy as np
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.after.person_effects import person_effects
from models.within_person.after.predictions import (
    expected,
    fixed_part,
    new_person,
    own_expectation,
    with_person_effects,
)


def test_expected_values_have_the_interval_of_their_contrast(example) -> None:
    made = example()
    inference = Inference(
        names=made.fit.names, beta=made.fit.beta, covariance=made.fit.covariance,
        df=lambda contrast: 10.0 + contrast[1] ** 2, rule="",
    )  # fmt: skip
    x = np.array([[1.0, -1.0, 0.0], [1.0, 2.0, 0.5]])
    found = expected(inference, x)

    for place, row in enumerate(x):
        one = contrast_of(inference, row)
        assert found.estimate[place] == pytest.approx(one.estimate)
        assert found.std_error[place] == pytest.approx(one.std_error)
        assert (found.low[place], found.high[place]) == (pytest.approx(one.low), pytest.approx(one.high))
    np.testing.assert_allclose(found.estimate, fixed_part(made.fit, x))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_persons_own_expectation_has_the_error_of_hendersons_equations(example, weighted) -> None:
    made = example(weighted=weighted)
    rows, fit = made.rows, made.fit
    effects = person_effects(fit, made.sums)
    some = np.array([0, 5, 60, 130])
    found = own_expectation(fit, rows.x[some], rows.person[some], effects)

    people, p, sigma2 = rows.n_people, 3, fit.residual_variance
    z = np.zeros((rows.y.size, 2 * people))
    z[np.arange(rows.y.size), 2 * rows.person] = 1.0
    z[np.arange(rows.y.size), 2 * rows.person + 1] = rows.x[:, 1]
    columns = np.hstack([rows.x, z])
    weights = np.ones(rows.y.size) if rows.weights is None else rows.weights
    system = columns.T @ (columns * weights[:, None]) / sigma2
    system[p:, p:] += np.kron(np.eye(people), np.linalg.inv(fit.random_covariance))
    answer = np.linalg.solve(system, columns.T @ (weights * rows.y) / sigma2)
    errors = np.sqrt(np.einsum("ij,jk,ik->i", columns[some], np.linalg.inv(system), columns[some]))

    np.testing.assert_allclose(found.estimate, columns[some] @ answer, rtol=1e-9)
    np.testing.assert_allclose(found.std_error, errors, rtol=1e-8)
    assert "array" not in repr(found)


def test_person_effects_bring_predictions_nearer_to_the_days_they_saw(example) -> None:
    made = example()
    rows = made.rows
    effects = person_effects(made.fit, made.sums)
    own = rows.y - with_person_effects(made.fit, rows.x, rows.person, effects)
    on_the_whole = rows.y - fixed_part(made.fit, rows.x)

    assert own.var() < 0.6 * on_the_whole.var()


def test_a_day_of_a_new_person_falls_in_its_range_as_often_as_said(example) -> None:
    made = example(people=200, seed=9)
    fresh = example(people=300, seed=10)
    x = fresh.rows.x
    found = new_person(made.fit, x, level=0.9)
    inside = np.mean((fresh.rows.y > found.low) & (fresh.rows.y < found.high))

    assert inside == pytest.approx(0.9, abs=0.03)


def test_errors_that_are_no_numbers_are_refused(example) -> None:
    made = example()
    broken = replace(made.fit, covariance=np.full((3, 3), np.nan))
    effects = person_effects(made.fit, made.sums)

    with pytest.raises(NotIdentifiedError, match="no standard error"):
        own_expectation(broken, made.rows.x[:2], made.rows.person[:2], effects)
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        new_person(broken, made.rows.x[:2])
