"""Who is followed on first use after detoxification, with what they brought and when they linked to care."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

FIRST_USE, LINK = "first_use", "link_to_primary_care"
BASELINE = "baseline"


def first_use_cohort(
    participants: pl.DataFrame, assessments: pl.DataFrame, outcome_times: pl.DataFrame
) -> pl.DataFrame:
    """One row per participant, followed or not.

    Columns: participant_id, sex, primary_substance, trial_arm, friend_support (baseline), day and used
    (first use; null where not followed), link_day and linked (null where linking is not known).
    """

    def timed(outcome: str, day: str, happened: str) -> pl.DataFrame:
        return (
            outcome_times.filter(pl.col("outcome") == outcome)
            .drop_nulls(["day_observed", "event_observed"])
            .select(
                "participant_id",
                pl.col("day_observed").cast(pl.Float64).alias(day),
                pl.col("event_observed").cast(pl.Boolean).alias(happened),
            )
        )

    at_entry = assessments.filter(pl.col("wave") == BASELINE).select(
        "participant_id", pl.col("friend_support").cast(pl.Float64)
    )
    return (
        participants.select("participant_id", pl.col("sex", "primary_substance", "trial_arm").cast(pl.String))
        .join(at_entry, on="participant_id", how="left")
        .join(timed(FIRST_USE, "day", "used"), on="participant_id", how="left")
        .join(timed(LINK, "link_day", "linked"), on="participant_id", how="left")
        .sort("participant_id")
    )


def split_at_link(cohort: pl.DataFrame) -> pl.DataFrame:
    """Rows of time at risk, (start, stop], with link as it was known then.

    A person linked on day L is unlinked up to and including L and linked after it. Counting them as
    linked from day 0 would credit the link with the days they had to stay abstinent to reach it
    (immortal time). Where linking stops being known before first use, the person leaves there.
    """
    known = cohort.drop_nulls(["link_day", "day"])
    changes = pl.col("linked") & (pl.col("link_day") < pl.col("day"))
    lost = ~pl.col("linked") & (pl.col("link_day") < pl.col("day"))
    start = pl.lit(-np.inf)
    before = known.with_columns(
        start=start,
        stop=pl.when(changes | lost).then("link_day").otherwise("day"),
        event=pl.col("used") & ~changes & ~lost,
        linked_now=pl.lit(0.0),
    )
    after = known.filter(changes).with_columns(
        start=pl.col("link_day"), stop=pl.col("day"), event=pl.col("used"), linked_now=pl.lit(1.0)
    )
    return pl.concat([before, after]).sort("participant_id", "stop")


def indicators(frame: pl.DataFrame, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """0/1 columns for every category but the most frequent one, shape (n_rows, n_columns).

    Categories held by nobody here, or by everybody, make no column.
    """
    made = []
    for column in columns:
        sizes = frame[column].value_counts(sort=True)
        ordered = sizes.sort(["count", column], descending=[True, False])[column].to_list()
        made += [(frame[column] == category).cast(pl.Float64).to_numpy() for category in ordered[1:]]
    return np.column_stack(made) if made else np.empty((frame.height, 0))


def pool_rare(frame: pl.DataFrame, columns: tuple[str, ...], minimum_people: int) -> pl.DataFrame:
    """Count each category with fewer than `minimum_people` people as the next rarest one.

    One row per person. A category of a few people may hold only people with, or only people without, the
    event; its own ratio would then be infinite, and would refuse the ratio that the model is for. Who has no
    category stays without one.
    """
    for column in columns:
        sizes = dict(frame[column].drop_nulls().value_counts().rows())
        while len(sizes) > 1:
            rarest, next_rarest, *_ = sorted(sizes, key=lambda category: (sizes[category], category))
            if sizes[rarest] >= minimum_people:
                break
            frame = frame.with_columns(pl.col(column).replace(rarest, next_rarest))
            sizes[next_rarest] += sizes.pop(rarest)
    return frame
