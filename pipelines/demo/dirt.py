"""Plant the dirt that real exports have, and remember every bit of it.

Each defect spoils one row of one file and is listed in the truth with the reason for which a refresh must
refuse the row. A defect in a row that introduces a participant takes that person's other rows with it;
such rows are listed as following from it. Some oddities are planted that a refresh must accept.
"""

from __future__ import annotations

from pipelines.demo.chance import stream
from pipelines.demo.interviews import BASELINE
from pipelines.demo.planter import Defect, Dirt, Planter
from pipelines.demo.qualtrics_file import PREVIEW, STATUS
from pipelines.demo.redcap_file import EVENT
from pipelines.demo.sheet import Sheet

# Column that names the participant, in the sources that hold participants' rows.
_PERSON = {
    "demo_outcomes": "study_id", "demo_diary": "ExternalReference", "demo_justice": "STUDY_ID",
    "demo_checkups": "STUDY_ID",
}  # fmt: skip

Cells = dict[str, str]
Key = tuple[str, ...]


def plant(seed: int, sheets: list[Sheet]) -> Dirt:
    """Spoil rows of the sheets in place.

    Parameters
    ----------
    seed
        Seed of the demo; the dirt has its own stream.
    sheets
        All files of all quarters. A file with too few rows that fit gets fewer defects.
    """
    rng = stream(seed, "dirt")
    planters = [Planter(sheet, rng) for sheet in sheets]
    first_quarter = min(sheet.quarter for sheet in sheets)
    for planter in planters:
        first = planter.sheet.quarter == first_quarter
        if planter.sheet.source == "demo_outcomes":
            _spoil_outcomes(planter, first=first)
            if first:
                _spoil_intakes(planter, sheets)
        elif planter.sheet.source == "demo_diary":
            _spoil_diary(planter, first=first)
        elif planter.sheet.source == "demo_justice":
            _spoil_justice(planter, first=first)
        elif planter.sheet.source == "demo_checkups":
            _spoil_checkups(planter, first=first)
        elif planter.sheet.source == "demo_survey":
            _spoil_survey(planter)
        elif planter.sheet.name.endswith(".xlsx"):
            _spoil_costs(planter, first=first)
        elif first:
            _spoil_programs(planter)
    defects = [defect for planter in planters for defect in planter.defects]
    defects += _cascades(sheets, defects)
    return Dirt(tuple(defects), tuple(odd for planter in planters for odd in planter.accepted))


def _any_row(_: Cells, key: Key) -> bool:
    return len(key) == 2


def _intake(_: Cells, key: Key) -> bool:
    return key[1:] == (BASELINE,)


def _followed(cells: Cells, key: Key) -> bool:
    return len(key) == 2 and key[1] != BASELINE and cells["interview_status"] == "1"


def _at_12(cells: Cells, key: Key) -> bool:
    return _followed(cells, key) and cells["life_in_recovery_complete"] == "2"


def _tie(_: Cells, key: Key) -> bool:
    return len(key) == 3


def _arrest(cells: Cells, key: Key) -> bool:
    return len(key) == 2 and cells["EVENT"] == "ARR"


