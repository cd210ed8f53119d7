"""Survival curves without single people: a Kaplan-Meier staircase has a step for each event.

A step of height 1/n on the exact day of one person's event tells that day to whoever knows the person.
A released curve is shown at points at least a week apart, and a point is shown only once more than
`maximum` events, or none, lie between it and the last one shown.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import polars as pl

NARROWEST: Final = {"days": 7.0, "weeks": 1.0, "months": 7 * 12 / 365.25, "years": 7 / 365.25}
CURVE: Final = ("analysis", "outcome", "curve", "population", "as_of")
NUMBERS: Final = ("estimate", "ci_low", "ci_high", "n_at_risk", "n_events")


def coarsen_curves(curves: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Leave out points, so that no step of a curve rests on 1 to `maximum` events or people.

    `n_events` counts from the start of the curve. A point is passed over where the events since the last
    point shown number 1 to `maximum`; the curve then goes on at the first later point with enough of
    them. A point with 1 to `maximum` people at risk is withheld: null and flagged, so that a reader sees
    where the curve stops being shown.

    Parameters
    ----------
    curves : pl.DataFrame
        Rows of `results.curves`.
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
        kept.extend(_enough_events(points, maximum))
    return pl.DataFrame(kept, schema=curves.schema, orient="row")


def _enough_events(points: list[dict[str, Any]], maximum: int) -> list[dict[str, Any]]:
    shown, events = [], 0
    for point in points:
        if point["n_at_risk"] is not None and 1 <= point["n_at_risk"] <= maximum:
            shown.append({**point, **dict.fromkeys(NUMBERS), "suppressed": True})
        elif point["n_events"] is None or not 1 <= point["n_events"] - events <= maximum:
            shown.append(point)
            events = point["n_events"] or 0
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
