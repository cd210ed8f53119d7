import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.survival.kaplan_meier import kaplan_meier
from models.survival.restricted_mean import difference, influence, log_ratio, restricted_mean


def test_three_people_have_the_area_found_with_pencil_and_paper() -> None:
    """Events on days 2 and 5, censored on day 4: S = 1, 2/3 from 2, 0 from 5. Area to 6: 2 + 3 * 2/3 = 4."""
    found = restricted_mean(kaplan_meier(np.array([2.0, 4.0, 5.0]), np.array([True, False, True])), 6)

    assert found.value == pytest.approx(4.0)
    assert found.variance == pytest.approx((3 * 2 / 3) ** 2 * 1 / (3 * 2))


def test_without_censoring_it_is_the_mean_of_the_days_and_its_error_that_of_a_mean() -> None:
    days = np.ceil(np.random.default_rng(1).exponential(100, 150))
    found = restricted_mean(kaplan_meier(days, np.ones(150, dtype=bool)), 120)
    cut = np.minimum(days, 120)

    assert found.value == pytest.approx(cut.mean(), rel=1e-12)
    assert found.variance == pytest.approx(cut.var() / 150, rel=1e-12)


def test_where_nobody_has_the_event_it_is_the_horizon_for_sure() -> None:
    found = restricted_mean(kaplan_meier(np.array([400.0, 365.0]), np.zeros(2, dtype=bool)), 365)

    assert (found.value, found.std_error) == (365.0, 0.0)


def test_beyond_the_follow_up_it_is_refused() -> None:
    curve = kaplan_meier(np.array([10.0, 300.0]), np.array([True, False]))

    with pytest.raises(NotIdentifiedError, match="follow-up ends"):
        restricted_mean(curve, 365)


def test_everybody_with_the_event_before_the_horizon_is_known() -> None:
    found = restricted_mean(kaplan_meier(np.array([10.0, 20.0]), np.ones(2, dtype=bool)), 365)

    assert found.value == pytest.approx(15.0)


def test_differences_and_ratios_of_two_groups_turn_round() -> None:
    random = np.random.default_rng(2)
    one, two = (
        restricted_mean(kaplan_meier(random.exponential(scale, 80), np.ones(80, dtype=bool)), 50)
        for scale in (30, 60)
    )

    assert difference(one, two)[0] == -difference(two, one)[0]
    assert difference(one, two)[1] == difference(two, one)[1]
    assert np.exp(log_ratio(one, two)[0]) == pytest.approx(one.value / two.value)


def test_means_to_different_horizons_are_not_compared() -> None:
    curve = kaplan_meier(np.array([10.0, 50.0]), np.array([True, False]))

    with pytest.raises(ValueError, match="one horizon"):
        difference(restricted_mean(curve, 20), restricted_mean(curve, 30))
    with pytest.raises(ValueError, match="after the start"):
        restricted_mean(curve, 0)


def _tied(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return np.ceil(random.exponential(8, 60)), random.random(60) < 0.7


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_influences_add_up_to_zero_and_their_squares_to_the_variance(seed: int) -> None:
    days, events = _tied(seed)
    curve = kaplan_meier(days, events)
    found = influence(curve, 12, events)

    assert found.sum() == pytest.approx(0.0, abs=1e-12)
    assert (found**2).sum() == pytest.approx(restricted_mean(curve, 12).variance, rel=1e-12)


def test_an_influence_is_what_a_little_more_weight_of_a_person_changes() -> None:
    """A thousand copies of everybody and eleven more of one person: a weight of 1.011."""
    days, events = _tied(4)
    found = influence(kaplan_meier(days, events), 12, events)
    whole = restricted_mean(kaplan_meier(days, events), 12).value

    for person in range(0, 60, 7):
        counts = np.full(60, 1000)
        counts[person] += 11
        more = restricted_mean(kaplan_meier(np.repeat(days, counts), np.repeat(events, counts)), 12).value
        assert (more - whole) / 0.011 == pytest.approx(found[person], rel=1e-3, abs=1e-6)
