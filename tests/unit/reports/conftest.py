"""A fake release and the site built from it, once for all tests of the report."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from reports.build import build, compose
from reports.page import Page
from reports.release import Release, read_release


def _beside(name: str) -> ModuleType:
    """Load a module that lies beside the tests."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    """The module that writes fake releases."""
    return _beside("fake_release")


@pytest.fixture(scope="session")
def growth() -> ModuleType:
    """The module with made-up answers on remission, capital, quality of life, help, peers and roles."""
    return _beside("fake_growth")


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, fake: ModuleType) -> Path:
    """A release with a given, a refused and a suppressed answer."""
    path: Path = fake.write_release(tmp_path_factory.mktemp("release") / "warehouse.duckdb")
    return path


@pytest.fixture(scope="session")
def release(warehouse: Path) -> Release:
    return read_release(warehouse)


@pytest.fixture(scope="session")
def pages(release: Release) -> list[Page]:
    return compose(release, codebook=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, warehouse: Path) -> Path:
    """The folder of the whole site."""
    target = tmp_path_factory.mktemp("site")
    codebook = tmp_path_factory.mktemp("codebook") / "page.html"
    codebook.write_text(
        "<!DOCTYPE html><html lang='en'><title>Codebook</title><body><h1>Codebook</h1></body></html>"
    )
    return build(warehouse, target, codebook).parent


@pytest.fixture
def composed(tmp_path: Path, fake: ModuleType) -> Callable[..., list[Page]]:
    """Compose the pages of a release with some tables replaced: composed({"results.estimates": [...]})."""

    def compose_with(rows: dict[str, list[dict[str, object]]]) -> list[Page]:
        return compose(read_release(fake.write_release(tmp_path / "changed.duckdb", rows)))

    return compose_with


@pytest.fixture
def changed(tmp_path: Path, fake: ModuleType, growth: ModuleType) -> Callable[..., list[Page]]:
    """Compose the pages of a release with the answers of `growth`, some tables of it replaced."""

    def compose_with(rows: dict[str, list[dict[str, object]]]) -> list[Page]:
        whole = growth.rows_with(fake.default_rows()) | rows
        number = len(list(tmp_path.glob("*.duckdb")))
        return compose(read_release(fake.write_release(tmp_path / f"changed-{number}.duckdb", whole)))

    return compose_with
