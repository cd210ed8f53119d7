"""One column at a time: values, reasons, and faults by the codebook's own reasons."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipelines.cleaning.convert import Clock, Converted, convert, range_faults
from pipelines.cleaning.refuse import ADVICE, UNKNOWN, CleaningError
from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Variable
from pipelines.sources.declaration import Column

CLOCK = Clock(time_zones=None, source_zone="America/Chicago")


def variable(kind: str = "number", **fields: Any) -> Variable:
    return Variable(name="v", type=kind, label="V", description="V", **fields)  # type: ignore[arg-type]


def read(cells: list[str | None], what: Variable, **column: Any) -> Converted:
    extra = {name: column.pop(name) for name in ("missing_codes", "allowed", "since") if name in column}
    return convert(
        pl.Series("v", cells, dtype=pl.String),
        variable=what,
        column=Column.model_validate({"from": "cell", **column}),
        clock=CLOCK,
        **extra,
    )


def faults(got: Converted) -> list[tuple[int, str, str]]:
    """Row, reason and expectation of each fault."""
    return [(row, f.reason, f.expected) for f in got.faults for row in f.mask.arg_true()]


SEX = variable("category", values={"female": "Female", "male": "Male"})
BANDS = variable(
    "category", values={"young": "Y", "middle": "M", "old": "O"}, bands=[0.0, 25.0, 35.0], maximum=120
)
SLIDER = variable(minimum=0, maximum=100)


def test_every_reason_given_here_is_one_of_the_codebooks() -> None:
    assert {*ADVICE, *UNKNOWN.values()} <= set(load_codebook().refusal_reasons)


@pytest.mark.parametrize(
    ("what", "cells", "column", "expected"),
    [
        (variable("text"), ["a", None], {}, ["a", None]),
        (SLIDER, ["0", "100", "7.5", "1e1"], {}, [0.0, 100.0, 7.5, 10.0]),
        (variable("integer"), ["3", "3.0", "-2"], {}, [3, 3, -2]),
        (variable("integer"), ["0.1", "2"], {"multiply": 30.4375}, [3, 61]),
        (variable("text"), ["7", None], {"prefix": "release-"}, ["release-7", None]),
        (variable(), ["2"], {"multiply": 30.4375}, [60.875]),
        (variable("boolean"), ["1", "0", "TRUE", "no"], {}, [True, False, True, False]),
        (variable("boolean"), ["1", "2"], {"codes": {"1": True, "2": False}}, [True, False]),
        (variable(), ["a", "b"], {"codes": {"a": 0.5, "b": 2}}, [0.5, 2.0]),
        (SEX, ["1", "2"], {"codes": {"1": "female", "2": "male"}}, ["female", "male"]),
        (SEX, ["female", None], {}, ["female", None]),
        (
            BANDS,
            ["0", "24.9", "25", "34.99", "35", "120"],
            {},
            ["young", "young", "middle", "middle", "old", "old"],
        ),
        (BANDS, ["300", "420"], {"multiply": 1 / 12}, ["middle", "old"]),
        (BANDS, ["y"], {"codes": {"y": "young"}}, ["young"]),
    ],
)
def test_cells_become_the_codebooks_values(
    what: Variable, cells: list[str | None], column: dict[str, Any], expected: list[object]
) -> None:
    got = read(cells, what, **column)
    assert got.values.to_list() == expected
    assert faults(got) == []


@pytest.mark.parametrize(
    ("what", "cell", "column", "reason", "expected"),
    [
        (SEX, "9", {"codes": {"1": "female"}}, "unknown_code", "one of the codes 1"),
        (SEX, "Female", {}, "unknown_code", "one of the codes female, male"),
        (variable("boolean"), "maybe", {}, "unknown_code", "one of the codes 0, 1, false, no, true, yes"),
        (SLIDER, "many", {}, "not_a_number", "a number from 0 to 100"),
        (SLIDER, "1,5", {}, "not_a_number", "a number from 0 to 100"),
        (SLIDER, "nan", {}, "not_a_number", "a number from 0 to 100"),
        (SLIDER, "inf", {}, "not_a_number", "a number from 0 to 100"),
        (SLIDER, "100.5", {}, "out_of_range", "a number from 0 to 100"),
        (SLIDER, "-1", {}, "out_of_range", "a number from 0 to 100"),
        (variable(minimum=0), "-1", {}, "out_of_range", "a number of at least 0"),
        (variable(maximum=9), "10", {}, "out_of_range", "a number of at most 9"),
        (SLIDER, "11", {"multiply": 10}, "out_of_range", "a number from 0 to 100"),
        (
            variable("integer", minimum=1, maximum=31),
            "2.5",
            {},
            "not_a_whole_number",
            "a whole number from 1 to 31",
        ),
        (BANDS, "-1", {}, "out_of_range", "a number from 0 to 120"),
        (BANDS, "121", {}, "out_of_range", "a number from 0 to 120"),
        (BANDS, "old", {}, "not_a_number", "a number from 0 to 120"),
        (
            variable("integer"),
            "2026-02-30",
            {"date": "%Y-%m-%d"},
            "impossible_date",
            "a date and time that exist, written as %Y-%m-%d",
        ),
        (variable("integer"), "February", {"date": "%Y-%m-%d"}, "not_a_date", "a date written as %Y-%m-%d"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_what_was_expected(
    what: Variable, cell: str, column: dict[str, Any], reason: str, expected: str
) -> None:
    got = read([cell, None], what, **column)
    assert faults(got) == [(0, reason, expected)]
    assert got.values.to_list() == [None, None]


@pytest.mark.parametrize(
    ("cells", "date", "exchanged"),
    [
        (["07/15/2026", "09/30/2026"], "%d/%m/%Y", "%m/%d/%Y"),
        (["07/15/2026 21:00:00"], "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"),
        (["07/15/2026", "31/31/2026"], "%d/%m/%Y", ""),
        (["2026-02-30"], "%Y-%m-%d", ""),
    ],
)
def test_dates_impossible_only_because_day_and_month_are_exchanged_are_told_so(
    cells: list[str], date: str, exchanged: str
) -> None:
    told = {expected for _, reason, expected in faults(read([*cells], variable("integer"), date=date))}
    (expected,) = told
    assert expected.startswith(f"a date and time that exist, written as {date}")
    assert ("which of the two" in expected) == bool(exchanged)
    assert exchanged in expected


def test_a_missing_code_becomes_null_with_its_reason_and_no_fault() -> None:
    got = read(["-9", "50", None], SLIDER, missing_codes={"-9": "refused"}, allowed=frozenset({"50"}))
    assert got.values.to_list() == [None, 50.0, None]
    assert got.why.to_list() == ["refused", None, None]
    assert faults(got) == []


def test_a_code_that_the_data_dictionary_does_not_list_is_refused() -> None:
    got = read(["1", "3"], variable(), allowed=frozenset({"1", "2"}))
    assert faults(got) == [(1, "unknown_code", "one of the codes 1, 2")]


def test_a_long_list_of_codes_is_counted_instead_of_written_out() -> None:
    codes = {str(i): "female" for i in range(30)}
    assert faults(read(["x"], SEX, codes=codes))[0][2] == "one of the 30 codes that are listed"


def test_days_since_another_column_are_counted_and_checked() -> None:
    day = variable("integer", minimum=1, maximum=14)
    since = pl.Series(["2026-07-06", "2026-07-06", None, "July", "2026-07-06"])
    got = convert(
        pl.Series("v", ["2026-07-06", "2026-07-08", "2026-07-08", "2026-07-08", "2026-07-05"]),
        variable=day,
        column=Column.model_validate({"from": "at", "date": "%Y-%m-%d", "since": "start", "first_day": 1}),
        clock=CLOCK,
        since=since,
    )
    assert got.values.to_list()[:2] == [1, 3]
    assert [(f.column, row, f.reason) for f in got.faults for row in f.mask.arg_true()] == [
        ("start", 3, "not_a_date"),
        ("start", 2, "missing_required"),
        ("at", 4, "out_of_range"),
    ]


def test_a_date_without_since_waits_for_the_participants_day_0() -> None:
    got = read(["2026-07-06"], variable("integer", day_offset=True), date="%Y-%m-%d")
    assert got.pending
    assert got.values.dtype == pl.Date


def test_a_day_before_day_0_is_refused_where_only_later_ones_make_sense() -> None:
    later = variable("integer", day_offset=True, minimum=0, maximum=100)
    got = range_faults(pl.Series([-1, 0, 100, 101, None]), later, "cell")
    assert [(f.reason, f.mask.arg_true().to_list()) for f in got] == [
        ("date_before_origin", [0]),
        ("out_of_range", [3]),
    ]


def test_a_date_cannot_fill_a_variable_of_text() -> None:
    with pytest.raises(CleaningError, match="becomes a number of days"):
        read(["2026-07-06"], variable("text"), date="%Y-%m-%d")
