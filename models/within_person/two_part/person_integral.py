"""The likelihood of models whose rows share normal person effects, by adaptive Gauss-Hermite quadrature.

A model has one or more parts (any craving; how strong). Row t of a part has the linear predictor
x_t' beta + z_t' b_i with b_i = L v_i, v_i ~ N(0, I): the factor L is triangular, and its free entries are
parameters like beta, with the columns z_ta v_b. At a variance of zero the likelihood is smooth in L, so the
boundary needs no care of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.engine import THREADS
from models.within_person.quadrature import adaptive_nodes
from models.within_person.two_part.families import Derivatives
from models.within_person.two_part.intercept_block import InterceptBlock, only_an_intercept
from models.within_person.two_part.model_parts import Evaluation, Layout, Part
from models.within_person.two_part.row_sums import by_person

Array = NDArray[np.float64]

FIXED: Final = -1  # in place of the number of a person effect: the column is multiplied by none
CELLS: Final = 150_000  # rows times nodes that one block of persons holds at once, to stay in the cache
MODE_STEPS: Final = 60
MODE_DONE: Final = 1e-14  # squared Newton step of a person's mode


class _PartBlock:
    """One part's rows of a range of persons, with the sums by person that every evaluation needs."""

    def __init__(self, part: Part, plan: Layout, number: int, first: int, last: int) -> None:
        start, stop = np.searchsorted(part.person, [first, last])
        self.family = part.family
        self.y = part.y[start:stop, None]
        self.x = part.x[start:stop]
        self.z = self.x[:, part.random]
        self.random, self.effects = list(part.random), list(part.effects)
        self.person = part.person[start:stop] - first
        self.n_people = last - first
        n_random = self.z.shape[1]
        pairs = (self.z[:, :, None] * self.z[:, None, :]).reshape(-1, n_random**2)
        self.sum_x = by_person(self.x, self.person, self.n_people)
        self.sum_z = by_person(self.z, self.person, self.n_people)
        self.sum_zz = by_person(pairs, self.person, self.n_people)
        self.sum_1 = by_person(np.ones((self.person.size, 1)), self.person, self.n_people)
        self.tau = plan.tau[number]
        self.beta = plan.beta[number]
        self.groups = self._groups(plan)
        self.columns = {
            effect: self.x if effect == FIXED else np.ascontiguousarray(self.x[:, sources])
            for effect, _, sources in self.groups
        }

    def _groups(self, plan: Layout) -> list[tuple[int, list[int], list[int]]]:
        """Parameters by the person effect that multiplies their column: effect, places, columns of x."""
        groups = [(FIXED, list(range(self.beta.start, self.beta.stop)), list(range(self.x.shape[1])))]
        for effect in range(plan.n_effects):
            found = [
                (at, self.random[self.effects.index(row)])
                for at, (row, column) in enumerate(plan.entries, start=plan.factor.start)
                if column == effect and row in self.effects
            ]
            if found:
                groups.append((effect, [at for at, _ in found], [source for _, source in found]))
        return groups

    def predictor(self, fixed: Array, loading: Array, effects: Array) -> Array:
        """Linear predictor (n, K) at person effects (n_people, q, K); `loading` (n, q) is Z L."""
        eta = np.repeat(fixed[:, None], effects.shape[2], axis=1)
        for column in range(loading.shape[1]):
            eta += loading[:, column, None] * effects[self.person, column]
        return eta


