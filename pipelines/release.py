"""Build the next release beside the last one, then rename it into place.

A reader never sees half a release: until the last rename the old files stand, and a build that was
killed leaves only `.building-*` and `.replaced-*` folders, which the next run clears away.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codebook.released import ReleaseFacts, SourceFacts
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_datapackage import ReleasedFile, descriptor
from pipelines.codebook.to_duckdb import (
    comment_sql,
    create_schema_sql,
    create_table_sql,
    qualified_name,
    quote_text,
)
from pipelines.codebook.to_page import render_codebook_page
from pipelines.codebook.to_polars import enforce
from pipelines.disclosed import RELEASES, content_hash, disclosed_frames
from pipelines.settings import ROOT, Settings
from pipelines.sources.declaration import SourceDeclaration
from pipelines.warehouse import Warehouse

STORAGE = "v1.2.0"  # the oldest DuckDB that must be able to read a release
BLOCK_SIZE = 16384  # bytes, the smallest: many short columns, so the file is half as large as by default
BUILDING, REPLACED = ".building-", ".replaced-"
FILES = ("warehouse.duckdb", "datapackage.json", "codebook.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A complete release and report that nobody sees yet."""

    quarter: str
    settings: Settings

    @property
    def folder(self) -> Path:
        """Where the files of the release are built: beside the last one, on the same disk."""
        return self.settings.curated / f"{BUILDING}{self.quarter}"

    @property
    def warehouse(self) -> Path:
        """The database of the candidate."""
        return self.folder / "warehouse.duckdb"

    @property
    def report(self) -> Path:
        """Where the report is built: beside the published ones."""
        return self.settings.published / f"{BUILDING}{self.quarter}"

    @property
    def published(self) -> Path:
        """Where the report will be read."""
        return self.settings.published / self.quarter


