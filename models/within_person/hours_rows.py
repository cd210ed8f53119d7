"""The evenings of a diary beside the hours of the evening before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.lags import lagged
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows, used_rows
from models.within_person.diary_facts import DAY, PERSON

Array = NDArray[np.float64]
NO_CRAVING: Final = "evening_without_craving"
CRAVING: Final = "craving"
MOST_HOURS: Final = 24.0  # of a day
TREND: Final = "evening"  # tens of evenings since the first, centered
BEFORE: Final = "without_craving_the_evening_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenings:
    """Evenings after an answered evening, and the standard deviations that hours are told in.

    `rows` hold the outcome, the hours of the evening before and the person's mean hours (over all answered
    evenings of the person); `within` and `between` the standard deviations of each kind of hours, in hours.
    """

    rows: Rows
    predictors: tuple[str, ...]
    within: Mapping[str, float]
    between: Mapping[str, float]


def evenings(diary_days: pl.DataFrame, predictors: Sequence[str]) -> Evenings:
    """Set each evening's outcome beside the hours of the very evening before: gaps are not bridged.

    Standard deviations: within, sqrt(sum (x_ti - mean_i)^2 / (evenings - people)) over all answered evenings
    of the people used; between, that of the person means (divisor people - 1), with the error of each mean in
    it.
    """
    means = [pl.col(name).mean().over(PERSON).alias(_mean(name)) for name in predictors]
    days = diary_days.with_columns(
        *means,
        (pl.col(CRAVING) == 0).cast(pl.Float64).alias(NO_CRAVING),
    )
    beside = lagged(days, person=PERSON, day=DAY, columns=(*predictors, NO_CRAVING))
    wanted = (NO_CRAVING, *(_lag(name) for name in predictors), *(_mean(name) for name in predictors))
    rows = used_rows(beside, person=PERSON, day=DAY, columns=wanted)
    answered = days.filter(pl.col(PERSON).is_in(rows.people.to_list()))
    return Evenings(
        rows=rows, predictors=tuple(predictors),
        within={name: _within(answered, name) for name in predictors},
        between={name: _between(rows, name) for name in predictors},
    )  # fmt: skip


def with_evening_before(of: Evenings, diary_days: pl.DataFrame) -> Array:
    """Whether the evening before was without craving, (n_rows,) of 0, 1 and NaN where it was not told."""
    days = diary_days.with_columns((pl.col(CRAVING) == 0).cast(pl.Float64).alias(NO_CRAVING))
    beside = lagged(days, person=PERSON, day=DAY, columns=(NO_CRAVING,)).select(
        PERSON, pl.col(DAY).cast(pl.Float64), pl.col(f"{NO_CRAVING}_lag1").alias(BEFORE)
    )
    keys = pl.DataFrame({PERSON: of.rows.people.gather(of.rows.person), DAY: of.rows.day})
    told = keys.join(beside, on=[PERSON, DAY], how="left", maintain_order="left")
    return told[BEFORE].to_numpy().astype(float)


def model_rows(of: Evenings, *, within: Sequence[str], between: Sequence[str]) -> ModelRows:
    """Rows of the model: hours of the evening before and mean hours, each per standard deviation, and trend.

    Within: the evening's hours less the person's mean; between: that mean less the mean of people's means.

    Raises
    ------
    NotIdentifiedError
        No evening follows an answered evening.
    """
    rows = of.rows
    if rows.n_rows == 0:
        raise NotIdentifiedError("no evening follows an answered evening")
    columns, names = [np.ones(rows.n_rows)], ["intercept"]
    for name in within:
        columns.append((rows.columns[_lag(name)] - rows.columns[_mean(name)]) / of.within[name])
        names.append(f"{name}_within")
    for name in between:
        columns.append((rows.columns[_mean(name)] - means_of(rows, name).mean()) / of.between[name])
        names.append(f"{name}_between")
    trend = (rows.day - rows.day.mean()) / 10.0
    if np.any(trend != 0.0):
        columns.append(trend)
        names.append(TREND)
    return ModelRows(
        y=rows.columns[NO_CRAVING], x=np.column_stack(columns), names=tuple(names), random=(0,),
        person=rows.person, day=rows.day,
    )  # fmt: skip


def possible(predictor: str) -> pl.Expr:
    """Whether hours are those of a day: 0 to 24; null where none are told."""
    return pl.col(predictor).is_between(0.0, MOST_HOURS)


def impossible(diary_days: pl.DataFrame, predictor: str) -> pl.DataFrame:
    """Evenings with hours that no day has."""
    return diary_days.filter(~possible(predictor))


def lag_name(predictor: str) -> str:
    """Name of the column with the hours of the evening before."""
    return _lag(predictor)


def means_of(rows: Rows, predictor: str) -> Array:
    """Mean hours of each person, (n_people,)."""
    first = np.searchsorted(rows.person, np.arange(rows.n_people))
    return np.asarray(rows.columns[_mean(predictor)][first])


def _lag(name: str) -> str:
    return f"{name}_lag1"


def _mean(name: str) -> str:
    return f"{name}_mean"


def _within(answered: pl.DataFrame, name: str) -> float:
    told = answered.filter(pl.col(name).is_not_null())
    away = (told[name] - told[_mean(name)]).to_numpy().astype(float)
    free = told.height - told[PERSON].n_unique()
    return float(np.sqrt(away @ away / free)) if free > 0 else 0.0


def _between(rows: Rows, name: str) -> float:
    return float(means_of(rows, name).std(ddof=1)) if rows.n_people > 1 else 0.0
