"""Residuals correlated from day to day: gaps, boundaries, refusals, and the two arithmetics."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import compiled_is_installed
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_profile import Profile
from models.within_person.linear.autoregressive_score import summed_slopes
from models.within_person.linear.autoregressive_search import maximum
from models.within_person.linear.fit import fit, fit_rows
from models.within_person.linear.gapped_rows import gapped_rows, whiten
from models.within_person.linear.linear_fit import LinearFit

Array = NDArray[np.float64]
METHODS: tuple[Literal["reml", "ml"], ...] = ("reml", "ml")
needs_compiler = pytest.mark.skipif(not compiled_is_installed(), reason="the compiled engine is an extra")


def diary(
    *, people: int = 40, days: int = 8, phi: float = 0.45, missing: float = 0.2, seed: int = 1,
    effects: tuple[float, float] = (1.0, 0.4), part_days: bool = False, weights: bool = False,
) -> ModelRows:  # fmt: skip
    """Make a diary with gaps: y = 5 + .4 x - .3 z + person intercept and slope of x + residuals."""
    make = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), days)
    step = make.uniform(0.2, 2.0, (people, days)) if part_days else np.ones((people, days))
    day = step.cumsum(axis=1)
    carried = np.sign(phi) * np.abs(phi) ** step
    noise = make.standard_normal((people, days))
    e = noise.copy()
    for t in range(1, days):
        e[:, t] = carried[:, t] * e[:, t - 1] + np.sqrt(1 - carried[:, t] ** 2) * noise[:, t]
    weight = make.uniform(0.5, 2.0, (people, days)) if weights else np.ones((people, days))
    x, z = make.standard_normal((2, people, days))
    b = make.standard_normal((2, people, 1)) * np.reshape(effects, (2, 1, 1))
    y = 5 + 0.4 * x - 0.3 * z + b[0] + b[1] * x + e / np.sqrt(weight)
    kept = make.random((people, days)) >= missing
    kept[:, 0] = True
    keep = kept.ravel()
    columns = np.column_stack([np.ones(people * days), x.ravel(), z.ravel()])[keep]
    return ModelRows(
        y=y.ravel()[keep], x=np.ascontiguousarray(columns), names=("intercept", "x", "z"),
        random=(0, 1) if effects[1] else (0,), person=person[keep], day=day.ravel()[keep],
        weights=weight.ravel()[keep] if weights else None,
    )  # fmt: skip


def dense_deviance(rows: ModelRows, found: LinearFit, phi: float) -> tuple[float, Array, Array]:
    """-2 log-likelihood, coefficients and their covariance from each person's whole covariance matrix."""
    n, p = rows.x.shape
    log, total = 0.0, np.zeros((p + 1, p + 1))
    weight = np.ones(n) if rows.weights is None else rows.weights
    assert rows.day is not None
    for person in range(rows.n_people):
        mine = rows.person == person
        z = rows.x[mine][:, list(rows.random)]
        apart = np.abs(rows.day[mine][:, None] - rows.day[mine])
        correlation = np.sign(phi) ** np.rint(apart) * np.abs(phi) ** apart if phi < 0 else phi**apart
        root = np.sqrt(weight[mine])
        v = z @ found.random_covariance @ z.T + found.residual_variance * correlation / np.outer(root, root)
        both = np.column_stack([rows.x[mine], rows.y[mine]])
        total += both.T @ np.linalg.solve(v, both)
        log += np.linalg.slogdet(v)[1]
    xx, xy, yy = total[:p, :p], total[:p, p], total[p, p]
    beta = np.linalg.solve(xx, xy)
    value = log + yy - xy @ beta
    if found.method == "reml":
        return value + np.linalg.slogdet(xx)[1] + (n - p) * np.log(2 * np.pi), beta, np.linalg.inv(xx)
    return value + n * np.log(2 * np.pi), beta, np.linalg.inv(xx)


def assert_is_the_optimum(rows: ModelRows, found: LinearFit) -> None:
    """The fit's likelihood, coefficients and errors are the dense ones, and no parameter can improve them."""
    phi = found.correlation
    assert phi is not None
    best, beta, covariance = dense_deviance(rows, found, phi)
    assert -2 * found.log_likelihood == pytest.approx(best, abs=1e-8)
    np.testing.assert_allclose(found.beta, beta, rtol=1e-9)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-8, atol=1e-12)
    for step in (-1e-3, 1e-3):
        assert dense_deviance(rows, found, phi + step)[0] > best
        assert (
            dense_deviance(rows, replace(found, residual_variance=found.residual_variance + step), phi)[0]
            > best
        )
        q = len(rows.random)
        for i in range(q):
            for j in range(i + 1 if found.structure == "full" else 0):
                moved = found.random_covariance.copy()
                moved[i, j] += step
                moved[j, i] = moved[i, j]
                assert dense_deviance(rows, replace(found, random_covariance=moved), phi)[0] > best


