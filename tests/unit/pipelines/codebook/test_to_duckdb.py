"""The DDL and comments, run in DuckDB and read back."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.released import released_tables, released_variables, table_description
from pipelines.codebook.to_duckdb import comment_sql, create_schema_sql, create_table_sql


def _create(codebook: Codebook, *, released: bool) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table in released_tables(codebook) if released else codebook.tables.values():
        connection.execute(create_schema_sql(table.layer))
        connection.execute(create_table_sql(codebook, table, released=released))
        for statement in comment_sql(codebook, table, released=released):
            connection.execute(statement)
    return connection


@pytest.mark.parametrize("released", [False, True])
def test_every_comment_in_duckdb_is_the_codebooks_text(released: bool) -> None:
    codebook = load_codebook()
    with _create(codebook, released=released) as connection:
        tables = connection.execute("SELECT schema_name, table_name, comment FROM duckdb_tables()").fetchall()
        columns = connection.execute(
            "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    expected = released_tables(codebook) if released else list(codebook.tables.values())
    assert {(s, t): c for s, t, c in tables} == {
        (t.layer, t.name): table_description(codebook, t, released=released) for t in expected
    }
    assert {(s, t, v): c for s, t, v, c in columns} == {
        (table.layer, table.name, variable.name): variable.description
        for table in expected
        for variable in (released_variables(codebook, table) if released else codebook.variables_of(table))
    }


def test_quotes_in_a_description_survive(small: Codebook) -> None:
    with _create(small, released=False) as connection:
        query = "SELECT comment FROM duckdb_columns() WHERE table_name = ? AND column_name = 'participant_id'"
        assert connection.execute(query, ["assessments"]).fetchall() == [('It\'s a "random" id; <b>&.',)]


def test_a_delivery_may_repeat_a_key_of_another_but_not_its_own(small: Codebook) -> None:
    with _create(small, released=False) as connection:
        insert = "INSERT INTO core.participants VALUES ('p', 'male', NULL, 's', ?)"
        connection.execute(insert, ["2026Q2"])
        connection.execute(insert, ["2026Q3"])
        with pytest.raises(duckdb.ConstraintException):
            connection.execute(insert, ["2026Q3"])


def test_a_released_key_is_unique_and_knows_no_delivery(small: Codebook) -> None:
    with _create(small, released=True) as connection:
        names = [row[0] for row in connection.execute("DESCRIBE core.participants").fetchall()]
        assert names == ["participant_id", "sex", "source"]
        connection.execute("INSERT INTO core.participants VALUES ('p', 'male', 's')")
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("INSERT INTO core.participants VALUES ('p', 'female', 's')")


def test_required_columns_refuse_null_and_others_take_it(small: Codebook) -> None:
    with _create(small, released=True) as connection:
        connection.execute("INSERT INTO core.participants VALUES ('p', NULL, 's')")
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("INSERT INTO core.participants VALUES ('q', 'male', NULL)")


def test_a_table_can_be_made_in_another_schema(small: Codebook) -> None:
    table = small.table("core.participants")
    with duckdb.connect() as connection:
        connection.execute(create_schema_sql("odd \"name's"))
        connection.execute(create_table_sql(small, table, schema="odd \"name's"))
        for statement in comment_sql(small, table, schema="odd \"name's"):
            connection.execute(statement)
        found = connection.execute("SELECT schema_name, comment FROM duckdb_tables()").fetchall()
    assert found == [("odd \"name's", table.description)]


def test_no_table_of_the_release_is_restricted(small: Codebook) -> None:
    with pytest.raises(ValueError, match=r"restricted\.crosswalk.*not a released table"):
        create_table_sql(small, small.table("restricted.crosswalk"), released=True)


def test_whoever_opens_the_table_of_people_reads_the_terms_of_use() -> None:
    codebook = load_codebook()
    with _create(codebook, released=True) as connection:
        query = (
            "SELECT comment FROM duckdb_tables() WHERE schema_name = 'core' AND table_name = 'participants'"
        )
        ((comment,),) = connection.execute(query).fetchall()
    assert comment.endswith(codebook.terms)


def test_no_column_is_named_by_a_reserved_word_so_that_nobody_has_to_quote() -> None:
    codebook = load_codebook()
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    reserved = {word for (word,) in found}
    assert "window" in reserved
    names = {f"{t.full_name}.{name}" for t in codebook.tables.values() for name in t.variables}
    names |= {f"{t.full_name}.{t.name}" for t in codebook.tables.values()}
    assert not {name for name in names if name.rpartition(".")[2] in reserved}


def test_plain_python_reads_every_released_time_without_a_library_for_zones() -> None:
    codebook = load_codebook()
    with _create(codebook, released=True) as connection:
        types = connection.execute("SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal")
        kinds = {kind for (kind,) in types.fetchall()}
    assert "TIMESTAMP" in kinds
    assert "TIMESTAMP WITH TIME ZONE" not in kinds
