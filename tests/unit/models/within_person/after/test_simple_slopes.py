import numpy as np
import pytest

from models.within_person.after.simple_slopes import simple_slope, slope_difference


@pytest.fixture
def lancaster(inference):
    return inference(
        [85.0, 0.83, -0.27, 2.0],
        [
            [2.0, 0.1, 0.0, 0.3],
            [0.1, 0.0025, -0.002, 0.0],
            [0.0, -0.002, 0.0169, 0.01],
            [0.3, 0.0, 0.01, 1.0],
        ],
    )


def test_the_slope_at_a_moderator_adds_the_product_and_its_covariance(lancaster) -> None:
    found = simple_slope(lancaster, "slope", {"slope_x_m": 1.0})

    assert found.estimate == pytest.approx(0.56)
    assert found.std_error == pytest.approx(np.sqrt(0.0025 + 0.0169 - 2 * 0.002))


def test_without_moderators_the_slope_is_the_coefficient_itself(lancaster) -> None:
    found = simple_slope(lancaster, "slope")

    assert (found.estimate, found.std_error) == (pytest.approx(0.83), pytest.approx(0.05))


def test_a_difference_of_slopes_has_the_interval_of_the_product_not_of_the_two_slopes(lancaster) -> None:
    found = slope_difference(lancaster, {"slope_x_m": 1.0}, minus={"slope_x_m": 0.0})
    half = slope_difference(lancaster, {"slope_x_m": 0.5}, minus={})

    assert found.estimate == pytest.approx(-0.27)
    assert found.std_error == pytest.approx(0.13)
    assert half.std_error == pytest.approx(0.065)
    assert found.p_value == pytest.approx(half.p_value)


def test_the_slope_moves_with_the_unit_of_the_moderator_and_not_its_test(inference, lancaster) -> None:
    scaled = inference(
        [85.0, 0.83, -0.0027, 2.0],
        lancaster.covariance * np.outer([1, 1, 0.01, 1], [1, 1, 0.01, 1]),
    )
    here, there = (
        simple_slope(lancaster, "slope", {"slope_x_m": 0.3}),
        simple_slope(scaled, "slope", {"slope_x_m": 30.0}),
    )

    assert here.estimate == pytest.approx(there.estimate)
    assert here.p_value == pytest.approx(there.p_value)


def test_a_slope_against_itself_is_refused(lancaster) -> None:
    with pytest.raises(ValueError, match="own interaction"):
        simple_slope(lancaster, "slope", {"slope": 1.0})
    with pytest.raises(ValueError, match="same moderator values"):
        slope_difference(lancaster, {"slope_x_m": 1.0}, minus={"slope_x_m": 1.0})
