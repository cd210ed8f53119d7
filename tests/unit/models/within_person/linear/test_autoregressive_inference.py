"""Degrees of freedom, test and interval where residuals are correlated from day to day."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from models.refusal import NotIdentifiedError
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_inference import (
    autoregressive_inference,
    correlation_interval,
    correlation_test,
)
from models.within_person.linear.autoregressive_profile import Profile
from models.within_person.linear.fit import fit_rows
from models.within_person.linear.gapped_rows import gapped_rows
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.small_sample import satterthwaite
from models.within_person.linear.sums import person_sums

Array = NDArray[np.float64]
_spec = importlib.util.spec_from_file_location(
    "test_autoregressive", Path(__file__).with_name("test_autoregressive.py")
)
assert _spec is not None
assert _spec.loader is not None
_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cases)
diary, dense_deviance = _cases.diary, _cases.dense_deviance


def _dense_degrees(rows: object, found: LinearFit) -> Array:
    """Satterthwaite df per coefficient by plain differences of the whole-matrix deviance and covariance.

    Other coordinates than the engine's: log deviations and the arctangent of the correlation.
    """

    def model(v: Array) -> tuple[LinearFit, float]:
        sd = np.exp(v[:2])
        covariance = np.outer(sd, sd) * np.array([[1.0, np.tanh(v[2])], [np.tanh(v[2]), 1.0]])
        return replace(found, random_covariance=covariance, residual_variance=float(np.exp(v[3]))), float(
            v[4]
        )

    g, phi = found.random_covariance, found.correlation
    sd = np.sqrt(np.diag(g))
    start = np.array([*np.log(sd), np.arctanh(g[0, 1] / sd.prod()), np.log(found.residual_variance), phi])

    def at(v: Array) -> tuple[float, Array]:
        value, _, covariance = dense_deviance(rows, *model(v))
        return value, covariance

    h = 1e-3
    unit = np.eye(5) * h

    def corner(a: Array, b: Array) -> float:
        return at(start + a + b)[0] - at(start + a - b)[0] - at(start - a + b)[0] + at(start - a - b)[0]

    bend = np.array([[corner(a, b) for b in unit] for a in unit]) / (4 * h * h)
    slopes = np.array([np.diag(at(start + a)[1] - at(start - a)[1]) / (2 * h) for a in unit])
    spread = 2.0 * np.linalg.inv(bend)
    variance = np.diag(at(start)[1])
    return np.asarray(2.0 * variance**2 / np.einsum("ki,kl,li->i", slopes, spread, slopes))


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_degrees_of_freedom_equal_differences_of_the_whole_matrix_likelihood(
    method: Literal["reml", "ml"],
) -> None:
    rows = diary(people=20, effects=(1.0, 0.7))
    found = fit_autoregressive(rows, method=method)

    inference = autoregressive_inference(found, rows)

    degrees = [inference.df(contrast) for contrast in np.eye(3)]
    np.testing.assert_allclose(degrees, _dense_degrees(rows, found), rtol=1e-3)
    assert inference.df(np.array([0.0, -3.0, 0.0])) == pytest.approx(degrees[1], rel=1e-12)
    np.testing.assert_array_equal(inference.covariance, found.covariance)
    assert method.upper() in inference.rule


def test_estimating_the_correlation_costs_degrees_of_freedom_of_the_intercept() -> None:
    rows = diary(people=20, phi=0.6, effects=(0.7, 0.0))
    found = fit_autoregressive(rows)
    at_zero = replace(found, correlation=0.0)

    with_phi, without = autoregressive_inference(found, rows), autoregressive_inference(at_zero, rows)

    assert "phi = 0 taken as known" in without.rule
    assert "phi = 0" not in with_phi.rule
    assert with_phi.df(np.eye(3)[1]) < rows.y.size


def test_at_the_boundary_zero_they_are_those_of_independent_residuals() -> None:
    rows = diary(phi=-0.3)
    found = fit_autoregressive(rows)
    assert found.correlation == 0.0
    independent = satterthwaite(fit_rows(rows), person_sums(rows))

    inference = autoregressive_inference(found, rows)

    for contrast in (*np.eye(3), np.array([1.0, 2.0, -1.0])):
        assert inference.df(contrast) == pytest.approx(independent.df(contrast), rel=1e-4)
    assert "phi = 0 taken as known" in inference.rule


def test_a_slope_without_variance_is_held_there() -> None:
    rows = replace(diary(effects=(1.0, 0.0), seed=4), random=(0, 1))
    found = fit_autoregressive(rows, structure="diagonal")
    assert found.outcome == "singular"
    without = fit_autoregressive(replace(rows, random=(0,)))

    inference = autoregressive_inference(found, rows)
    plain = autoregressive_inference(without, replace(rows, random=(0,)))

    for contrast in np.eye(3):
        assert inference.df(contrast) == pytest.approx(plain.df(contrast), rel=1e-4)


def test_perfectly_correlated_person_effects_have_finite_degrees_of_freedom() -> None:
    rows = diary(effects=(1.0, 0.15), people=12, seed=3)
    found = fit_autoregressive(rows)
    assert found.outcome == "singular"

    inference = autoregressive_inference(found, rows)

    assert all(3.0 < inference.df(contrast) < 10_000.0 for contrast in np.eye(3))


def test_the_test_of_no_correlation_halves_the_tail_because_phi_ends_at_zero() -> None:
    rows = diary(people=30, phi=0.2)
    found = fit_autoregressive(rows)

    one_sided = correlation_test(found, rows)
    two_sided = correlation_test(found, rows, negative=True)

    drop = 2.0 * (found.log_likelihood - fit_rows(rows).log_likelihood)
    assert one_sided.statistic == pytest.approx(drop, abs=1e-7)
    assert two_sided.p_value == pytest.approx(stats.chi2.sf(drop, 1), rel=1e-6)
    assert one_sided.p_value == pytest.approx(0.5 * two_sided.p_value, rel=1e-12)
    assert rows.day is not None
    next_day = (np.diff(rows.day) == 1) & (np.diff(rows.person) == 0)
    assert one_sided.n_pairs == next_day.sum()


def test_at_zero_the_test_says_nothing_against_it() -> None:
    rows = diary(phi=-0.3)

    found = correlation_test(fit_autoregressive(rows), rows)

    assert (found.statistic, found.p_value) == (0.0, 1.0)


def test_the_interval_ends_where_the_refitted_likelihood_has_fallen_by_the_quantile() -> None:
    rows = diary(people=30)
    found = fit_autoregressive(rows)

    interval = correlation_interval(found, rows, level=0.9)

    assert found.correlation is not None
    assert 0.0 < interval.low < found.correlation < interval.high < 1.0
    assert interval.note == ""
    ready = gapped_rows(rows, structure="full", negative=False, engine="numpy")
    profile = Profile(ready, method="reml", structure="full", engine="numpy")
    best = profile(ready.at_unit(found.correlation)).deviance
    for end in (interval.low, interval.high):
        rise = profile(ready.at_unit(end)).deviance - best
        assert rise == pytest.approx(stats.chi2.ppf(0.9, 1), abs=1e-4)


def test_an_interval_that_meets_zero_says_so() -> None:
    rows = diary(people=15, phi=0.05)

    interval = correlation_interval(fit_autoregressive(rows), rows)

    assert interval.low == 0.0
    assert "boundary 0" in interval.note
    assert 0.0 < interval.high < 1.0


def test_an_interval_of_a_negative_correlation_may_cross_zero() -> None:
    rows = diary(people=15, phi=-0.1, seed=3)
    found = fit_autoregressive(rows, negative=True)
    assert found.correlation is not None
    assert found.correlation < 0

    interval = correlation_interval(found, rows)

    assert interval.low < found.correlation < 0.0 < interval.high


def test_fits_without_correlation_or_without_convergence_have_no_such_inference() -> None:
    rows = diary()
    found = fit_autoregressive(rows)

    with pytest.raises(ValueError, match="independent residuals"):
        autoregressive_inference(replace(found, correlation=None), rows)
    with pytest.raises(NotIdentifiedError, match="did not converge"):
        autoregressive_inference(replace(found, outcome="not converged"), rows)
    with pytest.raises(ValueError, match="not zero"):
        autoregressive_inference(found, rows).df(np.zeros(3))
