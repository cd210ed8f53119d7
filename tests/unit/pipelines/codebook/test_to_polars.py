"""The gate that a frame passes before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.to_polars import DTYPES, SchemaError, enforce, schema

MARKER = "MARKER-7731"


def _assessments(**changes: object) -> pl.DataFrame:
    columns: dict[str, object] = {
        "participant_id": ["p1", "p2"],
        "wave": ["baseline", "month_6"],
        "assessment_day": [0, 180],
        "barc10": [40.0, None],
        "answered": [True, False],
        "released_at": [datetime(2026, 1, 1, tzinfo=UTC), None],
        "source": ["s", "s"],
        "delivered_quarter": ["2026Q3", "2026Q3"],
    }
    return pl.DataFrame({**columns, **changes})


def _refusal(small: Codebook, frame: pl.DataFrame) -> str:
    with pytest.raises(SchemaError) as raised:
        enforce(small, small.table("core.assessments"), frame)
    return str(raised.value)


def test_every_variable_of_the_real_codebook_has_a_polars_type_in_table_order() -> None:
    codebook = load_codebook()
    for table in codebook.tables.values():
        types = schema(codebook, table)
        assert types.names() == table.variables
        assert all(types[v.name] == DTYPES[v.type] for v in codebook.variables_of(table))


def test_columns_come_back_in_the_codebooks_order(small: Codebook) -> None:
    frame = _assessments()
    table = small.table("core.assessments")
    result = enforce(small, table, frame.select(reversed(frame.columns)))
    assert result.schema == schema(small, table)
    assert result.rows() == frame.rows()


def test_a_released_frame_has_no_delivery_and_nothing_restricted(small: Codebook) -> None:
    table = small.table("core.participants")
    frame = pl.DataFrame({"participant_id": ["p"], "sex": ["male"], "source": ["s"]})
    assert enforce(small, table, frame, released=True).columns == ["participant_id", "sex", "source"]


def test_a_released_time_is_in_utc_and_names_no_zone(small: Codebook) -> None:
    table = small.table("core.assessments")
    noon = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("America/Chicago"))
    frame = _assessments(released_at=[noon, None]).drop("delivered_quarter")
    result = enforce(small, table, frame, released=True)
    assert result.schema == schema(small, table, released=True)
    assert result.get_column("released_at").to_list() == [datetime(2026, 1, 1, 18), None]  # noqa: DTZ001
    assert enforce(small, table, result, released=True).equals(result)


def test_an_undeclared_and_a_missing_column_are_both_named(small: Codebook) -> None:
    message = _refusal(small, _assessments().drop("wave").with_columns(first_name=pl.lit(MARKER)))
    assert "first_name" in message
    assert "wave" in message
    assert MARKER not in message


def test_nan_becomes_null(small: Codebook) -> None:
    result = enforce(small, small.table("core.assessments"), _assessments(barc10=[float("nan"), 12.0]))
    assert result.get_column("barc10").to_list() == [None, 12.0]


def test_a_null_in_the_key_is_refused_with_its_count(small: Codebook) -> None:
    message = _refusal(small, _assessments(participant_id=[None, MARKER]))
    assert "[participant_id] in 1 rows" in message
    assert MARKER not in message


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("assessment_day", [1.5, 2.0]),
        ("assessment_day", [MARKER, "2"]),
        ("barc10", [MARKER, "2"]),
        ("barc10", [float("inf"), 1.0]),
        ("answered", [MARKER, "true"]),
        ("answered", [2, 1]),
        ("released_at", [datetime(2026, 1, 1), None]),  # noqa: DTZ001 - without a zone, on purpose
        ("released_at", [MARKER, None]),
        ("participant_id", [[MARKER], [MARKER]]),
    ],
)
def test_what_a_type_cannot_hold_is_refused_without_showing_it(
    small: Codebook, column: str, values: list[object]
) -> None:
    message = _refusal(small, _assessments(**{column: values}))
    assert f"[{column}]" in message
    assert MARKER not in message


@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-1000, 1000).map(float), min_size=2, max_size=2))
def test_a_number_becomes_a_day_only_if_nothing_is_lost(small: Codebook, values: list[float]) -> None:
    frame = _assessments(assessment_day=values)
    if all(value.is_integer() for value in values):
        result = enforce(small, small.table("core.assessments"), frame)
        assert result.get_column("assessment_day").to_list() == values
    else:
        assert "[assessment_day]" in _refusal(small, frame)


def test_an_empty_frame_and_columns_of_nulls_are_typed(small: Codebook) -> None:
    table = small.table("core.assessments")
    assert enforce(small, table, _assessments().clear()).schema == schema(small, table)
    nulls = enforce(small, table, _assessments(released_at=[None, None], barc10=[None, None]))
    assert nulls.schema == schema(small, table)
