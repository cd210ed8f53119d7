"""Who is followed from release from prison, from when, until when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.core_frame import finite
from models.survival.kaplan_meier import OBSERVED_FROM_START


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCohort:
    """Days since each person's first release, arrays (n_people,), and why the others are not in it.

    `entries`: day from which the person is under observation (entry into the program), or
    `OBSERVED_FROM_START`. `exits`: day of the first return to prison, or of death or the last day the
    extract covers, if earlier. `possible`: days from release to the last day the extract covers.
    `left_out`: people left out, by reason.
    """

    entries: NDArray[np.float64]
    exits: NDArray[np.float64]
    returned: NDArray[np.bool_]
    possible: NDArray[np.float64]
    left_out: dict[str, int]


def release_cohort(justice_events: pl.DataFrame, episodes: pl.DataFrame) -> ReleaseCohort:
    """Build the cohort from core.justice_events and, where the population has any, core.episodes.

    With episodes, a person released before entering the program is under observation only from entry
    (left truncation): had they returned before, they would not have come to the program. Without
    episodes everyone is observed from release.
    """
    first = {
        "release_day": "release",
        "return_day": "return_to_prison",
        "death_day": "death",
    }
    justice_events = finite(justice_events, "event_day", "extract_day")
    episodes = finite(episodes, "entry_day")
    known = justice_events.drop_nulls("event_day")
    released = known.filter(pl.col("justice_measure") == "release")
    people = (
        released.group_by("participant_id")
        .agg(pl.col("event_day").min().alias("release_day"))
        .join(
            known.group_by("participant_id").agg(pl.col("extract_day").max()), on="participant_id", how="left"
        )
    )
    without_release = justice_events["participant_id"].n_unique() - people.height
    for column in ("return_day", "death_day"):
        events = (
            known.filter(pl.col("justice_measure") == first[column])
            .join(people.select("participant_id", "release_day"), on="participant_id")
            .filter(pl.col("event_day") >= pl.col("release_day"))
            .group_by("participant_id")
            .agg(pl.col("event_day").min().alias(column))
        )
        people = people.join(events, on="participant_id", how="left")
    people = _with_entry(people, episodes)
    end = pl.min_horizontal("death_day", "extract_day")
    people = people.with_columns(
        end=pl.min_horizontal("return_day", "death_day", "extract_day"),
        returned=(pl.col("return_day") <= end).fill_null(value=False),
    )
    # Who is in the program on the day of release is observed from it, whatever happens that same day.
    late = pl.col("entry_day") > pl.col("release_day")
    ends_before_entry = late & (pl.col("end") <= pl.col("entry_day"))
    reasons = {
        "people_without_last_covered_day": pl.col("extract_day").is_null(),
        "people_released_after_last_covered_day": pl.col("end") < pl.col("release_day"),
        "people_never_in_program": pl.col("entry_day").is_null(),
        "people_returned_before_entry": pl.col("returned") & ends_before_entry,
        "people_censored_before_entry": ~pl.col("returned") & ends_before_entry,
    }
    left_out = {"people_without_release": without_release}
    for reason, which in reasons.items():
        kept = people.filter(~which)
        left_out[reason] = people.height - kept.height
        people = kept
    people = people.sort("participant_id")
    clock = {name: people[name].cast(pl.Float64).to_numpy() for name in ("entry_day", "end", "extract_day")}
    start = people["release_day"].cast(pl.Float64).to_numpy()
    since = clock["entry_day"] - start
    return ReleaseCohort(
        entries=np.where(since <= 0, OBSERVED_FROM_START, since),
        exits=clock["end"] - start,
        returned=people["returned"].to_numpy().astype(bool),
        possible=clock["extract_day"] - start,
        left_out=left_out,
    )


def _with_entry(people: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Day of first entry into a program; minus infinity for everyone where the population has no episodes."""
    if episodes.is_empty():
        return people.with_columns(entry_day=pl.lit(OBSERVED_FROM_START))
    entry = episodes.drop_nulls("entry_day").group_by("participant_id").agg(pl.col("entry_day").min())
    return people.join(entry, on="participant_id", how="left").with_columns(
        pl.col("entry_day").cast(pl.Float64)
    )
