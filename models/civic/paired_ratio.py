"""Ratio of two proportions of the same people, with Bonett and Price's interval."""

from __future__ import annotations

import math

from models.civic.paired_table import PairedTable
from models.civic.wilson import Z, wilson


def bonett_price(table: PairedTable) -> tuple[float, float, float]:
    """Second rate divided by first rate, and its 95% limits.

    Bonett & Price 2006, Stat Med 25:3039, hybrid of two Wilson intervals over the people who said yes
    at least once, their quantile shrunk so that together they cover the ratio at 95%; recommended by
    Fagerland, Lydersen & Laake 2014, Stat Med 33:2850.

    Raises
    ------
    ValueError
        Nobody said yes the first time: the ratio has no denominator.
    """
    if table.first == 0:
        raise ValueError("nobody said yes the first time: the ratio has no denominator")
    n = table.both + table.only_first + table.only_second
    first, second = table.first + 1, table.second + 1
    joint = math.sqrt((table.only_first + table.only_second + 2) / (first * second))
    apart = sum(math.sqrt((1 - count / (n + 2)) / count) for count in (first, second))
    z = Z * joint / apart
    low1, high1 = wilson(table.first, n, z)
    low2, high2 = wilson(table.second, n, z)
    return table.second / table.first, low2 / high1, high2 / low1
