"""The definitions as Dagster's server loads them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.codebook import load_codebook
from pipelines.definitions import defs
from pipelines.defs.io_manager import WarehouseIOManager
from pipelines.defs.jobs import quarterly
from pipelines.defs.release import candidate_asset
from pipelines.defs.site import Site
from pipelines.deliveries import declared_sources
from pipelines.failures import problems_in
from pipelines.partitions import quarters
from pipelines.recipes import RECIPES
from pipelines.settings import ROOT, Settings

SOURCES = [folder.name for folder in sorted((ROOT / "data" / "raw").iterdir()) if folder.is_dir()]


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return defs.get_repository_def().asset_graph


def test_every_source_core_table_analysis_and_part_of_the_release_is_an_asset(graph):
    expected = (
        {("landing", source) for source in SOURCES}
        | {("core", table.name) for table in load_codebook().tables_in("core")}
        | {("catalog", "sources"), ("catalog", "refusals"), ("restricted", "diary_sums")}
        | {("results", analysis) for analysis in RECIPES}
        | {("release", part) for part in ("candidate", "warehouse", "parquet", "datapackage", "codebook")}
        | {("reports", "candidate"), ("reports", "site")}
    )
    assert {tuple(key.path) for key in graph.get_all_asset_keys()} == expected
    assert set(RECIPES) == set(load_codebook().analyses)


def test_every_asset_says_what_it_is_whose_it_is_and_runs_by_quarter(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.group_name == key.path[0], key
        assert node.partitions_def == quarters, key


def test_every_core_table_shows_its_columns_and_has_a_blocking_check_by_quarter(graph):
    codebook = load_codebook()
    for table in codebook.tables_in("core"):
        key = dg.AssetKey(["core", table.name])
        schema = graph.get(key).metadata["dagster/column_schema"]
        columns = (schema.value if isinstance(schema, dg.MetadataValue) else schema).columns
        assert [column.name for column in columns] == table.variables
        check = graph.get(dg.AssetCheckKey(key, "conforms_to_codebook"))
        assert check.blocking, key
        assert check.partitions_def == quarters, key
    reconciling = dg.AssetCheckKey(dg.AssetKey(["catalog", "sources"]), "every_row_is_kept_or_quarantined")
    assert graph.get(reconciling).blocking


def test_every_analysis_is_held_to_its_gates_before_anything_is_released(graph):
    for analysis in RECIPES:
        check = graph.get(dg.AssetCheckKey(dg.AssetKey(["results", analysis]), "keeps_to_its_gates"))
        assert check.blocking, analysis
        assert check.partitions_def == quarters, analysis


def test_the_release_waits_for_every_core_table_and_every_analysis(graph):
    upstream = {tuple(key.path) for key in graph.get(dg.AssetKey(["release", "candidate"])).parent_keys}
    assert {("core", table.name) for table in load_codebook().tables_in("core")} <= upstream
    assert {("results", analysis) for analysis in RECIPES} <= upstream


def test_nothing_is_put_in_place_before_the_report_is_complete(graph):
    for part in ("warehouse", "parquet", "datapackage", "codebook"):
        parents = {tuple(key.path) for key in graph.get(dg.AssetKey(["release", part])).parent_keys}
        assert parents == {("release", "candidate"), ("reports", "candidate")}


def test_the_job_covers_everything_in_one_process():
    job = defs.resolve_job_def("refresh_quarter")
    assert job.executor_def.name == "in_process"
    assert job.partitions_def == quarters


def test_the_schedule_asks_two_weeks_after_a_quarter_for_the_quarter_that_ended():
    tick = datetime(2026, 10, 15, 6, tzinfo=UTC)
    with dg.build_schedule_context(scheduled_execution_time=tick) as context:
        asked = quarterly(context)
    assert asked.partition_key == "2026-07-01"
    assert defs.get_repository_def().get_schedule_def("quarterly").cron_schedule == "0 6 15 1,4,7,10 *"


def test_a_sensor_listens_for_failed_runs():
    sensor = defs.get_repository_def().get_sensor_def("failure_note")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_code_loads_without_data_and_without_any_setting(tmp_path: Path):
    script = (
        "from pipelines.definitions import defs; "
        "print(len(defs.get_repository_def().asset_graph.get_all_asset_keys()))"
    )
    environment = {"PATH": "/usr/bin:/bin", "RECOVERY_OUTCOMES_DATA": str(tmp_path / "nowhere")}
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert int(loaded.stdout) > 20
    assert not (tmp_path / "nowhere").exists()


def test_dagsters_storage_stays_in_its_folder_and_its_telemetry_is_off(tmp_path: Path, monkeypatch):
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        instance.run_storage.get_runs()
        instance.get_asset_keys()
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", ".dagster"}


def test_no_release_is_built_while_an_earlier_quarter_delivered_has_not_passed(tmp_path: Path):
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "raw")
    codebook = load_codebook()
    settings = Settings.load(data=tmp_path, published=tmp_path / "published", environment={})
    site = Site(settings=settings, codebook=codebook, sources=declared_sources(settings.data_raw, codebook))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [candidate_asset(site, list(RECIPES))],
            partition_key="2026-07-01",
            resources={"site": site, "io_manager": WarehouseIOManager(site)},
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        assert problems_in(result.all_events) == ("2026Q2 must be refreshed before 2026Q3 is released",)
    assert [path.name for path in settings.curated.iterdir()] == ["restricted.duckdb"]


def test_dagster_is_given_no_frame_to_store(tmp_path: Path):
    settings = Settings.load(data=tmp_path, published=tmp_path / "published", environment={})
    manager = WarehouseIOManager(Site(settings=settings, codebook=load_codebook(), sources=()))
    with pytest.raises(dg.Failure, match="TypeError"):
        manager.handle_output(dg.build_output_context(), pl.DataFrame({"name": ["Jane Doe"]}))
    assert list(tmp_path.iterdir()) == []
