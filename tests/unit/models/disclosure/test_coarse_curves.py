from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.coarse_curves import coarsen_curves

SCHEMA = {
    "analysis": pl.String, "outcome": pl.String, "curve": pl.String, "population": pl.String,
    "as_of": pl.String, "x": pl.Float64, "x_unit": pl.String, "estimate": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "n_at_risk": pl.Int64, "n_events": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip


def curve(
    points: list[tuple[float, int | None, int | None]], *, name: str = "overall", unit: str = "days"
) -> pl.DataFrame:
    """Points as (x, people at risk, events since the start)."""
    rows = [
        ("J1", "return", name, "p", "2026Q3", float(x), unit, 0.1, 0.0, 0.2, at_risk, events, False)
        for x, at_risk, events in points
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


ALONG = {
    "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
    "as_of": pl.String, "n_people": pl.Int64, "n_events": pl.Int64,
}  # fmt: skip


def along(*rows: tuple[str, int | None, int | None]) -> pl.DataFrame:
    """Estimates as (term, people, events)."""
    made = [("J1", "return", term, "p", "2026Q3", people, events) for term, people, events in rows]
    return pl.DataFrame(made, schema=ALONG, orient="row")


def shown(
    points: list[tuple[float, int | None, int | None]],
    maximum: int = 10,
    estimates: pl.DataFrame | None = None,
) -> list[tuple[object, ...]]:
    known = along() if estimates is None else estimates
    result = coarsen_curves(curve(points), known, maximum=maximum)
    return result.select("x", "n_at_risk", "n_events", "suppressed").rows()


def test_a_point_after_one_to_ten_more_events_is_passed_over_until_there_are_eleven():
    points = [(0, 90, 0), (30, 85, 3), (60, 80, 10), (90, 64, 11), (120, 44, 11), (150, 33, 21)]
    assert shown(points) == [(0, 90, 0, False), (90, 64, 11, False), (120, 44, 11, False)]


def test_a_curve_without_events_is_shown_whole():
    points = [(0, 90, 0), (30, 79, 0), (60, 68, 0)]
    assert shown(points) == [(x, n, 0, False) for x, n, _ in points]


def test_a_point_with_one_to_ten_people_at_risk_is_null_and_flagged():
    result = coarsen_curves(curve([(0, 90, 0), (30, 10, 40)]), along(), maximum=10).row(1, named=True)
    assert result["suppressed"] is True
    assert [result[name] for name in ("estimate", "ci_low", "ci_high", "n_at_risk", "n_events")] == [None] * 5
    assert result["x"] == 30


def test_curves_are_judged_apart_and_come_out_in_order():
    both = pl.concat(
        [curve([(0, 90, 0), (30, 70, 15)], name="b"), curve([(30, 70, 5), (0, 90, 0)], name="a")]
    )
    result = coarsen_curves(both, along(), maximum=10).select("curve", "x").rows()
    assert result == [("a", 0.0), ("b", 0.0), ("b", 30.0)]


def test_a_staircase_on_the_days_of_single_events_is_refused():
    with pytest.raises(ValueError, match="less than a week apart"):
        coarsen_curves(curve([(0, 90, 0), (3, 89, 1), (10, 88, 2)]), along(), maximum=10)


def test_a_unit_whose_weeks_are_unknown_is_refused():
    with pytest.raises(ValueError, match="fortnights"):
        coarsen_curves(curve([(0, 90, 0), (3, 89, 20)], unit="fortnights"), along(), maximum=10)


def test_points_without_events_such_as_a_trajectory_lose_only_thin_points():
    assert shown([(1, 50, None), (2, 9, None), (3, 50, None)]) == [
        (1, 50, None, False),
        (2, None, None, True),
        (3, 50, None, False),
    ]


def test_without_a_threshold_every_point_is_shown():
    points = [(0, 3, 0), (1, 2, 1), (2, 1, 2)]
    assert shown(points, maximum=0) == [(x, n, events, False) for x, n, events in points]


def test_a_point_that_differs_by_one_to_ten_events_from_a_horizon_before_or_after_it_is_passed_over():
    points = [(0, 300, 0), (330, 240, 37), (370, 230, 40), (500, 220, 50), (700, 210, 57), (740, 190, 72)]
    horizons = along(("within_1_year", 300, 40), ("within_2_years", 300, 60))
    assert [row[0] for row in shown(points, estimates=horizons)] == [0, 370, 740]


def test_a_horizon_of_another_population_or_a_group_of_another_name_says_nothing_of_a_curve():
    points = [(0, 300, 0), (330, 240, 37)]
    elsewhere = along(("within_1_year", 300, 40)).with_columns(population=pl.lit("q"))
    for estimates in (elsewhere, along(("median_days_lower", 300, 40)), along(("hazard", 300, 40))):
        assert [row[0] for row in shown(points, estimates=estimates)] == [0, 330]


def test_the_events_of_a_group_in_all_keep_the_last_points_of_its_curve_at_a_distance():
    points = [(0, 138, 0), (7, 96, 46), (168, 34, 101)]
    result = coarsen_curves(curve(points, name="higher"), along(("median_days_higher", 138, 107)), maximum=10)
    assert result["x"].to_list() == [0, 7]


def test_where_one_to_ten_people_left_since_the_last_number_at_risk_the_later_one_is_withheld():
    points = [(0, 237, 0), (30, 232, 0), (60, 209, 13), (90, 184, 25), (120, 137, 48), (150, 132, 48)]
    result = shown(points, estimates=along(("within_1_year", 237, 70)))
    assert [row[1] for row in result] == [237, None, 209, 184, 137, None]
    assert [row[2] for row in result] == [0, 0, 13, 25, 48, 48]


def test_where_all_events_may_be_of_its_own_day_the_fall_after_a_point_is_people_who_left():
    """Nobody can have a full year before it is over: 465 less 146 on its last day less 315 are 4."""
    points = [(330, 484, 0), (365, 465, 146), (395, 315, 146), (425, 300, 146)]
    result = shown(points, estimates=along(("within_1_year", 598, 146)))
    assert [row[1] for row in result] == [484, 465, None, 300]


def test_a_fall_that_leaves_few_beside_the_events_of_its_own_day_is_withheld():
    assert [row[1] for row in shown([(0, 90, 0), (60, 72, 11)])] == [90, None], "18 left, or 7"
    assert [row[1] for row in shown([(0, 90, 0), (30, 90, 0), (60, 74, 11)])] == [90, 90, None], "16, or 5"
    assert [row[1] for row in shown([(0, 90, 0), (60, 66, 11)])] == [90, 66], "24, or 13"


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.lists(st.integers(0, 300), max_size=4))
def test_no_point_shown_differs_by_one_to_ten_events_from_any_shown_number(
    steps: list[int], horizons: list[int]
):
    points = [(30.0 * i, 500 - sum(steps[:i]), sum(steps[:i])) for i in range(len(steps))]
    known = along(*((f"within_{i}_years", 500, events) for i, events in enumerate(horizons)))
    counts = [row[2] for row in shown(points, estimates=known)]
    assert not [c for c in counts for other in [*counts, *horizons] if 1 <= abs(c - other) <= 10]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_no_step_between_points_shown_rests_on_one_to_ten_events(steps: list[int]):
    total, points, at_risk = 0, [], sum(steps) + 40
    for index, events in enumerate(steps):
        total += events
        points.append((30.0 * index, at_risk - total, total))
    counts = [0] + [events for _, _, events, hidden in shown(points) if not hidden]
    assert not [b - a for a, b in pairwise(counts) if 1 <= b - a <= 10]
