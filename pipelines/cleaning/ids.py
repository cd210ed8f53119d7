"""Delivered identifiers give way to random ids, in every table at once."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.cleaning.crosswalk import Crosswalk, RandomBytes
from pipelines.cleaning.feed import id_variable
from pipelines.cleaning.working_columns import BETWEEN
from pipelines.codebook.spec import Codebook


def replace_ids(
    tables: Mapping[str, pl.DataFrame], crosswalk: Crosswalk, codebook: Codebook, random_bytes: RandomBytes
) -> tuple[dict[str, pl.DataFrame], Crosswalk]:
    """Put random ids in the place of identifiers, drawing those that are new.

    Parameters
    ----------
    tables
        Kept core rows by table; ids carry their population before their identifier.

    Returns
    -------
    tables, crosswalk
        The tables with random ids, and the crosswalk with what was drawn. Only identifiers of kept rows
        are drawn for. Cost is O(n log n) in rows and crosswalk.
    """
    columns = [
        (table, name, variable)
        for table, frame in tables.items()
        for name in codebook.table(f"core.{table}").variables
        if name in frame.columns
        and (variable := id_variable(codebook, codebook.table(f"core.{table}"), name)) is not None
    ]
    done = dict(tables)
    for variable in sorted({variable for _, _, variable in columns}):
        here = [(table, name) for table, name, v in columns if v == variable]
        delivered = (
            pl.concat([done[table][name].alias("delivered") for table, name in here]).drop_nulls().unique()
        )
        crosswalk, ids = _ids_of(delivered, variable, crosswalk, random_bytes)
        for table, name in here:
            joined = done[table].join(
                ids, left_on=name, right_on="delivered", how="left", maintain_order="left", validate="m:1"
            )
            done[table] = joined.with_columns(pl.col("_random_id").alias(name)).drop("_random_id")
    return done, crosswalk


def _ids_of(
    delivered: pl.Series, variable: str, crosswalk: Crosswalk, random_bytes: RandomBytes
) -> tuple[Crosswalk, pl.DataFrame]:
    """Random ids of identifiers that carry their population: columns delivered and _random_id."""
    split = (
        delivered.sort()
        .to_frame()
        .with_columns(
            pl.col("delivered")
            .str.splitn(BETWEEN, 2)
            .struct.rename_fields(["population", "identifier"])
            .alias("part")
        )
        .unnest("part")
    )
    parts = [pl.DataFrame(schema={"delivered": pl.String, "_random_id": pl.String})]
    for (population,), rows in split.group_by("population", maintain_order=True):
        crosswalk, ids = crosswalk.ids_for(
            variable, str(population), rows["identifier"], random_bytes=random_bytes
        )
        parts.append(rows.select("delivered", ids.alias("_random_id")))
    return crosswalk, pl.concat(parts)
