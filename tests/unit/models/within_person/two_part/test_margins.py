"""Averages on the scale of the outcome, against simulation and against differences of themselves."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.two_part import margins
from models.within_person.two_part.mixed_logistic import LogisticFit, fit_logistic
from models.within_person.two_part.two_part import TwoPartFit, fit_two_part, split


@pytest.fixture(scope="module")
def logistic(drawn: SimpleNamespace) -> tuple[LogisticFit, np.ndarray]:
    rows = drawn.logistic(21, slope=0.6)
    return fit_logistic(rows, points=9), rows.x


def _two_part(drawn: SimpleNamespace, family: str) -> tuple[TwoPartFit, np.ndarray]:
    rows = drawn.two_part(22)
    any_rows, extent_rows, people = split(rows)
    return fit_two_part(any_rows, extent_rows, people=people, family=family, points=9), rows.x


def _gradient(
    average: Callable[[object], float], fit: object, moves: list[Callable[[float], object]]
) -> np.ndarray:
    step = 1e-5
    return np.array([(average(move(step)) - average(move(-step))) / (2 * step) for move in moves])


def _bumped(matrix: np.ndarray, row: int, column: int, by: float) -> np.ndarray:
    moved = matrix.copy()
    moved[row, column] += by
    moved[column, row] = moved[row, column]
    return moved


def _logistic_moves(fit: LogisticFit) -> list[Callable[[float], LogisticFit]]:
    moves = [
        lambda h, k=k: replace(fit, beta=fit.beta + h * np.eye(fit.beta.size)[k])
        for k in range(fit.beta.size)
    ]
    for row, column in zip(*np.tril_indices(len(fit.random)), strict=True):
        moves.append(
            lambda h, r=row, c=column: replace(fit, random_covariance=_bumped(fit.random_covariance, r, c, h))
        )
    return moves


def test_the_average_probability_is_the_mean_over_drawn_persons(
    logistic: tuple[LogisticFit, np.ndarray],
) -> None:
    fit, x = logistic[0], logistic[1][:40]
    effects = np.random.default_rng(1).multivariate_normal(np.zeros(2), fit.random_covariance, size=50_000)
    drawn = 1 / (1 + np.exp(-((x @ fit.beta)[:, None] + x[:, :2] @ effects.T)))
    assert margins.average_probability(fit, x).beta[0] == pytest.approx(drawn.mean(), abs=4e-3)


def test_the_marginal_effect_is_the_slope_of_the_average_probability(
    logistic: tuple[LogisticFit, np.ndarray],
) -> None:
    fit, x = logistic
    direction = np.zeros_like(x)
    direction[:, 1], direction[:, 3] = 1.0, x[:, 2]
    for toward in (None, direction):
        found = margins.average_marginal_effect(fit, x, "identity_within", direction=toward)
        move = np.eye(4)[1] if toward is None else toward
        step = margins.average_difference(fit, x - 1e-4 * move, x + 1e-4 * move)
        assert found.beta[0] == pytest.approx(step.beta[0] / 2e-4, rel=1e-6)
        assert found.covariance[0, 0] == pytest.approx(step.covariance[0, 0] / 4e-8, rel=1e-5)


def test_errors_of_a_probability_are_the_delta_method_in_every_parameter(
    logistic: tuple[LogisticFit, np.ndarray],
) -> None:
    fit, x = logistic
    slope = _gradient(lambda moved: margins.average_probability(moved, x).beta[0], fit, _logistic_moves(fit))
    expected = slope @ fit.joint_covariance @ slope
    assert margins.average_probability(fit, x).covariance[0, 0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("family", ["linear", "log", "gamma"])
def test_the_overall_mean_is_the_mean_over_drawn_persons_and_days(
    drawn: SimpleNamespace, family: str
) -> None:
    fit, x = _two_part(drawn, family)
    x = x[:30]
    effects = np.random.default_rng(2).multivariate_normal(np.zeros(2), fit.random_covariance, size=100_000)
    chance = 1 / (1 + np.exp(-((x @ fit.beta_any)[:, None] + effects[:, 0])))
    extent = (x @ fit.beta_extent)[:, None] + effects[:, 1]
    if family != "linear":
        extent = np.exp(extent + (0.5 * fit.dispersion**2 if family == "log" else 0.0))
    expected = (chance * extent).mean()
    assert margins.overall_mean(fit, x, x).beta[0] == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize("family", ["linear", "log", "gamma"])
def test_errors_of_an_overall_difference_are_the_delta_method_in_every_parameter(
    drawn: SimpleNamespace, family: str
) -> None:
    fit, x = _two_part(drawn, family)
    after = x + np.eye(4)[1]
    moves = [lambda h, k=k: replace(fit, beta_any=fit.beta_any + h * np.eye(4)[k]) for k in range(4)]
    moves += [lambda h, k=k: replace(fit, beta_extent=fit.beta_extent + h * np.eye(4)[k]) for k in range(4)]
    for row, column in ((0, 0), (1, 0), (1, 1)):
        moves.append(
            lambda h, r=row, c=column: replace(fit, random_covariance=_bumped(fit.random_covariance, r, c, h))
        )
    moves.append(lambda h: replace(fit, dispersion=fit.dispersion * math.exp(h)))
    slope = _gradient(
        lambda moved: margins.overall_difference(moved, (x, x), (after, after)).beta[0], fit, moves
    )
    expected = slope @ fit.joint_covariance @ slope
    found = margins.overall_difference(fit, (x, x), (after, after))
    assert found.covariance[0, 0] == pytest.approx(expected, rel=1e-6)


def test_the_mean_over_the_days_observed_is_near_the_mean_observed(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(22)
    fit, x = _two_part(drawn, "log")
    found = margins.overall_mean(fit, x, x)
    assert abs(found.beta[0] - rows.y.mean()) < 3 * math.sqrt(found.covariance[0, 0])


def test_without_spread_the_marginal_effect_is_that_of_plain_logistic_regression(
    logistic: tuple[LogisticFit, np.ndarray],
) -> None:
    fit, x = logistic
    flat = replace(fit, random_covariance=np.zeros((2, 2)))
    p = 1 / (1 + np.exp(-(x @ fit.beta)))
    found = margins.average_marginal_effect(flat, x, "meeting")
    assert found.beta[0] == pytest.approx((p * (1 - p)).mean() * fit.beta[3], rel=1e-12)


def test_wide_spreads_between_persons_are_integrated_exactly() -> None:
    for deviation in (3.0, 6.0):
        eta = np.array([-4.0, 0.0, 2.5])
        grid = np.linspace(-10, 10, 400_001)
        weight = np.exp(-0.5 * grid**2)
        exact = [float((weight / (1 + np.exp(-(at + deviation * grid)))).sum() / weight.sum()) for at in eta]
        found = margins._moments(eta, np.full(3, deviation**2), orders=0)[0]
        np.testing.assert_allclose(found, exact, atol=1e-9)


def test_no_average_of_a_fit_that_did_not_converge(logistic: tuple[LogisticFit, np.ndarray]) -> None:
    fit, x = logistic
    with pytest.raises(NotIdentifiedError, match="not converged"):
        margins.average_probability(replace(fit, outcome="not converged"), x)
    with pytest.raises(ValueError, match="needs rows"):
        margins.average_probability(fit, x[:0])
