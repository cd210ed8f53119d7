import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from models.disclosure.small_cells import (
    DERIVED,
    NUMBERS,
    WITHHELD,
    withhold_diagnostics,
    withhold_estimates,
)

SCHEMA = {
    "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
    "as_of": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "p_value": pl.Float64, "df": pl.Float64, "n_people": pl.Int64,
    "n_rows": pl.Int64, "n_events": pl.Int64, "scale": pl.String, "note": pl.String, "suppressed": pl.Boolean,
}  # fmt: skip
ROW = {
    "analysis": "V1", "outcome": "voted", "term": "recovery", "population": "p", "as_of": "2026Q3",
    "estimate": 0.5, "std_error": 0.1, "ci_low": 0.4, "ci_high": 0.6, "p_value": 0.01, "df": 9.0,
    "n_people": 100, "n_rows": 100, "n_events": 50, "scale": "probability", "note": "as asked",
    "suppressed": False,
}  # fmt: skip


def estimates(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([ROW | change for change in changes], schema=SCHEMA)


def withheld(*changes: dict[str, object], maximum: int = 10) -> list[bool]:
    return withhold_estimates(estimates(*changes), maximum=maximum).get_column("suppressed").to_list()


@pytest.mark.parametrize(("people", "hidden"), [(0, False), (1, True), (10, True), (11, False)])
def test_an_estimate_of_one_to_ten_people_is_withheld_and_of_none_or_eleven_shown(people: int, hidden: bool):
    change = {"n_people": people, "n_events": None, "estimate": 2.0, "scale": "points per point"}
    assert withheld(change) == [hidden]


@pytest.mark.parametrize(("events", "hidden"), [(0, False), (1, True), (10, True), (11, False)])
def test_one_to_ten_events_are_withheld_on_every_scale(events: int, hidden: bool):
    assert withheld({"n_events": events, "scale": "hazard ratio", "estimate": 1.3}) == [hidden]


@pytest.mark.parametrize(("events", "hidden"), [(100, False), (99, True), (90, True), (89, False)])
def test_one_to_ten_people_without_the_event_are_withheld_where_the_number_is_a_proportion(
    events: int, hidden: bool
):
    assert withheld({"n_events": events, "estimate": events / 100}) == [hidden]


@pytest.mark.parametrize(
    ("share", "hidden"), [(0.0, False), (0.06, True), (0.94, True), (0.5, False), (1.0, False)]
)
def test_a_proportion_that_implies_a_small_count_is_withheld_without_any_count_beside_it(
    share: float, hidden: bool
):
    assert withheld({"estimate": share, "n_events": None}) == [hidden]


@pytest.mark.parametrize("scale", ["days", "hazard ratio"])
@pytest.mark.parametrize(("events", "hidden"), [(100, False), (99, True), (90, True), (89, False)])
def test_a_median_or_hazard_ratio_keeps_its_number_and_loses_events_where_few_had_none(
    scale: str, events: int, hidden: bool
):
    change = {"scale": scale, "estimate": 1.3, "n_events": events}
    shown = withhold_estimates(estimates(change), maximum=10).row(0, named=True)
    assert shown["n_events"] == (None if hidden else events)
    assert (shown["estimate"], shown["n_people"], shown["suppressed"]) == (1.3, 100, False)


@pytest.mark.parametrize(("rows", "hidden"), [(100, False), (101, True), (110, True), (111, False)])
def test_rows_are_withheld_where_rows_less_people_are_one_to_ten_people_with_split_time(
    rows: int, hidden: bool
):
    shown = withhold_estimates(estimates({"n_rows": rows}), maximum=10).row(0, named=True)
    assert shown["n_rows"] == (None if hidden else rows)
    assert shown["estimate"] == 0.5


@pytest.mark.parametrize("term", DERIVED)
def test_what_compares_two_rates_is_withheld_with_either_of_them(term: str):
    comparison = {"term": term, "n_events": None, "estimate": 0.4}
    other = {"outcome": "worked"}
    small = {"term": "active_addiction", "estimate": 0.05, "n_events": 5}
    assert withheld(small, {}, comparison, comparison | other, other) == [True, False, True, False, False]


def test_a_withheld_estimate_is_null_and_flagged_and_its_note_gives_nothing_away():
    shown = withhold_estimates(estimates({"n_people": 7, "note": "7 people answered"}), maximum=10)
    assert shown.select(NUMBERS).row(0) == (None,) * len(NUMBERS)
    assert shown.row(0, named=True)["note"] == WITHHELD
    assert shown.get_column("suppressed").to_list() == [True]


def test_an_estimate_that_is_shown_is_not_changed():
    before = estimates({}, {"outcome": "worked"})
    assert_frame_equal(withhold_estimates(before, maximum=10), before)


def test_the_threshold_is_a_parameter():
    assert withheld({"n_people": 15, "n_events": None, "scale": "days"}, maximum=20) == [True]
    assert withheld({"n_people": 3, "n_events": 1, "estimate": 1 / 3}, maximum=0) == [False]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60), st.sampled_from(["probability", "hazard ratio"])),
        min_size=1,
        max_size=8,
    )
)
def test_no_count_of_one_to_ten_is_left_in_any_released_estimate(cells: list[tuple[int, int, str]]):
    rows = [
        {
            "outcome": f"o{index}",
            "n_people": max(people, events),
            "n_events": events,
            "estimate": events / max(people, events, 1),
            "scale": scale,
        }
        for index, (people, events, scale) in enumerate(cells)
    ]
    shown = withhold_estimates(estimates(*rows), maximum=10)
    for row in shown.filter(~pl.col("suppressed")).iter_rows(named=True):
        counts = [row["n_people"], *([] if row["n_events"] is None else [row["n_events"]])]
        counts += [row["n_people"] - count for count in counts[1:]]
        if row["scale"] == "probability":
            implied = round(row["estimate"] * row["n_people"])
            counts += [implied, row["n_people"] - implied]
        assert not [count for count in counts if 1 <= count <= 10]


