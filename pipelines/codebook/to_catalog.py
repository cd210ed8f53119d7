"""The codebook as rows: the released `catalog.*` tables that describe it, and the reference tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.codebook import released as release
from pipelines.codebook.bounds import bounds
from pipelines.codebook.spec import Codebook, Table
from pipelines.codebook.to_polars import SchemaError, enforce, schema

SCHEMA_VERSION_MEANING = (
    "Versions are numbered MAJOR.MINOR.PATCH. MAJOR rises when a column is removed, renamed or changes its "
    "meaning, MINOR when a table or column is added, PATCH when only wording changes."
)


def catalog_frames(codebook: Codebook, n_rows: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """Return the catalog tables that follow from the codebook, by full name, typed by its schema.

    Parameters
    ----------
    codebook
        The codebook.
    n_rows
        Rows of each released table, by full name; null where a table is not named.
    """
    return {
        "catalog.tables": tables_frame(codebook, n_rows),
        "catalog.variables": variables_frame(codebook),
        "catalog.codes": codes_frame(codebook),
        "catalog.instruments": instruments_frame(codebook),
        "catalog.analyses": analyses_frame(codebook),
        "catalog.terms": terms_frame(codebook),
        "catalog.schema_version": schema_version_frame(codebook),
    }


def tables_frame(codebook: Codebook, n_rows: Mapping[str, int]) -> pl.DataFrame:
    """Return one row per released table."""
    return _frame(
        codebook,
        "catalog.tables",
        [
            {
                "table_schema": table.layer,
                "table_name": table.name,
                "label": table.label,
                "description": release.table_description(codebook, table, released=True),
                "usage_warnings": " ".join(table.usage_warnings) or None,
                "primary_key": ", ".join(release.primary_key(table, released=True)),
                "n_rows": n_rows.get(table.full_name),
            }
            for table in release.released_tables(codebook)
        ],
    )


def variables_frame(codebook: Codebook) -> pl.DataFrame:
    """Return one row per column of a released table; `permitted_values` is JSON, code to label."""
    fields = ("type", "label", "description", "question", "unit", "role", "instrument")
    return _frame(
        codebook,
        "catalog.variables",
        [
            {
                "table_schema": table.layer,
                "table_name": table.name,
                "variable_name": variable.name,
                "position": position,
                "permitted_values": variable.values and json.dumps(variable.values, ensure_ascii=False),
                "minimum": bounds(variable)[0],
                "maximum": bounds(variable)[1],
                **{field: getattr(variable, field) for field in fields},
            }
            for table in release.released_tables(codebook)
            for position, variable in enumerate(release.released_variables(codebook, table), start=1)
        ],
    )


def codes_frame(codebook: Codebook) -> pl.DataFrame:
    """Return one row per code of a released category, with its label and place."""
    return _frame(
        codebook,
        "catalog.codes",
        [
            {
                "table_schema": table.layer,
                "table_name": table.name,
                "variable_name": variable.name,
                "code": code,
                "label": label,
                "position": position,
            }
            for table in release.released_tables(codebook)
            for variable in release.released_variables(codebook, table)
            for position, (code, label) in enumerate((variable.values or {}).items(), start=1)
        ],
    )


def instruments_frame(codebook: Codebook) -> pl.DataFrame:
    """Return one row per instrument, with how its score is made."""
    fields = (
        "label", "description", "method", "answer_minimum", "answer_maximum", "minimum_answered", "cutoff",
        "citation", "licence",
    )  # fmt: skip
    return _frame(
        codebook,
        "catalog.instruments",
        [
            {
                "instrument": instrument.name,
                "n_items": len(instrument.items),
                **{field: getattr(instrument, field) for field in fields},
            }
            for instrument in codebook.instruments.values()
        ],
    )


def analyses_frame(codebook: Codebook) -> pl.DataFrame:
    """Return one row per analysis, with what it does not say."""
    fields = ("label", "question", "estimand", "method", "not_said", "methods_page")
    return _frame(
        codebook,
        "catalog.analyses",
        [
            {"analysis": analysis.name, **{field: getattr(analysis, field) for field in fields}}
            for analysis in codebook.analyses.values()
        ],
    )


def terms_frame(codebook: Codebook) -> pl.DataFrame:
    """Return one row per number that an analysis states, with what it is."""
    fields = ("analysis", "description", "unit", "scale", "positive", "along", "limits")
    return _frame(
        codebook,
        "catalog.terms",
        [
            {"term_kind": term.kind, "term": term.name, **{field: getattr(term, field) for field in fields}}
            for term in codebook.dictionary
        ],
    )


def schema_version_frame(codebook: Codebook) -> pl.DataFrame:
    """Return the one row that says which version of the names and meanings this is."""
    version = codebook.schema_version
    row = {
        "schema_version": version,
        "label": f"Schema version {version}",
        "description": SCHEMA_VERSION_MEANING,
    }
    return _frame(codebook, "catalog.schema_version", [row])


def reference_frame(codebook: Codebook, full_name: str) -> pl.DataFrame:
    """Return the rows of a reference table, typed by the codebook; a field left out is null.

    Raises
    ------
    KeyError
        The codebook has no rows for the table.
    SchemaError
        A row has an undeclared field, a value of the wrong type, or the key of another row.
    """
    if full_name not in codebook.reference_rows:
        raise KeyError(f"no reference rows for [{full_name}]; there are {sorted(codebook.reference_rows)}")
    table = codebook.table(full_name)
    rows = codebook.reference_rows[full_name]
    for number, row in enumerate(rows, start=1):
        if undeclared := sorted(set(row) - set(table.variables)):
            raise SchemaError(
                f"[{full_name}] row {number} has fields that the table does not list: {undeclared}"
            )
    frame = _frame(codebook, full_name, rows)
    if frame.select(table.primary_key).is_duplicated().any():
        raise SchemaError(f"[{full_name}] has two rows with the same key ({', '.join(table.primary_key)})")
    return frame


def _frame(codebook: Codebook, full_name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    table = codebook.table(full_name)
    types = schema(codebook, table, released=table.released)
    columns = [_column(table, name, dtype, [row.get(name) for row in rows]) for name, dtype in types.items()]
    return enforce(codebook, table, pl.DataFrame(columns), released=table.released)


def _column(table: Table, name: str, dtype: pl.DataType, values: list[object]) -> pl.Series:
    """Make a typed column; whole numbers are welcome where a number is due, nothing else is bent."""
    bent = dtype != pl.Boolean and any(isinstance(value, bool) for value in values)
    if dtype == pl.Float64:
        values = [float(value) if isinstance(value, int) else value for value in values]
    try:
        column = pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        bent = True
    if bent:
        raise SchemaError(f"[{table.full_name}] column [{name}] has a value that is not {dtype}")
    return column
