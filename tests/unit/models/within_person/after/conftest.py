import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from models.inference.coefficients import Inference
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit as fit_sums
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.sums import person_sums

NAMES = ("intercept", "slope", "slope_x_m", "m")


def _inference(
    beta: list[float],
    covariance: list[list[float]] | np.ndarray,
    df: float | Callable[[np.ndarray], float] = math.inf,
    names: tuple[str, ...] = NAMES,
) -> Inference:
    return Inference(
        names=names[: len(beta)],
        beta=np.array(beta, dtype=float),
        covariance=np.array(covariance, dtype=float),
        df=df if callable(df) else lambda contrast: df,
        rule="a made-up rule",
    )


@pytest.fixture
def inference() -> Callable[..., Inference]:
    """Make an `Inference` with given numbers."""
    return _inference


@dataclass(frozen=True)
class Example:
    """Rows of a made-up diary with gaps, their sums and their fit."""

    rows: ModelRows
    sums: PersonSums
    fit: LinearFit

    @property
    def dense(self) -> np.ndarray:
        """V / sigma^2 as one matrix: for few people."""
        rows, people = self.rows, self.rows.n_people
        z = np.zeros((rows.y.size, 2 * people))
        z[np.arange(rows.y.size), 2 * rows.person] = 1.0
        z[np.arange(rows.y.size), 2 * rows.person + 1] = rows.x[:, 1]
        relative = np.kron(np.eye(people), self.fit.random_covariance / self.fit.residual_variance)
        weights = np.ones(rows.y.size) if rows.weights is None else rows.weights
        return np.diag(1.0 / weights) + z @ relative @ z.T


def _example(
    *, seed: int = 1, people: int = 25, weighted: bool = False, phi: float = 0.0, slope_sd: float = 0.4
) -> Example:
    random = np.random.default_rng(seed)
    parts = []
    for person in range(people):
        days = np.flatnonzero(random.random(12) < 0.8).astype(float) + 1.0
        days = days if days.size > 1 else np.array([1.0, 2.0])
        noise = np.empty(days.size)
        noise[0] = random.normal()
        for j in range(1, days.size):
            a = phi ** (days[j] - days[j - 1])
            noise[j] = a * noise[j - 1] + np.sqrt(1 - a * a) * random.normal()
        parts.append((np.full(days.size, person), days, noise))
    person = np.concatenate([part[0] for part in parts]).astype(np.intp)
    day = np.concatenate([part[1] for part in parts])
    x = random.normal(0, 1, day.size) + random.normal(0, 1, people)[person]
    means = np.bincount(person, x) / np.bincount(person)
    columns = np.column_stack([np.ones(day.size), x - means[person], means[person] - means.mean()])
    weights = random.uniform(0.5, 2.0, day.size) if weighted else None
    noise = np.concatenate([part[2] for part in parts]) / (1.0 if weights is None else np.sqrt(weights))
    own = random.normal(0, 1, (people, 2)) * [1.2, slope_sd]
    y = 5 + columns[:, 1] + 0.5 * columns[:, 2] + own[person, 0] + own[person, 1] * columns[:, 1] + noise
    rows = ModelRows(
        y=y, x=columns, names=("intercept", "x_within", "x_between"), random=(0, 1), person=person, day=day,
        weights=weights,
    )  # fmt: skip
    sums = person_sums(rows)
    return Example(rows, sums, fit_sums(sums))


@pytest.fixture(scope="session")
def example() -> Callable[..., Example]:
    """Make an `Example`."""
    return _example
