"""How every page of an analysis ends: other studies beside ours, what it does not say, how it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from reports.numbers import NOTHING
from reports.page import (
    Block,
    Citation,
    Citations,
    Column,
    Link,
    Origin,
    Paragraph,
    Section,
    Subheading,
    Table,
)
from reports.pages.finding import tag
from reports.release import Answer, DataKind, Fact, Population, Published, Release
from reports.words import diagnostics
from reports.words.phrases import NOT_SHOWN, because, listed, people, plainly, sentence
from reports.words.published import cited
from reports.words.sensitivity import tells_a_way

READ_THERE = "verified"
MANY = 4  # figures from which on it is said once how most of them are known
NO_PUBLISHED = "We found no published figure, with a source, that counts the same."
Order = Callable[[Published], tuple[int | str, ...]]


ADVICE = (
    "Other people, other years and often another definition: read what each figure counts before you compare."
)


def other_studies(
    release: Release,
    analyses: Iterable[str],
    *,
    write: Callable[[Published], str] = cited,
    order: Order | None = None,
) -> Section | None:
    """Set what others published beside our answers; None where the release holds nothing published."""
    published = [p for analysis in analyses for p in release.published_for(analysis)]
    rows = sorted(published, key=order or _by_study)
    if not rows:
        return None
    return Section(
        "Beside other studies", (Paragraph(ADVICE), *citations(release, rows, write=write)), "other-studies"
    )


def others_or_none(release: Release, analysis: str) -> Section:
    """Set what others published on one analysis, or say that nothing was found."""
    none = Section("Beside other studies", (Paragraph(NO_PUBLISHED),), "other-studies")
    return other_studies(release, (analysis,)) or none


def citations(
    release: Release, rows: Sequence[Published], *, write: Callable[[Published], str] = cited
) -> tuple[Block, ...]:
    """Cite published figures, each with what it counts.

    How a figure is known is said only where it was not read in its source, and once for all where most
    are known alike.
    """
    usual = usual_mark([p.mark for p in rows])
    cited = Citations(
        tuple(
            Citation(
                write(p),
                Link(p.study, p.source_url) if p.source_url else p.study,
                _what(p),
                known(release, p.mark, usual),
            )
            for p in rows
        )
    )
    return (*usually(release, usual), cited)


def usual_mark(marks: Sequence[str]) -> str:
    """Return the mark that most of many figures have; that of having been read in its source, of a few."""
    if len(marks) < MANY:
        return READ_THERE
    mark = max(sorted(set(marks)), key=marks.count)
    return mark if marks.count(mark) > len(marks) / 2 else READ_THERE


def usually(release: Release, usual: str) -> tuple[Paragraph, ...]:
    """Say once how most figures are known; nothing where they were read in the source that is named."""
    if usual == READ_THERE:
        return ()
    label = release.label("mark", usual)
    return (Paragraph(sentence(f"Unless said otherwise: {because(label)}"), "quiet"),)


def known(release: Release, mark: str, usual: str) -> str:
    """Say how a figure is known; empty where that is the usual."""
    return "" if mark == usual else sentence(release.label("mark", mark))


def not_said(release: Release, analyses: Sequence[str]) -> Section:
    """Say what the answers do not say; under the label of each, where the page has several."""
    blocks: list[Block] = []
    for analysis in analyses:
        blocks += _label(release, analysis, analyses)
        blocks.append(Paragraph(release.analyses[analysis].not_said))
    return Section("What this does not tell you", tuple(blocks), "not-said")


def how_made(release: Release, analyses: Sequence[str]) -> Section:
    """Say what was estimated, how, and how the estimates were reached."""
    blocks: list[Block] = []
    for analysis in analyses:
        about = release.analyses[analysis]
        blocks += _label(release, analysis, analyses)
        blocks.append(Paragraph(f"What is estimated: {about.estimand}"))
        blocks.append(Paragraph(f"How: {about.method}"))
        blocks.append(_methods_table(release, release.answers_of(analysis)))
        facts = [
            f
            for f in release.facts_of(analysis)
            if not tells_a_way(f.diagnostic) and diagnostics.tells_of_estimates(f.diagnostic)
        ]
        if facts:
            blocks.append(_facts_table(release, facts))
    return Section("How it was worked out", tuple(blocks), "how-made")


def _label(release: Release, analysis: str, analyses: Sequence[str]) -> list[Block]:
    return [Subheading(release.analyses[analysis].label)] if len(analyses) > 1 else []


def data_kind(release: Release, analyses: Iterable[str]) -> DataKind:
    """Say whether the populations of analyses are synthetic, real, or some of each."""
    return release.data_kind(
        population.population for analysis in analyses for population in release.populations_of(analysis)
    )


def origin(release: Release, population: Population) -> Origin:
    """Say what data the figures of a population rest on: synthetic, or which real data."""
    titles, _ = release.origin(population.population)
    about = "" if population.synthetic else sentence(listed(titles))
    return Origin(tag(release, population), about, population.data)


def period(release: Release, population: Population) -> str:
    """Say when the data of a population were delivered: "deliveries of 2026Q2 and 2026Q3"."""
    _, quarters = release.origin(population.population)
    if not quarters:
        return f"release of {release.as_of}"
    return f"{'delivery' if len(quarters) == 1 else 'deliveries'} of {listed(quarters)}"


def _by_study(p: Published) -> tuple[str, str]:
    return p.study, p.term


def _what(p: Published) -> str:
    parts = (p.definition, p.cohort, p.time_window, people(p.n_people), p.note)
    return " ".join(sentence(part) for part in parts if part)


def _methods_table(release: Release, answers: tuple[Answer, ...]) -> Table:
    seen: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for a in answers:
        if a.standing == "given":
            kind = (a.population, a.method, plainly(a.small_sample), a.note)
            seen.setdefault(kind, {})[a.term.replace("_", " ")] = None
    who = Who(release, [name for name, *_ in seen])
    rows = tuple(
        (", ".join(terms), *who.cells(name), method, small, note or NOTHING)
        for (name, method, small, note), terms in seen.items()
    )
    return Table(
        f"Method, small-sample convention and what to mind{who.caption}",
        (
            Column("Numbers"),
            *who.columns,
            Column("Method"),
            Column("Small samples"),
            Column("To keep in mind"),
        ),
        rows,
        release.data_kind(name for name, *_ in seen),
        folded=True,
        technical=True,
    )


def _facts_table(release: Release, facts: Sequence[Fact]) -> Table:
    several = len({fact.outcome for fact in facts}) > 1
    who = Who(release, [fact.population for fact in facts])
    rows = tuple(
        (
            diagnostics.label(fact.diagnostic),
            *((release.label("civic_item", fact.outcome),) if several else ()),
            *who.cells(fact.population),
            NOT_SHOWN if fact.suppressed else diagnostics.value(fact),
            diagnostics.meaning(fact) or NOTHING,
        )
        for fact in facts
    )
    outcome = (Column("Outcome"),) if several else ()
    return Table(
        f"How the estimates were reached{who.caption}",
        (Column("Fact"), *outcome, *who.columns, Column("Value", True), Column("Meaning")),
        rows,
        release.data_kind(fact.population for fact in facts),
        folded=True,
        technical=True,
    )


class Who:
    """The column that names the population: only where a table speaks of more than one."""

    def __init__(self, release: Release, populations: Iterable[str]) -> None:
        self._labels = {name: release.populations[name].label for name in populations}
        several = len(self._labels) > 1
        self.columns = (Column("Who"),) if several else ()
        self.caption = "" if several else "".join(f": {label}" for label in self._labels.values())

    def cells(self, population: str) -> tuple[str, ...]:
        """Return the cell of a row, or none."""
        return (self._labels[population],) if self.columns else ()