def test_a_missing_day_is_a_gap_of_two_days_and_not_a_neighbor() -> None:
    rows = diary(people=150, missing=0.4)
    assert rows.day is not None
    joined = replace(rows, day=np.arange(rows.y.size, dtype=float))

    found, wrong = fit_autoregressive(rows), fit_autoregressive(joined)

    assert_is_the_optimum(rows, found)
    assert found.correlation is not None
    assert wrong.correlation is not None
    assert abs(found.correlation - 0.45) < 0.1
    assert found.correlation > wrong.correlation + 0.03  # neighbors two days apart drag it down
    # with phi one day apart, rows two days apart have correlation phi squared, whatever lies between
    pair = replace(
        rows, y=rows.y[:3], x=rows.x[:3], person=np.zeros(3, dtype=np.intp), day=np.array([1.0, 3.0, 4.0])
    )
    ready = gapped_rows(
        replace(pair, x=np.ascontiguousarray(pair.x[:, :1]), names=("intercept",), random=(0,)),
        structure="full", negative=True, engine="numpy",
    )  # fmt: skip
    values, phi = ready.values, 0.5
    apart = np.abs(np.subtract.outer([1.0, 3.0, 4.0], [1.0, 3.0, 4.0]))
    expected = values.T @ np.linalg.solve(phi**apart, values)
    np.testing.assert_allclose(whiten(ready, phi).sums.products[0], expected[np.triu_indices(2)], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("structure", ["full", "diagonal"])
def test_likelihood_and_coefficients_equal_the_whole_covariance_matrix(
    method: Literal["reml", "ml"], structure: Literal["full", "diagonal"]
) -> None:
    rows = diary(people=25)

    assert_is_the_optimum(rows, fit_autoregressive(rows, method=method, structure=structure))


@pytest.mark.parametrize("method", METHODS)
def test_part_days_and_weights_equal_the_whole_covariance_matrix(method: Literal["reml", "ml"]) -> None:
    rows = diary(people=25, part_days=True, weights=True, phi=0.6)

    assert_is_the_optimum(rows, fit_autoregressive(rows, method=method))


def test_a_negative_correlation_alternates_with_the_gap() -> None:
    rows = diary(phi=-0.5, missing=0.25)

    found = fit_autoregressive(rows, negative=True)

    assert found.correlation is not None
    assert found.correlation < -0.3
    assert_is_the_optimum(rows, found)
    held = fit_autoregressive(rows)
    assert held.correlation == 0.0
    assert "boundary 0" in held.note
    assert held.log_likelihood < found.log_likelihood


def test_a_negative_correlation_needs_whole_days() -> None:
    with pytest.raises(ValueError, match="whole days"):
        fit_autoregressive(diary(part_days=True), negative=True)


def test_at_the_boundary_zero_the_fit_is_the_one_with_independent_residuals() -> None:
    rows = diary(phi=-0.3)

    found, independent = fit_autoregressive(rows), fit_rows(rows)

    assert (found.correlation, found.outcome) == (0.0, "converged")
    assert "phi is at its boundary 0" in found.note
    np.testing.assert_allclose(found.beta, independent.beta, rtol=1e-8)
    np.testing.assert_allclose(found.random_covariance, independent.random_covariance, rtol=1e-6)
    assert found.log_likelihood == pytest.approx(independent.log_likelihood, abs=1e-8)


def test_residuals_that_wander_meet_the_boundary_one_and_carry_no_estimate_as_converged() -> None:
    make = np.random.default_rng(3)
    person, day = np.repeat(np.arange(30), 12), np.tile(np.arange(12.0), 30)
    x = np.column_stack([np.ones(360), make.standard_normal(360)])
    level = 1000 * make.standard_normal((30, 1))
    y = (level + make.standard_normal((30, 12)).cumsum(axis=1)).ravel() + 0.5 * x[:, 1]
    rows = ModelRows(y=y, x=x, names=("intercept", "x"), random=(0,), person=person, day=day)

    found = fit_autoregressive(rows, structure="full")

    assert found.outcome == "not converged"
    assert "phi nears 1" in found.note


def test_two_days_a_person_cannot_tell_the_correlation_from_the_person_intercept() -> None:
    rows = diary(people=60, days=2, missing=0.0, effects=(1.0, 0.0))

    with pytest.raises(NotIdentifiedError):
        fit_autoregressive(rows)


def test_one_row_a_person_says_nothing_of_neighboring_days() -> None:
    rows = diary(days=1)

    with pytest.raises(NotIdentifiedError, match="no person has two rows"):
        fit_autoregressive(rows)


def test_rows_without_days_and_days_that_repeat_are_refused() -> None:
    rows = diary()
    assert rows.day is not None
    repeated = rows.day.copy()
    repeated[1] = repeated[0]

    with pytest.raises(ValueError, match="needs the day"):
        fit_autoregressive(replace(rows, day=None))
    with pytest.raises(ValueError, match="rise strictly"):
        fit_autoregressive(replace(rows, day=repeated))
    with pytest.raises(ValueError, match="infinite or no weight"):
        fit_autoregressive(replace(rows, weights=np.zeros(rows.y.size)))


def _with(rows: ModelRows, column: Array) -> ModelRows:
    x = rows.x.copy()
    x[:, 2] = column
    return replace(rows, x=x)


def test_columns_that_cannot_be_told_apart_are_refused_by_name_of_the_rule() -> None:
    rows = diary()
    broken = rows.y.copy()
    broken[3] = np.inf

    with pytest.raises(NotIdentifiedError, match="z does not vary"):
        fit_autoregressive(_with(rows, np.full(rows.y.size, 2026.0)))
    with pytest.raises(NotIdentifiedError, match="cannot be told apart"):
        fit_autoregressive(_with(rows, 3.0 * rows.x[:, 1] + 1.0))
    with pytest.raises(NotIdentifiedError, match="no variation in the response"):
        fit_autoregressive(replace(rows, y=2.0 + rows.x[:, 1]))
    with pytest.raises(ValueError, match=r"^1 rows hold a value that is missing, infinite or no weight"):
        fit_autoregressive(replace(rows, y=broken))
    with pytest.raises(NotIdentifiedError, match="more rows than predictors"):
        fit_autoregressive(
            replace(rows, y=rows.y[:3], x=rows.x[:3], person=rows.person[:3], day=rows.day[:3])
        )  # type: ignore[index]


def test_people_with_one_row_stay_in_the_fit() -> None:
    rows = diary(people=80, missing=0.7)
    single = np.bincount(rows.person) == 1
    assert 0.03 < single.mean() < 0.5

    assert_is_the_optimum(rows, fit_autoregressive(rows))


def test_short_series_that_hardly_tell_the_correlation_say_so() -> None:
    short = fit_autoregressive(diary(people=30, days=3, missing=0.0, effects=(1.0, 0.0), seed=4))
    long = fit_autoregressive(diary(people=30, days=20, missing=0.0, effects=(1.0, 0.0), seed=4))

    assert "weakly identified" in short.note
    assert "weakly identified" not in long.note


def test_hours_weeks_and_days_give_the_same_fit() -> None:
    rows = diary()
    assert rows.day is not None
    found = fit_autoregressive(rows)
    hours = fit_autoregressive(replace(rows, day=rows.day * 24.0))
    weeks = fit_autoregressive(replace(rows, day=rows.day / 7.0))

    assert found.correlation is not None
    for other, unit in ((hours, 24.0), (weeks, 1 / 7)):
        assert other.correlation == pytest.approx(found.correlation ** (1 / unit), rel=1e-6)
        np.testing.assert_allclose(other.beta, found.beta, rtol=1e-8)
        assert other.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-8)


