import numpy as np
import pytest
from scipy import stats

from models.refusal import NotIdentifiedError
from models.survival import cox
from models.survival.log_rank import log_rank


def _groups(n: int = 120, groups: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    group = random.integers(0, groups, n)
    time, lost = random.exponential(50 / (1 + 0.4 * group)), random.uniform(10, 120, n)
    return np.minimum(time, lost), time <= lost, group


def test_without_ties_it_is_the_score_test_of_the_cox_model() -> None:
    stop, event, group = _groups()
    found = log_rank(stop, event, group)
    score = information = 0.0
    for t in stop[event]:
        at_risk = group[stop >= t]
        score += group[stop == t][0] - at_risk.mean()
        information += at_risk.mean() * (1 - at_risk.mean())

    assert found.statistic == pytest.approx(score**2 / information, rel=1e-10)
    fitted = cox.fit(stop=stop, event=event, x=group[:, None].astype(float))
    assert found.p_value == pytest.approx(
        2 * stats.norm.sf(abs(fitted.beta[0]) / np.sqrt(fitted.covariance[0, 0])), abs=0.01
    )


def test_names_of_groups_decide_nothing() -> None:
    stop, event, group = _groups(groups=4)

    one, two = log_rank(stop, event, group), log_rank(stop, event, np.array([7, 3, 0, 1])[group])
    assert one.statistic == pytest.approx(two.statistic, rel=1e-10)
    assert one.df == 3


def test_expected_events_add_up_to_the_observed_ones() -> None:
    stop, event, group = _groups(groups=3)
    found = log_rank(np.ceil(stop / 10), event, group)

    assert found.observed.sum() == pytest.approx(found.expected.sum())


def test_people_who_enter_late_are_not_at_risk_before() -> None:
    """Events on days 1 and 3 in group 0; group 1 enters on day 2: only day 3 compares, one of three."""
    found = log_rank(
        np.array([1.0, 3.0, 4.0, 4.0]), np.array([True, True, False, False]), np.array([0, 0, 1, 1]),
        np.array([0.0, 0.0, 2.0, 2.0]),
    )  # fmt: skip

    np.testing.assert_allclose(found.expected, [1 + 1 / 3, 2 / 3])
    assert found.statistic == pytest.approx((2 / 3) ** 2 / (2 / 9))


def test_a_group_never_at_risk_beside_another_says_nothing() -> None:
    stop, event, group = _groups()
    start = np.zeros(stop.size + 1)
    start[-1] = 500.0
    with_late = log_rank(np.append(stop, 600.0), np.append(event, True), np.append(group, 2), start)

    assert with_late.df == 1
    assert with_late.statistic == pytest.approx(log_rank(stop, event, group).statistic)


@pytest.mark.parametrize(
    ("event", "group", "words"),
    [([True, True], [0, 0], "two groups"), ([False, False], [0, 1], "two groups and an event")],
)
def test_nothing_to_compare_is_refused(event: list[bool], group: list[int], words: str) -> None:
    with pytest.raises(NotIdentifiedError, match=words):
        log_rank(np.array([1.0, 2.0]), np.array(event), np.array(group))


def test_groups_at_risk_one_after_the_other_are_refused() -> None:
    with pytest.raises(NotIdentifiedError, match="under observation"):
        log_rank(np.array([1.0, 3.0]), np.array([True, True]), np.array([0, 1]), np.array([0.0, 2.0]))
