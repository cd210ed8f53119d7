"""REDCap projects: classic, longitudinal, repeating; raw exports checked against their dictionary."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources.extract import PROVENANCE
from pipelines.sources.redcap_dictionary import HEADERS, checkbox_column, read_dictionary

from .conftest import Read, Refuse

Write = Callable[..., Path]
MARKER = "Zyx-identifier-9"
FIELDS: list[dict[str, str]] = [
    {"field_name": "record_id", "form_name": "intake", "field_type": "text", "field_label": "Record ID"},
    {"field_name": "full_name", "form_name": "intake", "field_type": "text", "field_label": "Name",
     "identifier": "y"},
    {"field_name": "hello", "form_name": "intake", "field_type": "descriptive", "field_label": "Welcome"},
    {
        "field_name": "sex", "form_name": "intake", "field_type": "radio", "field_label": "Sex",
        "select_choices_or_calculations": "1, Female | 2, Male, or man | 3, Another answer",
    },
    {
        "field_name": "race", "form_name": "intake", "field_type": "checkbox",
        "field_label": "<b>Race</b>, check all",
        "select_choices_or_calculations": "1, White | 2, Black | -9, Other",
    },
    {"field_name": "k6_1", "form_name": "follow_up", "field_type": "dropdown", "field_label": "Nervous",
     "select_choices_or_calculations": "0, None | 4, All"},
    {"field_name": "moved", "form_name": "follow_up", "field_type": "yesno", "field_label": "Moved?"},
    {"field_name": "agreed", "form_name": "follow_up", "field_type": "truefalse", "field_label": "Agreed"},
    {"field_name": "came_on", "form_name": "follow_up", "field_type": "text", "field_label": "Date",
     "text_validation_type_or_show_slider_number": "date_ymd"},
]  # fmt: skip
COLUMNS = [
    "record_id",
    "full_name",
    "sex",
    "race___1",
    "race___2",
    "race____9",
    "k6_1",
    "moved",
    "agreed",
    "came_on",
]
VISIT = ["1", MARKER, "1", "1", "0", "0", "4", "1", "0", "2026-07-01"]


def table(*rows: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def dictionary(fields: list[dict[str, str]] = FIELDS, *, api: bool = False) -> str:
    names = list(HEADERS.values()) if api else list(HEADERS)
    return table(names, *([field.get(api_name, "") for api_name in HEADERS.values()] for field in fields))


@pytest.fixture
def project(write: Write) -> Callable[..., Path]:
    """Write a data dictionary and an export beside it; return the export."""

    def _project(*rows: list[str], fields: list[dict[str, str]] = FIELDS, api: bool = False) -> Path:
        write(dictionary(fields, api=api), "project_DataDictionary.csv")
        return write(table(*rows), "project_DATA.csv")

    return _project


def redcap(**more: Any) -> dict[str, Any]:
    return {
        "shape": "redcap", "pattern": "*_DATA.csv", "dictionary": "*DataDictionary*.csv",
        "columns": {"participant_id": "record_id"}, "ignore": ["*"], **more,
    }  # fmt: skip


Project = Callable[..., Path]


@pytest.mark.parametrize("api", [False, True])
def test_a_classic_export_lands_without_identifiers_and_with_its_codes(
    project: Project, read: Read, api: bool
) -> None:
    extract = read(project(COLUMNS, VISIT, api=api), **redcap())
    assert extract.rows.columns == [c for c in COLUMNS if c != "full_name"] + list(PROVENANCE)
    assert extract.dropped_columns == ("full_name",)
    assert MARKER not in extract.rows.write_csv()
    assert extract.allowed_codes == {
        "sex": {"1", "2", "3"},
        "race___1": {"0", "1"},
        "race___2": {"0", "1"},
        "race____9": {"0", "1"},
        "k6_1": {"0", "4"},
        "moved": {"0", "1"},
        "agreed": {"0", "1"},
    }


def test_a_longitudinal_repeating_export_keeps_events_repeats_and_form_status(
    project: Project, read: Read
) -> None:
    own = [
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "redcap_data_access_group",
    ]
    header = [
        "record_id", *own, "redcap_survey_identifier", *COLUMNS[1:6], "intake_timestamp", "intake_complete",
        *COLUMNS[6:], "follow_up_complete",
    ]  # fmt: skip
    rows = [
        [
            "1",
            "baseline_arm_1",
            "",
            "",
            "north",
            MARKER,
            *VISIT[1:6],
            "[not completed]",
            "2",
            "",
            "",
            "",
            "",
            "",
        ],
        ["1", "month_6_arm_1", "follow_up", "1", "north", "", "", "", "", "", "", "", "", *VISIT[6:], "3"],
        ["1", "month_6_arm_1", "follow_up", "2", "north", "", "", "", "", "", "", "", "", *VISIT[6:], "0"],
    ]
    extract = read(
        project(header, *rows), **redcap(ignore=["sex", "race*", "k6*", "moved", "agreed", "came_on"])
    )
    assert extract.rows_in == 3
    assert extract.rows["redcap_event_name"].to_list() == ["baseline_arm_1", "month_6_arm_1", "month_6_arm_1"]
    assert extract.rows["redcap_repeat_instance"].to_list() == ["", "1", "2"]
    assert extract.rows["follow_up_complete"].to_list() == ["", "3", "0"]
    assert extract.allowed_codes is not None
    assert extract.allowed_codes["redcap_repeat_instrument"] == {"intake", "follow_up"}
    assert extract.dropped_columns == ("redcap_survey_identifier", "full_name")
    assert MARKER not in extract.rows.write_csv()


def test_a_survey_identifier_lands_only_where_a_feed_uses_it(project: Project, read: Read) -> None:
    path = project([*COLUMNS, "redcap_survey_identifier"], [*VISIT, "A7"])
    columns = {"participant_id": "redcap_survey_identifier"}
    assert read(path, **redcap(columns=columns)).rows["redcap_survey_identifier"].to_list() == ["A7"]


def test_missing_data_codes_join_the_allowed_codes_of_their_columns(project: Project, read: Read) -> None:
    feeds = [
        {
            "table": "participants",
            "columns": {
                "participant_id": "record_id",
                "sex": {"from": "sex", "codes": {"1": "female"}, "missing_codes": {"77": "refused"}},
            },
            "items": {"k6": "k6_{n}"},
            "item_missing_codes": {"88": "dont_know"},
        }
    ]
    header = [*COLUMNS, "race___unk"]
    extract = read(
        project(header, [*VISIT, "0"]),
        **redcap(feeds=feeds, missing_codes={"UNK": "not_recorded", "-999": "not_asked"}),
    )
    codes = extract.allowed_codes
    assert codes is not None
    assert codes["sex"] == {"1", "2", "3", "77", "UNK", "-999"}
    assert codes["k6_1"] == {"0", "4", "88", "UNK", "-999"}
    assert codes["race___unk"] == {"0", "1", "UNK", "-999"}
    assert "came_on" not in codes


def test_identifier_columns_and_ignored_fields_may_be_left_out_of_an_export(
    project: Project, read: Read
) -> None:
    path = project(
        [c for c in COLUMNS if c not in {"full_name", "moved"}], ["1", "1", "1", "0", "0", "4", "1", "d"]
    )
    assert read(path, **redcap(ignore=["sex", "race*", "k6*", "moved", "agreed", "came_on"])).rows_in == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ([*COLUMNS, "surprise"], "neither the data dictionary nor REDCap knows: [surprise]"),
        ([*COLUMNS, "race___unk"], "neither the data dictionary nor REDCap knows: [race___unk]"),
        (["sex", "record_id", *COLUMNS[1:2], *COLUMNS[3:]], "the record id [record_id]"),
        ([*COLUMNS, "redcap_repeat_instance"], "has only one of"),
        (
            ["Record ID", "Name", "Sex", "Race, check all (choice='White')", *COLUMNS[4:]],
            "was exported with labels: its header holds questions",
        ),
    ],
)
def test_a_header_that_does_not_fit_the_dictionary_is_an_error(
    project: Project, refuse: Refuse, header: list[str], says: str
) -> None:
    row = [*VISIT, "0"][: len(header)]
    message = refuse(project(header, row), **redcap())
    assert says in message
    assert MARKER not in message


def test_fields_that_the_export_lacks_are_all_named(project: Project, refuse: Refuse) -> None:
    message = refuse(project(["record_id", "full_name", "sex"], VISIT[:3]), **redcap(ignore=["sex"]))
    for name in ("race___1", "race___2", "race____9", "k6_1", "moved", "agreed", "came_on"):
        assert f"[{name}]" in message
    assert "full_name" not in message


def test_labels_under_a_raw_header_are_recognized(project: Project, refuse: Refuse) -> None:
    labels = [
        "1",
        "x",
        "Male, or man",
        "Checked",
        "Unchecked",
        "Unchecked",
        "All",
        "Yes",
        "False",
        "2026-07-01",
    ]
    assert "cells hold the words of the choices" in refuse(project(COLUMNS, labels), **redcap())


def test_a_feed_cannot_use_a_field_marked_as_identifier(project: Project, refuse: Refuse) -> None:
    message = refuse(project(COLUMNS, VISIT), **redcap(columns={"participant_id": "full_name"}))
    assert "identifiers that a feed uses, though they never land: [full_name]" in message
    assert "clear its `Identifier?`" in message


def test_unmapped_fields_are_an_error_but_redcap_s_own_columns_are_not(
    project: Project, refuse: Refuse
) -> None:
    message = refuse(project([*COLUMNS, "intake_complete"], [*VISIT, "2"]), **redcap(ignore=[]))
    assert "unmapped columns: [sex], [race___1]" in message
    assert "intake_complete" not in message


def test_the_dictionary_may_lie_once_beside_the_declaration(
    tmp_path: Path, read: Read, refuse: Refuse
) -> None:
    quarter = tmp_path / "2026Q3"
    quarter.mkdir()
    path = quarter / "p_DATA.csv"
    path.write_text(table(COLUMNS, VISIT))
    assert "its data dictionary is missing" in refuse(path, **redcap())
    (tmp_path / "source.yaml").write_text("source: site\n")
    (tmp_path / "p_DataDictionary.csv").write_text(dictionary())
    assert read(path, **redcap()).rows_in == 1
    for name in ("a_DataDictionary.csv", "b_DataDictionary.csv"):
        (quarter / name).write_text(dictionary())
    assert "2 files match the data dictionary" in refuse(path, **redcap())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ([], "names no field"),
        ([FIELDS[0], FIELDS[0]], "row 2 names no field, or one that is already there"),
        (
            [FIELDS[0], {**FIELDS[3], "select_choices_or_calculations": "Female | Male"}],
            "row 2 has a choice without",
        ),
        ([FIELDS[0], {**FIELDS[3], "select_choices_or_calculations": "1, F | 1, M"}], "or a code twice"),
    ],
)
def test_a_broken_dictionary_is_an_error(
    project: Project, refuse: Refuse, fields: list[dict[str, str]], says: str
) -> None:
    assert says in refuse(project(COLUMNS, VISIT, fields=fields), **redcap())


def test_a_file_that_is_no_dictionary_names_the_columns_it_lacks(write: Write, refuse: Refuse) -> None:
    write("a,b\n1,2\n", "x_DataDictionary.csv")
    assert "[Variable / Field Name]" in refuse(write(table(COLUMNS, VISIT), "x_DATA.csv"), **redcap())


def test_choice_columns_are_named_as_redcap_names_them(write: Write) -> None:
    assert [checkbox_column("race", code) for code in ("1", "-9", "UNK", "a.b")] == [
        "race___1", "race____9", "race___unk", "race___a_b",
    ]  # fmt: skip
    sex = read_dictionary(write(dictionary(), "d.csv"))[3]
    assert sex.choices == {"1": "Female", "2": "Male, or man", "3": "Another answer"}
