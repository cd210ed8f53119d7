"""Draws have the posterior that the formulas say."""

import numpy as np
import pytest

from models.missing.posterior_draws import Programs, draw_categories, draw_regression, moments_of
from models.refusal import NotIdentifiedError


def draw(design, y, programs, ratio, random):
    moments = moments_of(np.vstack([design, y]), programs)
    return draw_regression(moments, len(design), np.arange(len(design)), ratio, random)


@pytest.fixture(scope="module")
def answers():
    random = np.random.default_rng(11)
    counts = np.array([12, 3, 25, 7, 18])
    program = np.repeat(np.arange(5), counts)
    design = np.vstack([np.ones(65), random.normal(size=(2, 65))])
    y = design.T @ [0.5, 1.0, -0.5] + random.normal(size=6)[program] + random.normal(size=65)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    # Program 5 has no answers: it is there all the same.
    programs = Programs(present=np.arange(5), starts=starts, counts=counts.astype(float), n_programs=6)
    return design, y, program, programs


def test_the_estimate_is_generalized_least_squares_with_levels_predicted_at_their_conditional_mean(answers):
    design, y, program, programs = answers
    ratio = 2.0
    found = draw(design, y, programs, ratio, np.random.default_rng(1))
    indicators = (program[:, None] == np.arange(6)).astype(float)
    covariance = np.eye(65) + indicators @ indicators.T / ratio
    inverse = np.linalg.inv(covariance)
    beta = np.linalg.solve(design @ inverse @ design.T, design @ inverse @ y)
    levels = indicators.T @ inverse @ (y - design.T @ beta) / ratio
    # the ridge of 1e-5 of a column's own sum of squares moves the fourth digit at most
    np.testing.assert_allclose(found.estimate, beta, rtol=1e-3)
    np.testing.assert_allclose(found.levels, levels, atol=1e-3)
    assert found.levels[5] == 0.0


def test_draws_scatter_as_the_posterior_says(answers):
    """Coefficients: covariance Q / (n - p - 2) M^-1 about the estimate; unseen programs: N(0, s2 / ratio)."""
    design, y, program, programs = answers
    random, ratio = np.random.default_rng(2), 2.0
    draws = [draw(design, y, programs, ratio, random) for _ in range(4000)]
    indicators = (program[:, None] == np.arange(6)).astype(float)
    inverse = np.linalg.inv(np.eye(65) + indicators @ indicators.T / ratio)
    cross = design @ inverse @ design.T
    beta = np.linalg.solve(cross, design @ inverse @ y)
    quadratic = (y - design.T @ beta) @ inverse @ (y - design.T @ beta)
    variance = quadratic / (65 - 3 - 2)
    drawn = np.array([one.drawn for one in draws])
    np.testing.assert_allclose(
        drawn.mean(axis=0), beta, atol=4 * np.sqrt(variance * np.diag(np.linalg.inv(cross)).max() / 4000)
    )
    np.testing.assert_allclose(
        np.cov(drawn.T), variance * np.linalg.inv(cross), atol=0.12 * variance * np.linalg.inv(cross).max()
    )
    unseen = np.array([one.drawn_levels[5] for one in draws])
    assert unseen.var() == pytest.approx(variance / ratio, rel=0.12)


def test_the_ratio_of_variances_is_found_again_by_the_sampler():
    """40 programs of 20, residual variance four times that between programs."""
    random = np.random.default_rng(3)
    program = np.repeat(np.arange(40), 20)
    y = 0.5 * random.normal(size=40)[program] + random.normal(size=800)
    programs = Programs(
        present=np.arange(40), starts=np.arange(0, 800, 20), counts=np.full(40, 20.0), n_programs=40
    )
    ratio, seen = 9.0, []
    for _ in range(400):
        ratio = draw(np.ones((1, 800)), y, programs, ratio, random).ratio
        seen.append(ratio)
    means = y.reshape(40, 20).mean(axis=1)
    within = y.reshape(40, 20).var(axis=1, ddof=1).mean()
    moments = within / (means.var(ddof=1) - within / 20)
    assert np.median(seen[50:]) == pytest.approx(moments, rel=0.2)


def test_without_programs_the_estimate_is_least_squares(answers):
    design, y, _, _ = answers
    found = draw(design, y, None, 9.0, np.random.default_rng(1))
    np.testing.assert_allclose(found.estimate, np.linalg.lstsq(design.T, y, rcond=None)[0], rtol=1e-3)
    assert found.levels.size == 0
    assert found.ratio == 9.0


def test_categories_come_as_often_as_bayes_theorem_says():
    """Three groups on a line, known means: at each place the shares drawn are the true probabilities."""
    random = np.random.default_rng(4)
    codes = random.integers(0, 3, 3000)
    design = (np.array([-1.0, 0.0, 1.5])[codes] + random.normal(size=3000))[None, :]
    places = np.repeat([-1.0, 0.5, 2.0], 4000)
    drawn = draw_categories(design, codes, places[None, :], np.full((12000, 3), 1 / 3), random)
    for place in (-1.0, 0.5, 2.0):
        weight = np.exp(-0.5 * (place - np.array([-1.0, 0.0, 1.5])) ** 2)
        found = np.bincount(drawn[places == place], minlength=3) / 4000
        np.testing.assert_allclose(found, weight / weight.sum(), atol=0.04)


def test_a_category_that_others_never_look_like_is_drawn_where_it_belongs_alone():
    random = np.random.default_rng(5)
    codes = np.repeat([0, 1], 30)
    design = (10.0 * codes + random.normal(size=60))[None, :]
    drawn = draw_categories(design, codes, np.array([[0.0, 10.0]]), np.full((2, 2), 0.5), random)
    assert drawn.tolist() == [0, 1]


def test_answers_that_are_no_numbers_are_refused_not_factored(answers):
    design, y, _, _ = answers
    broken = design.copy()
    broken[1, 0] = np.nan
    with pytest.raises(NotIdentifiedError, match="do not tell the parameters"):
        draw(broken, y, None, 9.0, np.random.default_rng(1))
