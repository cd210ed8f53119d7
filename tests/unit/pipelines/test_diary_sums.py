"""The stored sums of the diary: each quarter read once, evenings delivered again counted once."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import used_rows
from pipelines.codebook import Codebook
from pipelines.diary_sums import (
    DAY,
    DAYS,
    IDENTITY_AND_MEANING,
    MEETINGS_AND_CENTERS,
    PERSON,
    VARIABLE_SETS,
    DiarySumsError,
    evenings_of,
    merged,
    rows_read,
    sum_quarter,
    sums_of,
)
from pipelines.warehouse import DIARY_SUMS, Warehouse

SOURCES = "catalog.sources"
ROW_GROUP = 122_880  # rows of DuckDB's storage that are skipped together
Evening = tuple[str, int, float | None, float | None]


def deliver(warehouse: Warehouse, rows, no_crosswalk, quarter: str, *evenings: Evening) -> None:
    """Write what a quarter delivered; an evening without answers is one that nobody answered.

    Every second evening has a meeting, every third a visit, every fifth no answer to the question on visits.
    """
    said = [
        {
            "participant_id": person, "day": day, "recovery_identity": identity, "meaningfulness": meaning,
            "attended_meeting": day % 2 == 0, "visited_center": None if day % 5 == 0 else day % 3 == 0,
            "response_status": "no_response" if identity is None and meaning is None else "answered",
        }
        for person, day, identity, meaning in evenings
    ]  # fmt: skip
    file = {
        "source": "site", "file": f"{quarter}.csv", "title": "t", "population": "p", "producer": "x",
        "licence": "l", "synthetic": True, "file_sha256": "0", "rows_in": 1, "rows_kept": 1,
        "rows_quarantined": 0,
    }  # fmt: skip
    frames = {DAYS: rows(DAYS, *said, quarter=quarter), SOURCES: rows(SOURCES, file, quarter=quarter)}
    warehouse.replace_quarter(quarter, frames, crosswalk=no_crosswalk)


def from_all_rows(warehouse: Warehouse, as_of: str, columns: tuple[str, ...]) -> CrossProducts:
    days, variables = warehouse.read(DAYS, as_of), [name for name in columns if "*" not in name]
    return CrossProducts.from_rows(used_rows(days, person=PERSON, day=DAY, columns=variables), columns)


def stored(warehouse: Warehouse, as_of: str) -> pl.DataFrame:
    return warehouse.read_side_by_side(DIARY_SUMS, as_of)


def assert_sums_are_those_of_all_rows(warehouse: Warehouse, as_of: str) -> None:
    for columns in VARIABLE_SETS:
        assert_same(merged(stored(warehouse, as_of), columns), from_all_rows(warehouse, as_of, columns))


def assert_same(found: CrossProducts, expected: CrossProducts) -> None:
    assert found.people.to_list() == expected.people.to_list()
    for name in ("n_rows", "weight", "log_weight", "mean", "comoment"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, atol=1e-9)


FIRST = [("P1", 1, 50.0, 60.0), ("P1", 2, 55.0, 75.0), ("P1", 3, None, 80.0), ("P2", 1, None, None)]
SECOND = [("P3", 1, 20.0, 30.0), ("P3", 2, 40.0, 35.0), ("P1", 4, 70.0, 90.0)]


def test_the_sums_up_to_a_quarter_are_those_of_its_rows_at_once(warehouse, rows, no_crosswalk):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    sum_quarter(warehouse, "2026Q2")
    sum_quarter(warehouse, "2026Q3")
    for quarter in ("2026Q2", "2026Q3"):
        assert_sums_are_those_of_all_rows(warehouse, quarter)


def test_a_quarter_reads_its_own_evenings_and_no_other(warehouse, rows, no_crosswalk):
    """The earlier quarter is spoilt once it is summed: had it been read again, the sums would show it."""
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    expected = [from_all_rows(warehouse, "2026Q3", columns) for columns in VARIABLE_SETS]
    assert sum_quarter(warehouse, "2026Q2").rows == len(FIRST)
    warehouse.connection.execute(
        f"UPDATE {DAYS} SET recovery_identity = 99, meaningfulness = 1, "
        "attended_meeting = NOT attended_meeting, visited_center = NOT visited_center "
        "WHERE delivered_quarter = '2026Q2'"
    )
    reading = sum_quarter(warehouse, "2026Q3")
    assert (reading.rows, reading.rows_again, reading.also) == (len(SECOND), 0, ())
    for columns, sums in zip(VARIABLE_SETS, expected, strict=True):
        assert_same(merged(stored(warehouse, "2026Q3"), columns), sums)


def test_the_database_scans_no_row_of_an_earlier_quarter_to_find_a_new_quarters_evenings(warehouse):
    """By DuckDB's own count; its row groups hold one quarter each here, as they nearly do at scale."""
    people, evenings = ROW_GROUP // 30, 30
    for number, quarter in enumerate(("2026Q1", "2026Q2", "2026Q3")):
        warehouse.connection.execute(
            f"INSERT INTO {DAYS} BY NAME SELECT 'P' || (p + {number * people}) AS participant_id, d AS day, "
            "'answered' AS response_status, p % 101 AS recovery_identity, d AS meaningfulness, "
            f"'site' AS source, '{quarter}' AS delivered_quarter "
            f"FROM range({people}) AS a(p), range(1, {evenings} + 1) AS b(d)"
        )
    warehouse.connection.execute("PRAGMA enable_profiling = 'no_output'")
    found = evenings_of(warehouse, "2026Q3")
    said = json.loads(warehouse.connection.get_profiling_information(format="json"))
    assert found.height == people * evenings
    assert said["query"]["total_rows_scanned"] == people * evenings