class _Block:
    """A range of persons: their modes, kept between evaluations, and their share of the likelihood."""

    def __init__(self, parts: Sequence[Part], plan: Layout, first: int, last: int, modes: Array) -> None:
        self.parts = [_PartBlock(part, plan, number, first, last) for number, part in enumerate(parts)]
        self.plan, self.modes = plan, modes[first:last]

    def _at(self, theta: Array, effects: Array, loadings: list[Array]) -> list[Derivatives]:
        derivatives = []
        for part, loading in zip(self.parts, loadings, strict=True):
            eta = part.predictor(part.x @ theta[part.beta], loading, effects)
            tau = 0.0 if part.tau is None else float(theta[part.tau])
            derivatives.append(part.family.derivatives(part.y, eta, tau))
        return derivatives

    def _density(self, effects: Array, derivatives: list[Derivatives]) -> Array:
        """Log of the joint density of rows and effects (n_people, K), without the normal constant."""
        total = -0.5 * np.square(effects).sum(axis=1)
        for part, found in zip(self.parts, derivatives, strict=True):
            total += part.sum_1 @ found.value
        return np.asarray(total)

    def _curvature(self, factor: Array, derivatives: list[Derivatives]) -> tuple[Array, Array]:
        """Gradient (n_people, q) and minus the Hessian (n_people, q, q) of the density at single effects."""
        q = factor.shape[0]
        gradient, hessian = np.zeros_like(self.modes), np.zeros((len(self.modes), q, q))
        for part, found in zip(self.parts, derivatives, strict=True):
            rows = factor[part.effects]
            m = len(part.effects)
            gradient += (part.sum_z @ found.slope).reshape(-1, m) @ rows
            hessian += rows.T @ (part.sum_zz @ found.bend).reshape(-1, m, m) @ rows
        return gradient - self.modes, hessian + np.eye(q)

    def _find_modes(self, theta: Array, factor: Array, loadings: list[Array]) -> Array:
        """Newton's method with halved steps to every person's mode; returns minus the Hessian there."""
        found = self._at(theta, self.modes[:, :, None], loadings)
        height = self._density(self.modes[:, :, None], found)[:, 0]
        for _ in range(MODE_STEPS):
            gradient, hessian = self._curvature(factor, found)
            step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
            if float(np.max(np.square(step).sum(axis=1))) < MODE_DONE:
                return hessian
            old, share = self.modes.copy(), np.ones(len(step))
            for _ in range(MODE_STEPS):
                self.modes[:] = old + share[:, None] * step
                found = self._at(theta, self.modes[:, :, None], loadings)
                new = self._density(self.modes[:, :, None], found)[:, 0]
                worse = ~(new >= height - 1e-9 * (1.0 + np.abs(height)))
                if not worse.any():
                    break
                share[worse] *= 0.5
            height = new
        return hessian

    def evaluate(self, theta: Array, points: Array, log_weights: Array) -> Evaluation:
        """Sum over these persons; see `PersonIntegral.evaluate`."""
        factor = self.plan.factor_of(theta)
        loadings = [part.z @ factor[part.effects] for part in self.parts]
        root = np.linalg.cholesky(self._find_modes(theta, factor, loadings))
        spread = np.linalg.inv(root).transpose(0, 2, 1)
        effects = self.modes[:, :, None] + spread @ points.T
        derivatives = self._at(theta, effects, loadings)
        height = self._density(effects, derivatives) + log_weights
        top = height.max(axis=1, keepdims=True)
        share = np.exp(height - top)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        log_root = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        log_likelihood = float((np.log(total[:, 0]) + top[:, 0] - log_root).sum())
        score = self._score(effects, derivatives)
        weighted = score * share[:, None, :]
        mean = weighted.sum(axis=2)
        complete = self._complete(effects, derivatives, share)
        missing = np.tensordot(weighted, score, axes=([0, 2], [0, 2])) - mean.T @ mean
        return Evaluation(log_likelihood, mean, mean.sum(axis=0), complete - missing, complete)

    def _score(self, effects: Array, derivatives: list[Derivatives]) -> Array:
        """Complete-data score of every person at every node, (n_people, size, K)."""
        n_people, _, n_nodes = effects.shape
        score = np.empty((n_people, self.plan.size, n_nodes))
        for part, found in zip(self.parts, derivatives, strict=True):
            sums = (part.sum_x @ found.slope).reshape(n_people, -1, n_nodes)
            for effect, places, sources in part.groups:
                moved = sums[:, sources]
                score[:, places] = moved if effect == FIXED else moved * effects[:, None, effect]
            if part.tau is not None:
                score[:, part.tau] = part.sum_1 @ found.tau_slope
        return score

    def _complete(self, effects: Array, derivatives: list[Derivatives], share: Array) -> Array:
        """Sum the expected complete-data information over these persons, (size, size)."""
        information = np.zeros((self.plan.size, self.plan.size))
        for part, found in zip(self.parts, derivatives, strict=True):
            row_share = share[part.person]
            bend = found.bend * row_share
            by_row = {effect: effects[part.person, effect] for effect, *_ in part.groups if effect != FIXED}
            for effect, places, _ in part.groups:
                left = bend if effect == FIXED else bend * by_row[effect]
                for other, other_places, _ in part.groups:
                    if other < effect:
                        continue
                    moment = left.sum(axis=1) if other == FIXED else np.vecdot(left, by_row[other])
                    block = part.columns[effect].T @ (moment[:, None] * part.columns[other])
                    information[np.ix_(places, other_places)] = block
                    information[np.ix_(other_places, places)] = block.T
            if part.tau is None or found.cross_bend is None or found.tau_bend is None:
                continue
            cross = found.cross_bend * row_share
            for effect, places, _ in part.groups:
                moment = cross.sum(axis=1) if effect == FIXED else np.vecdot(cross, by_row[effect])
                information[places, part.tau] = information[part.tau, places] = (
                    part.columns[effect].T @ moment
                )
            information[part.tau, part.tau] = float(np.vdot(found.tau_bend, row_share))
        return information


