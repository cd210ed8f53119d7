"""Knots, the spline's basis and fit, its limits, and local regression."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from models.refusal import NotIdentifiedError
from models.trajectory.knots import (
    HARRELL,
    effective_people,
    knot_shares,
    place_knots,
    usual_number,
    weighted_quantiles,
)
from models.trajectory.limits import pointwise, simultaneous, simultaneous_critical
from models.trajectory.local_regression import local_regression
from models.trajectory.spline import basis, fit_spline

KNOTS = np.array([0.5, 1.0, 3.0, 8.0, 20.0])


def _people(n: int = 300, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.exponential(6.0, n)
    return x, np.sin(x / 4) + random.normal(0, 0.3, n), random.uniform(0.3, 3.0, n)


def test_a_weight_of_three_counts_as_three_people_in_quantiles_and_curve() -> None:
    x, y, _ = _people(60)
    weights = np.tile([1.0, 2.0, 3.0], 20)
    rows = np.repeat(np.arange(60), weights.astype(int))
    shares = HARRELL[4]

    assert weighted_quantiles(x, weights, shares) == pytest.approx(
        weighted_quantiles(x[rows], np.ones(len(rows)), shares)
    )
    knots = place_knots(x, weights)
    assert fit_spline(x, y, weights, knots).beta == pytest.approx(
        fit_spline(x[rows], y[rows], np.ones(len(rows)), knots).beta, rel=1e-9
    )


def test_a_weighted_median_is_the_first_value_at_which_half_the_weight_is_reached() -> None:
    assert weighted_quantiles(
        np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), (0.25, 0.5, 1.0)
    ).tolist() == [
        1.0,
        2.0,
        3.0,
    ]


@pytest.mark.parametrize(("people", "knots"), [(29, 3), (30, 4), (99, 4), (100, 5), (5000, 5)])
def test_the_number_of_knots_grows_with_the_people(people: int, knots: int) -> None:
    assert usual_number(np.ones(people)) == knots


def test_unequal_weights_leave_fewer_effective_people() -> None:
    assert effective_people(np.ones(50)) == pytest.approx(50)
    assert effective_people(np.array([1.0] * 49 + [51.0])) == pytest.approx(100**2 / (49 + 51**2))


def test_a_survey_of_many_years_gets_knots_in_the_first_one() -> None:
    years = np.linspace(0.0, 40.0, 2000) ** 1.2 / 40**0.2

    knots = place_knots(years, np.ones(2000))

    assert np.sum(knots <= 1.0) == 3
    assert np.all(np.diff(knots) > 0)
    between = knots[3]
    assert 1.0 < between < 4.0 * knots[2] + 1e-9 or knots[4] / knots[2] <= 4.0


def test_without_people_in_the_first_year_knots_lie_at_the_usual_places() -> None:
    years = np.linspace(2.0, 40.0, 500)

    assert knot_shares(years, np.ones(500)) == HARRELL[5]


@pytest.mark.parametrize("years", [np.zeros(50), np.repeat([1.0, 2.0], 40), np.array([])])
def test_times_of_too_few_values_have_no_knots(years: np.ndarray) -> None:
    with pytest.raises(NotIdentifiedError):
        place_knots(years, np.ones(len(years)))


def test_the_spline_is_the_natural_cubic_spline_through_its_own_knots() -> None:
    beta = np.array([3.0, 0.4, -2.0, 5.0, -4.0])
    x = np.linspace(0.5, 20.0, 200)

    natural = CubicSpline(KNOTS, basis(KNOTS, KNOTS) @ beta, bc_type="natural")

    for order in (0, 1, 2):
        assert basis(x, KNOTS, order) @ beta == pytest.approx(natural(x, order), abs=1e-9)


def test_the_spline_is_straight_outside_its_knots() -> None:
    outside = np.array([-3.0, 0.0, 0.49, 20.01, 70.0])

    assert basis(outside, KNOTS, 2) == pytest.approx(np.zeros((5, 5)), abs=1e-10)
    assert basis(outside, KNOTS, 3) == pytest.approx(np.zeros((5, 5)), abs=1e-10)


def test_each_row_may_have_knots_of_its_own() -> None:
    x = np.linspace(0, 30, 50)
    own = np.stack([KNOTS, KNOTS * 1.3])

    both = basis(x, own)

    assert both[0] == pytest.approx(basis(x, KNOTS))
    assert both[1] == pytest.approx(basis(x, KNOTS * 1.3))


def test_the_scale_of_the_weights_changes_neither_curve_nor_errors() -> None:
    x, y, w = _people()

    one, other = (fit_spline(x, y, scale * w, KNOTS) for scale in (1.0, 1e4))

    assert one.beta == pytest.approx(other.beta, rel=1e-10)
    assert one.covariance == pytest.approx(other.covariance, rel=1e-9)


def test_no_more_people_than_parts_or_a_part_without_people_is_a_refusal() -> None:
    x, y, w = _people(5)
    with pytest.raises(NotIdentifiedError, match="no more people"):
        fit_spline(x, y, w, KNOTS)
    x = np.repeat([0.1, 0.2, 0.3], 30)
    with pytest.raises(NotIdentifiedError, match="without people"):
        fit_spline(x, x, np.ones(90), KNOTS)


def test_limits_for_the_whole_curve_are_wider_and_hold_it_as_often_as_they_say() -> None:
    x, y, w = _people(400)
    fit = fit_spline(x, y, w, KNOTS)
    at = np.linspace(0, 20, 150)
    critical = simultaneous_critical(fit, start=0.0, end=20.0)

    # the largest standardized error along curves drawn from the fit's own covariance
    random = np.random.default_rng(2)
    drawn = random.multivariate_normal(np.zeros(5), fit.covariance, 20_000) @ basis(at, KNOTS).T
    chi = random.chisquare(fit.df, 20_000) / fit.df
    largest = (np.abs(drawn) / fit.std_error(at)).max(axis=1) / np.sqrt(chi)
    held = np.mean(largest <= critical)

    low, high = simultaneous(fit, at, start=0.0, end=20.0)
    inner_low, inner_high = pointwise(fit, at)
    assert (low < inner_low).all()
    assert (high > inner_high).all()
    assert 0.947 < held < 0.96


def test_local_regression_of_a_parabola_is_the_parabola() -> None:
    x, _, w = _people(80)
    at = np.linspace(0.5, 12, 20)

    assert local_regression(x, 2 - x + x**2, w, at, span=0.4, degree=2) == pytest.approx(2 - at + at**2)
    assert local_regression(x, 2 - x, w, at, span=0.4, degree=1) == pytest.approx(2 - at)


def test_local_regression_has_no_answer_where_times_do_not_differ() -> None:
    x = np.repeat([1.0, 5.0, 9.0], 30)

    assert np.isnan(local_regression(x, x, np.ones(90), np.array([1.0, 5.0]), span=0.2)).all()
    assert np.isnan(local_regression(x[:2], x[:2], np.ones(2), np.array([1.0]), span=1.0)).all()


@pytest.mark.parametrize(("span", "degree"), [(0.0, 2), (1.5, 2), (0.5, 3), (0.5, 0)])
def test_local_regression_refuses_spans_and_degrees_it_does_not_know(span: float, degree: int) -> None:
    with pytest.raises(ValueError, match="span"):
        local_regression(
            np.arange(9.0), np.arange(9.0), np.ones(9), np.array([4.0]), span=span, degree=degree
        )
