"""Great Expectations behind its one door: it finds what is planted, counts it, and shows no value."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.released import primary_key
from pipelines.codebook.spec import Table, Variable
from pipelines.codebook.to_expectations import Expectation, expectations
from pipelines.codebook.to_polars import schema
from pipelines.expectations import CheckOutcome, ExpectationError, validate

MARKER = "MARKER-4417"
N_ROWS = 6


def _sound_value(variable: Variable, row: int) -> object:
    low = variable.minimum if variable.minimum is not None else 0.0
    match variable.type:
        case "category":
            assert variable.values is not None
            return next(iter(variable.values))
        case "integer":
            return int(low)
        case "number" | "numbers":
            return float(low) if variable.type == "number" else [float(low), float(row)]
        case "boolean":
            return row % 2 == 0
        case "timestamp":
            return datetime(2026, 1, 1, tzinfo=UTC)
        case "text":
            return f"{MARKER}-{variable.name}-{row}"


def _sound(codebook: Codebook, table: Table) -> pl.DataFrame:
    columns = {v.name: [_sound_value(v, row) for row in range(N_ROWS)] for v in codebook.variables_of(table)}
    frame = pl.DataFrame(columns, schema=schema(codebook, table))
    key = [codebook.variable(table, name) for name in primary_key(table, released=False)]
    if any(variable.type == "text" for variable in key):
        return frame
    return frame.head(1)


def _broken(outcomes: list[CheckOutcome]) -> dict[tuple[str, str], tuple[int, int]]:
    assert MARKER not in repr(outcomes)
    return {
        (o.expectation, o.column): (o.evaluated_rows, o.unexpected_rows) for o in outcomes if not o.success
    }


def test_a_sound_frame_of_every_real_table_meets_every_expectation() -> None:
    codebook = load_codebook()
    for table in codebook.tables.values():
        frame, expected = _sound(codebook, table), expectations(codebook, table)
        outcomes = validate(frame, expected)
        assert [(o.column, o.expectation) for o in outcomes] == [(e.column, e.kind) for e in expected]
        assert not _broken(outcomes), table.full_name
        assert {o.evaluated_rows for o in outcomes} == {frame.height}


FRAME = pl.DataFrame(
    {
        "id": [MARKER, MARKER, "b", "c", None],
        "wave": ["baseline", "baseline", "baseline", MARKER, None],
        "score": [1.0, float("nan"), None, 77.5, -1.0],
        "day": [1.0, 2.5, float("nan"), -3.0, 4.25],
    }
)


@pytest.mark.parametrize(
    ("expectation", "counts"),
    [
        (Expectation(column="id, wave", kind="unique_key", kwargs={"columns": ["id", "wave"]}), (4, 2)),
        (Expectation(column="id", kind="unique_key", kwargs={"columns": ["id"]}), (4, 2)),
        (Expectation(column="id", kind="not_null"), (5, 1)),
        (Expectation(column="score", kind="not_null"), (5, 2)),
        (Expectation(column="wave", kind="in_set", kwargs={"values": ["baseline", "month_6"]}), (4, 1)),
        (Expectation(column="score", kind="between", kwargs={"minimum": 0, "maximum": 10}), (3, 2)),
        (Expectation(column="score", kind="between", kwargs={"minimum": None, "maximum": 10}), (3, 1)),
        (Expectation(column="score", kind="between", kwargs={"minimum": 0, "maximum": None}), (3, 1)),
        (Expectation(column="day", kind="whole_number"), (4, 2)),
        (
            Expectation(column="(all columns)", kind="columns_in_order", kwargs={"columns": ["id", "day"]}),
            (5, 5),
        ),
        (Expectation(column="gone", kind="not_null"), (5, 5)),
    ],
    ids=lambda case: f"{case.kind}-{case.column}" if isinstance(case, Expectation) else "",
)
def test_every_kind_of_violation_is_found_and_counted_without_its_value(
    expectation: Expectation, counts: tuple[int, int]
) -> None:
    outcomes = validate(FRAME, [expectation])
    assert _broken(outcomes) == {(expectation.kind, expectation.column): counts}


def test_columns_in_another_order_are_not_the_codebooks_columns() -> None:
    backwards = Expectation(
        column="(all columns)", kind="columns_in_order", kwargs={"columns": FRAME.columns[::-1]}
    )
    as_found = Expectation(column="(all columns)", kind="columns_in_order", kwargs={"columns": FRAME.columns})
    assert [outcome.success for outcome in validate(FRAME, [backwards, as_found])] == [False, True]


def test_violations_planted_in_a_real_table_are_found_where_they_are() -> None:
    codebook = load_codebook()
    table = codebook.table("core.diary_days")
    planted = (
        _sound(codebook, table)
        .with_row_index()
        .with_columns(
            participant_id=pl.when(pl.col("index") < 2).then(pl.lit(MARKER)).otherwise("participant_id"),
            response_status=pl.when(pl.col("index") == 3).then(pl.lit(MARKER)).otherwise("response_status"),
            craving=pl.when(pl.col("index") == 4).then(100.5).otherwise("craving"),
            source=pl.when(pl.col("index") == 5).then(None).otherwise("source"),
            # deliveries of the same quarter, so that the first two rows share a key
            delivered_quarter=pl.lit("2026Q3"),
        )
        .drop("index")
    )
    assert _broken(validate(planted, expectations(codebook, table))) == {
        ("unique_key", "participant_id, day, delivered_quarter"): (6, 2),
        ("in_set", "response_status"): (6, 1),
        ("between", "craving"): (6, 1),
        ("not_null", "source"): (6, 1),
    }


def test_an_empty_frame_meets_what_is_asked_of_rows() -> None:
    codebook = load_codebook()
    table = codebook.table("core.participants")
    outcomes = validate(_sound(codebook, table).clear(), expectations(codebook, table))
    assert all(o.success and o.evaluated_rows == 0 and o.unexpected_rows == 0 for o in outcomes)


def test_a_column_of_nulls_is_evaluated_on_no_row() -> None:
    frame = pl.DataFrame({"wave": [None, None]}, schema={"wave": pl.String})
    outcome = validate(frame, [Expectation(column="wave", kind="in_set", kwargs={"values": ["a"]})])[0]
    assert (outcome.success, outcome.evaluated_rows, outcome.unexpected_rows) == (True, 0, 0)


def test_no_expectations_give_no_outcomes() -> None:
    assert validate(FRAME, []) == []


def test_an_expectation_that_cannot_be_evaluated_is_an_error_that_shows_no_value() -> None:
    expectation = Expectation(column="id", kind="between", kwargs={"minimum": 0, "maximum": 10})
    with pytest.raises(ExpectationError) as raised:
        validate(FRAME, [expectation])
    message = str(raised.value)
    assert "[between]" in message
    assert "[id]" in message
    assert MARKER not in message
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_the_severity_is_the_expectations_own() -> None:
    asked = [
        Expectation(column="id", kind="not_null", severity="warning"),
        Expectation(column="id", kind="not_null"),
    ]
    assert [outcome.severity for outcome in validate(FRAME, asked)] == ["warning", "error"]


def test_great_expectations_is_imported_late_and_stays_silent_and_offline() -> None:
    """In a process of its own, so that nothing has been imported or silenced before."""
    program = f"""
import logging, os, socket, sys
import polars as pl
import pipelines.expectations as ours
from pipelines.codebook.to_expectations import Expectation
assert "great_expectations" not in sys.modules
logging.basicConfig(level=logging.DEBUG)
def refuse(*_): raise AssertionError("a connection was tried")
socket.socket.connect = socket.getaddrinfo = refuse
expectation = Expectation(column="a", kind="in_set", kwargs={{"values": ["b"]}})
ours.validate(pl.DataFrame({{"a": ["{MARKER}"]}}), [expectation])
assert "great_expectations" in sys.modules
assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
logging.getLogger("great_expectations").error("heard again")
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GX_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == "ERROR:great_expectations:heard again\n"
