"""How the page of the kinds of programs ends: what had to hold, and how the numbers were worked out."""

from __future__ import annotations

from collections.abc import Sequence

from models.disclosure.small_cells import CONVENTION_WITHHELD
from reports.numbers import NOTHING
from reports.page import Block, Column, Paragraph, Section, Subheading, Table
from reports.pages.programs_wave import Wave, facts_download
from reports.release import Population, Release
from reports.words import programs_alike as words
from reports.words.phrases import plainly

HELD = (
    "No number was to be given where one of these conditions failed. Where one did, the place of the number "
    "says “not enough to say”, with the reason."
)
ALL_HELD = "Here all of them held, for every outcome. They are set out below."


def conditions(of: Sequence[Wave]) -> list[Block]:
    """Set what had to hold before an answer was given; nothing where the release does not tell."""
    found = [
        (said, words.limit_of(name).capitalize(), *(_held(one, name) for one in of))
        for name, (said, _) in words.CONDITIONS.items()
    ]
    rows = tuple(row for row in found if any(cell != NOTHING for cell in row[2:]))
    if not rows:
        return []
    every = all(cell.startswith("met for all") for row in rows for cell in row[2:])
    columns = (Column("Condition"), Column("Limit"), *(Column(f"{one.when} after entry") for one in of))
    return [
        Paragraph(f"{HELD} {ALL_HELD}" if every else HELD),
        Table(
            "What had to hold before an answer was given",
            columns,
            rows,
            of[0].population.data,
            folded=every,
            technical=every,
        ),
    ]


def _held(of: Wave, name: str) -> str:
    values = [v for outcome, _ in of.told if (v := of.number(outcome, f"gate_{name}")) is not None]
    if not values:
        return NOTHING
    met = sum(value == 1.0 for value in values)
    return f"met for all {met} outcomes" if met == len(values) else f"met for {met} of {len(values)} outcomes"


def how_made(release: Release, analyses: Sequence[str], populations: Sequence[Population]) -> Section:
    """Say what was estimated and how; the facts behind it stand in a file, which is too long for a page."""
    blocks: list[Block] = []
    for analysis in analyses:
        about = release.analyses[analysis]
        blocks += [
            Subheading(about.label),
            Paragraph(f"What is estimated: {about.estimand}"),
            Paragraph(f"How: {about.method}"),
        ]
    blocks += [_methods(release, analyses, population) for population in populations]
    return Section("How it was worked out", tuple(blocks), "how-made")


def _methods(release: Release, analyses: Sequence[str], population: Population) -> Table:
    """Set each method once, with the convention of its first number; the file holds all facts."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for analysis in analyses:
        for answer in release.answers_of(analysis, population=population.population):
            if answer.standing == "given" and answer.small_sample != CONVENTION_WITHHELD:
                seen.setdefault((analysis, answer.method), (answer.term, plainly(answer.small_sample)))
    rows = tuple(
        (release.analyses[analysis].label, method, small or NOTHING)
        for (analysis, method), (_, small) in seen.items()
    )
    facts = [f for analysis in analyses for f in release.facts_of(analysis, population=population.population)]
    return Table(
        f"Methods; degrees of freedom differ by number and stand in the files: {population.label}",
        (Column("Question"), Column("Method"), Column("Small samples, of the first such number")),
        rows,
        population.data,
        folded=True,
        technical=True,
        download=facts_download(f"programs-facts-{population.population}.csv", facts, release),
    )
