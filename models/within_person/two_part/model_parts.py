"""Parts of a model whose rows share person effects, the order of its parameters, its evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.two_part.families import Family

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one part: `y` (n,), `x` (n, p), `person` (n,) ascending, and where its person effects lie.

    `random` are the columns of `x` with a person effect, `effects` the rows of L that hold them.
    """

    family: Family
    y: Array
    x: Array
    person: Index
    random: tuple[int, ...]
    effects: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Order of the parameters: beta of each part, the free `entries` (row, column) of L, log dispersions."""

    beta: tuple[slice, ...]
    entries: tuple[tuple[int, int], ...]
    tau: tuple[int | None, ...]
    n_effects: int
    size: int

    @property
    def factor(self) -> slice:
        """Where the entries of L lie."""
        first = self.beta[-1].stop
        return slice(first, first + len(self.entries))

    def factor_of(self, theta: Array) -> Array:
        """L, (n_effects, n_effects)."""
        factor = np.zeros((self.n_effects, self.n_effects))
        for place, value in zip(self.entries, theta[self.factor], strict=True):
            factor[place] = value
        return factor


def layout(parts: Sequence[Part], entries: Sequence[tuple[int, int]]) -> Layout:
    """Lay out the parameters of `parts` with the free entries of their common factor."""
    at, beta, tau = 0, [], []
    for part in parts:
        beta.append(slice(at, at + part.x.shape[1]))
        at += part.x.shape[1]
    at += len(entries)
    for part in parts:
        tau.append(at if part.family.has_dispersion else None)
        at += part.family.has_dispersion
    n_effects = sum(len(part.effects) for part in parts)
    return Layout(beta=tuple(beta), entries=tuple(entries), tau=tuple(tau), n_effects=n_effects, size=at)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """At one parameter: log-likelihood, its gradient, and two information matrices (Louis; complete data).

    `scores` (n_people, size): the gradient of each person's log-likelihood, whose sum is `score`.
    """

    log_likelihood: float
    scores: Array
    score: Array
    information: Array
    complete: Array
