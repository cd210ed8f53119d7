"""How strong a hidden cause must be to explain an indirect effect."""

import math

import numpy as np
import pytest
from scipy import special

from models.inference.contrast import Contrast
from models.mediation.confounding import bias_of_indirect, correlation_at_zero, needed_confounding
from models.mediation.mediator_laws import Law
from models.mediation.natural_effects import How, People, natural_effects
from models.refusal import NotIdentifiedError


def contrast(estimate: float, low: float, high: float) -> Contrast:
    return Contrast(
        weights=np.ones(1), estimate=estimate, std_error=1.0, df=8.0, low=low, high=high, p_value=0.5
    )


def test_the_needed_strength_squared_is_the_effect_and_zero_where_the_interval_holds_zero():
    needed = needed_confounding(contrast(-0.09, -0.16, -0.04))
    assert needed.to_cancel == pytest.approx(0.3)
    assert needed.to_reach_zero == pytest.approx(0.2)
    assert needed_confounding(contrast(0.04, -0.01, 0.09)).to_reach_zero == 0.0


def test_the_bias_formula_tells_what_leaving_a_confounder_out_does():
    """Linear, so that the change with the hidden cause is constant, as the formula has it."""
    random = np.random.default_rng(4)
    n = 400_000
    exposed = (random.random(n) < 0.5).astype(float)
    hidden = (random.random(n) < 0.4).astype(float)
    # a yes-or-no mediator, so that P(hidden | exposed, mediator) can be written out
    chance = np.array([[0.3, 0.6], [0.5, 0.8]])  # by exposure and hidden cause
    mediator = (random.random(n) < chance[exposed.astype(int), hidden.astype(int)]).astype(float)
    change, slope = 0.2, 0.3
    outcome = 0.1 * exposed + slope * mediator + change * hidden + 0.1 * random.normal(size=n)
    one = np.ones(n)
    people = People(
        exposed=exposed, covariates=np.empty((n, 0)), mediators=(mediator,), laws=(Law("share", 1.0),),
        weights=one, target=one,
    )  # fmt: skip
    found = natural_effects(people, outcome, ("m",), family="linear", how=How())
    share = np.array([0.6, 0.4])
    of_mediator = chance @ share
    truth = slope * (of_mediator[1] - of_mediator[0])

    def hidden_given(a: int, m: int) -> float:
        yes = chance[a] if m else 1 - chance[a]
        return float(yes[1] * share[1] / (yes @ share))

    # the indirect effect taken at the exposed: differences of shares averaged over the mediator unexposed
    unexposed = np.array([1 - of_mediator[0], of_mediator[0]])
    difference = sum(unexposed[m] * (hidden_given(1, m) - hidden_given(0, m)) for m in (0, 1))
    assert found["indirect"] - truth == pytest.approx(bias_of_indirect(change, float(difference)), abs=0.002)


def test_a_mediator_made_by_a_hidden_cause_alone_has_that_causes_correlation():
    random = np.random.default_rng(8)
    n, rho = 100_000, 0.4
    exposed = (random.random(n) < 0.5).astype(float)
    errors = random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    mediator = 0.5 * exposed + 2.0 * errors[:, 0]
    outcome = (0.3 * exposed + errors[:, 1] > 0).astype(float)
    found = correlation_at_zero(exposed, np.empty((n, 0)), mediator, outcome)
    assert found == pytest.approx(rho, abs=0.012)


def test_nothing_is_told_of_a_constant_mediator_or_a_perfect_prediction():
    random = np.random.default_rng(8)
    exposed = (random.random(200) < 0.5).astype(float)
    outcome = (random.random(200) < special.expit(exposed)).astype(float)
    with pytest.raises(NotIdentifiedError, match=r"does not vary|told apart|predicted"):
        correlation_at_zero(exposed, np.empty((200, 0)), exposed * 1.0, outcome)
    mediator = outcome + 0.01 * random.normal(size=200)
    with pytest.raises(NotIdentifiedError, match="predicted perfectly"):
        correlation_at_zero(exposed, np.empty((200, 0)), mediator, outcome)
    with pytest.raises(NotIdentifiedError, match="no more people"):
        correlation_at_zero(exposed[:3], np.empty((3, 0)), mediator[:3], outcome[:3])
    assert math.isfinite(correlation_at_zero(exposed, np.empty((200, 0)), random.normal(size=200), outcome))
