"""How every page of an analysis ends: other studies beside ours, what it does not say, how it was made."""

from __future__ import annotations

from collections.abc import Callable

from reports import numbers
from reports.page import Block, Citation, Citations, Column, Link, Origin, Paragraph, Section, Table
from reports.release import Answer, DataKind, Fact, Population, Published, Release
from reports.words.phrases import NOT_SHOWN, listed, people, sentence

Order = Callable[[Published], tuple[int | str, ...]]


def other_studies(
    release: Release,
    analysis: str,
    *,
    write: Callable[[Published], str],
    order: Order | None = None,
    blocks: tuple[Block, ...] = (),
) -> Section | None:
    """Set what others published beside our answers; None where the release holds nothing published."""
    items = tuple(
        Citation(
            write(p) if p.value is not None else numbers.NOTHING,
            Link(p.study, p.source_url) if p.source_url else p.study,
            _what(p),
            sentence(release.label("mark", p.mark)),
        )
        for p in sorted(release.published_for(analysis), key=order or _by_study)
    )
    if not items:
        return None
    advice = Paragraph(
        "Other people, other years and often another definition: read what each figure counts before you "
        "compare."
    )
    return Section("Beside other studies", (advice, *blocks, Citations(items)), "other-studies")


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


def data_kind(release: Release, analysis: str) -> DataKind:
    """Say whether the populations of an analysis are synthetic, real, or some of each."""
    return release.data_kind(population.population for population in release.populations_of(analysis))


def origin(release: Release, population: Population) -> Origin:
    """Say what data the figures of a population rest on: synthetic, or which real data."""
    titles, _ = release.origin(population.population)
    about = "made by a computer, of no real person" if population.synthetic else listed(titles)
    return Origin(sentence(about), population.data)


def period(release: Release, population: Population) -> str:
    """Say when the data of a population were delivered: "deliveries of 2026Q2 and 2026Q3"."""
    _, quarters = release.origin(population.population)
    if not quarters:
        return f"release of {release.as_of}"
    return f"{'delivery' if len(quarters) == 1 else 'deliveries'} of {listed(quarters)}"


def _by_study(p: Published) -> tuple[str, str]:
    return p.study, p.term


def _what(p: Published) -> str:
    parts = (p.definition, p.cohort, p.window, people(p.n_people), p.note)
    return " ".join(sentence(part) for part in parts if part)


def _methods_table(release: Release, answers: tuple[Answer, ...]) -> Table:
    seen = dict.fromkeys(
        (a.population, a.method, a.small_sample, a.note) for a in answers if a.standing == "given"
    )
    rows = tuple(
        (release.populations[name].label, method, small, note or numbers.NOTHING)
        for name, method, small, note in seen
    )
    return Table(
        "Method, small-sample convention and what to mind",
        (Column("Who"), Column("Method"), Column("Small samples"), Column("To keep in mind")),
        rows,
        release.data_kind(name for name, *_ in seen),
        folded=True,
    )


def _facts_table(release: Release, facts: tuple[Fact, ...]) -> Table:
    several = len({fact.outcome for fact in facts}) > 1
    rows = tuple(
        (
            fact.diagnostic.replace("_", " ").capitalize(),
            *((release.label("civic_item", fact.outcome),) if several else ()),
            release.populations[fact.population].label,
            NOT_SHOWN if fact.suppressed else _fact_value(fact),
            fact.detail or numbers.NOTHING,
        )
        for fact in facts
    )
    outcome = (Column("Outcome"),) if several else ()
    return Table(
        "How the estimates were reached",
        (Column("Fact"), *outcome, Column("Who"), Column("Value", True), Column("Meaning")),
        rows,
        release.data_kind(fact.population for fact in facts),
        folded=True,
    )


def _fact_value(fact: Fact) -> str:
    if fact.value is None:
        return numbers.NOTHING
    return numbers.count(fact.value) if fact.value == int(fact.value) else numbers.decimal(fact.value, 2)
