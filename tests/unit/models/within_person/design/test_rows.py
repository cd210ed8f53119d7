"""What of a diary is used, and what is said of the rest."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.within_person.design import rows as rows_module
from models.within_person.design.rows import Dropped, edges_of_runs, keep_people, used_rows

DIARY = pl.DataFrame(
    {
        "who": ["b", "a", "a", "b", "c", "a", None],
        "day": [2, 1, 0, 1, 0, 2, 5],
        "x": [1.0, 2.0, None, float("nan"), float("inf"), 3.0, 4.0],
        "y": [1, 2, None, 4, 5, 6, 7],
        "met": [True, False, True, None, True, True, True],
    }
)


def used(frame: pl.DataFrame = DIARY, columns: tuple[str, ...] = ("x", "y", "met"), **more: str):
    return used_rows(frame, person="who", day="day", columns=columns, **more)


def test_rows_are_sorted_by_person_and_day_and_people_numbered_in_order():
    rows = used()
    assert rows.people.to_list() == ["a", "b"]
    assert rows.person.tolist() == [0, 0, 1]
    assert rows.day.tolist() == [1.0, 2.0, 2.0]
    assert rows.columns["x"].tolist() == [2.0, 3.0, 1.0]
    assert (rows.n_rows, rows.n_people) == (3, 2)


def test_booleans_become_zero_and_one_and_integers_numbers():
    rows = used()
    assert rows.columns["met"].tolist() == [0.0, 1.0, 1.0]
    assert rows.columns["y"].dtype == np.float64


def test_each_dropped_row_counts_once_under_its_first_fault():
    assert used().dropped == (
        Dropped("who is null", 1, 0),
        Dropped("x is null", 1, 1),
        Dropped("x is not a number", 1, 1),
        Dropped("x is infinite", 1, 1),
    )
    by_outcome = used(columns=("y", "met"))
    assert by_outcome.dropped == (
        Dropped("who is null", 1, 0),
        Dropped("y is null", 1, 1),
        Dropped("met is null", 1, 1),
    )


def test_rows_used_and_rows_dropped_add_up_to_the_rows_given():
    rows = used()
    assert rows.n_rows + sum(fault.n_rows for fault in rows.dropped) == DIARY.height


def test_expected_rows_count_the_dropped_and_people_without_a_row_are_said():
    rows = used()
    assert rows.expected.tolist() == [3, 2]
    assert rows.n_people_without == 1


def test_a_row_without_a_day_is_dropped():
    frame = pl.DataFrame({"who": [1, 1, 1], "day": [0.0, None, None], "x": [1.0, 2.0, 3.0]})
    rows = used(frame, ("x",))
    assert rows.n_rows == 1
    assert rows.dropped == (Dropped("day is null", 2, 1),)


@pytest.mark.parametrize("weight", [0.0, -1.0, None, float("nan"), float("inf")])
def test_a_row_whose_weight_is_no_positive_number_is_dropped_with_that_reason(weight):
    frame = pl.DataFrame({"who": [1, 1], "day": [0, 1], "x": [1.0, 2.0], "w": [2.0, weight]})
    rows = used(frame, ("x",), weights="w")
    assert rows.weights.tolist() == [2.0]
    assert [(fault.n_rows, fault.n_people) for fault in rows.dropped] == [(1, 1)]
    assert rows.dropped[0].reason.startswith("w is ")


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_a_day_given_twice_is_refused_with_counts_and_without_an_id(order):
    frame = pl.DataFrame({"who": ["secret", "secret", "other"], "day": [4, 4, 4], "x": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"1 rows repeat a day of the same person \(1 persons\)") as refusal:
        used(frame[order], ("x",))
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_runs_end_where_the_number_changes_however_few_are_looked_at_at_a_time(monkeypatch, block):
    monkeypatch.setattr(rows_module, "BLOCK", block)
    assert edges_of_runs(np.array([4, 4, 7, 7, 7, 2])).tolist() == [0, 2, 5, 6]
    assert edges_of_runs(np.array([4])).tolist() == [0, 1]


def test_numbers_so_large_that_their_sum_is_infinite_are_used():
    frame = pl.DataFrame({"who": [1, 1, 2, 2], "day": [0, 1, 0, 1], "x": [1.5e308, 1.5e308, -1.0, 2.0]})
    rows = used(frame, ("x",))
    assert rows.columns["x"].tolist() == [1.5e308, 1.5e308, -1.0, 2.0]
    assert rows.dropped == ()


def test_infinities_of_both_signs_are_found():
    frame = pl.DataFrame({"who": [1, 1, 2], "day": [0, 1, 0], "x": [np.inf, -np.inf, 2.0]})
    rows = used(frame, ("x",))
    assert rows.columns["x"].tolist() == [2.0]
    assert rows.dropped == (Dropped("x is infinite", 2, 1),)


def test_rows_sorted_by_person_but_not_by_day_are_sorted():
    frame = pl.DataFrame({"who": [1, 1, 1, 2, 2], "day": [0, 2, 1, 0, 1], "x": [1.0, 3.0, 2.0, 4.0, 5.0]})
    rows = used(frame, ("x",))
    assert rows.columns["x"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert rows.day.tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]
    assert rows.expected.tolist() == [3, 2]


@pytest.mark.parametrize(
    "ids",
    [
        pl.Series([30, 10, 20, 10], dtype=pl.Int64),
        pl.Series([30, 10, 20, 10], dtype=pl.UInt32),
        pl.Series(["30", "10", "20", "10"]),
        pl.Series(["30", "10", "20", "10"], dtype=pl.Categorical),
        pl.Series(["30", "10", "20", "10"], dtype=pl.Enum(["20", "30", "10"])),
    ],
)
@pytest.mark.parametrize("presorted", [True, False])
def test_every_kind_of_id_gives_the_same_rows(ids, presorted):
    frame = pl.DataFrame({"who": ids, "day": [1, 1, 1, 2], "x": [3.0, 1.0, 2.0, 1.5]})
    if presorted:
        frame = frame[[1, 3, 2, 0]]
    rows = used(frame, ("x",))
    assert rows.people.cast(pl.String).to_list() == ["10", "20", "30"]
    assert rows.person.tolist() == [0, 0, 1, 2]
    assert rows.columns["x"].tolist() == [1.0, 1.5, 2.0, 3.0]


def test_an_id_that_is_neither_integer_nor_text_is_refused():
    with pytest.raises(TypeError, match="who: a person's id must be integer or text"):
        used(pl.DataFrame({"who": [1.5], "day": [1], "x": [1.0]}), ("x",))


@pytest.mark.parametrize("column", ["x", "day"])
def test_a_column_of_text_is_refused_by_name(column):
    frame = pl.DataFrame({"who": [1], "day": [1], "x": [1.0]}).with_columns(pl.lit("low").alias(column))
    with pytest.raises(TypeError, match=f"{column}: numbers or booleans are needed"):
        used(frame, ("x",))


def test_dates_and_times_become_days():
    dates = pl.DataFrame({"who": [1, 1], "day": [date(1970, 1, 2), date(1970, 1, 5)], "x": [1.0, 2.0]})
    assert used(dates, ("x",)).day.tolist() == [1.0, 4.0]
    times = dates.with_columns(
        day=pl.col("day").cast(pl.Datetime("us")) + pl.Series([timedelta(hours=12), timedelta()])
    )
    assert used(times, ("x",)).day.tolist() == [1.5, 4.0]


def test_no_row_at_all_is_an_empty_answer():
    rows = used(DIARY.clear())
    assert (rows.n_rows, rows.n_people, rows.dropped, rows.n_people_without) == (0, 0, (), 0)
    faulty = used(DIARY.filter(pl.col("who") == "c"))
    assert (faulty.n_rows, faulty.n_people, faulty.n_people_without) == (0, 0, 1)


def test_keeping_some_people_numbers_them_anew():
    rows = keep_people(used(), np.array([False, True]))
    assert rows.people.to_list() == ["b"]
    assert rows.person.tolist() == [0]
    assert rows.columns["x"].tolist() == [1.0]
    assert rows.expected.tolist() == [2]
