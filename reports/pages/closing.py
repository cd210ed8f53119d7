"""How every page of an analysis ends: other studies beside ours, what it does not say, how it was made."""

from __future__ import annotations

from collections.abc import Callable

from reports import numbers
from reports.page import Block, Column, Link, Paragraph, Section, Table
from reports.release import Answer, Fact, Published, Release
from reports.words.phrases import NOT_SHOWN, sentence


def other_studies(
    release: Release, analysis: str, *, write: Callable[[Published], str], blocks: tuple[Block, ...] = ()
) -> Section | None:
    """Set what others published beside our answers; None where the release holds nothing published."""
    rows = tuple(
        (
            Link(p.study, p.source_url) if p.source_url else p.study,
            write(p) if p.value is not None else numbers.NOTHING,
            _what(p),
            numbers.count(p.n_people),
            release.label("mark", p.mark),
        )
        for p in release.published_for(analysis)
    )
    if not rows:
        return None
    table = Table(
        "Published figures, with where each was read",
        (
            Column("Study"),
            Column("Figure", True),
            Column("What it counts"),
            Column("People", True),
            Column("How we know it"),
        ),
        rows,
    )
    advice = Paragraph(
        "Other people, other years and often another definition: read what each figure counts before you "
        "compare."
    )
    return Section("Beside other studies", (advice, *blocks, table), "other-studies")


def not_said(release: Release, analysis: str) -> Section:
    """Say what the answer does not say."""
    return Section(
        "What this does not tell you", (Paragraph(release.analyses[analysis].not_said),), "not-said"
    )


def how_made(release: Release, analysis: str) -> Section:
    """Say what was estimated, how, and how the estimates were reached."""
    about = release.analyses[analysis]
    blocks: list[Block] = [
        Paragraph(f"What is estimated: {about.estimand}"),
        Paragraph(f"How: {about.method}"),
    ]
    answers, facts = release.answers_of(analysis), release.facts_of(analysis)
    blocks.append(_methods_table(release, answers))
    if facts:
        blocks.append(_facts_table(release, facts))
    return Section("How it was worked out", tuple(blocks), "how-made")


def any_synthetic(release: Release, analysis: str) -> bool:
    """Say whether any population of an analysis is synthetic."""
    return any(population.synthetic for population in release.populations_of(analysis))


def _what(p: Published) -> str:
    parts = (p.definition, p.cohort, p.window, p.note)
    return " ".join(sentence(part) for part in parts if part)


def _methods_table(release: Release, answers: tuple[Answer, ...]) -> Table:
    seen = dict.fromkeys((a.population, a.method, a.small_sample) for a in answers if a.standing == "given")
    rows = tuple((release.populations[name].label, method, small) for name, method, small in seen)
    return Table(
        "Method and small-sample convention",
        (Column("People"), Column("Method"), Column("Small samples")),
        rows,
        any(release.populations[name].synthetic for name, _, _ in seen),
    )


def _facts_table(release: Release, facts: tuple[Fact, ...]) -> Table:
    rows = tuple(
        (
            fact.diagnostic.replace("_", " ").capitalize(),
            release.populations[fact.population].label,
            NOT_SHOWN if fact.suppressed else _fact_value(fact),
            fact.detail or numbers.NOTHING,
        )
        for fact in facts
    )
    return Table(
        "How the estimates were reached",
        (Column("Fact"), Column("People"), Column("Value", True), Column("Meaning")),
        rows,
        any(release.populations[fact.population].synthetic for fact in facts),
    )


def _fact_value(fact: Fact) -> str:
    if fact.value is None:
        return numbers.NOTHING
    return numbers.count(fact.value) if fact.value == int(fact.value) else numbers.decimal(fact.value, 2)
