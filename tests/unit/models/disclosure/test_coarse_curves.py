from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
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


def shown(points: list[tuple[float, int | None, int | None]], maximum: int = 10) -> list[tuple[object, ...]]:
    result = coarsen_curves(curve(points), maximum=maximum)
    return result.select("x", "n_at_risk", "n_events", "suppressed").rows()


def test_a_point_after_one_to_ten_more_events_is_passed_over_until_there_are_eleven():
    points = [(0, 90, 0), (30, 85, 3), (60, 80, 10), (90, 75, 11), (120, 70, 11), (150, 60, 21)]
    assert shown(points) == [(0, 90, 0, False), (90, 75, 11, False), (120, 70, 11, False)]


def test_a_curve_without_events_is_shown_whole():
    points = [(0, 90, 0), (30, 85, 0), (60, 80, 0)]
    assert shown(points) == [(x, n, 0, False) for x, n, _ in points]


def test_a_point_with_one_to_ten_people_at_risk_is_null_and_flagged():
    result = coarsen_curves(curve([(0, 90, 0), (30, 10, 40)]), maximum=10).row(1, named=True)
    assert result["suppressed"] is True
    assert [result[name] for name in ("estimate", "ci_low", "ci_high", "n_at_risk", "n_events")] == [None] * 5
    assert result["x"] == 30


def test_curves_are_judged_apart_and_come_out_in_order():
    both = pl.concat(
        [curve([(0, 90, 0), (30, 70, 15)], name="b"), curve([(30, 70, 5), (0, 90, 0)], name="a")]
    )
    result = coarsen_curves(both, maximum=10).select("curve", "x").rows()
    assert result == [("a", 0.0), ("b", 0.0), ("b", 30.0)]


def test_a_staircase_on_the_days_of_single_events_is_refused():
    with pytest.raises(ValueError, match="less than a week apart"):
        coarsen_curves(curve([(0, 90, 0), (3, 89, 1), (10, 88, 2)]), maximum=10)


def test_a_unit_whose_weeks_are_unknown_is_refused():
    with pytest.raises(ValueError, match="fortnights"):
        coarsen_curves(curve([(0, 90, 0), (3, 89, 20)], unit="fortnights"), maximum=10)


def test_points_without_events_such_as_a_trajectory_lose_only_thin_points():
    assert shown([(1, 50, None), (2, 9, None), (3, 50, None)]) == [
        (1, 50, None, False),
        (2, None, None, True),
        (3, 50, None, False),
    ]


def test_without_a_threshold_every_point_is_shown():
    points = [(0, 3, 0), (1, 2, 1), (2, 1, 2)]
    assert shown(points, maximum=0) == [(x, n, events, False) for x, n, events in points]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_no_step_between_points_shown_rests_on_one_to_ten_events(steps: list[int]):
    total, points, at_risk = 0, [], sum(steps) + 40
    for index, events in enumerate(steps):
        total += events
        points.append((30.0 * index, at_risk - total, total))
    counts = [0] + [events for _, _, events, hidden in shown(points) if not hidden]
    assert not [b - a for a, b in pairwise(counts) if 1 <= b - a <= 10]
