"""The diary of these tests, as both R and the analysis read it: drawn by the law of the demonstration data.

Sixty people; besides the evenings nobody answered, some answers on craving and on hours are taken out, so
that lags meet gaps of every kind.
"""

from __future__ import annotations

import polars as pl

from pipelines.demo.drawn_diaries import draw_diaries

SEED, PEOPLE = 41, 60


def frames() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give evenings and interviews."""
    drawn = draw_diaries(SEED, PEOPLE)
    place = pl.int_range(pl.len())
    days = drawn["diary_days"].with_columns(
        craving=pl.when(place % 17 != 3).then(pl.col("craving")),
        peer_hours=pl.when(place % 13 != 5).then(pl.col("peer_hours")),
        meaningful_hours=pl.when(place % 23 != 7).then(pl.col("meaningful_hours")),
    )
    return days, drawn["assessments"]
