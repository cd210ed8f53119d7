"""Read separated text strictly: encoding, quotes and the number of cells are checked, nothing is repaired.

Cost for a million rows of ten columns on one core: about 5 s record by record; about 1.2 s where a large
file has no flaw, so that `flawless` reads it at once.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

import polars as pl

from pipelines.sources.columns import Layout
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.extract import ExtractError, Refusal
from pipelines.sources.flawless import WORTHWHILE_BYTES, read_flawless

CHUNK_ROWS = 50_000
_CHUNK_BYTES = 1 << 20
_ONE_BYTE = {"cp1252", "iso8859-1", "iso8859-15"}


def encoding_of(path: Path, declared: str | None) -> str:
    """Find the encoding of a file: its byte order mark if it has one, else what is declared, else UTF-8.

    Raises
    ------
    ExtractError
        The declared encoding is not the file's, or the file is no text.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ExtractError(
            path,
            problem="is an Excel workbook or another packed file, and text is declared",
            expected="a text file",
            advice="Save it as CSV, or give it its own ending (.xlsx, .xls) and declare `shape: excel`.",
        )
    found = None
    if head.startswith(codecs.BOM_UTF8):
        found = "utf-8-sig"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    if found is not None:
        if declared is not None and not declared.startswith(found[:5]):
            raise ExtractError(
                path,
                problem=f"starts with the mark of {found[:6].rstrip('-')}, and {declared} is declared",
                expected=f"a file in {declared}",
                advice="Remove `encoding` from source.yaml: the mark says enough.",
            )
        return found
    if declared in _ONE_BYTE and _is_utf8_beyond_ascii(path):
        raise ExtractError(
            path,
            problem=f"is in UTF-8, and {declared} is declared",
            expected=f"a file in {declared}",
            advice="Remove `encoding` from source.yaml, or letters with accents are spoiled.",
        )
    return declared or "utf-8"


