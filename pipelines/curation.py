"""One quarter's deliveries become core tables, quarantine and accounts: all that is written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning.clean import Known, clean
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.codebook.released import QUARTER_COLUMN
from pipelines.codebook.spec import Codebook
from pipelines.deliveries import Delivery
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import Extract
from pipelines.warehouse import Warehouse

WHOLE_ROW = "(whole row)"
QUARANTINE, SOURCES, REFUSALS = "restricted.quarantine", "catalog.sources", "catalog.refusals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """Frames of one quarter by full table name, and the crosswalk with the ids drawn for them.

    `notices` are sentences on files that were kept and look wrong.
    """

    frames: dict[str, pl.DataFrame]
    crosswalk: pl.DataFrame
    notices: tuple[str, ...] = ()

    @property
    def accounts(self) -> pl.DataFrame:
        """Rows in, kept and quarantined of each file."""
        columns = ("source", "file", QUARTER_COLUMN, "rows_in", "rows_kept", "rows_quarantined")
        return self.frames[SOURCES].select(columns)


def curate(
    *,
    codebook: Codebook,
    sources: Sequence[SourceDeclaration],
    deliveries: Sequence[Delivery],
    crosswalk: pl.DataFrame,
    known: Known,
    quarter: str,
) -> Curated:
    """Clean one quarter's deliveries of all sources and account for every row.

    Parameters
    ----------
    codebook, sources
        What every variable is, and where it comes from.
    deliveries
        As landed. Those of a source that is no longer declared are passed over.
    crosswalk
        Rows of `restricted.crosswalk`.
    known
        What earlier quarters established.
    quarter : str
        Such as 2026Q3.

    Raises
    ------
    CleaningError, ExtractError
        A declaration asks for what the files do not have. No message holds a person's value.
    """
    declared = {source.source for source in sources}
    extracts: dict[tuple[str, str], list[Extract]] = {}
    for delivery in deliveries:
        for file, extract in delivery.extracts:
            if delivery.source in declared:
                extracts.setdefault((delivery.source, file), []).append(extract)
    cleaned = clean(
        declarations=sources,
        extracts=extracts,
        codebook=codebook,
        crosswalk=Crosswalk(crosswalk),
        quarter=quarter,
        known=known,
    )
    frames = {f"core.{name}": rows for name, rows in cleaned.tables.items()}
    frames[QUARANTINE] = cleaned.quarantine
    frames[SOURCES] = _sources(cleaned.accounts, sources, extracts, quarter)
    frames[REFUSALS] = _refusals(cleaned.quarantine)
    return Curated(frames=frames, crosswalk=cleaned.crosswalk.frame, notices=cleaned.notices)


def known_before(warehouse: Warehouse, quarter: str) -> Known:
    """Return what the quarters before this one established."""
    before = f"WHERE {QUARTER_COLUMN} < $quarter"

    def ids(column: str, table: str) -> frozenset[str]:
        query = f"SELECT DISTINCT {column} FROM core.{table} {before}"
        rows: pl.DataFrame = warehouse.connection.sql(query, params={"quarter": quarter}).pl()
        return frozenset(rows.get_column(column))

    answered = (
        f"SELECT DISTINCT participant_id, day FROM core.diary_days {before} "
        "AND response_status <> 'no_response'"
    )
    return Known(
        participant_ids=ids("participant_id", "participants"),
        program_ids=ids("program_id", "programs"),
        diary_days=warehouse.connection.sql(answered, params={"quarter": quarter}).pl(),
    )


def known_after(known: Known, curated: Curated) -> Known:
    """Return what is known once a quarter that was curated in memory is added."""
    answered = pl.col("response_status") != "no_response"
    evenings = curated.frames["core.diary_days"].filter(answered).select("participant_id", "day")
    return Known(
        participant_ids=known.participant_ids | set(curated.frames["core.participants"]["participant_id"]),
        program_ids=known.program_ids | set(curated.frames["core.programs"]["program_id"]),
        diary_days=pl.concat([known.diary_days, evenings]).unique(),
    )


def _sources(
    accounts: pl.DataFrame,
    sources: Sequence[SourceDeclaration],
    extracts: dict[tuple[str, str], list[Extract]],
    quarter: str,
) -> pl.DataFrame:
    """Return one row per file: who made it, its checksum and its rows."""
    sums = [
        extract.rows.select("_file", "_sha256").head(1).with_columns(source=pl.lit(source))
        for (source, _), several in extracts.items()
        for extract in several
    ]
    checksums = (
        pl.concat(sums)
        if sums
        else pl.DataFrame(schema=dict.fromkeys(("_file", "_sha256", "source"), pl.String))
    )
    said = pl.DataFrame(
        [(s.source, s.title, s.population, s.producer, s.licence, s.synthetic) for s in sources],
        schema={
            "source": pl.String,
            "title": pl.String,
            "population": pl.String,
            "producer": pl.String,
            "licence": pl.String,
            "synthetic": pl.Boolean,
        },
        orient="row",
    )
    return (
        accounts.join(said, on="source")
        .join(checksums.rename({"_file": "file", "_sha256": "file_sha256"}), on=["source", "file"])
        .with_columns(pl.lit(quarter).alias(QUARTER_COLUMN))
    )


def _refusals(quarantine: pl.DataFrame) -> pl.DataFrame:
    """Count refused rows by file, column and reason; a row refused for its shape has no one column."""
    column = pl.when(pl.col("column_name") == "").then(pl.lit(WHOLE_ROW)).otherwise("column_name")
    named = quarantine.with_columns(column_name=column)
    return named.group_by("source", "file", QUARTER_COLUMN, "column_name", "reason").agg(
        n_rows=pl.col("row_number").n_unique().cast(pl.Int64),
        expected=pl.col("expected").first(),
        advice=pl.col("advice").first(),
    )
