"""Uncertainty of natural effects: everything is refitted to resamples of whole programs within arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.cluster_bootstrap import FEWEST, Replicates, bootstrap_inference, resampled
from models.inference.coefficients import Inference
from models.mediation.natural_effects import (
    Array,
    Draws,
    How,
    Known,
    People,
    Points,
    cells_of,
    check_people,
    effects_of,
    mean_outcome,
    mediator_models,
    outcome_model,
)
from models.mediation.weighted_fits import Family
from models.refusal import NotIdentifiedError

AT_ONCE: Final = 100_000  # resampled people held in memory at a time


def bootstrapped(
    people: People,
    outcomes: Mapping[str, Array],
    names: Sequence[str],
    program: NDArray[Any],
    *,
    family: Family = "logistic",
    how: How,
    draws: int,
    seed: int,
    fewest: int = FEWEST,
    clustered_exposure: bool = True,
) -> dict[str, Inference | NotIdentifiedError]:
    """Natural effects of each outcome with their covariance, or why there are none.

    Whole programs are drawn within arms (`comparison.cluster_bootstrap.resampled`, Rao & Wu 1988: one fewer
    than there are, weighted up, so that variances of cluster means are unbiased with few programs), and in
    each resample all regressions, the mediators' laws and the average over people are made anew. Intervals by
    Student's t with programs less arms as degrees of freedom: with a dozen programs the spread of the
    replicates is itself uncertain, which the percentile interval ignores. The mediators' laws of a resample
    are shared by all outcomes. Estimates sum over many points of the laws, replicates, whose spread alone
    counts, over two.

    Parameters
    ----------
    people : People
    outcomes : mapping of name to array (n,)
    names : sequence of str
        Of the mediators.
    program : array (n,)
        Label of each person's program.
    how : How
        Penalty and interaction; its draws are replaced.
    draws, seed : int
    fewest : int
        Draws with an answer below which there is no covariance.
    clustered_exposure : bool
        Whether a program lies in one arm as a whole, and is drawn within it.

    Raises
    ------
    NotIdentifiedError
        Too few programs in an arm, or no law of a mediator: no outcome has an answer then.
    """
    arms = people.exposed if clustered_exposure else None
    resamples = resampled(program, arms, draws=draws, seed=seed)
    fits: dict[str, Array] = {}
    reasons: dict[str, NotIdentifiedError] = {}
    own = _Laws(people, how, fine=True)
    for name, outcome in outcomes.items():
        try:
            check_people(people, outcome)
            fits[name] = own.effects(outcome, names, family)[0]
        except NotIdentifiedError as reason:
            reasons[name] = reason
    parts: dict[str, list[Array]] = {name: [] for name in fits}
    step = max(1, AT_ONCE // len(people.exposed))
    for first in range(0, draws if fits else 0, step):
        multiples = resamples.multiples[first : first + step]
        laws = _Laws(people, replace(how, draws=Draws(multiples=multiples, of_person=resamples.of_person)))
        for name in fits:
            parts[name].append(laws.effects(outcomes[name], names, family))
    found: dict[str, Inference | NotIdentifiedError] = dict(reasons)
    terms = tuple(effects_of(names))
    for name, estimate in fits.items():
        values = np.concatenate(parts[name])
        whole = np.all(np.isfinite(values), axis=1)
        replicates = Replicates(
            values=values[whole], failed=int((~whole).sum()), df=resamples.df,
            reason="" if whole.all() else "a regression has no maximum in a resample",
        )  # fmt: skip
        try:
            found[name] = bootstrap_inference(terms, estimate, replicates, fewest=fewest)
        except NotIdentifiedError as reason:
            found[name] = reason
    return found


class _Laws:
    """The mediators' laws under some weightings, and the effects on any outcome that follow."""

    def __init__(self, people: People, how: How, *, fine: bool = False) -> None:
        models = mediator_models(people, how)
        self.people, self.how = people, how
        self.cells = cells_of(len(people.mediators))
        laws: dict[tuple[tuple[int, ...], bool], Points] = {}  # cells of either arm share them
        known: Known = {}
        for cell in self.cells.values():
            if (cell.sources, cell.dependent) not in laws:
                laws[cell.sources, cell.dependent] = models.points(cell, fine=fine, known=known)
        self.points = {name: laws[cell.sources, cell.dependent] for name, cell in self.cells.items()}
        self.target = people.target * (1.0 if how.draws is None else how.draws.by_person)
        self.target = np.atleast_2d(self.target)

    def effects(self, outcome: Array, names: Sequence[str], family: Family) -> Array:
        """Effects (B, k) in the order of `effects_of`."""
        part = outcome_model(self.people, outcome, family, self.how)
        means = {
            name: mean_outcome(part, family, cell.arm, self.points[name], self.target)
            for name, cell in self.cells.items()
        }
        return np.column_stack([means[a] - means[b] for a, b in effects_of(names).values()])
