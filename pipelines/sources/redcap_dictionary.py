"""REDCap's data dictionary: the 18 columns that say what each field of a project is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.sources.cells import Records, encoding_of
from pipelines.sources.extract import ExtractError

# Header of the file that a person downloads, and the name that the API gives the same column.
HEADERS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Section Header": "section_header",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Field Note": "field_note",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
    "Text Validation Min": "text_validation_min",
    "Text Validation Max": "text_validation_max",
    "Identifier?": "identifier",
    "Branching Logic (Show field only if...)": "branching_logic",
    "Required Field?": "required_field",
    "Custom Alignment": "custom_alignment",
    "Question Number (surveys only)": "question_number",
    "Matrix Group Name": "matrix_group_name",
    "Matrix Ranking?": "matrix_ranking",
    "Field Annotation": "field_annotation",
}
_HEADING = {api: ui for ui, api in HEADERS.items()}
_TWO_WAY = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class DictionaryField:
    """One field of a project. `choices` maps each raw code to its label; empty where anything may stand."""

    name: str
    form: str
    kind: str
    label: str
    choices: dict[str, str]
    identifier: bool

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the field in a raw export, with the heading each has in an export of labels."""
        if self.kind == "descriptive":
            return {}
        if self.kind == "checkbox":
            return {
                checkbox_column(self.name, code): f"{self.label} (choice={label})"
                for code, label in self.choices.items()
            }
        return {self.name: self.label}


def checkbox_column(field: str, code: str) -> str:
    """Column of one choice: REDCap writes the code in lower case, with _ for all but letters and digits."""
    return f"{field}___" + re.sub(r"[^a-z0-9_]", "_", code.lower())


def read_dictionary(path: Path) -> tuple[DictionaryField, ...]:
    """Read a data dictionary, downloaded by a person or through the API.

    Raises
    ------
    ExtractError
        The file is not a data dictionary, names a field twice, or a choice has no code and label.
    """
    with Records(path, encoding=encoding_of(path, None), separator=",") as records:
        rows = list(records)
    header = [HEADERS.get(cell.strip(), cell.strip()) for cell in rows[0]] if rows else []
    if missing := [ui for ui, api in HEADERS.items() if api not in header]:
        raise ExtractError(
            path,
            problem=f"is no data dictionary; missing columns: {', '.join(f'[{name}]' for name in missing)}",
            expected="the 18 columns of REDCap's data dictionary, separated by commas",
            advice="Download it anew: Project Setup, Data Dictionary, Download the current Data Dictionary.",
        )
    fields: dict[str, DictionaryField] = {}
    for number, cells in enumerate(rows[1:], start=1):
        if len(cells) != len(header):
            raise ExtractError(
                path,
                problem=f"row {number} has {len(cells)} cells",
                expected=f"{len(header)} cells, as in the header",
                advice="Download the data dictionary anew.",
            )
        entry = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        name = entry["field_name"]
        if not name or name in fields:
            raise ExtractError(
                path,
                column=_HEADING["field_name"],
                problem=f"row {number} names no field, or one that is already there",
                expected="each field once",
                advice="Download the data dictionary anew.",
            )
        fields[name] = DictionaryField(
            name=name,
            form=entry["form_name"],
            kind=entry["field_type"].lower(),
            label=plain(entry["field_label"]),
            choices=_choices(
                path, number, entry["field_type"].lower(), entry["select_choices_or_calculations"]
            ),
            identifier=entry["identifier"].lower() == "y",
        )
    if not fields:
        raise ExtractError(
            path,
            problem="names no field",
            expected="one row per field",
            advice="Download the data dictionary anew.",
        )
    return tuple(fields.values())


def plain(label: str) -> str:
    """Write a label as the export of labels prints it: without markup, on one line."""
    return " ".join(_TAG.sub("", label).split())


def _choices(path: Path, row: int, kind: str, text: str) -> dict[str, str]:
    """`1, Yes | 0, No` as codes and labels; a label may hold commas."""
    if kind in _TWO_WAY:
        return dict(_TWO_WAY[kind])
    if kind not in {"radio", "dropdown", "checkbox"}:
        return {}
    choices: dict[str, str] = {}
    for choice in text.split("|"):
        code, comma, label = choice.partition(",")
        if not comma or not code.strip() or code.strip() in choices:
            raise ExtractError(
                path,
                column=_HEADING["select_choices_or_calculations"],
                problem=f"row {row} has a choice without code and label, or a code twice",
                expected="choices such as 1, Yes | 0, No",
                advice="Correct the field in REDCap and download the data dictionary anew.",
            )
        choices[code.strip()] = plain(label)
    return choices
