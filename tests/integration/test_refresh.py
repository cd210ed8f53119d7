"""The whole refresh on the demo: what it makes, what it leaves alone, and what stops it."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import duckdb
import frictionless
import polars as pl
import pytest

from pipelines.check import check
from pipelines.codebook import load_codebook
from pipelines.refresh import RefreshFailed, RefreshRunning, refresh
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

QUARTERS = ("2026Q2", "2026Q3")


def settings_of(folder) -> Settings:
    return Settings.load(data=folder, published=folder / "published", environment={})


def released(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def delivered(settings: Settings, quarter: str) -> dict[str, str]:
    """Hash of every row that one quarter delivered, by table."""
    codebook = load_codebook()
    with Warehouse.look(settings.restricted, codebook) as warehouse:
        return {
            table.full_name: hashlib.sha256(
                warehouse.read_where(table.full_name, delivered_quarter=quarter).write_ndjson().encode()
            ).hexdigest()
            for table in codebook.tables.values()
            if "delivered_quarter" in table.variables
        }


def crosswalk(settings: Settings) -> pl.DataFrame:
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        return warehouse.crosswalk()


def add_a_row(settings: Settings, quarter: str) -> None:
    """Deliver one more program in a quarter."""
    (path,) = (settings.data_raw / "demo_programs" / quarter).glob("programs*.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = lines[1].split(",")
    path.write_text("\n".join([*lines, ",".join(["CM99", *columns[1:]])]) + "\n", encoding="utf-8")


def test_the_first_refresh_runs_every_quarter_delivered_and_publishes_the_latest(demo, told):
    settings = settings_of(demo)
    assert told["quarter"] == "2026Q3"
    assert (demo / str(told["report"])).is_file()
    assert (demo / str(told["warehouse"])) == settings.warehouse
    assert {row["delivered_quarter"] for row in told["accounts"]} == set(QUARTERS)
    assert told["notices"] == []
    assert released(settings, "SELECT as_of FROM catalog.releases") == [("2026Q3",)]


def test_every_step_is_reported_when_it_starts_and_when_it_ends(told):
    started = [name for state, name in told["steps"] if state == "started"]
    done = [name for state, name in told["steps"] if state == "done"]
    assert sorted(started) == sorted(done)
    assert len(done) == len(set(done)) > 40


def test_rows_in_are_rows_kept_plus_rows_quarantined_for_every_file(told):
    assert len(told["accounts"]) >= 10
    for row in told["accounts"]:
        assert row["rows_in"] == row["rows_kept"] + row["rows_quarantined"], row["file"]
    assert sum(row["rows_quarantined"] for row in told["accounts"]) > 0


def test_each_analysis_reaches_the_release_for_its_populations(demo):
    rows = released(settings_of(demo), "SELECT DISTINCT analysis, population FROM results.estimates")
    assert {
        ("W1", "demo_collaborative"),
        ("V1", "demo_collaborative"),
        ("J1", "demo_collaborative"),
        ("J1", "nc_releases"),
        ("A1", "help_trial"),
    } <= set(rows)


def test_every_expectation_of_every_core_table_and_quarter_is_kept_and_held(demo):
    settings = settings_of(demo)
    tables = {table.name for table in load_codebook().tables_in("core")}
    rows = released(settings, "SELECT DISTINCT delivered_quarter, table_name FROM catalog.checks")
    assert set(rows) == {(quarter, table) for quarter in QUARTERS for table in tables}
    assert released(settings, "SELECT count(*) FROM catalog.checks WHERE NOT success") == [(0,)]


def test_no_count_of_one_to_ten_people_is_in_the_released_results(demo):
    settings = settings_of(demo)
    counts = {
        "estimates": ("n_people", "n_events"),
        "diagnostics": ("n_people",),
        "curves": ("n_at_risk", "n_events"),
    }
    for table, count in ((table, count) for table, names in counts.items() for count in names):
        small = f"SELECT count(*) FROM results.{table} WHERE {count} BETWEEN 1 AND 10"
        assert released(settings, small) == [(0,)], (table, count)
    shown = "SELECT count(*) FROM results.estimates WHERE suppressed AND estimate IS NOT NULL"
    assert released(settings, shown) == [(0,)]
    assert released(settings, "SELECT count(*) > 0 FROM results.estimates WHERE suppressed") == [(True,)]


def test_participants_bear_random_ids_and_no_delivered_identifier_is_in_the_release(demo):
    settings = settings_of(demo)
    known = crosswalk(settings).filter(pl.col("variable") == "participant_id")
    ids = {row[0] for row in released(settings, "SELECT participant_id FROM core.participants")}
    assert ids <= set(known["random_id"])
    assert not ids & set(known["identifier"])


@pytest.mark.slow
def test_frictionless_finds_the_data_package_valid(demo):
    report = frictionless.validate(str(settings_of(demo).curated / "datapackage.json"))
    assert report.valid, [error.message for task in report.tasks for error in task.errors][:5]


def test_a_closed_quarter_whose_files_changed_is_left_alone_and_a_notice_says_so(site):
    before = {quarter: delivered(site, quarter) for quarter in QUARTERS}
    ids = crosswalk(site)
    add_a_row(site, "2026Q2")
    result = refresh(site)
    assert {quarter: delivered(site, quarter) for quarter in QUARTERS} == before
    assert crosswalk(site).equals(ids)
    hashes = released(site, "SELECT count(*), count(DISTINCT content_hash) FROM catalog.releases")
    assert hashes == [(2, 1)], "the same contents have the same hash"
    (notice,) = result.notices
    assert "2026Q2" in notice and "demo_programs" in notice and "--quarter 2026Q2" in notice
    assert {row["delivered_quarter"] for row in result.accounts.to_dicts()} == {"2026Q3"}


@pytest.mark.usefixtures("answered")
def test_a_closed_quarter_changes_when_it_is_asked_for_and_then_alone(site):
    before = {quarter: delivered(site, quarter) for quarter in QUARTERS}
    ids = crosswalk(site)
    add_a_row(site, "2026Q2")
    result = refresh(site, quarter="2026Q2")
    assert result.quarter == "2026Q3", "the release and the report never go back to an older quarter"
    assert any("2026Q2 was landed anew" in notice for notice in result.notices)
    assert delivered(site, "2026Q3") == before["2026Q3"]
    after = delivered(site, "2026Q2")
    assert {name for name in after if after[name] != before["2026Q2"][name]} == {
        "core.programs",
        "catalog.sources",
        "catalog.checks",
    }
    assert crosswalk(site).equals(ids)
    assert released(site, "SELECT max_by(as_of, released_at) FROM catalog.releases") == [("2026Q3",)]
    assert {path.name for path in site.published.iterdir()} == {"2026Q3"}


@pytest.mark.usefixtures("answered")
def test_a_changed_codebook_cleans_every_quarter_again_from_what_was_landed(site, monkeypatch):
    ids = crosswalk(site)
    before = {quarter: delivered(site, quarter) for quarter in QUARTERS}
    for path in (site.data_raw / "demo_programs" / "2026Q2").iterdir():
        path.unlink()
    changed = load_codebook().model_copy(update={"schema_version": "1.0.1"})
    monkeypatch.setattr("pipelines.refresh.load_codebook", lambda: changed)
    steps: list[str] = []
    result = refresh(site, watch=lambda step: steps.append(step.name))
    assert "Clean 2026Q2" in steps
    assert "Land demo_programs, 2026Q2" not in steps
    assert {quarter: delivered(site, quarter) for quarter in QUARTERS} == before
    assert crosswalk(site).equals(ids)
    assert any("2026Q2" in notice for notice in result.notices)
    versions = released(site, "SELECT schema_version FROM catalog.releases ORDER BY released_at")
    assert versions == [("1.0.0",), ("1.0.1",)]


def test_every_file_that_cannot_be_read_is_named_and_the_release_keeps_its_bytes(site, readable):
    before = readable(site)
    diary, justice = (
        next((site.data_raw / source / "2026Q3").iterdir()) for source in ("demo_diary", "demo_justice")
    )
    diary.write_bytes(diary.read_bytes()[:1000])
    justice.write_bytes(b"")
    with pytest.raises(RefreshFailed) as failed:
        refresh(site)
    told = "\n".join(failed.value.problems)
    assert diary.name in told and justice.name in told
    assert readable(site) == before
    assert failed.value.note is not None
    assert all(problem in failed.value.note.read_text(encoding="utf-8") for problem in failed.value.problems)


@pytest.mark.usefixtures("answered")
def test_a_check_that_does_not_hold_stops_what_reads_the_table_and_the_release_keeps_its_bytes(
    site, readable, monkeypatch
):
    from pipelines.defs import core

    before = readable(site)
    curate = core.curate

    def spoiled(**said: object) -> object:
        curated = curate(**said)
        broken = curated.frames["core.diary_days"].with_columns(craving=pl.lit(987.5))
        curated.frames["core.diary_days"] = broken
        return curated

    steps: list[str] = []
    with monkeypatch.context() as spoiling, pytest.raises(RefreshFailed) as failed:
        spoiling.setattr(core, "curate", spoiled)
        refresh(site, watch=lambda step: steps.append(step.name))
    assert any("core.diary_days, column [craving] breaks [between]" in p for p in failed.value.problems)
    assert "987" not in "\n".join(failed.value.problems)
    assert not [name for name in steps if name.startswith(("Analyze W1", "Build", "Publish"))]
    assert readable(site) == before
    assert refresh(site).quarter == "2026Q3"


def test_while_another_process_has_the_database_a_refresh_says_so_and_changes_nothing(site, readable):
    before = readable(site)
    holding = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(site.restricted)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline().strip() == "held"
        with pytest.raises(RefreshRunning, match="another refresh is running"):
            refresh(site)
        other.communicate("done\n")
    assert readable(site) == before


@pytest.mark.parametrize(
    ("quarter", "said"),
    [("2026-Q3", "such as 2026Q3"), ("2026Q1", "there are 2026Q2, 2026Q3"), ("2019Q1", "before 2020Q1")],
)
def test_a_quarter_that_cannot_be_run_is_refused_with_what_can(site, quarter: str, said: str):
    with pytest.raises(RefreshFailed, match=said):
        refresh(site, quarter=quarter)


def test_check_counts_what_a_refresh_would_and_writes_nothing(demo, told, tmp_path):
    import shutil

    shutil.copytree(demo / "raw", tmp_path / "raw")
    result = check(settings_of(tmp_path))
    expected = [row for row in told["accounts"] if row["delivered_quarter"] == "2026Q3"]
    found = {(row["source"], row["file"]): row for row in result.accounts.to_dicts()}
    assert found == {(row["source"], row["file"]): row for row in expected}
    refused = result.refusals.select("file", "row_number").n_unique()
    assert refused == sum(row["rows_quarantined"] for row in expected)
    assert result.problems == ()
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_check_after_a_refresh_finds_the_same_and_leaves_the_database_as_it_was(site, told):
    before = site.restricted.read_bytes()
    result = check(site)
    assert result.accounts["rows_kept"].sum() == sum(
        row["rows_kept"] for row in told["accounts"] if row["delivered_quarter"] == "2026Q3"
    )
    assert site.restricted.read_bytes() == before
