"""One finding of the front page: the same shape for every analysis."""

from __future__ import annotations

from models.disclosure.nested_counts import COUNTS_WITHHELD
from reports.page import Finding, Link, Paragraph
from reports.release import Answer, Population, Release
from reports.words.phrases import DATA_KINDS, ELSEWHERE, sentence


def finding(
    release: Release, population: Population, said: str, heard: str, read_on: Link, *, brief: str = ""
) -> Finding:
    """Set a sentence with its population, its follow-up (`heard`) and where to read on."""
    return Finding(
        population.label,
        tag(release, population),
        said,
        (heard,) if heard else (),
        read_on,
        population.data,
        brief,
    )


def tag(release: Release, population: Population) -> str:
    """Name the kind of data: real data count as ours where their people have stays in a program here."""
    if population.synthetic or population.population in release.here:
        return DATA_KINDS[population.data]
    return ELSEWHERE


def basis(answer: Answer | None, heard: str, *, mind: str | None = None) -> list[Paragraph]:
    """Say what an answer rests on, under its sentence: the follow-up, and what its note asks to mind.

    `mind` says it for a reader of the page, where the note is written for a reader of the data.
    """
    note = (mind or answer.note) if answer is not None and answer.standing == "given" else ""
    note = note.replace(COUNTS_WITHHELD, "").strip()  # the counts are absent; the glossary says why
    said = (f"Follow-up: {heard}" if heard else "", sentence(f"To keep in mind: {note}") if note else "")
    return [Paragraph(text, "quiet") for text in said if text]
