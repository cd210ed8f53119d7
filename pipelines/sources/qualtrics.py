"""Qualtrics exports: three header rows (column ids, question text, ImportId in JSON), CSV or UTF-16 TSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import polars as pl

from pipelines.sources.cells import Records, encoding_of, land, no_data_rows, separator_of
from pipelines.sources.columns import columns_used, name_columns, settle
from pipelines.sources.declaration import FileDeclaration, known_zone
from pipelines.sources.extract import ExtractError, Refusal
from pipelines.sources.reading import Reading

PLATFORM = frozenset({
    "StartDate", "EndDate", "Status", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
    "ResponseId", "DistributionChannel", "UserLanguage",
})  # fmt: skip
IDENTIFYING = frozenset({"IPAddress", "LocationLatitude", "LocationLongitude"})
_DATED = ("StartDate", "EndDate", "RecordedDate")
_PREVIEW_BITS = 0b11  # Status is a sum of flags: 1 preview, 2 test (4 imported, 8 spam, 16 offline)
_DELETED = (
    "Rows 2 and 3 of the export were deleted; timestamps are taken to be in the declared time zone, "
    "because the export's own was in row 3."
)


def read_qualtrics(path: Path, declaration: FileDeclaration) -> Reading:
    """Read one Qualtrics export.

    Previews and tests become refusals (`survey_preview`) and stay among the rows; unfinished responses
    stay. IP addresses, recipients and coordinates never land, nor does ExternalReference unless a
    feed uses it. Where rows 2 and 3 were both deleted by hand the file is read all the same, the
    time zone is the declared one and a note says so; where one of them is left the file is refused.

    Raises
    ------
    ExtractError
        The header rows are not those of an export, name several time zones or an unknown one, there is
        no Status to tell previews by, or the file cannot be read (see `cells`).
    """
    encoding = encoding_of(path, declaration.encoding)
    with Records(path, encoding=encoding, separator=separator_of(path, declaration)) as records:
        rows = iter(records)
        first = next(rows, None)
        if first is None:
            raise no_data_rows(path)
        header = name_columns(first)
        zone, rows, notes = _past_header(path, header, rows)
        used = columns_used(declaration)

        def identifying(name: str) -> bool:
            return (
                name in IDENTIFYING
                or name.startswith("Recipient")
                or (name == "ExternalReference" and name not in used)
            )

        layout = settle(
            header,
            declaration,
            path,
            own=PLATFORM.__contains__,
            identifying=identifying,
            why_identifying="Know a participant by an id of the program: ExternalReference or embedded data",
        )
        if "Status" not in layout.landed:
            raise ExtractError(
                path,
                column="Status",
                problem="is not in the file",
                expected="the column that tells previews and tests from participants' answers",
                advice="Export the survey again with all columns.",
            )
        frame, refusals = land(records, rows, layout, header_rows=3)
    ragged = {refusal.row for refusal in refusals}
    previews = [r for r in _previews(frame["Status"], path.name) if r.row not in ragged]
    return Reading(
        rows=frame,
        layout=layout,
        refusals=tuple(sorted([*refusals, *previews], key=lambda refusal: refusal.row)),
        time_zone=zone,
        notes=notes,
    )


def _past_header(
    path: Path, header: Sequence[str], rows: Iterator[list[str]]
) -> tuple[str | None, Iterator[list[str]], tuple[str, ...]]:
    """Time zone of the header, the data rows, and what was assumed."""
    second = next(rows, None)
    if second is None:
        raise no_data_rows(path)
    if _import_ids(second) is not None:
        raise _half_a_header(path, "question text, row 2,")
    third = next(rows, None)
    ids = _import_ids(third) if third is not None else None
    if ids is not None:
        zone = _zone(path, ids)
        note = () if zone else ("The export names no time zone; the declared one is used.",)
        return zone, rows, note
    if not set(header) & {*_DATED, "ResponseId"}:
        raise ExtractError(
            path,
            problem="is not a Qualtrics export: row 3 holds no ImportId, and no standard column is there",
            expected="three header rows: column ids, question text, ImportId",
            advice="Export the survey again as CSV or TSV, or correct the `shape` in source.yaml.",
        )
    if not _is_response(header, second):
        raise _half_a_header(path, "ImportId row, row 3,")
    return None, chain([second] if third is None else [second, third], rows), (_DELETED,)


def _half_a_header(path: Path, what: str) -> ExtractError:
    return ExtractError(
        path,
        problem=f"the {what} was deleted",
        expected="three header rows: column ids, question text, ImportId",
        advice="Export the survey again and leave its first three rows as they are.",
    )


def _import_ids(cells: Sequence[str]) -> list[dict[str, object]] | None:
    """Cells of the third header row as JSON; None if this is another row."""
    found = []
    for cell in cells:
        if not cell.lstrip().startswith("{"):
            return None
        try:
            value = json.loads(cell)
        except ValueError:
            return None
        if not isinstance(value, dict) or "ImportId" not in value:
            return None
        found.append(value)
    return found


def _is_response(header: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row under the column ids is a response: its dates have digits, question text has none."""
    at = [cells[i] for i, name in enumerate(header) if name in (*_DATED, "ResponseId") and i < len(cells)]
    return any(any(letter.isdigit() for letter in cell) for cell in at)


def _zone(path: Path, ids: list[dict[str, object]]) -> str | None:
    names = sorted({str(cell["timeZone"]) for cell in ids if "timeZone" in cell})
    if not names:
        return None
    zones = set()
    for name in names:
        try:
            zones.add(known_zone("UTC" if name == "Z" else name))
        except ValueError:
            zones.add("")
    if len(zones) > 1 or "" in zones:
        raise ExtractError(
            path,
            problem=f"row 3 names the time zone {' and '.join(names)}",
            expected="one time zone of the IANA list, such as America/Chicago",
            advice="Export the survey again in one time zone.",
        )
    return zones.pop()


def _previews(status: pl.Series, file: str) -> Iterator[Refusal]:
    for row, value in enumerate(status.to_list(), start=1):
        text = (value or "").strip().lower()
        if (text.isdecimal() and int(text) & _PREVIEW_BITS) or "preview" in text or "test" in text:
            yield Refusal(
                file=file,
                row=row,
                column="Status",
                reason="survey_preview",
                expected="a participant's response",
                advice="Nothing to do: previews and tests of a survey are not answers.",
            )
