"""Why values are missing: one row of core.missing_answers for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.cleaning.working_columns import WHY
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_polars import schema

TABLE: Final = "missing_answers"
PERSON: Final = "participant_id"
ONCE: Final = "once"


def missing_answers(tables: Mapping[str, pl.DataFrame], codebook: Codebook) -> pl.DataFrame:
    """List the missing values of tables about participants, with their reasons.

    Parameters
    ----------
    tables
        Kept core rows by table, with random ids, and the reason beside every variable that has one.

    Returns
    -------
    polars.DataFrame
        Columns of core.missing_answers. `occasion` is the rest of the row's key as text, its parts
        apart by a blank. An evening without any answer has no rows here: response_status says it.
    """
    columns = schema(codebook, codebook.table(f"core.{TABLE}"))
    parts = [columns.to_frame()]
    for name, frame in tables.items():
        table = codebook.table(f"core.{name}")
        whys = [WHY + v for v in table.variables if WHY + v in frame.columns]
        if PERSON not in frame.columns or not whys:
            continue
        if name == "diary_days":
            frame = frame.filter(pl.col("response_status") != "no_response")  # noqa: PLW2901
        others = [key for key in table.primary_key if key != PERSON]
        occasion = (
            pl.concat_str([pl.col(key).cast(pl.String) for key in others], separator=" ")
            if others
            else pl.lit(ONCE)
        )
        parts.append(
            frame.select(PERSON, occasion.alias("occasion"), "source", "delivered_quarter", *whys)
            .unpivot(
                whys,
                index=[PERSON, "occasion", "source", "delivered_quarter"],
                variable_name="variable_name",
                value_name="missing_reason",
            )
            .drop_nulls("missing_reason")
            .select(
                pl.lit(name).alias("table_name"),
                PERSON,
                "occasion",
                pl.col("variable_name").str.strip_prefix(WHY),
                "missing_reason",
                "source",
                "delivered_quarter",
            )
        )
    return pl.concat(parts)
