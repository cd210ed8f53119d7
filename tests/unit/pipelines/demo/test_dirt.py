"""Dirt is planted where the truth says, in the amount of a real export, and nowhere else."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pipelines.demo.dirt import plant
from pipelines.demo.planter import WHOLE_ROW, Planter
from pipelines.demo.sheet import Sheet
from pipelines.demo.simulate import SEED, make_sheets

HEADER_ROWS = {"demo_diary": 3}


@pytest.fixture(scope="module")
def clean_sheets(county, codebook) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in make_sheets(county, codebook)}


def rows_of(written: Path, entry: dict) -> tuple[list[str], list[list[str]]]:
    content = (written / entry["source"] / entry["quarter"] / entry["file"]).read_bytes()
    one_byte = "windows-1252" if entry["file"].endswith(".txt") else "utf-8-sig"
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else one_byte)
    separator = {".txt": "|", ".tsv": "\t"}.get(Path(entry["file"]).suffix, ",")
    separator = ";" if entry["source"] == "demo_checkups" else separator
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    return rows[0], rows[HEADER_ROWS.get(entry["source"], 1) :]


def test_one_to_two_percent_of_rows_are_spoiled(truth):
    rows = sum(f["rows_in"] for f in truth["files"])
    refused = sum(f["rows_quarantined"] for f in truth["files"])
    assert refused == len(truth["defects"])
    assert 0.01 < refused / rows < 0.02


def test_rows_in_are_rows_kept_and_quarantined_of_every_file(truth, written):
    for entry in truth["files"]:
        assert entry["rows_in"] == entry["rows_kept"] + entry["rows_quarantined"]
        if not entry["file"].endswith(".xlsx"):
            assert len(rows_of(written, entry)[1]) == entry["rows_in"], entry["file"]


def test_every_reason_is_one_of_the_codebook(truth, codebook):
    assert {d["reason"] for d in truth["defects"]} <= set(codebook.refusal_reasons)


def test_the_kinds_of_dirt_that_exports_have_are_all_there(truth):
    assert {d["reason"] for d in truth["defects"]} >= {
        "unknown_code",
        "not_a_number",
        "not_a_whole_number",
        "not_a_date",
        "impossible_date",
        "out_of_range",
        "missing_key",
        "duplicate_key",
        "unknown_participant",
        "unknown_program",
        "unknown_county",
        "feeds_no_table",
        "survey_preview",
        "too_few_cells",
        "date_before_origin",
        "missing_required",
    }


def test_no_row_is_listed_twice(truth):
    places = Counter((d["file"], d["row"]) for d in [*truth["defects"], *truth["accepted"]])
    assert max(places.values()) == 1


def test_planted_cells_are_where_the_truth_says(truth, written):
    """Each spoiled cell holds what makes it wrong; each repeated row has its twin above."""
    telling = {
        "abstinent_days": {"31"},
        "meetings": {"twelve", "4.5"},
        "interview_date": {"2025-02-30", "03/14/25"},
        "Status": {"Survey Preview"},
        "Q1_1": {"101"},
        "EVENT": {"XXX"},
        "USE": {"U"},
        "QOL8": {"6.5"},
        "WEIGHT": {""},
        "exit_date": {"2019-12-31"},
        "primary_substance": {"17"},
    }
    checked = 0
    for defect in truth["defects"]:
        if defect["file"].endswith(".xlsx") or "follows_from" in defect:
            continue
        header, rows = rows_of(written, defect)
        row = rows[defect["row"] - 1]
        if defect["reason"] == "too_few_cells":
            assert defect["column"] == WHOLE_ROW
            assert len(row) < len(header)
            checked += 1
        elif defect["reason"] == "duplicate_key":
            assert row in rows[: defect["row"] - 1]
            checked += 1
        elif defect["column"] in telling:
            assert row[header.index(defect["column"])] in telling[defect["column"]]
            checked += 1
    assert checked > 30


def test_rows_that_fall_with_an_intake_are_few_and_name_it(truth):
    followers = [d for d in truth["defects"] if "follows_from" in d]
    planted = {(d["file"], d["row"]) for d in truth["defects"] if "follows_from" not in d}
    assert 1 <= len(followers) <= 10
    for follower in followers:
        assert follower["reason"] == "unknown_participant"
        assert (follower["follows_from"]["file"], follower["follows_from"]["row"]) in planted


def test_only_the_listed_rows_differ_from_a_clean_export(county, codebook, clean_sheets):
    sheets = make_sheets(county, codebook)
    dirt = plant(SEED, sheets)
    for sheet in sheets:
        touched = {id(d.row) for d in [*dirt.defects, *dirt.accepted] if d.sheet is sheet}
        untouched = [row for row in sheet.rows if id(row) not in touched]
        clean = Counter(map(tuple, clean_sheets[sheet.name].rows))
        assert not Counter(map(tuple, untouched)) - clean, sheet.name


def test_odd_cells_that_must_be_accepted_are_codes_with_blanks_around(truth, written):
    assert len(truth["accepted"]) >= 20
    for odd in truth["accepted"]:
        header, rows = rows_of(written, odd)
        cell = rows[odd["row"] - 1][header.index(odd["column"])]
        assert cell != cell.strip() != ""


def test_a_planter_never_spoils_a_row_twice():
    sheet = Sheet("source", "2026Q3", "file.csv", ["a", "b", "c", "d"])
    for n in range(6):
        sheet.add((str(n), "x"), {"a": str(n), "b": "1", "c": "2", "d": "3"})
    planter = Planter(sheet, np.random.default_rng(1))
    planter.spoil("b", "?", "unknown_code", "", fit=lambda cells, key: True, n=4)
    planter.repeat("a", fit=lambda cells, key: True, n=4)
    assert len(planter.defects) == 6  # four spoiled, and only two rows were left to repeat
    assert len({d.number for d in planter.defects}) == 6
    assert len(sheet.rows) == len(sheet.keys) == 8


def test_a_blank_cell_is_never_spoiled():
    sheet = Sheet("source", "2026Q3", "file.csv", ["a"])
    sheet.add(("1",), {})
    planter = Planter(sheet, np.random.default_rng(1))
    planter.spoil("a", "?", "unknown_code", "", fit=lambda cells, key: True)
    assert planter.defects == []
