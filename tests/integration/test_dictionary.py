"""Every number of the release is in its dictionary, and every one that may come into a release."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from models.disclosure.internal_diagnostics import without_internal
from pipelines.codebook import load_codebook
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

UNKNOWN = """
SELECT DISTINCT analysis, {name}, {scale} FROM results.{table} AS r
WHERE NOT EXISTS (
    FROM catalog.terms AS t
    WHERE t.analysis = r.analysis AND t.term = r.{name} AND t.term_kind = '{kind}' {same_scale}
)
"""


def test_every_term_and_diagnostic_of_the_release_is_in_its_dictionary_with_its_scale(demo: Path):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        estimates = UNKNOWN.format(
            name="term",
            scale="scale",
            table="estimates",
            kind="estimate",
            same_scale="AND list_contains(string_split(t.scale, ' or '), r.scale)",
        )
        diagnostics = UNKNOWN.format(
            name="diagnostic", scale="null", table="diagnostics", kind="diagnostic", same_scale=""
        )
        assert connection.execute(estimates).fetchall() == []
        assert connection.execute(diagnostics).fetchall() == []
        (rows,) = connection.execute("SELECT count(*) FROM catalog.terms").fetchone()
    assert rows == len(load_codebook().dictionary)


def test_the_working_database_has_no_diagnostic_beyond_the_internal_ones_that_the_dictionary_lacks(
    demo: Path,
):
    codebook = load_codebook()
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, codebook) as warehouse:
        found = without_internal(warehouse.read_where("results.diagnostics"))
    known = pl.DataFrame(
        [(t.analysis, t.name) for t in codebook.dictionary if t.kind == "diagnostic"],
        schema=["analysis", "diagnostic"], orient="row",
    )  # fmt: skip
    strange = found.join(known, on=["analysis", "diagnostic"], how="anti")
    assert strange.select("analysis", "diagnostic").unique().rows() == []
    assert found.height > 200