def test_evenings_delivered_again_count_once_and_only_their_people_are_read_again(
    warehouse, rows, no_crosswalk
):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", ("P1", 2, 5.0, 9.0), *SECOND)
    sum_quarter(warehouse, "2026Q2")
    reading = sum_quarter(warehouse, "2026Q3")
    assert (reading.rows, reading.rows_again, reading.people_again) == (len(SECOND) + 1, 3, 1)
    assert_sums_are_those_of_all_rows(warehouse, "2026Q3")
    replacing = stored(warehouse, "2026Q3").filter("replaces_earlier")
    assert replacing.select(PERSON, "rows_read").rows() == [("P1", 5)] * len(VARIABLE_SETS)


def test_a_set_of_variables_that_is_new_is_summed_for_the_quarters_that_had_sums_without_it(
    warehouse, rows, no_crosswalk
):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    sum_quarter(warehouse, "2026Q2")
    warehouse.connection.execute(
        f"DELETE FROM {DIARY_SUMS} WHERE variable_set = ?", [", ".join(MEETINGS_AND_CENTERS)]
    )
    reading = sum_quarter(warehouse, "2026Q3")
    assert (reading.also, reading.rows) == (("2026Q2",), len(FIRST) + len(SECOND))
    assert_sums_are_those_of_all_rows(warehouse, "2026Q3")


def test_an_answer_withdrawn_by_a_later_delivery_leaves_the_sums(warehouse, rows, no_crosswalk):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", ("P1", 1, 50.0, 60.0), ("P2", 1, 10.0, 20.0))
    deliver(warehouse, rows, no_crosswalk, "2026Q3", ("P1", 1, None, None))
    sum_quarter(warehouse, "2026Q2")
    sum_quarter(warehouse, "2026Q3")
    assert merged(stored(warehouse, "2026Q3"), IDENTITY_AND_MEANING).people.to_list() == ["P2"]


def test_a_quarter_written_anew_drops_its_sums_and_those_of_later_ones_which_are_then_made_again(
    warehouse, rows, no_crosswalk
):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    sum_quarter(warehouse, "2026Q3")
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST, ("P4", 1, 33.0, 44.0))
    assert stored(warehouse, "2026Q3").is_empty()
    reading = sum_quarter(warehouse, "2026Q3")
    assert (reading.also, reading.rows) == (("2026Q2",), len(FIRST) + 1 + len(SECOND))
    assert_sums_are_those_of_all_rows(warehouse, "2026Q3")