@pytest.mark.parametrize(("offset", "size"), [(2026.0, 1.0), (1e6, 1.0), (0.0, 1e-6)])
def test_a_badly_scaled_predictor_changes_nothing_but_its_units(offset: float, size: float) -> None:
    rows = diary()
    x = rows.x.copy()
    x[:, 1] = offset + size * x[:, 1]
    found, plain = fit_autoregressive(replace(rows, x=x)), fit_autoregressive(rows)

    assert found.beta[1] * size == pytest.approx(plain.beta[1], rel=1e-7)
    assert found.correlation == pytest.approx(plain.correlation, rel=1e-7)
    assert found.covariance[1, 1] * size**2 == pytest.approx(plain.covariance[1, 1], rel=1e-6)
    assert found.random_covariance[1, 1] * size**2 == pytest.approx(plain.random_covariance[1, 1], rel=1e-5)
    back = plain.log_likelihood - np.log(size)  # the restricted likelihood has the units of X
    assert found.log_likelihood == pytest.approx(back, abs=1e-6)


def test_the_slope_of_the_profile_is_its_difference() -> None:
    for method in METHODS:
        ready = gapped_rows(diary(), structure="full", negative=False, engine="numpy")
        profile = Profile(ready, method=method, structure="full", engine="numpy")
        step = 1e-4

        difference = (profile(0.3 + step).deviance - profile(0.3 - step).deviance) / (2 * step)

        assert profile(0.3).slope == pytest.approx(difference, rel=1e-5)


