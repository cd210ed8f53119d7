import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.rare_values import withhold_values


def people(**counts: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of people with a value each, named by the value, all of one population."""
    values = [value if value != "unknown" else None for value, count in counts.items() for _ in range(count)]
    ids = [f"P{number}" for number in range(len(values))]
    rows = pl.DataFrame({"participant_id": ids, "sex": values}, schema_overrides={"sex": pl.String})
    return rows, pl.DataFrame({"participant_id": ids, "population": "a", "lot": "drawn"})


def shown(**counts: int) -> dict[str | None, int]:
    """How many people bear each value after the rule."""
    rows, populations = people(**counts)
    return dict(
        withhold_values(rows, populations, variables=["sex"], maximum=10)["sex"].value_counts().rows()
    )


@pytest.mark.parametrize("few", [1, 8, 10])
def test_the_number_of_nulls_is_the_same_however_many_hold_the_rare_value(few: int):
    assert shown(few=few, many=100, some=40) == {None: 22, "many": 78 + few, "some": 40}


def test_a_value_that_eleven_hold_is_kept_and_then_nobody_is_hidden():
    assert shown(few=11, many=30) == {"few": 11, "many": 30}


def test_two_rare_values_are_hidden_together_and_filled_up_once():
    assert shown(few=8, fewer=3, many=100) == {None: 22, "many": 89}
    assert shown(few=10, fewer=9, fewest=8, many=100) == {None: 27, "many": 100}


def test_values_missing_before_do_not_count_as_hidden():
    assert shown(few=8, unknown=30, many=100) == {None: 52, "many": 86}


def test_where_too_few_hold_the_common_value_nobody_keeps_the_variable():
    assert shown(few=1, many=31) == {None: 32}
    assert shown(few=1, many=32) == {None: 22, "many": 11}


def test_who_is_hidden_besides_follows_the_lot_and_not_the_id_and_stays_the_same():
    rows, populations = people(few=8, many=200)
    hidden = []
    for lot in ("one", "one", "another"):
        result = withhold_values(
            rows.reverse(), populations.with_columns(lot=pl.lit(lot)), variables=["sex"], maximum=10
        )
        hidden.append(set(result.filter(pl.col("sex").is_null())["participant_id"]))
    assert hidden[0] == hidden[1] != hidden[2]
    few = set(rows.head(8)["participant_id"])
    by_id = set(sorted(set(rows["participant_id"]) - few)[:14])
    assert few < hidden[0] and hidden[0] - few != by_id


def test_each_variable_has_an_order_of_its_own():
    rows, populations = people(few=8, many=400)
    wide = rows.with_columns(age=pl.col("sex"))
    result = withhold_values(wide, populations, variables=["sex", "age"], maximum=10)
    fillers = [
        set(result.tail(400).filter(pl.col(name).is_null())["participant_id"]) for name in ("sex", "age")
    ]
    assert [len(found) for found in fillers] == [14, 14]
    assert fillers[0] != fillers[1]


def test_people_are_counted_and_not_rows_and_lose_the_variable_on_every_row():
    rows, populations = people(one=1, many=60)
    repeated = pl.concat([rows, *[rows.head(1)] * 40, rows.head(1).with_columns(sex=pl.lit("many"))])
    result = withhold_values(repeated, populations, variables=["sex"], maximum=10)
    assert result.filter(pl.col("participant_id") == "P0")["sex"].null_count() == 42
    assert result.filter(pl.col("sex").is_null())["participant_id"].n_unique() == 22


def test_a_value_that_becomes_rare_because_its_holders_are_hidden_is_hidden_too():
    rows, populations = people(one=1, many=80, other=11)
    both = rows.head(1).with_columns(sex=pl.lit("other"))
    also = rows.tail(1).with_columns(participant_id=pl.lit("P0"))
    assert both.equals(also)
    result = withhold_values(
        pl.concat([rows.filter(pl.col("participant_id") != "P91"), both]),
        populations,
        variables=["sex"],
        maximum=10,
    )
    assert set(result["sex"].drop_nulls()) == {"many"}


def test_people_of_two_populations_are_not_counted_together():
    rows, populations = people(same=16)
    apart = populations.with_columns(
        population=pl.when(pl.int_range(pl.len()) < 8).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    result = withhold_values(rows, apart, variables=["sex"], maximum=10)
    assert result.get_column("sex").null_count() == 16


def test_rows_keep_their_order_and_other_columns():
    rows, populations = people(few=5, many=100)
    wide = rows.with_columns(day=pl.int_range(105)).sample(fraction=1, shuffle=True, seed=3)
    result = withhold_values(wide, populations, variables=["sex"], maximum=10)
    assert result.columns == wide.columns
    assert result.drop("sex").equals(wide.drop("sex"))


def test_a_row_of_somebody_without_a_population_stops_the_release():
    rows, populations = people(many=20)
    with pytest.raises(ValueError, match="1 rows speak of a participant without a population"):
        withhold_values(rows, populations.head(19), variables=["sex"], maximum=10)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), min_size=1, max_size=90))
def test_no_value_is_left_to_one_to_ten_people_and_never_fewer_than_twenty_two_are_hidden(
    pairs: list[tuple[int, int]],
):
    rows = pl.DataFrame(
        {"participant_id": [f"P{who}" for who, _ in pairs], "sex": [str(value) for _, value in pairs]}
    )
    everybody = rows["participant_id"].unique()
    populations = pl.DataFrame({"participant_id": everybody, "population": "a", "lot": "drawn"})
    result = withhold_values(rows, populations, variables=["sex"], maximum=10)
    holders = result.drop_nulls("sex").group_by("sex").agg(pl.col("participant_id").n_unique())
    assert not [count for _, count in holders.rows() if 1 <= count <= 10]
    hidden = result.filter(pl.col("sex").is_null())["participant_id"].n_unique()
    assert hidden in (0, everybody.len()) or hidden >= 22
