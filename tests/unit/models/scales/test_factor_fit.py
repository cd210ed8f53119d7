"""The likelihood of answers with gaps: its slopes, its maximum, and what it refuses."""

import numpy as np
import pytest

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.scales.factor_fit import fit, fit_saturated, solved, uncertainty
from models.scales.factor_model import (
    FactorModel,
    bend,
    jacobian,
    one_factor,
    saturated,
    slope_in_parameters,
    two_waves,
)
from models.scales.patterns import patterns_of, slopes
from models.scales.reliability import fit_one_factor


def _answers(n: int = 200, k: int = 4, gaps: float = 0.15, seed: int = 1) -> Array:
    random = np.random.default_rng(seed)
    answers = random.standard_normal((n, 1)) * np.linspace(0.6, 1.2, k) + random.standard_normal((n, k))
    answers[random.random((n, k)) < gaps] = np.nan
    return answers + np.arange(k)


def _value_and_slope(model: FactorModel, answers: Array, theta: Array) -> tuple[float, Array]:
    entries = model.entries(theta)
    found = slopes(patterns_of(answers), entries.mean, entries.covariance)
    assert found is not None
    in_mean, in_covariance = jacobian(model, entries)
    return found.log_likelihood, in_mean @ found.in_mean + np.einsum(
        "qij,ij->q", in_covariance, found.in_covariance
    )


MODELS = {
    "one factor": one_factor(4),
    "any covariance": saturated(4),
    "configural": two_waves(2, "configural"),
    "metric": two_waves(2, "metric"),
    "scalar": two_waves(2, "scalar"),
}


def _point(model: FactorModel, seed: int = 3) -> Array:
    """A point with a positive definite covariance: error variances 1 to 2, all else small."""
    theta = 0.2 * np.random.default_rng(seed).standard_normal(model.n_parameters)
    theta[np.diag(model.errors)] = np.linspace(1.0, 2.0, model.errors.shape[0])
    for place in model.factors.diagonal():
        if place >= 0:
            theta[place] = 1.3
    return theta


