"""The restricted database: open it, keep its tables as the codebook says, replace a quarter, read as of one.

It holds people and never leaves. One process at a time may have it open. Only its owner may read the file
(mode 600), as long as the operating system knows such modes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from pipelines.codebook.released import QUARTER_COLUMN, primary_key
from pipelines.codebook.spec import Codebook, Table
from pipelines.codebook.to_catalog import reference_frame
from pipelines.codebook.to_duckdb import (
    comment_sql,
    create_schema_sql,
    create_table_sql,
    qualified_name,
    quote_name,
    quote_text,
)
from pipelines.codebook.to_polars import enforce, schema

SCHEMAS = ("landing", "restricted", "core", "reference", "results", "catalog")
KEPT_ACROSS_CODEBOOKS = ("restricted.crosswalk", "catalog.releases")  # what no raw file can bring back
PASSED = "landing.passed"
CROSSWALK = "restricted.crosswalk"
DIARY_SUMS = "restricted.diary_sums"


class WarehouseBusyError(RuntimeError):
    """Another process has the database open."""


def codebook_hash(codebook: Codebook) -> str:
    """Fingerprint of all that decides what a core row looks like; words of the report do not."""
    said = codebook.model_dump(mode="json", exclude={"analyses", "reference_rows", "dictionary"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Warehouse:
    """A connection to the restricted database, whose tables match the codebook."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, codebook: Codebook, path: Path) -> None:
        self.connection = connection
        self.codebook = codebook
        self.path = path

    @classmethod
    @contextmanager
    def open(cls, path: Path, codebook: Codebook) -> Iterator[Warehouse]:
        """Open or create the database and bring its tables to the codebook.

        A changed codebook empties the core, results and catalog tables: `passed_quarters` is then
        empty, and every quarter has to be cleaned again from its landed rows. The crosswalk and the
        list of releases are carried over.

        Raises
        ------
        WarehouseBusyError
            Another process has it open.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with _attached(path, "") as connection:
            with _new_files_for_their_owner_alone():
                _for_its_owner_alone(path)
                warehouse = cls(connection, codebook, path)
                warehouse._ensure()
            yield warehouse

    @classmethod
    @contextmanager
    def look(cls, path: Path, codebook: Codebook) -> Iterator[Warehouse]:
        """Open an existing database to read it; nothing in it is changed.

        Raises
        ------
        WarehouseBusyError
            Another process has it open to write.
        """
        with _attached(path, "(READ_ONLY)") as connection:
            yield cls(connection, codebook, path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        with _new_files_for_their_owner_alone():  # each checkpoint makes the log beside the database anew
            self.connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def replace_quarter(
        self, quarter: str, frames: Mapping[str, pl.DataFrame], *, crosswalk: pl.DataFrame
    ) -> dict[str, int]:
        """Replace what one quarter delivered, in all its tables and with the crosswalk, in one transaction.

        Until `pass_quarter` is called, the quarter counts as not yet checked. Sums of the diary that rest
        on it, its own and those of later quarters, are dropped.

        Parameters
        ----------
        quarter : str
            Such as 2026Q3.
        frames
            By full name, every table that holds deliveries; rows of that quarter alone.
        crosswalk
            The whole crosswalk: ids once drawn are never dropped.

        Returns
        -------
        dict
            Rows written, by full name.

        Raises
        ------
        SchemaError
            A frame is not what the codebook says; nothing was written.
        ValueError
            A frame speaks of another quarter; nothing was written.
        """
        enforced = {}
        for name, frame in frames.items():
            rows = enforce(self.codebook, self.codebook.table(name), frame)
            if rows.filter(pl.col(QUARTER_COLUMN) != quarter).height:
                raise ValueError(f"[{name}] holds rows of another quarter than {quarter}")
            enforced[name] = rows
        with self.transaction():
            for name, rows in enforced.items():
                self._replace(name, rows, {QUARTER_COLUMN: quarter})
            self._save_crosswalk(crosswalk)
            self.connection.execute(f"DELETE FROM {DIARY_SUMS} WHERE {QUARTER_COLUMN} >= ?", [quarter])
            self.connection.execute(
                f"UPDATE {PASSED} SET codebook_hash = '' WHERE delivered_quarter = ?", [quarter]
            )
        return {name: rows.height for name, rows in enforced.items()}

    def replace(self, full_name: str, frame: pl.DataFrame, where: Mapping[str, str]) -> None:
        """Replace the rows of a table whose columns hold these values, in one transaction."""
        rows = enforce(self.codebook, self.codebook.table(full_name), frame)
        with self.transaction():
            self._replace(full_name, rows, where)

    def append(self, full_name: str, frame: pl.DataFrame) -> None:
        """Add rows to a table."""
        rows = enforce(self.codebook, self.codebook.table(full_name), frame)
        with self.transaction():
            self._insert(full_name, rows)

    def read(self, full_name: str, as_of: str) -> pl.DataFrame:
        """Return the latest delivery of each key up to a quarter, in the order of the key.

        Tables that hold no deliveries are returned whole.
        """
        table = self.codebook.table(full_name)
        key = ", ".join(quote_name(name) for name in table.primary_key)
        if not table.partitioned:
            return self._typed(table, f"SELECT * FROM {qualified_name(table)} ORDER BY {key}")
        return self._typed(
            table,
            f"SELECT * FROM {qualified_name(table)} WHERE {QUARTER_COLUMN} <= $quarter "
            f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {QUARTER_COLUMN} DESC) = 1 "
            f"ORDER BY {key}",
            quarter=as_of,
        )

    def read_side_by_side(self, full_name: str, as_of: str) -> pl.DataFrame:
        """Return what every quarter up to one wrote, in the order of the key: for rows that add up."""
        table = self.codebook.table(full_name)
        key = ", ".join(quote_name(name) for name in primary_key(table, released=False))
        return self._typed(
            table,
            f"SELECT * FROM {qualified_name(table)} WHERE {QUARTER_COLUMN} <= $quarter ORDER BY {key}",
            quarter=as_of,
        )

    def read_where(self, full_name: str, **values: str) -> pl.DataFrame:
        """Return the rows whose columns hold these values, in the order of the key."""
        table = self.codebook.table(full_name)
        key = ", ".join(quote_name(name) for name in primary_key(table, released=False))
        where = " AND ".join(f"{quote_name(name)} = ${name}" for name in values) or "true"
        return self._typed(
            table, f"SELECT * FROM {qualified_name(table)} WHERE {where} ORDER BY {key}", **values
        )

    def crosswalk(self) -> pl.DataFrame:
        """Return which random id stands for which identifier."""
        return self.read_where(CROSSWALK)

    def origins(self) -> pl.DataFrame:
        """Return `origin_date`, the calendar date of day 0, by `participant_id`; null where not known."""
        people = self.crosswalk().filter(pl.col("variable") == "participant_id")
        return people.select("origin_date", participant_id="random_id")

    def passed_quarters(self) -> set[str]:
        """Return the quarters that were cleaned under this codebook and passed every check."""
        rows = self.connection.execute(
            f"SELECT delivered_quarter FROM {PASSED} WHERE codebook_hash = ?", [codebook_hash(self.codebook)]
        )
        return {quarter for (quarter,) in rows.fetchall()}

    def closed_quarters(self) -> set[str]:
        """Return the quarters that passed every check since they were landed, under any codebook."""
        rows = self.connection.execute(f"SELECT delivered_quarter FROM {PASSED}")
        return {quarter for (quarter,) in rows.fetchall()}

    def released_quarters(self) -> set[str]:
        """Return the quarters of which a release was made."""
        return {quarter for (quarter,) in self.connection.execute(
            "SELECT DISTINCT as_of FROM catalog.releases"
        ).fetchall()}  # fmt: skip

    def pass_quarter(self, quarter: str) -> None:
        """Note that a quarter passed every check: later quarters may build on it."""
        with _new_files_for_their_owner_alone():
            self.connection.execute(
                f"INSERT OR REPLACE INTO {PASSED} VALUES (?, ?)", [quarter, codebook_hash(self.codebook)]
            )

    def reopen_quarter(self, quarter: str) -> None:
        """Note that a quarter is landed anew: it has to be cleaned and checked before it counts."""
        with _new_files_for_their_owner_alone():
            self.connection.execute(f"DELETE FROM {PASSED} WHERE delivered_quarter = ?", [quarter])

    def _typed(self, table: Table, query: str, **values: str) -> pl.DataFrame:
        frame: pl.DataFrame = self.connection.sql(query, params=values or None).pl()
        return frame.select(pl.col(name).cast(dtype) for name, dtype in schema(self.codebook, table).items())

    def _replace(self, full_name: str, rows: pl.DataFrame, where: Mapping[str, str]) -> None:
        table = qualified_name(self.codebook.table(full_name))
        condition = " AND ".join(f"{quote_name(name)} = ?" for name in where)
        self.connection.execute(f"DELETE FROM {table} WHERE {condition}", list(where.values()))
        self._insert(full_name, rows)

    def _insert(self, full_name: str, rows: pl.DataFrame) -> None:
        if rows.height:
            table = qualified_name(self.codebook.table(full_name))
            self.connection.register("rows_to_write", rows.to_arrow())
            self.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_to_write")
            self.connection.unregister("rows_to_write")

    def _save_crosswalk(self, crosswalk: pl.DataFrame) -> None:
        table = self.codebook.table(CROSSWALK)
        rows = enforce(self.codebook, table, crosswalk)
        key = ["variable", "population", "identifier"]
        if self.crosswalk().join(rows, on=[*key, "random_id"], how="anti").height:
            raise ValueError("the crosswalk would lose or change an id that was drawn before")
        self.connection.execute(f"DELETE FROM {CROSSWALK}")
        self._insert(CROSSWALK, rows)

    def _ensure(self) -> None:
        """Create what is missing; where the codebook changed, make its tables anew."""
        for name in SCHEMAS:
            self.connection.execute(create_schema_sql(name))
        self.connection.execute("CREATE TABLE IF NOT EXISTS landing.made_with (codebook_hash VARCHAR)")
        self.connection.execute(
            f"CREATE TABLE IF NOT EXISTS {PASSED} "
            "(delivered_quarter VARCHAR PRIMARY KEY, codebook_hash VARCHAR NOT NULL)"
        )
        found = self.connection.execute("SELECT codebook_hash FROM landing.made_with").fetchall()
        now = codebook_hash(self.codebook)
        with self.transaction():
            if found != [(now,)]:
                self._rebuild(now)
            for name in self.codebook.reference_rows:
                self.connection.execute(f"DELETE FROM {qualified_name(self.codebook.table(name))}")
                self._insert(name, reference_frame(self.codebook, name))

    def _rebuild(self, made_with: str) -> None:
        carried = {name: self._rows_of(name) for name in KEPT_ACROSS_CODEBOOKS}
        present = self.connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_catalog = 'site' AND table_schema <> 'landing'"
        ).fetchall()
        for table_schema, table_name in present:
            self.connection.execute(f"DROP TABLE {quote_name(table_schema)}.{quote_name(table_name)}")
        for table in self.codebook.tables.values():
            self.connection.execute(create_table_sql(self.codebook, table))
            for statement in comment_sql(self.codebook, table):
                self.connection.execute(statement)
        for name, rows in carried.items():
            if rows is not None:
                declared = self.codebook.table(name).variables
                self._insert(name, rows.select([column for column in rows.columns if column in declared]))
        self.connection.execute("DELETE FROM landing.made_with")
        self.connection.execute("INSERT INTO landing.made_with VALUES (?)", [made_with])

    def _rows_of(self, full_name: str) -> pl.DataFrame | None:
        table_schema, table_name = full_name.split(".")
        there = self.connection.execute(
            "SELECT 1 FROM information_schema.tables "
            "WHERE table_catalog = 'site' AND table_schema = ? AND table_name = ?",
            [table_schema, table_name],
        ).fetchall()
        return self.connection.sql(f"SELECT * FROM {full_name}").pl() if there else None


@contextmanager
def _new_files_for_their_owner_alone() -> Iterator[None]:
    """Let files made meanwhile, such as the log beside the database, be the owner's from their first byte."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _for_its_owner_alone(path: Path) -> None:
    """Take all others' rights from the database and from the log beside it that holds its latest rows."""
    for file in (path, path.with_name(f"{path.name}.wal")):
        if file.exists():
            file.chmod(0o600)


@contextmanager
def _attached(path: Path, options: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        try:
            # By its file name the catalog would be `restricted`, as one of its schemas is.
            connection.execute(f"ATTACH {quote_text(str(path))} AS site {options}")
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise WarehouseBusyError(
                    f"another refresh is running, or a program has {path.name} open; "
                    f"wait until it ends or close it, then try again"
                ) from None
            raise
        connection.execute("USE site")
        yield connection
