"""Core tables of a few people after treatment, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from models.comparison.cohort import BACKGROUND, MEASURES, ONSET, SMPS

Frames = dict[str, pl.DataFrame]
WAVES = ("month_6", "month_12")
_ASSESSMENTS = {
    "participant_id": pl.String, "wave": pl.String, "followup_status": pl.String,
    "assessment_day": pl.Float64, "sos": pl.Float64, **dict.fromkeys(MEASURES, pl.Float64),
}  # fmt: skip


def _person(number: int, told: dict[str, Any], programs: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of one person; what is not told is usual: exit on day 100, asked on day 110, severity .3."""
    person = {"participant_id": f"A{number:04d}"}
    told = {
        "exit": 100.0, "reason": "completed", "asked": 110.0, "status": "completed", "helps": 20.0,
        "meetings": 8.0, "severity": 0.3, "use": None, "sex": "female", "age_band": "25-34", "also": {},
        "program": f"P{number % programs}",
    } | told  # fmt: skip
    background = dict.fromkeys(BACKGROUND, "x") | {"sex": told["sex"], "age_band": told["age_band"]}
    entry = dict.fromkeys(MEASURES)
    for place, name in enumerate(name for name in MEASURES if name.startswith("asi_")):
        # Areas of one person differ: seven equal columns could not be told apart.
        level = told["severity"]
        off = 0.04 * ((number * (place + 3) + place) % 11 - 5)
        entry[name] = None if level is None else max(level + off, 0.0)
    asked = [{"wave": "month_6", "followup_status": told["status"], "assessment_day": told["asked"],
              "sos": told["helps"], "twelve_step_meetings_30": told["meetings"]}]  # fmt: skip
    episode = {"episode_id": f"E{number}", "program_id": told["program"], "entry_day": 0.0,
               "exit_day": told["exit"], "exit_reason": told["reason"]}  # fmt: skip
    use = (
        []
        if told["use"] is None
        else [dict(zip(("day_observed", "event_observed"), told["use"], strict=True))]
    )
    return {
        "participants": [person | background | {ONSET: 20.0}],
        "episodes": [person | episode],
        "assessments": [
            person | {"wave": "baseline", "followup_status": "completed", "assessment_day": 0.0} | entry,
            *(person | row for row in (asked if told["status"] else [])),
            *(person | row for row in ([told["also"]] if told["also"] else [])),
        ],
        "outcome_times": [person | {"outcome": "first_use"} | row for row in use],
    }


@pytest.fixture(scope="session")
def core_frames() -> Callable[..., Frames]:
    """Make the tables that helping reads; `use` of a person is (day, whether they used)."""

    def made(people: Sequence[dict[str, Any]], programs: int = 6) -> Frames:
        rows = [_person(number, told, programs) for number, told in enumerate(people)]
        schemas: dict[str, dict[str, Any]] = {
            "participants": {"participant_id": pl.String, **dict.fromkeys(BACKGROUND, pl.String),
                             ONSET: pl.Float64},
            "episodes": {"participant_id": pl.String, "episode_id": pl.String, "program_id": pl.String,
                         "entry_day": pl.Float64, "exit_day": pl.Float64, "exit_reason": pl.String},
            "assessments": _ASSESSMENTS,
            "outcome_times": {"participant_id": pl.String, "outcome": pl.String, "day_observed": pl.Float64,
                              "event_observed": pl.Boolean},
        }  # fmt: skip
        frames = {
            table: pl.DataFrame([row for person in rows for row in person[table]], schema=schema)
            for table, schema in schemas.items()
        }
        kinds = [("social", "clinical")[number % 2] for number in range(programs)]
        frames["programs"] = pl.DataFrame(
            {"program_id": [f"P{number}" for number in range(programs)], "model": kinds,
             **{name: [50.0] * programs for name in SMPS}}
        )  # fmt: skip
        return frames

    return made
