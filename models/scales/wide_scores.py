"""Scores of all waves side by side, one row for each person, as imputation needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from models.comparison.cohort import AREAS, CAME, PERSON, PROGRAM, cohort
from models.core_frame import finite, require

BASELINE: Final = "baseline"
FOLLOW_UPS: Final = ("month_6", "month_12")
WAVES: Final = (BASELINE, *FOLLOW_UPS)
MODEL: Final = "program_model"
NUMBER: Final = "program_number"  # of the program, from 1, in the order of their ids: told apart much faster
# Measured at entry; they tell who is lost, and are in the imputation and in the weights.
PREDICTORS: Final = (*(f"asi_{area}_baseline" for area in AREAS), "k6_baseline", "justice_status")


def wide_scores(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    outcomes: Sequence[str],
) -> pl.DataFrame:
    """Scores by wave of the people whose first program is known.

    Parameters
    ----------
    participants, episodes, programs, assessments : pl.DataFrame
        Core tables of one population, as of one quarter.
    outcomes : sequence of str
        Columns of core.assessments.

    Returns
    -------
    pl.DataFrame
        participant_id, program_id, program_number, program_model, status_<follow-up>, `PREDICTORS` and
        `<outcome>_<wave>`, null where no interview was held or the scale not answered.

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    require(assessments, "core.assessments", key=(PERSON, "wave"), columns=(PERSON, "wave", *outcomes))
    people = cohort(participants, episodes, programs, assessments).select(
        PERSON, PROGRAM, MODEL, *(f"status_{wave}" for wave in FOLLOW_UPS), *PREDICTORS
    )
    people = people.with_columns(pl.col(PROGRAM).rank("dense").cast(pl.Int64).alias(NUMBER))
    told = finite(assessments, *outcomes)
    for wave in WAVES:
        own = told.filter(pl.col("wave") == wave)
        if wave != BASELINE:
            own = own.filter(pl.col("followup_status").cast(pl.String).is_in(CAME))
        scores = (pl.col(name).cast(pl.Float64).alias(f"{name}_{wave}") for name in outcomes)
        people = people.join(own.select(PERSON, *scores), on=PERSON, how="left", maintain_order="left")
    return people
