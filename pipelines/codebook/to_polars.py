"""The codebook as Polars schemas, and the gate that a frame passes before it is written."""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.codebook import released as release
from pipelines.codebook.spec import Codebook, Table, Variable, VariableType

DTYPES: Final[dict[VariableType, pl.DataType]] = {
    "text": pl.String(),
    "category": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "numbers": pl.List(pl.Float64),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
}
# Always UTC; without the zone, which plain Python cannot read from DuckDB unless pytz is installed too.
RELEASED_DTYPES: Final[dict[VariableType, pl.DataType]] = {**DTYPES, "timestamp": pl.Datetime("us")}


class SchemaError(ValueError):
    """A frame is not what the codebook says. The message names table and columns, never a value."""


def schema(codebook: Codebook, table: Table, *, released: bool = False) -> pl.Schema:
    """Return the table's columns and types in order; `released` gives those that researchers get."""
    types = RELEASED_DTYPES if released else DTYPES
    return pl.Schema(
        {
            variable.name: types[variable.type]
            for variable in release.variables(codebook, table, released=released)
        }
    )


def enforce(codebook: Codebook, table: Table, frame: pl.DataFrame, *, released: bool = False) -> pl.DataFrame:
    """Return the frame with exactly the table's columns, in order and typed; NaN becomes null.

    Only casts that lose nothing are made: 3.0 becomes 3, but 3.5 is refused where a whole number is due.
    Times become UTC; a released one is written without its zone.

    Raises
    ------
    SchemaError
        A column is undeclared or missing, holds what its type cannot, or is null where it may not be.
    """
    chosen = release.variables(codebook, table, released=released)
    declared = [variable.name for variable in chosen]
    _same_columns(table, declared, frame.columns)
    types = schema(codebook, table, released=released)
    columns = [
        _cast(table, variable, types[variable.name], frame.get_column(variable.name)) for variable in chosen
    ]
    result = pl.DataFrame(columns)
    nulls = {
        name: result.get_column(name).null_count()
        for name in release.not_null(codebook, table, released=released)
    }
    if empty := [f"[{name}] in {count} rows" for name, count in nulls.items() if count]:
        raise SchemaError(f"[{table.full_name}] may not be null, but is: {', '.join(empty)}")
    return result


def _same_columns(table: Table, declared: list[str], found: list[str]) -> None:
    problems = []
    if undeclared := sorted(set(found) - set(declared)):
        problems.append(f"columns that the codebook does not list: {undeclared}")
    if missing := [name for name in declared if name not in found]:
        problems.append(f"columns that are missing: {missing}")
    if problems:
        raise SchemaError(f"[{table.full_name}] has {' and '.join(problems)}")


def _cast(table: Table, variable: Variable, target: pl.DataType, series: pl.Series) -> pl.Series:
    where = f"[{table.full_name}] column [{variable.name}]"
    if series.dtype.is_float():
        series = series.fill_nan(None)
    if variable.type == "timestamp" and series.dtype not in (pl.Null, target):
        if not _zoned(series.dtype):
            raise SchemaError(f"{where} needs timestamps with a time zone")
        series = series.dt.convert_time_zone("UTC")
    if series.dtype.is_float() and (count := int(series.is_infinite().sum())):
        raise SchemaError(f"{where} is infinite in {count} rows")
    try:
        cast = series.cast(target, strict=False)
    except pl.exceptions.PolarsError:
        raise SchemaError(f"{where} is {series.dtype}, which cannot become {variable.type}") from None
    lost = cast.is_null() & series.is_not_null()
    if series.dtype.is_numeric() and (target.is_integer() or target == pl.Boolean):
        lost = lost | (cast.cast(series.dtype, strict=False) != series).fill_null(value=False)
    if count := int(lost.sum()):
        raise SchemaError(
            f"{where} does not hold {variable.type} in {count} rows; "
            f"convert or quarantine them before the table is written"
        )
    return cast


def _zoned(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
