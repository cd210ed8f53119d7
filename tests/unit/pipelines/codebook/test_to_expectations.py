"""Which expectations a table gets."""

from __future__ import annotations

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.to_expectations import Expectation, expectations


def test_a_table_is_asked_for_its_columns_its_key_and_each_rule_once(small: Codebook) -> None:
    waves = ["baseline", "month_6"]
    names = ["participant_id", "wave", "assessment_day", "barc10", "answered", "released_at", "source"]
    key = ["participant_id", "wave"]
    assert expectations(small, small.table("core.assessments"), released=True) == [
        Expectation(column="(all columns)", kind="columns_in_order", kwargs={"columns": names}),
        Expectation(column="participant_id, wave", kind="unique_key", kwargs={"columns": key}),
        Expectation(column="participant_id", kind="not_null"),
        Expectation(column="wave", kind="not_null"),
        Expectation(column="wave", kind="in_set", kwargs={"values": waves}),
        Expectation(column="assessment_day", kind="whole_number"),
        Expectation(column="assessment_day", kind="between", kwargs={"minimum": -30, "maximum": 400}),
        Expectation(column="barc10", kind="between", kwargs={"minimum": 10, "maximum": 60}),
        Expectation(column="answered", kind="not_null"),
        Expectation(column="source", kind="not_null"),
    ]


def test_in_the_working_table_the_key_holds_the_delivery(small: Codebook) -> None:
    unique = expectations(small, small.table("core.participants"))[1]
    assert unique.kwargs == {"columns": ["participant_id", "delivered_quarter"]}


def test_every_variable_of_the_real_codebook_has_the_rules_that_it_states() -> None:
    codebook = load_codebook()
    for table in codebook.tables.values():
        found = expectations(codebook, table)
        assert found[0].kwargs["columns"] == table.variables
        kinds = {(e.column, e.kind) for e in found}
        assert len(kinds) == len(found), "the catalog keys a check by column and kind"
        for variable in codebook.variables_of(table):
            numeric = variable.type in {"integer", "number"}
            limited = numeric and (variable.minimum is not None or variable.maximum is not None)
            assert ((variable.name, "in_set") in kinds) == (variable.type == "category")
            assert ((variable.name, "whole_number") in kinds) == (variable.type == "integer")
            assert ((variable.name, "between") in kinds) == limited
            assert ((variable.name, "not_null") in kinds) or variable.name not in table.not_null


def test_every_day_offset_is_asked_to_be_whole() -> None:
    codebook = load_codebook()
    days = {v.name for v in codebook.variables.values() if v.day_offset}
    asked = {
        e.column
        for t in codebook.tables.values()
        for e in expectations(codebook, t)
        if e.kind == "whole_number"
    }
    assert days
    assert days <= asked
