"""C2: what the difference between kinds of programs goes with, outcome by outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING
from reports.page import Block, Column, Download, Figure, Paragraph, Subheading, Table
from reports.pages.answers import answers_download, people_text, short_value, value_text
from reports.pages.programs_wave import HIDDEN, THROUGH, identifier, subtitle
from reports.release import Answer, Fact, Population, Release
from reports.words import programs_through as words
from reports.words.programs_compared import (
    OUTCOMES,
    WAVES,
    Outcome,
    more_or_less,
    outcome_of,
    short,
    short_range,
    whole,
)

AXIS = "Of 100: fewer left, more right"


@dataclass(frozen=True, slots=True)
class Parts:
    """The difference in one outcome with its parts, and the facts about them by name."""

    release: Release
    population: Population
    outcome: Outcome
    wave: str
    answers: Mapping[str, Answer]
    facts: Mapping[str, Fact]

    @property
    def drawn(self) -> list[Answer]:
        """The answers of the figure, in its order."""
        return [self.answers[term] for term in words.TERMS if term in self.answers]

    @property
    def told(self) -> list[Answer]:
        """The answers in words and in the table."""
        return [*self.drawn, *(self.answers[term] for term in words.ALONE if term in self.answers)]

    def number(self, name: str) -> float | None:
        """Return the value of a fact; None where it is withheld or absent."""
        fact = self.facts.get(name)
        return None if fact is None or fact.suppressed else fact.value


def through_what(release: Release, population: Population) -> list[Block]:
    """Set the parts of the difference for each outcome; nothing where the release has none."""
    told = _parts(release, population)
    if not told:
        return []
    summed = words.summary([(one.outcome, one.answers.get(words.INDIRECT)) for one in told])
    blocks: list[Block] = [Paragraph(summed, "lead")] if summed else []
    blocks += [Paragraph(words.WHAT_IS_ASKED), Paragraph(f"{words.ASSUMED} {words.ONE_BY_ONE}")]
    for one in told:
        blocks += _outcome(one, drawn=one is told[0])
    return blocks


def _parts(release: Release, population: Population) -> list[Parts]:
    answers: dict[str, dict[str, Answer]] = {}
    for answer in release.answers_of(THROUGH, population=population.population):
        answers.setdefault(answer.outcome, {})[answer.term] = answer
    facts: dict[str, dict[str, Fact]] = {}
    for fact in release.facts_of(THROUGH, population=population.population):
        facts.setdefault(fact.outcome, {})[fact.diagnostic] = fact
    found = {code: about for code in answers if (about := outcome_of(code)) is not None}
    return [
        Parts(release, population, *about, answers[code], facts.get(code, {}))
        for code, about in sorted(found.items(), key=lambda one: OUTCOMES.index(one[1][0]))
    ]


def _outcome(of: Parts, *, drawn: bool) -> list[Block]:
    """Say and set the parts for one outcome; the first of them is drawn, the others are tables."""
    total = of.answers.get(words.TOTAL)
    said = [words.in_all(of.outcome, of.wave, total)] if total is not None else []
    said.append(words.share(of.outcome, of.answers.get(words.SHARE)))
    said.append(
        words.hidden(
            of.outcome,
            of.number(f"confounding_to_cancel_{words.INDIRECT}"),
            of.number(f"confounding_to_reach_zero_{words.INDIRECT}"),
        )
    )
    blocks: list[Block] = [Subheading(of.outcome.label)]
    if whole := " ".join(text for text in said if text):
        blocks.append(Paragraph(whole))
    if not of.drawn:
        return blocks
    return [*blocks, _figure(of) if drawn else _table(of, _download(of))]


def _figure(of: Parts) -> Figure:
    series = style.first("This report")
    outcome, drawn = of.outcome, of.drawn
    rows = tuple(Row(_label(outcome, a), (_dot(outcome, a, series),)) for a in drawn)
    values = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    name = identifier(f"programs-through-{outcome.code}", of.population)
    count = next((a.n_people for a in drawn if a.n_people is not None), None)
    what = (
        f"Difference in {outcome.many} {WAVES[of.wave]} after entry, social less clinical programs, in parts"
    )
    return Figure(
        identifier=name,
        headline=words.headline(outcome, of.answers),
        subtitle=subtitle(of.release, of.population, what, count),
        chart=DotChart(rows, axes.plain(AXIS, values), reference=0.0, together=True),
        alternative=(
            f"{outcome.label}, people of social programs less people like them of clinical programs:",
            *(words.part(outcome, a) for a in of.told),
        ),
        caption=f"{words.HOW_TO_READ} {'Fewer' if outcome.fewer else 'More'} is better.",
        table=_table(of),
        download=_download(of),
        data=of.population.data,
    )


def _label(outcome: Outcome, answer: Answer) -> str:
    name = words.TERMS[answer.term]
    return name if answer.estimate is None else f"{name}: {whole(outcome, answer.estimate)}"


def _dot(outcome: Outcome, answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    low, high = (None if v is None else 100 * v for v in (answer.ci_low, answer.ci_high))
    return Dot(series, 100 * answer.estimate, low, high, more_or_less(outcome, answer.estimate))


def _download(of: Parts) -> Download:
    name = identifier(f"programs-through-{of.outcome.code}", of.population)
    return answers_download(f"{name}.csv", of.answers.values(), of.release)


def _table(of: Parts, download: Download | None = None) -> Table:
    """Set the parts; without a file of its own behind a figure, which has one and says the same on paper."""
    ways = [way for way in words.WAYS if any(f"sensitivity_{a.term}_{way}" in of.facts for a in of.told)]
    alone = download is not None  # the words above it give its people
    told = "Estimate and range" if alone else "Estimate"
    columns = (Column(told, True), *(() if alone else (Column("Range", True), Column("People", True))))
    return Table(
        f"The difference in {of.outcome.many} {WAVES[of.wave]} after entry and its parts, in people of "
        "every 100",
        (Column("Part"), *columns, *(Column(words.WAYS[way], True) for way in ways)),
        tuple(
            (
                {**words.TERMS, **words.ALONE}[a.term],
                *((_with_range(of.outcome, a),) if alone else _apart(of.outcome, a)),
                *(_otherwise(of.outcome, of.facts.get(f"sensitivity_{a.term}_{way}")) for way in ways),
            )
            for a in of.told
        ),
        of.population.data,
        technical=not alone,
        download=download,
    )


def _apart(outcome: Outcome, answer: Answer) -> tuple[str, str, str]:
    ends = short_range(outcome, answer.ci_low, answer.ci_high)
    return value_text(answer, partial(whole, outcome)), ends, people_text(answer)


def _with_range(outcome: Outcome, answer: Answer) -> str:
    if answer.standing != "given" or answer.estimate is None:
        return value_text(answer)
    return f"{short(outcome, answer.estimate)} ({short_range(outcome, answer.ci_low, answer.ci_high)})"


def _otherwise(outcome: Outcome, fact: Fact | None) -> str:
    if fact is None:
        return NOTHING
    if fact.value is None:
        return HIDDEN if fact.suppressed else "not enough to say"
    ends = "range not shown" if fact.limits is None else short_range(outcome, *fact.limits)
    return f"{short(outcome, fact.value)} ({ends})"
