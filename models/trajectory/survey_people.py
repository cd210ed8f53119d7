"""Who of a recovery survey is asked about: people in recovery by center, people without a problem ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.core_frame import finite, require

Array = NDArray[np.float64]
TABLE: Final = "core.recovery_surveys"
YEARS, ANSWER, WEIGHT = "years_in_recovery", "eurohis_qol8", "survey_weight"
PROBLEM, CENTER = "ever_had_problem", "attended_center"
LARGEST_ANSWER: Final = 1e3  # no scale of quality of life has one as large, in size
LONGEST: Final = 150.0  # years; nobody is in recovery for longer
WITH, WITHOUT, CENTER_UNKNOWN, NEVER, UNUSED = 0, 1, 2, 3, -1  # status of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Respondents with a weight (n,): the sample that was drawn, whether or not all of them are used.

    `years` and `answers` are 0 where they are not known or not asked; `status` says who may be used for
    what. `dropped` counts by reason those who are left out.
    """

    years: Array
    answers: Array
    weights: Array
    status: NDArray[np.int64]
    dropped: Mapping[str, int]

    @property
    def in_recovery(self) -> NDArray[np.bool_]:
        """Used respondents who had a problem."""
        return np.asarray((self.status >= WITH) & (self.status <= CENTER_UNKNOWN))

    @property
    def never(self) -> NDArray[np.bool_]:
        """Used respondents who never had a problem: the general population."""
        return np.asarray(self.status == NEVER)


def survey_people(recovery_surveys: pl.DataFrame) -> Survey:
    """Sort the respondents of core.recovery_surveys.

    Left out, each counted once under the first reason that holds: no positive weight (not part of the
    sample); not known whether they had a problem; no answer on quality of life; had a problem, but it is
    not known how long ago. An answer or a time that nobody can have counts as none. Nothing is imputed.
    Weights have no unit: they are divided by a power of two near the largest, which changes no digit.

    Raises
    ------
    ValueError
        A column is missing or a participant repeated.
    """
    require(
        recovery_surveys, TABLE, columns=("participant_id", YEARS, PROBLEM, CENTER, ANSWER, WEIGHT),
        key=("participant_id",),
    )  # fmt: skip
    frame = finite(recovery_surveys, YEARS, ANSWER).sort("participant_id")
    weight = pl.col(WEIGHT).cast(pl.Float64)
    frame = frame.with_columns(
        pl.when(weight.is_finite())
        .then(weight)
        .map_batches(_near_one, return_dtype=pl.Float64)
        .alias(WEIGHT),
        pl.when(pl.col(ANSWER).abs() <= LARGEST_ANSWER).then(pl.col(ANSWER)).alias(ANSWER),
        pl.when(pl.col(YEARS) <= LONGEST).then(pl.col(YEARS)).alias(YEARS),
    )
    sample = frame.filter(pl.col(WEIGHT) > 0)
    center = pl.when(pl.col(CENTER)).then(WITH).when(pl.col(CENTER).is_null()).then(CENTER_UNKNOWN)
    reason = (
        pl.when(pl.col(PROBLEM).is_null()).then(pl.lit("problem"))
        .when(pl.col(ANSWER).is_null()).then(pl.lit("answer"))
        .when(pl.col(PROBLEM) & (pl.col(YEARS).is_null() | (pl.col(YEARS) < 0)))
        .then(pl.lit("years"))
    )  # fmt: skip
    sample = sample.with_columns(reason.alias("reason")).with_columns(
        pl.when(pl.col("reason").is_not_null())
        .then(UNUSED)
        .when(~pl.col(PROBLEM))
        .then(NEVER)
        .otherwise(center.otherwise(WITHOUT))
        .alias("status")
    )
    reasons = dict(sample.drop_nulls("reason").group_by("reason").len().iter_rows())
    dropped = {"weight": frame.height - sample.height}
    dropped |= {what: int(reasons.get(what, 0)) for what in ("problem", "answer", "years")}
    asked = pl.col("status").is_between(WITH, CENTER_UNKNOWN)
    sample = sample.with_columns(pl.when(asked).then(YEARS).otherwise(0.0).alias(YEARS))
    return Survey(
        years=sample[YEARS].cast(pl.Float64).to_numpy(),
        answers=sample[ANSWER].cast(pl.Float64).fill_null(0.0).to_numpy(),
        weights=sample[WEIGHT].cast(pl.Float64).to_numpy(),
        status=sample["status"].cast(pl.Int64).to_numpy(),
        dropped=dropped,
    )


def _near_one(weights: pl.Series) -> pl.Series:
    """Weights over the power of two above the largest of them, where there is one above zero."""
    largest = weights.max()
    if not (isinstance(largest, float) and largest > 0.0):
        return weights
    values = weights.to_numpy(allow_copy=True)
    return pl.Series(np.ldexp(values, -int(np.frexp(largest)[1]))).set(weights.is_null(), None)
