"""A release with answers on remission, capital, quality of life, helping, peers, mutual help and roles."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from reports.build import build, compose
from reports.page import Page
from reports.release import read_release


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, fake: ModuleType, growth: ModuleType) -> Path:
    path = tmp_path_factory.mktemp("growth") / "warehouse.duckdb"
    written: Path = fake.write_release(path, growth.rows_with(fake.default_rows()))
    return written


@pytest.fixture(scope="session")
def pages(warehouse: Path) -> list[Page]:
    return compose(read_release(warehouse))


@pytest.fixture(scope="session")
def ours(pages: list[Page], growth: ModuleType) -> list[Page]:
    """The seven pages."""
    return [page for page in pages if page.file in growth.PAGES]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, warehouse: Path) -> Path:
    return build(warehouse, tmp_path_factory.mktemp("growth-site")).parent
