"""What may leave the restricted database: released tables as of a quarter, coarse, small counts withheld."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

from models.disclosure.coarse_values import coarsen_values
from models.disclosure.rare_values import withhold_values
from models.disclosure.results import Results, withhold_results
from models.disclosure.small_cells import is_small
from pipelines.codebook.released import QUARTER_COLUMN, released_tables, released_variables
from pipelines.codebook.spec import Codebook, Table
from pipelines.codebook.to_catalog import catalog_frames
from pipelines.codebook.to_polars import enforce
from pipelines.lots import draw_lots
from pipelines.sources.declaration import SourceDeclaration
from pipelines.warehouse import Warehouse

RELEASES = "catalog.releases"


def disclosed_frames(
    warehouse: Warehouse, *, as_of: str, sources: Sequence[SourceDeclaration], maximum: int
) -> dict[str, pl.DataFrame]:
    """Return every released table but `catalog.releases`, typed, in the order of its key.

    Parameters
    ----------
    warehouse
        The restricted database, open to write: lots for populations seen first are drawn and kept.
    as_of : str
        Quarter such as 2026Q3; each key has its latest delivery up to it.
    sources
        The declarations, which name the populations.
    maximum : int
        Counts of 1 to `maximum` people are withheld.

    Returns
    -------
    dict
        Frames by full name, with the released columns alone.
    """
    codebook = warehouse.codebook
    people = warehouse.read("core.participants", as_of).select("participant_id", "population")
    lots = draw_lots(warehouse, people.get_column("population").unique())
    dated = _dated(warehouse, people)
    people = people.with_columns(lot=pl.col("population").replace_strict(lots, return_dtype=pl.String))
    shown = _results(warehouse, people, as_of, maximum)
    frames = {}
    for table in released_tables(codebook):
        if table.layer == "core":
            rows = _coarse(codebook, table, warehouse.read(table.full_name, as_of), dated)
            rows = _person_level(codebook, table, rows, people, maximum)
        elif table.layer == "results":
            rows = shown[table.full_name]
        elif table.layer == "reference":
            rows = warehouse.read(table.full_name, as_of)
        elif QUARTER_COLUMN in table.variables:
            rows = warehouse.read(table.full_name, as_of).filter(pl.col(QUARTER_COLUMN) <= as_of)
        else:
            continue
        frames[table.full_name] = _released(codebook, table, rows)
    populations = codebook.table("catalog.populations")
    found = _populations(people, frames["catalog.sources"], sources, maximum)
    frames[populations.full_name] = _released(codebook, populations, found)
    counts: dict[str, int] = {name: frame.height for name, frame in frames.items()}
    described = catalog_frames(codebook, counts)
    counts |= {name: frame.height for name, frame in described.items()} | {
        RELEASES: warehouse.read(RELEASES, as_of).height + 1
    }
    return frames | {
        name: _released(codebook, codebook.table(name), rows)
        for name, rows in catalog_frames(codebook, counts).items()
    }


def content_hash(frames: Mapping[str, pl.DataFrame]) -> str:
    """SHA-256 over names, columns and values in key order; two builds of the same contents agree.

    Files cannot be compared: two builds of one DuckDB file differ in their bytes. The list of releases
    grows with each of them, so neither it nor its number of rows counts.
    """
    digest = hashlib.sha256()
    for name in sorted(set(frames) - {RELEASES}):
        rows = frames[name]
        if name == "catalog.tables":
            full_name = pl.concat_str("table_schema", "table_name", separator=".")
            rows = rows.with_columns(n_rows=pl.when(full_name != RELEASES).then("n_rows"))
        digest.update(f"{name}\n{','.join(rows.columns)}\n".encode())
        digest.update(rows.write_csv(include_header=False, null_value="\\N").encode())
    return digest.hexdigest()


def _released(codebook: Codebook, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    names = [variable.name for variable in released_variables(codebook, table)]
    return enforce(codebook, table, rows.select(names), released=True).sort(table.primary_key)


def _dated(warehouse: Warehouse, people: pl.DataFrame) -> pl.Series:
    """Ids of the people of populations whose day 0 is a calendar date that the crosswalk keeps."""
    known = warehouse.crosswalk().filter(pl.col("origin_date").is_not_null())
    of_those = pl.col("population").is_in(known.get_column("population").unique().implode())
    return people.filter(of_those).get_column("participant_id")


def _coarse(codebook: Codebook, table: Table, rows: pl.DataFrame, dated: pl.Series) -> pl.DataFrame:
    if "participant_id" not in table.variables:
        return rows
    chosen = codebook.variables_of(table)
    return coarsen_values(
        rows,
        dated,
        steps={v.name: v.release_step for v in chosen if v.release_step is not None},
        decimals={v.name: v.release_decimals for v in chosen if v.release_decimals is not None},
        until=table.released_until,
    )


def _person_level(
    codebook: Codebook, table: Table, rows: pl.DataFrame, people: pl.DataFrame, maximum: int
) -> pl.DataFrame:
    if "participant_id" not in table.variables:
        return rows
    revealing = [
        variable.name
        for variable in codebook.variables_of(table)
        if variable.quasi_identifying and variable.name not in table.primary_key
    ]
    return withhold_values(rows, people, variables=revealing, maximum=maximum)


def _results(warehouse: Warehouse, people: pl.DataFrame, as_of: str, maximum: int) -> dict[str, pl.DataFrame]:
    """Results of the quarter by full name; each is judged with the others in view."""
    counts = dict(people.group_by("population").len().iter_rows())
    shown = withhold_results(
        Results(
            estimates=warehouse.read_where("results.estimates", as_of=as_of),
            curves=warehouse.read_where("results.curves", as_of=as_of),
            diagnostics=warehouse.read_where("results.diagnostics", as_of=as_of),
        ),
        totals={name: None if 1 <= count <= maximum else count for name, count in counts.items()},
        maximum=maximum,
    )
    return {
        "results.estimates": shown.estimates,
        "results.curves": shown.curves,
        "results.diagnostics": shown.diagnostics,
    }


def _populations(
    people: pl.DataFrame, files: pl.DataFrame, sources: Sequence[SourceDeclaration], maximum: int
) -> pl.DataFrame:
    """One row per population with people; synthetic if any file of it is."""
    labels = {source.population: source.population_label for source in sources}
    small = is_small(pl.col("n_people"), maximum)
    return (
        people.group_by("population")
        .agg(n_people=pl.len().cast(pl.Int64))
        .join(files.group_by("population").agg(pl.col("synthetic").any()), on="population", how="left")
        .with_columns(
            label=pl.col("population").replace_strict(
                labels, default=pl.col("population"), return_dtype=pl.String
            ),
            n_people=pl.when(~small).then("n_people"),
        )
    )
