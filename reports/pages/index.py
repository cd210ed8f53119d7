"""The front page: the quarter, up to five findings, and where to read on with what was found there."""

from __future__ import annotations

from models.estimate import LEVEL
from reports.page import Block, Card, Cards, Finding, Findings, Page, Paragraph, Section
from reports.release import Release
from reports.words.phrases import DATA_KINDS, last_day, quarter, sentence

FILE = "index.html"
MOST = 5  # findings on the front page: more are not read


def page(release: Release, findings: list[Finding], others: list[Page]) -> Page:
    """Compose the page from the findings, most important first, and the other pages of the site."""
    shown = tuple(findings[:MOST])
    said = {
        f.read_on.href: f"{f.who}: {f.brief or f.sentence}" for f in reversed(findings)
    }  # the first of each
    above = {f.read_on.href: f"Finding {place} above." for place, f in reversed([*enumerate(shown, start=1)])}
    opening: list[Block] = [
        Paragraph(
            f"Data through {last_day(release.as_of)}. Each sentence below says what we found, for how many "
            "people, and how sure we can be: ranges (“between … and …”) are made so that "
            f"{100 * LEVEL:.0f} of 100 of them hold the true figure.",
            "lead",
        )
    ]
    sections = [
        Section(
            "What we found",
            (Findings(shown),) if shown else (Paragraph("No question is answered yet."),),
            "findings",
        ),
        Section("Read on", (Cards(tuple(_card(other, {**said, **above}) for other in others)),), "read-on"),
    ]
    if release.left_out:
        sections.append(
            Section("Left out of this release", (Paragraph(sentence(release.left_out)),), "left-out")
        )
    return Page(
        file=FILE,
        name="Findings",
        title=f"Recovery outcomes, {quarter(release.as_of)}",
        eyebrow="Quarterly report",
        data=release.data_kind(),
        opening=tuple(opening),
        sections=tuple(sections),
    )


def _card(other: Page, said: dict[str, str]) -> Card:
    """Set a page with its question, and its first finding or where that stands above."""
    return Card(other.name, other.title, other.file, DATA_KINDS[other.data], said.get(other.file, ""))
