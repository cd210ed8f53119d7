"""Core tables for the benchmark: those of the demo, and drawn ones of any size by the demo's own laws."""

from __future__ import annotations

import datetime
from pathlib import Path

import polars as pl

from pipelines.codebook import load_codebook
from pipelines.demo.chance import stream
from pipelines.demo.collaborative import draw
from pipelines.demo.drawn_courses import draw_courses
from pipelines.demo.drawn_diaries import draw_diaries
from pipelines.demo.drawn_ties import draw_support
from pipelines.demo.survey import draw_survey
from pipelines.refresh import refresh
from pipelines.settings import ROOT, Settings
from pipelines.warehouse import Warehouse

SEED = 1
PEOPLE_PER_PROGRAM = 100
TABLES = (
    "participants", "episodes", "programs", "assessments", "outcome_times", "justice_events",
    "assessment_items", "diary_days", "recovery_surveys", "support_ties", "roles",
)  # fmt: skip
ORIGINS = "origins"  # the calendar day of everybody's day 0, of which M1 makes who was there when
AFTER_DIARY = "assessments_after_diary"  # drawn diaries come with interviews of their own
DIARY, SURVEY = "diary_days", "recovery_surveys"
SPAN = 2096  # days over which people of the demo enter (`pipelines.demo.drawn_ties`)


def write_demo(folder: Path) -> None:
    """Refresh the demo in a folder of its own and keep its tables as of the latest quarter."""
    settings = Settings.load(data=folder / "data", published=folder / "published", environment={})
    raw = folder / "data" / "raw"
    raw.parent.mkdir(parents=True)
    raw.symlink_to(ROOT / "data" / "raw")
    quarter = refresh(settings).quarter
    codebook = load_codebook()
    with Warehouse.look(folder / "data" / "curated" / "restricted.duckdb", codebook) as warehouse:
        tables = {name: warehouse.read(f"core.{name}", quarter) for name in TABLES}
        crosswalk = warehouse.crosswalk()
    write_tables(folder, tables, crosswalk)


def write_tables(folder: Path, tables: dict[str, pl.DataFrame], crosswalk: pl.DataFrame) -> None:
    """Keep the rows of the demo's two populations."""
    populations = tables["participants"].select("participant_id", "population")
    for name, frame in tables.items():
        wanted = "demo_survey" if name == SURVEY else "demo_collaborative"
        own = populations.filter(pl.col("population") == wanted).select("participant_id")
        kept = (
            frame.join(own, on="participant_id", how="semi") if "participant_id" in frame.columns else frame
        )
        kept.write_parquet(folder / f"{name}.parquet")
    crosswalk.filter(pl.col("variable") == "participant_id").select(
        pl.col("random_id").alias("participant_id"), "origin_date"
    ).write_parquet(folder / f"{ORIGINS}.parquet")


def write_drawn(folder: Path, people: int) -> None:
    """Draw as many people, a hundred to a program, all of whom keep a diary; and as large a survey."""
    folder.mkdir(parents=True)
    programs = people // PEOPLE_PER_PROGRAM
    frames = dict(draw_courses(SEED, people, programs=programs))
    frames["assessment_items"] = draw(SEED, people, programs=programs, items=True)["assessment_items"]
    frames["support_ties"] = draw_support(SEED, people, programs=programs)["support_ties"]
    # The first numbers of the law of ties are the days on which people enter.
    entered = stream(SEED, "ties").integers(0, SPAN + 1, people)
    ids = frames["participants"]["participant_id"].sort()
    days = pl.Series("origin_date", entered) * datetime.timedelta(days=1)
    frames[ORIGINS] = ids.to_frame().with_columns(origin_date=pl.lit(datetime.date(2020, 1, 1)) + days)
    diaries = draw_diaries(SEED, people)
    frames[DIARY], frames[AFTER_DIARY] = diaries[DIARY], diaries["assessments"]
    frames[SURVEY] = draw_survey(SEED, people)
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
