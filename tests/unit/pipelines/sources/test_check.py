"""A declaration is held against the codebook: what it names must be there, and all problems come at once."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.codebook.load import load_codebook
from pipelines.sources.check import check_against_codebook
from pipelines.sources.declaration import DeclarationError, SourceDeclaration

from .conftest import declaration

PEOPLE = {
    "participant_id": "id",
    "sex": {"from": "gender", "codes": {"1": "female", "2": "male"}, "missing_codes": {"-7": "refused"}},
    "age_band": "age",
    "onset_age": {"from": "onset", "multiply": 1.0},
}
EVENTS = {
    "event_id": {"from": "_row", "prefix": "r"},
    "participant_id": "id",
    "justice_measure": {"constant": "release"},
    "event_day": {"from": "released", "date": "%Y-%m-%d"},
    "extract_day": {"constant": "2026-09-30", "date": "%Y-%m-%d"},
}
ASSESSMENTS = {
    "participant_id": "id",
    "wave": {"constant": "baseline"},
    "followup_status": {"constant": "completed"},
}


def problems(*feeds: dict[str, Any], **fields: Any) -> str:
    with pytest.raises(DeclarationError) as caught:
        check_against_codebook(SourceDeclaration(**declaration(feeds=list(feeds), **fields)), load_codebook())
    return "\n".join(caught.value.problems)


def test_a_declaration_that_fits_the_codebook_passes() -> None:
    feeds = [
        {"table": "participants", "columns": PEOPLE, "origin": {"from": "came", "date": "%Y-%m-%d"}},
        {
            "table": "diary_days",
            "expected_days": 14,
            "columns": {"participant_id": "id", "day": {"from": "at", "date": "%Y-%m-%d", "since": "began"}},
        },
        {"table": "justice_events", "columns": EVENTS},
        {"table": "justice_events", "columns": {k: v for k, v in EVENTS.items() if k != "event_id"}},
        {"table": "assessments", "columns": ASSESSMENTS, "items": {"k6": "k6_{n}"}},
        {
            "table": "civic_items",
            "columns": {"participant_id": "id"},
            "each": [
                {
                    "columns": {
                        "civic_item": {"constant": "volunteered"},
                        "period": {"constant": "recovery"},
                        "answer": {"from": "vol", "codes": {"1": True, "0": False}},
                    }
                }
            ],
        },
    ]
    check_against_codebook(SourceDeclaration(**declaration(feeds=feeds)), load_codebook())


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ({"table": "people", "columns": PEOPLE}, "table [people]: no such core table"),
        (
            {"table": "participants", "columns": {**PEOPLE, "shoe": "x"}},
            "variable [shoe]: not a variable of this",
        ),
        (
            {"table": "participants", "columns": {**PEOPLE, "population": "x"}},
            "[population]: filled by the pipeline",
        ),
        (
            {"table": "participants", "columns": {**PEOPLE, "sex": {"from": "g", "codes": {"1": "femal"}}}},
            "variable [sex]: the file's code [1] is mapped to [femal]. Expected one of female, male, other",
        ),
        (
            {
                "table": "participants",
                "columns": {**PEOPLE, "sex": {"from": "g", "missing_codes": {"9": "lost"}}},
            },
            "variable [sex]: the missing code [9] is mapped to [lost]",
        ),
        (
            {"table": "participants", "columns": {**PEOPLE, "onset_age": {"constant": 30.5}}},
            "variable [onset_age]: the constant is [30.5]. Expected a whole number",
        ),
        (
            {"table": "participants", "columns": {**PEOPLE, "onset_age": {"from": "a", "date": "%Y"}}},
            "variable [onset_age]: has a `date` format",
        ),
        (
            {
                "table": "participants",
                "columns": {**PEOPLE, "sex": {"constant": "1", "codes": {"2": "male"}}},
            },
            "variable [sex]: the constant is [1]. Expected one of 2",
        ),
        (
            {
                "table": "justice_events",
                "columns": {**EVENTS, "extract_day": {"constant": 20260930, "date": "%Y"}},
            },
            "variable [extract_day]: the constant is [20260930]. Expected a date as text, in quotes",
        ),
        (
            {"table": "assessments", "columns": {**ASSESSMENTS, "k6": "k"}, "items": {"k6": "k6_{n}"}},
            "instrument [k6]: its items make the score [k6]; do not map both",
        ),
        (
            {
                "table": "justice_events",
                "columns": {"event_id": "id", "participant_id": "id"},
                "each": [{"columns": {k: v for k, v in EVENTS.items() if not k.endswith("id")}}] * 2,
            },
            "every repeat of `each` would have the same key, event_id",
        ),
        ({"table": "participants", "columns": {"sex": "g"}}, "variable [participant_id]: required"),
        (
            {"table": "participants", "columns": PEOPLE, "origin": {"from": "came"}},
            "table [participants], origin: needs the `date` format",
        ),
        ({"table": "participants", "columns": PEOPLE, "expected_days": 14}, "`expected_days` is for a table"),
        (
            {"table": "participants", "columns": PEOPLE, "items": {"k6": "k6_{n}"}},
            "its score is not a variable",
        ),
        (
            {"table": "assessments", "columns": ASSESSMENTS, "items": {"k7": "k_{n}"}},
            "instrument [k7]: not in the",
        ),
        ({"table": "assessments", "columns": ASSESSMENTS, "items": {"k6": "k6"}}, "needs {n} once"),
        (
            {
                "table": "justice_events",
                "columns": {k: v for k, v in EVENTS.items() if k != "event_day"},
                "each": [{"columns": {"severity": "s", "justice_measure": {"constant": "release"}}}],
            },
            "[justice_events]: justice_measure mapped by the feed and by `each`",
        ),
    ],
)
def test_what_the_codebook_does_not_know_is_named_with_its_place(feed: dict[str, Any], says: str) -> None:
    said = problems(feed)
    assert says in said
    assert said.startswith("site, file [people], table [")


def test_a_boolean_takes_true_and_false_and_no_words() -> None:
    roles = {
        "participant_id": "id",
        "wave": {"constant": "baseline"},
        "role": {"constant": "chairing"},
        "held": {"from": "h", "codes": {"1": "yes", "0": False}},
    }
    said = problems({"table": "roles", "columns": roles})
    assert said == (
        "site, file [people], table [roles], variable [held]: the file's code [1] is mapped to [yes]. "
        "Expected true or false"
    )


def test_all_problems_come_at_once() -> None:
    said = problems(
        {"table": "nowhere", "columns": PEOPLE},
        {"table": "justice_events", "columns": {"severity": "s"}, "item_missing_codes": {"9": "gone"}},
        missing_codes={"-1": "vanished"},
    )
    for part in ("[vanished]", "[nowhere]", "[gone]", "[participant_id]", "[event_day]", "[extract_day]"):
        assert part in said
    assert len(said.splitlines()) == 7
