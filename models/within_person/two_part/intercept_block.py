"""Persons of one part whose only person effect is an intercept: the same sums with fewer products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.two_part.families import Derivatives
from models.within_person.two_part.model_parts import Evaluation, Layout, Part
from models.within_person.two_part.row_sums import by_person

Array = NDArray[np.float64]

FEW: Final = 16  # rows to a person from which each person's sums are a product of their own
MODE_STEPS: Final = 60
MODE_DONE: Final = 1e-14  # squared Newton step of a person's mode


def only_an_intercept(parts: Sequence[Part], n_people: int) -> bool:
    """Whether `InterceptBlock` does: one part without dispersion, a constant as the one random column."""
    if len(parts) != 1 or parts[0].family.has_dispersion or len(parts[0].random) != 1:
        return False
    part = parts[0]
    everybody = bool(np.all(np.bincount(part.person, minlength=n_people) > 0))
    return everybody and bool(np.all(part.x[:, part.random[0]] == 1.0))


class InterceptBlock:
    """Their modes, kept between evaluations, and their share of the likelihood; all have rows.

    The row's linear predictor is x' beta + s u, u ~ N(0, 1): all that depends on the person alone is summed
    by person first.
    """

    def __init__(self, part: Part, plan: Layout, first: int, last: int, modes: Array) -> None:
        start, stop = np.searchsorted(part.person, [first, last])
        self.family, self.constant = part.family, part.random[0]
        self.y, self.x = part.y[start:stop], part.x[start:stop]
        self.person = part.person[start:stop] - first
        self.starts = np.searchsorted(self.person, np.arange(last - first))
        few = FEW * (last - first) <= self.person.size
        self.columns = np.split(self.x.T, self.starts[1:], axis=1) if few else []
        self.sum_x = None if few else by_person(self.x, self.person, last - first)
        self.plan, self.modes = plan, modes[first:last, 0]

    def _sums(self, values: Array) -> Array:
        """Sum rows (n, ...) by person."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))

    def _at(self, fixed: Array, s: float, effect: Array) -> tuple[Derivatives, Array]:
        """Give the rows' derivatives, and the log joint density of rows and effects (n_people,), at these."""
        found = self.family.derivatives(self.y, fixed + s * effect.take(self.person), 0.0)
        return found, self._sums(found.value) - 0.5 * effect**2

    def _find_modes(self, fixed: Array, s: float) -> Array:
        """Newton's method with halved steps to every person's mode; minus the second derivative there."""
        found, height = self._at(fixed, s, self.modes)
        for _ in range(MODE_STEPS):
            bend = 1.0 + s * s * self._sums(found.bend)
            step = (s * self._sums(found.slope) - self.modes) / bend
            if float(np.max(step * step)) < MODE_DONE:
                break
            old, share = self.modes.copy(), np.ones(len(step))
            for _ in range(MODE_STEPS):
                self.modes[:] = old + share * step
                found, new = self._at(fixed, s, self.modes)
                worse = ~(new >= height - 1e-9 * (1.0 + np.abs(height)))
                if not worse.any():
                    break
                share[worse] *= 0.5
            height = new
        return bend

    def evaluate(self, theta: Array, points: Array, log_weights: Array) -> Evaluation:
        """Sum over these persons; see `PersonIntegral.evaluate`."""
        beta, s = theta[self.plan.beta[0]], float(theta[self.plan.factor][0])
        fixed = self.x @ beta
        root = np.sqrt(self._find_modes(fixed, s))
        if not np.isfinite(root).all():
            raise np.linalg.LinAlgError("parameters beyond the reach of the arithmetic")
        effects = self.modes[:, None] + points[:, 0] / root[:, None]
        eta = fixed[:, None] + (s * effects).take(self.person, axis=0)
        found = self.family.derivatives(self.y[:, None], eta, 0.0)
        height = self._sums(found.value) - 0.5 * effects**2 + log_weights
        top = height.max(axis=1, keepdims=True)
        share = np.exp(height - top)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        log_likelihood = float((np.log(total[:, 0]) + top[:, 0] - np.log(root)).sum())
        score = self._score(found.slope, effects)
        weighted = score * share[:, None, :]
        mean = weighted.sum(axis=2)
        complete = self._complete(found.bend, effects, share)
        missing = np.tensordot(weighted, score, axes=([0, 2], [0, 2])) - mean.T @ mean
        return Evaluation(log_likelihood, mean, mean.sum(axis=0), complete - missing, complete)

    def _score(self, slope: Array, effects: Array) -> Array:
        """Complete-data score of every person at every node, (n_people, p + 1, K)."""
        n_people, n_nodes = effects.shape
        score = np.empty((n_people, self.plan.size, n_nodes))
        if self.sum_x is None:
            each = np.split(slope, self.starts[1:])
            score[:, :-1] = [x @ own for x, own in zip(self.columns, each, strict=True)]
        else:
            score[:, :-1] = (self.sum_x @ slope).reshape(n_people, -1, n_nodes)
        score[:, -1] = score[:, self.constant] * effects
        return score

    def _complete(self, bend: Array, effects: Array, share: Array) -> Array:
        """Sum the expected complete-data information over these persons, (p + 1, p + 1)."""
        information = np.empty((self.plan.size, self.plan.size))
        moments = np.stack([share, share * effects], axis=1).take(self.person, axis=0)
        once, by_effect = np.vecdot(moments, bend[:, None]).T
        information[:-1, :-1] = self.x.T @ (once[:, None] * self.x)
        information[-1, :-1] = information[:-1, -1] = by_effect @ self.x
        information[-1, -1] = float(np.vdot(share * effects**2, self._sums(bend)))
        return information
