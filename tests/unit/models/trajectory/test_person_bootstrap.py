"""Draws of people, their sums by cell, curves of the replicates, and limits that may be infinite."""

import math

import numpy as np
import pytest

from models.trajectory.drawn_interval import NOT_SMALL, SmallSample, corrected, drawn_limits, small_sample
from models.trajectory.knots import HARRELL, weighted_quantiles
from models.trajectory.person_bootstrap import DrawnSums, drawn_curves, drawn_knots, drawn_sums
from models.trajectory.spline import basis, fit_spline

N = 200


def _survey() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    x = np.round(12 * random.exponential(5.0, N)) / 12
    return x, 3 + np.cos(x / 3) + random.normal(0, 0.3, N), random.uniform(0.2, 2.0, N)


def test_sums_of_a_replicate_give_the_fit_of_the_people_drawn() -> None:
    x, y, w = _survey()
    times, cells = np.unique(x, return_inverse=True)
    shares = HARRELL[5]
    whole = fit_spline(x, y, w, weighted_quantiles(x, w, shares))

    ((sums,),) = drawn_sums(cells, len(times), y, (w,), replicates=20, seed=9)
    knots = drawn_knots(times, sums.weights, shares, whole.knots)
    (betas,) = drawn_curves(times, [sums], knots)

    drawn = np.random.default_rng(9).integers(0, N, size=(20, N))
    for j, rows in enumerate(drawn):
        own = weighted_quantiles(x[rows], w[rows], shares)
        design = basis(x[rows], own) * np.sqrt(w[rows])[:, None]
        direct = np.linalg.lstsq(design, y[rows] * np.sqrt(w[rows]), rcond=None)[0]
        assert knots[j] == pytest.approx(own)
        at = np.array([0.1, 2.0, 9.0])
        assert basis(at, own) @ betas[j] == pytest.approx(basis(at, own) @ direct, rel=1e-8)


def test_the_same_seed_draws_the_same_people_and_another_others() -> None:
    x, y, w = _survey()
    cells = (x > 2).astype(np.int64)

    first, again, other = (
        next(drawn_sums(cells, 2, y, (w,), replicates=5, seed=seed))[0].answers for seed in (1, 1, 2)
    )

    assert (first == again).all()
    assert (first != other).any()


def test_blocks_of_replicates_hold_as_many_as_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, w = _survey()
    monkeypatch.setattr("models.trajectory.person_bootstrap.BLOCK", 3 * N)

    blocks = [sums for (sums,) in drawn_sums((x > 2).astype(int), 2, y, (w,), replicates=10, seed=1)]

    assert [len(block.weights) for block in blocks] == [3, 3, 3, 1]
    # nobody is lost: with weights of 1 each replicate holds the whole survey
    ((ones,),) = list(drawn_sums((x > 2).astype(int), 2, y, (np.ones(N),), replicates=2, seed=1))
    assert ones.weights.sum(axis=1).tolist() == [N, N]


def test_people_of_no_cell_are_drawn_and_counted_nowhere() -> None:
    x, y, w = _survey()
    cells = np.where(x > 2, 0, 1)

    ((sums,),) = drawn_sums(cells, 1, y, (w,), replicates=3, seed=1)

    assert sums.weights.shape == (3, 1)
    assert (sums.weights[:, 0] < w.sum()).all()


