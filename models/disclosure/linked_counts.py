"""Counts that add up to each other: which of them must go, so that no small one can be worked out.

A withheld count is told by the shown ones where they leave it hardly any room: people due are those who came
and those lost; all are those of one kind of program and of the other. How much room is left is a linear
program: the least and the largest value that agrees with every shown count (an attacker knows the sums, and
that no count is negative). Counts go until each small one has room for as many values as the rule hides.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog

Counts = Mapping[Any, int]  # people, by any hashable name
Sum = Mapping[Any, int]  # coefficients of counts that add up to zero: {"due": 1, "came": -1, "lost": -1}
NEAR: Final = 1e-6


def bounds(counts: Counts, sums: Sequence[Sum], withheld: Iterable[Any], of: Hashable) -> tuple[int, float]:
    """Find the least and the largest whole number that a withheld count may be, given those shown.

    Parameters
    ----------
    counts
        Every count by its name, people.
    sums
        What adds up to zero.
    withheld
        Names not shown; all others are known.
    of
        One of them.

    Returns
    -------
    tuple of int and float
        The largest is infinite where nothing bounds it.
    """
    hidden = set(withheld)
    linked = _linked([{name: 1 for name in one if name in hidden} for one in sums], of)
    names = sorted(linked, key=str)
    place = {name: index for index, name in enumerate(names)}
    matrix, right = [], []
    for one in sums:
        row = np.zeros(len(names))
        for name, factor in one.items():
            if name in place:
                row[place[name]] += factor
        if row.any():
            matrix.append(row)
            right.append(-sum(factor * counts[name] for name, factor in one.items() if name not in place))
    aim = np.zeros(len(names))
    aim[place[of]] = 1.0
    found = []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign * aim, A_eq=np.array(matrix) if matrix else None, b_eq=right or None, bounds=(0, None)
        )
        found.append(sign * solved.fun if solved.status == 0 else math.inf)
    return math.ceil(found[0] - NEAR), math.inf if math.isinf(found[1]) else math.floor(found[1] + NEAR)


def told(
    counts: Counts, sums: Sequence[Sum], withheld: Iterable[Any], *, maximum: int
) -> dict[Any, tuple[int, float]]:
    """Give the small counts that have too little room, with their bounds: fewer than `maximum` + 1 values."""
    names = list(withheld)
    found = {}
    for name in names:
        if 1 <= counts[name] <= maximum:
            low, high = bounds(counts, sums, names, name)
            if high - low < maximum:
                found[name] = (low, high)
    return found


def withheld_counts(
    counts: Counts,
    sums: Sequence[Sum],
    *,
    maximum: int,
    never_shown: Iterable[Any] = (),
) -> set[Any]:
    """Choose which counts to withhold: those of 1 to `maximum`, and what would give one of them back.

    Small counts go first (the primary rule). Then, as long as one of them has room for fewer than `maximum`
    + 1 values, one more goes: the smallest that gives it enough room, else the one that gives most. What then
    need not have gone comes back, the largest first. The choice is greedy: close to the least possible loss,
    and not always the least.

    Parameters
    ----------
    counts
        Every count by its name, people.
    sums
        What adds up to zero.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.
    never_shown
        Counts that no table shows but that follow from others, such as people left out.

    Returns
    -------
    set
        Names of the counts to withhold, `never_shown` among them.

    Raises
    ------
    ValueError
        The counts do not add up as the sums say.
    """
    for one in sums:
        if total := sum(factor * counts[name] for name, factor in one.items()):
            raise ValueError(f"counts that should add up are apart by {total}: {sorted(map(str, one))}")
    if not maximum:
        return set(never_shown)
    first = set(never_shown) | {name for name, count in counts.items() if 1 <= count <= maximum}
    gone = set(first)
    while tight := told(counts, sums, gone, maximum=maximum):
        name = min(tight, key=lambda one: (tight[one][1] - tight[one][0], str(one)))
        gone.add(_next(counts, sums, gone, name, maximum))
    for name in sorted(gone - first, key=lambda one: (-counts[one], str(one))):
        if not told(counts, sums, gone - {name}, maximum=maximum):
            gone.remove(name)
    return gone


def _next(counts: Counts, sums: Sequence[Sum], gone: set[Any], name: Hashable, maximum: int) -> Any:
    """Find the count whose loss gives `name` room."""
    best: tuple[float, Hashable] | None = None
    for other in sorted(_linked(sums, name) - gone, key=lambda one: (counts[one], str(one))):
        low, high = bounds(counts, sums, [*gone, other], name)
        if high - low >= maximum:
            return other
        if best is None or high - low > best[0]:
            best = (high - low, other)
    assert best is not None, "with every linked count withheld, nothing bounds a count from above"
    return best[1]


def _linked(sums: Sequence[Sum], name: Hashable) -> set[Any]:
    """Find the counts that hang together with one, over any number of sums."""
    linked = {name}
    while grown := {one for total in sums if linked & set(total) for one in total} - linked:
        linked |= grown
    return linked
