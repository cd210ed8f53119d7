"""The same numbers worked out in other ways, as a table: a way a row, a number a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.numbers import NOTHING, interval
from reports.page import Block, Column, Paragraph, Subheading, Table
from reports.pages.answers import with_interval
from reports.release import Answer, Fact, Population, Release
from reports.words import sensitivity as words
from reports.words.phrases import CANNOT_SAY, NOT_SHOWN
from reports.words.slopes import points


def worked_out_otherwise(
    release: Release,
    population: Population,
    answers: Sequence[Answer],
    *,
    labels: Mapping[str, str],
    caption: str,
    explained: bool = False,
) -> tuple[Block, ...]:
    """Set the answers of one analysis beside the same numbers worked out otherwise; nothing if none are.

    `explained` leaves out why that is done, where a page has said it before.
    """
    found = {
        words.parts(fact.diagnostic): fact
        for answer in answers[:1]
        for fact in release.facts_of(answer.analysis, population=population.population)
        if words.tells_a_way(fact.diagnostic) and fact.outcome == answer.outcome
    }
    chosen = [a for a in answers if any(term == a.term for term, _ in found)]
    ways = [way for way in words.WAYS if any((a.term, way) in found for a in chosen)]
    if not ways:
        return ()
    rows = [(words.AS_ABOVE, *(with_interval(a, points) for a in chosen))]
    rows += [(words.WAYS[way].label, *(_cell(found.get((a.term, way)), way) for a in chosen)) for way in ways]
    columns = (Column("Worked out"), *(Column(labels[a.term], True) for a in chosen))
    return (
        Subheading("Worked out in other ways"),
        *(() if explained else (Paragraph(_why(ways)),)),
        *(Paragraph(said) for said in _verdicts(chosen, found, labels)),
        Table(caption, columns, tuple(rows), population.data),
    )


def _verdicts(
    answers: Sequence[Answer], found: Mapping[tuple[str, str], Fact], labels: Mapping[str, str]
) -> list[str]:
    """Conclude for each number, from all of its ways that give one with a range."""
    said = []
    for a in answers:
        if a.estimate is None or a.ci_low is None or a.ci_high is None:
            continue
        told = [
            words.Told(way, fact.value, *ends)
            for way in words.WAYS
            if (fact := found.get((a.term, way))) is not None
            and fact.value is not None
            and (ends := words.limits(fact.detail)) is not None
        ]
        if told:
            above = words.Told("", a.estimate, a.ci_low, a.ci_high)
            said.append(words.verdict(labels[a.term], above, told))
    return said


def _why(ways: Sequence[str]) -> str:
    ends = any(words.WAYS[way].ignores_the_ends for way in ways)
    return f"{words.WHY} {words.AT_THE_ENDS}" if ends else words.WHY


def _cell(fact: Fact | None, way: str) -> str:
    if fact is None:
        return NOTHING
    if fact.value is None:
        return NOT_SHOWN if fact.suppressed else CANNOT_SAY
    said = words.write(way, fact.value)
    ends = words.limits(fact.detail)
    return f"{said} ({interval(*ends, lambda slope: words.write(way, slope))})" if ends else said
