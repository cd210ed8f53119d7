"""Write the evening diary as Qualtrics exports it: three header rows, and the platform's own time zone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.codebook.spec import Codebook
from pipelines.demo import markers
from pipelines.demo.diary import Evening
from pipelines.demo.encode import cells_of, declared_file, feeds_of
from pipelines.demo.sheet import Sheet, delimited_text
from pipelines.sources.declaration import Column, SourceDeclaration

PLATFORM_ZONE = "America/Denver"
STATUS, PREVIEW, ANSWER = "Status", "Survey Preview", "IP Address"
_LEADING = (
    "StartDate", "EndDate", STATUS, "IPAddress", "Progress", "Duration (in seconds)", "Finished",
    "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
    "ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
_TIME = "%Y-%m-%d %H:%M:%S"
_EMBEDDED = "DiaryStart"
_LAST_CSV = "2026Q2"  # afterwards the site exports UTF-16 TSV: sites change their settings


def diary_sheet(
    quarter: str, evenings: Iterable[Evening], source: SourceDeclaration, *, first_response: int = 1
) -> Sheet:
    """Rows of one quarter's export; `ResponseId` counts on from `first_response`."""
    file = declared_file(source, "evenings")
    feed = feeds_of(file, "diary_days")[0]
    columns = [c.source_column for c in feed.columns.values() if c.source_column]
    header = [*_LEADING, *(name for name in columns if name not in _LEADING), _EMBEDDED]
    sheet = Sheet(source.source, quarter, _name(quarter), header)
    for number, evening in enumerate(evenings, start=first_response):
        person = evening.person.participant_id
        cells = cells_of(feed, {"participant_id": person, **evening.answers}, file.missing_codes)
        times = _times(evening.started, evening.seconds, source.time_zone)
        cells |= {
            **times, STATUS: ANSWER, "Progress": "100" if evening.finished else "55",
            "Duration (in seconds)": str(evening.seconds), "Finished": "1" if evening.finished else "0",
            "ResponseId": f"R_SYNTHETIC{number:06d}", _EMBEDDED: evening.diary_start.isoformat(),
            "IPAddress": markers.IP_ADDRESS, "RecipientLastName": markers.LAST_NAME,
            "RecipientFirstName": markers.FIRST_NAME, "RecipientEmail": markers.EMAIL,
            "LocationLatitude": markers.LATITUDE, "LocationLongitude": markers.LONGITUDE,
            "DistributionChannel": "email", "UserLanguage": "EN",
        }  # fmt: skip
        sheet.add((person, f"day {evening.day}"), cells)
    return sheet


def _name(quarter: str) -> str:
    return f"Evening_Diary_synthetic_{quarter}.{'csv' if quarter <= _LAST_CSV else 'tsv'}"


def _times(started: datetime, seconds: int, zone: str) -> dict[str, str]:
    local = started.replace(tzinfo=ZoneInfo(zone))
    begun = local.astimezone(ZoneInfo(PLATFORM_ZONE))
    ended = begun + timedelta(seconds=seconds)
    return {
        "StartDate": begun.strftime(_TIME),
        "EndDate": ended.strftime(_TIME),
        "RecordedDate": (ended + timedelta(seconds=1)).strftime(_TIME),
    }


def diary_bytes(sheet: Sheet, source: SourceDeclaration, codebook: Codebook) -> bytes:
    """Bytes of the export: CSV with a byte order mark, or tab-separated UTF-16."""
    columns = feeds_of(declared_file(source, "evenings"), "diary_days")[0].columns
    texts = _question_texts(columns, codebook)
    first = list(sheet.header)
    second = [
        texts.get(name, "Synthetic demonstration data" if name == _EMBEDDED else name) for name in first
    ]
    third = [_import_id(name, name in texts) for name in first]
    if sheet.name.endswith(".tsv"):
        text = delimited_text([first, second, third, *sheet.rows], separator="\t")
        return b"\xff\xfe" + text.encode("utf-16-le")
    return delimited_text([first, second, third, *sheet.rows]).encode("utf-8-sig")


def _question_texts(columns: dict[str, Column], codebook: Codebook) -> dict[str, str]:
    texts = {}
    for name, column in columns.items():
        question = codebook.variables[name].question
        if column.source_column and question:
            # A line break inside a question, as the platform's editor leaves it.
            texts[column.source_column] = f"{question}\n(synthetic demonstration data)"
    return texts


def _import_id(name: str, question: bool) -> str:
    if name in ("StartDate", "EndDate", "RecordedDate"):
        return json.dumps(
            {"ImportId": name[0].lower() + name[1:], "timeZone": PLATFORM_ZONE}, separators=(",", ":")
        )
    if question:
        number, _, part = name.removeprefix("Q").partition("_")
        return json.dumps({"ImportId": f"QID{number}" + (f"_{part}" if part else "")}, separators=(",", ":"))
    own = "_recordId" if name == "ResponseId" else name[0].lower() + name[1:]
    return json.dumps({"ImportId": own}, separators=(",", ":"))
