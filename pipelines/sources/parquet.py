"""Parquet: one table, its typed values landed as text."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.sources.as_text import as_text
from pipelines.sources.columns import settle
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.extract import ExtractError
from pipelines.sources.reading import Reading


def read_parquet(path: Path, declaration: FileDeclaration) -> Reading:
    """Read one Parquet file; only the columns that land are read at all.

    Raises
    ------
    ExtractError
        The file is not Parquet, is damaged, has other columns than declared or values without a text form.
    """
    try:
        header: list[str] | None = list(pl.read_parquet_schema(path))
    except Exception:
        header = None
    if header is None:
        raise _unreadable(path)
    layout = settle(header, declaration, path)
    try:
        frame: pl.DataFrame | None = pl.read_parquet(path, columns=list(layout.landed), glob=False)
    except Exception:
        frame = None
    if frame is None:
        raise _unreadable(path)
    return Reading(rows=as_text(frame, path), layout=layout)


def _unreadable(path: Path) -> ExtractError:
    return ExtractError(
        path,
        problem="cannot be read as Parquet",
        expected="a whole Parquet file",
        advice="Export or copy the file again, or correct the `shape` in source.yaml.",
    )
