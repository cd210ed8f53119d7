"""Each way in which rows fail to carry a Tobit model is a named answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.tobit.fit import fit_tobit


def _only(rows, kept):
    person = np.unique(rows.person[kept], return_inverse=True)[1]
    return replace(rows, y=rows.y[kept], x=rows.x[kept], person=person, day=rows.day[kept])


def _with_column(rows, column, values):
    x = rows.x.copy()
    x[:, column] = values
    return replace(rows, x=x)


def test_one_person_is_refused(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="one person"):
        fit_tobit(_only(rows, rows.person == 0), floor=None, ceiling=6.5)


def test_one_day_each_is_refused(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="one row for each person"):
        fit_tobit(_only(rows, rows.day == 0), floor=None, ceiling=6.5)


def test_no_rows_are_refused(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="no rows"):
        fit_tobit(_only(rows, rows.day < 0), floor=None, ceiling=6.5)


def test_everyone_at_the_ceiling_is_refused(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="every row is at a bound"):
        fit_tobit(replace(rows, y=np.full(rows.y.size, 6.5)), floor=None, ceiling=6.5)


def test_a_response_of_two_values_at_the_bounds_is_refused(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="every row is at a bound"):
        fit_tobit(replace(rows, y=np.where(rows.y > 5, 7.0, 1.0)), floor=1.0, ceiling=7.0)


def test_a_constant_predictor_is_named(simulate):
    rows = simulate()
    with pytest.raises(NotIdentifiedError, match="meeting does not vary"):
        fit_tobit(_with_column(rows, 4, 1.0), floor=None, ceiling=6.5)


def test_collinear_predictors_are_named(simulate):
    rows = simulate()
    twice = _with_column(rows, 4, 3.0 * rows.x[:, 2] - rows.x[:, 3] + 2.0)
    with pytest.raises(NotIdentifiedError, match="meeting is a combination"):
        fit_tobit(twice, floor=None, ceiling=6.5)


def test_a_predictor_that_sends_every_row_to_the_ceiling_is_refused(simulate):
    rows = simulate(slope=False)
    y = np.where(rows.x[:, 4] == 1, 6.5, np.minimum(rows.y, 6.4))
    rows = _with_column(replace(rows, y=y), 5, rows.x[:, 2] * rows.x[:, 1])
    with pytest.raises(NotIdentifiedError, match=r"without information|no maximum"):
        fit_tobit(rows, floor=None, ceiling=6.5)


@pytest.mark.parametrize(
    ("floor", "ceiling"), [(6.5, 6.5), (7.0, 1.0), (np.nan, 6.5), (None, np.inf), (-np.inf, 6.5)]
)
def test_bounds_that_are_none_are_refused(simulate, floor, ceiling):
    with pytest.raises(ValueError, match=r"floor must lie below|must be a finite number"):
        fit_tobit(simulate(), floor=floor, ceiling=ceiling)


def test_a_response_outside_the_bounds_is_counted_and_not_shown(simulate):
    rows = simulate()
    y = rows.y.copy()
    y[:3], y[3] = 98.7654, -98.7654
    with pytest.raises(ValueError, match="1 rows lie below the floor and 3 above the ceiling") as refused:
        fit_tobit(replace(rows, y=y), floor=-50.0, ceiling=6.5)
    assert "98" not in str(refused.value)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["y", "x"])
def test_missing_and_infinite_values_are_counted(simulate, broken, where):
    rows = simulate()
    values = getattr(rows, where).copy()
    values[4] = broken
    with pytest.raises(ValueError, match="1 rows hold a value that is missing"):
        fit_tobit(replace(rows, **{where: values}), floor=None, ceiling=6.5)


def test_a_weight_of_zero_is_refused(simulate):
    rows = simulate()
    weights = np.ones(rows.y.size)
    weights[:2] = 0.0
    with pytest.raises(ValueError, match="2 rows"):
        fit_tobit(replace(rows, weights=weights), floor=None, ceiling=6.5)


def test_no_slope_variance_is_named_singular_with_finite_errors(simulate):
    fits = [
        fit_tobit(simulate(slope_sd=1e-9, people=25, seed=seed), floor=None, ceiling=6.5, structure=structure)
        for seed in range(4)
        for structure in ("full", "diagonal")
    ]
    singular = [fit for fit in fits if fit.outcome == "singular"]
    assert singular
    assert {fit.outcome for fit in fits} <= {"singular", "converged"}
    for fit in singular:
        assert "no variance" in fit.note
        assert "x_within" in fit.note
        assert np.isfinite(fit.covariance).all()
        assert (np.diag(fit.covariance) > 0).all()


def test_a_slope_variance_of_zero_gives_the_fit_without_the_slope(simulate):
    for seed in range(6):
        rows = simulate(slope_sd=1e-9, people=25, seed=seed)
        fit = fit_tobit(rows, floor=None, ceiling=6.5, structure="diagonal")
        if fit.outcome == "singular":
            break
    without = fit_tobit(replace(rows, random=(0,)), floor=None, ceiling=6.5)
    np.testing.assert_allclose(fit.beta, without.beta, rtol=1e-5)
    np.testing.assert_allclose(np.diag(fit.covariance), np.diag(without.covariance), rtol=1e-4)
    assert fit.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-3)


def test_no_variance_at_all_between_persons_is_named_singular(simulate):
    rows = simulate(intercept_sd=1e-9, slope_sd=1e-9, people=25, seed=0)
    fit = fit_tobit(rows, floor=None, ceiling=6.5)
    assert fit.outcome == "singular"
    assert fit.note == "no variance between persons in the effect of intercept, x_within"
    assert (np.diag(fit.covariance) > 0).all()


def test_persons_always_at_the_bound_are_counted_and_fitted(simulate, truth):
    rows = simulate(ceiling=4.0, people=150, seed=5)
    fit = fit_tobit(rows, floor=None, ceiling=4.0)
    assert fit.n_ceiling / fit.n_rows > 0.7
    assert fit.n_people_always_at_bound > 30
    assert fit.outcome == "converged"
    assert (np.abs(fit.beta - truth) < 4 * np.sqrt(np.diag(fit.covariance))).all()


def test_a_tenth_of_people_with_one_row_do_not_stop_the_fit(simulate):
    rows = simulate(people=50)
    fit = fit_tobit(_only(rows, (rows.person >= 5) | (rows.day == 0)), floor=None, ceiling=6.5)
    assert fit.outcome == "converged"
    assert fit.n_people == 50


def test_a_start_of_another_model_is_refused(simulate):
    other = fit_tobit(simulate(slope=False), floor=None, ceiling=6.5)
    with pytest.raises(ValueError, match="same columns"):
        fit_tobit(simulate(), floor=None, ceiling=6.5, start=other)
