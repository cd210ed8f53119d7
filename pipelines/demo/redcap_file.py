"""Write the outcome interviews as REDCap exports them: a wide table of raw codes and its data dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.codebook.spec import Codebook, Variable
from pipelines.demo import markers
from pipelines.demo.encode import (
    Record,
    cells_of,
    declared_file,
    feeds_of,
    item_cells,
    repeated_cells,
)
from pipelines.demo.interviews import Interview
from pipelines.demo.sheet import Sheet, delimited_text
from pipelines.sources.declaration import Column, FileDeclaration, SourceDeclaration
from pipelines.sources.redcap_dictionary import HEADERS

EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
TIES = "support_ties"
_IDENTIFIERS = {
    "first_name": markers.FIRST_NAME, "last_name": markers.LAST_NAME, "birth_date": markers.BIRTH_DATE,
    "phone": markers.PHONE, "email": markers.EMAIL,
}  # fmt: skip
_FORMS = {
    "participants": "intake", "episodes": "intake", "assessments": "interview", "roles": "interview",
    "civic_items": "life_in_recovery", "support_ties": TIES,
}  # fmt: skip
_NOTE = "Synthetic demonstration data"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the project: the columns it has in an export, and its row of the data dictionary."""

    name: str
    form: str
    columns: tuple[str, ...]
    entry: Mapping[str, str]


class Project:
    """The REDCap project behind the declaration: its fields in order, form by form."""

    def __init__(self, source: SourceDeclaration, codebook: Codebook) -> None:
        self.source, self.codebook = source, codebook
        self.file: FileDeclaration = declared_file(source, "interviews")
        self.fields = tuple(self._fields())
        forms = list(dict.fromkeys(f.form for f in self.fields))
        self.header = [self.fields[0].name, EVENT, INSTRUMENT, INSTANCE]
        for form in forms:
            self.header += [c for f in self.fields[1:] if f.form == form for c in f.columns]
            self.header.append(f"{form}_complete")

    def _fields(self) -> Iterator[Field]:
        yield _field("study_id", "intake", "Study id (synthetic)", kind="text")
        for name, value in _IDENTIFIERS.items():
            label = f"{name.replace('_', ' ').capitalize()} (always the fake value {value})"
            yield _field(name, "intake", label, kind="text", identifier="y")
        seen = {"study_id", EVENT}
        ordered = sorted(self.file.feeds, key=lambda f: list(_FORMS.values()).index(_FORMS[f.table]))
        for feed in ordered:
            form, table = _FORMS[feed.table], self.codebook.table(f"core.{feed.table}")
            for name, column in feed.columns.items():
                if column.source_column and column.source_column not in seen:
                    seen.add(column.source_column)
                    variable = self.codebook.variable(table, name)
                    yield _variable_field(column, variable, form, self.file.missing_codes)
            for instrument, pattern in feed.items.items():
                scale = self.codebook.instruments[instrument]
                low, high = f"{scale.answer_minimum:g}", f"{scale.answer_maximum:g}"
                for n, item in enumerate(scale.items, start=1):
                    label = item.text or item.topic
                    yield _field(
                        pattern.replace("{n}", str(n)), form, label, kind="text", validation="integer",
                        low=low, high=high,
                    )  # fmt: skip
            if feed.table == "roles":
                yield self._roles_field(form)
            elif feed.table == "civic_items":
                yield from self._civic_fields(form, seen)

    def _roles_field(self, form: str) -> Field:
        feed = feeds_of(self.file, "roles")[0]
        labels = self.codebook.variables["role"].values or {}
        names = [str(r.columns["held"].source_column) for r in feed.each]
        choices = [
            f"{name.split('___')[1]}, {labels[str(r.columns['role'].constant)]}"
            for name, r in zip(names, feed.each, strict=True)
        ]
        question = self.codebook.variables["held"].question or ""
        field = _field("roles", form, question, kind="checkbox", choices=" | ".join(choices))
        return Field(field.name, form, tuple(names), field.entry)

    def _civic_fields(self, form: str, seen: set[str]) -> Iterator[Field]:
        labels = self.codebook.variables["civic_item"].values or {}
        periods = self.codebook.variables["period"].values or {}
        for repeat in feeds_of(self.file, "civic_items")[0].each:
            item, period = (str(repeat.columns[name].constant) for name in ("civic_item", "period"))
            for name, column in repeat.columns.items():
                if column.source_column is None or column.source_column in seen:
                    continue
                seen.add(column.source_column)
                if name == "answer":
                    yield _field(
                        column.source_column, form, f"{periods[period]}: {labels[item]}", kind="yesno"
                    )
                else:
                    variable = self.codebook.variables[name]
                    yield _variable_field(
                        column, variable, form, self.file.missing_codes, before=periods[period]
                    )

    def sheet(self, quarter: str, exported: str) -> Sheet:
        """Return an empty export of a quarter, made on a day."""
        return Sheet(self.source.source, quarter, f"CountyRecoverySynthetic_DATA_{exported}.csv", self.header)

    def dictionary_name(self, exported: str) -> str:
        """Name of the data dictionary downloaded on a day."""
        return f"CountyRecoverySynthetic_DataDictionary_{exported}.csv"

    def dictionary_bytes(self) -> bytes:
        """Return the data dictionary: 18 columns, one row for each field."""
        rows = [[f.entry.get(api, "") for api in HEADERS.values()] for f in self.fields]
        return delimited_text([list(HEADERS), *rows]).encode("utf-8")

    def add_interview(
        self,
        sheet: Sheet,
        interview: Interview,
        *,
        episode: Record | None,
        civic: Mapping[tuple[str, ...], Record],
    ) -> None:
        """Append the row of one interview: intake with it at entry, Life in Recovery with it at 12 months."""
        codes = self.file.missing_codes
        reached, missed = feeds_of(self.file, "assessments")
        cells: dict[str, str] = {}
        if interview.completed:
            cells |= cells_of(reached, interview.record, codes)
            for instrument, answers in interview.items.items():
                cells |= item_cells(reached, instrument, answers)
            cells |= repeated_cells(feeds_of(self.file, "roles")[0], interview.roles, codes)
            cells |= {"interview_complete": "2"}
        else:
            cells |= cells_of(missed, interview.record, codes) | {"interview_complete": "0"}
        if episode is not None:
            cells |= cells_of(feeds_of(self.file, "participants")[0], interview.person.record, codes)
            cells |= cells_of(feeds_of(self.file, "episodes")[0], episode, codes)
            cells |= {**_IDENTIFIERS, "intake_complete": "2"}
        if civic:
            cells |= repeated_cells(feeds_of(self.file, "civic_items")[0], civic, codes)
            cells |= {"life_in_recovery_complete": "2"}
        sheet.add((interview.person.participant_id, interview.wave), cells)

    def add_tie(self, sheet: Sheet, interview: Interview, instance: int, giver: str, kind: str) -> None:
        """Append one row of the repeating instrument."""
        record: Record = {
            "wave": interview.wave, "giver_id": giver, "receiver_id": interview.person.participant_id,
            "support_kind": kind,
        }  # fmt: skip
        cells = cells_of(feeds_of(self.file, "support_ties")[0], record, self.file.missing_codes)
        cells |= {INSTRUMENT: TIES, INSTANCE: str(instance), f"{TIES}_complete": "2"}
        sheet.add((interview.person.participant_id, interview.wave, f"tie {instance}"), cells)


