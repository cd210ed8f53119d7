"""Natural direct and indirect effects through one or two mediators, for many weightings of people at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.logistic_function import chance
from models.mediation.mediator_laws import Law
from models.mediation.weighted_fits import Codes, Family, fitted, refitted
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
# Weight (B, n) and the mediators' values (B, n) each; of a single weighting one for all points, (K, n).
Points = tuple[tuple[Array, tuple[Array, ...]], ...]
Arm = int  # 1 exposed, 0 not
# Values of a mediator with their weights: by whether it depends on earlier ones, place, source, and those.
Known = dict[tuple[bool, int, Arm, tuple[bytes, ...]], tuple[tuple[Array, Array], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What is known of n people: `exposed` (n,) 0 or 1; `covariates` (n, q) standardized, no constant.

    `mediators` (n,) each, in the units of their `laws` and in their causal order (the first may change the
    second); `weights` (n,) with which people enter the fits, 0 for those without answers; `target` (n,) with
    which they enter the averages.
    """

    exposed: Array
    covariates: Array
    mediators: tuple[Array, ...]
    laws: tuple[Law, ...]
    weights: Array
    target: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Weightings of the people by whole clusters: `multiples` (B, G) and each person's cluster (n,)."""

    multiples: Array
    of_person: Codes

    @property
    def by_person(self) -> Array:
        """Multiples (B, n)."""
        return np.asarray(self.multiples[:, self.of_person])


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How regressions are fitted: once, or for each of the `draws`.

    `penalty` is the ridge of the standardized covariates (exposure, mediators and products have none);
    `interaction` whether products of exposure and mediators are in the models.
    """

    draws: Draws | None = None
    penalty: float = 0.0
    interaction: bool = True


ONCE: Final = How()


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean outcome if everybody had `arm`, and each mediator its value under its own of `sources`.

    `dependent`: the second mediator takes the value that goes with the first one's; otherwise each is drawn
    from its own law given the covariates, whatever the other's.
    """

    arm: Arm
    sources: tuple[Arm, ...]
    dependent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A fitted regression for B weightings: `base` (B, n) what covariates give, and coefficients (B, 1).

    `beta` (B, p) are all coefficients, in the order of `design_of`.
    """

    beta: Array
    base: Array
    exposed: Array
    slopes: tuple[Array, ...]
    products: tuple[Array, ...]

    def index(self, arm: Arm, values: Sequence[Array]) -> Array:
        """Linear predictor (B, n) in an arm, at values of the mediators it depends on.

        Of one weighting many values (K, n) may be asked for at once.
        """
        found = self.base + arm * self.exposed
        for slope, product, value in zip(self.slopes, self.products, values, strict=True):
            found = found + (slope + arm * product) * value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MediatorPart:
    """A mediator's fitted law for B weightings: its mean, and its spread (B, 1) in either arm."""

    law: Law
    mean: Part
    spread: tuple[Array, Array]

    def points(self, source: Arm, earlier: Sequence[Array], *, fine: bool) -> tuple[tuple[Array, Array], ...]:
        """Values (B, n) with their weights, given values of the earlier mediators."""
        mean = self.law.mean(self.mean.index(source, earlier))
        take = self.law.fine_points if fine else self.law.points
        return take(mean, self.spread[source])


@dataclass(frozen=True, slots=True, kw_only=True)
class MediatorModels:
    """Laws of the mediators: `given` the earlier ones, and each `alone`, of exposure and covariates only."""

    given: tuple[MediatorPart, ...]
    alone: tuple[MediatorPart, ...]

    def points(self, cell: Cell, *, fine: bool = False, known: Known | None = None) -> Points:
        """Values of all mediators in a cell, with the weights that stand for their joint law.

        `known` holds laws already summed up for other cells, and gets those of this one. All points of a
        single weighting (B = 1) stand side by side in arrays (number of points, n).
        """
        found: list[tuple[Array | None, tuple[Array, ...]]] = [(None, ())]
        known = {} if known is None else known
        for place, source in enumerate(cell.sources):
            part = (self.given if cell.dependent else self.alone)[place]
            longer: list[tuple[Array, tuple[Array, ...]]] = []
            for weight, values in found:
                given = values if cell.dependent else ()
                key = (cell.dependent, place, source, tuple(value.tobytes() for value in given))
                if key not in known:
                    known[key] = part.points(source, given, fine=fine)
                for value, own in known[key]:
                    longer.append((own if weight is None else weight * own, (*values, value)))
            found = [_side_by_side(longer)] if len(part.mean.beta) == 1 else [*longer]
        return tuple((weight, values) for weight, values in found if weight is not None)


def _side_by_side(points: Sequence[tuple[Array, tuple[Array, ...]]]) -> tuple[Array, tuple[Array, ...]]:
    """Points of a single weighting as one: a row of each array for each."""
    weights = [weight for weight, _ in points]
    columns = zip(*(values for _, values in points), strict=True)
    shapes = [weight.shape for weight in weights]
    return np.concatenate(weights), tuple(
        np.concatenate([np.broadcast_to(value, shape) for value, shape in zip(column, shapes, strict=True)])
        for column in columns
    )


