"""Natural effects: known answers, what is refused, and what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from models.mediation.mediator_laws import Law
from models.mediation.natural_effects import (
    Draws,
    How,
    People,
    mediator_models,
    natural_effects,
    outcome_model,
)
from models.refusal import NotIdentifiedError


def people_of(n: int = 500, seed: int = 2) -> tuple[People, np.ndarray]:
    random = np.random.default_rng(seed)
    exposed = (random.random(n) < 0.5).astype(float)
    x = random.normal(size=(n, 2))
    first = random.binomial(9, special.expit(0.6 * exposed + 0.3 * x[:, 0])) / 9
    chance = special.expit(0.4 * exposed + first + 0.3 * x[:, 1] - 0.5)
    second = random.beta(5 * chance, 5 * (1 - chance))
    odds = -0.2 * exposed - first - 0.8 * second + 0.5 * x[:, 0]
    outcome = (random.random(n) < special.expit(odds)).astype(float)
    one = np.ones(n)
    return People(
        exposed=exposed, covariates=x, mediators=(first, second), laws=(Law("share", 9.0), Law("share")),
        weights=one, target=one,
    ), outcome  # fmt: skip


def test_with_a_linear_outcome_and_mediator_the_effects_are_products_of_coefficients():
    """Baron & Kenny's product holds exactly where all is linear and there is no product with exposure."""
    random = np.random.default_rng(1)
    n = 400
    exposed, x = (random.random(n) < 0.4).astype(float), random.normal(size=(n, 2))
    m = 0.7 * exposed + x @ [0.2, 0.1] + random.normal(size=n)
    y = 0.3 * exposed + 0.5 * m + x @ [0.1, -0.4] + random.normal(size=n)
    one = np.ones(n)
    people = People(
        exposed=exposed, covariates=x, mediators=(m,), laws=(Law("normal"),), weights=one, target=one
    )
    design = np.column_stack([one, exposed, x])
    a = np.linalg.lstsq(design, m, rcond=None)[0][1]
    _, direct, *_, b = np.linalg.lstsq(np.column_stack([design, m]), y, rcond=None)[0]
    found = natural_effects(people, y, ("m",), family="linear", how=How(interaction=False))
    assert found["indirect"] == pytest.approx(a * b, abs=1e-12)
    assert found["direct"] == pytest.approx(direct, abs=1e-12)
    assert found["indirect_at_clinical"] == pytest.approx(found["indirect"], abs=1e-12)


def test_a_mediator_that_does_nothing_carries_nothing_in_large_data():
    people, _ = people_of(n=40_000)
    random = np.random.default_rng(3)
    outcome = (random.random(40_000) < special.expit(0.5 * people.exposed - 0.2)).astype(float)
    found = natural_effects(people, outcome, ("a", "b"), fine=False)
    assert abs(found["indirect"]) < 0.006
    assert found["direct"] == pytest.approx(special.expit(0.3) - special.expit(-0.2), abs=0.02)


def test_people_of_weight_zero_are_averaged_over_but_change_no_fit():
    people, outcome = people_of()
    weights = np.ones(500)
    weights[:100] = 0.0
    unknown = tuple(np.where(weights > 0, m, np.nan) for m in people.mediators)
    lost = replace(people, weights=weights, mediators=unknown)
    told = np.where(weights > 0, outcome, np.nan)
    found = natural_effects(lost, told, ("a", "b"), fine=False)
    rest = People(
        exposed=people.exposed[100:], covariates=people.covariates[100:],
        mediators=tuple(m[100:] for m in people.mediators), laws=people.laws, weights=weights[100:],
        target=weights[100:],
    )  # fmt: skip
    at = replace(lost, target=weights)
    alone = natural_effects(rest, outcome[100:], ("a", "b"), fine=False)
    assert natural_effects(at, told, ("a", "b"), fine=False)["indirect"] == pytest.approx(
        alone["indirect"], abs=1e-9
    )
    assert found["indirect"] != pytest.approx(alone["indirect"], abs=1e-6)


def test_a_draw_in_which_everybody_counts_once_is_the_full_fit():
    people, outcome = people_of()
    draws = Draws(multiples=np.ones((2, 10)), of_person=np.arange(500) % 10)
    once, drawn = (outcome_model(people, outcome, "logistic", how) for how in (How(), How(draws=draws)))
    assert drawn.base[1] == pytest.approx(once.base[0], abs=1e-8)
    for one, two in zip(
        mediator_models(people).given, mediator_models(people, How(draws=draws)).given, strict=True
    ):
        assert two.spread[1][1] == pytest.approx(one.spread[1][0], abs=1e-8)


def test_turning_the_outcome_round_turns_the_effects_round():
    people, outcome = people_of()
    yes, no = (natural_effects(people, y, ("a", "b"), fine=False) for y in (outcome, 1 - outcome))
    for term in ("total", "direct", "indirect", "indirect_a", "path_b"):
        assert yes[term] == pytest.approx(-no[term], abs=1e-9)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda p, y: (replace(p, exposed=np.ones(500)), y), "one arm is empty"),
        (lambda p, y: (p, np.ones(500)), "same for everybody"),
        (lambda p, y: (replace(p, mediators=(np.full(500, 0.5), p.mediators[1])), y), "same for everybody"),
        (lambda p, y: (replace(p, mediators=(p.mediators[0], p.mediators[0])), y), "told apart|predicted"),
        (lambda p, y: (p, np.where(np.arange(500) == 3, np.nan, y)), "missing for someone"),
        (lambda p, y: (replace(p, covariates=np.full((500, 2), np.nan)), y), "baseline variable is missing"),
        (lambda p, y: (replace(p, covariates=np.ones((500, 1))), y), "told apart"),
        (lambda p, y: (p, (p.mediators[0] > 0.6).astype(float)), "predicted perfectly"),
        (lambda p, y: (replace(p, weights=(np.arange(500) < 5) * 1.0), y), "no more people|same for|arm"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_with_its_reason(spoil, reason):
    people, outcome = spoil(*people_of())
    with pytest.raises(NotIdentifiedError, match=reason):
        natural_effects(people, outcome, ("a", "b"), fine=False)
