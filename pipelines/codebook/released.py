"""What of the codebook reaches the researchers, and the facts of one release.

Every consumer of the release (DDL, data package, page, catalog) asks here, so that they agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.codebook.spec import Codebook, ForeignKey, Table, Variable

QUARTER_COLUMN = "delivered_quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """One source of a release, as its declaration names it."""

    source: str
    population: str
    title: str
    producer: str
    licence: str
    synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What is said of one release wherever it is described; the columns of `catalog.releases`.

    `as_of` is a quarter label (`2026Q3`); `released_at` is in UTC. `contains_synthetic` is true where any
    population is synthetic; others may be real. Counts of 1 to `small_cell_maximum` people are withheld.
    `left_out` names what this release lacks, and why. `sources` are those that it holds.
    """

    release_id: str
    as_of: str
    released_at: datetime
    content_hash: str
    code_version: str
    contains_synthetic: bool
    small_cell_maximum: int
    left_out: tuple[str, ...] = ()
    sources: tuple[SourceFacts, ...] = ()


def released_tables(codebook: Codebook) -> list[Table]:
    """Return the tables that researchers get, in the codebook's order."""
    return [table for table in codebook.tables.values() if table.released]


def released_variables(codebook: Codebook, table: Table) -> list[Variable]:
    """Return the variables of a table that researchers get, in its order.

    A released table is as of one quarter, so a partitioned table loses `delivered_quarter`; `source`
    stays. Only public variables are released. The description of each says how the release rounds it.

    Raises
    ------
    ValueError
        The table is not released, or its key would lose a column.
    """
    if not table.released:
        raise ValueError(f"[{table.full_name}] is not a released table")
    kept = [
        variable.model_copy(
            update={
                "description": " ".join([variable.description, *_rounding(variable)]),
                "unit": None if variable.values else variable.unit,  # of the number before it was banded
            }
        )
        for variable in codebook.variables_of(table)
        if variable.sensitivity == "public" and not (table.partitioned and variable.name == QUARTER_COLUMN)
    ]
    names = {variable.name for variable in kept}
    if lost := [name for name in table.primary_key if name not in names]:
        raise ValueError(f"[{table.full_name}] is released, but its key columns {lost} may not be")
    return kept


def table_description(codebook: Codebook, table: Table, *, released: bool) -> str:
    """Return what is said of a table; in the release, with the terms of use where it repeats them."""
    return f"{table.description} {codebook.terms}" if released and table.repeats_terms else table.description


def _rounding(variable: Variable) -> list[str]:
    if variable.release_step is not None:
        return [
            f"In the release it is rounded down to a multiple of {variable.release_step:g} for people whose "
            f"day 0 is a calendar date; results rest on the exact number."
        ]
    if variable.release_decimals is not None:
        places = "1 decimal" if variable.release_decimals == 1 else f"{variable.release_decimals} decimals"
        return [f"In the release it is rounded to {places}."]
    return []


def variables(codebook: Codebook, table: Table, *, released: bool) -> list[Variable]:
    """Return the variables of the working table, or those of the released one."""
    return released_variables(codebook, table) if released else codebook.variables_of(table)


def primary_key(table: Table, *, released: bool) -> list[str]:
    """Return the key columns: in the working database a partitioned key is unique per delivery."""
    if table.partitioned and not released and QUARTER_COLUMN not in table.primary_key:
        return [*table.primary_key, QUARTER_COLUMN]
    return list(table.primary_key)


def not_null(codebook: Codebook, table: Table, *, released: bool) -> list[str]:
    """Return the columns that may not be null: the key and the required ones, in table order.

    In the release a quasi-identifying value held by too few people is withheld, so outside the key such a
    column may be null there although the working table requires it.
    """
    key = primary_key(table, released=released)
    return [
        variable.name
        for variable in variables(codebook, table, released=released)
        if variable.name in key
        or (variable.name in table.required and not (released and variable.quasi_identifying))
    ]


def foreign_table(codebook: Codebook, foreign: ForeignKey) -> Table:
    """Return the table that a foreign key points to; a name without a schema is a core table."""
    return codebook.table(foreign.table if "." in foreign.table else f"core.{foreign.table}")
