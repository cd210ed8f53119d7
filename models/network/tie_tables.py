"""From core tables to networks: who was in which house at a wave, and who said that whom helped them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import CAME, DEAD, NOT_DUE, PERSON, PROGRAM, WAVES
from models.core_frame import finite, require

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
GIVER, RECEIVER = "giver_id", "receiver_id"
DAY_OF_WAVE: Final = {"month_6": 183.0, "month_12": 365.0}  # where an interview that was not held was due


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Networks of all houses and waves, side by side; a house at a wave is a network of its own.

    Of N networks: `wave` (N,) the place in `WAVES`, `program` (N,) the place in `programs`, `model` (N,) the
    program's model, `size` (N,) people interviewed. Of n people, sorted by network: `network` (n,), and when
    they were there, `entered` and `left` (n,) in days of one calendar, NaN where it is not known. Of T ties,
    each once whatever the kinds of help: `giver` and `receiver` (T,), places among the people.

    `due` (N,) counts who should have been interviewed; `left_out` the reports of help that are not among the
    ties, by wave and reason.
    """

    programs: tuple[str, ...]
    wave: Ints
    program: Ints
    model: NDArray[np.str_]
    size: Ints
    due: Ints
    network: Ints
    entered: Floats
    left: Floats
    giver: Ints
    receiver: Ints
    people: pl.Series
    left_out: dict[str, dict[str, int]]

    @property
    def dated(self) -> bool:
        """Whether everybody's day of entry is known on one calendar."""
        return bool(np.isfinite(self.entered).all())

    def of_tie(self) -> Ints:
        """Network of each tie (T,)."""
        return self.network[self.receiver]


# Why a report of help is not a tie of a network here; the first that holds counts.
LEFT_OUT: Final = {
    "reports_to_oneself": "reports in which somebody names themselves",
    "reports_of_unknown_people": "reports in which one of the two has no stay in a known program by then, or "
    "is not due: not yet, or no longer alive",
    "reports_without_interview": "reports by people whose interview at that wave is not there",
    "reports_between_houses": "reports of help between people of different programs",
    "reports_of_people_not_interviewed": "reports of help by somebody of the house who was not interviewed: "
    "whether it went back cannot be known",
}


