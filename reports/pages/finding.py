"""One finding of the front page: the same shape for every analysis."""

from __future__ import annotations

from collections.abc import Iterable

from reports.page import Finding, Link, Paragraph
from reports.release import Answer, Fact, Population
from reports.words.followup import follow_up
from reports.words.phrases import sentence


def finding(population: Population, said: str, facts: Iterable[Fact], read_on: Link) -> Finding:
    """Set a sentence with its population, its follow-up and where to read on."""
    heard = follow_up(facts)
    return Finding(population.label, said, (heard,) if heard else (), read_on, population.data)


def basis(answer: Answer | None, facts: Iterable[Fact]) -> list[Paragraph]:
    """Say what an answer rests on, under its sentence: the follow-up, and what its note asks to mind."""
    heard = follow_up(facts)
    note = answer.note if answer is not None and answer.standing == "given" else ""
    said = (f"Follow-up: {heard}" if heard else "", sentence(f"To keep in mind: {note}") if note else "")
    return [Paragraph(text, "quiet") for text in said if text]
