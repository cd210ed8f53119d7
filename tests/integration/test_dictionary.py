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


def test_every_term_curve_and_diagnostic_of_the_release_is_in_its_dictionary_with_its_scale(demo: Path):
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
        curves = UNKNOWN.format(name="curve", scale="null", table="curves", kind="curve", same_scale="")
        assert connection.execute(estimates).fetchall() == []
        assert connection.execute(curves).fetchall() == []
        assert connection.execute(diagnostics).fetchall() == []
        (rows,) = connection.execute("SELECT count(*) FROM catalog.terms").fetchone()
    assert rows == len(load_codebook().dictionary)


BESIDE = """
SELECT DISTINCT p.analysis, e.scale, p.scale
FROM results.estimates AS e JOIN reference.published_estimates AS p USING (analysis, outcome, term)
"""


def test_a_published_figure_that_joins_an_estimate_has_its_scale_or_says_in_its_own_what_else_it_measures(
    demo: Path,
):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        joined = connection.execute(BESIDE).fetchall()
    assert {analysis for analysis, _, _ in joined} >= {"H1", "J1", "V1", "W1", "W2", "W3"}
    other = [row for row in joined if row[1] != row[2]]
    assert [(analysis, theirs) for analysis, _, theirs in other] == [("H1", "hazard ratio of drinking")]


HEIGHTS = """
SELECT t.analysis, t.term, t.scale, t.positive, t.limits, count(c.ci_low) > 0 AS limited,
    list(c.estimate ORDER BY c.x), list(c.n_events ORDER BY c.x)
FROM results.curves AS c
JOIN catalog.terms AS t ON t.analysis = c.analysis AND t.term = c.curve AND t.term_kind = 'curve'
WHERE c.estimate IS NOT NULL
GROUP BY t.analysis, t.term, t.scale, t.positive, t.limits, c.outcome, c.population
"""


def test_a_curve_rises_or_falls_and_has_limits_as_its_dictionary_says(demo: Path):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        curves = connection.execute(HEIGHTS).fetchall()
    met = set()
    for analysis, curve, scale, positive, limits, limited, heights, events in curves:
        where = (analysis, curve)
        assert limited != limits.startswith("None"), where
        if scale == "points":
            assert all(1.0 < height <= 5.0 for height in heights), where
            met.add(scale)
            continue
        falls = "starts at 1 and falls" in positive
        assert falls != ("starts at 0" in positive and "rises" in positive), where
        assert heights == sorted(heights, reverse=falls), where
        assert events[0] != 0 or heights[0] == float(falls), where
        assert all(0.0 <= height <= 1.0 for height in heights), where
        met.add(falls)
    assert met == {"points", True, False}


def test_the_working_database_has_no_curve_and_no_diagnostic_but_internal_ones_that_the_dictionary_lacks(
    demo: Path,
):
    codebook = load_codebook()
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, codebook) as warehouse:
        found = without_internal(warehouse.read_where("results.diagnostics"))
        curves = warehouse.read_where("results.curves").select("analysis", "curve").unique()
    assert set(curves.rows()) == {(t.analysis, t.name) for t in codebook.dictionary if t.kind == "curve"}
    known = pl.DataFrame(
        [(t.analysis, t.name) for t in codebook.dictionary if t.kind == "diagnostic"],
        schema=["analysis", "diagnostic"], orient="row",
    )  # fmt: skip
    strange = found.join(known, on=["analysis", "diagnostic"], how="anti")
    assert strange.select("analysis", "diagnostic").unique().rows() == []
    assert found.height > 200
