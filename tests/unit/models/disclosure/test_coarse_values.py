"""Rounding before release: what it hides, what it leaves, and whom it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from models.disclosure.coarse_values import coarsen_values

DATED = pl.Series(["p1", "p2"])


def coarse(
    rows: pl.DataFrame,
    dated: pl.Series = DATED,
    *,
    steps: Mapping[str, float] | None = None,
    decimals: Mapping[str, int] | None = None,
    until: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    return coarsen_values(rows, dated, steps=steps or {}, decimals=decimals or {}, until=until or {})


def test_a_day_is_rounded_down_for_people_with_a_date_and_for_nobody_else() -> None:
    rows = pl.DataFrame({"participant_id": ["p1", "p2", "p3", "p1"], "day": [91, 181, 181, None]})
    result = coarse(rows, steps={"day": 91})
    assert result.get_column("day").to_list() == [91, 91, 181, None]
    assert result.schema == rows.schema


def test_a_score_is_rounded_for_everybody() -> None:
    rows = pl.DataFrame({"participant_id": ["p1", "p3", "p3"], "score": [38.18181818, 0.25, None]})
    assert coarse(rows, decimals={"score": 1}).get_column("score").to_list() == [38.2, 0.3, None]


def test_events_after_the_rounded_end_are_left_out_and_those_on_it_stay() -> None:
    rows = pl.DataFrame(
        {
            "participant_id": ["p1", "p1", "p1", "p3", "p2"],
            "event_day": [90, 91, 92, 92, -400],
            "extract_day": [100, 100, 100, 100, 10],
        }
    )
    result = coarse(rows, steps={"extract_day": 91}, until={"event_day": "extract_day"})
    assert result.rows() == [("p1", 90, 91), ("p1", 91, 91), ("p3", 92, 100), ("p2", -400, 0)]


def test_nothing_changes_where_the_codebook_rounds_nothing() -> None:
    rows = pl.DataFrame({"participant_id": ["p1"], "day": [100]})
    assert coarse(rows).equals(rows)


def test_an_empty_table_and_no_dated_people_keep_their_types() -> None:
    rows = pl.DataFrame({"participant_id": ["p1"], "years": [12.5]})
    nobody = pl.Series("participant_id", [], dtype=pl.String)
    assert coarse(rows, nobody, steps={"years": 5}).equals(rows)
    assert coarse(rows.clear(), steps={"years": 5}).schema == rows.schema


@given(st.lists(st.integers(0, 5000), min_size=1), st.sampled_from([5, 91]))
def test_a_rounded_day_is_the_last_multiple_of_the_step_not_after_the_day(days: list[int], step: int) -> None:
    rows = pl.DataFrame({"participant_id": ["p1"] * len(days), "day": days})
    for day, shown in zip(days, coarse(rows, steps={"day": step}).get_column("day"), strict=True):
        assert shown % step == 0
        assert 0 <= day - shown < step
