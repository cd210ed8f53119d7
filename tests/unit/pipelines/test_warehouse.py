import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.cleaning.crosswalk import SCHEMA as CROSSWALK
from pipelines.codebook import Codebook
from pipelines.codebook.released import variables
from pipelines.codebook.to_polars import SchemaError
from pipelines.warehouse import Warehouse, WarehouseBusyError, codebook_hash

PEOPLE = "core.participants"


def person(identifier: str, sex: str = "female") -> dict[str, object]:
    return {"participant_id": identifier, "population": "p", "sex": sex}


def test_every_table_and_column_carries_the_codebooks_comment(warehouse: Warehouse, codebook: Codebook):
    said = {
        (schema, table, column): comment
        for schema, table, column, comment in warehouse.connection.execute(
            "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() "
            "WHERE database_name = 'site' AND schema_name <> 'landing' UNION ALL "
            "SELECT schema_name, table_name, '', comment FROM duckdb_tables() "
            "WHERE database_name = 'site' AND schema_name <> 'landing'"
        ).fetchall()
    }
    expected = {
        (table.layer, table.name, variable.name): variable.description
        for table in codebook.tables.values()
        for variable in variables(codebook, table, released=False)
    } | {(table.layer, table.name, ""): table.description for table in codebook.tables.values()}
    assert said == expected


def test_replacing_a_quarter_leaves_every_other_quarter_as_it_was(warehouse, rows, no_crosswalk):
    for quarter, sex in (("2026Q2", "female"), ("2026Q3", "male")):
        frames = {PEOPLE: rows(PEOPLE, person("P1", sex), person("P2", sex), quarter=quarter)}
        warehouse.replace_quarter(quarter, frames, crosswalk=no_crosswalk)
    before = warehouse.read_where(PEOPLE, delivered_quarter="2026Q2")
    warehouse.replace_quarter("2026Q3", {PEOPLE: rows(PEOPLE, person("P1"))}, crosswalk=no_crosswalk)
    assert_frame_equal(warehouse.read_where(PEOPLE, delivered_quarter="2026Q2"), before)
    assert warehouse.read_where(PEOPLE, delivered_quarter="2026Q3").height == 1


def test_a_reader_gets_for_each_key_the_latest_delivery_up_to_the_quarter(warehouse, rows, no_crosswalk):
    delivered = {
        "2026Q1": [person("P1", "female")],
        "2026Q2": [person("P1", "male"), person("P2", "female")],
        "2026Q3": [person("P2", "male"), person("P3", "female")],
    }
    for quarter, people in delivered.items():
        frames = {PEOPLE: rows(PEOPLE, *people, quarter=quarter)}
        warehouse.replace_quarter(quarter, frames, crosswalk=no_crosswalk)

    def seen(quarter: str) -> list[tuple[str, str]]:
        return warehouse.read(PEOPLE, quarter).select("participant_id", "sex").rows()

    assert seen("2025Q4") == []
    assert seen("2026Q1") == [("P1", "female")]
    assert seen("2026Q2") == [("P1", "male"), ("P2", "female")]
    assert seen("2026Q3") == [("P1", "male"), ("P2", "male"), ("P3", "female")]


def test_a_quarter_that_cannot_be_written_whole_is_not_written_at_all(warehouse, rows, no_crosswalk):
    good = {PEOPLE: rows(PEOPLE, person("P1"))}
    warehouse.replace_quarter("2026Q3", good, crosswalk=no_crosswalk)
    twice = {
        PEOPLE: rows(PEOPLE, person("P2")),
        "core.programs": rows(
            "core.programs", *[{"program_id": "A", "program_name": "A", "model": "social"}] * 2
        ),
    }
    with pytest.raises(Exception, match="duplicate key"):
        warehouse.replace_quarter("2026Q3", twice, crosswalk=no_crosswalk)
    assert warehouse.read(PEOPLE, "2026Q3").get_column("participant_id").to_list() == ["P1"]


def test_a_frame_that_is_not_as_the_codebook_says_is_refused_before_anything_is_written(
    warehouse, rows, no_crosswalk
):
    frame = rows(PEOPLE, person("P1")).drop("sex")
    with pytest.raises(SchemaError, match="sex"):
        warehouse.replace_quarter("2026Q3", {PEOPLE: frame}, crosswalk=no_crosswalk)


def test_rows_of_another_quarter_are_refused(warehouse, rows, no_crosswalk):
    frame = rows(PEOPLE, person("P1"), quarter="2026Q2")
    with pytest.raises(ValueError, match="another quarter than 2026Q3"):
        warehouse.replace_quarter("2026Q3", {PEOPLE: frame}, crosswalk=no_crosswalk)


def crosswalk(*said: tuple[str, str, datetime | None]) -> pl.DataFrame:
    full = [("participant_id", "p", identifier, random_id, day) for identifier, random_id, day in said]
    return pl.DataFrame(full, schema=CROSSWALK, orient="row")


def test_the_crosswalk_comes_back_as_it_was_saved(warehouse, rows):
    saved = crosswalk(("a", "P-1", datetime(2026, 1, 31, tzinfo=UTC)), ("b", "P-2", None))
    warehouse.replace_quarter("2026Q3", {PEOPLE: rows(PEOPLE, person("P-1"))}, crosswalk=saved)
    assert_frame_equal(warehouse.crosswalk(), saved)


def test_an_id_once_drawn_is_never_lost_or_changed(warehouse, rows):
    warehouse.replace_quarter("2026Q3", {}, crosswalk=crosswalk(("a", "P-1", None)))
    for broken in (crosswalk(("b", "P-2", None)), crosswalk(("a", "P-9", None))):
        with pytest.raises(ValueError, match="lose or change an id"):
            warehouse.replace_quarter("2026Q3", {}, crosswalk=broken)
    assert warehouse.crosswalk().get_column("random_id").to_list() == ["P-1"]


