"""Yesterday's values beside today's, where yesterday was answered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def lagged(
    frame: pl.DataFrame, *, person: str, day: str, columns: Sequence[str], by: int = 1
) -> pl.DataFrame:
    """Add what each person answered exactly `by` days before, as `<name>_lag<by>`.

    It is null where the person has no row on that very day: a gap is not bridged by the day before it, and
    no value crosses from one person to the next.

    Parameters
    ----------
    frame : pl.DataFrame
        One row for each person and day, any order, kept as it is.
    person, day : str
        Columns of the person and of the day: a number, a Date, or a Datetime (`by` times 24 hours).
    columns : sequence of str
        Columns to look back on.
    by : int
        Days back, at least 1.

    Raises
    ------
    ValueError
        A person has a day twice, or `by` is less than 1.
    TypeError
        The day is neither number, Date nor Datetime.
    """
    if by < 1:
        raise ValueError("a lag goes back at least one day")
    kind = frame.schema[day]
    if not (kind.is_numeric() or isinstance(kind, pl.Date | pl.Datetime)):
        raise TypeError(f"{day}: a day must be a number, a date or a time to look back on, not {kind}")
    known = frame.lazy().drop_nulls([person, day])
    repeated = known.select(pl.struct(person, day).is_duplicated().sum()).collect().item()
    if repeated:
        raise ValueError(
            f"{repeated} rows share the day of a person: one row for each person and day is needed"
        )
    here = pl.col(day).cast(pl.Int64, strict=False) if kind.is_integer() else pl.col(day)
    later = here + (by if kind.is_numeric() else pl.duration(days=by))
    earlier = known.select(
        person, later.cast(kind, strict=False), *(pl.col(name).alias(f"{name}_lag{by}") for name in columns)
    ).drop_nulls(day)
    return frame.lazy().join(earlier, on=[person, day], how="left", maintain_order="left").collect()
