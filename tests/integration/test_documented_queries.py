"""The queries that README and data/curated/README.md show, run as they stand on the release of the demo."""

import re
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pytest

from pipelines.settings import ROOT

PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "data/curated/README.md"])
def test_every_query_that_a_page_shows_runs_on_the_release(
    page: str, demo: Path, tmp_path: Path, monkeypatch, capsys
):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "curated").symlink_to(demo / "curated")
    monkeypatch.chdir(tmp_path)
    blocks = PYTHON.findall((ROOT / page).read_text(encoding="utf-8"))
    assert blocks, f"{page} shows no Python"
    for block in blocks:
        said: dict[str, object] = {}
        exec(compile(block, page, "exec"), said)
        for name, frame in said.items():
            if isinstance(frame, pl.DataFrame):
                places = frame.select(cs.string() | cs.matches("^x$"))
                assert frame.height > 0, name
                assert not places.is_duplicated().any(), f"{name}: rows that cannot be told apart"
    shown = capsys.readouterr().out
    assert "label" in shown or "description" in shown


@pytest.mark.parametrize("page", ["README.md", "data/curated/README.md"])
def test_what_a_query_needs_beside_duckdb_stands_in_its_line_of_pip(page: str):
    """DuckDB hands a frame to Polars by way of pyarrow, which neither of them installs."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if ".pl()" in "".join(PYTHON.findall(text)):
        assert "pip install duckdb polars pyarrow" in text
