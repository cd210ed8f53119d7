"""What a Tobit fit promises."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from models.within_person.tobit import maximize, start
from models.within_person.tobit.fit import fit_tobit
from models.within_person.tobit.maximize import NUMPY, Search, roughly
from models.within_person.tobit.scaled_rows import scaled_rows


def _errors(fit):
    return np.sqrt(np.diag(fit.covariance))


def _linear_log_likelihood(rows, parameters):
    """Laird & Ware's marginal likelihood, person by person, by the definition of the normal density."""
    beta, (a, b, c), sigma = parameters[:6], parameters[6:9], parameters[9]
    total = 0.0
    for who in range(rows.n_people):
        at = rows.person == who
        z, residual = rows.x[at][:, [0, 2]], rows.y[at] - rows.x[at] @ beta
        v = z @ np.array([[a, b], [b, c]]) @ z.T + sigma**2 * np.eye(at.sum())
        total -= 0.5 * (np.linalg.slogdet(2 * np.pi * v)[1] + residual @ np.linalg.solve(v, residual))
    return total


def test_nobody_at_a_bound_is_the_linear_mixed_model_by_maximum_likelihood(simulate):
    rows = simulate(ceiling=None, people=25)
    fit = fit_tobit(rows, floor=-1e6, ceiling=1e6)
    best = np.concatenate([fit.beta, fit.random_covariance[[0, 1, 1], [0, 0, 1]], [fit.residual_sd]])
    step = 1e-4 * np.diag(np.sqrt(np.diag(fit.joint_covariance)) * 30)
    information = np.empty((10, 10))
    for i in range(10):
        for j in range(i + 1):
            corners = [
                s * t * _linear_log_likelihood(rows, best + s * step[i] + t * step[j])
                for s in (1, -1)
                for t in (1, -1)
            ]
            information[i, j] = information[j, i] = -sum(corners) / (4 * step[i, i] * step[j, j])
    assert fit.points == 0
    assert fit.log_likelihood == pytest.approx(_linear_log_likelihood(rows, best), abs=1e-8)
    for shift in step[:, :] * 20:
        assert fit.log_likelihood > _linear_log_likelihood(rows, best + shift)
        assert fit.log_likelihood > _linear_log_likelihood(rows, best - shift)
    np.testing.assert_allclose(
        np.sqrt(np.diag(fit.joint_covariance)), np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-4
    )


def test_floor_and_ceiling_mirror_each_other(simulate):
    rows = simulate()
    right = fit_tobit(rows, floor=None, ceiling=6.5)
    left = fit_tobit(replace(rows, y=-rows.y), floor=-6.5, ceiling=None)
    np.testing.assert_allclose(left.beta, -right.beta, rtol=1e-7)
    np.testing.assert_allclose(left.covariance, right.covariance, rtol=1e-6)
    assert left.log_likelihood == pytest.approx(right.log_likelihood, abs=1e-8)
    assert (left.n_floor, left.n_ceiling) == (right.n_ceiling, 0)


def test_the_unit_of_response_and_predictors_changes_nothing_but_the_unit(simulate):
    rows = simulate()
    plain = fit_tobit(rows, floor=None, ceiling=6.5)
    x = rows.x.copy()
    x[:, 1] = x[:, 1] * 1e-3 + 2026.0
    x[:, 2] = 1e4 * x[:, 2]
    moved = fit_tobit(replace(rows, y=1e3 * rows.y + 1e6, x=x), floor=None, ceiling=1e3 * 6.5 + 1e6)
    np.testing.assert_allclose(moved.beta[3:5], 1e3 * plain.beta[3:5], rtol=1e-6)
    np.testing.assert_allclose(moved.beta[1:3], plain.beta[1:3] * [1e6, 0.1], rtol=1e-6)
    np.testing.assert_allclose(_errors(moved)[1:3], _errors(plain)[1:3] * [1e6, 0.1], rtol=1e-6)
    np.testing.assert_allclose(
        np.sqrt(moved.random_covariance[1, 1]), 0.1 * plain.random_covariance[1, 1] ** 0.5, rtol=1e-5
    )
    n_inside = plain.n_rows - plain.n_ceiling
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood - n_inside * np.log(1e3), abs=1e-4)


def test_centering_a_predictor_with_a_person_effect_only_moves_the_intercepts(simulate):
    rows = simulate()
    x = rows.x.copy()
    x[:, 2] += 7.0
    x[:, 5] = rows.x[:, 5]
    plain, moved = (fit_tobit(one, floor=None, ceiling=6.5) for one in (rows, replace(rows, x=x)))
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(moved.beta[1:], plain.beta[1:], rtol=1e-4)
    shift = np.array([[1.0, -7.0], [0.0, 1.0]])
    np.testing.assert_allclose(moved.random_covariance, shift @ plain.random_covariance @ shift.T, rtol=1e-3)


def test_more_points_leave_the_estimates_where_they_are(simulate):
    rows = simulate(ceiling=5.5)
    chosen = fit_tobit(rows, floor=None, ceiling=5.5)
    many = fit_tobit(rows, floor=None, ceiling=5.5, points=31)
    assert chosen.moved < 1e-4
    assert (np.abs(chosen.beta - many.beta) < 1e-4 * _errors(many)).all()
    np.testing.assert_allclose(_errors(chosen), _errors(many), rtol=5e-5)
    assert chosen.log_likelihood == pytest.approx(many.log_likelihood, abs=5e-4)
    assert sum(count for _, count in chosen.points_by_count) < rows.n_people


