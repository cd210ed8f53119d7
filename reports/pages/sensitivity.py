"""The same numbers worked out in other ways, as a table: a way a row, a number a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from reports.numbers import NOTHING, interval
from reports.page import Block, Column, Download, Paragraph, Subheading, Table
from reports.pages.answers import data_kind, with_interval
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
    name: str,
    explained: bool = False,
) -> tuple[Block, ...]:
    """Set the answers of one analysis beside the same numbers worked out otherwise; nothing if none are.

    The file `name` holds all of them, those of terms that the table leaves out, too. `explained` leaves out
    why that is done, where a page has said it before.
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
        Table(
            caption,
            columns,
            tuple(rows),
            population.data,
            download=_download(f"{name}-{population.population}.csv", release, answers[0], found),
        ),
    )


def _download(name: str, release: Release, about: Answer, found: Mapping[tuple[str, str], Fact]) -> Download:
    """Give every number of an analysis and outcome in every way, as it stands in the release."""
    kind = data_kind(release, about.population)
    own = {
        a.term: a
        for a in release.answers_of(about.analysis, population=about.population, outcome=about.outcome)
    }
    rows = []
    for term in dict.fromkeys(term for term, _ in found):
        told = [(way, fact) for (of, way), fact in found.items() if of == term]
        scale = own[term].scale if term in own else ""
        if a := own.get(term):
            rows.append(
                _row(a, term, words.HEADLINE, words.AS_ABOVE, a.scale)
                | {"value": a.estimate, "detail": a.method}
            )
        rows += [
            _row(fact, term, way, words.WAYS[way].label, words.scale_of(way, scale))
            | {"value": fact.value, "detail": fact.detail}
            for way, fact in told
            if way
        ]
    return Download(name, pl.DataFrame([row | kind for row in rows], infer_schema_length=None))


def _row(said: Answer | Fact, term: str, way: str, label: str, scale: str) -> dict[str, object]:
    """Return the columns that a number of the page and one worked out otherwise share."""
    return {
        "analysis": said.analysis, "outcome": said.outcome, "term": term, "way": way, "worked_out": label,
        "population": said.population, "as_of": said.as_of, "value": None, "ci_low": said.ci_low,
        "ci_high": said.ci_high, "scale": scale, "n_people": said.n_people, "detail": "",
        "suppressed": said.suppressed,
    }  # fmt: skip


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
            and (ends := fact.limits) is not None
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
    ends = fact.limits
    return f"{said} ({interval(*ends, lambda slope: words.write(way, slope))})" if ends else said
