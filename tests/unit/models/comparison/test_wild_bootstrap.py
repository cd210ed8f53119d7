"""The wild cluster bootstrap: against refits, its weights, its interval, and where it has no answer."""

import math
from typing import Any

import numpy as np
import pytest

from models.comparison.wild_bootstrap import (
    WildTest,
    webb_weights,
    wild_cluster_p,
    wild_influence_p,
)
from models.refusal import NotIdentifiedError


def _people(count: int, seed: int = 0) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(seed)
    program = np.repeat(np.arange(count), random.integers(8, 40, count))
    arm = (program < count // 2).astype(float)
    y = random.normal(0, 0.4, count)[program] + random.normal(size=len(program)) + 0.3 * arm
    return y, np.column_stack([np.ones(len(y)), arm]), program


def _psi(y: Any, arm: Any) -> Any:
    share = arm.mean()
    return np.where(arm == 1, (y - y[arm == 1].mean()) / share, -(y - y[arm == 0].mean()) / (1 - share))


CONTRAST = np.array([0.0, 1.0])


def test_webb_weights_have_mean_zero_and_variance_one() -> None:
    weights, enumerated = webb_weights(4, 99, 0)
    assert enumerated and weights.shape == (6**4, 4)
    assert len(np.unique(weights, axis=0)) == 6**4
    np.testing.assert_allclose(weights.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose((weights**2).mean(axis=0), 1.0, rtol=1e-12)
    drawn, enumerated = webb_weights(7, 99, 0)
    assert not enumerated and drawn.shape == (99, 7)
    assert set(np.round(np.unique(drawn**2), 12)) == {0.5, 1.0, 1.5}


def test_refitting_every_draw_gives_the_same_p_value_and_limits() -> None:
    y, x, program = _people(8)
    weights = np.random.default_rng(1).uniform(0.4, 1.6, len(y))
    bread = np.linalg.inv(x.T @ (weights[:, None] * x))
    draws, _ = webb_weights(8, 199, 5)

    def error(residuals: Any) -> float:
        scores = weights * residuals * (x @ bread[:, 1])
        return math.sqrt((np.bincount(program, weights=scores) ** 2).sum())

    def refitted(null: float) -> float:
        free = bread @ (x.T @ (weights * y))
        held = free - bread[:, 1] / bread[1, 1] * (free[1] - null)
        observed = abs(free[1] - null) / error(y - x @ free)
        count = 0
        for draw in draws:
            again = x @ held + draw[program] * (y - x @ held)
            beta = bread @ (x.T @ (weights * again))
            count += abs(beta[1] - null) / error(again - x @ beta) >= observed * (1 - 1e-9)
        return (1 + count) / (1 + len(draws))

    found = wild_cluster_p(x, y, weights, program, CONTRAST, draws=199, seed=5)
    assert found.p_value == refitted(0.0)
    assert found.low is not None and found.high is not None
    for limit, outward in ((found.low, -1e-4), (found.high, 1e-4)):
        assert refitted(limit + outward) <= 0.05 < refitted(limit - outward)


def test_influence_functions_and_regression_give_nearly_the_same_test_of_a_difference() -> None:
    y, x, program = _people(10)
    value = y[x[:, 1] == 1].mean() - y[x[:, 1] == 0].mean()
    one = wild_cluster_p(x, y, None, program, CONTRAST, draws=1999)
    two = wild_influence_p(value, _psi(y, x[:, 1]), program, x[:, 1], draws=1999)
    assert two.estimate == pytest.approx(one.estimate, rel=1e-12)
    assert two.p_value == pytest.approx(one.p_value, abs=0.03)  # they differ by the clusters' shares alone


def test_equal_programs_make_influence_functions_and_regression_agree_exactly() -> None:
    y, x, program = _people(6)
    kept = np.concatenate([np.flatnonzero(program == g)[:8] for g in range(6)])
    y, x, program = y[kept], x[kept], program[kept]
    value = y[x[:, 1] == 1].mean() - y[x[:, 1] == 0].mean()
    one = wild_cluster_p(x, y, None, program, CONTRAST)
    two = wild_influence_p(value, _psi(y, x[:, 1]), program, x[:, 1])
    assert one.enumerated and two.enumerated
    assert two.p_value == one.p_value
    assert (two.low, two.high) == pytest.approx((one.low, one.high), abs=1e-5)


def test_the_p_value_of_a_limit_is_the_level() -> None:
    y, x, program = _people(9)
    found = wild_cluster_p(x, y, None, program, CONTRAST)
    assert found.low is not None and found.high is not None
    for limit in (found.low, found.high):
        again = wild_cluster_p(x, y, None, program, CONTRAST, null=limit)
        assert again.p_value == pytest.approx(0.05, abs=2e-4)


def test_the_same_seed_gives_the_same_answer() -> None:
    y, x, program = _people(9)
    one, two, other = (
        wild_cluster_p(x, y, None, program, CONTRAST, draws=199, seed=seed) for seed in (3, 3, 4)
    )
    assert one == two
    assert one.low != other.low


def test_three_programs_leave_the_interval_open() -> None:
    y, x, program = _people(6)
    kept = np.isin(program, [1, 2, 4])
    found = wild_cluster_p(x[kept], y[kept], None, program[kept], CONTRAST)
    assert (found.low, found.high) == (None, None)
    assert found.p_value > 0.05


def _logistic(y: Any, x: Any, program: Any) -> WildTest:
    return wild_cluster_p(x, (y > 0).astype(float), None, program, CONTRAST, family="logistic", draws=199)


def test_a_logistic_regression_has_a_test_and_an_interval() -> None:
    y, x, program = _people(10)
    found = _logistic(y, x, program)
    assert found.low is not None and found.high is not None
    assert found.low < found.estimate < found.high


def test_what_has_no_answer_says_why() -> None:
    y, x, program = _people(6)
    arm = x[:, 1]
    with pytest.raises(NotIdentifiedError, match="at least two programs"):
        wild_cluster_p(x, y, None, np.zeros(len(y)), CONTRAST)
    with pytest.raises(NotIdentifiedError, match="do not vary"):
        wild_cluster_p(x, np.zeros(len(y)), None, program, CONTRAST)
    with pytest.raises(NotIdentifiedError, match="two groups"):
        wild_influence_p(0.1, _psi(y, arm), program, np.ones(len(y)))
    with pytest.raises(NotIdentifiedError, match="no number"):
        wild_influence_p(0.1, np.full(len(y), np.inf), program, arm)
    with pytest.raises(ValueError, match="contrast"):
        wild_cluster_p(x, y, None, program, np.ones(3))
    with pytest.raises(ValueError, match="level"):
        wild_cluster_p(x, y, None, program, CONTRAST, level=1.0)


@pytest.mark.parametrize("seed", range(25))
def test_small_and_odd_collaboratives_get_a_test_or_a_reason(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 8))
    program = np.repeat(np.arange(count), random.integers(1, 5, count))
    arm = (random.random(count) < 0.5)[program].astype(float)
    x = np.column_stack([np.ones(len(program)), arm])
    y = random.choice([0.0, 1.0, 1e8, 0.5], len(program))
    weights = random.choice([0.0, 1.0, 1e4], len(program))
    for attempt in (
        lambda: wild_cluster_p(x, y, weights, program, CONTRAST, draws=49),
        lambda: _logistic(y - 0.5, x, program),
        lambda: wild_influence_p(1.0, y - y.mean(), program, arm, draws=49),
    ):
        try:
            found = attempt()
        except NotIdentifiedError as reason:
            assert str(reason)
        else:
            assert 0.0 < found.p_value <= 1.0
            assert all(limit is None or math.isfinite(limit) for limit in (found.low, found.high))
