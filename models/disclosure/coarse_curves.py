"""Survival curves without single people: a Kaplan-Meier staircase has a step for each event.

A step of height 1/n on the exact day of one person's event shows that person's day to whoever knows
them. A released curve is read off at the ends of calendar-free quarters instead, and a quarter's end
is shown only once more than `maximum` events, or none, lie between it and the last one shown.
"""

from __future__ import annotations

import math
from typing import Any, Final

import polars as pl

GRID: Final = {"days": 365.25 / 4, "weeks": 365.25 / 28, "months": 3.0, "years": 0.25}
CURVE = ("analysis", "outcome", "curve", "population", "as_of")


def coarsen_curves(curves: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Read curves off at a coarse grid, so that no step rests on 1 to `maximum` events or people.

    At a grid point the estimate and interval are those of the last step up to it, `n_at_risk` is the
    number at risk at that step, and `n_events` counts the events since the last point shown. Where that
    count is small, the point is passed over and its events are carried to the next. From the first
    point with a small number at risk on, the curve is withheld: one row, null and flagged, marks where.
    With `maximum` 0 the steps are shown as they are.

    Parameters
    ----------
    curves : pl.DataFrame
        Rows of `results.curves`; `x_unit` is one of `GRID`. Curves without events (`n_events` null) are
        not coarsened; their points with a small `n_at_risk` are nulled and flagged.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    pl.DataFrame
        Rows of the same columns, fewer of them, ordered by curve and `x`.

    Raises
    ------
    ValueError
        A curve counts in a unit without a grid.
    """
    if maximum == 0 or curves.is_empty():
        return curves.sort(*CURVE, "x")
    kept: list[dict[str, Any]] = []
    for _, curve in curves.sort(*CURVE, "x").group_by(CURVE, maintain_order=True):
        points = curve.to_dicts()
        staircase = any(point["n_events"] is not None for point in points)
        kept.extend(_read_off(points, maximum) if staircase else _flagged(points, maximum))
    return pl.DataFrame(kept, schema=curves.schema, orient="row")


def _read_off(points: list[dict[str, Any]], maximum: int) -> list[dict[str, Any]]:
    unit = points[0]["x_unit"]
    if unit not in GRID:
        raise ValueError(f"a curve counts in [{unit}]; it can be coarsened in {sorted(GRID)}")
    width = GRID[unit]
    shown: list[dict[str, Any]] = []
    position, events = -1, 0
    first = math.ceil(points[0]["x"] / width - 1e-9)
    for quarter in range(first, math.floor(points[-1]["x"] / width + 1e-9) + 1):
        x = quarter * width
        while position + 1 < len(points) and points[position + 1]["x"] <= x + 1e-9:
            position += 1
            events += points[position]["n_events"] or 0
        here = {**points[position], "x": x}
        if here["n_at_risk"] is not None and 1 <= here["n_at_risk"] <= maximum:
            return [*shown, _withheld(here)]
        if not 1 <= events <= maximum:
            shown.append({**here, "n_events": events})
            events = 0
    return shown


def _flagged(points: list[dict[str, Any]], maximum: int) -> list[dict[str, Any]]:
    return [
        _withheld(point) if point["n_at_risk"] is not None and 1 <= point["n_at_risk"] <= maximum else point
        for point in points
    ]


def _withheld(point: dict[str, Any]) -> dict[str, Any]:
    numbers = ("estimate", "ci_low", "ci_high", "n_at_risk", "n_events")
    return {**point, **dict.fromkeys(numbers), "suppressed": True}