def test_a_quarter_counts_as_passed_only_until_it_is_landed_or_cleaned_again(warehouse, no_crosswalk):
    warehouse.pass_quarter("2026Q2")
    assert warehouse.passed_quarters() == {"2026Q2"}
    warehouse.replace_quarter("2026Q2", {}, crosswalk=no_crosswalk)
    assert (warehouse.passed_quarters(), warehouse.closed_quarters()) == (set(), {"2026Q2"})
    warehouse.pass_quarter("2026Q2")
    warehouse.reopen_quarter("2026Q2")
    assert (warehouse.passed_quarters(), warehouse.closed_quarters()) == (set(), set())


def test_a_changed_codebook_empties_its_tables_but_keeps_the_crosswalk_and_the_releases(
    tmp_path, codebook, rows
):
    path = tmp_path / "restricted.duckdb"
    with Warehouse.open(path, codebook) as before:
        people = {PEOPLE: rows(PEOPLE, person("P-1"))}
        before.replace_quarter("2026Q3", people, crosswalk=crosswalk(("a", "P-1", None)))
        before.pass_quarter("2026Q3")
    table = codebook.table(PEOPLE)
    shorter = table.model_copy(
        update={"variables": [name for name in table.variables if name != "trial_arm"]}
    )
    changed = codebook.model_copy(update={"tables": codebook.tables | {PEOPLE: shorter}})
    assert codebook_hash(changed) != codebook_hash(codebook)
    with Warehouse.open(path, changed) as after:
        assert "trial_arm" not in after.read(PEOPLE, "2026Q3").columns
        assert after.read(PEOPLE, "2026Q3").is_empty()
        assert after.crosswalk().get_column("random_id").to_list() == ["P-1"]
        assert (after.passed_quarters(), after.closed_quarters()) == (set(), {"2026Q3"})


def test_an_unchanged_codebook_keeps_every_row(tmp_path, codebook, rows, no_crosswalk):
    path = tmp_path / "restricted.duckdb"
    with Warehouse.open(path, codebook) as first:
        first.replace_quarter("2026Q3", {PEOPLE: rows(PEOPLE, person("P1"))}, crosswalk=no_crosswalk)
        first.pass_quarter("2026Q3")
    with Warehouse.open(path, codebook) as again:
        assert again.read(PEOPLE, "2026Q3").height == 1
        assert again.passed_quarters() == {"2026Q3"}


def test_words_of_the_report_do_not_make_the_quarters_be_cleaned_again(codebook: Codebook):
    said = {name: a.model_copy(update={"label": "other"}) for name, a in codebook.analyses.items()}
    assert codebook_hash(codebook.model_copy(update={"analyses": said})) == codebook_hash(codebook)


def test_reference_tables_hold_the_codebooks_rows(warehouse: Warehouse, codebook: Codebook):
    counties = warehouse.read("reference.counties", "2026Q3")
    assert counties.height == len(codebook.reference_rows["reference.counties"])
    assert counties.get_column("state").unique().to_list() == ["Missouri"]


def test_a_second_process_is_told_that_another_refresh_is_running(tmp_path: Path, codebook: Codebook):
    path = tmp_path / "restricted.duckdb"
    holding = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline().strip() == "held"
        with (
            pytest.raises(WarehouseBusyError, match="another refresh is running"),
            Warehouse.open(path, codebook),
        ):
            pass
        other.communicate("done\n")
    with Warehouse.open(path, codebook) as free:
        assert free.passed_quarters() == set()


def test_looking_changes_nothing(tmp_path: Path, codebook: Codebook):
    path = tmp_path / "restricted.duckdb"
    with Warehouse.open(path, codebook) as warehouse:
        warehouse.pass_quarter("2026Q3")
    before = path.read_bytes()
    with Warehouse.look(path, codebook) as looking:
        assert looking.passed_quarters() == {"2026Q3"}
        with pytest.raises(Exception, match="read-only"):
            looking.pass_quarter("2026Q4")
    assert path.read_bytes() == before


def test_only_its_owner_may_read_the_restricted_database(tmp_path: Path, codebook, rows, no_crosswalk):
    path = tmp_path / "restricted.duckdb"
    with Warehouse.open(path, codebook) as warehouse:
        warehouse.connection.execute("CHECKPOINT site")
        frames = {PEOPLE: rows(PEOPLE, person("P1"))}
        warehouse.replace_quarter("2026Q3", frames, crosswalk=no_crosswalk)
        beside = [file for file in tmp_path.iterdir() if file.name.startswith(path.name)]
        assert {file.name for file in beside} == {path.name, f"{path.name}.wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in beside} == {0o600}
    path.chmod(0o644)  # as a copy or an older version may have left it
    with Warehouse.open(path, codebook):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_beside_the_database_is_its_owners_alone_while_rows_are_written(tmp_path: Path, codebook):
    path = tmp_path / "restricted.duckdb"
    before = os.umask(0o022)
    try:
        with Warehouse.open(path, codebook) as warehouse:
            warehouse.connection.execute("CHECKPOINT")
            with warehouse.transaction():
                warehouse.connection.execute("CREATE TABLE site.main.anything AS SELECT 1 AS one")
            warehouse.pass_quarter("2026Q3")
            modes = [file.stat().st_mode & 0o777 for file in tmp_path.glob("restricted.duckdb*")]
        after = os.umask(0o022)
    finally:
        os.umask(before)
    assert set(modes) == {0o600}
    assert after == 0o022
