"""The pages of remission to roles in a real browser: drawn, narrow, on paper, and the menu on a phone."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reports.build import build

UNIT = Path(__file__).parents[1] / "unit" / "reports"
Seen = dict[str, dict[str, Any]]
CHARTS = {
    "remission.html": 1, "recovery-capital.html": 3, "quality-of-life.html": 2, "helping.html": 2,
    "mutual-help.html": 2, "peers.html": 3, "roles.html": 1,
}  # fmt: skip


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_for_browser", UNIT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with all questions answered."""
    fake, growth = loaded("fake_release"), loaded("fake_growth")
    path = tmp_path_factory.mktemp("release") / "warehouse.duckdb"
    warehouse = fake.write_release(path, growth.rows_with(fake.default_rows()))
    return build(warehouse, tmp_path_factory.mktemp("grown")).parent


@pytest.fixture(scope="module")
def seen_of(look: Callable[[Path], Seen], grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What Chromium saw of the seven pages and of the front page, scripts run."""
    folder = tmp_path_factory.mktemp("seven")
    for name in ("assets", "data"):
        shutil.copytree(grown / name, folder / name)
    for name in (*CHARTS, "index.html"):
        shutil.copyfile(grown / name, folder / name)
    return look(folder)


def test_every_chart_of_these_pages_is_drawn(seen_of: Seen) -> None:
    assert {name: page["drawn"] for name, page in seen_of.items() if page["charts"]} == CHARTS


def test_none_of_these_pages_scrolls_sideways_or_cuts_a_label_at_320_px(seen_of: Seen) -> None:
    assert {name: page["width"] for name, page in seen_of.items() if page["width"] > 320} == {}
    assert {name: page["cut"] for name, page in seen_of.items() if page["cut"]} == {}


def test_a_table_of_many_columns_is_set_row_by_row_and_none_scrolls_sideways(
    look: Callable[[Path], Seen], grown: Path, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    shutil.copytree(grown, opened)
    for script in (opened / "assets").glob("*.js"):  # without scripts no table is folded away
        script.unlink()
    seen = look(opened)
    assert sum(page["by_row"] for page in seen.values()) > 20
    assert {name: page["sideways"] for name, page in seen.items() if page["sideways"]} == {}


def test_without_scripts_every_chart_is_a_drawing_and_the_menu_is_open(
    look: Callable[[Path], Seen], grown: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "assets").mkdir()
    shutil.copyfile(grown / "assets" / "report.css", bare / "assets" / "report.css")
    for name in CHARTS:
        shutil.copyfile(grown / name, bare / name)
    seen = look(bare)
    assert {name: page["paper"] for name, page in seen.items()} == CHARTS
    assert {name: page["width"] for name, page in seen.items() if page["width"] > 320} == {}
    assert all(page["menu"] for page in seen.values())


def test_on_a_phone_the_menu_is_asked_for(seen_of: Seen) -> None:
    assert [name for name, page in seen_of.items() if page["menu"]] == []


def test_on_paper_the_survival_table_and_the_curve_are_there(
    browser: Any, grown: Path, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    pdf = tmp_path / "helping.pdf"
    browser.run("--no-pdf-header-footer", f"--print-to-pdf={pdf}", (grown / "helping.html").as_uri())
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Days since" in text  # the axis of the drawn chart
    assert "Still followed" in text
    assert "All pages" not in text
