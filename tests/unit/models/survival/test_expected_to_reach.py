import numpy as np
import pytest

from models.survival.kaplan_meier import expected_to_reach, kaplan_meier, log_log_limits


def test_with_nobody_lost_everybody_would_have_reached_any_time_however_many_had_the_event() -> None:
    exits = np.array([1.0, 2.0, 3.0, 4.0])
    events = np.ones(4, dtype=bool)

    assert expected_to_reach(kaplan_meier(exits, events), events, np.array([2.5, 99.0])).tolist() == [
        4.0,
        4.0,
    ]


def test_a_person_lost_on_a_day_reached_it_and_events_come_before_losses_of_the_same_day() -> None:
    """Day 2: an event and a loss of 4 people; after the event 3 are left, one of them is lost."""
    exits, events = np.array([2.0, 2.0, 5.0, 5.0]), np.array([True, False, False, True])
    found = expected_to_reach(kaplan_meier(exits, events), events, np.array([2.0, 3.0, 5.0, 6.0]))

    np.testing.assert_allclose(found, [4.0, 4 * 2 / 3, 4 * 2 / 3, 0.0])


def test_it_is_right_on_average_when_events_hide_half_of_the_follow_up() -> None:
    random = np.random.default_rng(3)
    lost, event = random.uniform(0, 100, 4000), random.exponential(70, 4000)
    exits = np.minimum(lost, event)
    found = expected_to_reach(kaplan_meier(exits, event <= lost), event <= lost, np.array([60.0]))[0]

    assert found == pytest.approx((lost >= 60).sum(), rel=0.04)
    assert (exits >= 60).sum() < 0.5 * found


def test_log_log_limits_lie_within_zero_and_one_around_the_share() -> None:
    for share in (0.001, 0.2, 0.5, 0.999):
        low, high = log_log_limits(share, 0.4 * share * (1 - share), 1.96)
        assert 0 < low < share < high <= 1


@pytest.mark.parametrize("delayed", [False, True])
def test_the_end_of_what_is_known_is_found_as_by_counting_everybody_at_every_day(delayed: bool) -> None:
    random = np.random.default_rng(4)
    for _ in range(200):
        n = int(random.integers(1, 8))
        exits = random.integers(2, 7, n).astype(float)
        entries = exits - random.integers(1, 6, n) if delayed else np.full(n, -np.inf)
        curve = kaplan_meier(exits, random.random(n) < 0.5, entries)
        ends = np.unique(exits)
        empty = next(end for end in ends if not np.any((entries <= end) & (exits > end)))
        gone = curve.times[curve.survival <= 0]
        if gone.size and gone[0] <= empty:
            assert curve.known_until >= np.nextafter(gone[0], 0)
        else:
            assert curve.known_until == empty
