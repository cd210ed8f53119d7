"""One outcome at one wave: the doubly robust answer over all imputed copies, and the answers beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.answered import share_surely_missing
from models.comparison.attrition import chance_of_being_reached
from models.comparison.clusters import influence_inference
from models.comparison.cohort import PROGRAM
from models.comparison.comparable_people import ComparablePeople, Copy
from models.comparison.covariate_columns import columns
from models.comparison.doubly_robust import (
    TERMS,
    Compared,
    check_outcome,
    doubly_robust,
    expected_outcomes,
    folds,
    unadjusted,
)
from models.comparison.imputed_influence import imputed_inference
from models.comparison.penalized_regression import Family
from models.comparison.propensity import propensity
from models.comparison.weighted_difference import weighted_difference
from models.comparison.weights import weights
from models.inference.coefficients import Inference
from models.inference.pooling import pool
from models.missing.over_imputations import Pooled, over_imputations
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
FIRST_COPIES: Final = 5  # for answers in which only baseline is imputed
MAIN: Final = TERMS["ate"]
UNADJUSTED: Final = f"unadjusted_{MAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A column of the cohort, `<name>_<wave>`; `family` is logistic for a yes or no."""

    name: str
    wave: str
    family: Family

    @property
    def column(self) -> str:
        """Its name in the cohort, and in the answers."""
        return f"{self.name}_{self.wave}"


def values_of(frame: pl.DataFrame, column: str) -> tuple[Array, Bools]:
    """Outcome (n,) as numbers, 0 where it is missing, and who has one (n,)."""
    values = frame[column]
    if values.null_count() == 0:
        return values.to_numpy().astype(float), np.ones(len(values), dtype=bool)
    values = values.cast(pl.Float64)
    return values.fill_null(0.0).to_numpy().astype(float), values.is_not_null().to_numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class MainAnswer:
    """Mean over the imputed copies: `inference` with the linearized variance, `rubin` with Rubin's rules.

    `imputed_share` of the social arm's weight lies on imputed answers, whose mean is `imputed_mean`;
    `variance_missing` is the share of the variance of `MAIN` that is surely due to missing answers.
    """

    inference: Inference
    rubin: Pooled
    imputed_share: float
    imputed_mean: float
    variance_missing: float


def main_answer(of: ComparablePeople, outcome: Outcome) -> MainAnswer:
    """Doubly robust answers of every imputed copy, and their mean.

    Coefficients: those of `doubly_robust`, and `weighted`, the difference of weighted means without outcome
    models. Covariance and degrees of freedom: `imputed_inference`, programs as clusters; Rubin's rules beside
    it, each copy by `influence_inference`.

    Raises
    ------
    NotIdentifiedError
        Too few people with or without the outcome among those observed; copies without an answer.
    """
    y, answered = values_of(of.people, outcome.column)
    check_outcome(y, of.social, answered, family=outcome.family)
    starts: dict[bool, Array] = {}
    by_frame = {id(copy.frame): copy for copy in of.copies}
    found: list[Compared] = []
    answers: list[Inference] = []

    def one(frame: pl.DataFrame) -> Inference:
        copy = by_frame[id(frame)]
        filled, has = values_of(frame, outcome.column)
        if not has.all():
            raise NotIdentifiedError("an outcome of someone due was not imputed")
        told = _of_copy(of, copy, filled, has, family=outcome.family, starts=starts)
        told = _with_weighted(told, filled, of, copy)
        answers.append(_inference(of, told, answers[0] if answers else None))
        found.append(told)
        return answers[-1]

    rubin = over_imputations([copy.frame for copy in of.copies], one)
    filled = np.mean([values_of(copy.frame, outcome.column)[0] for copy in of.copies], axis=0)
    inference = imputed_inference(
        found, design=of.copies[0].fitted.design, by_arm=of.by_arm, filled=filled, answered=answered,
        social=of.social, program=of.program,
    )  # fmt: skip
    lost = of.social & ~answered
    at = found[0].names.index("social")
    return MainAnswer(
        inference=inference, rubin=rubin,
        imputed_share=float(np.mean([one.slopes[lost, at].sum() for one in found])) / y.size,
        imputed_mean=float(filled[lost].mean()) if lost.any() else 0.0,
        variance_missing=_missing(rubin, found),
    )  # fmt: skip


def _missing(rubin: Pooled, found: Sequence[Compared]) -> float:
    """Share of the variance of `MAIN` that is surely due to missing answers.

    The variance of complete data, which few programs tell badly, counts as no less than that of people who
    are independent of each other.
    """
    at = found[0].names.index(MAIN)
    people = float(np.mean([np.mean(one.influence[:, at] ** 2) / len(one.influence) for one in found]))
    return share_surely_missing(rubin.missing_information({MAIN: 1.0}), least=people)


