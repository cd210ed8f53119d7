"""The codebook as DuckDB statements: schemas, tables with keys, and a comment on every table and column.

Statements only; `pipelines.warehouse` runs them.
"""

from __future__ import annotations

from typing import Final

from pipelines.codebook import released as release
from pipelines.codebook.spec import Codebook, Table, VariableType

TYPES: Final[dict[VariableType, str]] = {
    "text": "VARCHAR",
    "category": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "numbers": "DOUBLE[]",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
# Always UTC. With a zone, plain Python cannot read it unless pytz is installed too.
RELEASED_TYPES: Final[dict[VariableType, str]] = {**TYPES, "timestamp": "TIMESTAMP"}


def quote_name(name: str) -> str:
    """Quote a schema, table or column name; `asof` and other reserved words are then names."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a string literal."""
    return "'" + text.replace("'", "''") + "'"


def qualified_name(table: Table, schema: str | None = None) -> str:
    """Return `"layer"."name"`, or the same table in another schema."""
    return f"{quote_name(schema or table.layer)}.{quote_name(table.name)}"


def create_schema_sql(schema: str) -> str:
    """Return the statement that makes a schema where it is not there yet."""
    return f"CREATE SCHEMA IF NOT EXISTS {quote_name(schema)}"


def create_table_sql(
    codebook: Codebook, table: Table, schema: str | None = None, released: bool = False
) -> str:
    """Return the statement that makes a table, with types, NOT NULL and its primary key.

    In the working database a partitioned key is unique within a delivery, so `delivered_quarter` joins
    it. The released table is as of one quarter: the plain key, without that column.
    """
    required = release.not_null(codebook, table, released=released)
    types = RELEASED_TYPES if released else TYPES
    lines = [
        f"{quote_name(variable.name)} {types[variable.type]}"
        + (" NOT NULL" if variable.name in required else "")
        for variable in release.variables(codebook, table, released=released)
    ]
    key = ", ".join(quote_name(name) for name in release.primary_key(table, released=released))
    body = ",\n  ".join([*lines, f"PRIMARY KEY ({key})"])
    return f"CREATE TABLE IF NOT EXISTS {qualified_name(table, schema)} (\n  {body}\n)"


def comment_sql(
    codebook: Codebook, table: Table, schema: str | None = None, released: bool = False
) -> list[str]:
    """Return one statement per comment: the description of the table, then of each column."""
    where = qualified_name(table, schema)
    about = release.table_description(codebook, table, released=released)
    return [
        f"COMMENT ON TABLE {where} IS {quote_text(about)}",
        *(
            f"COMMENT ON COLUMN {where}.{quote_name(variable.name)} IS {quote_text(variable.description)}"
            for variable in release.variables(codebook, table, released=released)
        ),
    ]
