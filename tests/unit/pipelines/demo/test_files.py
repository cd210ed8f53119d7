"""Files have the shapes that the real platforms write."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import fastexcel
import pytest

from pipelines.demo.encode import NoAnswer, declaration, declared_file, feeds_of, text_of
from pipelines.demo.quarters import export_day, first_day, last_day
from pipelines.demo.redcap_file import Project
from pipelines.demo.sheet import Sheet
from pipelines.demo.simulate import SOURCES
from pipelines.demo.xlsx import workbook
from pipelines.sources.check import check_against_codebook
from pipelines.sources.declaration import Column
from pipelines.sources.discover import discover
from pipelines.sources.redcap_dictionary import HEADERS, read_dictionary

RAW = Path(__file__).parents[4] / "data" / "raw"


def test_every_declaration_passes_the_check_against_the_codebook(codebook):
    sources = discover(RAW)
    assert {s.source for s in sources} >= {*SOURCES, "help_trial", "nc_releases"}
    for source in sources:
        check_against_codebook(source, codebook)


def test_demo_sources_share_one_population_and_the_survey_and_real_ones_have_their_own():
    populations = {s.source: s.population for s in discover(RAW)}
    assert populations["demo_survey"] == "demo_survey"
    assert {populations[s] for s in SOURCES if s != "demo_survey"} == {"demo_collaborative"}
    assert populations["help_trial"] == "help_trial"
    assert populations["nc_releases"] == "nc_releases"


def test_the_diary_is_csv_with_a_mark_and_then_utf_16_tsv(written):
    first = next((written / "demo_diary" / "2026Q2").iterdir())
    second = next((written / "demo_diary" / "2026Q3").iterdir())
    assert first.suffix == ".csv"
    assert first.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert second.suffix == ".tsv"
    assert second.read_bytes()[:2] == b"\xff\xfe"


def test_the_diary_has_three_header_rows_and_the_platforms_time_zone(written):
    path = next((written / "demo_diary" / "2026Q2").iterdir())
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    imports = [json.loads(cell) for cell in rows[2]]
    assert rows[0][:3] == ["StartDate", "EndDate", "Status"]
    assert imports[0] == {"ImportId": "startDate", "timeZone": "America/Denver"}
    assert any("\n" in cell for cell in rows[1])
    assert declaration("demo_diary").time_zone == "America/Chicago"


def test_the_data_dictionary_has_18_columns_and_marks_identifiers(written):
    for path in sorted((written / "demo_outcomes").rglob("*DataDictionary*")):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        assert rows[0] == list(HEADERS)
        assert len(rows[0]) == 18
        fields = read_dictionary(path)
        assert {f.name for f in fields if f.identifier} == {
            "first_name",
            "last_name",
            "birth_date",
            "phone",
            "email",
        }


def test_the_export_has_the_dictionarys_fields_and_redcaps_own_columns(written, codebook):
    project = Project(declaration("demo_outcomes"), codebook)
    path = next((written / "demo_outcomes" / "2026Q2").glob("*_DATA_*"))
    header = next(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert header == project.header
    assert header[:4] == [
        "study_id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
    ]
    assert len(set(header)) == len(header)


def test_repeated_rows_carry_their_instance_and_nothing_of_other_forms(written):
    path = next((written / "demo_outcomes" / "2026Q2").glob("*_DATA_*"))
    rows = [r for r in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))) if r["tie_kind"]]
    assert len(rows) > 500
    for row in rows:
        assert row["redcap_repeat_instrument"] == "support_ties"
        assert row["redcap_repeat_instance"].isdigit()
        assert row["interview_status"] == row["sex"] == row["voted_now"] == ""


def test_a_later_quarter_delivers_only_what_is_new_or_has_changed(county):
    seen = {}
    for quarter in county.quarters:
        for interview, episode in county.recorded(quarter):
            key = (interview.person.participant_id, interview.wave)
            if key in seen:
                assert seen[key]["exit_day"] is None
                assert episode["exit_day"] is not None
            seen[key] = episode
    again = [
        i for i, _ in county.recorded("2026Q3") if i.wave == "baseline" and i.recorded < first_day("2026Q3")
    ]
    assert len(again) > 10


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [("2026Q1", "2026-01-01", "2026-03-31"), ("2025Q4", "2025-10-01", "2025-12-31")],
)
def test_quarters_are_calendar_quarters(quarter, first, last):
    assert first_day(quarter).isoformat() == first
    assert last_day(quarter).isoformat() == last
    assert export_day(quarter) > last_day(quarter)


def test_a_workbook_reads_back_as_it_was_written():
    rows = [
        ["Program", *[f"c{n}" for n in range(30)]],
        ["P01", "12.50", "", "-4", "é & <x>", "007", *["1"] * 25],
    ]
    content = workbook(rows, sheet="Costs & more")
    sheet = fastexcel.read_excel(content).load_sheet("Costs & more", dtypes="string").to_polars()
    assert sheet.columns == rows[0]
    assert sheet.row(0)[:6] == ("P01", "12.5", None, "-4", "é & <x>", "007")
    assert sheet.row(0)[-1] == "1"
    assert workbook(rows, sheet="Costs & more") == content


def test_a_value_without_a_code_is_an_error_and_not_a_guess():
    column = Column.model_validate({"from": "sex", "codes": {"1": "female"}})
    assert text_of(column, "female", {}) == "1"
    with pytest.raises(ValueError, match="has no code"):
        text_of(column, "male", {})
    with pytest.raises(ValueError, match="has no code"):
        text_of(column, NoAnswer("refused"), {"-98": "dont_know"})
    with pytest.raises(ValueError, match="needs codes"):
        text_of(Column.model_validate({"from": "x"}), True, {})


def test_yes_and_one_are_told_apart_when_codes_are_looked_up():
    column = Column.model_validate({"from": "x", "codes": {"a": 1, "b": True}})
    assert text_of(column, True, {}) == "b"
    assert text_of(column, 1, {}) == "a"


def test_a_cell_for_a_column_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="has no columns"):
        Sheet("s", "2026Q3", "f.csv", ["a"]).add(("1",), {"b": "2"})


def test_declared_feeds_cover_every_table_that_the_demo_fills():
    filled = {f.table for s in SOURCES for file in declaration(s).files for f in file.feeds}
    assert filled == {
        "programs", "program_costs", "participants", "episodes", "assessments", "roles", "support_ties",
        "civic_items", "diary_days", "justice_events", "outcome_times", "recovery_surveys",
    }  # fmt: skip
    interviews = declared_file(declaration("demo_outcomes"), "interviews")
    assert len(feeds_of(interviews, "assessments")) == 2
