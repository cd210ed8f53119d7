"""A small codebook that has one of everything a converter meets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.codebook.released import ReleaseFacts
from pipelines.codebook.spec import Analysis, Codebook, ForeignKey, Instrument, Item, Table, Variable


def _variable(name: str, kind: str, **fields: object) -> Variable:
    return Variable.model_validate(
        {"name": name, "type": kind, "label": name.title(), "description": f"What {name} is.", **fields}
    )


@pytest.fixture(scope="session")
def small() -> Codebook:
    variables = [
        _variable(
            "participant_id", "text", role="key", crosswalk=True, description='It\'s a "random" id; <b>&.'
        ),
        _variable("wave", "category", role="key", values={"baseline": "Baseline", "month_6": "At 6 months"}),
        _variable("assessment_day", "integer", unit="days", day_offset=True, minimum=-30, maximum=400),
        _variable(
            "barc10",
            "number",
            minimum=10,
            maximum=60,
            instrument="barc10",
            role="derived",
            unit="points",
            release_decimals=1,
        ),
        _variable("answered", "boolean", question='Did you answer "all" <questions>?'),
        _variable("released_at", "timestamp"),
        _variable("sex", "category", values={"female": "Female", "male": "Male"}, quasi_identifying=True),
        _variable("hidden", "text", sensitivity="restricted"),
        _variable("source", "text", role="design"),
        _variable("delivered_quarter", "text", role="design"),
        _variable("identifier", "text", sensitivity="identifying", role="key"),
    ]
    tables = [
        Table(
            name="participants", layer="core", label="Participants", description="One row per person.",
            usage_warnings=["Mind <this>."], primary_key=["participant_id"],
            variables=["participant_id", "sex", "hidden", "source", "delivered_quarter"],
            required=["source", "delivered_quarter"], partitioned=True, repeats_terms=True,
        ),
        Table(
            name="assessments", layer="core", label="Assessments", description="One row per person's wave.",
            primary_key=["participant_id", "wave"],
            variables=[
                "participant_id", "wave", "assessment_day", "barc10", "answered", "released_at", "source",
                "delivered_quarter",
            ],
            required=["answered", "source", "delivered_quarter"], partitioned=True,
            foreign_keys=[
                ForeignKey(columns=["participant_id"], table="participants", references=["participant_id"])
            ],
        ),
        Table(
            name="crosswalk", layer="restricted", label="Crosswalk", description="Which id is whose.",
            primary_key=["identifier"], variables=["identifier", "participant_id"], released=False,
        ),
    ]  # fmt: skip
    instrument = Instrument(
        name="barc10", label="Brief Assessment", description="How much.", score="barc10", method="sum",
        answer_minimum=1, answer_maximum=6, minimum_answered=2, cutoff=47, cutoff_label="remission",
        items=[Item(name="barc10_1", topic="abstinence"), Item(name="barc10_2", topic="home", reverse=True)],
        citation="Vilsaint 2017", licence="Free for non-commercial use",
    )  # fmt: skip
    analysis = Analysis(
        name="W1", label="Identity and meaning", question="Do they go together?", estimand="The slope.",
        method="Mixed model", not_said="Nothing about causes.",
    )  # fmt: skip
    return Codebook(
        schema_version="1.2.3",
        terms="Do not try to recognize anyone.",
        missing_reasons={"refused": "The person refused to answer."},
        refusal_reasons={"unknown_code": "The code is not declared."},
        variables={v.name: v for v in variables},
        tables={t.full_name: t for t in tables},
        instruments={"barc10": instrument},
        analyses={"W1": analysis},
        reference_rows={},
    )


@pytest.fixture
def facts() -> ReleaseFacts:
    return ReleaseFacts(
        release_id="2026Q3-abc", as_of="2026Q3", released_at=datetime(2026, 10, 15, 12, 0, tzinfo=UTC),
        content_hash="f" * 64, code_version="0.1.0", contains_synthetic=True, small_cell_maximum=10,
        left_out=("help_trial",),
    )  # fmt: skip
