"""The points of a curve that a chart draws: where the share stays the same, its ends and nothing between."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures.chart import Mark
from reports.release import Point


def marks_of(points: Sequence[Point]) -> tuple[Mark, ...]:
    """Return the marks of a curve of shares over time.

    Of points in a row with one share, the first and the last are drawn: the others would say the same and
    hide each other. The table and the file hold every point.
    """
    shown = [p for p in points if p.estimate is not None]
    kept = [
        p
        for place, p in enumerate(shown)
        if place in (0, len(shown) - 1)
        or p.estimate != shown[place - 1].estimate
        or p.estimate != shown[place + 1].estimate
    ]
    return tuple(Mark(p.x, p.estimate, p.ci_low, p.ci_high) for p in kept)
