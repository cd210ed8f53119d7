"""Mean hours of a diary and abstinence at the interview after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from scipy import special

from models.comparison.clusters import regression_inference
from models.inference.coefficients import Array, Inference
from models.within_person.diary_facts import DAY, PERSON

CAME: Final = ("completed", "partial")
NOT_DUE: Final = ("deceased", "not_due")
DUE: Final = "due_after_diary"
DAYS_OF_A_MONTH: Final = 30.4375
ABSTINENT: Final = "abstinent"
DAYS: Final = "abstinent_days_30"
DAYS_BEFORE: Final = "abstinent_days_before"
ALL_DAYS: Final = 30


def next_interviews(
    diary_days: pl.DataFrame, assessments: pl.DataFrame, predictors: Sequence[str]
) -> pl.DataFrame:
    """One row for each person with hours told: their means, and abstinence at the next interview.

    The next interview is the first held (completed or in part) after the last evening the diary was planned
    for; `abstinent` is null where there is none, or the question was not answered. `abstinent_days_before`
    are those told at the last interview on or before the first evening. `due_after_diary`: whether an
    interview after the last evening was due, held or not; one not held could have been within a month after
    the one it is named for.
    """
    start = pl.col("evening_day") - pl.col(DAY)  # the day before the first evening; alike on all evenings
    people = (
        diary_days.group_by(PERSON)
        .agg(
            *(pl.col(name).mean() for name in predictors),
            first=start.min() + 1,
            last=start.min() + pl.col(DAY).max(),
        )
        .filter(pl.all_horizontal(pl.col(name).is_not_null() for name in predictors))
        .sort(PERSON)
    )
    held = assessments.filter(
        pl.col("followup_status").cast(pl.String).is_in(CAME), pl.col("assessment_day").is_not_null()
    ).select(PERSON, "assessment_day", DAYS)
    both = people.select(PERSON, "first", "last").join(held, on=PERSON)
    after = (
        both.filter(pl.col("assessment_day") > pl.col("last"))
        .sort(PERSON, "assessment_day")
        .unique(PERSON, keep="first", maintain_order=True)
        .select(
            PERSON,
            (pl.col(DAYS) >= ALL_DAYS).cast(pl.Float64).alias(ABSTINENT),
            days_until=pl.col("assessment_day") - pl.col("last"),
        )
    )
    month = pl.col("wave").cast(pl.String).str.extract(r"^month_(\d+)$").cast(pl.Float64)
    latest = (month + 1.0) * DAYS_OF_A_MONTH
    due = (
        assessments.filter(~pl.col("followup_status").cast(pl.String).is_in(NOT_DUE))
        .select(PERSON, day=pl.coalesce(pl.col("assessment_day").cast(pl.Float64), latest))
        .join(people.select(PERSON, "last"), on=PERSON)
        .filter(pl.col("day") > pl.col("last"))
        .select(PERSON, pl.lit(value=True).alias(DUE))
        .unique(PERSON)
    )
    earlier = (
        both.filter(pl.col("assessment_day") <= pl.col("first"))
        .sort(PERSON, "assessment_day")
        .unique(PERSON, keep="last", maintain_order=True)
        .select(PERSON, pl.col(DAYS).cast(pl.Float64).alias(DAYS_BEFORE))
    )
    told = people.join(after, on=PERSON, how="left").join(earlier, on=PERSON, how="left")
    return told.join(due, on=PERSON, how="left").with_columns(pl.col(DUE).fill_null(value=False)).sort(PERSON)


def regression_on_means(
    people: pl.DataFrame, predictors: Sequence[str], spread: Mapping[str, float], *more: str
) -> Inference:
    """Logistic regression of abstinence on mean hours per standard deviation, and on `more` columns.

    Maximum likelihood less its bias of order 1 / n, (X'WX)^-1 X'[h (p - 1/2)], h the leverages (Cordeiro &
    McCullagh 1991, JRSS B 53:629): with a hundred people the log odds would lie several percent too far from
    zero. Covariance of single people as clusters: HC2, with Satterthwaite's df (Bell & McCaffrey 2002, Survey
    Methodology 28:169).

    Raises
    ------
    NotIdentifiedError
        As `clusters.regression_inference`.
    """
    columns = [np.ones(people.height)]
    for name in (*predictors, *more):
        values = people[name].cast(pl.Float64).to_numpy()
        columns.append((values - values.mean()) / spread.get(name, 1.0))
    x = np.column_stack(columns)
    found = regression_inference(
        x, people[ABSTINENT].to_numpy(), None, np.arange(people.height), "logistic",
        names=("intercept", *predictors, *more),
    )  # fmt: skip
    return replace(found, beta=found.beta - _bias(x, found.beta), rule=f"{found.rule}; bias-reduced")


def _bias(x: Array, beta: Array) -> Array:
    """Bias of order 1 / n of the maximum likelihood estimate."""
    p = special.expit(x @ beta)
    weighed = x * (p * (1.0 - p))[:, None]
    inverse = np.linalg.inv(x.T @ weighed)
    leverage = np.vecdot(weighed @ inverse, x)
    return np.asarray(inverse @ (x.T @ (leverage * (p - 0.5))))
