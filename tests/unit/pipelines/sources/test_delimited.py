"""Separated text: what comes in comes back, and every defect is an error or a refused row."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import PROVENANCE
from pipelines.sources.read import read_extract

from .conftest import Read, Refuse, declaration

Write = Callable[..., Path]
MARKER = "Zyx-identifier-9"


def test_a_row_keeps_its_file_number_checksum_and_time_zone(write: Write, read: Read) -> None:
    path = write("id,sex\r\n007,1\r\n008, 2 \r\n")
    extract = read(path, ignore=["sex"])
    assert extract.rows.columns == ["id", "sex", *PROVENANCE]
    assert extract.rows.select("id", "sex", "_row").rows() == [("007", "1", 1), ("008", " 2 ", 2)]
    assert extract.rows["_file"].unique().to_list() == ["people.csv"]
    assert extract.rows["_sha256"].unique().to_list() == [hashlib.sha256(path.read_bytes()).hexdigest()]
    assert extract.rows["_time_zone"].unique().to_list() == ["America/Chicago"]
    assert (extract.rows_in, extract.refusals, extract.dropped_columns) == (2, (), ())


@pytest.mark.parametrize(
    ("name", "encoding", "declared", "separator"),
    [
        ("a.csv", "utf-8", None, ","),
        ("a.csv", "utf-8-sig", None, ","),
        ("a.csv", "utf-8-sig", "utf-8", ","),
        ("a.tsv", "utf-16", None, "\t"),
        ("a.tsv", "utf-16", "utf-16", "\t"),
        ("a.csv", "utf-16-le", "utf-16-le", ","),
        ("a.csv", "latin-1", "latin-1", ","),
        ("a.csv", "cp1252", "windows-1252", ","),
        ("a.txt", "utf-8", None, "|"),
        ("a.csv", "utf-8", None, ";"),
    ],
)
def test_accents_survive_every_encoding_and_separator(  # noqa: PLR0917 - the table's columns
    write: Write, read: Read, name: str, encoding: str, declared: str | None, separator: str
) -> None:
    path = write(f"id{separator}town\n1{separator}Doña Ana\n2{separator}Île\n", name, encoding)
    said = None if separator in ",\t" else separator
    extract = read(path, ignore=["town"], encoding=declared, separator=said)
    assert extract.rows["town"].to_list() == ["Doña Ana", "Île"]
    assert extract.rows.columns[:2] == ["id", "town"]


def test_quoted_newlines_separators_and_quotes_are_one_cell(write: Write, read: Read) -> None:
    extract = read(write('id,note\n1,"a, ""b""\nc\r\nd"\n2,\n'), ignore=["note"])
    assert extract.rows["note"].to_list() == ['a, "b"\nc\r\nd', ""]
    assert extract.rows_in == 2


def test_blank_lines_are_not_rows(write: Write, read: Read) -> None:
    assert read(write("id,x\n1,2\n\n3,4\n\n"), ignore=["x"]).rows["_row"].to_list() == [1, 2]


def test_a_last_line_without_newline_is_whole_when_its_cells_are(write: Write, read: Read) -> None:
    assert read(write("id,x\n1,2\n3,4"), ignore=["x"]).rows_in == 2


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(text, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_table_comes_back_as_it_was_written(
    tmp_path: Path, table: list[list[str]], separator: str, encoding: str, quoting: int
) -> None:
    names = [f"c{i}" for i in range(len(table[0]))]
    path = tmp_path / "any.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=separator, quoting=quoting).writerows([names, *table])
    source = SourceDeclaration(
        **declaration(columns={"participant_id": "c0"}, ignore=["c*"], separator=separator)
    )
    extract = read_extract(path, source.files[0], source)
    assert [list(row) for row in extract.rows.select(names).rows()] == table
    assert extract.rows_in == len(table) == extract.rows.height
    assert extract.refusals == ()


def test_a_chunk_border_loses_no_row_and_no_number(
    write: Write, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sources.cells.CHUNK_ROWS", 3)
    lines = [f"{i},x" if i != 4 else f"{i}" for i in range(1, 11)]
    extract = read(write("id,x\n" + "\n".join(lines) + "\n"), ignore=["x"])
    assert extract.rows["id"].to_list() == [str(i) for i in range(1, 11)]
    assert [(r.row, r.reason) for r in extract.refusals] == [(4, "too_few_cells")]


def test_ragged_rows_are_refused_and_kept_with_their_cells(write: Write, read: Read) -> None:
    extract = read(write("id,a,b\n1,2\n3,4,5\n6,7,8,9\n"), ignore=["a", "b"])
    assert [(r.row, r.reason, r.file) for r in extract.refusals] == [
        (1, "too_few_cells", "people.csv"),
        (3, "too_many_cells", "people.csv"),
    ]
    assert extract.rows.select("id", "a", "b").rows() == [("1", "2", None), ("3", "4", "5"), ("6", "7", "8")]
    assert extract.rows_in == extract.rows.height == 3
    assert extract.refusals[1].expected == "3 cells, as in the header; the row has 4"


def test_identifiers_never_land_not_even_where_a_ragged_row_shifts_them(write: Write, read: Read) -> None:
    lines = [
        "id,city,name,sex,age",
        f"1,Elk, {MARKER},1,30",
        f"2,Elk,Grove,{MARKER},1,30",  # a comma too many before the name
        f"3,Elk,Oak,Ash,{MARKER},1,30",
        f"4,{MARKER},1,30",  # a cell short before the name
        f"{MARKER},1,30",
    ]
    extract = read(write("\n".join(lines) + "\n"), ignore=["city", "sex", "age"], never_land=["name"])
    assert extract.dropped_columns == ("name",)
    assert "name" not in extract.rows.columns
    assert MARKER not in extract.rows.write_csv()
    assert [r.row for r in extract.refusals] == [2, 3, 4, 5]
    assert extract.rows["id"].to_list()[:4] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"id,x\n", "has no data rows"),
        (b"\n\n", "has no data rows"),
        (b"id,x\n1,2\n3,caf\xe9\n", "line 3 is not in utf-8"),
        (b"id,x\n1,2\n3,\x00\n", "has a NUL byte in line 3"),
        ("id,x\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        (b'id,x\n1,2\n3,"open\n4,5\n', "ends inside a quoted cell"),
        (b'id,x\n1,"a"b\n3,4\n', "the quotes in or before line 2 do not fit together"),
        (b"id,x\n1,2\n3", "was cut off: its last row, 2, has 1 of 2 cells"),
        (b"id,x,id\n1,2,3\n", "column names written twice (capitals apart): [id]"),
        (b"id,X,x\n1,2,3\n", "written twice (capitals apart): [X], [x]"),
        (b"id,x,_row\n1,2,3\n", "column names that are reserved: [_row]"),
        (b"id,x,y,z\n1,2,3,4\n", "unmapped columns: [y], [z]"),
        (b"x\n1\n", "declared columns that the file does not have: [id]"),
        (b"id;x\n1;2\n", "separated by a semicolon"),
        (b"id,x,\n1,2,3\n", "unmapped columns: [_column_3]"),
        (b"id,x\n1,2,\n3,4,\n", "no row has as many cells as the header, 2"),
    ],
)
def test_a_defect_of_the_file_is_a_clear_error(
    write: Write, refuse: Refuse, content: bytes, says: str
) -> None:
    message = refuse(write(content), ignore=["x"])
    assert says in message
    assert message.startswith("people.csv")
    assert "Expected" in message


def test_bytes_in_another_encoding_far_into_the_file_are_found_at_their_line(
    write: Write, refuse: Refuse
) -> None:
    lines = [b"id,x"] + [b"%d,y" % i for i in range(400_000)]
    lines[300_000] = b"1,\xe9"
    assert "line 300001 is not in utf-8" in refuse(write(b"\n".join(lines) + b"\n"), ignore=["x"])


@pytest.mark.parametrize(
    ("encoding", "declared", "says"),
    [
        ("utf-8", "latin-1", "is in UTF-8, and iso8859-1 is declared"),
        ("utf-8-sig", "latin-1", "starts with the mark of utf-8"),
        ("utf-16", "utf-8", "starts with the mark of utf-16"),
        ("latin-1", "utf-8", "such as windows-1252"),
    ],
)
def test_a_wrong_declared_encoding_is_said_not_guessed_over(
    write: Write, refuse: Refuse, encoding: str, declared: str, says: str
) -> None:
    path = write("id,x\n1,Doña\n", encoding=encoding)
    assert says in refuse(path, ignore=["x"], encoding=declared)


def test_all_problems_of_the_columns_are_told_at_once(write: Write, refuse: Refuse) -> None:
    columns = {"participant_id": "id", "sex": "gender"}
    message = refuse(write("a,a,b,gender\n1,2,3,4\n"), columns=columns, never_land=["ssn"])
    for part in (
        "written twice (capitals apart): [a]",
        "unmapped columns: [a], [a], [b]",
        "does not have: [id]",
        "[ssn]",
    ):
        assert part in message


def test_a_file_without_a_header_is_refused_and_nothing_of_its_first_line_told(
    write: Write, refuse: Refuse
) -> None:
    message = refuse(write("SYN-7,Jo Doe,1980-01-01\nSYN-8,Al Roe,1981-02-02\n"))
    assert "its first line has none of the declared columns. Expected a header with [id]" in message
    assert not any(told in message for told in ("SYN-7", "Doe", "1980"))


@pytest.mark.parametrize(
    ("before", "now"), [("GENDER_NO", "GENDERX_NO"), ("gender", "GENDER"), ("house", "House name")]
)
def test_a_column_that_looks_renamed_is_told_first_with_both_names(
    before: str, now: str, write: Write, refuse: Refuse
) -> None:
    message = refuse(write(f"id,{now}\n1,2\n"), columns={"participant_id": "id", "sex": before})
    said = f"Perhaps renamed: [{before}] now [{now}]; if so, correct source.yaml"
    assert said in message
    assert message.index(said) < message.index("Map them in a feed")


def test_columns_that_look_nothing_alike_are_not_paired(write: Write, refuse: Refuse) -> None:
    message = refuse(write("id,reason_left\n1,2\n"), columns={"participant_id": "id", "sex": "why"})
    assert "renamed" not in message


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_under_the_name_of_a_text_file_is_recognized(
    start: bytes, write: Write, refuse: Refuse
) -> None:
    path = write("id\n1\n")
    path.write_bytes(start + bytes(range(256)) * 8)
    message = refuse(path)
    assert "is an Excel workbook or another packed file" in message
    assert "encoding" not in message


def test_a_feed_cannot_use_what_never_lands(write: Write, refuse: Refuse) -> None:
    assert "identifiers that a feed uses" in refuse(write("id\n1\n"), never_land=["id"])


def test_a_file_of_which_nothing_would_land_is_an_error(write: Write, refuse: Refuse) -> None:
    columns = {"participant_id": "_row"}
    assert "no column that lands: [a], [b]" in refuse(write("a,b\n1,2\n"), columns=columns, never_land=["*"])


def test_a_starred_name_covers_its_columns_and_no_other(write: Write, read: Read, refuse: Refuse) -> None:
    path = write("id,intake_a,intake_b,exit_a\n1,2,3,4\n")
    assert read(path, ignore=["intake_*"], never_land=["exit*"]).rows.columns[:3] == [
        "id",
        "intake_a",
        "intake_b",
    ]
    assert "unmapped columns: [exit_a]." in refuse(path, ignore=["intake_*"])


def test_item_columns_are_used_by_their_pattern_and_a_gap_is_an_error(
    write: Write, read: Read, refuse: Refuse
) -> None:
    feeds = [{"table": "assessments", "columns": {"participant_id": "id"}, "items": {"k6": "k6_{n}"}}]
    assert read(write("id,k6_1,k6_2\n1,2,3\n"), feeds=feeds).rows_in == 1
    assert "does not have: [k6_2]" in refuse(write("id,k6_1,k6_3\n1,2,3\n"), feeds=feeds)
    assert "does not have: [k6_{n}]" in refuse(write("id\n1\n"), feeds=feeds)
    assert "unmapped columns: [k6_total]" in refuse(write("id,k6_1,k6_total\n1,2,3\n"), feeds=feeds)


def test_every_column_that_a_feed_reads_counts_as_used(write: Write, read: Read) -> None:
    feeds = [
        {
            "table": "episodes",
            "where": {"kind": ["stay"]},
            "origin": {"from": "first_seen", "date": "%Y-%m-%d"},
            "columns": {
                "participant_id": "id",
                "exit_day": {"from": "left", "date": "%Y-%m-%d", "since": "came"},
            },
            "each": [{"columns": {"exit_reason": "why"}, "only_if": {"gone": ["1"]}}],
        }
    ]
    path = write("id,kind,first_seen,left,came,why,gone\n1,stay,a,b,c,d,1\n")
    assert read(path, feeds=feeds).rows.width == 7 + len(PROVENANCE)


def test_no_value_of_the_file_is_in_an_error(write: Write, refuse: Refuse) -> None:
    for content in (
        f"id,x\n{MARKER},caf\xe9\n".encode("latin-1"),
        f'id,x\n1,"{MARKER}"{MARKER}\n'.encode(),
        f'id,x\n1,2\n3,"{MARKER}\n'.encode(),
        f"id,x\n1,2\n{MARKER}".encode(),
        f"id,x\n{MARKER},\0\n".encode(),
        f"id,x,y\n{MARKER},2,3\n".encode(),
    ):
        assert MARKER not in refuse(write(content), ignore=["x"])


def test_the_frame_is_text_only(write: Write, read: Read) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["id", "n"], ["1", "2.50"], ["", "NA"]])
    rows = read(write(buffer.getvalue()), ignore=["n"]).rows
    assert rows.drop("_row").dtypes == [pl.String] * 5
    assert rows["n"].to_list() == ["2.50", "NA"]
