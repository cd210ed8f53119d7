"""Dips, turning points and crossings of curves whose roots are known."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from models.trajectory.spline import basis
from models.trajectory.turning_points import landmarks, landmarks_of_heights

KNOTS = np.array([0.2, 1.0, 3.0, 7.0, 15.0])


def _through(heights: list[float]) -> np.ndarray:
    """Coefficients of the curve through these heights at the knots."""
    return np.linalg.solve(basis(KNOTS, KNOTS), np.array(heights))


def _found(heights: list[float], level: float = np.nan, end: float = 25.0):
    return landmarks(KNOTS, _through(heights)[None], np.array([level]), start=0.0, end=end)


def test_the_low_and_the_crossing_are_the_roots_of_the_cubics() -> None:
    heights = [3.3, 3.1, 3.6, 4.1, 4.2]
    natural = CubicSpline(KNOTS, heights, bc_type="natural")
    low = np.sort(natural.derivative().roots(extrapolate=False))[0]
    up = next(year for year in natural.solve(3.75, extrapolate=False) if year > low)
    start = 3.3 - 0.2 * float(natural(0.2, 1))

    found = _found(heights, 3.75)

    assert found.turning_point[0] == pytest.approx(low, abs=1e-9)
    assert found.first_flat[0] == pytest.approx(low, abs=1e-9)
    assert found.dip_depth[0] == pytest.approx(start - float(natural(low)), abs=1e-9)
    assert found.crossing[0] == pytest.approx(up, abs=1e-9)


def test_a_curve_that_rises_from_the_start_has_no_dip() -> None:
    found = _found([3.0, 3.2, 3.6, 4.0, 4.4], 3.75)

    assert found.dip_depth[0] == 0.0
    assert found.turning_point[0] == 0.0
    assert np.isinf(found.first_flat[0])
    assert 3.0 < found.crossing[0] < 7.0


def test_a_curve_that_only_falls_never_turns() -> None:
    found = _found([4.0, 3.9, 3.6, 3.2, 2.4], 3.75)

    assert found.dip_depth[0] == 0.0
    assert np.isinf(found.turning_point[0])


def test_a_curve_below_the_level_throughout_does_not_reach_it() -> None:
    found = _found([3.3, 3.1, 3.4, 3.5, 3.6], 4.4)

    assert np.isinf(found.crossing[0])


def test_a_crossing_after_the_last_year_observed_is_not_reached() -> None:
    heights = [3.3, 3.1, 3.4, 3.5, 3.6]

    crossing = float(_found(heights, 3.7, end=40.0).crossing[0])

    assert 15.0 < crossing < 40.0
    assert np.isinf(_found(heights, 3.7, end=crossing - 0.01).crossing[0])
    assert _found(heights, 3.7, end=crossing + 0.01).crossing[0] == pytest.approx(crossing)


def test_a_curve_never_below_the_level_is_there_from_the_start() -> None:
    assert _found([3.3, 3.1, 3.4, 3.5, 3.6], 2.0).crossing[0] == 0.0


def test_a_curve_that_starts_above_and_dips_crosses_when_it_comes_up_again() -> None:
    found = _found([3.3, 3.1, 3.6, 4.1, 4.2], 3.2)

    assert found.crossing[0] > found.turning_point[0]


def test_a_rise_before_the_dip_does_not_hide_it() -> None:
    found = _found([3.3, 3.4, 2.9, 3.8, 4.0])

    assert found.first_flat[0] < found.turning_point[0]
    assert 1.0 < found.turning_point[0] < 7.0
    assert found.dip_depth[0] > 0.2


def test_a_flat_curve_does_not_dip_by_rounding() -> None:
    found = landmarks(KNOTS, np.array([[3.3, 0, 0, 0, 0]]), np.array([3.3]), start=0.0, end=20.0)

    assert found.dip_depth[0] == 0.0
    assert found.turning_point[0] == 0.0
    assert found.crossing[0] == 0.0


def test_many_curves_at_once_give_what_each_gives_alone() -> None:
    random = np.random.default_rng(5)
    betas = np.stack([_through(list(random.normal(3.5, 0.4, 5))) for _ in range(300)])
    levels = random.normal(3.5, 0.2, 300)

    together = landmarks(KNOTS, betas, levels, start=0.0, end=25.0)

    grid = np.linspace(0, 25, 1001)
    for j in range(0, 300, 15):
        alone = landmarks_of_heights(grid, basis(grid, KNOTS) @ betas[j], levels[j])
        assert together.crossing[j] == pytest.approx(alone.crossing[0], abs=0.02)
        assert together.turning_point[j] == pytest.approx(alone.turning_point[0], abs=0.025)
        assert together.dip_depth[j] == pytest.approx(alone.dip_depth[0], abs=2e-3)


def test_a_curve_that_could_not_be_fitted_has_no_landmarks() -> None:
    betas = np.stack([_through([3.3, 3.1, 3.6, 4.1, 4.2]), np.full(5, np.nan)])

    found = landmarks(KNOTS, betas, np.array([3.75, 3.75]), start=0.0, end=25.0)

    for name in ("dip_depth", "turning_point", "first_flat", "crossing"):
        assert np.isfinite(getattr(found, name)[0])
        assert np.isnan(getattr(found, name)[1])
