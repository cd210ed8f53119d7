"""One outcome at one wave beside one score of the programs: the answers over imputed copies, and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.comparison.attrition import LEAST_CHANCE, PENALTY
from models.comparison.cohort import PROGRAM
from models.comparison.imputed_cohort import MANY_PEOPLE
from models.comparison.penalized_regression import fit as penalized
from models.comparison.penalized_regression import predict
from models.comparison.people_by_program import PeopleByProgram, by_program, values_of
from models.comparison.program_scale_fits import (
    ProgramRows,
    Slope,
    cluster_robust_slope,
    slope_of,
)
from models.comparison.regression_fits import Family
from models.inference.coefficients import Array, Inference
from models.inference.pooling import pool
from models.missing.over_imputations import Pooled, over_imputations
from models.refusal import NotIdentifiedError

FIRST_COPIES: Final = 5  # of the imputed copies, for domains and for answers beside the main one
# The same for more than `MANY_PEOPLE`, where fits take minutes. A variance from two copies is 1 + f / 2 times
# that from very many, f the fraction of missing information, one from five 1 + f / 5: with f a quarter, a
# standard error 3.5% longer. How two copies differ is itself hardly known, and the df pay for it.
FIRST_COPIES_OF_MANY: Final = 2
POINTS: Final = 10.0  # of the scale: what is reported as one step
FEWEST_OF_A_KIND: Final = 10  # people reached with a yes, and with a no
EVENTS_PER_COVARIATE: Final = 5.0  # Vittinghoff & McCulloch 2007, American Journal of Epidemiology 165:710


def first_copies(people: PeopleByProgram) -> int:
    """How many copies answer what is not the main question."""
    return FIRST_COPIES_OF_MANY if len(people) > MANY_PEOPLE else FIRST_COPIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: a column of the cohort, what kind it is, the score, its step, what is adjusted for."""

    column: str
    family: Family
    score: str
    step: float
    adjusted_for: tuple[str, ...]

    def needs(self) -> list[str]:
        """Columns that a complete person has."""
        return [self.column, self.score, *self.adjusted_for]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Main answer to a question: slope, and for a yes or no the difference in probability, each pooled.

    `program_sd` the spread of the programs' own levels, mean over the copies.
    """

    slope: Pooled
    difference: Pooled | None
    program_sd: float


def answer(people: PeopleByProgram, asked: Asked, *, copies: int | None = None) -> Answered:
    """Fit every imputed copy (or the first `copies`) of the people due, and pool by Rubin's rules.

    Raises
    ------
    NotIdentifiedError
        Too few people reached with a yes or with a no, or of either for so many covariates; copies without
        an answer.
    """
    _check_answers(people.observed[asked.column].filter(pl.Series(people.known(asked.score))), asked)
    used = people.copies[:copies]
    place = {id(copy): number for number, copy in enumerate(used)}
    fits: dict[int, Slope] = {}

    def fitted(copy: pl.DataFrame) -> Slope:
        if id(copy) not in fits:
            fits[id(copy)] = _slope(people, place[id(copy)], asked)
        return fits[id(copy)]

    slope = over_imputations(used, lambda copy: fitted(copy).slope)
    difference = None
    if asked.family == "logistic":
        difference = over_imputations(used, lambda copy: _difference(fitted(copy)))
    return Answered(
        slope=slope,
        difference=difference,
        program_sd=float(np.mean([one.program_sd for one in fits.values()])),
    )


def _rows(people: PeopleByProgram, place: int, asked: Asked) -> ProgramRows:
    return people.rows(place, asked.column, asked.score, asked.step, asked.adjusted_for)


def _slope(people: PeopleByProgram, place: int, asked: Asked) -> Slope:
    return people.slope(place, asked.column, asked.score, asked.step, asked.adjusted_for, family=asked.family)


def _difference(found: Slope) -> Inference:
    assert found.difference is not None
    return found.difference


def _check_answers(observed: pl.Series, asked: Asked) -> None:
    values = observed.drop_nulls().cast(pl.Float64)
    if asked.family == "linear":
        if values.len() < FEWEST_OF_A_KIND:
            raise NotIdentifiedError(f"fewer than {FEWEST_OF_A_KIND} people were reached with an answer")
        return
    yes = float(values.sum() or 0.0)
    fewer = min(yes, values.len() - yes)
    if fewer < FEWEST_OF_A_KIND:
        raise NotIdentifiedError(
            f"fewer than {FEWEST_OF_A_KIND} people were reached with a yes, or with a no: nearly all alike"
        )
    if fewer < EVENTS_PER_COVARIATE * (len(asked.adjusted_for) + 1):
        raise NotIdentifiedError(
            f"fewer than {EVENTS_PER_COVARIATE:g} people with the rarer answer for each variable of the model"
        )


def complete_cases(people: PeopleByProgram, asked: Asked) -> tuple[Inference, int]:
    """Answer from the people with the outcome and every covariate, and tell how many they are."""
    told = people.observed.select(PROGRAM, *asked.needs()).drop_nulls()
    if told.is_empty():
        raise NotIdentifiedError("nobody has the outcome and every covariate")
    alone = by_program(told, (told,))
    return slope_of(_rows(alone, 0, asked), asked.family).slope, len(alone)


def cluster_robust(people: PeopleByProgram, asked: Asked) -> tuple[Inference, int]:
    """Answer without program effects, CR2 by program, from the first imputed copies."""
    told = [
        cluster_robust_slope(_rows(people, place, asked), asked.family)
        for place in range(len(people.copies[: first_copies(people)]))
    ]
    return pool(told), len(people)


def attrition_weighted(
    people: PeopleByProgram, asked: Asked, *, baseline: tuple[str, ...]
) -> tuple[Inference, int]:
    """Answer from those reached, weighted by 1 / chance of having an answer; CR2 by program.

    The chance is that of a logistic regression, with a ridge penalty as in `attrition`, on all of `baseline`
    and the score; covariates are imputed (first copies), the outcome is not.
    """
    known = people.known(asked.score)
    answers = values_of(people.observed[asked.column])
    reached = np.isfinite(answers) & known
    if int(reached.sum()) < FEWEST_OF_A_KIND:
        raise NotIdentifiedError(f"fewer than {FEWEST_OF_A_KIND} people were reached with an answer")
    score = people.score(asked.score)[0][known] / POINTS
    told = []
    for place in range(len(people.copies[: first_copies(people)])):
        every, _ = people.design(place, baseline)
        design = np.column_stack([np.ones(score.size), every[known], score - score.mean()])
        beta = penalized(design, reached[known].astype(float), family="logistic", penalty=PENALTY)
        chance = np.ones(len(people))
        chance[known] = np.maximum(predict(design, beta, "logistic"), LEAST_CHANCE)
        rows = people.predictors(
            place, asked.score, asked.step, asked.adjusted_for, kept=reached
        ).with_outcome(answers)
        told.append(cluster_robust_slope(rows, asked.family, 1.0 / chance[reached]))
    return pool(told), int(reached.sum())


def adjusted_for_more(people: PeopleByProgram, asked: Asked) -> tuple[Inference, int]:
    """Answer from the first imputed copies, with the covariates of `asked`, whatever their number."""
    told = [_slope(people, place, asked).slope for place in range(len(people.copies[: first_copies(people)]))]
    return pool(told), len(people)


def attempt(make: Callable[[], tuple[Inference, int]]) -> tuple[Inference, int] | str:
    """Return the answer and its people, or the reason why there is none."""
    try:
        return make()
    except NotIdentifiedError as reason:
        return f"not answered: {reason}"


def variance_inflation(programs: pl.DataFrame, domains: Sequence[str]) -> float | None:
    """Largest variance inflation factor of the domains over the programs; None where they are collinear.

    1 / (1 - R^2) of a domain given the others, from the inverse of their correlations: by how much the
    variance of its slope would grow if all stood in one model (Marquardt 1970, Technometrics 12:591).
    """
    table = programs.select(domains).drop_nulls().cast(pl.Float64).to_numpy()
    if len(table) <= len(domains) + 1 or np.any(table.std(axis=0) == 0.0):
        return None
    correlation: Array = np.corrcoef(table, rowvar=False)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < 1e-10:
        return None
    return float(((vectors**2) / values).sum(axis=1).max())