def networks(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    support_ties: pl.DataFrame,
    *,
    origins: pl.DataFrame | None = None,
) -> Ties:
    """Place people in houses and reports of help among them.

    A person's house at a wave is the program of the last stay begun by the day of the interview, or where
    none was held by the day on which it was due (of several begun on one day, the one that ends last). A
    person without such a stay, or whose program has no known model, is in no house. Everybody in a network
    was interviewed at the wave: help is named by who received it, so that a pair is seen from both sides only
    if both were asked. Somebody who was asked and named nobody received no help.

    Parameters
    ----------
    participants, episodes, assessments, support_ties : pl.DataFrame
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs, as of the same quarter.
    origins : pl.DataFrame, optional
        participant_id and origin_date: the calendar date of each person's day 0. Without it nobody knows who
        was there at the same time.

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    _check(participants, episodes, programs, assessments, support_ties)
    placed = _placed(participants, episodes, programs, assessments, origins)
    came = placed.filter("came").sort("wave", PROGRAM, PERSON).with_row_index("place")
    due = placed.group_by("wave", PROGRAM).agg(due=pl.len())
    blocks = (
        came.group_by("wave", PROGRAM, maintain_order=True)
        .agg(pl.col("model").first(), size=pl.len())
        .join(due, on=["wave", PROGRAM], how="left", maintain_order="left")
    )
    names = sorted(blocks[PROGRAM].unique().to_list())
    size = blocks["size"].to_numpy().astype(np.int64)
    kept, left_out = _kept(support_ties, placed, came)
    return Ties(
        programs=tuple(names),
        wave=_codes(blocks["wave"], WAVES),
        program=_codes(blocks[PROGRAM], names),
        model=blocks["model"].to_numpy().astype(np.str_),
        size=size,
        due=blocks["due"].to_numpy().astype(np.int64),
        network=np.repeat(np.arange(len(size)), size),
        entered=came["entered"].to_numpy().astype(float),
        left=came["left"].to_numpy().astype(float),
        giver=kept["giver"].to_numpy().astype(np.int64),
        receiver=kept["receiver"].to_numpy().astype(np.int64),
        people=came[PERSON],
        left_out=left_out,
    )


def _check(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    support_ties: pl.DataFrame,
) -> None:
    require(participants, "core.participants", key=(PERSON,), columns=(PERSON,))
    require(episodes, "core.episodes", key=("episode_id",),
            columns=("episode_id", PERSON, PROGRAM, "entry_day", "exit_day"))  # fmt: skip
    require(programs, "core.programs", key=(PROGRAM,), columns=(PROGRAM, "model"))
    require(assessments, "core.assessments", key=(PERSON, "wave"),
            columns=(PERSON, "wave", "followup_status", "assessment_day"))  # fmt: skip
    require(support_ties, "core.support_ties", key=("wave", GIVER, RECEIVER, "support_kind"),
            columns=("wave", GIVER, RECEIVER, "support_kind"))  # fmt: skip


def _placed(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    origins: pl.DataFrame | None,
) -> pl.DataFrame:
    """Everybody due at a wave who had a house then: whether they came, and when they were in the house."""
    models = programs.select(pl.col(PROGRAM).cast(pl.String), pl.col("model").cast(pl.String))
    at = (
        finite(assessments, "assessment_day")
        .with_columns(pl.col("wave", "followup_status").cast(pl.String))
        .filter(pl.col("wave").is_in(WAVES), ~pl.col("followup_status").is_in([DEAD, NOT_DUE]))
        .join(participants.select(PERSON), on=PERSON, how="semi")
        .select(
            PERSON,
            "wave",
            pl.col("followup_status").is_in(CAME).alias("came"),
            pl.col("assessment_day")
            .cast(pl.Float64)
            .fill_null(pl.col("wave").replace_strict(DAY_OF_WAVE, return_dtype=pl.Float64))
            .alias("by"),
        )
    )
    stays = (
        finite(episodes, "entry_day", "exit_day")
        .drop_nulls("entry_day")
        .select(
            PERSON,
            "episode_id",
            pl.col(PROGRAM).cast(pl.String),
            pl.col("entry_day", "exit_day").cast(pl.Float64),
        )
    )
    return (
        at.join(stays, on=PERSON)
        .filter(pl.col("entry_day") <= pl.col("by"))
        .sort("entry_day", "exit_day", "episode_id", nulls_last=True)
        .unique([PERSON, "wave"], keep="last", maintain_order=True)
        .join(models.drop_nulls(), on=PROGRAM)
        .join(_days_of_origin(origins), on=PERSON, how="left")
        .with_columns(
            entered=(pl.col("origin") + pl.col("entry_day")).fill_null(float("nan")),
            left=(pl.col("origin") + pl.col("exit_day").fill_null(float("inf"))).fill_null(float("nan")),
        )
    )


def _days_of_origin(origins: pl.DataFrame | None) -> pl.DataFrame:
    """Each person's day 0 as a number of days, the same calendar for all."""
    if origins is None:
        return pl.DataFrame(schema={PERSON: pl.String, "origin": pl.Float64})
    require(origins, "origins", key=(PERSON,), columns=(PERSON, "origin_date"))
    return origins.select(
        pl.col(PERSON).cast(pl.String),
        pl.col("origin_date").cast(pl.Date).to_physical().cast(pl.Float64).alias("origin"),
    )


def _kept(
    support_ties: pl.DataFrame, placed: pl.DataFrame, came: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, dict[str, int]]]:
    """Ties among the people of a network, as their places; and how many reports are not, by why."""
    reports = (
        support_ties.select(pl.col("wave", GIVER, RECEIVER).cast(pl.String))
        .unique()
        .filter(pl.col("wave").is_in(WAVES))
    )
    known = placed.select(PERSON, "wave", PROGRAM, "came")
    places = came.select(PERSON, "wave", "place")
    for side, who in (("giver", GIVER), ("receiver", RECEIVER)):
        found = known.rename({PERSON: who, PROGRAM: f"house_{side}", "came": f"came_{side}"})
        spot = places.rename({PERSON: who, "place": side})
        reports = reports.join(found, on=[who, "wave"], how="left").join(spot, on=[who, "wave"], how="left")
    why = (
        pl.when(pl.col(GIVER) == pl.col(RECEIVER)).then(pl.lit("reports_to_oneself"))
        .when(pl.col("house_giver").is_null() | pl.col("house_receiver").is_null())
        .then(pl.lit("reports_of_unknown_people"))
        .when(~pl.col("came_receiver")).then(pl.lit("reports_without_interview"))
        .when(pl.col("house_giver") != pl.col("house_receiver")).then(pl.lit("reports_between_houses"))
        .when(~pl.col("came_giver")).then(pl.lit("reports_of_people_not_interviewed"))
    )  # fmt: skip
    judged = reports.with_columns(why=why)
    counts = {(w, r): n for w, r, n in judged.group_by("wave", "why").len().iter_rows()}
    left_out = {wave: {reason: counts.get((wave, reason), 0) for reason in LEFT_OUT} for wave in WAVES}
    return judged.filter(pl.col("why").is_null()).sort("receiver", "giver"), left_out


def _codes(labels: pl.Series, order: tuple[str, ...] | list[str]) -> Ints:
    spots = {name: i for i, name in enumerate(order)}
    return np.array([spots[one] for one in labels.to_list()], dtype=np.int64)
