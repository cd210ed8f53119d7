import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import frictionless
import polars as pl
import pytest

from pipelines.codebook import Codebook
from pipelines.codebook.released import released_tables, released_variables, table_description
from pipelines.disclosed import content_hash, disclosed_frames
from pipelines.lots import draw_lots
from pipelines.release import Candidate, build_release, publish, recover
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

FIRST, SECOND = datetime(2026, 10, 15, 6, tzinfo=UTC), datetime(2026, 10, 16, 6, tzinfo=UTC)


def candidate_in(folder: Path) -> Candidate:
    settings = Settings.load(data=folder, published=folder / "published", environment={})
    return Candidate(quarter="2026Q3", settings=settings)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, codebook: Codebook, rows, no_crosswalk) -> Iterator[Warehouse]:
    """Thirty people in two programs, one of which has three of them; the same in three quarters."""
    people = [
        {"participant_id": f"P-{n:02}", "population": "p", "sex": "male" if n < 4 else "female"}
        for n in range(30)
    ]
    stays = [
        {
            "episode_id": f"E-{n:02}",
            "participant_id": f"P-{n:02}",
            "program_id": "S" if n < 3 else "L",
            "entry_day": 0,
        }
        for n in range(30)
    ]
    programs = [{"program_id": p, "program_name": p, "model": "social"} for p in "SL"]
    file = {
        "file": "a.csv", "title": "A site", "population": "p", "producer": "Test", "licence": "CC0-1.0",
        "synthetic": True, "file_sha256": "f", "rows_in": 30, "rows_kept": 30, "rows_quarantined": 0,
    }  # fmt: skip
    path = tmp_path_factory.mktemp("working") / "restricted.duckdb"
    with Warehouse.open(path, codebook) as warehouse:
        for quarter in ("2026Q2", "2026Q3", "2026Q4"):
            frames = {
                "core.participants": rows("core.participants", *people, quarter=quarter),
                "core.episodes": rows("core.episodes", *stays, quarter=quarter),
                "core.programs": rows("core.programs", *programs, quarter=quarter),
                "catalog.sources": rows("catalog.sources", file, quarter=quarter),
            }
            warehouse.replace_quarter(quarter, frames, crosswalk=no_crosswalk)
        yield warehouse


def build(filled: Warehouse, candidate: Candidate, now: datetime) -> str:
    facts = build_release(filled, candidate, sources=(), left_out=("Left out.",), now=now)
    candidate.report.mkdir(parents=True)
    (candidate.report / "index.html").write_text(facts.release_id, encoding="utf-8")
    return facts.release_id


@pytest.fixture(scope="module")
def waiting(tmp_path_factory, filled: Warehouse) -> Path:
    """A published release, and a second one complete as a candidate beside it. Not to be changed."""
    folder = tmp_path_factory.mktemp("waiting")
    build(filled, candidate_in(folder), FIRST)
    publish(candidate_in(folder))
    build(filled, candidate_in(folder), SECOND)
    return folder


@pytest.fixture
def candidate(waiting: Path, tmp_path: Path) -> Candidate:
    """A copy of it that a test may change."""
    shutil.copytree(waiting, tmp_path / "site")
    return candidate_in(tmp_path / "site")


@pytest.fixture(scope="module")
def last(waiting: Path) -> Candidate:
    """The published release."""
    return candidate_in(waiting)


def folders(settings: Settings) -> dict[str, bytes]:
    """Every file that a reader may open, with its bytes."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for root in (settings.curated, settings.published)
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".building" not in str(path)
    }


def released(candidate: Candidate, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(candidate.settings.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def described(candidate: Candidate) -> dict[str, object]:
    return json.loads((candidate.settings.curated / "datapackage.json").read_text(encoding="utf-8"))


def columns(codebook: Codebook) -> set[tuple[str, str, str, str]]:
    return {
        (table.layer, table.name, variable.name, variable.description)
        for table in released_tables(codebook)
        for variable in released_variables(codebook, table)
    }


COLUMNS = "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"


def test_every_released_table_and_column_is_there_with_the_codebooks_comment(last, codebook: Codebook):
    assert set(released(last, COLUMNS)) == columns(codebook)
    tables = {
        (table.layer, table.name, table_description(codebook, table, released=True))
        for table in released_tables(codebook)
    }
    assert set(released(last, "SELECT schema_name, table_name, comment FROM duckdb_tables()")) == tables


def test_no_identifying_or_restricted_variable_is_in_the_release(last, codebook: Codebook):
    hidden = {
        (table.layer, table.name, variable.name)
        for table in codebook.tables.values()
        for variable in codebook.variables_of(table)
        if variable.sensitivity != "public" or not table.released
    }
    assert hidden
    assert not hidden & {row[:3] for row in released(last, COLUMNS)}


def test_clients_as_old_as_duckdb_1_2_can_open_the_release(last):
    """The number after a DuckDB file's magic bytes is its storage version; 1.2 reads 64 and 65."""
    header = last.settings.warehouse.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") in {64, 65}
    (tags,) = released(last, "SELECT tags FROM duckdb_databases() WHERE NOT internal")[0]
    assert tags["storage_version"].startswith("v1.2")


def test_the_release_is_as_of_its_quarter(last):
    people = "SELECT count(*), count(DISTINCT participant_id) FROM core.participants"
    assert released(last, people) == [(30, 30)]
    quarters = released(last, "SELECT DISTINCT delivered_quarter FROM catalog.sources ORDER BY 1")
    assert quarters == [("2026Q2",), ("2026Q3",)]


