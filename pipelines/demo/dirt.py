"""Plant the dirt that real exports have, and remember every bit of it.

Each defect spoils one row of one file and is listed in the truth with the reason for which a refresh must
refuse the row. A defect in a row that introduces a participant takes that person's other rows with it;
such rows are listed as following from it. Some oddities are planted that a refresh must accept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipelines.demo.chance import stream
from pipelines.demo.interviews import BASELINE
from pipelines.demo.qualtrics_file import PREVIEW, STATUS
from pipelines.demo.redcap_file import EVENT
from pipelines.demo.sheet import Sheet

STRANGER = "SYN-99{:02d}"  # study ids that no intake introduces


@dataclass(frozen=True, slots=True)
class Defect:
    """One spoiled row. `follows_from` is the row whose refusal brings this one down; None for a planted one."""

    sheet: Sheet
    row: list[str]
    column: str
    reason: str
    what: str
    follows_from: Defect | None = None

    @property
    def number(self) -> int:
        """Row number in the file, the first row of data being 1."""
        return next(n for n, row in enumerate(self.sheet.rows, start=1) if row is self.row)


@dataclass(frozen=True, slots=True)
class Dirt:
    """Planted defects with what follows from them, and cells that look odd and must be accepted."""

    defects: tuple[Defect, ...]
    accepted: tuple[Defect, ...]


@dataclass(slots=True)
class _Planter:
    """Spoils rows of one file; no row is spoiled twice."""

    sheet: Sheet
    rng: np.random.Generator
    defects: list[Defect] = field(default_factory=list)
    accepted: list[Defect] = field(default_factory=list)
    spoiled: set[int] = field(default_factory=set)

    def choose(self, n: int, fit: Callable[[dict[str, str], tuple[str, ...]], bool]) -> list[list[str]]:
        """Pick rows that fit, at random, and mark them as used."""
        fitting = [
            row for row, key in zip(self.sheet.rows, self.sheet.keys, strict=True)
            if id(row) not in self.spoiled and fit(dict(zip(self.sheet.header, row, strict=False)), key)
        ]  # fmt: skip
        if len(fitting) < n:
            raise ValueError(f"{self.sheet.name} has {len(fitting)} rows to spoil and needs {n}: more participants")
        rows = [fitting[i] for i in sorted(self.rng.choice(len(fitting), size=n, replace=False))]
        self.spoiled |= {id(row) for row in rows}
        return rows

    def note(self, row: list[str], column: str, reason: str, what: str) -> Defect:
        """Remember a defect."""
        self.spoiled.add(id(row))
        defect = Defect(self.sheet, row, column, reason, what)
        self.defects.append(defect)
        return defect

    def spoil(
        self, column: str, value: str, reason: str, what: str, *, n: int = 1,
        fit: Callable[[dict[str, str], tuple[str, ...]], bool],
    ) -> None:  # fmt: skip
        """Put a value that cannot be right in place of one that was given."""
        for row in self.choose(n, lambda cells, key: cells[column] != "" and fit(cells, key)):
            row[self.sheet.at(column)] = value
            self.note(row, column, reason, what)

    def cut(self, n: int, fit: Callable[[dict[str, str], tuple[str, ...]], bool]) -> None:
        """Cut rows off before their last cells."""
        for row in self.choose(n, fit):
            del row[-int(self.rng.integers(2, 4)) :]
            self.note(row, self.sheet.header[len(row)], "too_few_cells", "the row ends before its last cells")

    def repeat(self, n: int, column: str, fit: Callable[[dict[str, str], tuple[str, ...]], bool]) -> None:
        """Deliver rows a second time, further down."""
        for row in self.choose(n, fit):
            copy = list(row)
            self.insert(copy, after=row)
            self.note(copy, column, "duplicate_key", "the same row was delivered twice")

    def insert(self, row: list[str], *, after: list[str]) -> None:
        """Put a row somewhere below another."""
        at = next(i for i, other in enumerate(self.sheet.rows) if other is after)
        place = int(self.rng.integers(at + 1, len(self.sheet.rows) + 1))
        self.sheet.rows.insert(place, row)
        self.sheet.keys.insert(place, ("",))
        self.spoiled.add(id(row))

    def strange(self, n: int, column: str, first: int, fit: Callable[[dict[str, str], tuple[str, ...]], bool]) -> None:
        """Add rows of people whom no intake introduces."""
        for number, row in enumerate(self.choose(n, fit), start=first):
            copy = list(row)
            copy[self.sheet.at(column)] = STRANGER.format(number)
            self.insert(copy, after=row)
            self.note(copy, column, "unknown_participant", "a study id that nobody has")

    def pad(self, column: str, n: int, fit: Callable[[dict[str, str], tuple[str, ...]], bool]) -> None:
        """Put blanks around codes: odd, and to be accepted."""
        for row in self.choose(n, lambda cells, key: cells[column] != "" and fit(cells, key)):
            at = self.sheet.at(column)
            row[at] = f" {row[at]}  "
            self.accepted.append(Defect(self.sheet, row, column, "accepted", "blanks around the code"))


def plant(seed: int, sheets: list[Sheet]) -> Dirt:
    """Spoil rows of the sheets in place.

    Parameters
    ----------
    seed
        Seed of the demo; the dirt has its own stream.
    sheets
        All files of all quarters.
    """
    rng = stream(seed, "dirt")
    planters = [_Planter(sheet, rng) for sheet in sheets]
    first_quarter = min(sheet.quarter for sheet in sheets)
    for planter in planters:
        first = planter.sheet.quarter == first_quarter
        if planter.sheet.source == "demo_outcomes":
            _spoil_outcomes(planter, first=first, sheets=sheets)
        elif planter.sheet.source == "demo_diary":
            _spoil_diary(planter, first=first)
        elif planter.sheet.source == "demo_justice":
            _spoil_justice(planter, first=first)
        elif planter.sheet.name.endswith(".xlsx"):
            _spoil_costs(planter, first=first)
        elif first:
            _spoil_programs(planter)
    defects = [defect for planter in planters for defect in planter.defects]
    defects += _cascades(sheets, defects)
    return Dirt(tuple(defects), tuple(a for planter in planters for a in planter.accepted))


def _spoil_outcomes(p: _Planter, *, first: bool, sheets: list[Sheet]) -> None:
    def followed(cells: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 2 and key[1] != BASELINE and cells["interview_status"] == "1"

    def at_12(cells: dict[str, str], key: tuple[str, ...]) -> bool:
        return followed(cells, key) and cells["life_in_recovery_complete"] == "2"

    def tie(_: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 3

    def intake(_: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 2 and key[1] == BASELINE

    p.spoil("abstinent_days", "31", "out_of_range", "more days than there are", n=3 if first else 1, fit=followed)
    p.spoil("meetings", "twelve", "not_a_number", "a number written as a word", n=2 if first else 1, fit=followed)
    p.spoil("interview_date", "2025-02-30", "impossible_date", "a date that no calendar has", n=2, fit=followed)
    p.repeat(3 if first else 1, EVENT, followed)
    p.strange(2 if first else 1, "study_id", 1 if first else 5, followed)
    p.pad("meetings", 6 if first else 2, followed)
    if not first:
        return
    p.spoil("meetings", "4.5", "not_a_whole_number", "half a meeting", n=2, fit=followed)
    p.spoil("asi_legal", "1.40", "out_of_range", "a score above its maximum", n=2, fit=followed)
    p.spoil("barc10_3", "7", "out_of_range", "an answer off the scale", n=3, fit=followed)
    p.spoil("k6_2", "often", "not_a_number", "an answer written as a word", n=1, fit=followed)
    p.spoil("interview_date", "03/14/25", "not_a_date", "another date format", n=2, fit=followed)
    p.spoil("voted_now", "2", "unknown_code", "a code that no choice has", n=2, fit=at_12)
    p.spoil("years_then", "95", "out_of_range", "a period longer than a life", n=1, fit=at_12)
    p.spoil("tie_kind", "9", "unknown_code", "a code that no choice has", n=2, fit=tie)
    p.spoil("tie_giver", STRANGER.format(3), "unknown_participant", "a helper whom nobody knows", n=1, fit=tie)
    p.spoil("tie_giver", "", "missing_key", "nobody is named as the helper", n=1, fit=tie)
    p.spoil("interview_status", "", "feeds_no_table", "the interview form was never opened", n=2, fit=followed)
    p.cut(2, followed)
    p.pad("sex", 5, intake)
    # Two intakes, of people of whom little else is known, so that little else falls with them.
    alone = _little_known(p.sheet, sheets)
    for row in p.choose(1, lambda cells, key: intake(cells, key) and key[0] in alone and cells["exit_date"] != ""):
        row[p.sheet.at("exit_date")] = "2019-12-31"
        p.note(row, "exit_date", "impossible_date", "an exit before the entry")
    for row in p.choose(1, lambda cells, key: intake(cells, key) and key[0] in alone):
        row[p.sheet.at("primary_substance")] = "17"
        p.note(row, "primary_substance", "unknown_code", "a code that no choice has")


def _little_known(sheet: Sheet, sheets: list[Sheet]) -> set[str]:
    """People with an intake in this file and 1 to 4 other rows, who are nobody's helper and in no other intake."""
    rows: dict[str, int] = {}
    intakes: dict[str, int] = {}
    helpers: set[str] = set()
    for other in sheets:
        if other.source == "demo_programs":
            continue
        for row, key in zip(other.rows, other.keys, strict=True):
            rows[key[0]] = rows.get(key[0], 0) + 1
            if key[1:] == (BASELINE,):
                intakes[key[0]] = intakes.get(key[0], 0) + 1
            if "tie_giver" in other.header and len(row) > other.at("tie_giver"):
                helpers.add(row[other.at("tie_giver")])
    here = {key[0] for key in sheet.keys if key[1:] == (BASELINE,)}
    return {person for person in here if 2 <= rows[person] <= 5 and intakes[person] == 1 and person not in helpers}


