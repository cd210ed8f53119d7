"""Resampling whole programs: its variance, its intervals, and draws that give no answer."""

from typing import Any

import numpy as np
import pytest

from models.comparison.cluster_bootstrap import (
    Replicates,
    bootstrap_inference,
    expanded_percentiles,
    replicates_of,
    resampled,
)
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

PROGRAM = np.repeat(np.arange(10), 7)
ARM = (PROGRAM < 4).astype(int)


def test_each_draw_keeps_the_weight_of_each_arm() -> None:
    found = resampled(PROGRAM, ARM, draws=200)
    arm = np.arange(10) < 4
    np.testing.assert_allclose(found.multiples[:, arm].sum(axis=1), 4.0)
    np.testing.assert_allclose(found.multiples[:, ~arm].sum(axis=1), 6.0)
    assert found.df == 8.0


def test_persons_count_as_often_as_their_program() -> None:
    found = resampled(np.array(["b", "a", "b", "a", "c"]), draws=5)
    weights = found.person_weights(3)
    np.testing.assert_array_equal(weights, found.multiples[3][[1, 0, 1, 0, 2]])


def test_the_variance_of_a_difference_of_means_is_unbiased_for_few_programs() -> None:
    """Drawing as many programs as there are would give four fifths or less of it."""
    random = np.random.default_rng(2)
    means = random.normal(size=10)

    def difference(weights: Any) -> Any:
        one = np.bincount(PROGRAM, weights=weights) / 7
        return np.atleast_1d((one[:4] @ means[:4]) / 4 - (one[4:] @ means[4:]) / 6)

    found = replicates_of(difference, resampled(PROGRAM, ARM, draws=4000))
    expected = means[:4].var(ddof=1) / 4 + means[4:].var(ddof=1) / 6
    answer = bootstrap_inference(("d",), np.array([0.3]), found)
    assert answer.covariance[0, 0] == pytest.approx(expected, rel=0.08)  # Monte Carlo error 2.2%
    assert contrast_of(answer, {"d": 1.0}).df == 8.0


def test_expanded_percentiles_of_a_normal_statistic_are_the_t_interval() -> None:
    values = np.random.default_rng(3).normal(2.0, 0.5, (20_000, 1))
    low, high = expanded_percentiles(Replicates(values=values, failed=0, reason="", df=10.0))
    half = 2.228138852 * 0.5
    np.testing.assert_allclose([low[0], high[0]], [2.0 - half, 2.0 + half], atol=0.04)


def test_expanded_percentiles_keep_the_skew_of_a_statistic() -> None:
    values = np.random.default_rng(4).exponential(1.0, (5_000, 1))
    low, high = expanded_percentiles(Replicates(values=values, failed=0, reason="", df=10.0))
    assert low[0] > 0.0
    assert high[0] - 1.0 > 2.0 * (1.0 - low[0])


def _sometimes(share: float) -> Any:
    random = np.random.default_rng(5)

    def statistic(weights: Any) -> Any:
        if random.random() < share:
            raise NotIdentifiedError("a kind of people is missing")
        return np.array([weights[0], np.sum(weights[:20])])

    return statistic


def test_a_few_draws_without_an_answer_are_left_out_and_counted() -> None:
    found = replicates_of(_sometimes(0.02), resampled(PROGRAM, ARM, draws=400))
    assert 0 < found.failed < 20
    assert len(found.values) == 400 - found.failed
    assert "draws without an answer left out" in bootstrap_inference(("a", "b"), np.ones(2), found).rule


def test_many_draws_without_an_answer_refuse_the_rest() -> None:
    found = replicates_of(_sometimes(0.3), resampled(PROGRAM, ARM, draws=400))
    for use in (
        lambda: bootstrap_inference(("a", "b"), np.ones(2), found),
        lambda: expanded_percentiles(found),
    ):
        with pytest.raises(NotIdentifiedError, match="a kind of people is missing"):
            use()


def test_a_number_that_is_none_counts_as_no_answer() -> None:
    found = replicates_of(lambda weights: np.array([np.nan]), resampled(PROGRAM, ARM, draws=120))
    assert found.failed == 120
    with pytest.raises(NotIdentifiedError, match="no number"):
        expanded_percentiles(found)


def test_what_cannot_be_drawn_says_why() -> None:
    with pytest.raises(NotIdentifiedError, match="at least two programs"):
        resampled(PROGRAM, (PROGRAM < 1).astype(int))
    with pytest.raises(NotIdentifiedError, match="lies in both groups"):
        resampled(PROGRAM, np.arange(70) % 2)
    few = replicates_of(lambda weights: np.array([weights[0]]), resampled(PROGRAM, ARM, draws=20))
    with pytest.raises(NotIdentifiedError, match="bootstrap draws"):
        bootstrap_inference(("a",), np.ones(1), few)
    two_df = Replicates(values=np.ones((1000, 1)), failed=0, reason="", df=1.0)
    with pytest.raises(NotIdentifiedError, match="too few programs or draws"):
        expanded_percentiles(two_df)
