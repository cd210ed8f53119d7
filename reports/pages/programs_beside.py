"""What others found on the kinds of programs: studies of the same question, then figures by study."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from reports.page import Block, Citation, Citations, Link, Paragraph, Section
from reports.pages import closing
from reports.pages.programs_wave import COMPARED
from reports.release import Published, Release
from reports.words import programs_elsewhere as elsewhere
from reports.words.phrases import people, sentence
from reports.words.published import cited


def beside_others(release: Release) -> Section:
    """Cite what others found on the question: those that compare the same first, then figures of others."""
    same = Citations(
        tuple(
            Citation(elsewhere.WHICH_WAY, Link(one.study, one.source_url), one.found, "")
            for one in elsewhere.SAME_QUESTION
        )
    )
    groups: dict[tuple[object, ...], list[Published]] = {}
    for row in sorted(release.published_for(COMPARED), key=lambda p: (p.study, p.term)):
        key = (row.study, row.source_url, row.cohort, row.time_window, row.n_people, row.note, row.mark)
        groups.setdefault(key, []).append(row)
    usual = closing.usual_mark([row.mark for rows in groups.values() for row in rows])
    figures = tuple(_cited(release, rows, usual) for rows in groups.values())
    blocks: list[Block] = [Paragraph(elsewhere.ADVICE), same]
    if figures:
        blocks += [*closing.usually(release, usual), Citations(figures)]
    return Section("Beside other studies", tuple(blocks), "other-studies")


def _cited(release: Release, rows: Sequence[Published], usual: str) -> Citation:
    """Cite the figures of one study together: what they share is said once."""
    first = rows[0]
    shared = _shared([row.definition or "" for row in rows])
    each = [f"{(row.definition or '')[len(shared) :].strip().rstrip('.')}: {cited(row)}" for row in rows]
    parts = [shared, first.cohort, first.time_window, people(first.n_people), first.note]
    if len(rows) > 1:
        parts += each
    return Citation(
        cited(first) if len(rows) == 1 else elsewhere.several(len(rows)),
        Link(first.study, first.source_url) if first.source_url else first.study,
        " ".join(sentence(part) for part in parts if part),
        closing.known(release, first.mark, usual),
    )


def _shared(definitions: Sequence[str]) -> str:
    """Return the sentences with which all definitions begin; of a single one, all of it."""
    if len(definitions) == 1:
        return definitions[0]
    by_place = zip(*(text.split(". ") for text in definitions), strict=False)
    same = takewhile(lambda sentences: len(set(sentences)) == 1, by_place)
    return "".join(f"{sentences[0]}. " for sentences in same)
