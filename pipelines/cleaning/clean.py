"""Landed rows of text become core tables; what cannot is refused, whole, with its reason.

The order: read every feed; settle who is a participant and since when; count days; refuse what
repeats a key or points to nobody; score and complete; put random ids in the place of identifiers.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.cleaning import diary
from pipelines.cleaning.crosswalk import Crosswalk, RandomBytes
from pipelines.cleaning.delivery_dates import refuse_later, without_the_quarter
from pipelines.cleaning.feed import Batch, read_feed
from pipelines.cleaning.ids import replace_ids
from pipelines.cleaning.landed import Landed, land, taken
from pipelines.cleaning.missing import TABLE as MISSING_ANSWERS
from pipelines.cleaning.missing import missing_answers
from pipelines.cleaning.origins import choose_origins, settle_days
from pipelines.cleaning.refuse import REFUSALS, CleaningError, kept, settle
from pipelines.cleaning.unused import refuse_unused
from pipelines.cleaning.working_columns import ABSENT, BETWEEN, ROW_ID, WHY
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_polars import enforce, schema
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import PROVENANCE, ROW, Extract

ACCOUNTS = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,
        "rows_in": pl.Int64,
        "rows_kept": pl.Int64,
        "rows_quarantined": pl.Int64,
    }
)
_NO_EVENINGS = pl.Schema({"participant_id": pl.String, "day": pl.Int64})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier deliveries established, apart from the crosswalk.

    `participant_ids` are the random ids in core.participants, `program_ids` those in core.programs.
    `diary_days` (columns participant_id, day) are evenings that an earlier delivery brought with an
    answer: they are not put down as unanswered if this delivery does not repeat them.
    """

    participant_ids: frozenset[str] = frozenset()
    program_ids: frozenset[str] = frozenset()
    diary_days: pl.DataFrame = field(default_factory=_NO_EVENINGS.to_frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What one cleaning made.

    `tables` holds every core table by its name without schema, as the codebook has it, sorted by key.
    `quarantine` is as restricted.quarantine: one row for each refused row, column and reason.
    `accounts` counts each file's rows in, kept and quarantined. `crosswalk` holds the ids drawn.
    `notices` are sentences on files that were kept and look wrong.
    """

    tables: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    accounts: pl.DataFrame
    crosswalk: Crosswalk
    notices: tuple[str, ...] = ()


def clean(
    *,
    declarations: Sequence[SourceDeclaration],
    extracts: Mapping[tuple[str, str], Sequence[Extract]],
    codebook: Codebook,
    crosswalk: Crosswalk,
    quarter: str,
    known: Known,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> Cleaned:
    """Clean one quarter's delivery of all sources.

    Parameters
    ----------
    declarations
        The sources; their order and that of their files decides which of two rows with a key is first.
    extracts
        Files as delivered, by source and name of the file's declaration. A file that a source does not
        deliver may be left out.
    codebook
        What every variable and table is.
    crosswalk
        Random ids and origins so far. Nothing is changed in it; the result brings the new one.
    quarter
        The delivery, such as 2026Q3.
    known
        What earlier deliveries established: rows may point to it.
    random_bytes
        Where chance for new ids comes from; only tests give another.

    Returns
    -------
    Cleaned
        Of every file, rows in = rows kept + rows quarantined. Work is vectorized over rows; cost is
        O(n log n) in all rows, times the few rounds in which refusals cascade.

    Raises
    ------
    CleaningError
        A declaration asks for what cannot be done.
    ExtractError
        A file does not have a declared column. No message holds a person's value.
    """
    landed = _land_all(declarations, extracts)
    places = _places(landed)
    refusals = _shape_refusals(landed, extracts)
    batches: list[Batch] = []
    found = [REFUSALS.to_frame()]
    for file in landed:
        made, faults = _read_file(file, kept(file.cells, refusals), codebook)
        batches.extend(made)
        found.append(faults)
    refusals = pl.concat([refusals, *found, *(refuse_later(batch, quarter) for batch in batches)])
    people = choose_origins(batches, refusals, crosswalk, known.participant_ids)
    settled = [settle_days(batch, people) for batch in batches]
    batches = [batch for batch, _ in settled]
    refusals = pl.concat(
        [*(diary.refuse_days(batch) for batch in batches), refusals, *(faults for _, faults in settled)]
    )
    refusals = settle(
        [batch.rows for batch in batches],
        refusals,
        codebook=codebook,
        known={
            "participants": _delivered_ids(crosswalk, known.participant_ids),
            "programs": pl.Series(sorted(known.program_ids), dtype=pl.String),
        },
        places=places,
    )
    tables = _assemble(batches, refusals, codebook, quarter)
    tables, crosswalk = replace_ids(tables, crosswalk, codebook, random_bytes)
    crosswalk = crosswalk.with_origins(_origins(people))
    return Cleaned(
        tables=_finish(tables, codebook, known),
        quarantine=_quarantine(landed, refusals, codebook, quarter),
        accounts=_accounts(landed, refusals),
        crosswalk=crosswalk,
        notices=without_the_quarter(batches, refusals, quarter),
    )


def _land_all(
    declarations: Sequence[SourceDeclaration], extracts: Mapping[tuple[str, str], Sequence[Extract]]
) -> list[Landed]:
    declared = {(source.source, file.name) for source in declarations for file in source.files}
    if unknown := sorted(set(extracts) - declared):
        raise CleaningError(f"extracts that no declaration names: {unknown}")
    landed: list[Landed] = []
    first_row = 0
    for source in declarations:
        for declaration in source.files:
            for extract in extracts.get((source.source, declaration.name), ()):
                landed.append(land(extract, source, declaration, first_row))
                first_row += landed[-1].cells.height
    return landed


def _places(landed: Sequence[Landed]) -> pl.DataFrame:
    """Columns _row_id, source, file and row of every file row."""
    empty = pl.DataFrame(schema={ROW_ID: pl.Int64, "source": pl.String, "file": pl.String, "row": pl.Int64})
    parts = [
        file.cells.select(
            ROW_ID,
            pl.lit(file.source.source).alias("source"),
            pl.lit(file.file).alias("file"),
            pl.col(ROW).cast(pl.Int64).alias("row"),
        )
        for file in landed
        if file.cells.height
    ]
    return pl.concat([empty, *parts])


def _shape_refusals(
    landed: Sequence[Landed], extracts: Mapping[tuple[str, str], Sequence[Extract]]
) -> pl.DataFrame:
    """Take over what the adapters refused."""
    parts = [REFUSALS.to_frame()]
    in_order = [
        extract
        for file in dict.fromkeys((f.source.source, f.declaration.name) for f in landed)
        for extract in extracts[file]
    ]
    for file, extract in zip(landed, in_order, strict=True):
        if extract.refusals:
            rows = pl.DataFrame(
                [(r.row, r.column, r.reason, r.expected, r.advice) for r in extract.refusals],
                schema={ROW: pl.Int64, **dict.fromkeys(list(REFUSALS)[1:], pl.String)},
                orient="row",
            )
            numbered = file.cells.select(pl.col(ROW).cast(pl.Int64), ROW_ID)
            parts.append(rows.join(numbered, on=ROW, how="inner").select(list(REFUSALS)))
    return pl.concat(parts)


def _read_file(file: Landed, cells: pl.DataFrame, codebook: Codebook) -> tuple[list[Batch], pl.DataFrame]:
    """Read every feed of a file; refuse the rows that none of them takes."""
    batches: list[Batch] = []
    refusals = [REFUSALS.to_frame()]
    if not cells.height:
        return batches, refusals[0]
    used = pl.Series([False]).new_from_index(0, cells.height)
    for feed in file.declaration.feeds:
        mask = taken(cells, feed.where, file.file)
        used |= mask
        made, faults = read_feed(file, feed, cells.filter(mask), codebook)
        batches.extend(made)
        refusals.append(faults)
    refusals.append(refuse_unused(file, cells.filter(~used)))
    return batches, _one_word_for_blank(pl.concat(refusals))


def _one_word_for_blank(refusals: pl.DataFrame) -> pl.DataFrame:
    """Call a cell that is key to one table and required by another missing once, as a key."""
    cell = [ROW_ID, "column_name"]
    keys = refusals.filter(pl.col("reason") == "missing_key").select(cell)
    required = pl.col("reason") == "missing_required"
    return pl.concat([refusals.filter(~required), refusals.filter(required).join(keys, on=cell, how="anti")])


def _delivered_ids(crosswalk: Crosswalk, random_ids: frozenset[str]) -> pl.Series:
    """Participants with these random ids, as population and identifier."""
    rows = crosswalk.of("participant_id").filter(pl.col("random_id").is_in(sorted(random_ids)))
    return rows.select(pl.concat_str("population", "identifier", separator=BETWEEN)).to_series()


def _origins(people: pl.DataFrame) -> pl.DataFrame:
    """Origins by population and identifier, of participants who have one."""
    part = pl.col("participant_id").str.splitn(BETWEEN, 2).struct.rename_fields(["population", "identifier"])
    return people.drop_nulls("origin_date").select(part.alias("part"), "origin_date").unnest("part")


def _assemble(
    batches: Sequence[Batch], refusals: pl.DataFrame, codebook: Codebook, quarter: str
) -> dict[str, pl.DataFrame]:
    """Stack the kept rows of each table, with where they come from."""
    parts: dict[str, list[pl.DataFrame]] = {}
    diaries: dict[tuple[str, int], list[Batch]] = {}
    for batch in batches:
        if batch.rows.table == diary.TABLE:
            diaries.setdefault((batch.source.source, id(batch.feed)), []).append(batch)
            continue
        rows = kept(batch.rows.frame, refusals).with_columns(pl.lit(batch.source.source).alias("source"))
        parts.setdefault(batch.rows.table, []).append(rows)
    for (source, _), group in diaries.items():
        rows = diary.complete(group, refusals, codebook=codebook, quarter=quarter)
        parts.setdefault(diary.TABLE, []).append(rows.with_columns(pl.lit(source).alias("source")))
    return {
        table: pl.concat(frames, how="diagonal").with_columns(pl.lit(quarter).alias("delivered_quarter"))
        for table, frames in parts.items()
    }


def _finish(tables: dict[str, pl.DataFrame], codebook: Codebook, known: Known) -> dict[str, pl.DataFrame]:
    """Give every core table the codebook's columns and types, sorted by key."""
    if diary.TABLE in tables:
        evenings = tables[diary.TABLE]
        answered = known.diary_days.select("participant_id", "day").with_columns(
            pl.lit(value=True).alias(ABSENT)
        )
        tables[diary.TABLE] = evenings.join(
            answered, on=["participant_id", "day", ABSENT], how="anti", maintain_order="left"
        )
    tables[MISSING_ANSWERS] = missing_answers(tables, codebook)
    finished = {}
    for table in codebook.tables_in("core"):
        columns = schema(codebook, table)
        frame = tables.get(table.name, columns.to_frame())
        if "missing_reason" in columns and WHY + "answer" in frame.columns:
            frame = frame.with_columns(pl.col(WHY + "answer").alias("missing_reason"))
        absent = [
            pl.lit(None, dtype=columns[name]).alias(name) for name in columns if name not in frame.columns
        ]
        frame = frame.with_columns(absent).select(list(columns))
        finished[table.name] = enforce(codebook, table, frame).sort(table.primary_key)
    return finished


def _quarantine(
    landed: Sequence[Landed], refusals: pl.DataFrame, codebook: Codebook, quarter: str
) -> pl.DataFrame:
    """Refused rows as delivered, once for each column and reason, as restricted.quarantine."""
    table = codebook.table("restricted.quarantine")
    once = refusals.unique([ROW_ID, "column_name", "reason"], keep="first", maintain_order=True)
    parts = [schema(codebook, table).to_frame()]
    for file in landed:
        delivered = file.delivered.with_columns(file.cells[ROW_ID])
        values = pl.struct(pl.exclude(*PROVENANCE, ROW_ID)).struct.json_encode()
        refused = delivered.join(once.select(ROW_ID), on=ROW_ID, how="semi", maintain_order="left")
        if not refused.height:
            continue
        rows = refused.select(
            ROW_ID,
            pl.lit(file.source.source).alias("source"),
            pl.lit(quarter).alias("delivered_quarter"),
            pl.lit(file.file).alias("file"),
            pl.col(ROW).cast(pl.Int64).alias("row_number"),
            values.alias("row_values"),
        )
        parts.append(
            rows.join(once, on=ROW_ID, how="inner", maintain_order="left").select(list(parts[0].columns))
        )
    return enforce(codebook, table, pl.concat(parts))


def _accounts(landed: Sequence[Landed], refusals: pl.DataFrame) -> pl.DataFrame:
    """Count rows in, kept and quarantined of each file."""
    rows = []
    for file in landed:
        left = kept(file.cells.select(ROW_ID), refusals).height
        rows.append((file.source.source, file.file, file.cells.height, left, file.cells.height - left))
    return pl.DataFrame(rows, schema=ACCOUNTS, orient="row")
