"""Qualtrics exports as they come, and as people change them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Read, Refuse

Write = Callable[..., Path]
MARKER = "Zyx-identifier-9"
HEADER = [
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished",
    "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
    "ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
    "Q1_1", "Q2",
]  # fmt: skip
QUESTIONS = [
    "Start Date", "End Date", "Response Type", "IP Address", "Progress", "Duration (in seconds)", "Finished",
    "Recorded Date", "Response ID", "Recipient Last Name", "Recipient First Name", "Recipient Email",
    "External Data Reference", "Location Latitude", "Location Longitude", "Distribution Channel",
    "User Language", "This evening:\nhow much did you feel part of recovery,\nfrom 0 to 100?",
    'Did you go to a "meeting" today?',
]  # fmt: skip
DIARY = {"shape": "qualtrics", "columns": {"recovery_identity": "Q1_1", "attended_meeting": "Q2"}}


def import_ids(zone: str | None = "America/Denver") -> list[str]:
    """Third header row; `zone` is where the timestamps are."""
    cells = []
    for name in HEADER:
        cell = {"ImportId": name[0].lower() + name[1:]}
        if name in {"StartDate", "EndDate", "RecordedDate"} and zone:
            cell["timeZone"] = zone
        cells.append(json.dumps(cell, separators=(",", ":")))
    return cells


def response(status: str = "IP Address", finished: str = "True", identity: str = "80") -> list[str]:
    return [
        "2026-07-01 20:15:01", "2026-07-01 20:17:44", status, "203.0.113.9 " + MARKER, "100", "163", finished,
        "2026-07-01 20:17:45", "R_1aBcDeF", MARKER, MARKER, f"{MARKER}@example.org", f"P-{MARKER}",
        f"38.9{MARKER}", f"-92.3{MARKER}", "email", "EN", identity, "1",
    ]  # fmt: skip


def export(*responses: list[str], header: list[list[str]] | None = None, separator: str = ",") -> str:
    buffer = io.StringIO()
    rows = [HEADER, QUESTIONS, import_ids()] if header is None else header
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows([*rows, *responses])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "encoding", "separator"),
    [("diary.csv", "utf-8", ","), ("diary.csv", "utf-8-sig", ","), ("diary.tsv", "utf-16", "\t")],
)
def test_an_export_lands_with_the_time_zone_of_its_header(
    write: Write, read: Read, name: str, encoding: str, separator: str
) -> None:
    content = export(response(), response(identity=""), separator=separator)
    extract = read(write(content, name, encoding), **DIARY)
    assert extract.rows["Q1_1"].to_list() == ["80", ""]
    assert extract.rows["_row"].to_list() == [1, 2]
    assert extract.rows["_time_zone"].unique().to_list() == ["America/Denver"]
    assert extract.notes == ()


def test_identifiers_never_land_and_are_named_as_dropped(write: Write, read: Read) -> None:
    extract = read(write(export(response())), **DIARY)
    assert MARKER not in extract.rows.write_csv()
    assert set(extract.dropped_columns) == {
        "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference",
        "LocationLatitude", "LocationLongitude",
    }  # fmt: skip


def test_an_external_reference_lands_where_a_feed_uses_it(write: Write, read: Read, refuse: Refuse) -> None:
    path = write(export(response()))
    columns = {**DIARY["columns"], "participant_id": "ExternalReference"}
    assert read(path, shape="qualtrics", columns=columns).rows["ExternalReference"].to_list() == [
        f"P-{MARKER}"
    ]
    columns["participant_id"] = "RecipientEmail"
    assert "identifiers that a feed uses, though they never land: [RecipientEmail]" in refuse(
        path, shape="qualtrics", columns=columns
    )


@pytest.mark.parametrize(
    ("statuses", "refused"),
    [
        (["IP Address", "Survey Preview", "Survey Test", "Imported", "Offline Response"], [2, 3]),
        (["0", "1", "2", "4", "8", "9", "16", "17"], [2, 3, 6, 8]),
    ],
)
def test_previews_and_tests_are_refused_and_kept(
    write: Write, read: Read, statuses: list[str], refused: list[int]
) -> None:
    extract = read(write(export(*(response(status) for status in statuses))), **DIARY)
    assert extract.rows_in == extract.rows.height == len(statuses)
    assert [(r.row, r.reason, r.column) for r in extract.refusals] == [
        (row, "survey_preview", "Status") for row in refused
    ]


def test_unfinished_responses_stay(write: Write, read: Read) -> None:
    extract = read(write(export(response(finished="False"))), **DIARY)
    assert (extract.rows_in, extract.refusals) == (1, ())


def test_a_ragged_preview_is_refused_once(write: Write, read: Read) -> None:
    responses = [response("Survey Preview")[:5], [*response("Survey Preview"), "extra"], response()]
    extract = read(write(export(*responses)), **DIARY)
    assert [r.reason for r in extract.refusals] == ["too_few_cells", "too_many_cells"]
    assert MARKER not in extract.rows.write_csv()


@pytest.mark.parametrize("responses", [1, 2, 3])
def test_with_both_rows_deleted_the_declared_time_zone_is_used_and_said(
    write: Write, read: Read, responses: int
) -> None:
    extract = read(write(export(*[response()] * responses, header=[HEADER])), **DIARY)
    assert extract.rows_in == responses
    assert extract.rows["_time_zone"].unique().to_list() == ["America/Chicago"]
    assert "Rows 2 and 3 of the export were deleted" in extract.notes[0]


def test_an_export_that_names_no_time_zone_uses_the_declared_one_and_says_so(
    write: Write, read: Read
) -> None:
    extract = read(write(export(response(), header=[HEADER, QUESTIONS, import_ids(None)])), **DIARY)
    assert extract.rows["_time_zone"].unique().to_list() == ["America/Chicago"]
    assert "names no time zone" in extract.notes[0]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ([HEADER, import_ids()], "the question text, row 2, was deleted"),
        ([HEADER, QUESTIONS], "the ImportId row, row 3, was deleted"),
        ([HEADER, QUESTIONS, import_ids("Mars/Olympus")], "row 3 names the time zone Mars/Olympus"),
        ([[f"c{i}" for i in range(len(HEADER))], QUESTIONS], "is not a Qualtrics export"),
        (
            [["Other" if n == "Status" else n for n in HEADER], QUESTIONS, import_ids()],
            "unmapped columns: [Other]",
        ),
    ],
)
def test_a_header_that_is_not_an_export_s_is_an_error(
    write: Write, refuse: Refuse, header: list[list[str]], says: str
) -> None:
    message = refuse(write(export(response(), header=header)), **DIARY)
    assert says in message
    assert MARKER not in message


def test_without_status_previews_cannot_be_told_and_the_file_is_refused(write: Write, refuse: Refuse) -> None:
    header = ["Other" if name == "Status" else name for name in HEADER]
    path = write(export(response(), header=[header, QUESTIONS, import_ids()]))
    assert "[Status]" in refuse(path, **DIARY, ignore=["Other"])


def test_two_time_zones_in_one_header_are_an_error(write: Write, refuse: Refuse) -> None:
    ids = import_ids()
    ids[0] = '{"ImportId":"startDate","timeZone":"America/Chicago"}'
    assert "America/Chicago and America/Denver" in refuse(
        write(export(response(), header=[HEADER, QUESTIONS, ids])), **DIARY
    )


def test_a_header_without_responses_has_no_data_rows(write: Write, refuse: Refuse) -> None:
    assert "has no data rows" in refuse(write(export()), **DIARY)
    assert "has no data rows" in refuse(write(export(header=[HEADER])), **DIARY)
