"""Slopes on a person's latent level, against the density of all rows written out."""

import numpy as np
import polars as pl
import pytest
from scipy import optimize

from models.refusal import NotIdentifiedError
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.latent_mean import LatentSlopes, latent_slopes
from models.within_person.design.rows import used_rows


def simulated(
    n_people: int, *, most: int, seed: int, within: float = 0.5, between: float = 1.5, level: float = 0.7,
    offset: float = 0.0,
) -> pl.DataFrame:  # fmt: skip
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, most + 1, n_people)
    person = np.repeat(np.arange(n_people), lengths)
    level_x = generator.normal(size=n_people) * level
    day_x = generator.normal(size=person.size)
    y = between * level_x[person] + within * day_x + generator.normal(size=n_people)[person] * 0.6
    return pl.DataFrame(
        {
            "who": person,
            "day": np.concatenate([np.arange(length) for length in lengths]),
            "x": level_x[person] + day_x + offset,
            "y": y + generator.normal(size=person.size) * 0.8 + 3.0 + offset,
            "w": generator.integers(1, 4, person.size) * 1.0,
        }
    )


def fitted(frame: pl.DataFrame, weights: str | None = None) -> LatentSlopes:
    rows = used_rows(frame, person="who", day="day", columns=("x", "y"), weights=weights)
    return latent_slopes(CrossProducts.from_rows(rows, ("x", "y")), "x", "y")


def density(free: np.ndarray, frame: pl.DataFrame, weights: str | None = None) -> float:
    """Log density of all rows, person by person, from the full covariance of each."""
    between = np.array([[free[0], free[1]], [free[1], free[2]]])
    within = np.array([[free[3], free[4]], [free[4], free[5]]])
    total = 0.0
    for own in frame.partition_by("who"):
        n = own.height
        inverse = np.diag(1 / own[weights].to_numpy()) if weights else np.eye(n)
        covariance = np.kron(np.ones((n, n)), between) + np.kron(inverse, within)
        rest = own.select("x", "y").to_numpy().ravel() - np.tile(free[6:], n)
        total -= 0.5 * (
            np.linalg.slogdet(2 * np.pi * covariance)[1] + rest @ np.linalg.solve(covariance, rest)
        )
    return total


def free_parameters(fit: LatentSlopes) -> np.ndarray:
    upper = np.triu_indices(2)
    return np.concatenate([fit.between_covariance[upper], fit.within_covariance[upper], fit.means])


@pytest.mark.parametrize("weights", [None, "w"])
def test_the_fit_maximizes_the_density_of_the_rows_and_states_its_value(weights):
    frame = simulated(60, most=4, seed=4)
    fit = fitted(frame, weights)
    found = free_parameters(fit)
    assert fit.outcome == "converged"
    assert fit.log_likelihood == pytest.approx(density(found, frame, weights), abs=1e-8)
    slope = optimize.approx_fprime(found, lambda free: density(free, frame, weights), 1e-6)
    assert np.abs(slope).max() < 1e-3


def test_standard_errors_are_those_of_the_curvature_of_that_density():
    frame = simulated(60, most=4, seed=4)
    fit = fitted(frame)
    found = free_parameters(fit)
    step = 1e-3
    units = np.eye(8) * step
    upper = np.array(
        [
            [
                -(
                    density(found + a + b, frame) - density(found + a - b, frame)
                    - density(found - a + b, frame) + density(found - a - b, frame)
                ) / (4 * step**2) if i <= j else 0.0
                for j, b in enumerate(units)
            ]
            for i, a in enumerate(units)
        ]
    )  # fmt: skip
    information = upper + np.triu(upper, 1).T
    gradient = np.zeros((2, 8))
    gradient[0, 3:5] = -found[4] / found[3] ** 2, 1 / found[3]
    gradient[1, 0:2] = -found[1] / found[0] ** 2, 1 / found[0]
    expected = gradient @ np.linalg.solve(information, gradient.T)
    assert fit.covariance == pytest.approx(expected, rel=2e-3)
    assert fit.within_slope == pytest.approx(found[4] / found[3])
    assert fit.between_slope == pytest.approx(found[1] / found[0])


