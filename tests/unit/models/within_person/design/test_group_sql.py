"""The query that sums by group, run by DuckDB."""

import duckdb
import numpy as np
import polars as pl
import pytest

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.group_sql import from_sums, sum_by_group_sql
from models.within_person.design.rows import used_rows

COLUMNS = ("x", "m", "y", "m*x", "x*x")


def diary(offset: float = 0.0) -> pl.DataFrame:
    generator = np.random.default_rng(8)
    person = generator.integers(0, 40, 600)
    return pl.DataFrame(
        {
            "who": pl.Series(person).cast(pl.String),
            "day": np.arange(600),
            "x": np.round(generator.normal(size=600) * 256) / 256 + person + offset,
            "m": generator.integers(0, 2, 600).astype(bool),
            "y": np.round(generator.normal(size=600) * 256) / 256 + offset,
            "w": generator.integers(1, 5, 600) / 2,
        }
    )


def summed(frame: pl.DataFrame, weights: str | None = None) -> CrossProducts:
    with duckdb.connect() as connection:
        connection.register("diary_days", frame)
        answer = connection.sql(sum_by_group_sql("diary_days", "who", COLUMNS, weights)).pl()
    return from_sums(answer, COLUMNS, "who")


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("offset", [0.0, 2026.25, 1e6, 1e9])
def test_the_query_sums_what_the_pass_over_the_rows_sums(weights, offset):
    frame = diary(offset)
    rows = used_rows(frame, person="who", day="day", columns=("x", "m", "y"), weights=weights)
    expected = CrossProducts.from_rows(rows, COLUMNS, "numpy")
    found = summed(frame, weights)
    assert found.people.to_list() == expected.people.to_list()
    assert found.n_rows.tolist() == expected.n_rows.tolist()
    tolerance = max(1e-11, 200 * 2.0**-52 * offset)
    for name in ("weight", "log_weight", "mean", "comoment"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=tolerance, abs=tolerance)


def test_the_query_leaves_out_the_rows_that_cannot_be_used():
    frame = diary()
    faulty = frame.head(6).with_columns(
        who=pl.Series([None, "1", "1", "1", "1", "1"]),
        x=pl.Series([1.0, None, float("nan"), float("inf"), -float("inf"), 1.0]),
        w=pl.Series([1.0, 1.0, 1.0, 1.0, 1.0, -1.0]),
    )
    assert summed(pl.concat([frame, faulty]), "w").n_rows.tolist() == summed(frame, "w").n_rows.tolist()


def test_names_are_quoted_as_they_stand():
    frame = diary().rename({"x": 'odd "name"'})
    columns = ('odd "name"', "y")
    with duckdb.connect() as connection:
        connection.register("diary_days", frame)
        answer = connection.sql(sum_by_group_sql("diary_days", "who", columns)).pl()
    assert from_sums(answer, columns, "who").n_rows.sum() == 600
