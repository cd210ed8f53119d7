"""The codebook as Dagster metadata: what the asset graph says of each table, without any value of it."""

from __future__ import annotations

from typing import Any

import dagster as dg

from pipelines.codebook import released as release
from pipelines.codebook.bounds import bounds
from pipelines.codebook.spec import Codebook, Table, Variable
from pipelines.codebook.to_duckdb import TYPES

OWNERS = ["team:evaluation"]
KINDS = {"duckdb", "polars"}


def asset_spec_kwargs(codebook: Codebook, table: Table) -> dict[str, Any]:
    """Return the keyword arguments that `dg.asset` and `dg.AssetSpec` take for a table.

    Description, group (the layer), owners, kinds, and the column schema with types, descriptions,
    constraints and, as tags, each column's sensitivity and role.
    """
    return {
        "description": "\n\n".join([table.description, *table.usage_warnings]),
        "group_name": table.layer,
        "owners": OWNERS,
        "kinds": KINDS,
        "metadata": {"dagster/column_schema": column_schema(codebook, table), "label": table.label},
    }


def column_schema(codebook: Codebook, table: Table) -> dg.TableSchema:
    """Return the table's columns as Dagster shows them."""
    key = release.primary_key(table, released=False)
    constraints = [f"primary key ({', '.join(key)})"] + [
        f"({', '.join(foreign.columns)}) in {foreign.table} ({', '.join(foreign.references)})"
        for foreign in table.foreign_keys
    ]
    required = set(release.not_null(codebook, table, released=False))
    return dg.TableSchema(
        columns=[_column(variable, required, key) for variable in codebook.variables_of(table)],
        constraints=dg.TableConstraints(other=constraints),
    )


def _column(variable: Variable, required: set[str], key: list[str]) -> dg.TableColumn:
    rules = []
    if variable.values is not None:
        rules.append(f"one of {', '.join(variable.values)}")
    low, high = bounds(variable)
    if low is not None:
        rules.append(f"at least {low:g}")
    if high is not None:
        rules.append(f"at most {high:g}")
    return dg.TableColumn(
        name=variable.name,
        type=TYPES[variable.type],
        description=variable.description + (f" Unit: {variable.unit}." if variable.unit else ""),
        constraints=dg.TableColumnConstraints(
            nullable=variable.name not in required, unique=key == [variable.name], other=rules
        ),
        tags={"sensitivity": variable.sensitivity, "role": variable.role},
    )