def _with_weighted(told: Compared, y: Array, of: ComparablePeople, copy: Copy) -> Compared:
    """Add the difference of weighted means, without outcome models."""
    value, own = weighted_difference(y, of.social, copy.fitted, "ate")
    w = weights(copy.fitted.score, of.social, "ate")
    slope = np.where(of.social, w / w[of.social].sum(), -w / w[~of.social].sum()) * y.size
    return Compared(
        names=(*told.names, "weighted"), estimates=np.append(told.estimates, value),
        influence=np.column_stack([told.influence, own]), slopes=np.column_stack([told.slopes, slope]),
    )  # fmt: skip


def _remembered(df: Callable[[Array], float]) -> Callable[[Array], float]:
    """Find the degrees of freedom of a contrast once."""
    known: dict[bytes, float] = {}

    def found(contrast: Array) -> float:
        key = np.asarray(contrast, dtype=float).tobytes()
        if key not in known:
            known[key] = df(contrast)
        return known[key]

    return found


def _inference(of: ComparablePeople, one: Compared, first: Inference | None) -> Inference:
    """Answer of one copy; degrees of freedom of the first copy: people and programs are the same."""
    arms = of.social.astype(np.int8)
    found = influence_inference(one.names, one.estimates, one.influence, of.program, arms)
    return replace(found, df=_remembered(found.df) if first is None else first.df)


def attrition_weighted(of: ComparablePeople, outcome: Outcome) -> Inference:
    """Doubly robust answers of those reached, weighted by 1 / chance of having an answer.

    Baseline is imputed (the first few copies, pooled), the outcome is not.
    """
    y, answered = values_of(of.people, outcome.column)
    check_outcome(y, of.social, answered, family=outcome.family)
    starts: dict[bool, Array] = {}
    reached: dict[bool, Array] = {}
    found: list[Inference] = []
    for copy in of.copies[:FIRST_COPIES]:
        chance = chance_of_being_reached(copy.fitted.design, of.social, answered, starts=reached)
        one = _of_copy(of, copy, y, answered, family=outcome.family, starts=starts, chance=chance)
        found.append(_inference(of, one, found[0] if found else None))
    return pool(found)


def complete_cases(of: ComparablePeople, outcome: Outcome, *, seed: int) -> tuple[Inference, int]:
    """Doubly robust answers of the people with the outcome and every baseline answer, and how many they are.

    They get scores of their own; nothing is imputed and nobody stands for those lost.
    """
    needed = [outcome.column, *(one.name for one in of.coding)]
    complete = of.people.select(pl.all_horizontal(pl.col(needed).is_not_null())).to_series()
    people = of.people.filter(complete)
    social = of.social[complete.to_numpy()]
    fitted = propensity(columns(people, of.coding), social)
    y, answered = values_of(people, outcome.column)
    check_outcome(y, social, answered, family=outcome.family)
    program = people[PROGRAM].to_numpy()
    expected = expected_outcomes(
        fitted.design, y, social, answered, folds(program, seed=seed), family=outcome.family
    )
    found = doubly_robust(y, social, fitted.score, expected, family=outcome.family)
    return influence_inference(found.names, found.estimates, found.influence, program, social), people.height


def unadjusted_answer(of: ComparablePeople, outcome: Outcome) -> tuple[Inference, int]:
    """Plain difference among everybody due who was reached, and how many they are."""
    people = of.due.filter(pl.col(outcome.column).is_not_null())
    y, answered = values_of(people, outcome.column)
    social = people["social"].cast(pl.Boolean).to_numpy()
    check_outcome(y, social, answered, family=outcome.family)
    value, own = unadjusted(y, social)
    found = influence_inference(
        (UNADJUSTED,), np.array([value]), own[:, None], people[PROGRAM].to_numpy(), social
    )
    return found, people.height


def control_answer(of: ComparablePeople, column: str) -> tuple[Inference, int]:
    """Compare what no program can change, as if it were an outcome; those who answered, pooled."""
    y, answered = values_of(of.people, column)
    check_outcome(y, of.social, answered, family="linear")
    found: list[Inference] = []
    starts: dict[bool, Array] = {}
    reached: dict[bool, Array] = {}
    for copy in of.copies[:FIRST_COPIES]:
        chance = chance_of_being_reached(copy.fitted.design, of.social, answered, starts=reached)
        one = _of_copy(of, copy, y, answered, family="linear", starts=starts, chance=chance)
        found.append(_inference(of, one, found[0] if found else None))
    return pool(found), int(answered.sum())


def _of_copy(
    of: ComparablePeople,
    copy: Copy,
    y: Array,
    answered: Bools,
    *,
    family: Family,
    starts: dict[bool, Array],
    chance: Array | None = None,
) -> Compared:
    fitted = copy.fitted
    expected = expected_outcomes(
        fitted.design, y, of.social, answered, copy.fold, family=family, starts=starts,
        arms=copy.arms(of.social),
    )  # fmt: skip
    return doubly_robust(
        y, of.social, fitted.score, expected, answered=answered, chance=chance, family=family
    )
