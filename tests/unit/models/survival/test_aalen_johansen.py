import numpy as np
import pytest

from models.survival import kaplan_meier as single
from models.survival.aalen_johansen import (
    AalenJohansen,
    aalen_johansen,
    incidence_by,
    influence,
    share_by,
)


def _people(seed: int, n: int = 200, *, delayed: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole days, many ties, two causes."""
    random = np.random.default_rng(seed)
    first, second, lost = (np.ceil(random.exponential(scale, n)) for scale in (20, 30, 40))
    exits = np.minimum(np.minimum(first, second), lost)
    cause = np.where(exits == first, 1, np.where(exits == second, 2, 0))
    entries = np.floor(random.uniform(0, 8, n)) if delayed else np.full(n, -np.inf)
    seen = entries < exits
    return exits[seen], cause[seen].astype(np.int64), entries[seen]


def _by_matrices(exits: np.ndarray, cause: np.ndarray, entries: np.ndarray, time: float) -> np.ndarray:
    """Aalen & Johansen's product of transition matrices, as they wrote it: free, cause 1, cause 2."""
    state = np.array([1.0, 0.0, 0.0])
    for t in np.unique(exits[(cause > 0) & (exits <= time)]):
        n = np.sum((entries < t) & (exits >= t))
        share = [np.sum((exits == t) & (cause == k)) / n for k in (1, 2)]
        step = np.eye(3)
        step[0] = [1 - sum(share), *share]
        state = state @ step
    return state


@pytest.mark.parametrize("delayed", [False, True])
def test_shares_are_the_product_of_transition_matrices(delayed: bool) -> None:
    people = _people(1, delayed=delayed)
    curve = aalen_johansen(*people)

    for time in (1, 5, 17.5, 40):
        free, one, two = _by_matrices(*people, time)
        assert share_by(curve, 1, time) == pytest.approx(one, abs=1e-13)
        assert share_by(curve, 2, time) == pytest.approx(two, abs=1e-13)
        step = int(np.searchsorted(curve.times, time, "right")) - 1
        assert curve.survival[step] == pytest.approx(free, abs=1e-13)


def test_both_causes_and_a_censoring_on_one_day_meet_the_same_people_at_risk() -> None:
    """Six people. Day 2: one of cause 1, two of cause 2, one censored. Day 3: cause 1, two at risk."""
    exits = np.array([2.0, 2.0, 2.0, 2.0, 3.0, 4.0])
    cause = np.array([1, 2, 2, 0, 1, 0])
    curve = aalen_johansen(exits, cause)

    assert share_by(curve, 1, 2) == pytest.approx(1 / 6)
    assert share_by(curve, 2, 2) == pytest.approx(2 / 6)
    assert share_by(curve, 1, 3) == pytest.approx(1 / 6 + 3 / 6 * 1 / 2)
    assert share_by(curve, 1, 1.9) == 0.0
    assert (curve.at_risk(2), curve.at_risk(3)) == (6, 2)
    assert (curve.events_by(1, 3), curve.events_by(2, 3)) == (2, 2)


@pytest.mark.parametrize("delayed", [False, True])
def test_with_one_cause_share_error_and_limits_are_those_of_kaplan_meier(delayed: bool) -> None:
    exits, cause, entries = _people(2, delayed=delayed)
    event = cause == 1
    curve = aalen_johansen(exits, event.astype(np.int64), entries)
    alone = single.kaplan_meier(exits, event, entries)

    for time in (3, 10, 25):
        found, expected = incidence_by(curve, 1, time), single.incidence_by(alone, time)
        for name in ("value", "std_error", "low", "high"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-10), name


def test_death_as_censoring_overstates_and_with_it_competing_all_shares_add_up_to_one() -> None:
    exits, cause, entries = _people(3)
    curve = aalen_johansen(exits, cause, entries)
    alone = single.kaplan_meier(exits, cause == 1)

    assert single.incidence_by(alone, 30).value > share_by(curve, 1, 30) + 0.1
    np.testing.assert_allclose(curve.incidence.sum(axis=0) + curve.survival, 1.0, atol=1e-12)


def test_shares_and_survival_add_up_to_one_with_weights_and_delayed_entry() -> None:
    for seed in range(20):
        exits, cause, entries = _people(seed, 40, delayed=True)
        weights = np.random.default_rng(seed).uniform(0.1, 9, exits.size)
        curve = aalen_johansen(exits, cause, entries, weights)

        np.testing.assert_allclose(curve.incidence.sum(axis=0) + curve.survival, 1.0, atol=1e-12)


def test_people_who_weigh_two_count_twice() -> None:
    exits, cause, entries = _people(4, 60)
    twice = aalen_johansen(*(np.concatenate([column, column[:20]]) for column in (exits, cause, entries)))
    weighted = aalen_johansen(exits, cause, entries, np.where(np.arange(exits.size) < 20, 2.0, 1.0))

    for time in (5, 20):
        assert share_by(weighted, 1, time) == pytest.approx(share_by(twice, 1, time), rel=1e-12)


@pytest.mark.parametrize("delayed", [False, True])
def test_influence_is_the_derivative_by_each_persons_weight(delayed: bool) -> None:
    exits, cause, entries = _people(5, 30, delayed=delayed)
    weights = np.random.default_rng(5).uniform(0.5, 2, exits.size)
    curve = aalen_johansen(exits, cause, entries, weights)
    step = 1e-6

    for time in (4, 15):
        found = influence(curve, 2, time)
        for person in range(exits.size):
            moved = [weights.copy(), weights.copy()]
            moved[0][person] += step
            moved[1][person] -= step
            up, down = (share_by(aalen_johansen(exits, cause, entries, w), 2, time) for w in moved)
            derivative = (up - down) / (2 * step)
            assert found[person] == pytest.approx(weights[person] * derivative, abs=1e-8)


def test_without_weights_and_delay_the_jackknife_is_the_delta_methods_variance_ties_included() -> None:
    curve = aalen_johansen(*_people(6))

    for cause in (1, 2):
        for time in (2, 12, 33):
            jackknife = np.sqrt(np.sum(influence(curve, cause, time) ** 2))
            assert incidence_by(curve, cause, time).std_error == pytest.approx(jackknife, rel=1e-10)


def test_equal_weights_leave_everything_as_it_is() -> None:
    people = _people(7)
    plain, weighted = aalen_johansen(*people), aalen_johansen(*people, np.full(people[0].size, 3.7))

    for time in (5, 25):
        one, two = incidence_by(plain, 1, time), incidence_by(weighted, 1, time)
        assert (one.value, one.std_error) == (
            pytest.approx(two.value, rel=1e-11), pytest.approx(two.std_error, rel=1e-9),
        )  # fmt: skip


def test_the_order_of_people_decides_nothing() -> None:
    exits, cause, entries = _people(8, delayed=True)
    order = np.random.default_rng(8).permutation(exits.size)
    one, two = (
        aalen_johansen(exits, cause, entries),
        aalen_johansen(exits[order], cause[order], entries[order]),
    )

    assert incidence_by(one, 2, 20) == incidence_by(two, 2, 20)


def _curve(exits: list[float], cause: list[int]) -> AalenJohansen:
    return aalen_johansen(np.array(exits), np.array(cause, dtype=np.int64))


def test_nothing_is_known_once_nobody_is_left_under_observation() -> None:
    assert _curve([1, 2, 3], [1, 0, 0]).known_until == 3
    assert _curve([1, 2, 3], [1, 0, 2]).known_until == np.inf


def test_a_cause_nobody_had_has_share_zero_and_no_interval() -> None:
    curve = _curve([1, 2, 3, 4], [1, 0, 1, 0])
    found = incidence_by(curve, 2, 4)

    assert (found.value, found.std_error, found.low, found.high) == (0.0, None, None, None)
    assert not influence(curve, 2, 4).any()


def test_everybody_with_an_event_leaves_finite_errors_of_either_cause() -> None:
    curve = _curve([1, 1, 2, 2, 3], [1, 2, 1, 1, 2])

    assert share_by(curve, 1, 9) == pytest.approx(3 / 5)
    assert incidence_by(curve, 1, 9).std_error == pytest.approx(np.sqrt(3 / 5 * 2 / 5 / 5))


def test_everybody_with_one_event_on_one_day_has_share_one_without_an_interval() -> None:
    found = incidence_by(_curve([5, 5, 5], [1, 1, 1]), 1, 5)

    assert (found.value, found.low) == (1.0, None)


def test_nobody_with_an_event_has_share_zero() -> None:
    curve = _curve([5, 6], [0, 0])

    assert curve.causes == ()
    assert incidence_by(curve, 1, 6).value == 0.0


@pytest.mark.parametrize(
    ("exits", "cause", "weights", "words"),
    [
        ([], [], None, "at least one person"),
        ([1.0], [-1], None, "numbered from 1"),
        ([1.0, 2.0], [1, 0], [1.0, 0.0], "positive"),
        ([1.0, 2.0], [1, 0], [1.0, np.nan], "positive"),
        ([1.0, 2.0], [1], None, "the same people"),
    ],
)
def test_impossible_people_are_refused_by_name(
    exits: list[float], cause: list[int], weights: list[float] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        aalen_johansen(
            np.array(exits, dtype=float), np.array(cause, dtype=np.int64),
            weights=None if weights is None else np.array(weights),
        )  # fmt: skip


def test_any_small_set_of_people_has_finite_shares_and_errors() -> None:
    random = np.random.default_rng(12)
    for _ in range(400):
        n = int(random.integers(1, 7))
        exits = random.integers(1, 5, n).astype(float)
        entries = np.where(random.random(n) < 0.5, -np.inf, exits - random.integers(1, 4, n))
        weights = random.uniform(0.1, 5, n) if random.random() < 0.5 else None
        curve = aalen_johansen(exits, random.integers(0, 4, n), entries, weights)
        for cause in (1, 2, 3):
            for time in (0, 1, 2.5, 9):
                found = incidence_by(curve, cause, time)
                assert 0 <= found.value <= 1
                if found.std_error is not None:
                    assert found.low is not None
                    assert found.high is not None
                    assert 0 <= found.low <= found.value <= found.high <= 1
