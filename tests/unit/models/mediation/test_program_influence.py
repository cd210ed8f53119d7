"""Influence functions tell what resampling whole programs tells, when there are many of them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from models.mediation.mediator_laws import Law
from models.mediation.natural_effects import How, People, effects_of, mediator_models, natural_effects
from models.mediation.program_bootstrap import bootstrapped
from models.mediation.program_influence import _LawInfluence, linearized

NAMES = ("first", "second")
HOW = How(penalty=1.0)


def many_programs(seed: int = 3, n: int = 4000, programs: int = 200):
    random = np.random.default_rng(seed)
    program = np.arange(n) % programs
    exposed = (program < programs // 2).astype(float)
    x = random.normal(size=(n, 3))
    level = 0.4 * random.normal(size=programs)[program]
    chance = special.expit(0.4 * exposed + 0.3 * x[:, 0] + level)
    first = random.binomial(9, random.beta(6 * chance, 6 * (1 - chance))) / 9
    chance = special.expit(0.5 * exposed + first - 0.5 + 0.3 * x[:, 1])
    second = random.beta(5 * chance, 5 * (1 - chance))
    odds = 0.2 - 0.3 * exposed - first - second - 0.6 * exposed * first + 0.4 * x[:, 0] + level
    outcome = (random.random(n) < special.expit(odds)).astype(float)
    one = np.ones(n)
    people = People(
        exposed=exposed, covariates=x, mediators=(first, second), laws=(Law("share", 9.0), Law("share")),
        weights=one, target=one,
    )  # fmt: skip
    return people, outcome, program


def test_errors_from_influence_are_those_of_the_bootstrap_with_many_programs():
    people, outcome, program = many_programs(n=1500, programs=100)
    flat = linearized(people, {"y": outcome}, NAMES, program, how=HOW)["y"]
    drawn = bootstrapped(people, {"y": outcome}, NAMES, program, how=HOW, draws=200, seed=1)["y"]
    assert flat.beta == pytest.approx(drawn.beta, abs=1e-3)  # two points of the laws against many
    ratio = np.sqrt(np.diag(flat.covariance) / np.diag(drawn.covariance))
    assert np.all((ratio > 0.85) & (ratio < 1.15))  # 200 draws tell an error to 5 percent


def test_influence_is_the_change_when_a_person_counts_a_little_more():
    people, outcome, _ = many_programs(n=400, programs=20)
    laws = _LawInfluence(people, mediator_models(people, HOW), HOW)
    means, influence = laws.cells(outcome, "logistic")
    pairs = effects_of(NAMES)
    step = 1e-3
    for person in (0, 7, 211):
        weight = np.ones(400)
        weight[person] += step
        moved = replace(people, weights=weight, target=weight)
        now = natural_effects(moved, outcome, NAMES, how=HOW, fine=False)
        for term, (a, b) in pairs.items():
            expected = 400 * (now[term] - (means[a] - means[b])) / step
            # the spread's influence is taken at fixed mean, hence the tolerance
            assert (influence[a] - influence[b])[person] == pytest.approx(expected, abs=0.01), term


def test_the_bootstrap_of_an_effect_has_one_draw_fewer_programs_than_arms_and_says_so():
    people, outcome, program = many_programs(n=400, programs=20)
    found = bootstrapped(people, {"y": outcome}, NAMES, program, how=HOW, draws=120, seed=1)["y"]
    assert found.df(np.ones(len(found.names))) == 18.0
    assert "whole programs" in found.rule
