"""Small collaboratives and networks for the tests of mutual help."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.network.tie_tables import Ties

Tie = tuple[int, int]
WAVE = "month_6"


def network(
    size: int, ties: Sequence[Tie], *, entered: Sequence[float] | None = None, stay: float = 100.0
) -> Ties:
    """One house at one wave; ties are (giver, receiver) by place."""
    return networks_of([(size, ties)], entered=entered, stay=stay)


def networks_of(
    houses: Sequence[tuple[int, Sequence[Tie]]],
    *,
    entered: Sequence[float] | None = None,
    stay: float = 100.0,
    models: Sequence[str] | None = None,
) -> Ties:
    """Several houses at one wave, each its size and its ties by place within the house."""
    size = np.array([n for n, _ in houses], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(size)])
    ends = [(g + at, r + at) for (_, ties), at in zip(houses, first, strict=False) for g, r in ties]
    came = np.full(int(size.sum()), np.nan) if entered is None else np.array(entered, dtype=float)
    columns = np.array(ends, dtype=np.int64).reshape(-1, 2)
    return Ties(
        programs=tuple(f"P{i:02d}" for i in range(len(houses))),
        wave=np.zeros(len(houses), dtype=np.int64), program=np.arange(len(houses)),
        model=np.array(models or ["social"] * len(houses)), size=size, due=size,
        network=np.repeat(np.arange(len(houses)), size), entered=came, left=came + stay,
        giver=columns[:, 0], receiver=columns[:, 1],
        people=pl.Series([f"S{i:04d}" for i in range(int(size.sum()))], dtype=pl.String), left_out={},
    )  # fmt: skip


def all_networks(size: int, ties: Sequence[Tie], allowed: Sequence[Tie]) -> list[frozenset[Tie]]:
    """Every network on the allowed pairs in which all give and receive as many ties as in `ties`."""
    gives, receives = _degrees(size, ties)
    return [
        frozenset(chosen)
        for chosen in itertools.combinations(allowed, len(ties))
        if _degrees(size, chosen) == (gives, receives)
    ]


def _degrees(size: int, ties: Sequence[Tie]) -> tuple[list[int], list[int]]:
    return [sum(g == i for g, _ in ties) for i in range(size)], [
        sum(r == i for _, r in ties) for i in range(size)
    ]


def mutual_pairs(ties: frozenset[Tie]) -> int:
    """Pairs with a tie each way."""
    return sum((r, g) in ties for g, r in ties) // 2


def frames(
    people: Sequence[tuple[str, str, int]],
    ties: Sequence[tuple[str, str]],
    *,
    models: dict[str, str] | None = None,
    wave: str = WAVE,
    missing: Sequence[str] = (),
) -> dict[str, pl.DataFrame]:
    """Core tables of people (id, program, calendar day of entry) and reports of help (giver, receiver)."""
    ids = [name for name, _, _ in people]
    programs = sorted({program for _, program, _ in people})
    return {
        "participants": pl.DataFrame({"participant_id": ids}, schema={"participant_id": pl.String}),
        "episodes": pl.DataFrame(
            [(f"{name}-1", name, program, 0, 100) for name, program, _ in people], orient="row",
            schema={"episode_id": pl.String, "participant_id": pl.String, "program_id": pl.String,
                    "entry_day": pl.Int64, "exit_day": pl.Int64},
        ),
        "programs": pl.DataFrame(
            [(name, (models or {}).get(name, "social")) for name in programs], orient="row",
            schema={"program_id": pl.String, "model": pl.String},
        ),
        "assessments": pl.DataFrame(
            [(name, wave, "not_located" if name in missing else "completed", None if name in missing else 183,
              40.0) for name in ids], orient="row",
            schema={"participant_id": pl.String, "wave": pl.String, "followup_status": pl.String,
                    "assessment_day": pl.Int64, "barc10": pl.Float64},
        ),
        "support_ties": pl.DataFrame(
            [(wave, giver, receiver, "emotional") for giver, receiver in ties], orient="row",
            schema={"wave": pl.String, "giver_id": pl.String, "receiver_id": pl.String,
                    "support_kind": pl.String},
        ),
        "origins": pl.DataFrame(
            [(name, date(2024, 1, 1) + timedelta(days=day)) for name, _, day in people], orient="row",
            schema={"participant_id": pl.String, "origin_date": pl.Date},
        ),
        "diary_days": pl.DataFrame(
            schema={"participant_id": pl.String, "day": pl.Int64, "help_given": pl.Boolean,
                    "help_received": pl.Boolean}
        ),
        "outcome_times": pl.DataFrame(
            schema={"participant_id": pl.String, "outcome": pl.String, "day_observed": pl.Float64,
                    "event_observed": pl.Boolean}
        ),
        "justice_events": pl.DataFrame(
            schema={"event_id": pl.String, "participant_id": pl.String, "justice_measure": pl.String,
                    "event_day": pl.Float64}
        ),
    }  # fmt: skip
