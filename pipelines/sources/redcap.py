"""REDCap raw exports, checked against the project's data dictionary: classic, longitudinal, repeating."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.sources.cells import Records, encoding_of, land, no_data_rows, separator_of
from pipelines.sources.columns import Layout, columns_used, matches, missing_codes_of, name_columns, settle
from pipelines.sources.declaration import FileDeclaration
from pipelines.sources.extract import ExtractError
from pipelines.sources.reading import Reading
from pipelines.sources.redcap_dictionary import DictionaryField, checkbox_column, plain, read_dictionary

EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_SURVEY_IDENTIFIER = "redcap_survey_identifier"  # often an e-mail address
_OWN = {EVENT, INSTRUMENT, INSTANCE, "redcap_data_access_group", _SURVEY_IDENTIFIER}
_CHECKED = frozenset({"0", "1"})
_EXPORT_RAW = "Export again as `CSV / Microsoft Excel (raw data)`, not labels."


def read_redcap(path: Path, declaration: FileDeclaration, dictionary: Path) -> Reading:
    """Read one raw export, one row per record, event and repeat as REDCap writes them.

    Fields marked `Identifier?` never land, nor does the survey identifier unless a feed uses it.
    `allowed_codes` holds the codes of every field with choices, with the declared missing-data codes.
    Fields listed in `ignore` or marked as identifiers may be missing from the export.

    Raises
    ------
    ExtractError
        The export holds labels, does not start with the record id, has columns that neither the
        dictionary nor REDCap knows or lacks some of the dictionary's, or cannot be read (see `cells`).
    """
    fields = read_dictionary(dictionary)
    encoding = encoding_of(path, declaration.encoding)
    with Records(path, encoding=encoding, separator=separator_of(path, declaration)) as records:
        rows = iter(records)
        first = next(rows, None)
        if first is None:
            raise no_data_rows(path)
        header = name_columns(first)
        _check_against_dictionary(path, header, fields, declaration)
        layout = _layout(path, header, fields, declaration)
        frame, refusals = land(records, rows, layout)
    _refuse_labels(path, frame, fields)
    return Reading(
        rows=frame,
        layout=layout,
        refusals=refusals,
        allowed_codes=_allowed_codes(layout.landed, fields, declaration),
    )


def _checkbox_columns(field: DictionaryField, declaration: FileDeclaration) -> set[str]:
    """Columns of a checkbox field, with those of missing-data codes, which exist once one was used."""
    codes = missing_codes_of(declaration, field.name) if field.kind == "checkbox" else frozenset()
    return {*field.columns, *(checkbox_column(field.name, code) for code in codes)}


def _is_own(name: str, forms: set[str]) -> bool:
    """Whether REDCap itself adds the column."""
    form, _, end = name.rpartition("_")
    return name in _OWN or (form in forms and end in {"complete", "timestamp"})


def _check_against_dictionary(
    path: Path, header: Sequence[str], fields: tuple[DictionaryField, ...], declaration: FileDeclaration
) -> None:
    forms = {field.form for field in fields}
    known = set().union(*(_checkbox_columns(field, declaration) for field in fields))
    unknown = [name for name in header if name not in known and not _is_own(name, forms)]
    headings = {label for field in fields for label in field.columns.values()}
    if header[0] in unknown and plain(header[0]) in headings:
        raise ExtractError(
            path,
            problem="was exported with labels: its header holds questions, not field names",
            expected="a raw export, headed by field names",
            advice=_EXPORT_RAW,
        )
    record_id = fields[0].name
    if header[0] != record_id:
        raise ExtractError(
            path,
            column=header[0],
            problem="is the first column",
            expected=f"the record id [{record_id}], the dictionary's first field, to come first",
            advice="Export all fields of the project, and take the data dictionary of the same project.",
        )
    missing = [
        column
        for field in fields
        for column in field.columns
        if not field.identifier and column not in header and not matches(column, declaration.ignore)
    ]
    if unknown or missing:
        parts = [
            f"{what}: {', '.join(f'[{name}]' for name in names)}"
            for what, names in (
                ("columns that neither the data dictionary nor REDCap knows", unknown),
                ("fields of the data dictionary that the export lacks", missing),
            )
            if names
        ]
        raise ExtractError(
            path,
            problem="; ".join(parts),
            expected="an export and a data dictionary of the same project and day",
            advice="Export all fields and download the data dictionary again. A field left out on purpose is "
            "listed under `ignore`; a project's missing-data code under `missing_codes`.",
        )
    if (INSTRUMENT in header) != (INSTANCE in header):
        raise ExtractError(
            path,
            problem=f"has only one of [{INSTRUMENT}] and [{INSTANCE}]",
            expected="both or none",
            advice="Export the project again; these columns tell repeated rows apart.",
        )


def _layout(
    path: Path, header: Sequence[str], fields: tuple[DictionaryField, ...], declaration: FileDeclaration
) -> Layout:
    forms = {field.form for field in fields}
    marked = set().union(*(_checkbox_columns(field, declaration) for field in fields if field.identifier))
    used = columns_used(declaration)
    return settle(
        header,
        declaration,
        path,
        own=lambda name: _is_own(name, forms),
        identifying=lambda name: name in marked or (name == _SURVEY_IDENTIFIER and name not in used),
        why_identifying="Use another field; or, if this one points to no person by itself or is turned into "
        "days or bands, clear its `Identifier?` in the data dictionary file",
    )


def _allowed_codes(
    landed: Sequence[str], fields: tuple[DictionaryField, ...], declaration: FileDeclaration
) -> dict[str, frozenset[str]]:
    allowed: dict[str, frozenset[str]] = {}
    for field in fields:
        if field.kind == "checkbox":
            allowed.update(dict.fromkeys(_checkbox_columns(field, declaration), _CHECKED))
        elif field.choices:
            allowed[field.name] = frozenset(field.choices)
    if INSTRUMENT in landed:
        allowed[INSTRUMENT] = frozenset(field.form for field in fields)
    return {
        name: codes | missing_codes_of(declaration, name) for name, codes in allowed.items() if name in landed
    }


def _refuse_labels(path: Path, frame: pl.DataFrame, fields: tuple[DictionaryField, ...]) -> None:
    """Refuse an export with field names in the header and labels in the cells, as the API can make."""
    labels_seen = codes_seen = False
    for field in fields:
        codes = _CHECKED if field.kind == "checkbox" else frozenset(field.choices)
        labels = {"Checked", "Unchecked"} if field.kind == "checkbox" else set(field.choices.values())
        for column in field.columns if field.choices else ():
            if column in frame.columns:
                values = set(frame[column].drop_nulls().str.strip_chars().unique()) - {""}
                codes_seen = codes_seen or bool(values & codes)
                labels_seen = labels_seen or bool(values & (labels - codes))
    if labels_seen and not codes_seen:
        raise ExtractError(
            path,
            problem="was exported with labels: cells hold the words of the choices, not their codes",
            expected="a raw export, with the codes of the data dictionary",
            advice=_EXPORT_RAW,
        )
