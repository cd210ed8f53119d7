import numpy as np
import pytest

from models.survival.kaplan_meier import (
    OBSERVED_FROM_START,
    incidence_by,
    kaplan_meier,
    log_log_limits,
    median_time,
)

# Weeks to relapse under 6-mercaptopurine (Freireich et al. 1963), 21 patients; the curve is worked out by
# hand in Klein & Moeschberger 2003, example 4.1.
WEEKS = np.array([6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], dtype=float)
RELAPSED = np.arange(21) < 9


def test_the_curve_of_the_leukemia_trial_is_the_one_worked_out_by_hand() -> None:
    curve = kaplan_meier(WEEKS, RELAPSED)

    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.n_at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    by_hand = np.cumprod([18 / 21, 16 / 17, 14 / 15, 11 / 12, 10 / 11, 6 / 7, 5 / 6])
    np.testing.assert_allclose(curve.survival, by_hand, rtol=1e-12)
    greenwood = 3 / (21 * 18) + 1 / (17 * 16)
    assert incidence_by(curve, 9).std_error == pytest.approx(by_hand[1] * np.sqrt(greenwood), rel=1e-12)


def test_without_censoring_the_share_is_the_plain_proportion() -> None:
    curve = kaplan_meier(np.arange(1.0, 41.0), np.ones(40, dtype=bool))

    for time in (1, 10, 25, 39):
        assert incidence_by(curve, time).value == pytest.approx(time / 40, rel=1e-12)


def test_a_person_is_not_at_risk_before_entering() -> None:
    """Entries 0, 0, 5; the event at 3 has two at risk, the one at 8 has two."""
    exits, entries = np.array([3.0, 9.0, 8.0]), np.array([-np.inf, -np.inf, 5.0])
    curve = kaplan_meier(exits, np.array([True, False, True]), entries)

    assert curve.n_at_risk.tolist() == [2, 2]
    np.testing.assert_allclose(curve.survival, [1 / 2, 1 / 4])
    assert (curve.at_risk(3), curve.at_risk(4), curve.at_risk(5), curve.at_risk(6)) == (2, 1, 1, 2)


def test_an_event_at_time_zero_counts_for_those_observed_from_the_start() -> None:
    curve = kaplan_meier(np.array([0.0, 4.0]), np.array([True, False]))

    assert incidence_by(curve, 0).value == 0.5
    assert curve.entries.tolist() == [OBSERVED_FROM_START, OBSERVED_FROM_START]


def test_before_the_first_event_and_after_the_last_person_there_is_no_interval() -> None:
    curve = kaplan_meier(np.array([2.0, 3.0]), np.ones(2, dtype=bool))

    for time, share in ((1, 0.0), (3, 1.0)):
        found = incidence_by(curve, time)
        assert found.value == share
        assert (found.std_error, found.low, found.high) == (None, None, None)


def test_nobody_with_the_event_gives_zero_and_no_median() -> None:
    curve = kaplan_meier(np.array([2.0, 3.0, 5.0]), np.zeros(3, dtype=bool))

    assert incidence_by(curve, 4).value == 0.0
    assert curve.last_follow_up == 5.0
    assert median_time(curve) == (None, None, None)


def test_the_median_is_the_middle_of_a_stretch_at_one_half() -> None:
    curve = kaplan_meier(np.array([1.0, 2.0, 6.0, 9.0]), np.ones(4, dtype=bool))

    assert median_time(curve)[0] == 4.0


def test_limits_stay_between_zero_and_one() -> None:
    curve = kaplan_meier(WEEKS, RELAPSED)

    for time in curve.times:
        share = incidence_by(curve, time)
        assert share.low is not None
        assert share.high is not None
        assert 0 < share.low < share.value < share.high < 1


@pytest.mark.parametrize(
    ("exits", "events", "entries", "until"),
    [
        ([2.0, 3.0, 5.0], [True, False, True], None, np.inf),  # the last one had the event
        ([2.0, 3.0, 5.0], [True, True, False], None, 5.0),  # the last one was lost
        ([2.0, 5.0, 5.0], [True, True, False], None, 5.0),  # tied with the last event
        ([2.0, 3.0, 9.0], [True, False, True], [-np.inf, -np.inf, 4.0], 3.0),  # a gap before an entry
        ([2.0, 3.0, 9.0], [True, True, True], [-np.inf, -np.inf, 3.0], np.nextafter(3.0, 0)),  # empty at 3
    ],
)
def test_survival_is_known_until_nobody_is_left_without_the_event(
    exits: list[float], events: list[bool], entries: list[float] | None, until: float
) -> None:
    curve = kaplan_meier(np.array(exits), np.array(events), None if entries is None else np.array(entries))

    assert curve.known_until == until


def test_leaving_before_entering_is_an_error() -> None:
    with pytest.raises(ValueError, match="after entering"):
        kaplan_meier(np.array([3.0]), np.array([True]), np.array([3.0]))


def test_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        kaplan_meier(np.empty(0), np.empty(0, dtype=bool))


def test_limits_of_a_share_next_to_one_with_a_large_error_are_zero_and_one() -> None:
    assert log_log_limits(1.0 - 1e-12, 0.01, 2.0) == (0.0, 1.0)