def design_of(people: People, mediators: Sequence[Array], *, interaction: bool) -> Array:
    """Columns of a regression: constant, covariates, exposure, mediators, and products with the exposure."""
    known = [np.where(people.weights > 0.0, one, 0.0) for one in mediators]
    products = [people.exposed * one for one in known] if interaction else []
    parts = [np.ones(len(people.exposed)), people.covariates, people.exposed, *known, *products]
    return np.column_stack(parts)


def mediator_models(people: People, how: How = ONCE) -> MediatorModels:
    """Fit the laws of the mediators, once (B = 1) or for each of the draws.

    Mean of a mediator: regression on covariates, exposure, and for the second mediator on the first and its
    product with the exposure. Spread: apart for the exposed and the others.

    Raises
    ------
    NotIdentifiedError
        A fit to all people does not exist. (In a draw, rows of NaN.)
    """
    given, alone = [], []
    for place in range(len(people.mediators)):
        earlier = people.mediators[:place]
        given.append(_mediator(people, place, earlier, how))
        alone.append(_mediator(people, place, (), how) if earlier else given[0])
    return MediatorModels(given=tuple(given), alone=tuple(alone))


def outcome_model(people: People, outcome: Array, family: Family, how: How = ONCE) -> Part:
    """Fit the outcome on covariates, exposure, all mediators and their products with the exposure."""
    design = design_of(people, people.mediators, interaction=how.interaction)
    return _part(people, _fits(design, outcome, people, family, how), len(people.mediators), how)


def mean_outcome(part: Part, family: Family, arm: Arm, points: Points, target: Array) -> Array:
    """Mean outcome (B,) of a cell over the people weighted `target` (B, n): mean of `expected_outcome`."""
    expected = expected_outcome(part, family, arm, points)
    return np.asarray((target * expected).sum(axis=1) / target.sum(axis=1))


def expected_outcome(part: Part, family: Family, arm: Arm, points: Points) -> Array:
    """Everybody's expected outcome (B, n) in a cell.

    The mediation formula (Pearl 2001; Imai, Keele & Tingley 2010, Psychological Methods 15:309): sum over
    values of the mediators of E[Y | arm, m, x] P(m | source, x).
    """
    total = np.zeros_like(part.base)
    for weight, values in points:
        index = part.index(arm, values)
        expected = weight * (chance(index) if family == "logistic" else index)
        total += expected.sum(axis=0) if len(total) == 1 else expected
    return total


def cells_of(mediators: int) -> dict[str, Cell]:
    """Give the cells that the effects are differences of, by name."""
    both, none = (1,) * mediators, (0,) * mediators
    found: dict[str, Cell] = {
        "exposed": Cell(1, both), "exposed_mediators_unexposed": Cell(1, none),
        "unexposed": Cell(0, none), "unexposed_mediators_exposed": Cell(0, both),
    }  # fmt: skip
    if mediators == 2:
        found |= {
            "first_unexposed": Cell(1, (0, 1)),
            "apart": Cell(1, both, dependent=False),
            "apart_first_unexposed": Cell(1, (0, 1), dependent=False),
            "apart_second_unexposed": Cell(1, (1, 0), dependent=False),
        }
    return found


