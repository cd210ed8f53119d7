"""What the report knows: one release, opened read-only and read once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import duckdb
import polars as pl

DataKind = Literal["synthetic", "mixed", "real"]
Standing = Literal["given", "refused", "suppressed"]

READ = {
    "estimates": "results.estimates",
    "curves": "results.curves",
    "diagnostics": "results.diagnostics",
    "published": "reference.published_estimates",
    "norms": "reference.population_norms",
    "variables": "catalog.variables",
    "analyses": "catalog.analyses",
    "populations": "catalog.populations",
    "sources": "catalog.sources",
    "refusals": "catalog.refusals",
    "checks": "catalog.checks",
    "releases": "catalog.releases",
}
# Whose people have stays in a program of the release: the populations that the report is about.
HERE = """
    SELECT DISTINCT population FROM core.participants JOIN core.episodes USING (participant_id)
"""


class ReleaseError(ValueError):
    """The file is no release that a report can be built from; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of `results.estimates`. A suppressed row carries no number, whatever the file held."""

    analysis: str
    outcome: str
    term: str
    population: str
    as_of: str
    estimate: float | None
    std_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    df: float | None
    n_people: int | None
    n_rows: int | None
    n_events: int | None
    method: str
    scale: str
    small_sample: str
    note: str
    suppressed: bool

    @property
    def standing(self) -> Standing:
        """Whether there is a number, a reason instead of one, or a number withheld."""
        if self.suppressed:
            return "suppressed"
        return "refused" if self.estimate is None else "given"


@dataclass(frozen=True, slots=True)
class Point:
    """One row of `results.curves`."""

    analysis: str
    outcome: str
    curve: str
    population: str
    as_of: str
    x: float
    x_unit: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    n_at_risk: int | None
    n_events: int | None
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of `results.diagnostics`: how an estimate was reached."""

    analysis: str
    outcome: str
    diagnostic: str
    population: str
    as_of: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    detail: str
    n_people: int | None
    suppressed: bool

    @property
    def limits(self) -> tuple[float, float] | None:
        """The interval around its value; None where it has none, or it is withheld."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_low, self.ci_high)


@dataclass(frozen=True, slots=True)
class Published:
    """One row of `reference.published_estimates`: a figure of somebody else's study."""

    benchmark_id: str
    analysis: str
    outcome: str
    term: str
    study: str
    value: float | None
    value_is: str | None
    std_error: float | None
    scale: str
    n_people: int | None
    cohort: str | None
    time_window: str | None
    definition: str | None
    mark: str
    source_url: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Norm:
    """One row of `reference.population_norms`: how common something is in the general population."""

    norm_id: str
    measure: str
    value: float
    scale: str
    study: str
    year: int | None
    mark: str
    source_url: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """One row of `catalog.analyses`."""

    analysis: str
    label: str
    question: str
    estimand: str
    method: str
    not_said: str


@dataclass(frozen=True, slots=True)
class Population:
    """One row of `catalog.populations`."""

    population: str
    label: str
    synthetic: bool
    n_people: int | None

    @property
    def data(self) -> DataKind:
        """What its figures rest on."""
        return "synthetic" if self.synthetic else "real"


_Row = TypeVar("_Row", Answer, Point, Fact, Published, Norm, Analysis, Population)
Result = Answer | Point | Fact
_NUMBERS = {
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
    "df",
    "n_people",
    "n_rows",
    "n_events",
    "value",
    "n_at_risk",
}


