"""Diaries of many people as analysis frames, drawn fast: for simulation studies of the evening diary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.codebook import load_codebook
from pipelines.codebook.to_polars import enforce, schema
from pipelines.demo.chance import Floats, stream
from pipelines.demo.diary import Feelings, draw_feelings
from pipelines.demo.hours import HOURS

_INTERVIEW, _FIRST, _LAST = 190, 30, 170  # days since entry: the interview, and when diaries begin
_REACHED = 0.85  # ours: share of people who are interviewed after their diary; it depends on nothing
_STAMP = {"source": "drawn_diaries", "delivered_quarter": "2026Q3"}


def draw_diaries(seed: int, people: int, *, effects: bool = True) -> Mapping[str, pl.DataFrame]:
    """Draw diaries, and the interview that comes next.

    Parameters
    ----------
    seed
        The same arguments draw the same frames.
    people
        How many keep a diary.
    effects
        False is the placebo world: hours go with nothing that comes later. What recovery identity does stays.

    Returns
    -------
    mapping of str to polars.DataFrame
        `diary_days`, a row for each evening, and `assessments`, a row at entry and one after 6 months for
        each person, of which only abstinent_days_30 is filled; with the columns and types of the core tables.
    """
    rng = stream(seed, "diary")
    truth = HOURS if effects else HOURS.without_effects()
    abstinent = (rng.random(people) < truth.abstinent_share).astype(float)
    feelings = draw_feelings(rng, people, abstinent=abstinent, hours=truth)
    ids = pl.Series("participant_id", [f"S{n:06d}" for n in range(1, people + 1)])
    starts = rng.integers(_FIRST, _LAST, people)
    return {
        "diary_days": _shaped("diary_days", _evenings(ids, starts, feelings)),
        "assessments": _shaped("assessments", _interviews(rng, ids, abstinent)),
    }


def _evenings(ids: pl.Series, starts: np.ndarray, feelings: Feelings) -> pl.DataFrame:
    n, evenings = feelings.answered.shape
    answered = feelings.answered.ravel() == 1
    told = {
        "recovery_identity": feelings.identity,
        "meaningfulness": feelings.meaningfulness,
        "craving": feelings.craving,
        "attended_meeting": feelings.meeting,
        "visited_center": feelings.center,
        "peer_hours": feelings.peer_hours,
        "meaningful_hours": feelings.meaningful_hours,
    }
    day = np.tile(np.arange(1, evenings + 1), n)
    return pl.DataFrame(
        {
            "participant_id": ids.gather(np.repeat(np.arange(n), evenings)),
            "day": day,
            "evening_day": _or_null(np.repeat(starts, evenings) + day - 1.0, answered),
            "response_status": np.where(answered, "answered", "no_response"),
            **{name: _or_null(values.ravel(), answered) for name, values in told.items()},
        }
    )


def _interviews(rng: np.random.Generator, ids: pl.Series, abstinent: Floats) -> pl.DataFrame:
    came = rng.random(len(ids)) < _REACHED
    days = np.where(abstinent == 1, 30.0, rng.integers(0, 30, len(ids)))
    at_entry = pl.DataFrame({"participant_id": ids}).with_columns(
        wave=pl.lit("baseline"),
        followup_status=pl.lit("completed"),
        assessment_day=pl.lit(0.0),
        abstinent_days_30=pl.lit(0.0),
    )
    later = pl.DataFrame(
        {
            "participant_id": ids,
            "wave": np.full(len(ids), "month_6"),
            "followup_status": np.where(came, "completed", "not_located"),
            "assessment_day": _or_null(np.full(len(ids), float(_INTERVIEW)), came),
            "abstinent_days_30": _or_null(days, came),
        }
    )
    return pl.concat([at_entry, later])


def _or_null(values: Floats, given: np.ndarray) -> pl.Series:
    return pl.Series(np.where(given, values, np.nan)).fill_nan(None)


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame all columns of a core table; those that were not drawn are null."""
    codebook = load_codebook()
    table = codebook.table(f"core.{name}")
    types = schema(codebook, table)
    absent = [
        pl.lit(None, kind).alias(column) for column, kind in types.items() if column not in frame.columns
    ]
    stamp = {column: pl.lit(value) for column, value in _STAMP.items()}
    whole = frame.with_columns(absent).with_columns(**stamp)
    return enforce(codebook, table, whole.select(pl.col(c).cast(kind) for c, kind in types.items()))