def _is_utf8_beyond_ascii(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond = False
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                beyond = beyond or not chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return beyond


def separator_of(path: Path, declaration: FileDeclaration) -> str:
    """Separator that is declared; else a tab for .tsv and .tab, a comma for any other file."""
    return declaration.separator or ("\t" if path.suffix.lower() in {".tsv", ".tab"} else ",")


class Records:
    """The records of one file, one after the other, each a list of cells; blank lines are not records.

    Use as a context manager and iterate. Quoting is read strictly.

    Raises
    ------
    ExtractError
        While iterating: bytes that are not in the encoding, NUL bytes, a quote that is not closed or
        not doubled, a cell beyond any reasonable length.
    """

    def __init__(self, path: Path, *, encoding: str, separator: str) -> None:
        self.path, self.encoding, self.separator = path, encoding, separator
        self._stream: TextIO = path.open(encoding=encoding, newline="")
        self._last_line = ""
        self._reader = csv.reader(self._lines(), delimiter=separator, strict=True)
        self._records = self._read()

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[list[str]]:
        return self._records

    @property
    def cut_off(self) -> bool:
        """Whether the last line that was read does not end."""
        return not self._last_line.endswith(("\n", "\r"))

    def _lines(self) -> Iterator[str]:
        line = ""
        for number, line in enumerate(self._stream, start=1):
            if "\0" in line:
                raise self._error(
                    f"has a NUL byte in line {number}",
                    "text",
                    "The file is damaged, or in UTF-16 without a mark: save it anew, or declare "
                    "`encoding: utf-16-le`.",
                )
            yield line
        self._last_line = line

    def _read(self) -> Iterator[list[str]]:
        # Raised after the handler, so that no decoding error, which carries the file's bytes, hangs on it.
        problem = None
        try:
            for record in self._reader:
                if record:
                    yield record
        except UnicodeError:
            problem = self._not_in_encoding()
        except csv.Error as error:
            problem = self._badly_quoted(at_end="unexpected end of data" in str(error))
        if problem is not None:
            raise problem

    def _not_in_encoding(self) -> ExtractError:
        line = _line_of_bad_byte(self.path, self.encoding)
        guess = "windows-1252" if self.encoding in {"utf-8", "utf-8-sig"} else "utf-8"
        return self._error(
            f"line {line} is not in {self.encoding}",
            f"text in {self.encoding}",
            f"Declare the file's `encoding` in source.yaml (such as {guess}), or save the file as UTF-8.",
        )

    def _badly_quoted(self, *, at_end: bool) -> ExtractError:
        if at_end:
            return self._error(
                "ends inside a quoted cell: the file was cut off, or a quote was never closed",
                "a whole file",
                "Export or copy the file again.",
            )
        return self._error(
            f"the quotes in or before line {self._reader.line_num} do not fit together",
            "a quote inside a quoted cell to be doubled, and every quoted cell to end",
            "Export the file again with quotes around text, or correct that line.",
        )

    def _error(self, problem: str, expected: str, advice: str) -> ExtractError:
        return ExtractError(self.path, problem=problem, expected=expected, advice=advice)


def _line_of_bad_byte(path: Path, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state = decoder.getstate()
            try:
                lines += decoder.decode(chunk).count("\n")
            except UnicodeError:
                decoder.setstate(state)
                with contextlib.suppress(UnicodeError):
                    for byte in chunk:
                        lines += decoder.decode(bytes([byte])) == "\n"
                break
    return lines


def land(
    records: Records, rows: Iterable[list[str]], layout: Layout, *, header_rows: int = 1
) -> tuple[pl.DataFrame, tuple[Refusal, ...]]:
    """Turn the data rows of a file into a frame of text; rows with too few or too many cells are refused.

    A refused row stays in the frame with the cells that it has. An identifier may have slipped into a
    neighboring column of such a row, so those cells are withheld (null), as far as it can have moved.

    Returns
    -------
    frame, refusals
        The frame has one column per landed column and one row per data row.

    Raises
    ------
    ExtractError
        The file has no data rows, was cut off in its last row, or no row has as many cells as the header.
    """
    if header_rows == 1 and records.path.stat().st_size >= WORTHWHILE_BYTES:
        frame = read_flawless(
            records.path, encoding=records.encoding, separator=records.separator, layout=layout
        )
        if frame is not None:
            return frame, ()
    width = len(layout.header)
    frames: list[pl.DataFrame] = []
    refusals: list[Refusal] = []
    source, n_rows, last = iter(rows), 0, width
    while chunk := list(islice(source, CHUNK_ROWS)):
        for i, cells in enumerate(chunk):
            if len(cells) != width:
                refusals.append(_ragged(records.path.name, n_rows + i + 1, len(cells), width))
        last = len(chunk[-1])
        whole: Sequence[Sequence[str | None]] = chunk
        if refusals:
            whole = [cells if len(cells) == width else _salvage(cells, layout) for cells in chunk]
        columns = list(zip(*whole, strict=True))
        frames.append(
            pl.DataFrame(
                {
                    name: pl.Series(name, columns[i], dtype=pl.String)
                    for name, i in zip(layout.landed, layout.positions, strict=True)
                },
                height=len(chunk),
            )
        )
        n_rows += len(chunk)
    if n_rows == 0:
        raise no_data_rows(records.path)
    if last < width and records.cut_off:
        raise ExtractError(
            records.path,
            problem=f"was cut off: its last row, {n_rows}, has {last} of {width} cells and does not end",
            expected="a whole file",
            advice="Export or copy the file again.",
        )
    if len(refusals) == n_rows > 1:
        raise ExtractError(
            records.path,
            problem=f"no row has as many cells as the header, {width}",
            expected="a header and rows with the same number of cells",
            advice="Check the `separator`, and whether the header is the file's first line.",
        )
    return pl.concat(frames), tuple(refusals)


def no_data_rows(path: Path | str) -> ExtractError:
    """Error for a file that has a header and nothing below it."""
    return ExtractError(
        path,
        problem="has no data rows",
        expected="a header and at least one row",
        advice="Export it again; if there is nothing to deliver, remove it and declare it `optional: true`.",
    )


def _ragged(file: str, row: int, found: int, width: int) -> Refusal:
    few = found < width
    return Refusal(
        file=file,
        row=row,
        column="",
        reason="too_few_cells" if few else "too_many_cells",
        expected=f"{width} cells, as in the header; the row has {found}",
        advice="Look for a line break that is not quoted, or a row cut short."
        if few
        else "Look for a separator inside a cell that is not quoted.",
    )


def _salvage(cells: list[str], layout: Layout) -> list[str | None]:
    """Cells of a ragged row by column, without those that an identifier may have slipped into."""
    width = len(layout.header)
    shift = len(cells) - width
    low, high = min(shift, 0), max(shift, 0)
    unsafe = {place + move for place in layout.hidden for move in range(low, high + 1)}
    return [cells[i] if i < len(cells) and i not in unsafe else None for i in range(width)]
