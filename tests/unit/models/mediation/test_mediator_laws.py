"""A mediator's law, and the points that stand for it."""

import numpy as np
import pytest
from scipy import stats

from models.mediation.mediator_laws import MOST_ALIKE, Law, share_of
from models.refusal import NotIdentifiedError

MEAN = np.array([[0.3, 0.8, 0.05, 0.5]])
SPREAD = np.array([[0.12]])


def moments(points, most: int) -> list[np.ndarray]:
    return [sum(weight * value**k for value, weight in points)[0] for k in range(most + 1)]


def law_of(size: float):
    a, b = MEAN[0] * (1 / SPREAD - 1)[0], (1 - MEAN[0]) * (1 / SPREAD - 1)[0]
    if np.isinf(size):
        return lambda k: np.prod([(a + i) / (a + b + i) for i in range(k)], axis=0) * np.ones_like(a)
    steps = np.arange(size + 1)[:, None]
    return lambda k: (stats.betabinom.pmf(steps, int(size), a, b) * (steps / size) ** k).sum(axis=0)


@pytest.mark.parametrize("size", [1.0, 4.0, 9.0, np.inf])
def test_two_points_share_three_moments_with_the_beta_binomial_law(size):
    found = moments(Law("share", size).points(MEAN, SPREAD), 3)
    for k, value in enumerate(found):
        assert value == pytest.approx(law_of(size)(k), abs=1e-14), k


@pytest.mark.parametrize("size", [1.0, 9.0, np.inf])
def test_many_points_share_many_moments(size):
    found = moments(Law("share", size).fine_points(MEAN, SPREAD), 12)
    for k, value in enumerate(found):
        assert value == pytest.approx(law_of(size)(k), abs=1e-11), k


def test_points_of_a_share_lie_within_its_range_and_have_weights_that_sum_to_one():
    mean = np.linspace(1e-9, 1 - 1e-9, 41)[None, :]
    for spread in (0.0, 1e-6, 0.3, MOST_ALIKE):
        for size in (1.0, 3.0, np.inf):
            law = Law("share", size)
            for points in (
                law.points(mean, np.array([[spread]])),
                law.fine_points(mean, np.array([[spread]])),
            ):
                total = sum(weight for _, weight in points)
                assert total == pytest.approx(np.ones_like(mean), abs=1e-9)
                for value, weight in points:
                    assert np.all(weight >= -1e-15)
                    assert value.min() >= -1e-9 and value.max() <= 1 + 1e-9


@pytest.mark.parametrize("spread", [1e-9, 1e-3, 0.05, 0.4, MOST_ALIKE])
@pytest.mark.parametrize(("low", "high"), [(1e-9, 1 - 1e-9), (0.0, 0.2), (0.3, 0.9), (0.5, 0.5)])
def test_many_means_at_once_have_the_points_they_have_one_by_one(spread, low, high):
    mean = np.linspace(low, high, 200)[None, :]
    law = Law("share")
    together = law.fine_points(mean, np.array([[spread]]))
    apart = law.fine_points(mean, np.full(mean.shape, spread))
    for found, expected in zip(together, apart, strict=True):
        assert found[0] == pytest.approx(expected[0], abs=1e-12)
        assert found[1] == pytest.approx(expected[1], abs=1e-12)


def test_a_yes_or_no_has_the_points_zero_and_one():
    (low, _), (high, share) = Law("share", 1.0).points(MEAN, SPREAD)
    assert low == pytest.approx(np.zeros_like(MEAN), abs=1e-15)
    assert high == pytest.approx(np.ones_like(MEAN), abs=1e-15)
    assert share == pytest.approx(MEAN, abs=1e-15)


@pytest.mark.parametrize(("size", "spread"), [(9.0, 0.0), (9.0, 0.2), (np.inf, 0.15)])
def test_the_spread_that_made_a_mediator_is_found_in_many_people(size, spread):
    random = np.random.default_rng(5)
    mean = random.uniform(0.2, 0.8, 200_000)
    share = random.beta(mean * (1 / spread - 1), (1 - mean) * (1 / spread - 1)) if spread else mean
    values = share if np.isinf(size) else random.binomial(int(size), share) / size
    found = Law("share", size).spread(values, mean, np.ones((1, mean.size)), np.array([0.0]))
    assert float(found[0]) == pytest.approx(spread, abs=0.004)


def test_a_mediator_outside_its_range_is_refused():
    with pytest.raises(NotIdentifiedError, match="outside"):
        share_of([0.0, 5.0, 11.0], 9.0)
