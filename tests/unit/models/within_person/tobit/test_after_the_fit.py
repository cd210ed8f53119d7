"""Margins, robust errors, latent ICC, profiles, and the comparison that ignores the bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from models.refusal import NotIdentifiedError
from models.within_person.tobit import profile
from models.within_person.tobit.fit import fit_tobit
from models.within_person.tobit.ignoring_the_bounds import ignoring_the_bounds
from models.within_person.tobit.latent_icc import latent_icc
from models.within_person.tobit.margins import NAMES, difference, margins
from models.within_person.tobit.profile import profile_interval
from models.within_person.tobit.robust import robust


def _drawn(fit, rows, x, draws=400, seed=3):
    """Mean of the response as people would answer, drawn from the fitted model."""
    draw = np.random.default_rng(seed)
    value, vector = np.linalg.eigh(fit.random_covariance)
    factor = vector * np.sqrt(np.maximum(value, 0.0))
    total = np.zeros(3)
    for _ in range(draws):
        effects = (factor @ draw.normal(size=(2, x.shape[0]))).T
        y = x @ fit.beta + (effects * x[:, list(fit.random)]).sum(axis=1)
        y = y + fit.residual_sd * draw.normal(size=y.size)
        total += [
            np.clip(y, fit.floor, fit.ceiling).mean(),
            (y <= fit.floor).mean(),
            (y >= fit.ceiling).mean(),
        ]
    return total / draws


@pytest.fixture(scope="module")
def both(simulate):
    rows = simulate(people=60, floor=3.5, seed=2)
    return rows, fit_tobit(rows, floor=3.5, ceiling=6.5)


def test_observed_levels_are_those_of_answers_drawn_from_the_model(both):
    rows, fit = both
    found = {one.name: one.value for one in margins(fit, rows, np.eye(6)[4])}
    mean, at_floor, at_ceiling = _drawn(fit, rows, rows.x)
    assert found["observed mean"] == pytest.approx(mean, abs=0.02)
    assert found["share at the floor"] == pytest.approx(at_floor, abs=0.01)
    assert found["share at the ceiling"] == pytest.approx(at_ceiling, abs=0.01)
    assert found["latent mean"] == pytest.approx((rows.x @ fit.beta).mean(), abs=1e-12)


def test_effects_are_the_change_of_the_levels_along_the_predictor(both):
    rows, fit = both
    along = np.zeros_like(rows.x)
    along[:, 2], along[:, 5] = 1.0, rows.x[:, 4]
    effects = margins(fit, rows, along)[4:]
    changes = difference(fit, rows, rows.x + 1e-5 * along, rows.x - 1e-5 * along)
    for effect, change in zip(effects, changes, strict=True):
        assert effect.value == pytest.approx(change.value / 2e-5, abs=1e-7)
        assert effect.std_error == pytest.approx(change.std_error / 2e-5, rel=1e-3)
    assert [one.name for one in margins(fit, rows, along)] == list(NAMES)
    assert abs(effects[1].value) < abs(effects[0].value)


def test_the_error_of_a_latent_effect_is_that_of_its_coefficient(both):
    rows, fit = both
    effect = margins(fit, rows, np.eye(6)[3])[4]
    assert effect.value == pytest.approx(fit.beta[3])
    assert effect.std_error == pytest.approx(np.sqrt(fit.covariance[3, 3]), rel=1e-6)


def test_a_direction_of_the_wrong_size_is_refused(both):
    rows, fit = both
    with pytest.raises(ValueError, match="one number for each of the 6 columns"):
        margins(fit, rows, np.ones(5))


def test_robust_errors_match_model_errors_where_the_model_is_true(simulate):
    rows = simulate(people=400, seed=8)
    fit = fit_tobit(rows, floor=None, ceiling=6.5)
    sandwich = robust(fit)
    np.testing.assert_allclose(np.diag(sandwich.covariance) / np.diag(fit.covariance), 1.0, atol=0.3)
    assert sandwich.df(np.eye(6)[2]) == 400 - 2


def test_doubling_every_person_halves_both_covariances(simulate):
    rows = simulate(people=40)
    twice = replace(
        rows, y=np.tile(rows.y, 2), x=np.tile(rows.x, (2, 1)), day=np.tile(rows.day, 2),
        person=np.concatenate([rows.person, rows.person + 40]),
    )  # fmt: skip
    one, two = (fit_tobit(part, floor=None, ceiling=6.5) for part in (rows, twice))
    np.testing.assert_allclose(two.covariance, one.covariance / 2, rtol=1e-4, atol=1e-9)
    factor = (80 / 79) / (40 / 39)
    np.testing.assert_allclose(
        robust(two).covariance, robust(one).covariance / 2 * factor, rtol=1e-3, atol=1e-7
    )


def test_robust_errors_of_fewer_persons_than_parameters_are_refused(simulate):
    fit = fit_tobit(simulate(people=9, days=12), floor=None, ceiling=6.5)
    with pytest.raises(NotIdentifiedError, match="9 persons are too few"):
        robust(fit)


def test_the_latent_icc_is_the_share_between_persons(both):
    _, fit = both
    icc = latent_icc(fit)
    tau = fit.random_covariance[0, 0]
    assert icc.value == pytest.approx(tau / (tau + fit.residual_sd**2))
    assert icc.low < icc.value < icc.high


def test_a_latent_icc_of_zero_has_no_interval(simulate):
    fit = fit_tobit(simulate(intercept_sd=1e-9, slope_sd=1e-9, people=25, seed=0), floor=None, ceiling=6.5)
    assert latent_icc(fit).std_error is None
    assert latent_icc(fit).value < 1e-8


@pytest.mark.parametrize("name", ["intercept", "x_between", "x_within_x_meeting"])
def test_a_profile_interval_ends_where_the_likelihood_has_fallen_enough(both, name):
    rows, fit = both
    interval = profile_interval(rows, fit, name, level=0.9)
    j = fit.names.index(name)
    for end in (interval.low, interval.high):
        # The same drop, by another search over the parameters that are left.
        assert _held_log_likelihood(rows, fit, j, end) == pytest.approx(
            fit.log_likelihood - chi2.ppf(0.9, 1) / 2, abs=2e-3
        )
    assert interval.low < fit.beta[j] < interval.high
    half = np.sqrt(chi2.ppf(0.9, 1) * fit.covariance[j, j])
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.1)


def _held_log_likelihood(rows, fit, j, end):
    from scipy.optimize import minimize

    from models.within_person.tobit import likelihood
    from models.within_person.tobit.scaled_rows import scaled_rows

    data = scaled_rows(rows, floor=fit.floor, ceiling=fit.ceiling, structure="full")
    across = np.append(data.back[j], end - (data.y_center if j == 0 else 0.0))
    left = np.linalg.svd(np.pad(across, (0, 3))[None, :])[2][1:].T
    free = np.setdiff1d(np.arange(data.n_people), data.censored.persons)
    chosen = np.arange(data.censored.persons.size)
    zero = np.zeros((chosen.size, 2))

    def minus(phi):
        theta = left @ phi
        if theta[6] <= 0:
            return 1e9, np.zeros(phi.size)
        place = likelihood.modes(theta, data, data.censored, zero)
        one = likelihood.without_censored(theta, data, free)
        two = likelihood.with_censored(theta, data, chosen, place, np.full(chosen.size, 11))
        value = one.log_likelihood.sum() + two.log_likelihood.sum()
        return -value, -left.T @ (one.scores.sum(axis=0) + two.scores.sum(axis=0))

    found = minimize(minus, left.T @ fit.working, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return -found.fun + data.log_jacobian


def test_a_profile_of_an_unknown_coefficient_or_of_other_rows_is_refused(both, simulate):
    rows, fit = both
    with pytest.raises(ValueError, match="no coefficient"):
        profile_interval(rows, fit, "day")
    with pytest.raises(ValueError, match="not of these rows"):
        profile_interval(simulate(people=20, floor=3.5), fit, "time")


@pytest.mark.parametrize(
    ("constant", "value", "reason"),
    [
        ("MOST_SECANTS", 1, "not met in 1 steps toward it"),
        ("MOST_STEPS", 0, "with the coefficient held, the steps toward the maximum did not shrink"),
        ("FARTHEST", 0.5, "the likelihood falls too slowly, far beyond the Wald interval's end"),
        ("UNCHANGED", 1e9, "the likelihood stops falling before it has fallen far enough"),
    ],
)
def test_a_profile_without_an_end_says_what_stopped_it(both, monkeypatch, constant, value, reason):
    rows, fit = both
    monkeypatch.setattr(profile, constant, value)
    interval = profile_interval(rows, fit, "x_between")
    assert (interval.low, interval.high) == (None, None)
    assert interval.note == f"no lower end: {reason}; no upper end: {reason}"


def test_a_profile_of_a_fit_below_the_maximum_says_so(both):
    rows, fit = both
    below = replace(fit, log_likelihood=fit.log_likelihood - 10.0)
    note = profile_interval(rows, below, "x_between").note
    assert note.count("the likelihood is higher there than at the fit") == 2


def test_one_end_of_a_profile_stands_where_the_other_is_not_found(both, monkeypatch):
    rows, fit = both
    whole, held = profile_interval(rows, fit, "x_between"), profile._held

    def only_below(search, theta, data, j, value):
        return held(search, theta, data, j, min(value, fit.beta[j]))

    monkeypatch.setattr(profile, "_held", only_below)
    half = profile_interval(rows, fit, "x_between")
    assert half.low == whole.low
    assert half.high is None
    assert half.note == "no upper end: the likelihood stops falling before it has fallen far enough"


def test_the_rules_for_intervals_hold_no_count(both):
    # A count in a text cannot be withheld; the degrees of freedom stand in a column of their own.
    _, fit = both
    rules = [fit.inference().rule, fit.inference("normal").rule, robust(fit).rule]
    assert not any(digit in rule.replace("n - 1", "") for rule in rules for digit in "0123456789")
    assert rules[0].startswith("observed information; terms between persons")
    assert rules[2].startswith("cluster-robust by person")


def test_ignoring_the_ceiling_pulls_the_slopes_toward_zero(simulate, truth):
    rows = simulate(people=300, ceiling=5.5, seed=4)
    fit = fit_tobit(rows, floor=None, ceiling=5.5)
    ignored = ignoring_the_bounds(fit, rows)
    assert ignored.by_term["x_between"] < -0.1
    assert ignored.by_term["x_within"] < -0.05
    assert abs(ignored.linear.beta[3] - truth[3]) > abs(fit.beta[3] - truth[3])


def test_without_a_bound_the_linear_model_says_the_same(simulate):
    rows = simulate(ceiling=None)
    fit = fit_tobit(rows, floor=None, ceiling=None)
    ignored = ignoring_the_bounds(fit, rows)
    assert max(abs(gap) for gap in ignored.by_term.values()) < 1e-5
    assert ignored.linear.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-6)