def build_release(
    warehouse: Warehouse,
    candidate: Candidate,
    *,
    sources: Sequence[SourceDeclaration],
    left_out: tuple[str, ...],
    now: datetime,
) -> ReleaseFacts:
    """Write database, Parquet, data package and codebook page of one quarter to the candidate's folder.

    Parameters
    ----------
    warehouse
        The restricted database.
    candidate
        Which quarter, and where to build.
    sources
        The declarations, which name the populations.
    left_out
        Sentences on the sources that this release lacks.
    now
        When the release is made, in UTC.

    Returns
    -------
    ReleaseFacts
        What the release says of itself.
    """
    settings, codebook = candidate.settings, warehouse.codebook
    frames = disclosed_frames(
        warehouse, as_of=candidate.quarter, sources=sources, maximum=settings.small_cell_maximum
    )
    contents = content_hash(frames)
    facts = ReleaseFacts(
        release_id=f"{candidate.quarter}-{now:%Y%m%dT%H%M%SZ}-{contents[:8]}",
        as_of=candidate.quarter,
        released_at=now,
        content_hash=contents,
        code_version=code_version(),
        contains_synthetic=bool(frames["catalog.sources"].get_column("synthetic").any()),
        small_cell_maximum=settings.small_cell_maximum,
        left_out=left_out,
        sources=_sources(frames["catalog.sources"]),
    )
    earlier = warehouse.read(RELEASES, candidate.quarter)
    releases = pl.concat([earlier, release_row(codebook, facts)]).sort("release_id")
    frames[RELEASES] = enforce(codebook, codebook.table(RELEASES), releases, released=True)
    shutil.rmtree(candidate.folder, ignore_errors=True)
    parquet = candidate.folder / "parquet" / facts.release_id
    parquet.mkdir(parents=True)
    write_database(candidate.warehouse, codebook, frames)
    files = {}
    for name, frame in frames.items():
        path = parquet / f"{name}.parquet"
        frame.write_parquet(path)
        files[name] = ReleasedFile(
            path=path.relative_to(candidate.folder).as_posix(),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            rows=frame.height,
            sources=_sources_of(frame, facts),
        )
    described = descriptor(codebook, facts, files)
    (candidate.folder / "datapackage.json").write_text(
        json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (candidate.folder / "codebook.html").write_text(render_codebook_page(codebook, facts), encoding="utf-8")
    return facts


def write_database(path: Path, codebook: Codebook, frames: Mapping[str, pl.DataFrame]) -> None:
    """Write released tables, with keys and comments, to a new DuckDB file that older clients can read."""
    with duckdb.connect() as connection:
        options = f"STORAGE_VERSION '{STORAGE}', BLOCK_SIZE {BLOCK_SIZE}"
        connection.execute(f"ATTACH {quote_text(str(path))} AS release ({options})")
        connection.execute("USE release")
        connection.execute("BEGIN")  # one write to disk, not one for each of hundreds of comments
        for name in sorted(frames):
            table = codebook.table(name)
            connection.execute(create_schema_sql(table.layer))
            connection.execute(create_table_sql(codebook, table, released=True))
            connection.register("rows_to_write", frames[name].to_arrow())
            connection.execute(f"INSERT INTO {qualified_name(table)} BY NAME SELECT * FROM rows_to_write")
            connection.unregister("rows_to_write")
            for statement in comment_sql(codebook, table, released=True):
                connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT release")
        connection.execute("USE memory")
        connection.execute("DETACH release")


def publish(candidate: Candidate) -> pl.DataFrame:
    """Put a complete candidate in place of the last release and report; return its row of catalog.releases.

    First the Parquet files under a name of their own, then the report by two renames, then each file by
    one rename, and only then the older Parquet files go: whatever a reader opens, it finds complete.
    """
    curated = candidate.settings.curated
    described = json.loads((candidate.folder / "datapackage.json").read_text(encoding="utf-8"))
    tables = curated / "parquet" / described["id"]
    tables.parent.mkdir(parents=True, exist_ok=True)
    (candidate.folder / "parquet" / described["id"]).replace(tables)
    aside = candidate.settings.published / f"{REPLACED}{candidate.quarter}"
    if candidate.published.exists():
        candidate.published.replace(aside)
    candidate.report.replace(candidate.published)
    for name in FILES:
        _to_disk(candidate.folder / name)
        (candidate.folder / name).replace(curated / name)
    for older in tables.parent.iterdir():
        if older != tables:
            shutil.rmtree(older, ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(candidate.folder, ignore_errors=True)
    releases = pl.read_parquet(tables / f"{RELEASES}.parquet")
    # Released times are in UTC and name no zone; the working table keeps it.
    zoned = releases.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC"))
    return zoned.filter(pl.col("release_id") == described["id"])


def recover(settings: Settings) -> None:
    """Clear away what a killed run left; put a report back that was killed between its two renames."""
    for folder in (settings.curated, settings.published):
        if not folder.is_dir():
            continue
        for aside in folder.glob(f"{REPLACED}*"):
            current = folder / aside.name.removeprefix(REPLACED)
            if not current.exists():
                aside.replace(current)
            shutil.rmtree(aside, ignore_errors=True)
        for building in folder.glob(f"{BUILDING}*"):
            shutil.rmtree(building)
    _drop_unused_tables(settings.curated)


def release_row(codebook: Codebook, facts: ReleaseFacts) -> pl.DataFrame:
    """Return the row of `catalog.releases` that describes a release."""
    table = codebook.table(RELEASES)
    said = {
        "schema_version": codebook.schema_version,
        "terms": codebook.terms,
        "left_out": " ".join(facts.left_out) or None,
    }
    row = {name: said.get(name, getattr(facts, name, None)) for name in table.variables}
    return enforce(codebook, table, pl.DataFrame([row], infer_schema_length=None))


def code_version() -> str:
    """Version of this software, with the commit where it runs from a clone."""
    try:
        said = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        said = ""
    return version("recovery-outcomes") + (f"+{said}" if said else "")


def _sources(files: pl.DataFrame) -> tuple[SourceFacts, ...]:
    said = ("source", "population", "title", "producer", "licence", "synthetic")
    rows = files.select(said).unique("source").sort("source")
    return tuple(SourceFacts(**row) for row in rows.iter_rows(named=True))


def _sources_of(rows: pl.DataFrame, facts: ReleaseFacts) -> tuple[str, ...]:
    """Name the sources that a table's rows come from, or whose people its results are about."""
    column = next((name for name in ("source", "population") if name in rows.columns), None)
    if column is None:
        return ()
    found = set(rows.get_column(column))
    return tuple(source.source for source in facts.sources if getattr(source, column) in found)


def _drop_unused_tables(curated: Path) -> None:
    """Remove Parquet folders that the data package in place does not name."""
    package = curated / "datapackage.json"
    if package.is_file() and (curated / "parquet").is_dir():
        named = package.read_text(encoding="utf-8")
        for folder in (curated / "parquet").iterdir():
            if f"parquet/{folder.name}/" not in named:
                shutil.rmtree(folder, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Make sure that the file itself is on disk before its name is."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
