"""Numbers of any unit worked out in other ways, as a table: a way a row, a number a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from models.fitness import NOT_ENOUGH
from reports.numbers import NOTHING, interval
from reports.page import Block, Column, Download, Paragraph, Subheading, Table
from reports.pages.answers import data_kind, with_interval
from reports.release import Answer, Fact, Population, Release
from reports.words.other_ways import WHY, Told, verdict
from reports.words.phrases import NOT_SHOWN
from reports.words.sensitivity import SENSITIVITY

Writer = Callable[[float], str]


def other_ways(
    release: Release,
    population: Population,
    answers: Sequence[Answer],
    *,
    ways: Mapping[str, str],
    labels: Mapping[str, str],
    write: Writer,
    none: float | None,
    caption: str,
    name: str,
    known_off: Sequence[str] = (),
) -> tuple[Block, ...]:
    """Set answers of one outcome beside the same numbers worked out otherwise; nothing if none are.

    `ways` names the ways by what follows a term in `sensitivity_<term>_<way>`; `labels` the terms; `none` is
    the value that means no difference. The file `name` holds the numbers and their ranges. `known_off` are
    ways that the table shows and nothing is concluded from.
    """
    if not answers:
        return ()
    found = _found(release, population, answers, ways)
    chosen = [a for a in answers if any(term == a.term for term, _ in found)]
    shown = [way for way in ways if any((a.term, way) in found for a in chosen)]
    if not shown:
        return ()
    kept = {key: fact for key, fact in found.items() if key[1] not in known_off}
    rows = [("As above", *(with_interval(a, write) for a in chosen))]
    rows += [(ways[way], *(_cell(found.get((a.term, way)), write) for a in chosen)) for way in shown]
    return (
        Subheading("Worked out in other ways"),
        Paragraph(WHY),
        *(Paragraph(said) for said in _verdicts(chosen, kept, labels, write, none)),
        Table(
            caption,
            (Column("Worked out"), *(Column(labels[a.term], True) for a in chosen)),
            tuple(rows),
            population.data,
            download=_download(f"{name}-{population.population}.csv", release, chosen, found, ways),
        ),
    )


def _found(
    release: Release, population: Population, answers: Sequence[Answer], ways: Mapping[str, str]
) -> dict[tuple[str, str], Fact]:
    facts = {
        fact.diagnostic: fact
        for fact in release.facts_of(answers[0].analysis, population=population.population)
        if fact.outcome == answers[0].outcome
    }
    return {
        (a.term, way): fact
        for a in answers
        for way in ways
        if (fact := facts.get(f"{SENSITIVITY}{a.term}_{way}")) is not None
    }


def _verdicts(
    answers: Sequence[Answer],
    found: Mapping[tuple[str, str], Fact],
    labels: Mapping[str, str],
    write: Writer,
    none: float | None,
) -> list[str]:
    said = []
    for a in answers:
        if a.estimate is None:
            continue
        told = [
            Told(fact.value, fact.ci_low, fact.ci_high)
            for (term, _), fact in found.items()
            if term == a.term and fact.value is not None
        ]
        if told:
            said.append(verdict(labels[a.term], [Told(a.estimate, a.ci_low, a.ci_high), *told], write, none))
    return said


def _cell(fact: Fact | None, write: Writer) -> str:
    if fact is None:
        return NOTHING
    if fact.value is None:
        return NOT_SHOWN if fact.suppressed else NOT_ENOUGH
    ends = interval(fact.ci_low, fact.ci_high, write)
    return f"{write(fact.value)} ({ends})" if ends != NOTHING else write(fact.value)


def _download(
    name: str,
    release: Release,
    answers: Sequence[Answer],
    found: Mapping[tuple[str, str], Fact],
    ways: Mapping[str, str],
) -> Download:
    """Give every number of the table as it stands in the release, with its range and its people."""
    rows: list[dict[str, object]] = []
    for a in answers:
        told: list[tuple[str, str, float | None, Answer | Fact]] = [("headline", "As above", a.estimate, a)]
        told += [
            (way, ways[way], fact.value, fact)
            for way in ways
            if (fact := found.get((a.term, way))) is not None
        ]
        rows += [
            {
                "analysis": a.analysis, "outcome": a.outcome, "term": a.term, "way": way,
                "worked_out": label, "population": a.population, "as_of": a.as_of, "value": value,
                "ci_low": one.ci_low, "ci_high": one.ci_high, "scale": a.scale, "n_people": one.n_people,
                "suppressed": one.suppressed,
            }
            for way, label, value, one in told
        ]  # fmt: skip
    kind = data_kind(release, answers[0].population)
    return Download(name, pl.DataFrame([row | kind for row in rows], infer_schema_length=None))
