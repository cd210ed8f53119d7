"""The refits of a bootstrap are the fits that each resample would have had alone."""

import numpy as np
import pytest
from scipy import special

from models.comparison.regression_fits import fitted as fitted_elsewhere
from models.mediation.weighted_fits import fitted, refitted
from models.refusal import NotIdentifiedError


def sample(seed: int = 1, n: int = 300, clusters: int = 10):
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.normal(size=(n, 4))])
    of_person = np.arange(n) % clusters
    level = 0.5 * random.normal(size=clusters)[of_person]
    y = (random.random(n) < special.expit(x @ [0.2, 0.5, -0.5, 0.0, 1.0] + level)).astype(float)
    share = special.expit(x @ [0.1, 0.3, 0.0, 0.2, 0.0] + 0.5 * random.normal(size=n))
    weights = random.uniform(0.5, 2.0, n)
    random_multiples = random.multinomial(clusters - 1, np.full(clusters, 1 / clusters), size=30)
    return x, y, share, weights, random_multiples * clusters / (clusters - 1), of_person


def test_a_fit_without_penalty_is_the_maximum_likelihood_found_elsewhere():
    x, y, share, weights, _, _ = sample()
    none = np.zeros(5)
    for outcome in (y, share):
        ours = fitted(x, outcome, weights, family="logistic", ridge=none)
        assert ours == pytest.approx(fitted_elsewhere(x, outcome, weights, "logistic").beta, abs=1e-9)
    linear = fitted(x, share, weights, family="linear", ridge=none)
    assert linear == pytest.approx(fitted_elsewhere(x, share, weights, "linear").beta, abs=1e-12)


@pytest.mark.parametrize("ridge", [0.0, 2.0])
@pytest.mark.parametrize("family", ["logistic", "linear"])
def test_each_refit_is_the_fit_to_its_own_resample(family, ridge):
    x, y, _, weights, multiples, of_person = sample()
    penalty = np.array([0.0, ridge, ridge, ridge, 0.0])
    start = fitted(x, y, weights, family=family, ridge=penalty)
    many = refitted(x, y, weights, multiples, of_person, family=family, ridge=penalty, start=start)
    for one, each in zip(many, multiples, strict=True):
        alone = fitted(x, y, weights * each[of_person], family=family, ridge=penalty)
        assert one == pytest.approx(alone, abs=1e-6)


def test_a_resample_without_a_maximum_is_nan_and_leaves_the_others_as_they_are():
    x, y, _, weights, multiples, of_person = sample()
    hopeless = np.zeros_like(multiples[:1])
    hopeless[0, 0] = 1.0
    y = np.where(of_person == 0, 1.0, y)
    none = np.zeros(5)
    start = fitted(x, y, weights, family="logistic", ridge=none)
    many = refitted(
        x, y, weights, np.vstack([hopeless, multiples]), of_person, family="logistic", ridge=none, start=start
    )
    assert np.all(np.isnan(many[0]))
    usable = multiples[:, 1:].sum(axis=1) > 0
    assert np.all(np.isfinite(many[1:][usable]))


def test_separation_and_columns_alike_are_refused():
    x, y, _, weights, _, _ = sample()
    none = np.zeros(6)
    with pytest.raises(NotIdentifiedError, match="predicted perfectly"):
        fitted(np.column_stack([x, y]), y, weights, family="logistic", ridge=none)
    with pytest.raises(NotIdentifiedError, match="told apart"):
        fitted(np.column_stack([x, x[:, 1]]), y, weights, family="linear", ridge=none)
    with pytest.raises(NotIdentifiedError, match="no more people"):
        fitted(x[:4], y[:4], weights[:4], family="logistic", ridge=none[:5])
