"""A working database and core rows that tests of the pipeline share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from pipelines.cleaning.crosswalk import SCHEMA as CROSSWALK
from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.to_polars import schema
from pipelines.warehouse import Warehouse

Rows = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return load_codebook()


@pytest.fixture
def warehouse(tmp_path: Path, codebook: Codebook) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "curated" / "restricted.duckdb", codebook) as opened:
        yield opened


@pytest.fixture(scope="session")
def rows(codebook: Codebook) -> Rows:
    """Rows of a table: what a row does not say is null, but for source and quarter."""

    def made(full_name: str, *said: dict[str, object], quarter: str = "2026Q3") -> pl.DataFrame:
        types = schema(codebook, codebook.table(full_name))
        common = {"source": "site", "delivered_quarter": quarter}
        filled = [{name: (common | row).get(name) for name in types} for row in said]
        return pl.DataFrame(filled, schema=types)

    return made


@pytest.fixture(scope="session")
def no_crosswalk() -> pl.DataFrame:
    return CROSSWALK.to_frame()
