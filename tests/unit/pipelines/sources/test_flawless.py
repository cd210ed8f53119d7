"""The fast way of reading gives exactly what the careful way gives, or declines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources.cells import Records, land
from pipelines.sources.columns import Layout
from pipelines.sources.extract import ExtractError
from pipelines.sources.flawless import read_flawless

from .conftest import Read

Write = Callable[..., Path]


def layout_of(path: Path, separator: str, dropped: tuple[str, ...] = ()) -> Layout | None:
    first = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].rstrip(b"\r")
    try:
        header = next(csv.reader([first.decode()], delimiter=separator, strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        return None
    names = [f"c{i}" for i in range(len(header))]
    return (
        Layout(tuple(names), tuple(name for name in names if name not in dropped), dropped) if names else None
    )


def carefully(path: Path, separator: str, layout: Layout) -> object:
    try:
        with Records(path, encoding="utf-8-sig", separator=separator) as records:
            rows = iter(records)
            next(rows, None)
            frame, refusals = land(records, rows, layout)
            return frame.rows(), len(refusals)
    except ExtractError:
        return None


# Mostly the bytes that decide how a file is cut into cells, so that every rule is hit.
awkward = st.text(st.sampled_from('a"",;\n\r \0é'), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=awkward, separator=st.sampled_from(",;"), chunk=st.sampled_from([1, 2, 5, 1000]))
def test_whatever_the_bytes_the_fast_way_agrees_or_declines(
    tmp_path: Path, content: str, separator: str, chunk: int
) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content.encode())
    layout = layout_of(path, separator)
    if layout is None:
        return
    with patch("pipelines.sources.flawless._CHUNK_BYTES", chunk):
        fast = read_flawless(path, encoding="utf-8", separator=separator, layout=layout)
    if fast is not None:
        assert carefully(path, separator, layout) == (fast.rows(), 0)


cell = st.text(st.sampled_from('ab",; 1é'), max_size=6)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=2, max_size=8)
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    mark=st.sampled_from(["utf-8", "utf-8-sig"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    chunk=st.sampled_from([1, 3, 1000]),
)
def test_a_table_without_a_flaw_is_read_fast_and_comes_back_as_written(  # noqa: PLR0917 - what varies
    tmp_path: Path, table: list[list[str]], end: str, last: bool, mark: str, quoting: int, chunk: int
) -> None:
    path = tmp_path / "any.csv"
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[call-overload]
    text = buffer.getvalue() if last else buffer.getvalue().removesuffix(end)
    path.write_bytes(text.encode(mark))
    names = tuple(f"c{i}" for i in range(len(table[0])))
    with patch("pipelines.sources.flawless._CHUNK_BYTES", chunk):
        frame = read_flawless(path, encoding=mark, separator=",", layout=Layout(names, names[1:], names[:1]))
    assert frame is not None
    assert [list(row) for row in frame.rows()] == [row[1:] for row in table[1:]]


@pytest.mark.parametrize(
    "flaw",
    [
        "2,x\n3\n", "2,x,y\n", '2,"a\nb"\n', '2,"a"b\n', '2,a"b\n', "2,\0\n", "\n", "2\n", "2,x\r3,y\n",
        '2,"x', "2", "",
    ],
)  # fmt: skip
def test_a_file_with_a_flaw_is_declined(write: Write, flaw: str) -> None:
    layout = Layout(("id", "x"), ("id", "x"), ())
    good = "id,x\n" + ("1,y\n" if flaw else "")
    assert read_flawless(write(good + flaw), encoding="utf-8", separator=",", layout=layout) is None


def test_bytes_outside_utf_8_and_other_encodings_are_declined(write: Write) -> None:
    layout = Layout(("id", "x"), ("id", "x"), ())
    assert read_flawless(write(b"id,x\n1,\xe9\n"), encoding="utf-8", separator=",", layout=layout) is None
    assert read_flawless(write("id,x\n1,2\n"), encoding="cp1252", separator=",", layout=layout) is None


def test_a_large_file_takes_the_fast_way_and_a_flaw_at_its_end_the_careful_one(
    write: Write, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sources.cells.WORTHWHILE_BYTES", 0)
    careful: list[int] = []

    def counted(*arguments: Any) -> Any:
        careful.append(1)
        return islice(*arguments)

    monkeypatch.setattr("pipelines.sources.cells.islice", counted)
    text = "id,name,x\n" + "".join(f"{i},Zyx-identifier-9,{i % 7}\n" for i in range(1000))
    fast = read(write(text), ignore=["x"], never_land=["name"])
    assert (fast.rows_in, fast.refusals, careful) == (1000, (), [])
    assert fast.rows["x"].to_list()[-1] == str(999 % 7)
    assert "Zyx-identifier-9" not in fast.rows.write_csv()
    slow = read(write(text + "1000,a\n"), ignore=["x"], never_land=["name"])
    assert careful
    assert [(r.row, r.reason) for r in slow.refusals] == [(1001, "too_few_cells")]
    assert slow.rows.select("id", "x", "_row").head(1000).equals(fast.rows.select("id", "x", "_row"))
