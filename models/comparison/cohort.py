"""The people of a comparison: one row each, their first program, what they brought, what followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from models.core_frame import finite, require

PERSON: Final = "participant_id"
PROGRAM: Final = "program_id"
AREAS: Final = ("medical", "employment", "alcohol", "drug", "legal", "family", "psychiatric")
SMPS: Final = (
    "smps_total",
    "smps_physical_environment",
    "smps_staff_role",
    "smps_authority_base",
    "smps_view_of_problem",
    "smps_governance",
    "smps_community_orientation",
)
# Measured at every interview; those of the interview at entry are the covariates of a comparison.
MEASURES: Final = (
    *(f"asi_{area}" for area in AREAS),
    "barc10",
    "eurohis_qol8",
    "k6",
    "twelve_step_activities",
    "twelve_step_meetings_30",
    "network_support_abstinence",
    "abstinent_days_30",
)
BASELINE: Final = tuple(f"{name}_baseline" for name in MEASURES)
BACKGROUND: Final = (
    "sex",
    "age_band",
    "race_ethnicity",
    "education",
    "primary_substance",
    "prior_treatment",
    "justice_status",
)
ONSET: Final = "onset_age"  # no program can change it: the negative control
WAVES: Final = ("month_6", "month_12")
DEAD, NOT_DUE = "deceased", "not_due"
CAME: Final = ("completed", "partial")
ALL_DAYS: Final = 30  # days without use, of the past 30, that count as abstinent
SOCIAL: Final[Mapping[str, int | None]] = {"social": 1, "clinical": 0, "mixed": None}


def cohort(
    participants: pl.DataFrame, episodes: pl.DataFrame, programs: pl.DataFrame, assessments: pl.DataFrame
) -> pl.DataFrame:
    """One row for each participant whose first episode was in a known program, in the order of their ids.

    The first episode is that of the earliest `entry_day` (of several on one day, the one whose id comes
    first). Who has none, or whose first program is not in `programs`, is left out: the height of
    `participants` less that of the answer.

    Parameters
    ----------
    participants, episodes, assessments : pl.DataFrame
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs, as of the same quarter.

    Returns
    -------
    pl.DataFrame
        participant_id, program_id, program_model, social (1 social, 0 clinical, null mixed), smps_total and
        the six domains; `BACKGROUND` and onset_age; `BASELINE`; and of each wave, with its suffix,
        `status` (core's followup_status; not_due where the wave has no row, deceased also at every wave after
        a death), `MEASURES`, any_problem_<area> (whether the composite is above 0) and abstinent (30 of 30
        days). Answers of a wave are null where no interview was held.

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    require(participants, "core.participants", key=(PERSON,), columns=(PERSON, *BACKGROUND, ONSET))
    require(episodes, "core.episodes", key=("episode_id",),
            columns=("episode_id", PERSON, PROGRAM, "entry_day"))  # fmt: skip
    require(programs, "core.programs", key=(PROGRAM,), columns=(PROGRAM, "model", *SMPS))
    require(assessments, "core.assessments", key=(PERSON, "wave"),
            columns=(PERSON, "wave", "followup_status", *MEASURES))  # fmt: skip
    told = finite(assessments, *MEASURES)
    first = (
        episodes.filter(pl.col("entry_day").is_not_null())
        .sort(PERSON, "entry_day", "episode_id")
        .unique(PERSON, keep="first", maintain_order=True)
        .select(PERSON, PROGRAM)
    )
    placed = finite(programs, *SMPS).select(
        PROGRAM, pl.col("model").cast(pl.String).alias("program_model"), *SMPS
    )
    people = (
        participants.select(PERSON, *BACKGROUND, ONSET)
        .join(first, on=PERSON, how="inner")
        .join(placed.filter(pl.col("program_model").is_not_null()), on=PROGRAM, how="inner")
        .with_columns(
            social=pl.col("program_model").replace_strict(SOCIAL, default=None, return_dtype=pl.Int8)
        )
        .join(_at_entry(told), on=PERSON, how="left")
    )
    for wave in WAVES:
        people = people.join(_at(told, wave), on=PERSON, how="left")
    return people.with_columns(_statuses()).select(*COLUMNS).sort(PERSON)


def _at_entry(assessments: pl.DataFrame) -> pl.DataFrame:
    own = assessments.filter(pl.col("wave") == "baseline")
    return own.select(PERSON, *(pl.col(name).alias(f"{name}_baseline") for name in MEASURES))


def _at(assessments: pl.DataFrame, wave: str) -> pl.DataFrame:
    """Give what an interview measured and the outcomes made of it; null where it was not held."""
    status = pl.col("followup_status").cast(pl.String)
    outcomes = {f"any_problem_{area}": pl.col(f"asi_{area}") > 0 for area in AREAS}
    outcomes["abstinent"] = pl.col("abstinent_days_30") >= ALL_DAYS
    held = {name: pl.col(name) for name in MEASURES} | outcomes
    return assessments.filter(pl.col("wave") == wave).select(
        PERSON,
        status.alias(f"status_{wave}"),
        *(
            pl.when(status.is_in(CAME)).then(value).alias(f"{name}_{wave}")
            for name, value in held.items()
        ),
    )  # fmt: skip


def _statuses() -> list[pl.Expr]:
    """No row is not due; who had died by an earlier wave stays dead."""
    found, died = [], pl.lit(value=False)
    for wave in WAVES:
        own = pl.col(f"status_{wave}").fill_null(NOT_DUE)
        found.append(pl.when(died).then(pl.lit(DEAD)).otherwise(own).alias(f"status_{wave}"))
        died = died | (own == DEAD)
    return found


OUTCOMES: Final = (*(f"any_problem_{area}" for area in AREAS), "abstinent")
COLUMNS: Final = (
    PERSON,
    PROGRAM,
    "program_model",
    "social",
    *SMPS,
    *BACKGROUND,
    ONSET,
    *BASELINE,
    *(f"{name}_{wave}" for wave in WAVES for name in ("status", *MEASURES, *OUTCOMES)),
)
