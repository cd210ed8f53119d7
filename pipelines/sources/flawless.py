"""Read a large separated file at once with Polars, if a scan of its bytes finds nothing that needs care.

Polars fills short rows and forgives stray quotes without a word, so it only gets files that have neither.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sources.columns import Layout

WORTHWHILE_BYTES = 16 << 20  # below this the careful way takes a few seconds at most
_CHUNK_BYTES = 1 << 20  # the scan's arrays stay in the processor's cache
_QUOTE, _NEWLINE, _RETURN = b'"'[0], b"\n"[0], b"\r"[0]


def read_flawless(path: Path, *, encoding: str, separator: str, layout: Layout) -> pl.DataFrame | None:
    """Read the data rows below a one-line header as text; None if the file has to be read with care.

    With care means: another encoding than UTF-8, NUL bytes, a line break inside a cell, quotes that are
    not exactly around cells, blank lines, a row with more or fewer cells than the header, one column.
    """
    if encoding not in {"utf-8", "utf-8-sig"} or len(layout.header) == 1:
        return None
    n_records = count_flawless(path, separator=separator, width=len(layout.header))
    if n_records is None or n_records < 2:
        return None
    frame = pl.read_csv(
        path,
        has_header=False,
        skip_lines=1,
        columns=list(layout.positions),
        separator=separator,
        infer_schema=False,
        empty_string_is_null=False,
        glob=False,
    )
    return (
        frame.rename(dict(zip(frame.columns, layout.landed, strict=True)))
        if frame.height == n_records - 1
        else None
    )


class _Scan:
    """State of the scan between two chunks of bytes."""

    def __init__(self, separator: int, width: int) -> None:
        self.separator, self.width = separator, width
        self.inside = False  # a quoted cell
        self.closed = False  # the last byte was a quote that ended one
        self.last = _NEWLINE
        self.separators = 0  # since the last line began
        self.records = 0

    def takes(self, data: NDArray[np.uint8]) -> bool:
        """Take the next bytes; False if they hold what needs care."""
        quote, end, back = data == _QUOTE, data == _NEWLINE, data == _RETURN
        after = np.logical_xor.accumulate(quote) ^ self.inside
        before = np.concatenate(([self.inside], after[:-1]))
        previous = np.concatenate((np.array([self.last], dtype=np.uint8), data[:-1]))
        closing = quote & before
        after_closing = np.concatenate(([self.closed], closing[:-1]))
        at_start = (previous == self.separator) | (previous == _NEWLINE) | (previous == _QUOTE)
        at_end = (data == self.separator) | end | back | quote
        needs_care = (
            ((data == 0) | ((end | back) & after)).any()
            or (quote & ~before & ~at_start).any()
            or (after_closing & ~at_end).any()
            or ((previous == _RETURN) & ~end).any()
        )
        return not needs_care and self._count(data, end, after) and self._remember(data, closing, after)

    def _count(self, data: NDArray[np.uint8], end: NDArray[np.bool_], after: NDArray[np.bool_]) -> bool:
        so_far = np.cumsum((data == self.separator) & ~after)
        at_ends = so_far[end]
        in_lines = np.diff(np.concatenate(([-self.separators], at_ends)))
        self.records += len(at_ends)
        self.separators = int(so_far[-1] - at_ends[-1]) if len(at_ends) else self.separators + int(so_far[-1])
        return bool((in_lines == self.width - 1).all())

    def _remember(
        self, data: NDArray[np.uint8], closing: NDArray[np.bool_], after: NDArray[np.bool_]
    ) -> bool:
        self.last, self.closed, self.inside = int(data[-1]), bool(closing[-1]), bool(after[-1])
        return True


def count_flawless(path: Path, *, separator: str, width: int) -> int | None:
    """Count the records of a UTF-8 file, its header among them; None if the file needs care."""
    if not separator.isascii():
        return None
    scan = _Scan(ord(separator), width)
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
                if not scan.takes(np.frombuffer(chunk, dtype=np.uint8)):
                    return None
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    if scan.last == _NEWLINE:
        return scan.records
    whole = not scan.inside and scan.last != _RETURN and scan.separators == width - 1
    return scan.records + 1 if whole else None
