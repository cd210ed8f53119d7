"""People stand where their identifiers stand: no analysis hangs on which random ids were drawn.

Where an analysis draws (imputation, folds, resampling, networks) it draws person by person, in the order of
their ids. In the order of random ids the same extracts would give two sites, or one site that begins anew,
two answers.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.cleaning.feed import id_variable
from pipelines.codebook.spec import Codebook

PLACE = "place"


def places(crosswalk: pl.DataFrame) -> pl.DataFrame:
    """Give each identifier its number in the order of its kind and population.

    Parameters
    ----------
    crosswalk : pl.DataFrame
        Rows of `restricted.crosswalk`.

    Returns
    -------
    pl.DataFrame
        variable, random_id and `place`: text that sorts as the number does, one for each random id of a kind.
    """
    ordered = crosswalk.sort("variable", "population", "identifier")
    number = pl.int_range(1, pl.len() + 1).over("variable").cast(pl.String)
    return ordered.select("variable", "random_id", number.str.zfill(10).alias(PLACE))


def in_order(
    tables: Mapping[str, pl.DataFrame],
    where: pl.DataFrame,
    codebook: Codebook,
    names: Mapping[str, str],
) -> dict[str, pl.DataFrame]:
    """Put places in the place of random ids, and rows in the order of their keys.

    Parameters
    ----------
    tables
        By short name; only they are in the order of their random ids.
    where : pl.DataFrame
        From `places`.
    codebook
        Which columns hold random ids, and what the keys are.
    names
        Full names of the tables, by short name; a table without one is of people, by `participant_id`.

    Returns
    -------
    dict
        The same rows. Cost is O(n log n).
    """
    ordered = {}
    for short, frame in tables.items():
        table = codebook.table(names[short]) if short in names else None
        held = {
            name: variable
            for name in frame.columns
            if (variable := id_variable(codebook, table, name) if table else _person(name)) is not None
        }
        placed = frame.with_columns(_placed(where, name, variable) for name, variable in held.items())
        key = table.primary_key if table else list(held)
        ordered[short] = placed.sort([name for name in key if name in frame.columns])
    return ordered


def _person(name: str) -> str | None:
    return name if name == "participant_id" else None


def _placed(where: pl.DataFrame, name: str, variable: str) -> pl.Expr:
    own = where.filter(variable=variable)
    return pl.col(name).replace(own["random_id"], own[PLACE])
