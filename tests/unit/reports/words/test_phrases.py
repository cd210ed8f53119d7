"""Parts of sentences that every page uses: reasons, quarters, people and lists."""

from __future__ import annotations

import pytest

from reports.words.phrases import because, last_day, listed, people, plainly, quarter, sentence, unanswered
from tests.unit.reports.words.answers import answer


def test_a_given_answer_needs_no_excuse() -> None:
    assert unanswered(answer("t", 0.0), "whether") is None


@pytest.mark.parametrize(
    ("note", "clause"),
    [
        ("The model did not converge.", "the model did not converge"),
        ("HELP people are few.", "HELP people are few"),
        ("", ""),
    ],
)
def test_a_note_becomes_a_clause(note: str, clause: str) -> None:
    assert because(note) == clause


def test_quarters_are_said_in_words_and_by_their_last_day() -> None:
    assert quarter("2026Q3") == "the third quarter of 2026"
    assert [last_day(f"2024Q{n}") for n in (1, 2, 3, 4)] == [
        "March 31, 2024", "June 30, 2024", "September 30, 2024", "December 31, 2024",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="2026-07"):
        quarter("2026-07")


def test_people_and_lists_are_said_as_one_would() -> None:
    assert [people(n) for n in (None, 1, 1445)] == ["", "1 person", "1,445 people"]
    assert [listed(parts) for parts in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_sentence_begins_with_a_capital_and_ends_once() -> None:
    assert [sentence(text) for text in ("a  b", "A.", "really?", " ")] == ["A b.", "A.", "Really?", ""]


def test_a_small_sample_convention_is_written_once_and_with_whole_degrees_of_freedom() -> None:
    assert plainly("t with 1366.0 degrees of freedom; t; observed information; observed information") == (
        "t with 1366 degrees of freedom; observed information"
    )
    assert plainly("t with 109.5 degrees of freedom") == "t with 109.5 degrees of freedom"
