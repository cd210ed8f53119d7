"""Both directions of a pair of measures: over imputed copies, and in other ways beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import numpy as np
import polars as pl

from models.civic.cross_lagged import PanelRows, cross_lagged
from models.civic.panel import ADJUSTED_FOR, BASELINE, MODEL, TELL_OF_LOSS, Pair, complete, rows_of, was_due
from models.civic.random_intercepts import random_intercepts
from models.comparison.attrition import LEAST_CHANCE, PENALTY
from models.comparison.cohort import PROGRAM
from models.comparison.comparable_people import usable
from models.comparison.covariate_columns import columns, covariates
from models.comparison.imputed_cohort import MANY_PEOPLE
from models.comparison.penalized_regression import fit as penalized
from models.comparison.penalized_regression import predict
from models.inference.coefficients import Array, Inference
from models.inference.pooling import pool
from models.missing.imputation import WORKERS
from models.missing.over_imputations import Pooled, over_imputations
from models.refusal import NotIdentifiedError

FIRST_COPIES: Final = 5  # of the imputed copies, for answers beside the main one
FEWEST_ROWS: Final = 10  # people and intervals answered at both ends
T = TypeVar("T")
Answer = tuple[Inference, int, str]  # paths, people, and what else is to be said


def imputed_paths(copies: Sequence[pl.DataFrame], pair: Pair) -> Pooled:
    """Paths of everybody due, of every copy, pooled by Rubin's rules."""

    def of_copy(copy: pl.DataFrame) -> Inference | NotIdentifiedError:
        try:
            return cross_lagged(rows_of(copy, pair))
        except NotIdentifiedError as reason:
            return reason

    told = {id(copy): one for copy, one in zip(copies, _each(copies, of_copy), strict=True)}

    def fit(copy: pl.DataFrame) -> Inference:
        one = told[id(copy)]
        if isinstance(one, NotIdentifiedError):
            raise one
        return one

    return over_imputations(copies, fit)


def _each(copies: Sequence[pl.DataFrame], work: Callable[[pl.DataFrame], T]) -> list[T]:
    """Do the same for each copy: threads help where arrays are long, and else only wait."""
    with ThreadPoolExecutor(WORKERS if copies and copies[0].height > MANY_PEOPLE else 1) as threads:
        return list(threads.map(work, copies))


def complete_cases(people: pl.DataFrame, pair: Pair) -> Answer:
    """Paths of the intervals at both ends of which everything was answered."""
    rows = rows_of(people, pair, only_complete=True)
    if len(rows) < FEWEST_ROWS:
        raise NotIdentifiedError(f"fewer than {FEWEST_ROWS} intervals were answered at both ends")
    return cross_lagged(rows), _people(people, [complete(pair, one) for one in pair.intervals]), ""


def attrition_weighted(people: pl.DataFrame, copies: Sequence[pl.DataFrame], pair: Pair) -> Answer:
    """Paths of the intervals answered, weighted by 1 / chance of being answered (first copies).

    The chance of each interval is that of a logistic regression, with a ridge penalty as in `attrition`, on
    both measures at entry and all else measured there that the analysis uses (Robins, Rotnitzky & Zhao 1995,
    JASA 90:106), not below `LEAST_CHANCE`. The interval takes the weights as known.
    """
    told = _each(copies[:FIRST_COPIES], lambda copy: cross_lagged(_weighted(people, copy, pair)))
    return pool(told), _people(people, [_answered(pair, one) for one in pair.intervals]), ""


def own_levels(copies: Sequence[pl.DataFrame], pair: Pair) -> Answer:
    """Paths of deviations from people's own levels, of people due at all three waves (first copies)."""
    if len(pair.waves) < 3:
        raise NotIdentifiedError("three waves are needed to tell people's own levels from what carries over")
    fits, kept = [], 0
    for copy in copies[:FIRST_COPIES]:
        own = copy.filter(pl.all_horizontal(was_due(one) for one in pair.intervals))
        values = own.select(pl.col(pair.columns).cast(pl.Float64)).to_numpy()
        fits.append(random_intercepts(values, own[PROGRAM].cast(pl.String).rank("dense").to_numpy()))
        kept = own.height
    said = "" if all(one.levels_vary for one in fits) else (
        "a variance of own levels comes out at or below zero: little stable to take out"
    )  # fmt: skip
    return pool([one.paths for one in fits]), kept, said


def attempt(make: Callable[[], Answer]) -> Answer | str:
    """Return the answer, or the reason why there is none."""
    try:
        return make()
    except NotIdentifiedError as reason:
        return f"not answered: {reason}"


def _people(people: pl.DataFrame, known: Sequence[pl.Expr]) -> int:
    return people.filter(pl.any_horizontal(known)).height


def _answered(pair: Pair, interval: tuple[str, str]) -> pl.Expr:
    """Tell who has both measures at both ends."""
    return was_due(interval) & pl.all_horizontal(pl.col(name).is_not_null() for name in pair.needs(interval))


def answered(people: pl.DataFrame, pair: Pair) -> dict[str, tuple[int, int]]:
    """Count, by the wave at which an interval ends, people due at both ends and those answered."""
    return {
        one[1]: (people.filter(was_due(one)).height, people.filter(_answered(pair, one)).height)
        for one in pair.intervals
    }


def _weighted(people: pl.DataFrame, copy: pl.DataFrame, pair: Pair) -> PanelRows:
    at_entry = (f"{name}_{BASELINE}" for name in (pair.first, pair.second))
    names = tuple(dict.fromkeys((MODEL, *at_entry, *ADJUSTED_FOR, *TELL_OF_LOSS)))
    design: Array = columns(copy, covariates(people, usable(people, names))).design
    frame = copy.with_columns(people.select(pair.columns))
    for one in pair.intervals:
        mask = people.select(was_due(one)).to_series().to_numpy()
        came = people.select(_answered(pair, one)).to_series().to_numpy()
        if came.sum() < FEWEST_ROWS:
            raise NotIdentifiedError(f"fewer than {FEWEST_ROWS} intervals were answered at both ends")
        beta = penalized(design[mask], came[mask].astype(float), family="logistic", penalty=PENALTY)
        chance = np.maximum(predict(design, beta, "logistic"), LEAST_CHANCE)
        frame = frame.with_columns(pl.Series(f"weight_{one[1]}", 1.0 / chance))
    return rows_of(frame, pair, only_complete=True)
