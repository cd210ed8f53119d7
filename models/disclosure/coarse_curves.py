"""Survival curves without single people: a Kaplan-Meier staircase has a step for each event.

A step of height 1/n on the exact day of one person's event tells that day to whoever knows the person.
A released curve is shown at points at least a week apart, and a point is shown only where more than
`maximum` events, or none, lie between it and every other number of events that is shown: earlier points,
and the horizons and totals of `results.estimates`, which go before the curve.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import polars as pl

from models.disclosure.nested_counts import counted_along
from models.disclosure.small_cells import GROUP, differ_by_few

NARROWEST: Final = {"days": 7.0, "weeks": 1.0, "months": 7 * 12 / 365.25, "years": 7 / 365.25}
CURVE: Final = ("analysis", "outcome", "curve", "population", "as_of")
NEW: Final = "new_"  # events since the point before, on the grid of all points
NUMBERS: Final = ("estimate", "ci_low", "ci_high", "n_at_risk", "n_events")


def coarsen_curves(curves: pl.DataFrame, estimates: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Leave out points, so that no shown numbers of a curve differ by 1 to `maximum` events or people.

    `n_events` counts from the start of the curve, and so do the estimates that are counted along it. A
    point is passed over where its events differ by 1 to `maximum` from those of a point already shown or
    of such an estimate; the curve goes on at the first later point with enough of them. A point with 1 to
    `maximum` people at risk is withheld: null and flagged, so that a reader sees where the curve stops
    being shown.

    People who left observation between two points are the fall in the number at risk less the events.
    Where these are 1 to `maximum` (or as many came in), the later point keeps its estimate and loses
    `n_at_risk`. People at risk are counted just before a point and events with those of its own day; how
    many these are no row says, but somebody may know (nobody can have a full year within the first year, and
    all who have it on its last day are events of that day). So people who left are counted in each way:
    with no event on the own day of either point, and with all that are new since the point before.

    Parameters
    ----------
    curves : pl.DataFrame
        Rows of `results.curves`.
    estimates : pl.DataFrame
        Rows of `results.estimates` as they will be shown.
    maximum : int
        Largest count that is withheld; 0 shows every point.

    Returns
    -------
    pl.DataFrame
        Rows of the same columns, no more of them, ordered by curve and `x`.

    Raises
    ------
    ValueError
        Points with events lie closer than a week: a staircase on the days of single events.
    """
    kept: list[dict[str, Any]] = []
    for _, curve in curves.sort(*CURVE, "x").group_by(CURVE, maintain_order=True):
        points = curve.to_dicts()
        if maximum:
            _refuse_staircase(points)
        same = [pl.col(name) == points[0][name] for name in GROUP]
        along = estimates.filter(*same, counted_along(points[0]["curve"]))
        _mark_own_day(points)
        shown = _enough_events(points, along["n_events"].drop_nulls().to_list(), maximum)
        kept.extend(_enough_leaving(shown, along["n_people"].max(), maximum))
    return pl.DataFrame(
        [{name: point[name] for name in curves.columns} for point in kept], schema=curves.schema, orient="row"
    )


def _enough_events(points: list[dict[str, Any]], known: list[int], maximum: int) -> list[dict[str, Any]]:
    shown, numbers = [], [0, *known]
    for point in points:
        events = point["n_events"]
        if point["n_at_risk"] is not None and 1 <= point["n_at_risk"] <= maximum:
            shown.append({**point, **dict.fromkeys(NUMBERS), "suppressed": True})
        elif events is None:
            shown.append(point)
        elif not any(differ_by_few(events, number, maximum) for number in numbers):
            shown.append(point)
            numbers.append(events)
    return shown


def _mark_own_day(points: list[dict[str, Any]]) -> None:
    """Note how many events each point may have on its own day: at most those since the point before."""
    before = 0
    for point in points:
        events = point["n_events"]
        point[NEW] = None if events is None else events - before
        before = before if events is None else events


def _enough_leaving(points: list[dict[str, Any]], n_people: Any, maximum: int) -> list[dict[str, Any]]:
    """Null the number at risk where it tells how many few left since the last one shown, or the start."""
    shown: list[dict[str, Any]] = []
    last = None if n_people is None else {n_people}
    for point in points:
        if point["n_at_risk"] is None or point["n_events"] is None:
            shown.append(point)
            continue
        remaining = point["n_at_risk"] + point["n_events"]
        now = {remaining, remaining - point[NEW]}
        if last is not None and any(differ_by_few(one, other, maximum) for one in now for other in last):
            shown.append({**point, "n_at_risk": None})
        else:
            shown.append(point)
            last = now
    return shown


def _refuse_staircase(points: list[dict[str, Any]]) -> None:
    places = [point["x"] for point in points if point["n_events"] is not None]
    unit = points[0]["x_unit"]
    if len(places) > 1 and unit not in NARROWEST:
        raise ValueError(
            f"a curve counts in [{unit}]; its points are known to be apart in {sorted(NARROWEST)}"
        )
    gaps = [later - earlier for earlier, later in itertools.pairwise(places)]
    if gaps and min(gaps) < NARROWEST[unit] * (1 - 1e-9):
        name = f"{points[0]['analysis']} {points[0]['curve']}"
        raise ValueError(f"the curve [{name}] has points less than a week apart; read it off at a grid first")
