"""Extracts as delivered, kept in `landing.*` of the restricted database, and read back as they came.

Each kind of file of a source has a table `landing.<source>__<file>`: its columns as text, where each row
came from, and the quarter. What is known of a file as a whole is a row of `landing.files`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

import polars as pl

from pipelines.codebook.released import QUARTER_COLUMN
from pipelines.codebook.to_duckdb import quote_name
from pipelines.deliveries import Delivery
from pipelines.sources.extract import PROVENANCE, ROW, Extract, Refusal
from pipelines.warehouse import Warehouse

DELIVERIES: Final = "landing.deliveries"
FILES: Final = "landing.files"


class LandingError(ValueError):
    """A file cannot be kept as it came. The message carries no value of it."""


def land(warehouse: Warehouse, delivery: Delivery) -> None:
    """Replace what a source delivered in a quarter, in one transaction.

    Raises
    ------
    LandingError
        Two columns of a file differ in capitals alone; nothing was written.
    """
    for declared, extract in delivery.extracts:
        _columns_differ(declared, [*extract.rows.columns, QUARTER_COLUMN])
    source, quarter = delivery.source, delivery.quarter
    _ensure(warehouse)
    with warehouse.transaction():
        warehouse.reopen_quarter(quarter)
        _forget(warehouse, source, quarter)
        for number, (declared, extract) in enumerate(delivery.extracts):
            _keep(warehouse, f"{source}__{declared}", quarter, extract)
            warehouse.connection.execute(
                f"INSERT INTO {FILES} VALUES (?, ?, ?, ?, ?)",
                [source, quarter, number, declared, _known(extract)],
            )
        warehouse.connection.execute(
            f"INSERT INTO {DELIVERIES} VALUES (?, ?, ?, ?)",
            [source, quarter, delivery.fingerprint, delivery.left_out],
        )


def landed(warehouse: Warehouse, quarter: str) -> list[Delivery]:
    """Return what every source delivered in a quarter, as it was landed, in the order of their names."""
    _ensure(warehouse)
    deliveries = warehouse.connection.execute(
        f"SELECT source, fingerprint, left_out FROM {DELIVERIES} WHERE {QUARTER_COLUMN} = ? ORDER BY source",
        [quarter],
    ).fetchall()
    return [
        Delivery(
            source=source,
            quarter=quarter,
            extracts=_extracts(warehouse, source, quarter),
            fingerprint=fingerprint,
            left_out=left_out,
        )
        for source, fingerprint, left_out in deliveries
    ]


def fingerprints(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    """Return the fingerprint of each delivery landed, by quarter and source."""
    _ensure(warehouse)
    rows = warehouse.connection.execute(f"SELECT {QUARTER_COLUMN}, source, fingerprint FROM {DELIVERIES}")
    return {(quarter, source): fingerprint for quarter, source, fingerprint in rows.fetchall()}


def left_out(warehouse: Warehouse, as_of: str) -> tuple[str, ...]:
    """Return a sentence for each source that could not be landed in a quarter up to this one."""
    _ensure(warehouse)
    rows = warehouse.connection.execute(
        f"SELECT left_out FROM {DELIVERIES} WHERE left_out IS NOT NULL AND {QUARTER_COLUMN} <= ? "
        "ORDER BY source",
        [as_of],
    )
    return tuple(sentence for (sentence,) in rows.fetchall())


def _ensure(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        f"CREATE TABLE IF NOT EXISTS {DELIVERIES} (source VARCHAR, {QUARTER_COLUMN} VARCHAR, "
        f"fingerprint VARCHAR, left_out VARCHAR, PRIMARY KEY (source, {QUARTER_COLUMN}))"
    )
    warehouse.connection.execute(
        f"CREATE TABLE IF NOT EXISTS {FILES} (source VARCHAR, {QUARTER_COLUMN} VARCHAR, number INTEGER, "
        f"declared_file VARCHAR, known VARCHAR, PRIMARY KEY (source, {QUARTER_COLUMN}, number))"
    )


def _extracts(warehouse: Warehouse, source: str, quarter: str) -> tuple[tuple[str, Extract], ...]:
    rows = warehouse.connection.execute(
        f"SELECT declared_file, known FROM {FILES} WHERE source = ? AND {QUARTER_COLUMN} = ? ORDER BY number",
        [source, quarter],
    ).fetchall()
    return tuple(
        (declared, _read_back(warehouse, f"{source}__{declared}", quarter, json.loads(known)))
        for declared, known in rows
    )


def _columns_differ(declared: str, columns: Sequence[str]) -> None:
    folded: dict[str, str] = {}
    for column in columns:
        if column.casefold() in folded:
            raise LandingError(
                f"[{declared}] has two columns that differ in capitals alone: "
                f"[{folded[column.casefold()]}] and [{column}]. Rename one of them in the export."
            )
        folded[column.casefold()] = column


def _forget(warehouse: Warehouse, source: str, quarter: str) -> None:
    declared = warehouse.connection.execute(
        f"SELECT DISTINCT declared_file FROM {FILES} WHERE source = ? AND {QUARTER_COLUMN} = ?",
        [source, quarter],
    ).fetchall()
    for (name,) in declared:
        table = quote_name(f"{source}__{name}")
        warehouse.connection.execute(f"DELETE FROM landing.{table} WHERE {QUARTER_COLUMN} = ?", [quarter])
    for known in (FILES, DELIVERIES):
        warehouse.connection.execute(
            f"DELETE FROM {known} WHERE source = ? AND {QUARTER_COLUMN} = ?", [source, quarter]
        )


def _keep(warehouse: Warehouse, name: str, quarter: str, extract: Extract) -> None:
    """Add the rows; a column that the table does not have yet is added to it, null for older rows."""
    table = f"landing.{quote_name(name)}"
    rows = extract.rows.with_columns(pl.lit(quarter).alias(QUARTER_COLUMN))
    columns = ", ".join(f"{quote_name(column)} {_type(column)}" for column in rows.columns)
    warehouse.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
    for column in rows.columns:
        added = f"{quote_name(column)} {_type(column)}"
        warehouse.connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {added}")
    warehouse.connection.register("rows_to_land", rows.to_arrow())
    warehouse.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_to_land")
    warehouse.connection.unregister("rows_to_land")


def _type(column: str) -> str:
    return "BIGINT" if column == ROW else "VARCHAR"


def _known(extract: Extract) -> str:
    """Everything of an extract but its rows, as JSON; the columns and the file find the rows again."""
    said = {field.name: getattr(extract, field.name) for field in fields(extract) if field.name != "rows"}
    said["refusals"] = [asdict(refusal) for refusal in extract.refusals]
    if extract.allowed_codes is not None:
        said["allowed_codes"] = {column: sorted(codes) for column, codes in extract.allowed_codes.items()}
    files = extract.rows.get_column(PROVENANCE[0]).unique().to_list()
    return json.dumps({"columns": extract.rows.columns, "files": files, "said": said})


def _read_back(warehouse: Warehouse, name: str, quarter: str, known: Mapping[str, Any]) -> Extract:
    chosen = ", ".join(f"{quote_name(column)} AS {quote_name(column)}" for column in known["columns"])
    marks = ", ".join("?" for _ in known["files"]) or "NULL"
    frame = warehouse.connection.sql(
        f"SELECT {chosen} FROM landing.{quote_name(name)} WHERE {QUARTER_COLUMN} = ? "
        f"AND {quote_name(PROVENANCE[0])} IN ({marks}) ORDER BY {quote_name(ROW)}",
        params=[quarter, *known["files"]],
    ).pl()
    types = {column: pl.Int64 if column == ROW else pl.String for column in known["columns"]}
    said = dict(known["said"])
    said["refusals"] = tuple(Refusal(**refusal) for refusal in said["refusals"])
    if said.get("allowed_codes") is not None:
        said["allowed_codes"] = {column: frozenset(codes) for column, codes in said["allowed_codes"].items()}
    for name_, value in said.items():
        said[name_] = tuple(value) if isinstance(value, list) else value
    return Extract(rows=frame.cast(types), **said)  # type: ignore[arg-type]
