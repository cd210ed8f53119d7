"""Write the synthetic demonstration county: the extracts of every source, and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Codebook
from pipelines.demo.county import County, make_county
from pipelines.demo.dirt import plant
from pipelines.demo.encode import DECLARATIONS, declaration
from pipelines.demo.files import (
    checkup_sheets,
    diary_sheets,
    justice_sheets,
    outcome_sheets,
    program_sheets,
    survey_sheets,
)
from pipelines.demo.people import FIRST_ENTRY
from pipelines.demo.qualtrics_file import diary_bytes
from pipelines.demo.quarters import export_day, first_day, last_day
from pipelines.demo.redcap_file import Project
from pipelines.demo.sheet import Sheet, delimited_text
from pipelines.demo.truth import truth_text
from pipelines.demo.xlsx import workbook

SEED = 20260930
PARTICIPANTS = 600
QUARTERS = ("2026Q2", "2026Q3")
SOURCES = ("demo_programs", "demo_outcomes", "demo_diary", "demo_justice", "demo_checkups", "demo_survey")
TRUTH = "demo_truth.yaml"


def simulate(
    target: Path,
    *,
    seed: int = SEED,
    participants: int = PARTICIPANTS,
    quarters: tuple[str, ...] = QUARTERS,
) -> list[Path]:
    """Write the demo sources under `target`, with their declarations and the known truth.

    The same arguments write the same bytes: there is no clock, and each subject draws from its own
    stream of random numbers.

    Parameters
    ----------
    target
        Folder that holds a folder for each source (`data/raw`).
    seed
        Seed of all random numbers.
    participants
        How many people enter the programs from 2021 to the end of the last quarter; at least 60.
    quarters
        Quarters to deliver, in order and without gaps; the first delivers everything so far.

    Returns
    -------
    list of Path
        The files written, in order.

    Raises
    ------
    ValueError
        Too few participants, or quarters that do not follow each other.
    """
    if participants < 60:
        raise ValueError("a county needs at least 60 participants, or its diaries are empty")
    if not quarters or first_day(quarters[0]).year <= FIRST_ENTRY.year:
        raise ValueError(f"the first quarter must lie after {FIRST_ENTRY.year}, when people begin to enter")
    for earlier, later in pairwise(quarters):
        if first_day(later) != last_day(earlier) + timedelta(days=1):
            raise ValueError(
                f"[{later}] does not follow [{earlier}]: quarters must be in order, without gaps"
            )
    codebook = load_codebook()
    county = make_county(seed, participants, tuple(quarters), codebook)
    sheets = make_sheets(county, codebook)
    dirt = plant(seed, sheets)
    files = dict(_files(county, sheets, codebook))
    files[Path(TRUTH)] = truth_text(county, sheets, dirt, seed=seed).encode()
    for path, content in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
    return [target / path for path in files]


def make_sheets(county: County, codebook: Codebook) -> list[Sheet]:
    """All files of all quarters, without defects."""
    programs, outcomes, diary, justice, checkups, survey = (declaration(source) for source in SOURCES)
    return [
        *program_sheets(county, programs),
        *outcome_sheets(county, outcomes, codebook),
        *diary_sheets(county, diary),
        *justice_sheets(county, justice),
        *checkup_sheets(county, checkups),
        *survey_sheets(county, survey),
    ]


def _files(county: County, sheets: list[Sheet], codebook: Codebook) -> Iterator[tuple[Path, bytes]]:
    for source in SOURCES:
        yield Path(source, "source.yaml"), (DECLARATIONS / f"{source}.yaml").read_bytes()
    project = Project(declaration("demo_outcomes"), codebook)
    for quarter in county.quarters:
        name = project.dictionary_name(export_day(quarter).isoformat())
        yield Path("demo_outcomes", quarter, name), project.dictionary_bytes()
    for sheet in sheets:
        yield Path(sheet.source, sheet.quarter, sheet.name), _content(sheet, codebook)


def _content(sheet: Sheet, codebook: Codebook) -> bytes:
    rows = [sheet.header, *sheet.rows]
    if sheet.source == "demo_diary":
        return diary_bytes(sheet, declaration(sheet.source), codebook)
    if sheet.name.endswith(".xlsx"):
        return workbook(rows, sheet="Costs")
    if sheet.source == "demo_justice":
        return delimited_text(rows, separator="|").encode("windows-1252")
    separator = ";" if sheet.source == "demo_checkups" else ","
    return delimited_text(rows, separator=separator).encode("utf-8")