def test_values_and_programs_of_one_to_ten_people_are_withheld_from_all_where_too_few_hide_them(last):
    sexes = "SELECT sex, count(*) FROM core.participants GROUP BY 1 ORDER BY 1"
    assert released(last, sexes) == [(None, 30)]
    programs = "SELECT program_id, count(*) FROM core.episodes GROUP BY 1 ORDER BY 1"
    assert released(last, programs) == [(None, 30)]
    assert released(last, "SELECT n_people FROM catalog.populations") == [(30,)]


def test_lots_are_drawn_once_for_each_population_and_kept_where_nobody_outside_reads(filled, last):
    first = draw_lots(filled, ["p", "q"])
    assert draw_lots(filled, ["q", "p"]) == first
    assert len(set(first.values())) == 2 and min(map(len, first.values())) >= 32
    kept = filled.crosswalk().filter(pl.col("variable") == "release_lot")
    assert set(kept["population"]) == {"p", "q"}
    for path in last.settings.curated.rglob("*.parquet"):
        values = pl.read_parquet(path).select(pl.col(pl.String)).to_dict(as_series=False).values()
        assert not {value for column in values for value in column} & set(kept["random_id"])


def test_the_data_package_points_to_files_that_are_there_as_described(last, codebook: Codebook):
    resources = described(last)["resources"]
    assert {resource["name"] for resource in resources} == {t.full_name for t in released_tables(codebook)}
    for resource in resources:
        data = (last.settings.curated / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert resource["rows"] == pl.read_parquet(data).height


def test_frictionless_finds_the_release_valid(last):
    report = frictionless.validate(str(last.settings.curated / "datapackage.json"))
    assert report.valid, [error.message for task in report.tasks for error in task.errors][:5]


def test_the_catalog_counts_the_rows_of_every_table_of_the_release(last):
    for schema, table, said in released(last, "SELECT table_schema, table_name, n_rows FROM catalog.tables"):
        assert released(last, f'SELECT count(*) FROM "{schema}"."{table}"') == [(said,)], (schema, table)


def test_the_content_hash_is_of_contents_and_not_of_time_or_order(filled, last):
    frames = disclosed_frames(filled, as_of="2026Q3", sources=(), maximum=10)
    again = disclosed_frames(filled, as_of="2026Q3", sources=(), maximum=10)
    assert content_hash(frames) == content_hash(dict(reversed(again.items())))
    stricter = disclosed_frames(filled, as_of="2026Q3", sources=(), maximum=40)
    assert content_hash(stricter) != content_hash(frames)
    said = released(last, "SELECT content_hash, left_out, as_of, contains_synthetic FROM catalog.releases")
    assert said == [(content_hash(frames), "Left out.", "2026Q3", True)]


def test_building_a_candidate_changes_no_file_that_a_reader_may_open(candidate, filled):
    before = folders(candidate.settings)
    recover(candidate.settings)
    assert folders(candidate.settings) == before
    build(filled, candidate, SECOND)
    assert folders(candidate.settings) == before


def test_publishing_puts_every_part_of_the_candidate_in_place_and_drops_the_older_tables(candidate):
    first = described(candidate)["id"]
    (row,) = publish(candidate).iter_rows(named=True)
    second = row["release_id"]
    assert second != first
    assert described(candidate)["id"] == second
    assert [path.name for path in (candidate.settings.curated / "parquet").iterdir()] == [second]
    assert (candidate.published / "index.html").read_text(encoding="utf-8") == second
    assert not [
        p for root in (candidate.settings.curated, candidate.settings.published) for p in root.glob(".*")
    ]


@pytest.mark.parametrize("killed_at", range(1, 7))
def test_killed_at_any_rename_a_reader_finds_a_complete_release_and_the_next_run_completes(
    candidate, waiting, monkeypatch, killed_at: int
):
    renames = 0
    rename = Path.replace

    def killed(path: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == killed_at:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(candidate)
    settings = candidate.settings
    assert released(candidate, "SELECT count(*) FROM core.participants") == [(30,)]
    assert all((settings.curated / part["path"]).is_file() for part in described(candidate)["resources"])
    recover(settings)
    assert (candidate.published / "index.html").is_file()
    assert all((settings.curated / part["path"]).is_file() for part in described(candidate)["resources"])
    assert not [path for root in (settings.curated, settings.published) for path in root.glob(".*")]
    prepared = candidate_in(waiting)
    shutil.rmtree(
        settings.curated / "parquet" / next(prepared.folder.glob("parquet/*")).name, ignore_errors=True
    )
    shutil.copytree(prepared.folder, candidate.folder)
    shutil.copytree(prepared.report, candidate.report)
    (row,) = publish(candidate).iter_rows(named=True)
    assert described(candidate)["id"] == row["release_id"]
    assert (candidate.published / "index.html").read_text(encoding="utf-8") == row["release_id"]


def test_the_release_names_its_terms_its_time_in_utc_and_the_license_of_each_table(candidate, filled):
    (row,) = publish(candidate).iter_rows(named=True)
    assert row["released_at"] == SECOND
    said = released(candidate, "SELECT released_at, terms FROM catalog.releases ORDER BY released_at")
    assert said[-1] == (SECOND.replace(tzinfo=None), filled.codebook.terms)
    package = described(candidate)
    assert filled.codebook.terms in package["description"]
    licenses = {part["name"]: part.get("licenses") for part in package["resources"]}
    assert licenses["core.participants"] == [{"name": "CC0-1.0", "title": "CC0-1.0"}]
    assert licenses["reference.counties"] is None
    assert "CC0" not in str(package["licenses"])
