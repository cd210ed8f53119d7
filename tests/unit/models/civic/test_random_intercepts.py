"""Paths beside people's own levels: exact where the covariance is the model's, else refused by name."""

import numpy as np
import pytest

from models.civic import random_intercepts as module
from models.civic.random_intercepts import PATHS, random_intercepts
from models.comparison.cluster_sums import Codes
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

THETA = np.array([0.6, 0.1, 0.3, 0.4, 0.5, 0.1, 0.8, 1.0, 0.3, 2.0, 0.9, 0.2, 1.7, 0.8, 0.1, 1.5])


def _people_with(covariance: Array, people: int = 240, programs: int = 8) -> tuple[Array, Codes]:
    """People whose measures, less the program's mean, have exactly this covariance."""
    program = np.arange(people) % programs
    z = np.random.default_rng(3).normal(size=(people, len(covariance)))
    for one in range(programs):
        z[program == one] -= z[program == one].mean(axis=0)
    root = np.linalg.cholesky(np.linalg.inv(z.T @ z / people))
    return z @ root @ np.linalg.cholesky(covariance).T + 5.0 * program[:, None], program


def test_the_paths_and_levels_behind_an_exact_covariance_are_found() -> None:
    found = random_intercepts(*_people_with(module._implied(THETA)))
    assert found.paths.names == PATHS
    assert found.paths.beta == pytest.approx(THETA[:4], abs=1e-6)
    assert found.own_levels == pytest.approx(THETA[[4, 6]], abs=1e-6)
    assert found.levels_vary


def test_levels_below_zero_are_told_and_the_paths_stay() -> None:
    theta = THETA.copy()
    theta[4:7] = [-0.1, 0.0, -0.2]
    found = random_intercepts(*_people_with(module._implied(theta)))
    assert found.paths.beta == pytest.approx(theta[:4], abs=1e-6)
    assert not found.levels_vary


def test_units_of_a_measure_scale_the_paths_between_them() -> None:
    values, program = _people_with(module._implied(THETA))
    one = random_intercepts(values, program)
    other = random_intercepts(values * np.tile([10.0, 0.1], 3), program)
    times = np.array([0.01, 100.0, 1.0, 1.0])
    assert other.paths.beta == pytest.approx(one.paths.beta * times, rel=1e-6)
    assert np.diag(other.paths.covariance) == pytest.approx(
        np.diag(one.paths.covariance) * times**2, rel=1e-6
    )


def test_derivatives_are_those_of_small_steps() -> None:
    slopes = module._slopes(THETA)
    for j, step in enumerate(1e-6 * np.eye(THETA.size)):
        change = (module._implied(THETA + step) - module._implied(THETA - step))[module._LOWER] / 2e-6
        assert slopes[:, j] == pytest.approx(change, abs=1e-8)


def test_too_few_people_gaps_flat_measures_and_copies_are_refused_by_name() -> None:
    values, program = _people_with(module._implied(THETA))
    flat, copied, gap = values.copy(), values.copy(), values.copy()
    flat[:, 4] = 4.0
    copied[:, 1::2] = copied[:, ::2]
    gap[0, 0] = np.nan
    cases = (
        (values[:40], program[:40], "fewer than 80 people"),
        (gap, program, "fewer than 80 people have"),
        (flat, program, "nobody of a program differs"),
        (copied, program, "did not converge|cannot be told"),
        (values, np.zeros(len(values), dtype=np.int64), "two programs"),
    )
    for some, where, reason in cases:
        with pytest.raises(NotIdentifiedError, match=reason):
            random_intercepts(some, where)
