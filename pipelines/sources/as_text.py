"""Typed columns as text: whole numbers without a decimal point, ISO dates, a missing value as a blank."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.sources.extract import ExtractError

_EXACT = 2.0**53  # up to here a float holds every whole number
_PLAIN = (pl.String, pl.Categorical, pl.Enum, pl.Date, pl.Boolean, pl.Null)


def as_text(frame: pl.DataFrame, file: Path | str) -> pl.DataFrame:
    """Write every value as the text a CSV export would hold.

    A whole number stored as a fraction (`3.0`) becomes `3`; NaN and null a blank; a date `2026-07-01`;
    a column of timestamps that are all midnight becomes dates, any other `2026-07-01 18:30:00` (with
    microseconds or the zone's offset where it has them); true and false are `true` and `false`.

    Raises
    ------
    ExtractError
        A column holds lists, structures, bytes or durations.
    """
    return frame.select([_column(frame[name], file) for name in frame.columns])


def _column(values: pl.Series, file: Path | str) -> pl.Series:
    kind = values.dtype
    if kind.is_integer() or isinstance(kind, _PLAIN):
        text = values.cast(pl.String)
    elif kind.is_float():
        text = _floats(values)
    elif kind.is_decimal():
        text = values.cast(pl.String).str.replace(r"\.0+$", "")
    elif isinstance(kind, pl.Datetime):
        text = _timestamps(values, zoned=kind.time_zone is not None)
    elif isinstance(kind, pl.Time):
        text = values.dt.to_string("%H:%M:%S")
    else:
        raise ExtractError(
            file,
            column=values.name,
            problem="holds values that have no form as text",
            expected="text, numbers, dates, timestamps or true and false",
            advice="Store it as text, or list it under `never_land`.",
        )
    return text.fill_null("")


def _floats(values: pl.Series) -> pl.Series:
    frame = pl.select(values.fill_nan(None).cast(pl.Float64)).to_series().alias(values.name).to_frame()
    value = pl.col(values.name)
    whole = (value == value.round(0)) & (value.abs() < _EXACT)
    text = (
        pl.when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(value.cast(pl.String))
    )
    return frame.select(text.alias(values.name)).to_series()


def _timestamps(values: pl.Series, *, zoned: bool) -> pl.Series:
    known = values.drop_nulls()
    if not zoned and bool((known == known.dt.truncate("1d")).all()):
        return values.dt.to_string("%Y-%m-%d")
    seconds = "%S" if bool((known == known.dt.truncate("1s")).all()) else "%S%.6f"
    return values.dt.to_string(f"%Y-%m-%d %H:%M:{seconds}" + ("%z" if zoned else ""))