def test_knots_that_coincide_in_a_replicate_give_way_to_the_samples() -> None:
    times = np.arange(6.0)
    weights = np.array([[1.0, 1, 1, 1, 1, 1], [0, 0, 6.0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    usual = np.array([0.0, 2.0, 5.0])

    knots = drawn_knots(times, weights, (0.1, 0.5, 0.9), usual)

    assert knots.tolist() == [[0.0, 2.0, 5.0], usual.tolist(), usual.tolist()]
    assert (drawn_knots(times, weights[:1] + np.arange(6.0), (0.1, 0.5, 0.9), usual)[0] != usual).any()


def test_a_replicate_that_leaves_a_part_empty_has_no_curve() -> None:
    x, _, w = _survey()
    times = np.unique(x)
    knots = weighted_quantiles(x, w, HARRELL[5])
    weights = np.where(times < knots[1], 1.0, 0.0)[None]

    (betas,) = drawn_curves(times, [DrawnSums(weights=weights, answers=weights)], knots[None])

    assert np.isnan(betas).all()


def test_limits_are_ordered_replicates_and_infinity_is_one_of_them() -> None:
    drawn = np.arange(1000.0)

    assert drawn_limits(drawn, NOT_SMALL) == (24.0, 975.0)
    few = np.where(drawn >= 980, np.inf, drawn)
    assert drawn_limits(few, NOT_SMALL) == (24.0, 975.0)
    many = np.where(drawn >= 970, np.inf, drawn)
    assert drawn_limits(many, NOT_SMALL) == (24.0, math.inf)
    assert drawn_limits(np.full(1000, np.inf), NOT_SMALL) == (math.inf, math.inf)


def test_few_people_and_leverage_widen_the_limits() -> None:
    drawn = np.arange(1000.0)

    low, high = drawn_limits(drawn, SmallSample(df=10.0, inflation=1.05)) or (0, 0)

    assert low < 24.0
    assert high > 975.0


def test_replicates_without_an_answer_widen_the_limits_or_leave_none() -> None:
    drawn = np.arange(1000.0)

    low, high = drawn_limits(np.where((drawn > 400) & (drawn < 421), np.nan, drawn), NOT_SMALL) or (0, 0)
    assert low < 24.0
    assert high > 975.0
    assert drawn_limits(np.where(drawn < 60, np.nan, drawn), NOT_SMALL) is None


def test_equal_shares_of_n_people_have_n_degrees_of_freedom_and_one_who_carries_all_one() -> None:
    residual = np.random.default_rng(1).normal(size=50)

    assert small_sample(np.full(50, 0.02), residual, np.zeros(50)).df == pytest.approx(50)
    alone = np.eye(50)[3]
    assert small_sample(alone, residual, np.zeros(50)).df == pytest.approx(1)
    assert small_sample(alone, residual, np.full(50, 0.19)).inflation == pytest.approx(1 / 0.9)
    assert small_sample(np.full(50, 0.02), np.zeros(50), np.zeros(50)) == NOT_SMALL


def test_a_bias_is_taken_off_once_and_only_where_the_center_of_the_replicates_crosses() -> None:
    drawn = 5.0 + np.linspace(-1, 1, 1000)

    assert corrected(4.9, drawn) == pytest.approx(4.8)
    assert corrected(4.9, np.where(drawn > 5.99, np.inf, drawn)) == pytest.approx(4.8, abs=0.01)
    assert corrected(4.9, np.where(drawn > 5.5, np.inf, drawn)) == 4.9
    assert corrected(math.inf, drawn) == math.inf


def test_a_bias_of_more_than_a_quarter_of_the_error_is_left() -> None:
    drawn = 5.0 + np.linspace(-1, 1, 1000)
    error = 2 * 0.95 / (2 * 1.96)

    assert corrected(5.0 - 0.24 * error, drawn) == pytest.approx(5.0 - 0.48 * error, rel=1e-3)
    assert corrected(5.0 - 0.26 * error, drawn) == 5.0 - 0.26 * error


def test_a_correction_never_leads_out_of_the_center_of_the_replicates() -> None:
    drawn = np.concatenate([np.linspace(4.0, 4.1, 900), np.linspace(4.1, 9.0, 100)])

    for found in np.linspace(4.0, 4.3, 61):
        answer = corrected(found, drawn)
        assert answer == found or 4.0 <= answer <= 9.0
    assert corrected(4.005, drawn) == 4.005  # the mean lies .2 above, the center ends .005 below
