import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.nested_counts import COUNTS_WITHHELD, withhold_horizons, withhold_lesser_counts

SCHEMA = {
    "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
    "as_of": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "p_value": pl.Float64, "df": pl.Float64, "n_people": pl.Int64,
    "n_rows": pl.Int64, "n_events": pl.Int64, "scale": pl.String, "note": pl.String, "suppressed": pl.Boolean,
}  # fmt: skip
ROW = {
    "analysis": "A1", "outcome": "first_use", "term": "linked", "population": "p", "as_of": "2026Q3",
    "estimate": 0.8, "std_error": 0.1, "ci_low": 0.7, "ci_high": 0.9, "p_value": 0.2, "df": 235.0,
    "n_people": 244, "n_rows": 244, "n_events": 188, "scale": "hazard ratio", "note": "As seen.",
    "suppressed": False,
}  # fmt: skip
FACTS = {
    "analysis": pl.String, "outcome": pl.String, "diagnostic": pl.String, "population": pl.String,
    "as_of": pl.String, "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
    "detail": pl.String, "n_people": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip
FACT = {
    "analysis": "A1", "outcome": "first_use", "diagnostic": "check", "population": "p", "as_of": "2026Q3",
    "value": 0.31415, "ci_low": 0.21, "ci_high": 0.42, "detail": "words", "n_people": 244,
    "suppressed": False,
}  # fmt: skip


def estimates(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([ROW | change for change in changes], schema=SCHEMA)


def horizons(*events: int, **changes: object) -> list[bool]:
    rows = [
        {"analysis": "J1", "term": f"within_{i}_years", "scale": "probability", "n_events": n, **changes}
        for i, n in enumerate(events, start=1)
    ]
    return withhold_horizons(estimates(*rows), maximum=10)["suppressed"].to_list()


@pytest.mark.parametrize(("later", "hidden"), [(40, False), (41, True), (50, True), (51, False)])
def test_a_horizon_with_one_to_ten_more_events_than_the_last_shown_is_withheld(later: int, hidden: bool):
    assert horizons(40, later) == [False, hidden]


def test_a_horizon_is_compared_with_the_last_one_that_is_shown():
    assert horizons(40, 46, 52) == [False, True, False]


def test_horizons_of_two_populations_are_not_compared():
    rows = [
        {"term": "within_1_year", "n_events": 40, "population": "p"},
        {"term": "within_2_years", "n_events": 45, "population": "q"},
    ]
    assert not withhold_horizons(estimates(*rows), maximum=10)["suppressed"].any()


def lesser(
    *changes: dict[str, object], facts: tuple[dict[str, object], ...] = (), total: int | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    diagnostics = pl.DataFrame([FACT | fact for fact in facts], schema=FACTS)
    return withhold_lesser_counts(estimates(*changes), diagnostics, totals={"p": total}, maximum=10)


@pytest.mark.parametrize(("people", "hidden"), [(244, False), (243, True), (234, True), (233, False)])
def test_a_row_of_one_to_ten_people_fewer_than_the_fullest_keeps_its_estimate_and_loses_its_counts(
    people: int, hidden: bool
):
    shown, _ = lesser({"n_people": people}, {"term": "assigned"})
    row = shown.row(0, named=True)
    gone = ("n_people", "n_rows", "n_events", "df", "std_error", "p_value")
    assert [row[name] is None for name in gone] == [hidden] * len(gone)
    assert (row["estimate"], row["ci_low"], row["ci_high"], row["suppressed"]) == (0.8, 0.7, 0.9, False)
    assert row["note"] == ("As seen. " + COUNTS_WITHHELD if hidden else "As seen.")
    assert shown.row(1, named=True)["n_people"] == 244


def test_a_row_on_the_normal_distribution_keeps_its_error_and_p_value_as_no_df_follows_from_them():
    shown, _ = lesser({"n_people": 240, "df": None}, {"term": "assigned"})
    row = shown.row(0, named=True)
    assert (row["n_people"], row["std_error"], row["p_value"]) == (None, 0.1, 0.2)


def test_a_row_with_one_to_ten_events_fewer_loses_its_counts_though_its_people_are_far_fewer():
    shown, _ = lesser({"n_people": 200, "n_events": 181}, {"term": "assigned"})
    assert shown["n_events"].to_list() == [None, 188]


def test_rows_are_compared_with_the_people_of_the_population():
    shown, _ = lesser({}, total=250)
    assert shown["n_people"].to_list() == [None]
    assert lesser({}, total=255)[0]["n_people"].to_list() == [244]


def test_groups_that_exclude_each_other_are_compared_with_the_whole_alone():
    halves = [
        {"term": "median_days_a", "n_people": 125, "n_events": 95},
        {"term": "median_days_b", "n_people": 119, "n_events": 93},
    ]
    shown, _ = lesser({"term": "assigned"}, *halves)
    assert shown["n_people"].to_list() == [244, 125, 119]


def test_a_diagnostic_of_the_same_people_loses_their_number_and_keeps_its_value():
    _, facts = lesser({}, facts=({"n_people": 237},))
    assert facts.row(0, named=True) == FACT | {"n_people": None}


def test_a_diagnostic_that_is_a_share_of_these_people_is_withheld_since_it_gives_their_number_back():
    _, facts = lesser({}, facts=({"value": 244 / 250, "n_people": 250, "diagnostic": "follow_up"},))
    row = facts.row(0, named=True)
    assert (row["value"], row["n_people"], row["suppressed"]) == (None, None, True)


def test_a_count_of_people_left_out_is_not_compared_with_those_who_stayed():
    _, facts = lesser({}, facts=({"value": 240.0, "n_people": 240, "diagnostic": "people_lost"},))
    assert facts["n_people"].to_list() == [240]


@settings(deadline=None)
@given(st.lists(st.integers(11, 80), min_size=1, max_size=8))
def test_no_two_shown_numbers_of_people_differ_by_one_to_ten(counts: list[int]):
    rows = [{"term": f"t{i}", "n_people": n, "n_events": None} for i, n in enumerate(counts)]
    shown = lesser(*rows)[0]["n_people"].drop_nulls().to_list()
    assert shown
    assert not [a for a in shown for b in shown if 1 <= a - b <= 10]


@settings(deadline=None)
@given(st.lists(st.integers(11, 120), min_size=1, max_size=6))
def test_no_two_shown_horizons_differ_by_one_to_ten_events(counts: list[int]):
    hidden = horizons(*sorted(counts))
    shown = [n for n, gone in zip(sorted(counts), hidden, strict=True) if not gone]
    assert not [a for a in shown for b in shown if 1 <= a - b <= 10]


def test_a_count_of_some_of_the_people_is_withheld_where_the_others_are_few():
    facts = ({"diagnostic": "people_with_craving", "value": 238.0, "n_people": 238},)
    _, shown = lesser({"n_people": 244}, facts=facts)
    assert shown.select("value", "n_people", "suppressed").row(0) == (None, None, True)
    facts = ({"diagnostic": "people_with_craving", "value": 200.0, "n_people": 200},)
    _, shown = lesser({"n_people": 244}, facts=facts)
    assert shown.select("value", "n_people", "suppressed").row(0) == (200.0, 200, False)


def test_people_left_out_are_not_compared_with_those_who_were_not():
    facts = ({"diagnostic": "people_without_release", "value": 238.0, "n_people": 238},)
    _, shown = lesser({"n_people": 244}, facts=facts)
    assert shown.select("value", "n_people", "suppressed").row(0) == (238.0, 238, False)