def test_summing_a_quarter_twice_changes_nothing(warehouse, rows, no_crosswalk):
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    sum_quarter(warehouse, "2026Q3")
    before = stored(warehouse, "2026Q3")
    sum_quarter(warehouse, "2026Q3")
    assert_frame_equal(stored(warehouse, "2026Q3"), before)


def test_a_quarter_without_a_diary_has_no_sums_and_hinders_no_later_one(warehouse, rows, no_crosswalk):
    deliver(warehouse, rows, no_crosswalk, "2026Q2")
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    assert sum_quarter(warehouse, "2026Q2").rows == 0
    reading = sum_quarter(warehouse, "2026Q3")
    assert (reading.rows, reading.also) == (len(SECOND), ())


def test_sums_that_are_not_those_of_the_diary_are_refused_without_naming_anybody(
    warehouse, rows, no_crosswalk
):
    deliver(warehouse, rows, no_crosswalk, "2026Q3", *SECOND)
    sum_quarter(warehouse, "2026Q3")
    days = warehouse.read(DAYS, "2026Q3")
    assert sums_of(days, stored(warehouse, "2026Q3"), IDENTITY_AND_MEANING).n_people == 2
    with pytest.raises(DiarySumsError, match="hold 3 evenings and the diary 2: materialize") as refused:
        sums_of(days.filter(pl.col(DAY) != 4), stored(warehouse, "2026Q3"), IDENTITY_AND_MEANING)
    assert "P1" not in str(refused.value)


def test_rows_read_are_told_with_the_people_they_are_of(warehouse, rows, no_crosswalk):
    deliver(warehouse, rows, no_crosswalk, "2026Q2", *FIRST)
    deliver(warehouse, rows, no_crosswalk, "2026Q3", ("P1", 2, 5.0, 9.0), *SECOND)
    for quarter in ("2026Q2", "2026Q3"):
        sum_quarter(warehouse, quarter)
    told = rows_read(stored(warehouse, "2026Q3"), "2026Q3", outcome="meaningfulness", population="p")
    assert {fact.diagnostic: (fact.value, fact.n_people) for fact in told} == {
        "diary_rows_read": (7.0, 2),
        "diary_rows_read_again": (5.0, 1),
        "diary_rows_not_read": (4.0, 2),
    }


def test_lists_of_numbers_are_kept_from_the_release(codebook: Codebook):
    lists = {v.name for v in codebook.variables.values() if v.type == "numbers"}
    assert lists == {"mean", "comoment"}
    for table in codebook.tables.values():
        assert not (table.released and lists & set(table.variables)), table.full_name


PEOPLE = ("P1", "P2", "P3")
ANSWER = st.one_of(st.none(), st.integers(0, 100).map(float))
DELIVERY = st.dictionaries(
    st.sampled_from(list(product(PEOPLE, range(1, 5)))), st.tuples(ANSWER, ANSWER), max_size=8
)


@settings(max_examples=8, deadline=None)
@given(deliveries=st.lists(DELIVERY, min_size=1, max_size=4))
def test_whatever_is_delivered_again_the_merged_sums_are_those_of_the_latest_rows(
    tmp_path_factory, codebook, rows, no_crosswalk, deliveries
):
    path = tmp_path_factory.mktemp("sums") / "restricted.duckdb"
    quarters = ["2025Q4", "2026Q1", "2026Q2", "2026Q3"][: len(deliveries)]
    with Warehouse.open(path, codebook) as warehouse:
        for quarter, delivery in zip(quarters, deliveries, strict=True):
            evenings = [(person, day, *answers) for (person, day), answers in delivery.items()]
            deliver(warehouse, rows, no_crosswalk, quarter, *evenings)
            sum_quarter(warehouse, quarter)
        for quarter in quarters:
            days = warehouse.read(DAYS, quarter)
            for columns in VARIABLE_SETS:
                found = sums_of(days, stored(warehouse, quarter), columns)
                assert_same(found, from_all_rows(warehouse, quarter, columns))