def _spoil_outcomes(p: Planter, *, first: bool) -> None:
    more = 3 if first else 1
    p.spoil("abstinent_days", "31", "out_of_range", "more days than there are", fit=_followed, n=more)
    p.spoil("meetings", "twelve", "not_a_number", "a number written as a word", fit=_followed, n=more)
    p.spoil("interview_date", "2025-02-30", "impossible_date", "no calendar has it", fit=_followed, n=2)
    p.repeat(EVENT, fit=_followed, n=more)
    p.add_stranger("study_id", 1 if first else 5, fit=_followed, n=2 if first else 1)
    p.pad("meetings", fit=_followed, n=2 * more)
    if not first:
        return
    p.spoil("meetings", "4.5", "not_a_whole_number", "half a meeting", fit=_followed, n=2)
    p.spoil("asi_legal", "1.40", "out_of_range", "a score above its maximum", fit=_followed, n=2)
    p.spoil("barc10_3", "7", "out_of_range", "an answer off the scale", fit=_followed, n=3)
    p.spoil("k6_2", "often", "not_a_number", "an answer written as a word", fit=_followed)
    p.spoil("interview_date", "03/14/25", "not_a_date", "another date format", fit=_followed, n=2)
    p.spoil("voted_now", "2", "unknown_code", "a code that no choice has", fit=_at_12, n=2)
    p.spoil("years_then", "95", "out_of_range", "a period longer than a life", fit=_at_12)
    p.spoil("tie_kind", "9", "unknown_code", "a code that no choice has", fit=_tie, n=2)
    p.spoil("tie_giver", p.stranger(3), "unknown_participant", "a helper whom nobody knows", fit=_tie)
    p.spoil("tie_giver", "", "missing_key", "nobody is named as the helper", fit=_tie)
    p.spoil("interview_status", "", "feeds_no_table", "the form was never opened", fit=_followed, n=2)
    p.cut(fit=_followed, n=2)
    p.pad("sex", fit=_intake, n=5)


def _spoil_intakes(p: Planter, sheets: list[Sheet]) -> None:
    """Spoil two intakes, of people of whom little else is known, so that little else falls with them."""
    alone = _little_known(p.sheet, sheets)

    def fit(cells: Cells, key: Key) -> bool:
        return _intake(cells, key) and key[0] in alone

    p.spoil("exit_date", "2019-12-31", "impossible_date", "an exit before the entry", fit=fit)
    p.spoil("primary_substance", "17", "unknown_code", "a code that no choice has", fit=fit)


def _little_known(sheet: Sheet, sheets: list[Sheet]) -> set[str]:
    """People with one intake, in this file, and 1 to 4 other rows, who are named as nobody's helper."""
    rows: dict[str, int] = {}
    intakes: dict[str, int] = {}
    helpers: set[str] = set()
    for other in sheets:
        if other.source not in _PERSON:
            continue
        for row, key in zip(other.rows, other.keys, strict=True):
            rows[key[0]] = rows.get(key[0], 0) + 1
            intakes[key[0]] = intakes.get(key[0], 0) + (key[1:] == (BASELINE,))
            helpers |= {c for name, c in zip(other.header, row, strict=False) if name == "tie_giver"}
    here = {key[0] for key in sheet.keys if key[1:] == (BASELINE,)} - helpers
    return {person for person in here if 2 <= rows[person] <= 5 and intakes[person] == 1}


def _spoil_diary(p: Planter, *, first: bool) -> None:
    for row in p.choose(3, _any_row):
        copy = list(row)
        copy[p.sheet.at(STATUS)] = PREVIEW
        p.insert(copy, after=row)
        p.note(copy, STATUS, "survey_preview", "a preview by the survey's author")
    p.repeat("StartDate", fit=_any_row, n=2)
    p.add_stranger("ExternalReference", 11 if first else 12, fit=_any_row)
    p.spoil("Q1_1", "101", "out_of_range", "a slider beyond its end", fit=_any_row)
    p.spoil("Q6", "eight", "not_a_number", "a number written as a word", fit=_any_row)
    p.spoil("Q4", "3", "unknown_code", "a code that no choice has", fit=_any_row)
    p.spoil("StartDate", "2026-02-30 21:10:00", "impossible_date", "no calendar has it", fit=_any_row)
    p.spoil("ExternalReference", "", "missing_key", "nobody's diary", fit=_any_row)
    p.pad("Q5", fit=_any_row, n=4)
    if first:
        p.spoil("Q2_1", "-4", "out_of_range", "a slider before its start", fit=_any_row)
        p.cut(fit=_any_row)
    else:
        p.spoil("Q7", "26", "out_of_range", "more hours than a day has", fit=_any_row)


