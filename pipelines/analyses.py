"""Which core tables each analysis reads, and how it is called: once for every population that has rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

import polars as pl

from models.civic import active_addiction_and_recovery
from models.estimate import Findings
from models.survival import first_use, return_to_prison
from models.within_person import identity_and_meaning
from pipelines.codebook.spec import Codebook

Tables = Mapping[str, pl.DataFrame]
PEOPLE: Final = "participants"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one analysis is run.

    `tables` are the core tables it reads; it runs for the populations with a row in the first of them.
    `run` gets the tables of one population as of one quarter, its name, and the codebook.
    """

    tables: tuple[str, ...]
    run: Callable[[Tables, str, Codebook], Findings]


def _w1(tables: Tables, population: str, codebook: Codebook) -> Findings:
    ceiling = codebook.variable(codebook.table("core.diary_days"), "meaningfulness").maximum
    assert ceiling is not None, "the codebook bounds the slider"
    return identity_and_meaning.analyse(tables["diary_days"], population=population, ceiling=ceiling)


def _v1(tables: Tables, population: str, codebook: Codebook) -> Findings:
    return active_addiction_and_recovery.analyse(
        tables["civic_items"], tables["assessments"], population=population
    )


def _j1(tables: Tables, population: str, codebook: Codebook) -> Findings:
    return return_to_prison.analyse(tables["justice_events"], tables["episodes"], population=population)


def _a1(tables: Tables, population: str, codebook: Codebook) -> Findings:
    return first_use.analyse(
        tables["participants"], tables["assessments"], tables["outcome_times"], population=population
    )


RECIPES: Final[Mapping[str, Recipe]] = {
    "W1": Recipe(tables=("diary_days",), run=_w1),
    "V1": Recipe(tables=("civic_items", "assessments"), run=_v1),
    "J1": Recipe(tables=("justice_events", "episodes"), run=_j1),
    "A1": Recipe(tables=("outcome_times", "participants", "assessments"), run=_a1),
}


def analyse(name: str, tables: Tables, codebook: Codebook) -> Findings:
    """Run one analysis for every population, and put what it found together.

    Parameters
    ----------
    name : str
        Such as W1.
    tables
        The core tables of its recipe and `participants`, as of one quarter, of all populations.
    codebook
        Where bounds of scales come from.

    Returns
    -------
    Findings
        Empty where no population has rows: populations are never pooled.
    """
    recipe = RECIPES[name]
    people = tables[PEOPLE].select("participant_id", "population")
    with_rows = tables[recipe.tables[0]].join(people, on="participant_id").get_column("population")
    found = []
    for population in sorted(with_rows.unique()):
        members = people.filter(pl.col("population") == population).select("participant_id")
        own = {table: tables[table].join(members, on="participant_id", how="semi") for table in recipe.tables}
        found.append(recipe.run(own, population, codebook))
    return Findings(
        analysis=name,
        estimates=tuple(chain.from_iterable(part.estimates for part in found)),
        curves=tuple(chain.from_iterable(part.curves for part in found)),
        diagnostics=tuple(chain.from_iterable(part.diagnostics for part in found)),
    )
