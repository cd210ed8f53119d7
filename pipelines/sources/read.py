"""Read a delivered file in its shape; every row gets its file, row number, checksum and time zone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from pipelines.sources.cells import no_data_rows
from pipelines.sources.declaration import FileDeclaration, SourceDeclaration
from pipelines.sources.delimited import read_delimited
from pipelines.sources.discover import dictionary_for, files_for
from pipelines.sources.excel import read_excel
from pipelines.sources.extract import ROW, Extract, ExtractError, ExtractErrors, PackageNotInstalled
from pipelines.sources.package import read_package
from pipelines.sources.parquet import read_parquet
from pipelines.sources.qualtrics import read_qualtrics
from pipelines.sources.reading import Reading
from pipelines.sources.redcap import read_redcap


def read_extract(path: Path | None, declaration: FileDeclaration, source: SourceDeclaration) -> Extract:
    """Read one file as declared.

    Parameters
    ----------
    path
        The file; null for a data set of a package.

    Raises
    ------
    ExtractError
        The file is empty, damaged, cut off, in another encoding or shape, or its columns are not those
        declared. The message names columns, rows and lines, and no value of the file.
    PackageNotInstalled
        The package that ships the data set is not there.
    """
    if path is not None:
        _refuse_empty(path)
    reading = _read(path, declaration)
    file = reading.file if path is None else path.name
    if reading.rows.is_empty():
        raise no_data_rows(file or declaration.name)
    rows = reading.rows.with_columns(
        pl.lit(file, dtype=pl.String).alias("_file"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
        pl.lit(reading.sha256 if path is None else _sha256(path), dtype=pl.String).alias("_sha256"),
        pl.lit(reading.time_zone or source.time_zone, dtype=pl.String).alias("_time_zone"),
    )
    return Extract(
        rows=rows,
        rows_in=rows.height,
        refusals=reading.refusals,
        dropped_columns=reading.layout.dropped,
        allowed_codes=reading.allowed_codes,
        notes=tuple(f"{file}: {note}" for note in reading.notes),
    )


def read_quarter(
    source: SourceDeclaration, quarter: str, data_raw: Path
) -> list[tuple[FileDeclaration, Extract]]:
    """Read every file of one quarter's delivery.

    Raises
    ------
    ExtractErrors
        Every file that cannot be read, not only the first.
    PackageNotInstalled
        The package that ships the source is not there.
    """
    extracts: list[tuple[FileDeclaration, Extract]] = []
    errors: list[ExtractError] = []
    for delivered in files_for(source, quarter, data_raw):
        try:
            extracts.append(
                (delivered.declaration, read_extract(delivered.path, delivered.declaration, source))
            )
        except PackageNotInstalled:
            raise
        except ExtractError as error:
            errors.append(error)
    if errors:
        raise ExtractErrors(errors)
    return extracts


def _read(path: Path | None, declaration: FileDeclaration) -> Reading:
    if path is None:
        return read_package(declaration)
    if declaration.shape == "redcap":
        return read_redcap(path, declaration, dictionary_for(path, declaration))
    readers = {
        "qualtrics": read_qualtrics,
        "delimited": read_delimited,
        "excel": read_excel,
        "parquet": read_parquet,
    }
    return readers[declaration.shape](path, declaration)


def _refuse_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise ExtractError(
            path,
            problem="is empty",
            expected="a header and at least one row",
            advice="Export or copy the file again.",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
