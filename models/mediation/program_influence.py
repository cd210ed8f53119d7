"""Uncertainty of natural effects from each person's influence on them: for data too large to resample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.clusters import influence_inference
from models.comparison.logistic_function import chance
from models.inference.coefficients import Inference
from models.mediation.natural_effects import (
    Array,
    Cell,
    How,
    MediatorModels,
    MediatorPart,
    Part,
    People,
    cells_of,
    check_people,
    design_of,
    effects_of,
    expected_outcome,
    mediator_models,
    outcome_model,
)
from models.mediation.weighted_fits import Family, inverse_information
from models.refusal import NotIdentifiedError

Change = Callable[[MediatorPart, float], MediatorPart]
STEP: Final = 1e-4  # of central differences, in log odds or units of the mediator


def linearized(
    people: People,
    outcomes: Mapping[str, Array],
    names: Sequence[str],
    program: NDArray[Any],
    *,
    family: Family = "logistic",
    how: How,
) -> dict[str, Inference | NotIdentifiedError]:
    """Natural effects of each outcome, with the covariance of cluster sums of their influence functions.

    With cell means theta = mean_t h(x; b) and regressions b that solve sum of scores = 0, one's influence is
    n times t_i (h_i - theta) / sum t, plus the sum over regressions of (d theta / d b)' I^-1 score_i
    (M-estimation: Stefanski & Boos 2002, The American Statistician 56:29): what resamples of programs would
    show if effects were linear in them, as with many programs they are. The mediators' spread enters
    with its own moment's influence at fixed mean. Covariance and degrees of freedom:
    `comparison.clusters.influence_inference`, programs as clusters within arms.

    Raises
    ------
    NotIdentifiedError
        Too few programs in an arm, or no law of a mediator.
    """
    models = mediator_models(people, how)
    found: dict[str, Inference | NotIdentifiedError] = {}
    laws = _LawInfluence(people, models, how)
    for name, outcome in outcomes.items():
        try:
            check_people(people, outcome)
            means, influence = laws.cells(outcome, family)
            pairs = effects_of(names)
            found[name] = influence_inference(
                tuple(pairs), np.array([means[a] - means[b] for a, b in pairs.values()]),
                np.column_stack([influence[a] - influence[b] for a, b in pairs.values()]),
                program, people.exposed,
            )  # fmt: skip
        except NotIdentifiedError as reason:
            found[name] = reason
    return found


class _LawInfluence:
    """Influence on cell means of any outcome, the mediators' laws being the same for all."""

    def __init__(self, people: People, models: MediatorModels, how: How) -> None:
        self.people, self.models, self.how = people, models, how
        self.scores: dict[tuple[str, int], Array] = {}
        for kind, parts in (("given", models.given), ("alone", models.alone)):
            for place, part in enumerate(parts):
                if place == 0 and kind == "alone":  # the first mediator has none before it
                    self.scores[kind, place] = self.scores["given", place]
                    continue
                earlier = people.mediators[:place] if kind == "given" else ()
                self.scores[kind, place] = _scores(
                    people, people.mediators[place], part.law.family, earlier, how=how, fit=part.mean
                )

    def cells(self, outcome: Array, family: Family) -> tuple[dict[str, float], dict[str, Array]]:
        """Mean outcome of each cell, and each person's influence (n,) on it."""
        part = outcome_model(self.people, outcome, family, self.how)
        scores = _scores(self.people, outcome, family, self.people.mediators, how=self.how, fit=part)
        means, influence = {}, {}
        for name, cell in cells_of(len(self.people.mediators)).items():
            means[name], influence[name] = self._cell(part, scores, cell, family)
        return means, influence

    def _cell(self, part: Part, scores: Array, cell: Cell, family: Family) -> tuple[float, Array]:
        people, n = self.people, len(self.people.exposed)
        share = people.target / people.target.sum()
        points = self.models.points(cell)
        h = expected_outcome(part, family, cell.arm, points)[0]
        mean = float(share @ h)
        own = share * (h - mean) + scores @ self._outcome_gradient(part, cell, family)
        parts = self.models.given if cell.dependent else self.models.alone
        for place, (source, now) in enumerate(zip(cell.sources, parts, strict=True)):

            def slope(change: Change, at: int = place) -> Array:
                return self._derivative(part, cell, family, place=at, change=change)

            base = slope(_base)
            slopes = [float(share @ slope(partial(_slope, j))) for j in range(len(now.mean.slopes))]
            known = self.scores["given" if cell.dependent else "alone", place]
            own = own + known @ _gradient(people, share * base, source, slopes, self.how)
            spread = float(share @ slope(partial(_spread, source)))
            own = own + spread * _spread_influence(people, now, place, source)
        return mean, n * own

    def _derivative(
        self, part: Part, cell: Cell, family: Family, *, place: int,
        change: Change,
    ) -> Array:  # fmt: skip
        """Give everybody's derivative (n,) in a cell by a central difference in one mediator's law."""
        parts = self.models.given if cell.dependent else self.models.alone
        found = []
        for step in (STEP, -STEP):
            changed = tuple(change(one, step) if j == place else one for j, one in enumerate(parts))
            laws = MediatorModels(given=changed, alone=changed)
            found.append(expected_outcome(part, family, cell.arm, laws.points(cell))[0])
        return np.asarray((found[0] - found[1]) / (2.0 * STEP))

    def _outcome_gradient(self, part: Part, cell: Cell, family: Family) -> Array:
        """Give the derivative of a cell mean by the coefficients of the outcome model."""
        people = self.people
        share = people.target / people.target.sum()
        base = np.zeros(len(share))
        slopes = [0.0] * len(people.mediators)
        for weight, values in self.models.points(cell):
            steep = weight
            if family == "logistic":
                mean = chance(part.index(cell.arm, values))
                steep = steep * mean * (1.0 - mean)
            base = base + steep.sum(axis=0)
            slopes = [
                slope + float(share @ (steep * m).sum(axis=0))
                for slope, m in zip(slopes, values, strict=True)
            ]
        return _gradient(people, share * base, cell.arm, slopes, self.how)