def test_a_diagnostic_of_one_to_ten_people_is_withheld_with_its_limits_and_its_words():
    schema = {
        "diagnostic": pl.String,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "detail": pl.String,
        "n_people": pl.Int64,
        "suppressed": pl.Boolean,
    }
    rows = [
        ("slope", 4.0, 3.0, 5.0, "a slope of few", 4, False),
        ("icc", 0.5, 0.4, 0.6, "share", 120, False),
    ]
    shown = withhold_diagnostics(pl.DataFrame(rows, schema=schema, orient="row"), maximum=10)
    assert shown.rows() == [
        ("slope", None, None, None, WITHHELD, None, True),
        ("icc", 0.5, 0.4, 0.6, "share", 120, False),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"scale": "hazard ratio", "n_people": 100, "n_events": 95, "df": 90.0},
        {"scale": "points per point", "n_people": 100, "n_rows": 107, "n_events": None, "df": 105.0},
    ],
)
def test_a_row_that_loses_one_count_loses_what_degrees_of_freedom_could_be_solved_from(change):
    row = withhold_estimates(estimates(change), maximum=10).row(0, named=True)
    assert None in (row["n_events"], row["n_rows"])
    assert [row[name] for name in ("df", "std_error", "p_value")] == [None] * 3
    assert (row["estimate"], row["ci_low"], row["n_people"], row["suppressed"]) == (0.5, 0.4, 100, False)


PAIRS = {"analysis": "M1", "scale": "share of pairs", "n_people": 75, "n_rows": 80}


@pytest.mark.parametrize(
    ("mutual", "hidden"),
    [(0, False), (10, True), (11, False), (69, False), (70, True), (79, True), (80, False)],
)
def test_few_mutual_pairs_or_few_one_sided_ones_are_withheld_as_few_people_are(mutual: int, hidden: bool):
    assert withheld(PAIRS | {"n_events": mutual, "estimate": mutual / 80}) == [hidden]


@pytest.mark.parametrize(("scale", "mutual"), [("share of pairs", 68), ("points", None), ("balance", None)])
def test_pairs_less_people_and_people_less_mutual_pairs_count_nobody_and_keep_their_counts(scale, mutual):
    change = PAIRS | {"n_events": mutual, "estimate": 0.85, "scale": scale}
    row = withhold_estimates(estimates(change), maximum=10).row(0, named=True)
    assert (row["n_rows"], row["n_events"], row["df"], row["suppressed"]) == (80, mutual, 9.0, False)
