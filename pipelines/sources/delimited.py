"""Delimited text: one header row, then one row per record; comma, tab or any other separator."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.cells import Records, encoding_of, land, no_data_rows, separator_of
from pipelines.sources.columns import name_columns, settle
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.reading import Reading


def read_delimited(path: Path, declaration: FileDeclaration) -> Reading:
    """Read one CSV, TSV or otherwise separated file.

    Raises
    ------
    ExtractError
        The file is empty, cut off, badly quoted, in another encoding or has other columns than declared.
    """
    encoding = encoding_of(path, declaration.encoding)
    with Records(path, encoding=encoding, separator=separator_of(path, declaration)) as records:
        rows = iter(records)
        header = next(rows, None)
        if header is None:
            raise no_data_rows(path)
        layout = settle(name_columns(header), declaration, path)
        frame, refusals = land(records, rows, layout)
    return Reading(rows=frame, layout=layout, refusals=refusals)
