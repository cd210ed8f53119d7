"""Difference between two proportions of the same people, with Newcombe's interval."""

from __future__ import annotations

import math

from models.civic.paired_table import PairedTable
from models.civic.wilson import wilson


def newcombe(table: PairedTable) -> tuple[float, float, float]:
    """Second rate minus first rate, and its 95% limits.

    Newcombe 1998, Stat Med 17:2635, method 10: square-and-add of the Wilson limits of each rate, with
    the correlation phi of the two answers, its numerator shrunk toward zero by n / 2 where positive.

    Returns
    -------
    difference, low, high : float
        On the scale of a probability, -1 to 1.
    """
    n, first, second = table.n, table.first, table.second
    p1, p2 = first / n, second / n
    low1, high1 = wilson(first, n)
    low2, high2 = wilson(second, n)
    phi = _shrunken_phi(table)
    down = (p2 - low2, high1 - p1)
    up = (high2 - p2, p1 - low1)
    difference = p2 - p1
    low, high = (math.sqrt(max(0.0, a**2 - 2 * phi * a * b + b**2)) for a, b in (down, up))
    return difference, max(-1.0, difference - low), min(1.0, difference + high)


def newcombe_from_rates(first: int, second: int, n: int) -> tuple[float, float, float]:
    """Second rate minus first rate, with 95% limits that depend on the two counts and n alone.

    Newcombe's method 10 for the table with these margins whose two answers are as negatively correlated
    as the margins allow: the fewest people with yes both times, max(0, first + second - n) (Frechet's lower
    bound: Frechet 1951, Ann Univ Lyon A 14:53). The limits widen as the correlation falls, so they hold
    those of every table with these margins, and cover at least as often as the paired ones; where the
    answers go together, as they mostly do, they are wider than need be.

    Parameters
    ----------
    first, second : int
        People with yes the first time, and the second time.
    n : int
        People who answered both times.

    Returns
    -------
    difference, low, high : float
        On the scale of a probability, -1 to 1.
    """
    both = max(0, first + second - n)
    return newcombe(PairedTable(both, first - both, second - both, n - first - second + both))


def _shrunken_phi(table: PairedTable) -> float:
    """Correlation of the two answers, continuity-corrected where positive; 0 where a margin is empty."""
    margins = table.first * (table.n - table.first) * table.second * (table.n - table.second)
    if margins == 0:
        return 0.0
    cross = table.both * table.neither - table.only_first * table.only_second
    shrunken = max(cross - table.n / 2, 0.0) if cross > 0 else float(cross)
    return shrunken / math.sqrt(margins)
