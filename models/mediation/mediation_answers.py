"""Natural effects of program model through involvement and network: pooled over copies, and in other ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.attrition import chance_of_being_reached
from models.comparison.cohort import PROGRAM
from models.comparison.comparable_people import ComparablePeople, Copy
from models.comparison.covariate_columns import columns
from models.comparison.doubly_robust import check_outcome
from models.comparison.outcome_answers import values_of
from models.inference.coefficients import Inference
from models.inference.pooling import pool
from models.mediation.confounding import correlation_at_zero
from models.mediation.mediator_laws import Law, share_of
from models.mediation.natural_effects import How, People
from models.mediation.program_bootstrap import bootstrapped
from models.mediation.program_influence import linearized
from models.missing.imputation import WORKERS
from models.missing.over_imputations import Pooled, over_imputations
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
# From so many people, or programs of the kind with fewer, influence functions take the place of resamples.
MANY: Final = 20_000
MANY_PROGRAMS: Final = 40
PENALTY: Final = 1.0  # ridge of a standardized covariate: keeps a resample's fit finite, moves little else
# Resamples of all copies together, shared out among them. The mean of the copies' variances then has a
# relative standard error of sqrt(2 / DRAWS) = 4%, a standard error one of 2%, beside the 25% (1 / sqrt(2 df),
# df = 8) by which ten programs leave it uncertain, and for which the t limits allow.
DRAWS: Final = 1_200
LEAST_DRAWS: Final = 60  # of a copy: covariances of nine effects
DRAWS_BESIDE: Final = 120  # the same as DRAWS for answers beside the main one, whose limits nobody tests by
COPIES_OF_BASELINE: Final = 3  # for the attrition-weighted answer, in which only baseline is imputed
WAVE_OF_MEDIATORS: Final = "month_6"
WAVE_OF_OUTCOMES: Final = "month_12"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediatorColumn:
    """A mediator measured from 0 to `most` in a cohort's column `<name>_month_6`, and its law."""

    name: str
    most: float
    law: Law

    @property
    def column(self) -> str:
        """Its name in the cohort."""
        return f"{self.name}_{WAVE_OF_MEDIATORS}"


# In their causal order: who takes part meets people who do not use. The order matters to the paths alone.
MEDIATORS: Final = (
    MediatorColumn(name="twelve_step_activities", most=9.0, law=Law("share", 9.0)),
    MediatorColumn(name="network_support_abstinence", most=100.0, law=Law("share")),
)
NAMES: Final = tuple(one.name for one in MEDIATORS)
OUTCOMES: Final = tuple(
    f"{name}_{WAVE_OF_OUTCOMES}" for name in ("any_problem_alcohol", "any_problem_drug", "abstinent")
)
Answers = dict[str, Pooled | NotIdentifiedError]
Others = dict[str, Inference | NotIdentifiedError]


def people_of(
    frame: pl.DataFrame,
    design: Array,
    social: Bools,
    *,
    weights: Array | None = None,
) -> People:
    """People of a copy; `design` (n, 1 + q) with the constant first. Without weights all count alike.

    Raises
    ------
    NotIdentifiedError
        A mediator outside its range, or missing for someone who counts.
    """
    counts = np.ones(frame.height) if weights is None else weights
    mediators = []
    for one in MEDIATORS:
        values, has = values_of(frame, one.column)
        if np.any(~has & (counts > 0.0)):
            raise NotIdentifiedError("a mediator of someone due was not imputed")
        mediators.append(share_of(values, one.most))
    return People(
        exposed=social.astype(float), covariates=design[:, 1:], mediators=tuple(mediators),
        laws=tuple(one.law for one in MEDIATORS), weights=counts, target=np.ones(frame.height),
    )  # fmt: skip


def main_answers(of: ComparablePeople, *, draws: int, seed: int) -> Answers:
    """Natural effects of every imputed copy, each with its own bootstrap, pooled by Rubin's rules.

    The variance within copies is the mean of their bootstrap variances (MI Boot of Schomaker & Heumann 2018,
    Statistics in Medicine 37:2252). Copies are resampled apart, so that it is as certain as one from all
    their draws together: `draws` of them in all, shared out among the copies (at least `LEAST_DRAWS` each).
    """
    found: Answers = {**_too_few(of)}
    wanted = [name for name in OUTCOMES if name not in found]
    each = _each(draws, len(of.copies))

    def of_copy(place: int) -> Others:
        copy = of.copies[place]
        outcomes = {name: _complete(copy.frame, name) for name in wanted}
        try:
            return _effects(
                people_of(copy.frame, copy.fitted.design, of.social), outcomes, of.program, draws=each,
                seed=seed + place,
            )  # fmt: skip
        except NotIdentifiedError as reason:
            return dict.fromkeys(wanted, reason)

    # Copies apart: threads help where arrays are long, and else only wait.
    with ThreadPoolExecutor(WORKERS if len(of.people) >= MANY else 1) as pool:
        told = list(pool.map(of_copy, range(len(of.copies))))
    by_copy = {id(copy.frame): one for copy, one in zip(of.copies, told, strict=True)}
    for name in wanted:
        try:
            found[name] = _pooled(of, by_copy, name)
        except NotIdentifiedError as reason:
            found[name] = reason
    return found


