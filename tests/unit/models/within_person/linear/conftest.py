"""Rows of a small unbalanced study, and the same likelihood written out with whole matrices."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows


def _study(
    people: int = 30,
    random: tuple[int, ...] = (0, 1),
    *,
    seed: int = 8,
    spread: tuple[float, ...] = (8.0, 0.4, 2.0),
    weighted: bool = False,
    single: bool = True,
) -> ModelRows:
    """Unequal series: the first three people have one row each where `single`."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(3, 12, people)
    if single:
        sizes[:3] = 1
    person = np.repeat(np.arange(people), sizes)
    n = person.size
    x = np.column_stack(
        [np.ones(n), draw.normal(0, 10, n), draw.normal(0, 2, n), draw.normal(0, 1, people)[person]]
    )
    weights = draw.uniform(0.5, 2.0, n) if weighted else None
    own = draw.normal(0, 1, (people, len(random))) * np.array(spread[: len(random)])
    noise = draw.normal(0, 5, n) / np.sqrt(1.0 if weights is None else weights)
    y = 60 + 0.7 * x[:, 1] - x[:, 2] + (x[:, list(random)] * own[person]).sum(axis=1) + noise
    return ModelRows(
        y=y, x=x, names=("intercept", "a", "b", "c"), random=random, person=person, weights=weights
    )


@pytest.fixture
def study() -> Callable[..., ModelRows]:
    return _study


@dataclass(frozen=True)
class Dense:
    """One model with its n by n covariance matrix: slow, and independent of any cross-product."""

    rows: ModelRows

    def parts(self, structure: str) -> list[np.ndarray]:
        """Derivatives of V in each entry of the covariance of the person effects, then in sigma^2."""
        z = self.rows.x[:, list(self.rows.random)]
        same = self.rows.person[:, None] == self.rows.person[None, :]
        q = z.shape[1]
        found = []
        for a in range(q):
            for b in range(a, q):
                if structure == "full" or a == b:
                    pair = np.outer(z[:, a], z[:, b])
                    found.append(same * (pair if a == b else pair + pair.T))
        weights = np.ones(len(self.rows.y)) if self.rows.weights is None else self.rows.weights
        return [*found, np.diag(1.0 / weights)]

    def v(self, covariance: np.ndarray, residual: float) -> np.ndarray:
        q = covariance.shape[0]
        values = [covariance[a, b] for a in range(q) for b in range(a, q)]
        return sum(value * part for value, part in zip([*values, residual], self.parts("full"), strict=True))  # type: ignore[return-value]

    def log_likelihood(self, covariance: np.ndarray, residual: float, *, reml: bool) -> float:
        """With beta at its best."""
        x, y = self.rows.x, self.rows.y
        v = self.v(covariance, residual)
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        n = y.size - x.shape[1] if reml else y.size
        value = n * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + rest @ inverse @ rest
        if reml:
            value += np.linalg.slogdet(information)[1]
        return float(-value / 2)


@pytest.fixture
def dense() -> type[Dense]:
    return Dense
