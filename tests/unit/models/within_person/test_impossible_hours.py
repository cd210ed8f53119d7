"""P1 on hours that no day has, and on odds that no answers could tell."""

import math
from collections.abc import Mapping

import polars as pl
import pytest

from models.estimate import Findings
from models.within_person.hours_odds_and_ranks import FARTHEST, ODDS_RATIO, PREDICTORS
from models.within_person.interview_after_diary import DAYS
from models.within_person.peers_and_activity import analyse
from pipelines.demo.drawn_diaries import draw_diaries

Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw_diaries(3, 40)


def _found(frames: Frames, days: pl.DataFrame) -> Findings:
    return analyse(days, frames["assessments"], population="drawn")


def _first_told(days: pl.DataFrame, name: str) -> pl.Expr:
    at = int(days[name].is_not_null().arg_max() or 0)
    return pl.int_range(pl.len()) == at


@pytest.fixture(scope="module")
def without(frames: Frames) -> Findings:
    days = frames["diary_days"]
    first = _first_told(days, "peer_hours")
    return _found(frames, days.with_columns(pl.when(~first).then("peer_hours").alias("peer_hours")))


@pytest.mark.parametrize("hours", [24.5, 1e3, 1e5, 1e160, -1.0])
def test_hours_that_no_day_has_are_left_out_and_counted(
    frames: Frames, without: Findings, hours: float
) -> None:
    days = frames["diary_days"]
    first = _first_told(days, "peer_hours")
    wrong = pl.when(first).then(hours).otherwise("peer_hours").alias("peer_hours")
    found = _found(frames, days.with_columns(wrong))
    assert found.estimates == without.estimates
    counts = {fact.diagnostic: (fact.value, fact.n_people) for fact in found.diagnostics}
    beyond = hours > 1e150  # no number at all, and missing before it is out of range
    assert counts["days_out_of_range_peer_hours"] == ((0.0, 0) if beyond else (1.0, 1))
    assert counts["days_out_of_range_meaningful_hours"] == (0.0, 0)


def test_no_odds_ratio_reaches_beyond_what_answers_can_tell(frames: Frames) -> None:
    """Interviewed people who all but one told either no hours or most of a day, as their answer was."""
    days, assessments = frames["diary_days"], frames["assessments"]
    yes = assessments.filter(pl.col("wave") != "baseline", pl.col(DAYS) == 30)["participant_id"].unique()
    few = pl.int_range(pl.len()) % 97 == 0
    parted = pl.when(pl.col("participant_id").is_in(yes.to_list()) ^ few).then(20.0).otherwise(0.5)
    found = analyse(
        days.with_columns(pl.when(pl.col(PREDICTORS[0]).is_not_null()).then(parted).alias(PREDICTORS[0])),
        assessments, population="drawn",
    )  # fmt: skip
    for row in found.estimates:
        if row.scale == ODDS_RATIO and row.estimate is not None:
            assert row.ci_high is not None
            assert row.ci_low is not None
            assert 1 / FARTHEST <= row.ci_low <= row.ci_high <= FARTHEST
        elif row.scale == ODDS_RATIO:
            assert row.note.strip()


def test_hours_that_never_vary_are_the_reason_that_there_is_no_rank(frames: Frames) -> None:
    days = frames["diary_days"]
    told = pl.col("peer_hours").is_not_null()
    found = _found(frames, days.with_columns(pl.when(told).then(2.0).alias("peer_hours")))
    (row,) = [row for row in found.estimates if row.term == "rank_meaningful_hours_within"]
    assert row.estimate is None
    assert "hours with peers in recovery" in row.note
    assert math.isfinite(
        next(r for r in found.estimates if r.term == "meaningful_hours_within_per_sd").estimate or 0
    )