class PersonIntegral:
    """The log-likelihood of `parts` over `n_people` persons, each person's integral at `n_points` per effect.

    Persons' modes are kept between evaluations and, with `modes`, from one number of points to the next.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        plan: Layout,
        *,
        n_people: int,
        n_points: int,
        modes: Array | None = None,
    ) -> None:
        nodes = adaptive_nodes(n_points, plan.n_effects)
        self.plan, self.n_points = plan, n_points
        self.modes = np.zeros((n_people, plan.n_effects)) if modes is None else modes
        self._points, self._log_weights = nodes.points, nodes.log_weights
        count = sum(np.bincount(part.person, minlength=n_people) for part in parts)
        block = np.cumsum(count) // max(1, CELLS // len(nodes.points))
        edges = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), n_people]
        self._blocks: list[_Block] | list[InterceptBlock]
        if only_an_intercept(parts, n_people):
            self._blocks = [InterceptBlock(parts[0], plan, *edge, self.modes) for edge in pairwise(edges)]
        else:
            self._blocks = [_Block(parts, plan, *edge, self.modes) for edge in pairwise(edges)]
        self.evaluations = 0

    def _by_block(self, theta: Array) -> list[Evaluation]:
        """Evaluate every block, on threads where there are several; the order of the sum stays the same."""

        def one(block: _Block | InterceptBlock) -> Evaluation:
            return block.evaluate(theta, self._points, self._log_weights)

        if len(self._blocks) == 1:
            return [one(self._blocks[0])]
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, self._blocks))

    def evaluate(self, theta: Array) -> Evaluation:
        """Log-likelihood, score and information at `theta`; minus infinity and NaN where it is out of reach.

        Adaptive Gauss-Hermite quadrature about each person's mode (Liu & Pierce 1994, Biometrika
        81:624-629). The score is Fisher's identity and the information Louis's (1982, J R Stat Soc B
        44:226-233), both by the same nodes: E[-H] - (E[s s'] - E[s] E[s]'), summed over persons, with
        s and H the score and Hessian of a person's rows at known effects.
        """
        self.evaluations += 1
        try:
            parts = self._by_block(theta)
        except np.linalg.LinAlgError:
            self.modes[:] = 0.0
            lost = np.full((theta.size, theta.size), np.nan)
            return Evaluation(-math.inf, np.full((len(self.modes), theta.size), np.nan), lost[0], lost, lost)
        return Evaluation(
            math.fsum(part.log_likelihood for part in parts),
            np.concatenate([part.scores for part in parts]),
            np.sum([part.score for part in parts], axis=0),
            np.sum([part.information for part in parts], axis=0),
            np.sum([part.complete for part in parts], axis=0),
        )
