"""Ranks with intervals that hold together."""

import numpy as np
import pytest

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.rank_intervals import ranked


def _fit(
    beta: list[float], errors: list[float], *, correlation: float = 0.0, df: float = np.inf
) -> Inference:
    size = np.array(errors)
    shape = np.full((size.size, size.size), correlation) + (1 - correlation) * np.eye(size.size)
    return Inference(
        names=tuple(f"p{j}" for j in range(size.size)), beta=np.array(beta),
        covariance=shape * np.outer(size, size), df=lambda _: df, rule="made up",
    )  # fmt: skip


def _told(fit: Inference) -> list[tuple[int, int, int]]:
    return [(one.rank, one.low, one.high) for one in ranked(fit, fit.names)]


def test_estimates_far_apart_have_ranks_without_doubt() -> None:
    assert _told(_fit([1.0, 3.0, 2.0], [0.01] * 3)) == [(3, 3, 3), (1, 1, 1), (2, 2, 2)]


def test_estimates_that_cannot_be_told_apart_may_have_any_rank() -> None:
    assert _told(_fit([1.0, 3.0, 2.0], [5.0] * 3)) == [(3, 1, 3), (1, 1, 3), (2, 1, 3)]


def test_one_estimate_apart_from_two_alike_keeps_its_own_rank_alone() -> None:
    assert _told(_fit([1.0, 1.01, 9.0], [0.2] * 3)) == [(3, 2, 3), (2, 2, 3), (1, 1, 1)]


@pytest.mark.parametrize(("gap", "apart"), [(2.2, False), (2.3, True)])
def test_a_single_pair_uses_the_t_quantile(gap: float, apart: bool) -> None:
    fit = _fit([gap, 0.0], [np.sqrt(0.5)] * 2, df=10.0)  # error of the difference 1, limit 2.228
    assert _told(fit) == ([(1, 1, 1), (2, 2, 2)] if apart else [(1, 1, 2), (2, 1, 2)])


def test_correlated_errors_tell_apart_what_independent_ones_do_not() -> None:
    assert _told(_fit([1.0, 0.0], [0.6, 0.6]))[0] == (1, 1, 2)
    assert _told(_fit([1.0, 0.0], [0.6, 0.6], correlation=0.9))[0] == (1, 1, 1)


def test_all_ranks_of_equal_and_of_unequal_estimates_are_held_in_95_percent_or_more() -> None:
    random, truth = np.random.default_rng(5), np.array([0.0, 0.0, 1.0, 2.0])
    # Tied coefficients share their ranks: the interval must hold 1 + the number truly larger.
    true_ranks = [1 + int((truth > value).sum()) for value in truth]
    held = 0
    for _ in range(400):
        fit = _fit([*(truth + 0.5 * random.standard_normal(4))], [0.5] * 4)
        found = ranked(fit, fit.names, draws=4_000)
        held += all(one.low <= true <= one.high for one, true in zip(found, true_ranks, strict=True))
    assert held / 400 >= 0.94


def test_ranks_of_what_has_no_errors_are_refused() -> None:
    same = _fit([1.0, 2.0], [0.5, 0.5], correlation=1.0)
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        ranked(same, same.names)
    with pytest.raises(NotIdentifiedError, match="degrees of freedom"):
        ranked(_fit([1.0, 2.0], [0.5, 0.5], df=0.0), ("p0", "p1"))
    with pytest.raises(ValueError, match="two estimates"):
        ranked(same, ("p0",))
