from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize
from scipy.stats import chi2

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.profile import Correlation, Spread, profile_interval
from models.within_person.linear.sums import person_sums

Study = Callable[..., ModelRows]


def test_both_bounds_of_a_coefficient_are_as_unlikely_as_the_level_says(study: Study) -> None:
    rows = study(people=12)
    sums = person_sums(rows)
    found = fit(sums)
    interval = profile_interval(sums, found, "a", 0.9)

    best = fit(sums, method="ml").log_likelihood
    for bound in (interval.low, interval.high):
        rest = replace(
            rows, y=rows.y - bound * rows.x[:, 1], x=np.delete(rows.x, 1, axis=1),
            names=("intercept", "b", "c"), random=(0,),
        )  # fmt: skip
        # the slope of `a` still differs by person: refit by hand, with its column among the effects only
        z = rows.x[:, :2]

        def deviance(values: np.ndarray, rest: ModelRows = rest, z: np.ndarray = z) -> float:
            factor = np.array([[values[0], 0.0], [values[1], values[2]]])
            same = rest.person[:, None] == rest.person[None, :]
            v = np.eye(len(rest.y)) + same * (z @ factor @ factor.T @ z.T)
            inverse = np.linalg.inv(v)
            beta = np.linalg.solve(rest.x.T @ inverse @ rest.x, rest.x.T @ inverse @ rest.y)
            left = rest.y - rest.x @ beta
            n = len(rest.y)
            return float(np.linalg.slogdet(v)[1] + n * (1 + np.log(2 * np.pi * (left @ inverse @ left) / n)))

        start = np.linalg.cholesky(found.random_covariance / found.residual_variance)
        least = optimize.minimize(
            deviance, start[np.tril_indices(2)], method="BFGS", options={"gtol": 1e-3}
        ).fun
        assert least + 2 * best == pytest.approx(chi2.ppf(0.9, 1), abs=1e-4)
    assert interval.low < interval.estimate < interval.high


def test_the_interval_of_the_residual_is_that_of_the_chi_square_rule(study: Study, dense: type) -> None:
    rows = study(people=12, random=(0,))
    sums = person_sums(rows)
    found = fit(sums, method="ml")
    interval = profile_interval(sums, found, Spread(None))
    truth = dense(rows)

    for bound in (interval.low, interval.high):
        least = optimize.minimize_scalar(
            lambda s, bound=bound: -2 * truth.log_likelihood(np.array([[s**2]]), bound**2, reml=False),
            bounds=(0.0, 40.0), method="bounded", options={"xatol": 1e-8},
        ).fun  # fmt: skip
        assert least + 2 * found.log_likelihood == pytest.approx(chi2.ppf(0.95, 1), abs=1e-5)


def test_a_restricted_fit_has_its_spread_profiled_in_its_own_likelihood(study: Study, dense: type) -> None:
    rows = study(people=12, random=(0,))
    sums = person_sums(rows)
    found = fit(sums)
    interval = profile_interval(sums, found, Spread("intercept"))
    truth = dense(rows)

    assert interval.method == "reml"
    for bound in (interval.low, interval.high):
        least = optimize.minimize_scalar(
            lambda s, bound=bound: -2 * truth.log_likelihood(np.array([[bound**2]]), s**2, reml=True),
            bounds=(1.0, 20.0), method="bounded", options={"xatol": 1e-8},
        ).fun  # fmt: skip
        assert least + 2 * found.log_likelihood == pytest.approx(chi2.ppf(0.95, 1), abs=1e-5)


def test_a_spread_that_may_be_zero_has_zero_as_its_lower_bound() -> None:
    draw = np.random.default_rng(3)
    person = np.repeat(np.arange(10), 6)
    x = np.column_stack([np.ones(60), draw.normal(0, 1, 60)])
    y = draw.normal(0, 1, 10)[person] + draw.normal(0, 1, 60)
    rows = ModelRows(y=y, x=x, names=("intercept", "a"), random=(0, 1), person=person)
    sums = person_sums(rows)
    for structure in ("full", "diagonal"):
        interval = profile_interval(sums, fit(sums, structure=structure), Spread("a"))  # type: ignore[arg-type]
        assert interval.low == 0.0
        assert 0.05 < interval.high < 2.0


def test_a_correlation_stays_between_minus_one_and_one(study: Study) -> None:
    sums = person_sums(study(people=12))
    interval = profile_interval(sums, fit(sums), Correlation("intercept", "a"))

    assert -1.0 <= interval.low < interval.estimate < interval.high <= 1.0
    swapped = profile_interval(sums, fit(sums), Correlation("a", "intercept"))
    assert (swapped.low, swapped.high) == pytest.approx((interval.low, interval.high), abs=1e-5)

    sums = person_sums(study(people=8, seed=2))  # perfectly correlated in the estimate
    assert profile_interval(sums, fit(sums), Correlation("intercept", "a")).low == -1.0


def test_parameters_that_the_fit_does_not_have_are_refused(study: Study) -> None:
    sums = person_sums(study())
    found = fit(sums)

    for parameter in ("z", Spread("b"), Correlation("a", "b")):
        with pytest.raises(ValueError, match="no parameter of"):
            profile_interval(sums, found, parameter)
    with pytest.raises(ValueError, match="uncorrelated"):
        profile_interval(sums, fit(sums, structure="diagonal"), Correlation("intercept", "a"))
    with pytest.raises(ValueError, match="level"):
        profile_interval(sums, found, "a", 1.0)
    with pytest.raises(NotIdentifiedError, match="did not converge"):
        profile_interval(sums, replace(found, outcome="not converged"), "a")