def attrition_weighted(of: ComparablePeople, names: Sequence[str], *, seed: int) -> Others:
    """Natural effects from those with all answers, weighted by 1 / chance of having them.

    Averaged over everybody due: baseline is imputed (the first few copies, pooled), nothing later is. The
    chances are not made anew in the resamples, which makes intervals a little too wide (Lunceford & Davidian
    2004, Statistics in Medicine 23:2937).
    """
    answered = _answered(of, names)
    outcomes = {name: values_of(of.people, name)[0] for name in names}
    fits: list[Others] = []
    copies = of.copies[:COPIES_OF_BASELINE]
    each = _each(DRAWS_BESIDE, len(copies))
    try:
        for place, copy in enumerate(copies):
            chance = chance_of_being_reached(copy.fitted.design, of.social, answered)
            people = people_of(of.people, copy.fitted.design, of.social, weights=answered / chance)
            fits.append(_effects(people, outcomes, of.program, draws=each, seed=seed + place))
    except NotIdentifiedError as reason:
        return dict.fromkeys(names, reason)
    found: Others = {}
    for name in names:
        reasons = [one for fit in fits if isinstance(one := fit[name], NotIdentifiedError)]
        whole = [one for fit in fits if isinstance(one := fit[name], Inference)]
        found[name] = reasons[0] if reasons else pool(whole)
    return found


def complete_cases(of: ComparablePeople, names: Sequence[str], *, seed: int) -> tuple[Others, int]:
    """Natural effects among those with every answer, baseline too; and how many they are."""
    baseline = of.people.select(pl.all_horizontal(pl.col([one.name for one in of.coding]).is_not_null()))
    whole = _answered(of, names) & baseline.to_series().to_numpy()
    rows = of.people.filter(pl.Series(whole))
    social = of.social[whole]
    found: Others = {}
    outcomes: dict[str, Array] = {}
    for name in names:
        y, has = values_of(rows, name)
        try:
            check_outcome(y, social, has, family="logistic")
            outcomes[name] = y
        except NotIdentifiedError as reason:
            found[name] = reason
    if not outcomes:
        return found, rows.height
    try:
        found |= _effects(
            people_of(rows, columns(rows, of.coding).design, social), outcomes, rows[PROGRAM].to_numpy(),
            draws=DRAWS_BESIDE, seed=seed,
        )  # fmt: skip
    except NotIdentifiedError as reason:
        found |= dict.fromkeys(outcomes, reason)
    return found, rows.height


def correlations_at_zero(of: ComparablePeople, outcome: str) -> dict[str, float | NotIdentifiedError]:
    """For each mediator alone the error correlation at which it carries nothing; mean over the copies."""
    found: dict[str, float | NotIdentifiedError] = {}
    for place, name in enumerate(NAMES):
        try:
            each = [
                correlation_at_zero(
                    people.exposed, people.covariates, people.mediators[place], _complete(copy.frame, outcome)
                )
                for copy, people in _peoples(of, COPIES_OF_BASELINE)
            ]
            found[name] = float(np.mean(each))
        except NotIdentifiedError as reason:
            found[name] = reason
    return found


def _effects(
    people: People, outcomes: Mapping[str, Array], program: NDArray[Any], *, draws: int, seed: int
) -> Others:
    """Effects with the bootstrap's covariance, or in large data that of the influence functions."""
    how = How(penalty=PENALTY)
    programs = min(np.unique(program[people.exposed == arm]).size for arm in (0.0, 1.0))
    if len(people.exposed) >= MANY or programs >= MANY_PROGRAMS:
        return linearized(people, outcomes, NAMES, program, how=how)
    return bootstrapped(
        people, outcomes, NAMES, program, how=how, draws=draws, seed=seed, fewest=LEAST_DRAWS // 2
    )


def _each(draws: int, copies: int) -> int:
    """Draws of one of several copies."""
    return max(LEAST_DRAWS, -(-draws // copies))


def _peoples(of: ComparablePeople, most: int) -> Sequence[tuple[Copy, People]]:
    return [(copy, people_of(copy.frame, copy.fitted.design, of.social)) for copy in of.copies[:most]]


def _pooled(of: ComparablePeople, by_copy: dict[int, Others], name: str) -> Pooled:
    def fit(frame: pl.DataFrame) -> Inference:
        one = by_copy[id(frame)][name]
        if isinstance(one, NotIdentifiedError):
            raise one
        return one

    return over_imputations([copy.frame for copy in of.copies], fit)


def _too_few(of: ComparablePeople) -> dict[str, NotIdentifiedError]:
    """Outcomes that too few of those reached have, or lack, in an arm."""
    found = {}
    for name in OUTCOMES:
        y, has = values_of(of.people, name)
        try:
            check_outcome(y, of.social, has, family="logistic")
        except NotIdentifiedError as reason:
            found[name] = reason
    return found


def _answered(of: ComparablePeople, names: Sequence[str]) -> Bools:
    """Who has both mediators and all these outcomes."""
    needed = [*(one.column for one in MEDIATORS), *names]
    whole = of.people.select(pl.all_horizontal(pl.col(needed).is_not_null())).to_series()
    return np.asarray(whole.to_numpy(), dtype=bool)


def _complete(frame: pl.DataFrame, name: str) -> Array:
    """Outcome (n,), NaN where it was not imputed."""
    values, has = values_of(frame, name)
    return np.where(has, values, np.nan)
