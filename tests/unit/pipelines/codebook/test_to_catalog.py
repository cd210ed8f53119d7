"""The tables by which a release describes itself."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pipelines.codebook import Codebook, Table, load_codebook
from pipelines.codebook.released import primary_key, released_tables, released_variables, table_description
from pipelines.codebook.spec import Variable
from pipelines.codebook.to_catalog import catalog_frames, reference_frame
from pipelines.codebook.to_polars import SchemaError, schema

FRAMES = catalog_frames(load_codebook(), {"core.participants": 600})


def test_the_catalog_frames_are_typed_by_the_codebook_and_their_keys_are_unique() -> None:
    codebook = load_codebook()
    for full_name, frame in FRAMES.items():
        table = codebook.table(full_name)
        assert frame.schema == schema(codebook, table, released=True)
        assert not frame.select(primary_key(table, released=True)).is_duplicated().any()
        assert frame.height > 0, full_name


def test_every_released_table_and_column_is_in_the_catalog_with_its_text() -> None:
    codebook = load_codebook()
    tables, columns = FRAMES["catalog.tables"], FRAMES["catalog.variables"]
    assert tables.select("table_schema", "table_name", "description").rows() == [
        (t.layer, t.name, table_description(codebook, t, released=True)) for t in released_tables(codebook)
    ]
    assert columns.select(
        "table_schema", "table_name", "variable_name", "position", "description"
    ).rows() == [
        (t.layer, t.name, v.name, place, v.description)
        for t in released_tables(codebook)
        for place, v in enumerate(released_variables(codebook, t), start=1)
    ]


def test_row_counts_are_those_given_and_unknown_ones_are_null() -> None:
    counts = FRAMES["catalog.tables"].select(
        pl.concat_str("table_schema", pl.lit("."), "table_name"), "n_rows"
    )
    found = dict(counts.iter_rows())
    assert found["core.participants"] == 600
    assert found["core.diary_days"] is None


def test_permitted_values_are_read_back_as_codes_and_labels() -> None:
    codebook = load_codebook()
    row = FRAMES["catalog.variables"].row(by_predicate=(pl.col("variable_name") == "sex"), named=True)
    assert json.loads(row["permitted_values"]) == codebook.variables["sex"].values


def test_every_code_of_a_released_category_has_its_label_and_place() -> None:
    codebook = load_codebook()
    codes = FRAMES["catalog.codes"]
    assert codes.rows() == [
        (t.layer, t.name, v.name, code, label, place)
        for t in released_tables(codebook)
        for v in released_variables(codebook, t)
        for place, (code, label) in enumerate((v.values or {}).items(), start=1)
    ]
    assert codes.height > 100


def test_the_catalog_says_how_the_release_rounds_and_gives_no_unit_to_a_code() -> None:
    said = {
        (schema, name): (text, unit)
        for schema, name, text, unit in FRAMES["catalog.variables"]
        .select("table_name", "variable_name", "description", "unit")
        .iter_rows()
    }
    assert "rounded down to a multiple of 91 for people" in said["justice_events", "extract_day"][0]
    assert "rounded down to a multiple of 5 for people" in said["participants", "onset_age"][0]
    assert said["assessments", "sos"][0].endswith("In the release it is rounded to 1 decimal.")
    assert "rounded" not in said["diary_days", "craving"][0]
    assert said["participants", "education"][1] is None


def test_a_word_that_serves_several_tables_says_what_it_is_in_each() -> None:
    codebook = load_codebook()
    for name in ("value", "n_rows", "n_people", "n_events", "estimate"):
        tables = [t for t in codebook.tables.values() if name in t.variables and t.released]
        described = {codebook.variable(t, name).description for t in tables}
        shared = {"results.estimates", "results.diagnostics"} & {t.full_name for t in tables}
        assert len(described) >= len(tables) - (len(shared) - 1 if shared else 0), name


def test_every_instrument_and_analysis_is_in_the_catalog() -> None:
    codebook = load_codebook()
    instruments = FRAMES["catalog.instruments"]
    assert dict(instruments.select("instrument", "n_items").iter_rows()) == {
        name: len(entry.items) for name, entry in codebook.instruments.items()
    }
    assert FRAMES["catalog.analyses"].get_column("analysis").to_list() == list(codebook.analyses)
    assert FRAMES["catalog.schema_version"].get_column("schema_version").to_list() == [
        codebook.schema_version
    ]


def test_every_instrument_that_a_variable_names_is_in_the_codebook() -> None:
    codebook = load_codebook()
    named = {variable.instrument for variable in codebook.variables.values() if variable.instrument}
    assert named <= set(codebook.instruments)


def test_every_reference_table_of_the_real_codebook_has_its_rows() -> None:
    codebook = load_codebook()
    for table in codebook.tables_in("reference"):
        frame = reference_frame(codebook, table.full_name)
        assert frame.schema == schema(codebook, table)
        assert frame.height == len(codebook.reference_rows[table.full_name]) > 0


def _with_rows(small: Codebook, rows: list[dict[str, object]]) -> Codebook:
    norm = Table(
        name="norms", layer="reference", label="Norms", description="Norms.", primary_key=["norm_id"],
        variables=["norm_id", "level"], required=["level"],
    )  # fmt: skip
    added = [
        Variable(name="norm_id", type="text", label="Norm", description="Which norm."),
        Variable(name="level", type="number", label="Level", description="How high."),
    ]
    fields = {name: getattr(small, name) for name in Codebook.model_fields}
    fields["tables"] = {**small.tables, "reference.norms": norm}
    fields["variables"] = {**small.variables, **{v.name: v for v in added}}
    return Codebook(**{**fields, "reference_rows": {"reference.norms": rows}})


def test_whole_numbers_in_the_yaml_are_numbers(small: Codebook) -> None:
    codebook = _with_rows(small, [{"norm_id": "a", "level": 3}, {"level": 2.5, "norm_id": "b"}])
    assert reference_frame(codebook, "reference.norms").rows() == [("a", 3.0), ("b", 2.5)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"norm_id": "a", "level": 1, "mood": "x"}], r"row 1 .*mood"),
        ([{"norm_id": "a", "level": "high"}], r"\[level\]"),
        ([{"norm_id": "a", "level": True}], r"\[level\]"),
        ([{"norm_id": 29001, "level": 1}], r"\[norm_id\]"),
        ([{"norm_id": "a"}], r"\[level\] in 1 rows"),
        ([{"norm_id": "a", "level": 1}, {"norm_id": "a", "level": 2}], "same key"),
    ],
)
def test_a_reference_row_that_breaks_the_codebook_is_refused(
    small: Codebook, rows: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        reference_frame(_with_rows(small, rows), "reference.norms")


def test_a_table_without_reference_rows_says_which_have_them(small: Codebook) -> None:
    with pytest.raises(KeyError, match=r"no reference rows for \[core\.participants\]"):
        reference_frame(small, "core.participants")