def test_few_points_say_how_far_they_are_from_standing_still(simulate):
    rows = simulate(ceiling=4.5)
    few = fit_tobit(rows, floor=None, ceiling=4.5, points=7)
    assert few.points == 7
    assert few.moved > 1e-4


def test_the_score_is_the_derivative_of_the_likelihood_and_the_information_of_the_score(simulate):
    fit = fit_tobit(simulate(), floor=None, ceiling=6.5, points=21)
    assert np.abs(fit.scores.sum(axis=0)).max() < 1e-3
    assert fit.scores.shape == (fit.n_people, fit.working.size)
    assert np.linalg.eigvalsh(fit.information)[0] > 0


def test_starting_from_the_answer_ends_there_sooner(simulate):
    rows = simulate(people=60)
    first = fit_tobit(rows, floor=None, ceiling=6.5)
    again = fit_tobit(rows, floor=None, ceiling=6.5, start=first)
    np.testing.assert_allclose(again.beta, first.beta, atol=1e-4 * _errors(first).min())
    assert again.evaluations <= first.evaluations


def test_a_weight_of_four_is_half_the_spread(simulate):
    rows = simulate(ceiling=6.5)
    plain = fit_tobit(rows, floor=None, ceiling=6.5)
    weighted = fit_tobit(replace(rows, weights=np.full(rows.y.size, 4.0)), floor=None, ceiling=6.5)
    np.testing.assert_allclose(weighted.beta, plain.beta, rtol=1e-6)
    assert weighted.residual_sd == pytest.approx(2 * plain.residual_sd, rel=1e-6)
    assert weighted.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-4)


def test_degrees_of_freedom_follow_the_level_a_term_is_learned_at(simulate):
    fit = fit_tobit(simulate(), floor=None, ceiling=6.5)
    inference = fit.inference()
    unit = np.eye(6)
    outer = fit.n_people - 2  # the intercept and x_between are constant within persons
    assert [inference.df(unit[j]) for j in (0, 2, 3)] == [outer] * 3
    assert inference.df(unit[4]) == fit.n_rows - fit.n_people - 4
    assert inference.df(unit[4] + unit[3]) == outer
    assert fit.inference("normal").df(unit[0]) == np.inf
    assert (np.diff(fit.wald(), axis=1) > np.diff(fit.wald(distribution="normal"), axis=1)).all()


def test_a_start_found_from_some_of_the_persons_leads_to_the_same_maximum(simulate, monkeypatch):
    rows = simulate(people=60)
    alone = fit_tobit(rows, floor=None, ceiling=6.5)
    monkeypatch.setattr(start, "MANY", 10)
    monkeypatch.setattr(start, "ONE_IN", 3)
    guess = []
    monkeypatch.setattr(start, "roughly", lambda *given: guess.append(roughly(*given)) or guess[-1])
    led = fit_tobit(rows, floor=None, ceiling=6.5)
    assert guess[0] is not None
    np.testing.assert_allclose(led.beta, alone.beta, atol=1e-4 * _errors(alone).min())
    assert led.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-6)


def test_some_of_the_persons_have_the_likelihood_they_have_among_all(simulate):
    data = scaled_rows(simulate(people=30), floor=None, ceiling=6.5, structure="full")
    theta = np.array([-0.1, 0.05, -0.2, -0.3, -0.2, 0.02, 1.3, 0.9, 0.2, 0.3])
    kept = np.arange(0, 30, 4)
    found, whole = np.empty(kept.size), np.empty(30)
    for part, into in ((data.of(kept), found), (data, whole)):
        search = Search(part, NUMPY, 9)
        free, censored = search.evaluate(theta)
        into[search.free], into[part.censored.persons] = free.log_likelihood, censored.log_likelihood
    np.testing.assert_allclose(found, whole[kept], rtol=1e-12)


def test_points_that_move_the_estimates_by_more_than_the_share_asked_for_are_named(simulate):
    rows = simulate(people=40, ceiling=5.0)
    strict = fit_tobit(rows, floor=None, ceiling=5.0, share=1e-13)
    lax = fit_tobit(rows, floor=None, ceiling=5.0, share=0.1)
    assert strict.moved > 1e-13
    assert "points still move the estimates" in strict.note
    assert lax.moved > maximize.SHARE
    assert not lax.note


def test_a_small_problem_loads_no_compiler():
    code = """
import sys
import numpy as np
from models.within_person.design.model_rows import ModelRows
from models.within_person.tobit.fit import fit_tobit
draw = np.random.default_rng(1)
person = np.repeat(np.arange(91), 10)
y = np.minimum(draw.normal(size=91)[person] + draw.normal(size=910), 1.0)
rows = ModelRows(y=y, x=np.ones((910, 1)), names=("intercept",), random=(0,), person=person)
assert fit_tobit(rows, floor=None, ceiling=1.0).outcome == "converged"
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
