"""The mixed logistic: what it estimates, what leaves it unmoved, and what it refuses by name."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import fit_logistic, inference, latent_icc


def _errors(fit) -> np.ndarray:
    return np.sqrt(np.diag(fit.covariance))


def test_coefficients_and_variances_lie_near_the_truth_they_were_drawn_from(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(1, n_people=800, slope=0.5)
    found = fit_logistic(rows, structure="diagonal", points=7)
    assert found.outcome == "converged"
    assert (np.abs(found.beta - drawn.any) < 3.5 * _errors(found)).all()
    np.testing.assert_allclose(np.diag(found.random_covariance), [1.4, 0.25], rtol=0.35)
    assert found.random_covariance[0, 1] == 0.0


def test_points_are_raised_until_the_answer_stands_still(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(2, slope=0.6)
    chosen, many = fit_logistic(rows), fit_logistic(rows, points=31)
    assert chosen.points_moved is not None
    assert chosen.points_moved < 1e-4
    assert chosen.points < 31
    assert np.max(np.abs(chosen.beta - many.beta) / _errors(many)) < 1e-4
    assert chosen.log_likelihood == pytest.approx(many.log_likelihood, abs=1e-5)


def test_units_and_origin_of_a_predictor_change_nothing_else(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(3, slope=0.5)
    moved = rows.x.copy()
    moved[:, 1] = 2026.0 + 0.01 * moved[:, 1]
    moved[:, 2] = 1e6 * moved[:, 2]
    plain, odd = fit_logistic(rows, points=9), fit_logistic(replace(rows, x=moved), points=9)
    assert odd.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(odd.beta[1:] * [0.01, 1e6, 1.0], plain.beta[1:], rtol=1e-6)
    np.testing.assert_allclose(_errors(odd)[1:] * [0.01, 1e6, 1.0], _errors(plain)[1:], rtol=1e-6)
    assert odd.random_covariance[1, 1] * 1e-4 == pytest.approx(plain.random_covariance[1, 1], rel=1e-6)


def test_the_covariance_is_the_inverse_curvature_of_the_likelihood(drawn: SimpleNamespace) -> None:
    """Ours against a likelihood written anew: one node at a time, on a fixed grid, for one intercept."""
    rows = drawn.logistic(4, n_people=40, days=6)
    found = fit_logistic(rows)
    grid = np.linspace(-8, 8, 161)
    weight = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi) * 0.1

    def minus(theta: np.ndarray) -> float:
        eta = (rows.x @ theta[:4])[:, None] + theta[4] * grid
        value = np.where(rows.y[:, None] == 1, -np.log1p(np.exp(-eta)), -np.log1p(np.exp(eta)))
        by_person = np.zeros((rows.n_people, grid.size))
        np.add.at(by_person, rows.person, value)
        return -float(np.log(np.exp(by_person) @ weight).sum())

    top = np.r_[found.beta, math.sqrt(found.random_covariance[0, 0])]
    assert found.log_likelihood == pytest.approx(-minus(top), abs=1e-8)
    assert np.abs(optimize.approx_fprime(top, minus, 1e-6)).max() < 1e-3
    step = 1e-3 * np.eye(5)
    curvature = np.array(
        [
            [
                (minus(top + a + b) - minus(top + a - b) - minus(top - a + b) + minus(top - a - b)) / 4e-6
                for a in step
            ]
            for b in step
        ]
    )
    np.testing.assert_allclose(np.linalg.inv(curvature)[:4, :4], found.covariance, rtol=1e-4, atol=1e-6)


def test_without_spread_between_persons_the_fit_is_singular_and_equals_plain_logistic_regression() -> None:
    rng = np.random.default_rng(6)
    person = np.repeat(np.arange(60), 8)
    y = np.tile([1.0, 0.0] * 4, 60)
    x = np.column_stack([np.ones(480), rng.normal(size=480) + 0.6 * y])
    found = fit_logistic(ModelRows(y=y, x=x, names=("intercept", "a"), random=(0,), person=person))
    beta = np.zeros(2)
    for _ in range(20):
        p = 1 / (1 + np.exp(-(x @ beta)))
        information = (x.T * (p * (1 - p))) @ x
        beta += np.linalg.solve(information, x.T @ (y - p))
    assert found.outcome == "singular"
    assert "no variance of its own" in found.note
    assert found.random_covariance[0, 0] < 1e-5
    np.testing.assert_allclose(found.beta, beta, rtol=1e-4)
    np.testing.assert_allclose(_errors(found), np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-3)


def test_persons_with_only_one_answer_are_counted_and_kept(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(7, days=4)
    found = fit_logistic(rows, points=11)
    share = np.array([rows.y[rows.person == i].mean() for i in range(rows.n_people)])
    assert (found.n_always, found.n_never) == ((share == 1).sum(), (share == 0).sum())
    assert found.n_always + found.n_never > 10
    assert (found.n_people, found.n_rows, found.n_events) == (rows.n_people, rows.y.size, rows.y.sum())


def test_inference_hands_on_the_coefficients_with_normal_intervals(drawn: SimpleNamespace) -> None:
    found = fit_logistic(drawn.logistic(8, n_people=50), points=9)
    handed = inference(found)
    assert handed.names == drawn.names
    assert math.isinf(handed.df(np.eye(4)[1]))
    np.testing.assert_array_equal(handed.covariance, found.covariance)


def test_the_latent_share_between_persons_follows_from_the_variance(drawn: SimpleNamespace) -> None:
    found = fit_logistic(drawn.logistic(9), points=9)
    share, error = latent_icc(found)
    variance = found.random_covariance[0, 0]
    assert share == pytest.approx(variance / (variance + math.pi**2 / 3))
    bump = 1e-5
    slope = ((variance + bump) / (variance + bump + math.pi**2 / 3) - share) / bump
    assert error == pytest.approx(slope * math.sqrt(found.joint_covariance[4, 4]), rel=1e-4)


def _base(drawn: SimpleNamespace) -> ModelRows:
    return drawn.logistic(10, n_people=30, days=6)


def _marked(rows: ModelRows, marker: np.ndarray) -> ModelRows:
    return replace(rows, x=np.column_stack([rows.x, marker]), names=(*rows.names, "marker"))


def _alternating(person: np.ndarray) -> ModelRows:
    at = np.arange(40)
    x = np.column_stack([np.ones(40), np.sin(at)])
    return ModelRows(y=(at % 3 == 0) * 1.0, x=x, names=("intercept", "a"), random=(0,), person=person)


REFUSED: dict[str, tuple[Callable[[ModelRows], ModelRows], str]] = {
    "nothing ever": (lambda rows: replace(rows, y=0 * rows.y), "^all zero"),
    "always": (lambda rows: replace(rows, y=0 * rows.y + 1), "^all one"),
    "complete": (
        lambda rows: _marked(rows, np.where(rows.y == 1, 1.0, -1.0) * np.linspace(1, 2, rows.y.size)),
        "^separation: marker tells",
    ),
    "quasi": (
        lambda rows: _marked(rows, rows.y * (np.arange(rows.y.size) % 3 == 0)),
        "^quasi-separation: marker tells",
    ),
    "collinear": (lambda rows: _marked(rows, rows.x[:, 1] + 2 * rows.x[:, 3]), "^collinear"),
    "constant": (lambda rows: _marked(rows, np.full(rows.y.size, 7.0)), "^constant predictor: marker"),
    "no change": (
        lambda rows: replace(rows, y=(rows.person % 2).astype(float)),
        "^no one's answer ever varies",
    ),
    "one person": (lambda _: _alternating(np.zeros(40, dtype=np.intp)), "^one person"),
    "one row each": (lambda _: _alternating(np.arange(40)), "^one row each"),
    "few rows": (
        lambda rows: replace(rows, y=np.array([0.0, 1, 1]), x=rows.x[:3], person=np.array([0, 0, 1])),
        "^too few rows",
    ),
    "few people": (
        lambda rows: replace(
            rows, y=np.tile([0.0, 1.0], 6), x=rows.x[:12, :2], names=rows.names[:2], random=(0, 1),
            person=np.repeat(np.arange(3), 4),
        ),
        "^too few people",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_estimated_is_refused_by_name(drawn: SimpleNamespace, case: str) -> None:
    change, name = REFUSED[case]
    with pytest.raises(NotIdentifiedError, match=name):
        fit_logistic(change(_base(drawn)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_an_error_of_the_caller(drawn: SimpleNamespace, bad: float) -> None:
    x = _base(drawn).x.copy()
    x[[4, 9], 1] = bad
    x[9, 2] = bad
    with pytest.raises(ValueError, match="not finite, in 2 rows"):
        fit_logistic(replace(_base(drawn), x=x))


def test_responses_other_than_zero_and_one_and_weights_are_errors_of_the_caller(
    drawn: SimpleNamespace,
) -> None:
    with pytest.raises(ValueError, match="0 and 1; they are not in 3 rows"):
        fit_logistic(replace(_base(drawn), y=np.r_[2.0, 2.0, 0.5, _base(drawn).y[3:]]))
    with pytest.raises(ValueError, match="weights"):
        fit_logistic(replace(_base(drawn), weights=np.ones_like(_base(drawn).y)))


def test_no_person_and_no_value_is_named_in_a_refusal(drawn: SimpleNamespace) -> None:
    with pytest.raises(NotIdentifiedError) as refusal:
        fit_logistic(REFUSED["complete"][0](_base(drawn)))
    assert not any(character.isdigit() for character in str(refusal.value))


def test_a_person_with_one_row_among_many_is_kept(drawn: SimpleNamespace) -> None:
    rows = drawn.logistic(11, n_people=60, days=8)
    keep = (rows.person % 10 != 0) | (np.diff(rows.person, prepend=-1) > 0)
    found = fit_logistic(replace(rows, y=rows.y[keep], x=rows.x[keep], person=rows.person[keep]), points=9)
    assert found.outcome == "converged"
    assert found.n_people == rows.n_people