@dataclass(frozen=True, slots=True)
class Release:
    """All that a page may ask for. Results are those of the latest quarter up to the release's own."""

    release_id: str
    as_of: str
    released_at: str
    content_hash: str
    schema_version: str
    code_version: str
    small_cell_maximum: int
    left_out: str
    terms: str
    answers: tuple[Answer, ...]
    points: tuple[Point, ...]
    facts: tuple[Fact, ...]
    published: tuple[Published, ...]
    norms: tuple[Norm, ...]
    analyses: dict[str, Analysis]
    populations: dict[str, Population]
    labels: dict[str, dict[str, str]]
    here: frozenset[str]
    sources: pl.DataFrame
    refusals: pl.DataFrame
    checks: pl.DataFrame

    def answers_of(
        self,
        analysis: str,
        *,
        population: str | None = None,
        term: str | None = None,
        outcome: str | None = None,
    ) -> tuple[Answer, ...]:
        """Return the answers of an analysis that match what is given, in the order of the release."""
        return tuple(
            a
            for a in self.answers
            if a.analysis == analysis
            and population in (None, a.population)
            and term in (None, a.term)
            and outcome in (None, a.outcome)
        )

    def curve(self, analysis: str, population: str) -> tuple[Point, ...]:
        """Return the curves of an analysis for one population, by curve and x."""
        mine = (p for p in self.points if p.analysis == analysis and p.population == population)
        return tuple(sorted(mine, key=lambda p: (p.outcome, p.curve, p.x)))

    def facts_of(self, analysis: str, *, population: str | None = None) -> tuple[Fact, ...]:
        """Return the diagnostics of an analysis, of one population where it is named."""
        return tuple(f for f in self.facts if f.analysis == analysis and population in (None, f.population))

    def fact(self, analysis: str, diagnostic: str, population: str) -> Fact | None:
        """Return one diagnostic; None where the release has none, or withholds its value."""
        return next(
            (
                f
                for f in self.facts_of(analysis, population=population)
                if f.diagnostic == diagnostic and f.value is not None
            ),
            None,
        )

    def published_for(self, analysis: str) -> tuple[Published, ...]:
        """Return what others published on the question of an analysis."""
        return tuple(p for p in self.published if p.analysis == analysis)

    def populations_of(self, analysis: str) -> tuple[Population, ...]:
        """Return the populations that an analysis answered for, real data after synthetic, then by name."""
        names = {a.population for a in self.answers if a.analysis == analysis}
        found = [self.populations[name] for name in names]
        return tuple(sorted(found, key=lambda p: (not p.synthetic, p.population)))

    def data_kind(self, populations: Iterable[str] | None = None) -> DataKind:
        """Say whether these populations (or all) are synthetic, real, or some of each."""
        names = self.populations if populations is None else populations
        return kind_of(self.populations[name].synthetic for name in names)

    def origin(self, population: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the titles of a population's sources, and the quarters in which they were delivered."""
        mine = self.sources.filter(pl.col("population") == population)
        titles, quarters = (
            mine["title"].unique(maintain_order=True),
            mine["delivered_quarter"].unique().sort(),
        )
        return tuple(titles), tuple(quarters)

    def label(self, variable: str, code: str) -> str:
        """Return the codebook's label of a category; the code in plain words where it has none."""
        return self.labels.get(variable, {}).get(code) or code.replace("_", " ")


def kind_of(synthetic: Iterable[bool]) -> DataKind:
    """Say what rests on data of which each is synthetic or not."""
    kinds = set(synthetic)
    return "mixed" if len(kinds) > 1 else "synthetic" if kinds == {True} else "real"


def read_release(warehouse: Path) -> Release:
    """Read a released warehouse.

    Parameters
    ----------
    warehouse
        Path of `warehouse.duckdb`; opened read-only and closed again.

    Raises
    ------
    ReleaseError
        No such file, a table of the contract missing, no row in `catalog.releases`, or a result that
        speaks for an analysis or a population that the catalog does not list.
    """
    if not warehouse.is_file():
        raise ReleaseError(f"no release at {warehouse.name}: run `recovery-outcomes refresh` first")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        there = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables()"
            ).fetchall()
        }
        if absent := sorted({*READ.values(), "core.participants", "core.episodes"} - there):
            raise ReleaseError(f"{warehouse.name} lacks {', '.join(absent)}: build the release again")
        frames = {name: connection.sql(f"SELECT * FROM {table}").pl() for name, table in READ.items()}
        here = frozenset(name for (name,) in connection.execute(HERE).fetchall())
    if frames["releases"].is_empty():
        raise ReleaseError(f"{warehouse.name} has no row in catalog.releases: build the release again")
    return _compose(frames, here)


def _compose(frames: dict[str, pl.DataFrame], here: frozenset[str]) -> Release:
    row = frames["releases"].sort("released_at").row(-1, named=True)
    as_of = str(row["as_of"])
    answers = _rows(Answer, _current(frames["estimates"], as_of))
    points = _rows(Point, _current(frames["curves"], as_of))
    facts = _rows(Fact, _current(frames["diagnostics"], as_of))
    analyses = {a.analysis: a for a in _rows(Analysis, frames["analyses"])}
    populations = {p.population: p for p in _rows(Population, frames["populations"])}
    results: tuple[Result, ...] = (*answers, *points, *facts)
    for result in results:
        if result.analysis not in analyses or result.population not in populations:
            raise ReleaseError(
                f"results speak for {result.analysis} of {result.population}, which the catalog does not list"
            )
    return Release(
        release_id=str(row["release_id"]),
        as_of=as_of,
        released_at=str(row["released_at"]),
        content_hash=str(row["content_hash"]),
        schema_version=str(row["schema_version"]),
        code_version=str(row["code_version"]),
        small_cell_maximum=int(row["small_cell_maximum"]),
        left_out=str(row["left_out"] or ""),
        terms=str(row.get("terms") or ""),
        answers=answers,
        points=points,
        facts=facts,
        published=_rows(Published, frames["published"]),
        norms=_rows(Norm, frames["norms"]),
        analyses=analyses,
        populations=populations,
        labels=_labels(frames["variables"]),
        here=here,
        sources=frames["sources"],
        refusals=frames["refusals"],
        checks=frames["checks"],
    )


def _current(frame: pl.DataFrame, as_of: str) -> pl.DataFrame:
    """Keep, for each analysis and population, the rows of its latest quarter up to `as_of`."""
    known = frame.filter(pl.col("as_of") <= as_of)
    return known.filter(pl.col("as_of") == pl.col("as_of").max().over("analysis", "population"))


def _rows(shape: type[_Row], frame: pl.DataFrame) -> tuple[_Row, ...]:
    names = [field.name for field in fields(shape)]
    return tuple(shape(**_withheld({name: row.get(name) for name in names})) for row in frame.to_dicts())


def _withheld(row: dict[str, Any]) -> dict[str, Any]:
    """Empty every number of a suppressed row, should the release hold one; a second lock on the door."""
    if "suppressed" not in row:
        return row
    row["suppressed"] = bool(row["suppressed"])
    for text in ("note", "detail", "method", "scale", "small_sample"):
        if text in row and row[text] is None:
            row[text] = ""
    if row["suppressed"]:
        row |= dict.fromkeys(_NUMBERS & row.keys())
        row |= dict.fromkeys({"detail", "note"} & row.keys(), "")
    return row


def _labels(variables: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Map each category variable to the labels of its codes (`permitted_values` is JSON, code to label)."""
    labels: dict[str, dict[str, str]] = {}
    for row in variables.filter(pl.col("permitted_values").is_not_null()).to_dicts():
        labels[row["variable_name"]] = json.loads(row["permitted_values"])
    return labels
