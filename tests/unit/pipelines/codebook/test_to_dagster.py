"""What the asset graph shows of a table."""

from __future__ import annotations

import dagster as dg

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.to_dagster import asset_spec_kwargs


def test_dagster_takes_every_table_of_the_real_codebook() -> None:
    codebook = load_codebook()
    for table in codebook.tables.values():
        spec = dg.AssetSpec(key=[table.layer, table.name], **asset_spec_kwargs(codebook, table))
        columns = spec.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == table.variables
        assert all(column.description for column in columns)
        assert spec.group_name == table.layer
        assert spec.owners


def test_an_asset_shows_its_columns_with_type_constraint_and_sensitivity(small: Codebook) -> None:
    table = small.table("core.participants")

    @dg.asset(key=["core", "participants"], **asset_spec_kwargs(small, table))
    def participants() -> None: ...

    definitions = dg.Definitions(assets=[participants])
    spec = definitions.resolve_asset_graph().get(dg.AssetKey(["core", "participants"]))
    assert spec.description is not None
    assert table.description in spec.description
    assert table.usage_warnings[0] in spec.description
    columns = {column.name: column for column in spec.metadata["dagster/column_schema"].columns}
    assert columns["sex"].type == "VARCHAR"
    assert columns["sex"].constraints.nullable
    assert columns["sex"].constraints.other == ["one of female, male"]
    assert not columns["participant_id"].constraints.nullable
    assert columns["hidden"].tags["sensitivity"] == "restricted"


def test_bounds_units_and_the_key_are_shown(small: Codebook) -> None:
    metadata = asset_spec_kwargs(small, small.table("core.assessments"))["metadata"]
    shown = metadata["dagster/column_schema"]
    day = next(column for column in shown.columns if column.name == "assessment_day")
    assert day.constraints.other == ["at least -30", "at most 400"]
    assert day.description.endswith("Unit: days.")
    assert "primary key (participant_id, wave, delivered_quarter)" in shown.constraints.other
