"""Answers as tables and as files: the same rows a figure draws, with the reason where there is no number."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from models.disclosure.nested_counts import COUNTS_WITHHELD
from reports import numbers
from reports.page import Column, Download, Table
from reports.release import Answer, DataKind, Fact, Point, Published, Release
from reports.words.phrases import DATA_KINDS, NOT_SHOWN, PUBLISHED, held_back, in_table, sentence
from reports.words.published import interval

Writer = Callable[[float], str]


def value_text(answer: Answer, write: Writer | None = None) -> str:
    """Write an estimate for a table or a label, or say why there is none."""
    if answer.standing == "suppressed":
        return NOT_SHOWN
    if answer.estimate is None:
        return in_table(answer)
    return (write or numbers.writer(answer.scale))(answer.estimate)


def with_interval(answer: Answer, write: Writer | None = None) -> str:
    """Write an estimate and its interval in one cell: "77% (71% to 81%)"."""
    write = write or numbers.writer(answer.scale)
    said = value_text(answer, write)
    if answer.standing != "given" or (answer.ci_low is None and answer.ci_high is None):
        return said
    return f"{said} ({numbers.interval(answer.ci_low, answer.ci_high, write)})"


def people_text(answer: Answer) -> str:
    """Write the people of an answer for a table; a count that privacy keeps back is said to be withheld."""
    if answer.n_people is None and COUNTS_WITHHELD in answer.note:
        return "withheld"
    return numbers.count(answer.n_people)


def short_value(answer: Answer) -> str:
    """Say in a few words, for a chart, why there is no number."""
    if answer.standing == "suppressed":
        return "kept private"
    return "not enough to say" if held_back(answer) else "we cannot say yet"


def answers_table(
    answers: Iterable[Answer],
    *,
    caption: str,
    heading: str,
    label: Callable[[Answer], str],
    data: DataKind,
    write: Writer | None = None,
) -> Table:
    """Set answers as a table: what, estimate, range, people."""
    rows = tuple(
        (
            label(a),
            value_text(a, write),
            numbers.interval(a.ci_low, a.ci_high, write or numbers.writer(a.scale)),
            people_text(a),
        )
        for a in answers
    )
    columns = (Column(heading), Column("Estimate", True), Column("Range", True), Column("People", True))
    return Table(caption, columns, rows, data)


def answers_download(
    name: str,
    answers: Iterable[Answer],
    release: Release,
    published: Iterable[Published] = (),
    facts: Iterable[Fact] = (),
) -> Download:
    """Give the rows of answers as they stand in the release, with what kind of data they rest on.

    `published` are the figures of others that the chart shows beside them, `facts` the diagnostics that it
    shows.
    """
    fields = (
        "analysis",
        "outcome",
        "term",
        "population",
        "as_of",
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "p_value",
        "df",
        "scale",
        "n_people",
        "n_rows",
        "n_events",
        "method",
        "small_sample",
        "note",
        "suppressed",
    )
    rows = [
        {field: getattr(a, field) for field in fields} | data_kind(release, a.population) for a in answers
    ]
    rows += [_fact_row(f, fields) | data_kind(release, f.population) for f in facts]
    rows += [_published_row(p, fields) for p in published]
    return Download(name, pl.DataFrame(rows, infer_schema_length=None))


def curve_download(name: str, points: Iterable[Point], release: Release) -> Download:
    """Give the points of curves as they stand in the release, with what kind of data they rest on."""
    fields = (
        "analysis",
        "outcome",
        "curve",
        "population",
        "as_of",
        "x",
        "x_unit",
        "estimate",
        "ci_low",
        "ci_high",
        "n_at_risk",
        "n_events",
        "suppressed",
    )
    rows = [{field: getattr(p, field) for field in fields} | data_kind(release, p.population) for p in points]
    return Download(name, pl.DataFrame(rows, infer_schema_length=None))


def data_kind(release: Release, population: str) -> dict[str, str]:
    """Name the kind of data, as the last column of a download."""
    return {"data": DATA_KINDS[release.populations[population].data]}


def _fact_row(fact: Fact, fields: Iterable[str]) -> dict[str, object]:
    """Set a diagnostic in the columns of our answers, by its name as the term."""
    known = {field: getattr(fact, field) for field in fields if hasattr(fact, field)}
    empty: dict[str, object] = dict.fromkeys(fields)
    return empty | known | {"term": fact.diagnostic, "estimate": fact.value, "note": fact.detail}


def _published_row(p: Published, fields: Iterable[str]) -> dict[str, object]:
    """Set a published figure in the columns of our answers; its range is worked out from its error."""
    low, high = interval(p)
    known = {
        "analysis": p.analysis,
        "outcome": p.outcome,
        "term": p.term,
        "estimate": p.value,
        "ci_low": low,
        "ci_high": high,
        "scale": p.scale,
        "n_people": p.n_people,
        "note": " ".join(sentence(text) for text in (p.cohort, p.definition, p.note) if text),
    }
    empty: dict[str, object] = dict.fromkeys(fields)
    return empty | known | {"data": PUBLISHED, "study": p.study, "source_url": p.source_url}
