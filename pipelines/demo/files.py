"""The files of each quarter, as sheets of text: one function for each source."""

from __future__ import annotations

from pipelines.codebook.spec import Codebook
from pipelines.demo.county import County
from pipelines.demo.encode import NoAnswer, Record, Value, cells_of, declared_file
from pipelines.demo.qualtrics_file import diary_sheet
from pipelines.demo.quarters import export_day
from pipelines.demo.redcap_file import Project
from pipelines.demo.sheet import Sheet
from pipelines.sources.declaration import Feed, FileDeclaration, SourceDeclaration

NOTE = "Synthetic demonstration data"


def program_sheets(county: County, source: SourceDeclaration) -> list[Sheet]:
    """Programs, all of them each quarter, and the costs of the quarter."""
    sheets = []
    for quarter in county.quarters:
        programs = _plain(
            source, declared_file(source, "programs"), quarter, f"programs_synthetic_{quarter}.csv"
        )
        programs.header.append("Note")
        for program in county.programs:
            cells = cells_of(declared_file(source, "programs").feeds[0], program.record, {})
            programs.add((program.program_id,), cells | {"Note": NOTE})
        costs = _plain(
            source, declared_file(source, "costs"), quarter, f"datcap_costs_synthetic_{quarter}.xlsx"
        )
        for record in county.costs[quarter]:
            cells = cells_of(declared_file(source, "costs").feeds[0], record, {})
            costs.add((str(record["program_id"]), str(record["cost_category"])), cells)
        sheets += [programs, costs]
    return sheets


def justice_sheets(county: County, source: SourceDeclaration) -> list[Sheet]:
    """All events through the quarter's end."""
    sheets = []
    file = declared_file(source, "events")
    for quarter in county.quarters:
        sheet = _plain(source, file, quarter, f"justice_extract_synthetic_{quarter}.txt")
        sheet.header.append("AGENCY")
        for record in county.justice_rows(quarter):
            cells = cells_of(file.feeds[0], record, {})
            sheet.add(
                (str(record["participant_id"]), str(record["event_id"])),
                cells | {"AGENCY": "Sté Synthétique"},
            )
        sheets.append(sheet)
    return sheets


def diary_sheets(county: County, source: SourceDeclaration) -> list[Sheet]:
    """Answered evenings, in the order in which they came in."""
    sheets, first = [], 1
    for quarter in county.quarters:
        sheets.append(diary_sheet(quarter, county.diaries[quarter], source, first_response=first))
        first += len(county.diaries[quarter])
    return sheets


def checkup_sheets(county: County, source: SourceDeclaration) -> list[Sheet]:
    """Everybody's first use and remission as known at each quarter's end."""
    sheets = []
    file = declared_file(source, "checkups")
    use, remission = file.feeds[0].each
    for quarter in county.quarters:
        header = ["STUDY_ID", "USE", "USE_DATE", "REMISSION", "REMISSION_DATE", "CALLER"]
        sheet = Sheet(source.source, quarter, f"recovery_checkups_synthetic_{quarter}.csv", header)
        for row in county.checkups(quarter):
            cells = {"STUDY_ID": str(row["participant_id"]), "CALLER": NOTE}
            for repeat, day, whether in ((use, "use_day", "used"), (remission, "remission_day", "remission")):
                record = {"day_observed": row[day], "event_observed": row[whether]}
                cells |= cells_of(Feed(table="outcome_times", columns=repeat.columns), record, {})
            sheet.add((str(row["participant_id"]), "checkup"), cells)
        sheets.append(sheet)
    return sheets


def survey_sheets(county: County, source: SourceDeclaration) -> list[Sheet]:
    """Everybody's answers, delivered with the first quarter."""
    file = declared_file(source, "answers")
    people, answers = file.feeds
    quarter = county.quarters[0]
    header = ["RESPONDENT", "SEX", "AGE", "EDUC", "EVER", "MONTHS", "CENTER", "QOL8", "WEIGHT", "MODE"]
    sheet = Sheet(source.source, quarter, f"recovery_survey_synthetic_{quarter}.csv", header)
    for row in county.survey.iter_rows(named=True):
        score: Value | NoAnswer = row["eurohis_qol8"]
        own: Record = {
            **{name: row[name] for name in ("participant_id", "sex", "education", "ever_had_problem")},
            **{name: row[name] for name in ("attended_center", "survey_weight")},
            "age_band": row["age"],
            "eurohis_qol8": NoAnswer("not_answered") if score is None else score,
        }
        cells = cells_of(people, own, {}) | cells_of(answers, own, {})
        months = "" if row["months"] is None else str(row["months"])
        sheet.add((row["participant_id"],), cells | {"MONTHS": months, "MODE": NOTE})
    return [sheet]


def outcome_sheets(county: County, source: SourceDeclaration, codebook: Codebook) -> list[Sheet]:
    """Interviews that each quarter delivers, each followed by the support ties named in it."""
    project = Project(source, codebook)
    sheets = []
    for quarter in county.quarters:
        sheet = project.sheet(quarter, export_day(quarter).isoformat())
        for interview, episode in county.recorded(quarter):
            project.add_interview(sheet, interview, episode=episode, civic=county.civic_answers(interview))
            given = county.ties.get((interview.person.participant_id, interview.wave), [])
            for instance, (giver, kind) in enumerate(given, start=1):
                project.add_tie(sheet, interview, instance, giver, kind)
        sheets.append(sheet)
    return sheets


def _plain(source: SourceDeclaration, file: FileDeclaration, quarter: str, name: str) -> Sheet:
    columns = [c.source_column for c in file.feeds[0].columns.values() if c.source_column]
    return Sheet(source.source, quarter, name, columns)
