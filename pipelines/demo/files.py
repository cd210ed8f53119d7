"""The files of each quarter, as sheets of text: one function for each source."""

from __future__ import annotations

from pipelines.codebook.spec import Codebook
from pipelines.demo.county import County
from pipelines.demo.encode import cells_of, declared_file
from pipelines.demo.qualtrics_file import diary_sheet
from pipelines.demo.quarters import export_day
from pipelines.demo.redcap_file import Project
from pipelines.demo.sheet import Sheet
from pipelines.sources.declaration import FileDeclaration, SourceDeclaration

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
