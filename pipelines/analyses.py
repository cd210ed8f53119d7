"""Analyses of one quarter: once for every population that has rows, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import polars as pl

from models.estimate import Findings
from pipelines.asked import ORIGINS, PEOPLE, PERSON, PROGRAMS, Asked, Tables
from pipelines.codebook.spec import Codebook
from pipelines.recipes import RECIPES, TOGETHER


def run_together() -> tuple[tuple[str, ...], ...]:
    """Return the names of all analyses, those that share work in one group."""
    shared = set(chain.from_iterable(TOGETHER))
    return (*TOGETHER, *((name,) for name in RECIPES if name not in shared))


def asked_of(name: str, tables: Tables, codebook: Codebook, *, quarter: str) -> tuple[Asked, ...]:
    """Cut the tables to each population with rows for an analysis: populations are never pooled.

    Parameters
    ----------
    name : str
        Such as W1.
    tables
        The tables that its recipe reads, as of one quarter, of all populations.
    codebook
        Where bounds of scales come from.
    quarter : str
        That quarter, such as 2026Q3.
    """
    recipe = RECIPES[name]
    people = tables[PEOPLE].select("participant_id", "population")
    first = tables[recipe.tables[0]]
    first = first if recipe.where is None else first.filter(recipe.where)
    with_rows = first.join(people, left_on=_person(recipe.tables[0]), right_on="participant_id").get_column(
        "population"
    )
    found = []
    for population in sorted(with_rows.unique()):
        members = people.filter(pl.col("population") == population).select("participant_id")
        own = {
            table: tables[table]
            if table == PROGRAMS
            else tables[table].join(members, how="semi", left_on=_person(table), right_on="participant_id")
            for table in (*recipe.reads, *((ORIGINS,) if recipe.origins else ()))
        }
        found.append(Asked(tables=own, population=population, quarter=quarter, codebook=codebook))
    return tuple(found)


def _person(table: str) -> str:
    """Name the column that says whose a row is."""
    return PERSON.get(table, "participant_id")


def analyse(name: str, asked: Sequence[Asked]) -> Findings:
    """Run one analysis for each population of `asked_of`, and put what it found together."""
    found = [RECIPES[name].run(one) for one in asked]
    return Findings(
        analysis=name,
        estimates=tuple(chain.from_iterable(part.estimates for part in found)),
        curves=tuple(chain.from_iterable(part.curves for part in found)),
        diagnostics=tuple(chain.from_iterable(part.diagnostics for part in found)),
    )
