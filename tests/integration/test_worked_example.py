"""The worked example of data/raw/README.md, copied as it stands, becomes a report."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import duckdb
import pytest

from pipelines.check import check
from pipelines.refresh import RefreshResult, refresh
from pipelines.settings import Settings
from tests.worked_example import write_worked_example


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("harbor")
    write_worked_example(folder / "raw")
    return Settings.load(data=folder, published=folder / "published", environment={})


@pytest.fixture(scope="module")
def harbor(settings: Settings) -> RefreshResult:
    with pytest.MonkeyPatch.context() as changed:
        changed.delenv("DAGSTER_HOME", raising=False)
        return refresh(settings)


def text_of(page: Path) -> str:
    """What a reader sees of a page, without its charts."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def test_every_row_of_it_is_kept_without_a_notice(harbor: RefreshResult) -> None:
    assert harbor.quarter == "2026Q3"
    assert harbor.accounts["rows_in"].sum() == harbor.accounts["rows_kept"].sum() == 3
    assert harbor.notices == harbor.left_out == ()


def test_it_has_a_report_that_says_nobody_is_due_and_gives_no_rate(harbor: RefreshResult) -> None:
    pages = {page.name: text_of(page) for page in harbor.report.parent.glob("*.html")}
    said = "Nobody is due for the interview 12 months after entry yet"
    assert said in pages["index.html"]
    assert said in pages["programs.html"]
    assert said in pages["recovery-capital.html"]
    assert "does not count as due" in pages["data.html"]
    findings = pages["index.html"].partition("What we found")[2].partition("Read on Recovery capital")[0]
    assert "of every 100" not in findings


def test_nothing_is_estimated_of_two_people(harbor: RefreshResult) -> None:
    with duckdb.connect(harbor.warehouse, read_only=True) as connection:
        given = connection.execute("SELECT count(*) FROM results.estimates WHERE estimate IS NOT NULL")
        assert given.fetchone() == (0,)


def test_checking_it_finds_nothing_to_refuse(settings: Settings, harbor: RefreshResult) -> None:
    found = check(settings)
    assert found.quarter == harbor.quarter
    assert found.problems == found.notices == ()
    assert found.refusals.is_empty()
