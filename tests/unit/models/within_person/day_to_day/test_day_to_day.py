import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.day_to_day.fit import fit_day_to_day
from models.within_person.day_to_day.likelihood import (
    Parameters,
    TwoSeries,
    restricted_deviance,
    stationary,
)

A = np.array([[0.30, 0.05], [0.20, 0.25]])
Q = np.array([[100.0, 60.0], [60.0, 120.0]])
LEVELS = np.array([[256.0, 150.0], [150.0, 300.0]])
TRUTH = np.array([0.30, 0.05, 0.20, 0.25, 0.60])


def diaries(random, *, people=91, days=10, answered=0.9, a=A, levels=LEVELS):
    spread = np.linalg.cholesky(stationary(a, Q))
    noise, own = np.linalg.cholesky(Q), np.linalg.cholesky(levels + 1e-12 * np.eye(2))
    state = random.normal(size=(people, 2)) @ spread.T
    series = [state]
    for _ in range(days - 1):
        state = state @ a.T + random.normal(size=(people, 2)) @ noise.T
        series.append(state)
    z = np.stack(series, axis=1) + (random.normal(size=(people, 2)) @ own.T)[:, None, :] + 60
    kept = random.random((people, days)) < answered
    person = np.repeat(np.arange(people), days).reshape(people, days)[kept]
    day = np.tile(np.arange(days), (people, 1))[kept]
    return z[kept][:, 0], z[kept][:, 1], np.unique(person, return_inverse=True)[1], day


def dense_deviance(parameters, first, second, *, person, day, f):
    """The same deviance from each person's whole covariance matrix, without whitening."""
    g = stationary(parameters.a, parameters.q)
    t = parameters.level @ parameters.level.T
    xx, xy, yy, log_determinant, rows = 0.0, 0.0, 0.0, 0.0, 0
    for i in np.unique(person):
        at = np.flatnonzero(person == i)
        n = at.size
        v = np.zeros((2 * n, 2 * n))
        for r in range(n):
            for c in range(r + 1):
                block = np.linalg.matrix_power(parameters.a, int(day[at[r]] - day[at[c]])) @ g + t
                v[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] = block
                v[2 * c : 2 * c + 2, 2 * r : 2 * r + 2] = block.T
        z = np.column_stack([first[at], second[at]]).reshape(-1)
        x = np.concatenate([np.kron(np.eye(2), f[k]) for k in at])
        solved = np.linalg.solve(v, np.column_stack([x, z]))
        xx = xx + x.T @ solved[:, :-1]
        xy = xy + x.T @ solved[:, -1]
        yy = yy + z @ solved[:, -1]
        log_determinant += np.linalg.slogdet(v)[1]
        rows += 2 * n
    rest = yy - xy @ np.linalg.solve(xx, xy)
    return log_determinant + np.linalg.slogdet(xx)[1] + rest + (rows - xx.shape[0]) * np.log(2 * np.pi)


def test_deviance_equals_that_of_the_dense_covariance_with_gaps():
    first, second, person, day = diaries(np.random.default_rng(3), people=12, answered=0.6)
    f = np.column_stack([np.ones(day.size), day / 10.0])
    gap = np.where(np.diff(person, prepend=-1) > 0, 0, np.diff(day, prepend=0))
    parameters = Parameters(a=A, q=Q, level=np.linalg.cholesky(LEVELS))
    starts = np.flatnonzero(gap == 0)

    ours = restricted_deviance(
        parameters, TwoSeries(z=np.column_stack([first, second]), f=f, gap=gap, starts=starts)
    )

    assert gap.max() > 2
    assert ours is not None
    assert ours.deviance == pytest.approx(
        dense_deviance(parameters, first, second, person=person, day=day, f=f), abs=1e-8
    )


def test_no_nearby_parameters_fit_better():
    random = np.random.default_rng(4)
    first, second, person, day = diaries(random, people=40)
    fit = fit_day_to_day(first, second, person, day)
    f = np.ones((day.size, 1))

    def deviance(a, levels):
        root = Parameters(a=a, q=fit.noise, level=np.linalg.cholesky(levels))
        return dense_deviance(root, first, second, person=person, day=day, f=f)

    best = deviance(fit.estimates[:4].reshape(2, 2), fit.level_covariance)
    assert fit.outcome == "converged"
    assert fit.log_likelihood == pytest.approx(-0.5 * best, abs=1e-5)
    for _ in range(12):
        a = fit.estimates[:4].reshape(2, 2) + random.normal(size=(2, 2)) * 0.01
        assert deviance(a, fit.level_covariance * random.uniform(0.97, 1.03)) > best


def test_planted_carry_over_is_found_where_the_person_mean_would_bias_it():
    first, second, person, day = diaries(np.random.default_rng(5), people=600)

    fit = fit_day_to_day(first, second, person, day)

    errors = np.sqrt(np.diag(fit.covariance))
    assert np.all(np.abs(fit.estimates - TRUTH) < 3.5 * errors)
    assert np.all(errors < 0.03)
    consecutive = np.flatnonzero((np.diff(day) == 1) & (np.diff(person) == 0))
    kept = np.bincount(person[consecutive], minlength=600)
    own = np.bincount(person[consecutive], weights=first[consecutive], minlength=600) / np.maximum(kept, 1)
    later = np.bincount(person[consecutive], weights=first[consecutive + 1], minlength=600) / np.maximum(
        kept, 1
    )
    x, y = first[consecutive] - own[person[consecutive]], first[consecutive + 1] - later[person[consecutive]]
    assert x @ y / (x @ x) < 0.25  # the mean-centered slope of a carry-over of 0.34 falls well short


def test_units_of_the_answers_pass_through():
    first, second, person, day = diaries(np.random.default_rng(6), people=60)

    plain = fit_day_to_day(first, second, person, day)
    scaled = fit_day_to_day(first / 10, second * 100 + 5e5, person, day)

    factors = np.array([1, 1e-3, 1e3, 1, 1e3])
    np.testing.assert_allclose(scaled.estimates, plain.estimates * factors, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(
        np.sqrt(np.diag(scaled.covariance)), np.sqrt(np.diag(plain.covariance)) * factors, rtol=1e-3
    )


def test_a_level_without_variance_is_named():
    first, second, person, day = diaries(np.random.default_rng(7), people=40, levels=np.zeros((2, 2)))

    fit = fit_day_to_day(first - 60, second - 60, person, day)

    errors = np.sqrt(np.diag(fit.covariance))
    assert fit.outcome == "singular"
    assert np.all(np.abs(fit.estimates - TRUTH) < 3.5 * errors)
    assert np.all(np.diag(fit.level_covariance) < 25)


@pytest.mark.parametrize("case", ["empty", "one row each", "constant", "two people"])
def test_too_little_is_refused_by_name(case):
    first, second, person, day = diaries(np.random.default_rng(8), people=20)
    if case == "empty":
        first, second, person, day = first[:0], second[:0], person[:0], day[:0]
    if case == "one row each":
        at = np.unique(person, return_index=True)[1]
        first, second, person, day = first[at], second[at], person[at], day[at]
    if case == "constant":
        first = np.full_like(first, 50.0)
    if case == "two people":
        at = person < 2
        first, second, person, day = first[at], second[at], person[at], day[at]

    with pytest.raises(NotIdentifiedError):
        fit_day_to_day(first, second, person, day)


def test_rows_out_of_order_are_refused():
    first, second, person, day = diaries(np.random.default_rng(9), people=20)

    with pytest.raises(ValueError, match="sorted by person"):
        fit_day_to_day(first, second, person, day[::-1])