@pytest.mark.parametrize("name", MODELS)
def test_slopes_are_the_derivatives_of_the_likelihood(name: str) -> None:
    model, answers = MODELS[name], _answers()
    theta, step = _point(model), 1e-5

    _, slope = _value_and_slope(model, answers, theta)

    numbers = [
        (_value_and_slope(model, answers, theta + e)[0] - _value_and_slope(model, answers, theta - e)[0])
        / (2.0 * step)
        for e in step * np.eye(theta.size)
    ]
    np.testing.assert_allclose(slope, numbers, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_short_way_to_the_slope_is_the_jacobians(name: str) -> None:
    model = MODELS[name]
    entries = model.entries(_point(model))
    random = np.random.default_rng(6)
    of_mean, square = random.standard_normal(4), random.standard_normal((4, 4))
    in_mean, in_covariance = jacobian(model, entries)

    found = slope_in_parameters(model, entries, of_mean, square + square.T)

    long = in_mean @ of_mean + np.einsum("qij,ij->q", in_covariance, square + square.T)
    np.testing.assert_allclose(found, long, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_bend_is_how_the_slope_moves_with_the_parameters(name: str) -> None:
    model = MODELS[name]
    random = np.random.default_rng(7)
    of_mean, square = random.standard_normal(4), random.standard_normal((4, 4))
    theta = _point(model)

    def slope(at: Array) -> Array:
        return slope_in_parameters(model, model.entries(at), of_mean, square + square.T)

    # The slope has degree two at most along a parameter, so that differences over any step are exact.
    moved = [0.5 * (slope(theta + e) - slope(theta - e)) for e in np.eye(theta.size)]

    found = bend(model, model.entries(theta), of_mean, square + square.T)
    np.testing.assert_allclose(found, moved, rtol=1e-10, atol=1e-10)


def test_parameters_that_cannot_be_told_apart_are_refused_and_nearly_so_are_not() -> None:
    right = np.ones(2)
    with pytest.raises(NotIdentifiedError):
        solved(np.array([[1.0, 1.0], [1.0, 1.0]]), right)
    with pytest.raises(NotIdentifiedError):
        solved(np.array([[1.0, 1.0 - 1e-10], [1.0 - 1e-10, 1.0]]), right)

    nearly = np.array([[1.0, 1.0 - 1e-8], [1.0 - 1e-8, 1.0]])
    np.testing.assert_allclose(nearly @ solved(nearly, right), right, rtol=1e-6)


def test_the_likelihood_is_that_of_each_persons_answered_items() -> None:
    from scipy import stats

    answers, model = _answers(n=40), MODELS["one factor"]
    entries = model.entries(_point(model))
    patterns = patterns_of(answers)
    mean = entries.mean + patterns.center

    by_person = sum(
        stats.multivariate_normal.logpdf(row[seen], mean[seen], entries.covariance[np.ix_(seen, seen)])
        for row in answers
        if (seen := ~np.isnan(row)).any()
    )

    found = slopes(patterns, entries.mean, entries.covariance)
    assert found is not None
    assert found.log_likelihood == pytest.approx(by_person, rel=1e-12)


def test_the_observed_information_is_minus_the_second_derivative() -> None:
    answers = _answers()
    patterns = patterns_of(answers)
    fitted = fit_one_factor(patterns)
    step = 1e-5

    bend = [
        (_value_and_slope(fitted.model, answers, fitted.theta + e)[1]
         - _value_and_slope(fitted.model, answers, fitted.theta - e)[1]) / (2.0 * step)
        for e in step * np.eye(fitted.theta.size)
    ]  # fmt: skip

    np.testing.assert_allclose(uncertainty(fitted, patterns).model, np.linalg.inv(-np.array(bend)), rtol=1e-5,
                               atol=1e-9)  # fmt: skip


def test_complete_answers_give_the_samples_mean_and_covariance() -> None:
    answers = _answers(gaps=0.0)

    fitted = fit_saturated(patterns_of(answers))

    np.testing.assert_allclose(fitted.entries.mean, 0.0, atol=1e-9)
    np.testing.assert_allclose(fitted.entries.errors, np.cov(answers, rowvar=False, ddof=0), rtol=1e-9)


def test_people_lost_by_what_they_said_before_do_not_bias_the_mean() -> None:
    random = np.random.default_rng(5)
    first = random.standard_normal(20_000)
    second = 0.8 * first + 0.6 * random.standard_normal(20_000)
    second[first < 0.0] = np.nan
    patterns = patterns_of(np.column_stack([first, second]))

    fitted = fit_saturated(patterns)

    assert np.nanmean(second) > 0.5
    assert fitted.entries.mean[1] + patterns.center[1] == pytest.approx(0.0, abs=0.03)


def test_normal_answers_have_a_trace_near_the_number_of_parameters() -> None:
    patterns = patterns_of(_answers(n=20_000, gaps=0.1))
    fitted = fit_one_factor(patterns)

    assert uncertainty(fitted, patterns).trace == pytest.approx(fitted.theta.size, rel=0.03)


def test_a_model_with_more_parameters_than_moments_is_refused() -> None:
    patterns = patterns_of(_answers(k=2))

    with pytest.raises(NotIdentifiedError, match="do not tell the parts"):
        fit(patterns, one_factor(2), np.array([0.0, 0.0, 0.7, 0.7, 0.5, 0.5]))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (np.full((40, 3), np.nan), "nobody answered"),
        (np.column_stack([np.arange(40.0), np.full(40, np.nan)]), "nobody answered"),
        (np.column_stack([np.arange(40.0), np.full(40, 2.0)]), "same answer"),
        (
            np.where(np.arange(80).reshape(40, 2) // 40 == [0, 1], np.arange(80.0).reshape(40, 2), np.nan),
            "answered together",
        ),
    ],
)  # fmt: skip
def test_answers_that_say_nothing_about_a_pair_are_refused(answers: Array, reason: str) -> None:
    with pytest.raises(NotIdentifiedError, match=reason):
        patterns_of(answers)
