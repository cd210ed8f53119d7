"""Days within persons drawn from the models under test."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.within_person.design.model_rows import ModelRows

NAMES = ("intercept", "identity_within", "identity_between", "meeting")
ANY = np.array([-0.3, -0.5, -0.4, 0.3])
EXTENT = np.array([0.8, -0.2, -0.3, 0.1])
PERSONS = np.array([[1.4, 0.4], [0.4, 0.35]])


def design(
    rng: np.random.Generator, n_people: int, days: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Days with a tenth missing: an intercept and three predictors."""
    person = np.repeat(np.arange(n_people), days)
    person = person[rng.random(person.size) < 0.9]
    person = np.unique(person, return_inverse=True)[1]
    n = person.size
    between = rng.normal(size=person[-1] + 1)
    x = np.column_stack([np.ones(n), rng.normal(size=n), between[person], (rng.random(n) < 0.4) * 1.0])
    return x, person


def logistic_rows(seed: int, *, n_people: int = 91, days: int = 10, slope: float = 0.0) -> ModelRows:
    """Yes-or-no days with a person intercept of variance 1.4, and slopes of deviation `slope`."""
    rng = np.random.default_rng(seed)
    x, person = design(rng, n_people, days)
    effect = rng.normal(size=(person[-1] + 1, 2)) * [np.sqrt(PERSONS[0, 0]), slope]
    eta = x @ ANY + effect[person, 0] + effect[person, 1] * x[:, 1]
    y = (rng.random(person.size) < 1 / (1 + np.exp(-eta))).astype(float)
    return ModelRows(y=y, x=x, names=NAMES, random=(0, 1) if slope else (0,), person=person)


def two_part_rows(seed: int, *, family: str = "log", n_people: int = 91, days: int = 10) -> ModelRows:
    """Days with y 0 or above, the two person intercepts correlated 0.57."""
    rng = np.random.default_rng(seed)
    x, person = design(rng, n_people, days)
    effect = rng.normal(size=(person[-1] + 1, 2)) @ np.linalg.cholesky(PERSONS).T
    some = rng.random(person.size) < 1 / (1 + np.exp(-(x @ ANY + effect[person, 0])))
    eta = x @ EXTENT + effect[person, 1]
    if family == "gamma":
        extent = np.exp(eta) * rng.gamma(3.0, 1 / 3.0, size=person.size)
    else:
        extent = np.exp(eta + 0.6 * rng.normal(size=person.size))
    return ModelRows(y=some * extent, x=x, names=NAMES, random=(0,), person=person)


@pytest.fixture(scope="session")
def drawn() -> SimpleNamespace:
    """What draws the rows, and the truth they are drawn from."""
    return SimpleNamespace(
        names=NAMES, any=ANY, extent=EXTENT, persons=PERSONS, logistic=logistic_rows, two_part=two_part_rows
    )