def _spoil_justice(p: Planter, *, first: bool) -> None:
    p.spoil("EVENT", "XXX", "unknown_code", "an event that nobody declared", fit=_arrest)
    p.spoil("EVENT_DATE", "02/30/2024", "impossible_date", "no calendar has it", fit=_arrest)
    p.add_stranger("STUDY_ID", 21 if first else 22, fit=_arrest)
    p.repeat("EVENT_NO", fit=_arrest, n=2)
    p.pad("SEVERITY", fit=_arrest, n=4)
    if first:
        p.spoil("SEVERITY", "Q", "unknown_code", "a severity that nobody declared", fit=_arrest)
        p.cut(fit=_arrest)
    else:
        p.spoil("EVENT_DATE", "12/31/2029", "impossible_date", "an event after the extract", fit=_arrest)


def _spoil_checkups(p: Planter, *, first: bool) -> None:
    p.spoil("USE", "U", "unknown_code", "a code that nobody declared", fit=_any_row)
    p.spoil("USE_DATE", "2026/02/30", "impossible_date", "no calendar has it", fit=_any_row)
    p.spoil("REMISSION_DATE", "31.12.2025", "not_a_date", "another date format", fit=_any_row)
    p.spoil("REMISSION_DATE", "2019/12/31", "date_before_origin", "a day before the entry", fit=_any_row)
    p.add_stranger("STUDY_ID", 31 if first else 32, fit=_any_row)
    p.repeat("outcome", fit=_any_row, n=2)  # half of the key of core.outcome_times; no column of the file
    p.pad("REMISSION", fit=_any_row, n=3)
    if first:
        p.spoil("STUDY_ID", "", "missing_key", "nobody's checkup", fit=_any_row)
        p.cut(fit=_any_row)


def _spoil_survey(p: Planter) -> None:
    def anyone(_: Cells, key: Key) -> bool:
        return len(key) == 1

    p.spoil("QOL8", "6.5", "out_of_range", "a score above its maximum", fit=anyone, n=2)
    p.spoil("MONTHS", "-3", "out_of_range", "a recovery that lies ahead", fit=anyone, n=2)
    p.spoil("MONTHS", "two years", "not_a_number", "a number written as words", fit=anyone, n=2)
    p.spoil("WEIGHT", "", "missing_required", "an answer without its weight", fit=anyone, n=2)
    p.spoil("EDUC", "8", "unknown_code", "a code that no choice has", fit=anyone, n=2)
    p.spoil("EVER", "3", "unknown_code", "a code that no choice has", fit=anyone, n=2)
    p.spoil("RESPONDENT", "", "missing_key", "nobody's answers", fit=anyone)
    p.repeat("RESPONDENT", fit=anyone, n=3)
    p.cut(fit=anyone, n=2)
    p.pad("EVER", fit=anyone, n=4)


def _spoil_costs(p: Planter, *, first: bool) -> None:
    if first:
        p.spoil("Dollars", "twelve thousand", "not_a_number", "a number written as words", fit=_any_row)
        p.spoil("Program", "P99", "unknown_program", "a program that nobody knows", fit=_any_row)
    else:
        p.spoil("Dollars", "-50", "out_of_range", "less than nothing spent", fit=_any_row)
        p.repeat("Category", fit=_any_row)


def _spoil_programs(p: Planter) -> None:
    row = list(p.sheet.rows[-1])
    row[p.sheet.at("Program")], row[p.sheet.at("Name")] = "P13", "Nowhere House (synthetic)"
    row[p.sheet.at("County FIPS")] = "29999"
    p.insert(row, after=p.sheet.rows[-1])
    p.note(row, "County FIPS", "unknown_county", "a county that Missouri does not have")


def _cascades(sheets: list[Sheet], defects: list[Defect]) -> list[Defect]:
    """Rows that fall because the intake of their person was refused."""
    spoiled = {id(defect.row) for defect in defects}
    cause = {d.key[0]: d for d in defects if d.key[1:] == (BASELINE,)}
    return [
        Defect(
            sheet, row, _PERSON[sheet.source], "unknown_participant", "the intake was refused", cause[key[0]]
        )
        for sheet in sheets
        if sheet.source in _PERSON
        for row, key in zip(sheet.rows, sheet.keys, strict=True)
        if key[0] in cause and id(row) not in spoiled
    ]
