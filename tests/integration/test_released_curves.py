"""An attacker with the curves of a release: no count and no digit says how few left or died."""

from __future__ import annotations

import re
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.codebook import load_codebook
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

FEW = range(1, 11)


def rows(demo: Path, query: str) -> list[dict[str, Any]]:
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        return connection.sql(query).pl().to_dicts()


def curves(demo: Path) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Shown points with events of each curve, in order, by analysis, population and name."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    query = "SELECT * FROM results.curves WHERE NOT suppressed AND n_events IS NOT NULL ORDER BY ALL"
    for row in rows(demo, query):
        found.setdefault((row["analysis"], row["population"], row["curve"]), []).append(row)
    assert len(found) > 4
    return found


def counted_along(demo: Path, analysis: str, population: str, curve: str) -> list[dict[str, Any]]:
    """Estimates whose events are counted along a curve: horizons, or the median or a share of the group."""
    term = "^within_" if curve == "overall" else rf"^(median_days_{curve}|{curve}_\d+_months)$"
    return rows(
        demo,
        "SELECT * FROM results.estimates WHERE n_people IS NOT NULL "
        f"AND analysis = '{analysis}' AND population = '{population}' AND regexp_matches(term, '{term}')",
    )


def test_no_two_numbers_of_events_of_a_curve_and_its_estimates_differ_by_few(demo):
    for (analysis, population, curve), points in curves(demo).items():
        estimates = counted_along(demo, analysis, population, curve)
        events = {f"at {p['x']}": p["n_events"] for p in points} | {
            e["term"]: e["n_events"] for e in estimates if e["n_events"] is not None
        }
        assert len(events) > 1
        for (one, less), (other, more) in combinations(events.items(), 2):
            assert abs(more - less) not in FEW, (analysis, population, curve, one, other)


def events_of_own_days(demo: Path) -> dict[tuple[str, str, str, float], int]:
    """By point: the most events that can be of its own day, those since the point before it of the grid."""
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        grid = warehouse.read_where("results.curves", as_of="2026Q3").filter(pl.col("n_events").is_not_null())
    curve = ["analysis", "population", "curve"]
    new = grid.sort(*curve, "x").with_columns(
        new=pl.col("n_events") - pl.col("n_events").shift(1, fill_value=0).over(curve)
    )
    return {tuple(row[:-1]): row[-1] for row in new.select(*curve, "x", "new").iter_rows()}


def test_people_who_left_between_two_points_of_a_curve_are_not_few_wherever_events_of_a_point_s_day_lie(demo):
    shown, most = 0, events_of_own_days(demo)
    for (analysis, population, curve), points in curves(demo).items():
        estimates = counted_along(demo, analysis, population, curve)
        told = [{max(e["n_people"] for e in estimates)}] if estimates else []
        for point in points:
            if point["n_at_risk"] is not None:
                left = point["n_at_risk"] + point["n_events"]  # as if no event were of the point's own day
                told.append({left, left - most[analysis, population, curve, point["x"]]})
        shown += len(told)
        for one, other in pairwise(told):
            assert not [1 for a, b in product(one, other) if abs(a - b) in FEW], (analysis, population, curve)
    assert shown > 30


def test_what_is_read_off_a_curve_is_told_in_steps_and_nothing_beside_it_has_more_digits(demo):
    def in_steps(row: dict[str, Any], *names: str) -> bool:
        told = [row[name] for name in names if row[name] is not None]
        return all(abs(number - round(number, 2)) < 1e-12 for number in told)

    points = [point for curve in curves(demo).values() for point in curve]
    assert len(points) > 60
    assert all(in_steps(point, "estimate", "ci_low", "ci_high") for point in points)
    estimates = rows(demo, "SELECT * FROM results.estimates WHERE scale = 'probability'")
    along = [row for row in estimates if re.search(r"^within_|_\d+_months$", row["term"])]
    assert {row["analysis"] for row in along} == {"H1", "J1", "S1"}
    for row in along:
        assert in_steps(row, "estimate", "ci_low", "ci_high"), row["term"]
        assert (row["std_error"], row["p_value"]) == (None, None), "from which the digits follow"
    facts = rows(demo, "SELECT * FROM results.diagnostics WHERE value IS NOT NULL")
    shares = {(row["analysis"], row["outcome"], row["population"], row["term"]) for row in estimates}
    beside = [
        fact
        for fact in facts
        for analysis, outcome, population, term in shares
        if (fact["analysis"], fact["outcome"], fact["population"]) == (analysis, outcome, population)
        and fact["diagnostic"].startswith((f"sensitivity_{term}_", f"died_before_{term}"))
    ]
    assert len(beside) > 20
    assert {"R1", "S1"} <= {fact["analysis"] for fact in beside}
    assert not [fact["diagnostic"] for fact in beside if not in_steps(fact, "value", "ci_low", "ci_high")]


def test_deaths_before_remission_follow_from_no_share_over_the_counts_of_its_curve_nor_one_without_death(
    demo,
):
    """Nobody reaches it before day 365: that day's share, over events by people at risk, is who lives."""

    def within(number: float) -> float:
        return 0.005 if abs(number - round(number, 2)) < 1e-12 else 1e-9

    share = rows(demo, "SELECT * FROM results.estimates WHERE analysis = 'S1' AND term = 'within_1_year'")[0]
    point = rows(
        demo, "SELECT max(n_at_risk) FILTER (x = 1) AS left, max(n_events) FILTER (x = 1) AS reached, "
        "max(n_events) FILTER (x < 1) AS before FROM results.curves WHERE analysis = 'S1'",
    )[0]  # fmt: skip
    without = rows(demo, "SELECT * FROM results.diagnostics WHERE diagnostic LIKE '%1_year_if_nobody_died'")
    assert point["before"] == 0
    others = [(fact["value"], within(fact["value"])) for fact in without if fact["value"] is not None]
    if None not in (point["left"], point["reached"]):
        others.append((point["reached"] / point["left"], 0.0))
    assert others, "something is told of which the share is a part"
    start, end = share["n_people"], point["left"] or share["n_people"] // 2
    for other, half in others:
        known = within(share["estimate"])
        low, high = (share["estimate"] - known) / (other + half), (share["estimate"] + known) / (other - half)
        fits = [n for n in range(60) if low <= (1 - 1 / start) ** n and (1 - 1 / end) ** n <= high]
        assert len(fits) > len(FEW)
