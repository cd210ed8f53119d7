"""The one check that a model makes of a core frame before it computes."""

from __future__ import annotations

from typing import Final

import polars as pl

LARGEST: Final = 1e150  # sums of squares of what is larger overflow; no measure goes as far


def require(frame: pl.DataFrame, table: str, *, columns: tuple[str, ...], key: tuple[str, ...]) -> None:
    """Refuse a frame that lacks a column or holds a key twice (rows of two deliveries, stacked).

    Parameters
    ----------
    frame : pl.DataFrame
        A core table as of one quarter.
    table : str
        Its name in the contract, for the message.
    columns : tuple of str
        Columns the analysis reads.
    key : tuple of str
        Columns that identify a row.

    Raises
    ------
    ValueError
        Names the table, the missing columns or the number of repeated rows; never a value.
    """
    if missing := [name for name in columns if name not in frame.columns]:
        raise ValueError(f"[{table}] lacks the columns {missing}; pass the core table as of one quarter")
    if repeated := frame.height - frame.n_unique(subset=list(key)):
        raise ValueError(
            f"[{table}] repeats its key {list(key)} on {repeated} rows; "
            "pass one delivery of each key (the table as of one quarter)"
        )


def finite(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Read NaN, infinities and what is beyond `LARGEST` in `columns` as missing: they are no answers."""
    kept = (pl.when(pl.col(name).cast(pl.Float64).abs() <= LARGEST).then(pl.col(name)) for name in columns)
    return frame.with_columns(column.alias(name) for name, column in zip(columns, kept, strict=True))