def _gradient(people: People, base: Array, arm: int, slopes: Sequence[float], how: How) -> Array:
    """Give derivatives by constant, covariates, exposure, mediators, products; `base` (n,) by the index."""
    products = [arm * slope for slope in slopes] if how.interaction else []
    total = float(base.sum())
    return np.concatenate([[total], base @ people.covariates, [arm * total], slopes, products])


def _scores(
    people: People, y: Array, family: Family, mediators: Sequence[Array], *, how: How, fit: Part
) -> Array:  # fmt: skip
    """Each person's part (n, p) in the coefficients: inverse information times score."""
    design = design_of(people, mediators, interaction=how.interaction)
    ridge = np.zeros(design.shape[1])
    ridge[1 : 1 + people.covariates.shape[1]] = how.penalty
    residual, inverse = inverse_information(
        design,
        np.where(people.weights > 0.0, y, 0.0),
        people.weights,
        fit.beta[0],
        family=family,
        ridge=ridge,
    )
    return np.asarray((people.weights * residual)[:, None] * design @ inverse)


def _base(part: MediatorPart, step: float) -> MediatorPart:
    return replace(part, mean=replace(part.mean, base=part.mean.base + step))


def _slope(place: int, part: MediatorPart, step: float) -> MediatorPart:
    slopes = tuple(one + step * (j == place) for j, one in enumerate(part.mean.slopes))
    return replace(part, mean=replace(part.mean, slopes=slopes))


def _spread(source: int, part: MediatorPart, step: float) -> MediatorPart:
    """Spread of one arm, by a factor, so that it stays above zero."""
    spread = (part.spread[0] * (1.0 + step * (source == 0)), part.spread[1] * (1.0 + step * (source == 1)))
    return replace(part, spread=spread)


def _spread_influence(people: People, part: MediatorPart, place: int, source: int) -> Array:
    """Each person's part (n,) in the logarithm of the spread of an arm, at fixed mean."""
    values = np.where(people.weights > 0.0, people.mediators[place], 0.0)
    mean = part.law.mean(part.mean.index(source, people.mediators[:place] if part.mean.slopes else ()))[0]
    squares = part.law.pearson(values, mean)
    weights = people.weights * (people.exposed == source)
    level = float(weights @ squares / weights.sum())
    spread = float(part.spread[source][0, 0])
    if not spread > 0.0:
        return np.zeros(len(values))
    return np.asarray(weights * (squares - level) / weights.sum() * part.law.spread_per_pearson / spread)
