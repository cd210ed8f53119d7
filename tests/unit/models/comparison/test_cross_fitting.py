"""Regressions without each fold, all at once: as if each had been fitted alone."""

from __future__ import annotations

import numpy as np
import pytest

from models.comparison import cross_fitting
from models.comparison.cross_fitting import folded_rows, without_each_fold
from models.comparison.penalized_regression import fit
from models.refusal import NotIdentifiedError

N, FOLDS = 400, 5


def drawn(seed: int = 4):
    random = np.random.default_rng(seed)
    design = np.column_stack([np.ones(N), random.standard_normal((N, 6))])
    arm, fold = random.random(N) < 0.5, random.integers(0, FOLDS, N)
    chance = 1.0 / (1.0 + np.exp(-(design @ [0.2, 1.0, -0.7, 0.4, 0.0, 0.3, -0.2])))
    yes = (random.random(N) < chance).astype(float)
    answered = random.random(N) < 0.8
    return design, arm, fold, {"logistic": yes, "linear": 3.0 * chance + random.standard_normal(N)}, answered


def alone(design, fold, y, kept_at_all, family):
    """Every fold's complement fitted by itself, until nothing moves."""
    found = []
    for one in range(FOLDS):
        kept = kept_at_all & (fold != one)
        near = fit(design[kept], y[kept], family=family, penalty=10.0)
        found.append(fit(design[kept], y[kept], family=family, penalty=10.0, start=near))
    return np.stack(found)


@pytest.mark.parametrize("family", ["logistic", "linear"])
def test_all_folds_at_once_give_what_each_gives_alone(family):
    design, arm, fold, outcomes, answered = drawn()
    y = np.where(answered, outcomes[family], np.nan)
    told = without_each_fold(folded_rows(design, arm, fold), y, answered, family=family, penalty=10.0)
    np.testing.assert_allclose(told, alone(design, fold, y, arm & answered, family), atol=1e-9)


def test_a_start_changes_no_answer():
    design, arm, fold, outcomes, answered = drawn()
    rows, y = folded_rows(design, arm, fold), outcomes["logistic"]
    plain = without_each_fold(rows, y, answered, family="logistic", penalty=10.0)
    started = without_each_fold(rows, y, answered, family="logistic", penalty=10.0, start=plain + 0.1)
    np.testing.assert_allclose(started, plain, atol=1e-9)


@pytest.mark.parametrize("broken", [{"STEPS": 1}, {"MOST_LEFT": 1e-30}])
def test_folds_whose_steps_do_not_lead_to_the_top_are_fitted_alone(broken, monkeypatch):
    for name, value in broken.items():
        monkeypatch.setattr(cross_fitting, name, value)
    design, arm, fold, outcomes, answered = drawn()
    y = outcomes["logistic"]
    told = without_each_fold(
        folded_rows(design, arm, fold), y, answered, family="logistic", penalty=10.0,
        start=np.full((FOLDS, design.shape[1]), 2.0),
    )  # fmt: skip
    np.testing.assert_allclose(told, alone(design, fold, y, arm & answered, "logistic"), atol=1e-6)


def test_a_complement_that_nobody_answered_yes_in_gets_a_finite_constant():
    design, arm, fold, outcomes, answered = drawn()
    y = np.where(fold == 2, outcomes["logistic"], 0.0)
    told = without_each_fold(folded_rows(design, arm, fold), y, answered, family="logistic", penalty=10.0)
    assert np.all(np.isfinite(told))
    assert not told[2, 1:].any()


@pytest.mark.parametrize("family", ["logistic", "linear"])
def test_nobody_outside_a_fold_is_refused_by_name(family):
    design, arm, fold, outcomes, answered = drawn()
    with pytest.raises(NotIdentifiedError, match="nobody to fit"):
        without_each_fold(
            folded_rows(design, arm, fold), outcomes[family], answered & (fold == 1), family=family,
            penalty=10.0,
        )  # fmt: skip
