"""Which quarters a refresh runs, and what it tells without running one."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.refresh import RefreshFailed, mostly_refused, plan_of, refresh
from pipelines.settings import ROOT, Settings

DELIVERED = ("2026Q1", "2026Q2", "2026Q3")


@dataclass
class History:
    """Quarters that passed under this codebook, under any, and those of which a release was made."""

    passed: set[str]
    closed: set[str]
    released: set[str]

    def passed_quarters(self) -> set[str]:
        return self.passed

    def closed_quarters(self) -> set[str]:
        return self.closed

    def released_quarters(self) -> set[str]:
        return self.released


def plan(asked: str, passed: set[str], closed: set[str] | None = None, released: set[str] = frozenset()):  # type: ignore[assignment]
    history = History(passed, passed if closed is None else closed, released)
    return plan_of(DELIVERED, history, asked)  # type: ignore[arg-type]


def test_a_first_refresh_lands_every_quarter_and_publishes_the_one_asked_for():
    found = plan("2026Q3", set())
    assert (found.first, found.quarter) == (("2026Q1", "2026Q2"), "2026Q3")
    assert found.land == {"2026Q1", "2026Q2", "2026Q3"}


def test_passed_quarters_are_left_alone():
    found = plan("2026Q3", {"2026Q1", "2026Q2"})
    assert (found.first, found.quarter, found.land) == ((), "2026Q3", {"2026Q3"})


def test_an_older_quarter_is_landed_anew_and_those_after_it_are_cleaned_again_but_not_landed():
    found = plan("2026Q1", {"2026Q1", "2026Q2", "2026Q3"})
    assert (found.first, found.quarter, found.land) == (("2026Q1", "2026Q2"), "2026Q3", {"2026Q1"})


def test_a_quarter_that_never_passed_is_not_pulled_in_by_an_older_one():
    found = plan("2026Q2", {"2026Q1"})
    assert (found.first, found.quarter, found.land) == ((), "2026Q2", {"2026Q2"})


def test_a_release_is_not_replaced_by_an_older_quarter_after_the_later_one_failed():
    found = plan("2026Q2", {"2026Q1", "2026Q2"}, released={"2026Q3"})
    assert (found.first, found.quarter, found.land) == (("2026Q2",), "2026Q3", {"2026Q2", "2026Q3"})


def test_after_a_change_of_the_codebook_closed_quarters_are_cleaned_from_what_was_landed():
    found = plan("2026Q3", set(), {"2026Q1", "2026Q2", "2026Q3"})
    assert (found.first, found.quarter, found.land) == (("2026Q1", "2026Q2"), "2026Q3", {"2026Q3"})


def test_files_of_which_half_the_rows_were_refused_are_told():
    accounts = pl.DataFrame(
        {
            "source": ["a", "b"], "file": ["a.csv", "b.csv"],
            "rows_in": [40, 40], "rows_kept": [20, 21], "rows_quarantined": [20, 19],
        }
    )  # fmt: skip
    (sentence,) = mostly_refused(accounts, "why stands above")
    assert "20 of 40 rows of a/a.csv were refused: why stands above." in sentence


def test_a_mistyped_data_folder_is_named_and_nothing_is_made_there(tmp_path: Path):
    settings = Settings.load(data=tmp_path / "nowhere", environment={})
    with pytest.raises(RefreshFailed, match="there is no folder"):
        refresh(settings)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_written_is_named_before_anything_begins(tmp_path: Path):
    source = ROOT / "data" / "raw" / "demo_programs"
    shutil.copytree(source, tmp_path / "raw" / "demo_programs")
    (tmp_path / "published").write_text("a file where a folder should be")
    with pytest.raises(RefreshFailed, match=r"cannot write to .*published"):
        refresh(Settings.load(data=tmp_path, environment={}))
    assert not (tmp_path / "curated" / "restricted.duckdb").exists()
