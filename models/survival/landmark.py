"""Who is followed from the first interview after treatment, from when, until when, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.comparison.cohort import PERSON, PROGRAM, cohort
from models.core_frame import finite, require
from models.missing.due_and_came import FATES, NOT_DUE
from models.survival.first_use_cohort import FIRST_USE

ENTRY: Final = "baseline"
HELD: Final = "completed"
DIED_IN_TREATMENT: Final = "died"
SCORES: Final = ("sos", "twelve_step_meetings_30")
# Why people are not followed from a landmark, in the order in which they are counted out: each person once.
REASONS: Final[Mapping[str, str]] = {
    "people_without_known_program": "people without a first stay in a known program",
    "people_died_in_treatment": "people whose first stay ended with their death",
    "people_still_in_treatment": "people whose first stay had not ended",
    "people_lost_before_landmark": (
        "people out of treatment who missed an interview that was due and have none after treatment"
    ),
    "people_without_landmark": "people out of treatment without an interview after it, and none was missed",
    "people_without_record_of_use": "people with an interview after treatment but no record of use",
    "people_used_before_landmark": "people who used before the first interview after treatment, or that day",
    "people_not_followed_after_landmark": "people not followed beyond the first interview after treatment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLandmark:
    """People at the landmark, and those who are not there.

    `followed` one row for each person at risk at the landmark: the columns of `comparison.cohort`,
    `exit_day`, `landmark` (day), the `SCORES` of that interview, `day` (days from the landmark to the first
    use or the end of follow-up, above 0) and `used`. `out` everybody who left treatment alive, with `came`
    (whether they have a landmark; null where no interview after treatment was due), `seen_day` and `used`
    (first use as recorded, days since day 0; null without a record). `left_out` people by the `REASONS`.
    """

    followed: pl.DataFrame
    out: pl.DataFrame
    left_out: dict[str, int]


def at_landmark(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    outcome_times: pl.DataFrame,
) -> AtLandmark:
    """Take each person from their landmark, the first completed interview on or after the exit.

    What a person does after treatment can be known only of those who come to be asked, and only from then on
    may it be compared: counting time before the interview would credit helping with days that had to pass
    without use for it to be seen (immortal time; Anderson, Cain & Gelber 1983, J Clin Oncol 1:710). Treatment
    is the first episode in a known program (`comparison.cohort`).

    Parameters
    ----------
    participants, episodes, programs, assessments, outcome_times : pl.DataFrame
        Core tables of one population, as of one quarter (programs: of all).

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    require(episodes, "core.episodes", key=("episode_id",), columns=("exit_day", "exit_reason"))
    require(
        assessments, "core.assessments", key=(PERSON, "wave"), columns=("assessment_day", *SCORES),
    )  # fmt: skip
    require(
        outcome_times, "core.outcome_times", key=(PERSON, "outcome"),
        columns=("day_observed", "event_observed"),
    )  # fmt: skip
    people = cohort(participants, episodes, programs, assessments)
    people = people.join(_first_exit(episodes), on=(PERSON, PROGRAM), how="left")
    left_out = {"people_without_known_program": participants.height - people.height}
    people = people.join(_first_use(outcome_times), on=PERSON, how="left")
    people = people.join(_interviews(assessments, people), on=PERSON, how="left")
    people = people.join(_missed(assessments), on=PERSON, how="left").with_columns(
        pl.col("missed").fill_null(value=False)
    )
    here = pl.col("landmark").is_not_null()
    known = pl.col("seen_day").is_not_null()
    early = pl.col("seen_day") <= pl.col("landmark")
    reasons = {
        "people_died_in_treatment": pl.col("exit_reason") == DIED_IN_TREATMENT,
        "people_still_in_treatment": pl.col("exit_day").is_null(),
        "people_lost_before_landmark": ~here & pl.col("missed"),
        "people_without_landmark": ~here,
        "people_without_record_of_use": ~known,
        "people_used_before_landmark": early & pl.col("used"),
        "people_not_followed_after_landmark": early,
    }
    out = followed = people
    for name, which in reasons.items():
        kept = followed.filter(~which.fill_null(value=False))
        left_out[name] = followed.height - kept.height
        followed = kept
        if name == "people_still_in_treatment":
            out = followed
    return AtLandmark(
        followed=followed.with_columns(day=pl.col("seen_day") - pl.col("landmark")).drop(
            "seen_day", "missed", "exit_reason"
        ),
        out=out.with_columns(came=pl.when(here | pl.col("missed")).then(here)),
        left_out=left_out,
    )


def _first_exit(episodes: pl.DataFrame) -> pl.DataFrame:
    """End of each person's first episode, chosen as `comparison.cohort` chooses it."""
    return (
        finite(episodes, "entry_day", "exit_day")
        .filter(pl.col("entry_day").is_not_null())
        .sort(PERSON, "entry_day", "episode_id")
        .unique(PERSON, keep="first", maintain_order=True)
        .select(PERSON, PROGRAM, pl.col("exit_day").cast(pl.Float64), pl.col("exit_reason").cast(pl.String))
    )


def _first_use(outcome_times: pl.DataFrame) -> pl.DataFrame:
    return (
        finite(outcome_times, "day_observed")
        .filter(pl.col("outcome") == FIRST_USE)
        .drop_nulls(["day_observed", "event_observed"])
        .select(
            PERSON,
            pl.col("day_observed").cast(pl.Float64).alias("seen_day"),
            pl.col("event_observed").cast(pl.Boolean).alias("used"),
        )
    )


def held_after_exit(assessments: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Completed interviews on or after the exit: participant_id, landmark (its day) and the `SCORES`.

    Sorted by person and day; `people` has participant_id and exit_day.
    """
    return (
        finite(assessments, "assessment_day", *SCORES)
        .filter(pl.col("followup_status").cast(pl.String) == HELD)
        .join(people.select(PERSON, "exit_day"), on=PERSON)
        .filter(pl.col("assessment_day") >= pl.col("exit_day"))
        .sort(PERSON, "assessment_day", "wave")
        .select(
            PERSON,
            pl.col("assessment_day").cast(pl.Float64).alias("landmark"),
            *(pl.col(name).cast(pl.Float64) for name in SCORES),
        )
    )


def _interviews(assessments: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    return held_after_exit(assessments, people).unique(PERSON, keep="first", maintain_order=True)


def _missed(assessments: pl.DataFrame) -> pl.DataFrame:
    """Whether a follow-up interview was due and not held: lost, refused, or in jail."""
    lost = [
        status for status, fate in FATES.items() if fate != "came" and fate not in NOT_DUE
    ]  # fmt: skip
    status = pl.col("followup_status").cast(pl.String)
    return (
        assessments.filter(pl.col("wave").cast(pl.String) != ENTRY)
        .group_by(PERSON)
        .agg(missed=status.is_in(lost).any())
    )
