"""E-values: published examples, symmetry, and limits at no effect."""

import numpy as np
import pytest

from models.comparison.e_value import (
    of_mean_difference,
    of_odds_ratio,
    of_ratio,
    of_risk_difference,
    of_risk_ratio,
)
from models.refusal import NotIdentifiedError

COVARIANCE = np.diag([0.002, 0.001])


def test_the_formula_holds_for_a_ratio_of_two() -> None:
    assert of_ratio(2.0) == pytest.approx(2.0 + np.sqrt(2.0))


def test_no_effect_needs_no_confounder() -> None:
    assert of_ratio(1.0) == 1.0


def test_a_ratio_and_its_inverse_need_the_same_confounder() -> None:
    one, two = of_risk_ratio(3.0, 1.5, 6.0), of_risk_ratio(1 / 3.0, 1 / 6.0, 1 / 1.5)
    assert (one.estimate, one.limit) == pytest.approx((two.estimate, two.limit))


def test_an_interval_that_holds_no_effect_has_a_limit_of_one() -> None:
    assert of_risk_ratio(1.5, 0.9, 2.5).limit == 1.0
    assert of_mean_difference(0.2, -0.1, 0.5, sd=1.0).limit == 1.0
    assert of_odds_ratio(0.7, 0.4, 1.2, rare=False).limit == 1.0
    assert of_risk_difference((0.4, 0.35), COVARIANCE, 2.0).limit == 1.0


def test_a_common_outcome_needs_less_confounding_than_its_odds_ratio_suggests() -> None:
    assert (
        of_odds_ratio(2.0, 1.2, 3.0, rare=False).estimate < of_odds_ratio(2.0, 1.2, 3.0, rare=True).estimate
    )


def test_the_limit_leaves_one_exactly_where_the_interval_of_the_difference_leaves_zero() -> None:
    error = np.sqrt(COVARIANCE.sum())
    for step, is_one in ((-1e-6, True), (1e-6, False)):
        found = of_risk_difference((0.3 + 2.0 * error + step, 0.3), COVARIANCE, 2.0)
        assert (found.limit == 1.0) == is_one


def test_fewer_and_more_problems_need_the_same_confounder() -> None:
    one = of_risk_difference((0.5, 0.2), COVARIANCE, 2.0)
    two = of_risk_difference((0.2, 0.5), COVARIANCE[::-1, ::-1], 2.0)
    assert (one.estimate, one.limit) == pytest.approx((two.estimate, two.limit))
    assert one.risk_ratio == pytest.approx(1 / two.risk_ratio)


def test_a_difference_known_exactly_has_its_own_e_value_as_limit() -> None:
    found = of_risk_difference((0.5, 0.2), np.zeros((2, 2)), 2.0)
    assert found.limit == pytest.approx(found.estimate)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: of_ratio(0.0),
        lambda: of_ratio(float("inf")),
        lambda: of_risk_ratio(1.0, 1.1, 2.0),
        lambda: of_risk_ratio(1.5, 0.0, 0.5),
        lambda: of_odds_ratio(-1.0, 0.5, 2.0, rare=True),
        lambda: of_mean_difference(0.3, 0.1, 0.5, sd=0.0),
        lambda: of_risk_difference((0.0, 0.2), COVARIANCE, 2.0),
        lambda: of_risk_difference((0.2, 1.2), COVARIANCE, 2.0),
    ],
)
def test_what_has_no_e_value_says_why(attempt: object) -> None:
    with pytest.raises(NotIdentifiedError, match=r"E-value|risk|standard"):
        attempt()  # type: ignore[operator]