def effects_of(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Each effect as the difference of two cells, by term.

    total = direct + indirect, all mediators together: direct Y(1, M(0)) - Y(0, M(0)) (pure natural direct
    effect), indirect Y(1, M(1)) - Y(1, M(0)) (total natural indirect effect; Robins & Greenland 1992,
    Epidemiology 3:143; Pearl 2001). indirect_at_clinical Y(0, M(1)) - Y(0, M(0)) leaves the interaction to
    the direct part, direct_at_social Y(1, M(1)) - Y(0, M(1)).

    With two mediators, path_<first> + path_<second> = indirect: what runs through the first, also by way of
    the second, and what runs through the second alone (VanderWeele, Vansteelandt & Robins 2014, Epidemiology
    25:300). indirect_<mediator>: that mediator alone takes the law it has without exposure, drawn apart from
    the other (interventional effects of Vansteelandt & Daniel 2017, Epidemiology 28:258; natural effects
    where neither mediator changes the other, and they need not add up to the joint one).
    """
    found = {
        "total": ("exposed", "unexposed"),
        "direct": ("exposed_mediators_unexposed", "unexposed"),
        "indirect": ("exposed", "exposed_mediators_unexposed"),
        "direct_at_social": ("exposed", "unexposed_mediators_exposed"),
        "indirect_at_clinical": ("unexposed_mediators_exposed", "unexposed"),
    }
    if len(names) == 2:
        first, second = names
        found |= {
            f"indirect_{first}": ("apart", "apart_first_unexposed"),
            f"indirect_{second}": ("apart", "apart_second_unexposed"),
            f"path_{first}": ("exposed", "first_unexposed"),
            f"path_{second}": ("first_unexposed", "exposed_mediators_unexposed"),
        }
    return found


def natural_effects(
    people: People,
    outcome: Array,
    names: Sequence[str],
    *,
    family: Family = "logistic",
    how: How = ONCE,
    fine: bool = True,
) -> dict[str, float]:
    """Natural effects in the people weighted `target`, as differences of mean outcomes (probabilities).

    Estimand: `effects_of`. Identified if, given the covariates, nothing hidden goes with exposure and
    mediators, exposure and outcome, or mediators and outcome, and exposure changes no other cause of mediator
    and outcome (sequential ignorability; Imai, Keele & Yamamoto 2010, Statistical Science 25:51). Formula:
    outcome regression with exposure-mediator products, regressions of the mediators, and the sum over the
    mediators' laws (`mediator_laws`), averaged over people (Valeri & VanderWeele 2013, Psychological Methods
    18:137; several mediators: VanderWeele & Vansteelandt 2014, Epidemiologic Methods 2:95).

    Parameters
    ----------
    people : People
    outcome : array (n,)
        Yes or no (logistic) or a number (linear); ignored where the weight is 0.
    names : sequence of str
        Of the mediators, for the terms.
    family : "logistic" or "linear"
    how : How
        Without draws.
    fine : bool
        Sum over many points of the mediators' laws, or over two.

    Returns
    -------
    dict
        Mean outcome of each cell of `cells_of`, and each effect.

    Raises
    ------
    NotIdentifiedError
        One arm empty, a mediator or outcome that does not vary, separation, collinear columns.
    """
    check_people(people, outcome)
    models = mediator_models(people, how)
    part = outcome_model(people, outcome, family, how)
    target = people.target[None, :]
    found = {
        name: float(mean_outcome(part, family, cell.arm, models.points(cell, fine=fine), target)[0])
        for name, cell in cells_of(len(people.mediators)).items()
    }
    return found | {term: found[a] - found[b] for term, (a, b) in effects_of(names).items()}


def check_people(people: People, outcome: Array) -> None:
    """Refuse people from whom no mediation can be told.

    Raises
    ------
    NotIdentifiedError
        An arm without people, values that are not finite, or a mediator or outcome that is alike for all.
    """
    used = people.weights > 0.0
    for arm in (0.0, 1.0):
        if not np.any(used & (people.exposed == arm)):
            raise NotIdentifiedError("one arm is empty")
    for values in (*people.mediators, outcome):
        if not np.all(np.isfinite(values[used])):
            raise NotIdentifiedError("a mediator or outcome is missing for someone, and was not imputed")
        if float(np.ptp(values[used])) == 0.0:
            raise NotIdentifiedError("a mediator or the outcome is the same for everybody")
    if not np.all(np.isfinite(people.covariates)):
        raise NotIdentifiedError("a baseline variable is missing for someone, and was not imputed")


def _mediator(people: People, place: int, earlier: tuple[Array, ...], how: How) -> MediatorPart:
    law, values = people.laws[place], people.mediators[place]
    design = design_of(people, earlier, interaction=how.interaction)
    beta = _fits(design, values, people, law.family, how)
    mean = law.mean(beta @ design.T)
    known = np.where(people.weights > 0.0, values, 0.0)
    each = people.weights[None, :] if how.draws is None else people.weights * how.draws.by_person
    spread = []
    for arm in (0.0, 1.0):
        own = each * (people.exposed == arm)
        spent = design.shape[1] * own.sum(axis=1) / each.sum(axis=1)  # both arms tell the same mean
        spread.append(law.spread(known, mean, own, spent)[:, None])
    return MediatorPart(law=law, mean=_part(people, beta, len(earlier), how), spread=(spread[0], spread[1]))


def _fits(design: Array, y: Array, people: People, family: Family, how: How) -> Array:
    """Coefficients (B, p)."""
    ridge = np.zeros(design.shape[1])
    ridge[1 : 1 + people.covariates.shape[1]] = how.penalty
    known = np.where(people.weights > 0.0, y, 0.0)
    start = fitted(design, known, people.weights, family=family, ridge=ridge)
    if how.draws is None:
        return start[None, :]
    return refitted(
        design, known, people.weights, how.draws.multiples, how.draws.of_person,
        family=family, ridge=ridge, start=start,
    )  # fmt: skip


def _part(people: People, beta: Array, mediators: int, how: How) -> Part:
    q = people.covariates.shape[1]
    none = np.zeros((len(beta), 1))
    products = tuple(beta[:, [q + 2 + mediators + j]] if how.interaction else none for j in range(mediators))
    return Part(
        beta=beta, base=beta[:, [0]] + beta[:, 1 : 1 + q] @ people.covariates.T, exposed=beta[:, [q + 1]],
        slopes=tuple(beta[:, [q + 2 + j]] for j in range(mediators)), products=products,
    )  # fmt: skip
