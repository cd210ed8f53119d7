"""Where predictors and person effects reproduce the response, or its unit overflows: refused at once."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.tobit.fit import fit_tobit

REASON = "^the predictors and the person effects leave no variation in the response$"


def _exact(simulate, kind, **kwargs):
    """Rows whose response has no residual, spread over about 10 units."""
    rows = simulate(**kwargs)
    own, x = np.linspace(0.0, 10.0, rows.n_people)[rows.person], rows.x[:, 2]
    y = {
        "constant within persons": own,
        "one line for everybody": 3 + 2 * x,
        "a line for each person": own + (2 + own) * x,
        "a line for each person and a column": own + (2 + own) * x + 1.5 * rows.x[:, 4] - rows.x[:, 5],
    }[kind]
    return replace(rows, y=y)


KINDS = [
    ("constant within persons", False),
    ("constant within persons", True),
    ("one line for everybody", False),
    ("one line for everybody", True),
    ("a line for each person", True),
    ("a line for each person and a column", True),
]


def _refused_at_once(rows, **kwargs):
    began = time.process_time()
    with pytest.raises(NotIdentifiedError, match=REASON):
        fit_tobit(rows, floor=kwargs.pop("floor", None), **kwargs)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(("kind", "slope"), KINDS)
@pytest.mark.parametrize("structure", ["full", "diagonal"])
def test_an_exact_response_without_a_bound_is_refused_at_once(simulate, kind, slope, structure):
    _refused_at_once(_exact(simulate, kind, slope=slope), ceiling=None, structure=structure)


@pytest.mark.parametrize(("kind", "slope"), KINDS)
@pytest.mark.parametrize("at", [0.1, 0.4])
def test_an_exact_response_cut_at_the_ceiling_is_refused_at_once(simulate, kind, slope, at):
    rows = _exact(simulate, kind, slope=slope)
    ceiling = float(np.quantile(rows.y, 1 - at))
    _refused_at_once(replace(rows, y=np.minimum(rows.y, ceiling)), ceiling=ceiling)


@pytest.mark.parametrize(("kind", "slope"), KINDS)
def test_an_exact_response_cut_at_both_ends_is_refused_at_once(simulate, kind, slope):
    rows = _exact(simulate, kind, slope=slope)
    floor, ceiling = (float(end) for end in np.quantile(rows.y, [0.15, 0.8]))
    _refused_at_once(replace(rows, y=np.clip(rows.y, floor, ceiling)), floor=floor, ceiling=ceiling)


def test_answers_that_never_change_some_of_them_at_the_ceiling_are_refused_at_once(simulate):
    rows = simulate(people=40, slope=False)
    own = np.linspace(30.0, 100.0, 40).round()[rows.person]
    weights = np.where(rows.day < 3, 2.0, 0.5)
    for part in (rows, replace(rows, random=(0, 2)), replace(rows, weights=weights)):
        _refused_at_once(replace(part, y=np.minimum(own, 97.0)), ceiling=97.0)


def test_the_compiled_engine_refuses_an_exact_response_cut_at_the_ceiling(simulate):
    pytest.importorskip("numba")
    rows = _exact(simulate, "a line for each person")
    y = np.minimum(rows.y, np.quantile(rows.y, 0.8))
    with pytest.raises(NotIdentifiedError, match=REASON):
        fit_tobit(replace(rows, y=y), floor=None, ceiling=float(y.max()), engine="compiled")


def test_many_people_with_an_exact_response_are_refused_at_once(simulate):
    rows = _exact(simulate, "a line for each person", people=4_500, days=5)
    _refused_at_once(rows, ceiling=None)


@pytest.mark.parametrize("kind", ["one line for everybody", "a line for each person"])
def test_many_people_with_an_exact_response_cut_at_the_ceiling_are_refused_at_once(simulate, kind):
    rows = _exact(simulate, kind, people=400)
    ceiling = float(np.quantile(rows.y, 0.7))
    _refused_at_once(replace(rows, y=np.minimum(rows.y, ceiling)), ceiling=ceiling)


def test_one_noisy_person_is_enough_to_say_that_something_is_left(simulate):
    rows = _exact(simulate, "constant within persons", slope=False, people=900, days=5)
    last = rows.person == 899
    y = rows.y + np.where(last, np.random.default_rng(1).normal(size=last.size), 0.0)
    fit = fit_tobit(replace(rows, y=y), floor=None, ceiling=None)
    assert fit.outcome == "converged"
    assert fit.residual_sd > 1e-3


def test_censored_rows_that_speak_against_exact_ones_leave_a_residual(simulate):
    rows = _exact(simulate, "constant within persons", slope=False)
    y = np.where(rows.day == 1, 12.0, rows.y)
    fit = fit_tobit(replace(rows, y=y), floor=None, ceiling=12.0)
    assert fit.outcome in ("converged", "singular")
    assert fit.residual_sd > 0.5


@pytest.mark.parametrize("ceiling", [None, 9.0])
def test_a_residual_of_a_ten_thousandth_is_still_fitted(simulate, ceiling):
    rows = _exact(simulate, "constant within persons", slope=False)
    y = rows.y + 1e-3 * np.random.default_rng(2).normal(size=rows.y.size)
    y = y if ceiling is None else np.minimum(y, ceiling)
    fit = fit_tobit(replace(rows, y=y), floor=None, ceiling=ceiling)
    assert fit.outcome == "converged"
    assert fit.residual_sd == pytest.approx(1e-3, rel=0.15)


def test_two_rows_each_with_a_slope_are_not_taken_for_an_exact_fit(simulate):
    rows = simulate(people=150, days=2, slope=True, gaps=False, seed=3)
    rows = replace(rows, x=np.ascontiguousarray(rows.x[:, [0, 2]]), names=("intercept", "x"), random=(0, 1))
    try:
        fit = fit_tobit(rows, floor=None, ceiling=6.5)
    except NotIdentifiedError as refused:
        assert "no variation" not in str(refused)
    else:
        assert np.isfinite(fit.beta).all()


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e40, 1e-40])
@pytest.mark.parametrize(
    ("part", "name"), [("y", "the response"), ("x", "x_within"), ("weights", "the weights")]
)
def test_values_in_a_unit_that_overflows_are_named_before_any_warning(simulate, size, part, name):
    rows = simulate()
    if part == "x":
        values = rows.x.copy()
        values[:, 2] *= size
    else:
        values = (rows.y if part == "y" else np.ones(rows.y.size)) * size
    with pytest.raises(NotIdentifiedError, match=f"another unit: {name}$"):
        fit_tobit(replace(rows, **{part: values}), floor=None, ceiling=None)


@pytest.mark.parametrize("size", [1e25, 1e-25])
def test_an_unusual_unit_changes_no_more_than_the_unit(simulate, size):
    rows = simulate()
    plain = fit_tobit(rows, floor=None, ceiling=6.5)
    fit = fit_tobit(replace(rows, y=rows.y * size), floor=None, ceiling=6.5 * size)
    np.testing.assert_allclose(fit.beta, plain.beta * size, rtol=1e-6)
    x = rows.x.copy()
    x[:, 2] *= size
    fit = fit_tobit(replace(rows, x=x), floor=None, ceiling=6.5)
    assert fit.beta[2] == pytest.approx(plain.beta[2] / size, rel=1e-6)
    assert np.isfinite(fit.joint_covariance).all()
