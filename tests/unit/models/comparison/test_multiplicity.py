"""Several outcomes at once: adjusted p-values and simultaneous intervals."""

import math
from typing import Any

import numpy as np
import pytest

from models.comparison.clusters import influence_inference
from models.comparison.multiplicity import benjamini_hochberg, holm, max_t, wild_max_t
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

NAMES = tuple("abcd")


def _people(count: int = 10, seed: int = 0, people: int = 25) -> tuple[Any, Any, Any, Any, Any]:
    random = np.random.default_rng(seed)
    program = np.repeat(np.arange(count), people)
    arm = (program < count // 2).astype(float)
    y = random.normal(0, 0.3, (count, 4))[program] + random.normal(size=(len(program), 4))
    y[:, 0] += 3.0 * arm
    share = arm.mean()
    treated, untreated = y[arm == 1].mean(axis=0), y[arm == 0].mean(axis=0)
    psi = np.where(arm[:, None] == 1, (y - treated) / share, -(y - untreated) / (1 - share))
    value = treated - untreated
    errors = np.sqrt(np.diag(influence_inference(NAMES, value, psi, program, arm).covariance))
    return value, errors, psi, program, arm


def test_one_outcome_needs_no_adjustment() -> None:
    value, errors, psi, program, arm = _people()
    found = max_t(("a",), value[1:2], errors[1:2], psi[:, 1:2], cluster=program, arms=arm)
    alone = contrast_of(influence_inference(("a",), value[1:2], psi[:, 1:2], program, arm), {"a": 1.0})
    assert found.low is not None and found.high is not None
    assert found.p_values[0] == pytest.approx(alone.p_value, abs=0.02)
    assert found.low[0] == pytest.approx(alone.low, abs=0.03 * (alone.high - alone.low))


def test_the_same_outcome_four_times_pays_nothing() -> None:
    value, errors, psi, program, arm = _people()
    same = [1, 1, 1, 1]
    found = max_t(NAMES, value[same], errors[same], psi[:, same], cluster=program, arms=arm)
    one = max_t(("a",), value[1:2], errors[1:2], psi[:, 1:2], cluster=program, arms=arm)
    np.testing.assert_allclose(found.p_values, one.p_values[0], atol=0.02)


def test_unlike_outcomes_pay_more_than_one_and_less_than_bonferroni() -> None:
    value, errors, psi, program, arm = _people()
    found = max_t(NAMES, value, errors, psi, cluster=program, arms=arm)
    fit = influence_inference(NAMES, value, psi, program, arm)
    critical = [
        (one.high - one.estimate) / one.std_error
        for one in (contrast_of(fit, {name: 1.0}, level=level) for level in (0.95, 0.9875) for name in NAMES)
    ]
    assert found.critical is not None
    assert np.mean(critical[:4]) < found.critical < 1.03 * np.mean(critical[4:])


def test_a_large_difference_is_found_beside_outcomes_without_one() -> None:
    value, errors, psi, program, arm = _people()
    for found in (
        max_t(NAMES, value, errors, psi, cluster=program, arms=arm),
        wild_max_t(NAMES, value, psi, cluster=program, arms=arm),
    ):
        assert found.p_values[0] < 0.01
        assert found.p_values[1:].min() > found.p_values[0]


def test_stepping_down_never_reverses_the_order_of_the_statistics() -> None:
    value, errors, psi, program, arm = _people(seed=4)
    found = max_t(NAMES, value, errors, psi, cluster=program, arms=arm, draws=999)
    order = np.argsort(-np.abs(value / errors))
    assert np.all(np.diff(found.p_values[order]) >= 0.0)


def test_many_programs_give_the_largest_of_normal_statistics() -> None:
    value, errors, psi, program, arm = _people(count=300, people=4)
    found = max_t(NAMES, value, errors, psi, cluster=program, arms=arm)
    assert found.critical == pytest.approx(2.49, abs=0.06)  # four nearly uncorrelated normal statistics


def test_the_order_of_outcomes_does_not_matter() -> None:
    value, _, psi, program, arm = _people(seed=5)
    turned = [2, 0, 3, 1]
    one = wild_max_t(NAMES, value, psi, cluster=program, arms=arm, draws=499)
    two = wild_max_t(NAMES, value[turned], psi[:, turned], cluster=program, arms=arm, draws=499)
    np.testing.assert_allclose(one.p_values[turned], two.p_values, rtol=1e-12)


def test_more_outcomes_than_programs_leave_degrees_of_freedom_still_have_an_answer() -> None:
    value, errors, psi, program, arm = _people(count=4)
    found = max_t(NAMES, value, errors, psi, cluster=program, arms=arm, draws=499)
    assert np.all((found.p_values > 0.0) & (found.p_values <= 1.0))


def test_holm_is_never_below_benjamini_and_hochberg() -> None:
    random = np.random.default_rng(6)
    for _ in range(20):
        p = random.random(int(random.integers(1, 9))) ** 3
        assert np.all(holm(p) >= benjamini_hochberg(p) - 1e-12)
        assert np.all(benjamini_hochberg(p) >= p)


def test_one_p_value_stays_as_it_is() -> None:
    assert holm([0.03])[0] == benjamini_hochberg([0.03])[0] == 0.03


def test_no_p_values_give_none() -> None:
    assert len(holm([])) == len(benjamini_hochberg([])) == 0


@pytest.mark.parametrize("bad", [[0.1, math.nan], [-0.1], [1.1]])
def test_what_is_no_p_value_is_refused(bad: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust(bad)


def test_what_has_no_answer_says_why() -> None:
    value, errors, psi, program, arm = _people()
    with pytest.raises(NotIdentifiedError, match="standard error"):
        max_t(NAMES, value, np.zeros(4), psi, cluster=program, arms=arm)
    with pytest.raises(NotIdentifiedError, match="do not vary"):
        max_t(NAMES, value, errors, np.zeros_like(psi), cluster=program, arms=arm)
    with pytest.raises(NotIdentifiedError, match="no number"):
        max_t(NAMES, value, errors, np.full_like(psi, np.nan), cluster=program, arms=arm)
    with pytest.raises(ValueError, match="row for each person"):
        max_t(NAMES, value, errors, psi[:-1], cluster=program, arms=arm)
