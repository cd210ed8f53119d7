import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.evenings import STEPS, coarsen_shares, withhold_dropped
from models.disclosure.small_cells import WITHHELD, withhold_diagnostics

FACTS = {
    "analysis": pl.String, "outcome": pl.String, "diagnostic": pl.String, "population": pl.String,
    "as_of": pl.String, "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
    "detail": pl.String, "n_people": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip
FACT = {
    "analysis": "W1", "outcome": "meaningfulness", "diagnostic": "response_rate", "population": "p",
    "as_of": "2026Q3", "value": 0.893452, "detail": "evenings", "n_people": 12, "suppressed": False,
}  # fmt: skip


def facts(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([FACT | change for change in changes], schema=FACTS)


def rows_used(n_rows: int | None) -> pl.DataFrame:
    key = {name: FACT[name] for name in ("analysis", "outcome", "population", "as_of")}
    return pl.DataFrame([key | {"n_rows": n_rows}], schema_overrides={"n_rows": pl.Int64})


def rounded(value: float, n_rows: int | None, **change: object) -> dict[str, object]:
    return coarsen_shares(facts({"value": value, **change}), rows_used(n_rows), maximum=10).row(0, named=True)


@pytest.mark.parametrize(
    "name", ["response_rate", "share_at_ceiling", "share_at_floor", "share_of_days_with_craving"]
)
def test_every_share_of_evenings_is_rounded_and_says_so(name: str):
    row = rounded(0.893452, 1497, diagnostic=name)
    assert (row["value"], row["detail"]) == (0.89, "evenings (rounded to steps of 0.01)")


@pytest.mark.parametrize("name", ["icc", "explained_within", "follow_up", "days_dropped_refused"])
def test_what_is_no_share_of_evenings_keeps_its_digits(name: str):
    assert rounded(0.893452, 1497, diagnostic=name)["value"] == 0.893452


@pytest.mark.parametrize(
    ("n_rows", "value"),
    [(1497, 0.89), (1200, 0.89), (1199, 0.9), (600, 0.9), (240, 0.9), (120, 0.9), (119, None), (None, None)],
)
def test_the_fewer_evenings_the_wider_the_step_until_the_share_is_withheld(n_rows, value):
    row = rounded(0.893452, n_rows)
    assert row["value"] == value
    assert row["suppressed"] == (value is None)
    assert (row["detail"] == WITHHELD) == (value is None)


@pytest.mark.parametrize("value", [0.0, 1.0, None])
def test_none_and_all_and_unknown_stay(value):
    row = rounded(value, 20)
    assert (row["value"], row["detail"], row["suppressed"]) == (value, "evenings", False)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(12, 3000))
def test_more_than_ten_numbers_of_evenings_give_any_share_that_is_shown(n: int):
    every = facts({}).select(pl.exclude("value")).join(
        pl.DataFrame({"value": [k / n for k in range(1, n)]}), how="cross"
    ).select(list(FACTS))  # fmt: skip
    shown = coarsen_shares(every, rows_used(n), maximum=10)["value"]
    if n * max(STEPS) < 12:
        assert shown.null_count() == n - 1
        return
    fitting = shown.value_counts()
    inside = fitting.filter(pl.col("value").is_between(0.11, 0.89))
    assert inside["count"].min() > 10
    assert fitting["count"].min() >= 5, "next to none and all, half a step is cut off"


def test_nothing_is_rounded_where_nothing_is_withheld():
    assert coarsen_shares(facts({}), rows_used(3), maximum=0).item(0, "value") == 0.893452


def dropped(*reasons: tuple[str, float, int], analysis: str = "W1") -> list[dict[str, object]]:
    return [
        {"analysis": analysis, "diagnostic": f"days_dropped_{name}", "value": value, "n_people": people}
        for name, value, people in reasons
    ]


def reasons_shown(*changes: dict[str, object]) -> list[float | None]:
    exact = facts(*changes)
    shown = withhold_dropped(withhold_diagnostics(exact, maximum=10), exact, maximum=10)
    assert shown.filter(pl.col("value").is_null())["suppressed"].all()
    return shown["value"].to_list()


def test_one_withheld_reason_takes_the_next_smallest_with_it():
    found = reasons_shown(
        *dropped(("silent", 171, 89), ("refused", 8, 8), ("missing", 40, 30), ("none", 0, 0))
    )
    assert found == [171, None, None, 0]


def test_two_withheld_reasons_of_more_than_ten_evenings_leave_the_others():
    assert reasons_shown(*dropped(("silent", 171, 89), ("a", 8, 8), ("b", 4, 4))) == [171, None, None]


def test_two_withheld_reasons_of_ten_evenings_take_another_with_them():
    assert reasons_shown(*dropped(("silent", 171, 89), ("a", 6, 6), ("b", 4, 4))) == [None, None, None]


def test_a_reason_that_goes_in_one_analysis_goes_in_the_others():
    one = dropped(("silent", 171, 89), ("refused", 8, 8))
    other = dropped(("silent", 171, 89), ("missing", 40, 30), analysis="W2")
    assert reasons_shown(*one, *other) == [None, None, None, None]


def test_reasons_stay_where_none_is_withheld():
    assert reasons_shown(*dropped(("silent", 171, 89), ("missing", 40, 30))) == [171, 40]
