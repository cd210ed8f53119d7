"""A small source in the shape of text extracts, and a way to clean it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from pipelines.cleaning.clean import Cleaned, Known, clean
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Codebook
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import Extract, Refusal

DAY = "%Y-%m-%d"
TIME = "%Y-%m-%d %H:%M:%S"
K6 = {f"k6_{i}": "2" for i in range(1, 7)}

SOURCE: dict[str, Any] = {
    "source": "site",
    "title": "A site",
    "description": "People and programs of tests",
    "producer": "nobody",
    "licence": "none",
    "synthetic": True,
    "population": "site_people",
    "population_label": "People of tests",
    "time_zone": "America/Chicago",
    "files": [
        {
            "name": "programs",
            "shape": "delimited",
            "pattern": "programs.csv",
            "feeds": [
                {
                    "table": "programs",
                    "columns": {
                        "program_id": "code",
                        "program_name": "title",
                        "model": {"from": "kind", "codes": {"S": "social", "C": "clinical"}},
                        "county_fips": "county",
                    },
                }
            ],
        },
        {
            "name": "people",
            "shape": "delimited",
            "pattern": "people.csv",
            "missing_codes": {"-9": "refused", "-8": "not_asked"},
            "feeds": [
                {
                    "table": "participants",
                    "where": {"kind": ["person"]},
                    "origin": {"from": "entry", "date": DAY},
                    "columns": {
                        "participant_id": "id",
                        "sex": {"from": "sex", "codes": {"1": "female", "2": "male"}},
                        "age_band": "age",
                    },
                },
                {
                    "table": "episodes",
                    "where": {"kind": ["person"]},
                    "columns": {
                        "participant_id": "id",
                        "program_id": "program",
                        "entry_day": {"from": "entry", "date": DAY},
                        "exit_day": {"from": "exit", "date": DAY},
                    },
                },
                {
                    "table": "assessments",
                    "where": {"kind": ["wave"]},
                    "columns": {
                        "participant_id": "id",
                        "wave": {"from": "wave", "codes": {"0": "baseline", "6": "month_6"}},
                        "followup_status": {"constant": "completed"},
                        "assessment_day": {"from": "seen", "date": DAY},
                        "abstinent_days_30": "abstinent",
                    },
                    "items": {"k6": "k6_{n}"},
                },
                {
                    "table": "civic_items",
                    "where": {"kind": ["wave"], "wave": ["0"]},
                    "columns": {"participant_id": "id", "civic_item": {"constant": "voted"}},
                    "each": [
                        {"columns": {"period": {"constant": "active_addiction"}, "answer": "voted_then"}},
                        {
                            "columns": {"period": {"constant": "recovery"}, "answer": "voted_now"},
                            "only_if": {"voted_now": ["*"]},
                        },
                    ],
                },
            ],
        },
        {
            "name": "diary",
            "shape": "qualtrics",
            "pattern": "diary.csv",
            "feeds": [
                {
                    "table": "diary_days",
                    "columns": {
                        "participant_id": "id",
                        "day": {
                            "from": "at",
                            "date": TIME,
                            "since": "start",
                            "first_day": 1,
                            "evening_until": 4,
                        },
                        "recovery_identity": "identity",
                        "meaningfulness": "meaning",
                        "attended_meeting": {"from": "meeting", "codes": {"1": True, "2": False}},
                    },
                    "expected_days": 4,
                }
            ],
        },
        {
            "name": "ties",
            "shape": "delimited",
            "pattern": "ties.csv",
            "feeds": [
                {
                    "table": "support_ties",
                    "columns": {
                        "wave": {"constant": "baseline"},
                        "giver_id": "giver",
                        "receiver_id": "receiver",
                        "support_kind": {"constant": "practical"},
                    },
                }
            ],
        },
        {
            "name": "justice",
            "shape": "delimited",
            "pattern": "justice.csv",
            "feeds": [
                {
                    "table": "justice_events",
                    "columns": {
                        "participant_id": "id",
                        "event_day": {"from": "happened", "date": DAY},
                        "extract_day": {"constant": "2026-09-30", "date": DAY},
                        "justice_measure": "what",
                    },
                }
            ],
        },
    ],
}

PEOPLE_COLUMNS = [
    *("kind", "id", "entry", "exit", "program", "sex", "age"),
    *("wave", "seen", "abstinent", "voted_then", "voted_now"),
    *K6,
]


def person(identifier: str, **cells: str) -> dict[str, str]:
    """A row that brings a participant and an episode."""
    given = {
        "kind": "person",
        "id": identifier,
        "entry": "2026-04-01",
        "program": "A",
        "sex": "1",
        "age": "37",
    }
    return dict.fromkeys(PEOPLE_COLUMNS, "") | given | cells


def wave(identifier: str, **cells: str) -> dict[str, str]:
    """A row that brings an assessment with its items and civic answers."""
    given = {"kind": "wave", "id": identifier, "wave": "0", "seen": "2026-04-03", "abstinent": "12"}
    return dict.fromkeys(PEOPLE_COLUMNS, "") | given | K6 | {"voted_then": "0", "voted_now": "1"} | cells


def evening(identifier: str, at: str, **cells: str) -> dict[str, str]:
    """A row that brings a diary evening."""
    given = {
        "id": identifier,
        "at": at,
        "start": "2026-07-06",
        "identity": "80",
        "meaning": "70",
        "meeting": "1",
    }
    return given | cells


def program(code: str, **cells: str) -> dict[str, str]:
    """A row that brings a program."""
    return {"code": code, "title": "Harbor", "kind": "S", "county": "29510"} | cells


def extract(
    file: str,
    rows: Sequence[Mapping[str, str | None]],
    *,
    zone: str | None = None,
    refusals: tuple[Refusal, ...] = (),
    allowed: dict[str, frozenset[str]] | None = None,
) -> Extract:
    """An extract of text rows."""
    frame = pl.DataFrame(
        [
            {**row, "_file": file, "_row": number, "_sha256": "0", "_time_zone": zone}
            for number, row in enumerate(rows, start=1)
        ],
        schema_overrides={
            "_row": pl.Int64,
            "_time_zone": pl.String,
            **dict.fromkeys(rows[0] if rows else (), pl.String),
        },
    )
    return Extract(rows=frame, rows_in=len(rows), refusals=refusals, allowed_codes=allowed)


class World:
    """The source of tests: `run` cleans what it is given."""

    person, wave, evening, program = (
        staticmethod(person),
        staticmethod(wave),
        staticmethod(evening),
        staticmethod(program),
    )
    extract = staticmethod(extract)
    spec = SOURCE

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook

    def run(
        self,
        *,
        spec: dict[str, Any] = SOURCE,
        crosswalk: Crosswalk | None = None,
        known: Known | None = None,
        quarter: str = "2026Q3",
        seed: int = 1,
        zone: str | None = None,
        **files: Sequence[Mapping[str, str | None]] | Extract,
    ) -> Cleaned:
        made = {
            (spec["source"], name): [
                rows if isinstance(rows, Extract) else extract(f"{name}.csv", rows, zone=zone)
            ]
            for name, rows in files.items()
        }
        return self.clean(
            extracts=made, spec=spec, crosswalk=crosswalk, known=known, quarter=quarter, seed=seed
        )

    def clean(
        self,
        *,
        extracts: Mapping[tuple[str, str], Sequence[Extract]],
        spec: dict[str, Any] = SOURCE,
        crosswalk: Crosswalk | None = None,
        known: Known | None = None,
        quarter: str = "2026Q3",
        seed: int = 1,
    ) -> Cleaned:
        return clean(
            declarations=[SourceDeclaration.model_validate(spec)],
            extracts=extracts,
            codebook=self.codebook,
            crosswalk=crosswalk or Crosswalk(),
            quarter=quarter,
            known=known or Known(),
            random_bytes=random.Random(seed).randbytes,
        )


@pytest.fixture(scope="session")
def world() -> World:
    return World(load_codebook())


@pytest.fixture(scope="session")
def refused() -> Callable[[Cleaned], list[tuple[str, int, str, str]]]:
    """File, row, column and reason of every refusal."""

    def listed(cleaned: Cleaned) -> list[tuple[str, int, str, str]]:
        columns = ["file", "row_number", "column_name", "reason"]
        return cleaned.quarantine.select(columns).sort(columns).rows()

    return listed