def _spoil_diary(p: _Planter, *, first: bool) -> None:
    def any_row(_: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 2

    for row in p.choose(3, any_row):
        copy = list(row)
        copy[p.sheet.at(STATUS)] = PREVIEW
        p.insert(copy, after=row)
        p.note(copy, STATUS, "survey_preview", "a preview by the survey's author")
    p.repeat(2, "StartDate", any_row)
    p.strange(1, "ExternalReference", 11 if first else 12, any_row)
    p.spoil("Q1_1", "101", "out_of_range", "a slider beyond its end", n=1, fit=any_row)
    p.spoil("Q6", "eight", "not_a_number", "a number written as a word", n=1, fit=any_row)
    p.spoil("Q4", "3", "unknown_code", "a code that no choice has", n=1, fit=any_row)
    p.spoil("StartDate", "2026-02-30 21:10:00", "impossible_date", "a date that no calendar has", n=1, fit=any_row)
    p.spoil("ExternalReference", "", "missing_key", "nobody's diary", n=1, fit=any_row)
    p.pad("Q5", 4, any_row)
    if first:
        p.spoil("Q2_1", "-4", "out_of_range", "a slider before its start", n=1, fit=any_row)
        p.cut(1, any_row)
    else:
        p.spoil("Q7", "26", "out_of_range", "more hours than a day has", n=1, fit=any_row)


def _spoil_justice(p: _Planter, *, first: bool) -> None:
    def arrest(cells: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 2 and cells["EVENT"] == "ARR"

    p.spoil("EVENT", "XXX", "unknown_code", "an event that nobody declared", n=1, fit=arrest)
    p.spoil("EVENT_DATE", "02/30/2024", "impossible_date", "a date that no calendar has", n=1, fit=arrest)
    p.strange(1, "STUDY_ID", 21 if first else 22, arrest)
    p.repeat(2, "EVENT_NO", arrest)
    p.pad("SEVERITY", 4, arrest)
    if first:
        p.spoil("SEVERITY", "Q", "unknown_code", "a severity that nobody declared", n=1, fit=arrest)
        p.cut(1, arrest)
    else:
        p.spoil("EVENT_DATE", "12/31/2029", "impossible_date", "an event after the extract", n=1, fit=arrest)


def _spoil_costs(p: _Planter, *, first: bool) -> None:
    def any_row(_: dict[str, str], key: tuple[str, ...]) -> bool:
        return len(key) == 2

    if first:
        p.spoil("Dollars", "twelve thousand", "not_a_number", "a number written as words", n=1, fit=any_row)
        p.spoil("Program", "P99", "unknown_program", "a program that nobody knows", n=1, fit=any_row)
    else:
        p.spoil("Dollars", "-50", "out_of_range", "less than nothing spent", n=1, fit=any_row)
        p.repeat(1, "Category", any_row)


def _spoil_programs(p: _Planter) -> None:
    row = list(p.sheet.rows[-1])
    row[p.sheet.at("Program")], row[p.sheet.at("Name")] = "P13", "Nowhere House (synthetic)"
    row[p.sheet.at("County FIPS")] = "29999"
    p.insert(row, after=p.sheet.rows[-1])
    p.note(row, "County FIPS", "unknown_county", "a county that Missouri does not have")


def _cascades(sheets: list[Sheet], defects: list[Defect]) -> list[Defect]:
    """Rows that fall because the intake of their person was refused."""
    spoiled = {id(defect.row) for defect in defects}
    cause = {
        key[0]: defect
        for defect in defects
        for row, key in zip(defect.sheet.rows, defect.sheet.keys, strict=True)
        if row is defect.row and key[1:] == (BASELINE,)
    }
    column = {"demo_outcomes": "study_id", "demo_diary": "ExternalReference", "demo_justice": "STUDY_ID"}
    return [
        Defect(sheet, row, column[sheet.source], "unknown_participant", "the person's intake was refused", cause[key[0]])
        for sheet in sheets
        if sheet.source in column
        for row, key in zip(sheet.rows, sheet.keys, strict=True)
        if key[0] in cause and id(row) not in spoiled
    ]  # fmt: skip
