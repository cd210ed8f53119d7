import math

import numpy as np
import pytest
from scipy import stats

from models.inference.contrast import contrast_of, weights_of
from models.refusal import NotIdentifiedError


@pytest.fixture
def fit(inference):
    return inference([1.0, 2.0], [[0.04, 0.01], [0.01, 0.09]], df=12.0)


def test_a_named_contrast_has_the_quadratic_form_as_its_variance_and_a_t_interval(fit) -> None:
    found = contrast_of(fit, {"intercept": 1.0, "slope": 3.0})

    error = math.sqrt(0.04 + 9 * 0.09 + 6 * 0.01)
    assert found.estimate == pytest.approx(7.0)
    assert found.std_error == pytest.approx(error)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 12) * error)
    assert found.p_value == pytest.approx(2 * stats.t.sf(7 / error, 12))
    assert found.df == 12.0


def test_an_infinite_df_means_the_normal_distribution(inference) -> None:
    found = contrast_of(inference([1.0], [[0.25]]), {"intercept": 1.0})

    assert found.low == pytest.approx(1.0 - 1.959963984540054 * 0.5)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(2.0))


def test_the_rule_for_df_is_asked_about_the_whole_contrast(inference) -> None:
    fit = inference([1.0, 2.0], np.eye(2), df=lambda contrast: float(10 * contrast @ contrast))

    assert contrast_of(fit, {"intercept": 1.0, "slope": 3.0}).df == pytest.approx(100.0)


def test_an_array_and_a_mapping_ask_for_the_same_contrast(fit) -> None:
    named, plain = contrast_of(fit, {"slope": 2.0}), contrast_of(fit, np.array([0.0, 2.0]))

    assert (named.estimate, named.std_error) == (plain.estimate, plain.std_error)
    np.testing.assert_array_equal(weights_of(fit, {"slope": 2.0}), [0.0, 2.0])


def test_a_coefficient_left_out_may_be_undefined(inference) -> None:
    fit = inference([1.0, math.nan], [[0.25, math.nan], [math.nan, math.nan]])

    assert contrast_of(fit, {"intercept": 1.0}).std_error == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("beta", "variance", "df"),
    [(math.nan, 1.0, 9.0), (1.0, math.nan, 9.0), (1.0, 0.0, 9.0), (1.0, -1.0, 9.0), (1.0, 1.0, 0.0),
     (1.0, 1.0, math.nan), (math.inf, 1.0, 9.0)],
)  # fmt: skip
def test_a_fit_without_numbers_is_refused(beta: float, variance: float, df: float, inference) -> None:
    with pytest.raises(NotIdentifiedError):
        contrast_of(inference([beta], [[variance]], df=df), {"intercept": 1.0})


def test_a_combination_of_collinear_coefficients_with_no_variance_of_its_own_is_refused(inference) -> None:
    fit = inference([1.0, 1.0], [[1.0, -1.0 + 1e-15], [-1.0 + 1e-15, 1.0]])

    with pytest.raises(NotIdentifiedError):
        contrast_of(fit, {"intercept": 1.0, "slope": 1.0})


def test_mistakes_of_the_caller_are_named(fit) -> None:
    with pytest.raises(ValueError, match="not coefficients of this fit: other"):
        contrast_of(fit, {"other": 1.0})
    with pytest.raises(ValueError, match="one weight"):
        contrast_of(fit, np.ones(3))
    with pytest.raises(ValueError, match="finite"):
        contrast_of(fit, {"slope": math.inf})
    with pytest.raises(ValueError, match="no coefficient"):
        contrast_of(fit, {"slope": 0.0})
    with pytest.raises(ValueError, match="between 0 and 1"):
        contrast_of(fit, {"slope": 1.0}, level=95.0)
