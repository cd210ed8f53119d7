"""Marker strings in the place of people's values: none may reach a log, the release, the report or a note."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.refresh import RefreshFailed, refresh
from pipelines.settings import ROOT, Settings

MARKER = "ZQXMARKER"


def plant(raw: Path) -> int:
    """Put markers into identifiers, codes and numbers of every text file of people; return how many."""
    planted = 0
    for source in ("demo_diary", "demo_outcomes", "demo_justice"):
        for path in sorted((raw / source).glob("*/*")):
            if "Dictionary" in path.name:
                continue
            data = path.read_bytes()
            encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"  # loses no byte
            newline = "\r\n" if "\r\n" in data.decode(encoding) else "\n"
            separator = "\t" if path.suffix == ".tsv" else ("|" if b"|" in data[:200] else ",")
            lines = data.decode(encoding).split(newline)
            for number in range(len(lines) - 40, len(lines) - 10, 3):
                cells = lines[number].split(separator)
                for place in (number % len(cells), (number + 3) % len(cells)):
                    if cells[place] and '"' not in lines[number]:
                        cells[place] = f"{MARKER}{planted}"
                        planted += 1
                lines[number] = separator.join(cells)
            path.write_bytes(newline.join(lines).encode(encoding))
    return planted


def files_with_marker(*roots: Path) -> list[str]:
    needles = (MARKER.encode(), MARKER.encode("utf-16-le"))
    return [
        str(path)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


def released_text(settings: Settings) -> str:
    """Every released value as text: DuckDB and Parquet compress theirs, a search of bytes may miss it."""
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        stored = [connection.sql(f'SELECT * FROM "{s}"."{t}"').pl().write_csv() for s, t in tables]
    beside = [pl.read_parquet(path).write_csv() for path in settings.curated.rglob("*.parquet")]
    assert len(stored) == len(beside) > 20
    return "\n".join([*stored, *beside])


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(ROOT / "dagster.yaml", folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def test_markers_in_peoples_cells_reach_the_restricted_database_and_nothing_else(
    tmp_path, home, capfd, monkeypatch
):
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "raw")
    settings = Settings.load(data=tmp_path, published=tmp_path / "published", environment={})
    assert plant(settings.data_raw) > 50
    result = refresh(settings)
    assert result.accounts["rows_quarantined"].sum() > 50
    assert MARKER.encode() in settings.restricted.read_bytes(), "the markers were not taken in at all"

    def crash(name: str, asked: object) -> None:
        raise ValueError(f"could not convert {MARKER} to a number")

    monkeypatch.setattr("pipelines.defs.results.analyse", crash)
    with pytest.raises(RefreshFailed) as failed:
        refresh(settings)
    assert "ValueError" in "\n".join(failed.value.problems)
    assert failed.value.note is not None
    settings.restricted.unlink()
    captured = capfd.readouterr()
    assert files_with_marker(home, settings.curated, settings.published) == []
    assert MARKER not in captured.out + captured.err + "\n".join(failed.value.problems)
    assert MARKER not in released_text(settings)
    assert (home / ".dagster" / "storage").is_dir(), "nothing was logged, so nothing was tested"


def test_dagster_stores_no_pickle_of_people(dagster_home):
    kept = {path.suffix for path in (dagster_home / ".dagster").rglob("*") if path.is_file()}
    assert ".db" in kept, "nothing was stored, so nothing was tested"
    assert kept <= {".db", ".out", ".err", ".complete", ".db-shm", ".db-wal", ".db-journal"}