def test_the_between_slope_of_short_series_is_not_drawn_to_the_within_slope():
    frame = simulated(3000, most=4, seed=3)
    fit = fitted(frame)
    means = frame.group_by("who").agg(pl.col("x", "y").mean())
    observed = np.polyfit(means["x"].to_numpy(), means["y"].to_numpy(), 1)[0]
    error = np.sqrt(np.diag(fit.covariance))
    assert abs(fit.within_slope - 0.5) < 3 * error[0]
    assert fit.between_slope is not None
    assert abs(fit.between_slope - 1.5) < 3 * error[1]
    assert abs(observed - 1.5) > 5 * error[1]
    assert fit.reliability == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("offset", [2026.25, 1e6])
def test_slopes_do_not_depend_on_where_the_values_lie(offset):
    near, far = (fitted(simulated(60, most=5, seed=4, offset=at)) for at in (0.0, offset))
    assert far.within_slope == pytest.approx(near.within_slope, rel=1e-7)
    assert far.between_slope == pytest.approx(near.between_slope, rel=1e-7)
    assert far.covariance == pytest.approx(near.covariance, rel=1e-6)


def test_slopes_follow_the_units():
    frame = simulated(60, most=5, seed=4)
    one, other = fitted(frame), fitted(frame.with_columns(pl.col("x") / 1000, pl.col("y") * 50))
    assert other.within_slope == pytest.approx(one.within_slope * 5e4, rel=1e-7)
    assert other.between_slope == pytest.approx(one.between_slope * 5e4, rel=1e-7)
    assert other.covariance == pytest.approx(one.covariance * 5e4**2, rel=1e-6)


def test_levels_that_do_not_differ_carry_no_between_slope_and_that_is_said():
    frame = simulated(50, most=4, seed=8).with_columns(pl.col("x") - pl.col("x").mean().over("who"))
    fit = fitted(frame)
    assert (fit.outcome, fit.between_slope) == ("singular", None)
    assert fit.note
    assert np.isfinite(fit.within_slope)
    assert fit.covariance[0, 0] > 0
    assert np.isnan(fit.covariance[1, 1])
    with pytest.raises(NotIdentifiedError):
        fit.inference()


def test_levels_that_all_lie_on_one_line_carry_no_between_slope():
    frame = simulated(80, most=4, seed=5)
    person = pl.col("who") / 10
    even = frame.with_columns(pl.col("x", "y") - pl.col("x", "y").mean().over("who") + person)
    fit = fitted(even)
    assert (fit.outcome, fit.between_slope) == ("singular", None)
    assert "no variation of their own" in fit.note


def test_both_slopes_come_with_normal_intervals():
    inference = fitted(simulated(60, most=5, seed=4)).inference()
    assert inference.names == ("x_within", "x_between")
    assert inference.df(np.array([0.0, 1.0])) == float("inf")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (simulated(4, most=4, seed=1), "at least 5 persons"),
        (simulated(40, most=1, seed=1), "hardly anyone has two rows"),
        (simulated(40, most=4, seed=1).with_columns(x=pl.lit(1e9 + 0.1)), "does not vary within persons"),
        (simulated(40, most=4, seed=1).with_columns(y=pl.col("x") * 2.0), "a multiple of the other"),
        (simulated(40, most=4, seed=1).clear(), "at least 5 persons"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_by_name(frame, reason):
    with pytest.raises(NotIdentifiedError, match=reason):
        fitted(frame)


def test_a_variable_that_was_not_summed_is_named():
    frame = simulated(10, most=4, seed=1)
    rows = used_rows(frame, person="who", day="day", columns=("x",))
    with pytest.raises(KeyError, match="y"):
        latent_slopes(CrossProducts.from_rows(rows, ("x",)), "x", "y")