def _variable_field(
    column: Column, variable: Variable, form: str, missing_codes: Mapping[str, str], before: str = ""
) -> Field:
    label = (
        f"{before}: {variable.question or variable.label}" if before else variable.question or variable.label
    )
    name = str(column.source_column)
    if column.codes is not None and variable.type == "boolean":
        return _field(name, form, label, kind="yesno")
    if column.codes is not None:
        named = variable.values or {}
        choices = " | ".join(f"{code}, {named[str(value)]}" for code, value in column.codes.items())
        return _field(name, form, label, kind="radio", choices=choices)
    if column.date is not None:
        return _field(name, form, label, kind="text", validation="date_ymd")
    if variable.minimum is not None or variable.maximum is not None:
        low, high = (f"{x:g}" if x is not None else "" for x in (variable.minimum, variable.maximum))
        return _field(name, form, label, kind="text", validation="number", low=low, high=high)
    return _field(name, form, label, kind="text")


def _field(
    name: str, form: str, label: str, *, kind: str, choices: str = "", validation: str = "", low: str = "",
    high: str = "", identifier: str = "",
) -> Field:  # fmt: skip
    entry = {
        "field_name": name, "form_name": form, "field_type": kind, "field_label": label,
        "select_choices_or_calculations": choices, "field_note": _NOTE,
        "text_validation_type_or_show_slider_number": validation, "text_validation_min": low,
        "text_validation_max": high, "identifier": identifier,
    }  # fmt: skip
    return Field(name, form, (name,), entry)