@needs_compiler
def test_the_compiled_loops_equal_numpy() -> None:
    rows = diary(people=60, days=12, weights=True, part_days=True)
    plain = gapped_rows(rows, structure="full", negative=False, engine="numpy")
    compiled = gapped_rows(rows, structure="full", negative=False, engine="compiled")
    relative = np.array([[1.3, 0.2], [0.2, 0.4]])
    for phi in (0.0, 0.37, 0.99):
        one, other = whiten(plain, phi), whiten(compiled, phi)

        np.testing.assert_allclose(other.sums.products, one.sums.products, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(other.slopes, one.slopes, rtol=1e-10, atol=1e-8)
        h, log = summed_slopes(plain, one, relative)
        h_compiled, log_compiled = summed_slopes(compiled, other, relative)
        np.testing.assert_allclose(h_compiled, h, rtol=1e-10, atol=1e-10 * np.abs(h).max())
        assert log_compiled == pytest.approx(log, rel=1e-10)


@needs_compiler
def test_the_compiled_fit_equals_the_plain_one() -> None:
    rows = diary(people=60)

    plain, compiled = (fit_autoregressive(rows, engine=engine) for engine in ("numpy", "compiled"))

    np.testing.assert_allclose(compiled.beta, plain.beta, rtol=1e-8)
    assert compiled.correlation == pytest.approx(plain.correlation, rel=1e-6)
    assert compiled.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)


@needs_compiler
def test_several_threads_sum_to_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = diary(people=50)
    ready = gapped_rows(rows, structure="full", negative=False, engine="compiled")
    one = whiten(ready, 0.4)
    monkeypatch.setattr("models.within_person.linear.gapped_rows.SPLIT", 1)
    two = whiten(ready, 0.4)

    np.testing.assert_array_equal(two.sums.products, one.sums.products)
    np.testing.assert_array_equal(two.slopes, one.slopes)


def test_the_higher_of_two_peaks_is_found() -> None:
    """Few people, long memory and a person intercept: the likelihood often has a peak for each story."""
    checked = 0
    for seed in range(12):
        rows = diary(people=12, days=12, phi=0.85, effects=(0.8, 0.0), missing=0.1, seed=seed)
        ready = gapped_rows(rows, structure="full", negative=False, engine="numpy")
        profile = Profile(ready, method="reml", structure="full", engine="numpy")
        best = maximum(profile, negative=False)
        grid = Profile(ready, method="reml", structure="full", engine="numpy")
        lowest = min(grid(at).deviance for at in np.linspace(0.0, 0.98, 15))
        checked += 1
        assert best.deviance <= lowest + 1e-7
    assert checked == 12


def test_variances_close_to_none_do_not_lead_the_search_to_a_lesser_peak() -> None:
    rows = diary(people=520, phi=0.6, missing=0.0, seed=981030, effects=(0.1, 0.5), part_days=True)

    found = fit_autoregressive(rows)

    ready = gapped_rows(rows, structure="full", negative=False, engine="numpy")
    for at in np.linspace(0.0, 0.9, 10):
        elsewhere = fit(whiten(ready, at).sums)
        if elsewhere.outcome != "not converged":
            there = ready.scale.back(elsewhere)
            assert found.log_likelihood > there.log_likelihood - 1e-6


def test_a_known_correlation_is_found_in_long_series() -> None:
    found = fit_autoregressive(diary(people=150, days=40, phi=0.4, missing=0.15))

    assert found.correlation == pytest.approx(0.4, abs=0.03)
    assert found.random_covariance[0, 0] == pytest.approx(1.0, abs=0.35)
