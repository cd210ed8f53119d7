"""Counts that add up to each other: which of them must go, so that no small one can be worked out.

A withheld count is told by the shown ones where they leave it hardly any room: people due are those who came
and those lost; all are those of one kind of program and of the other. How much room is left is a linear
program: the least and the largest value that agrees with every shown count (an attacker knows the sums, and
that no count is negative). Counts go until each small one has room for as many values as the rule hides.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
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
    return _Told(counts, sums, maximum)(set(withheld))


class _Told:
    """`told`, asked many times: the bounds of counts that hang together are worked out once."""

    def __init__(self, counts: Counts, sums: Sequence[Sum], maximum: int) -> None:
        self._counts, self._sums, self._maximum = counts, sums, maximum
        self._sums_of: dict[Any, list[int]] = {}
        for place, one in enumerate(sums):
            for name in one:
                self._sums_of.setdefault(name, []).append(place)
        self._bounds: dict[tuple[Any, frozenset[Any]], tuple[int, float]] = {}
        self._limits: dict[frozenset[Any], dict[Any, tuple[int, float]]] = {}

    def __call__(self, hidden: set[Any]) -> dict[Any, tuple[int, float]]:
        found = {}
        for name in hidden:
            if 1 <= self._counts[name] <= self._maximum:
                low, high = self.room(name, hidden)
                if high - low < self._maximum:
                    found[name] = (low, high)
        return found

    def room(self, name: Any, hidden: set[Any]) -> tuple[int, float]:
        together, about = self._together(name, hidden)
        key = (name, frozenset(together))
        if key not in self._bounds:
            self._bounds[key] = self._worked_out(name, together, [self._sums[place] for place in about])
        return self._bounds[key]

    def _worked_out(self, name: Any, together: set[Any], about: list[Sum]) -> tuple[int, float]:
        """Tighten limits sum by sum, quicker than a linear program; solve that where it may tell more.

        Limits so tightened hold for certain. They are the tightest where no circle leads over sums and
        withheld counts from one count back to it: as many links as all of these, less one.
        """
        key = frozenset(together)
        if key not in self._limits:
            self._limits[key] = _tightened(self._counts, about, together)
        low, high = self._limits[key][name]
        links = sum(len(set(one) & together) for one in about)
        if high - low < self._maximum or links == len(together) + len(about) - 1:
            return low, high
        return bounds(self._counts, about, together, name)

    def _together(self, name: Any, hidden: set[Any]) -> tuple[set[Any], list[int]]:
        """Give the withheld counts that hang together with one over withheld counts, and their sums."""
        together, left = {name}, [name]
        about: set[int] = set()
        while left:
            for place in set(self._sums_of.get(left.pop(), ())) - about:
                about.add(place)
                new = (set(self._sums[place]) & hidden) - together
                together |= new
                left += new
        return together, sorted(about)

    def near(self, name: Any, hidden: set[Any]) -> set[Any]:
        """Give the shown counts that bound one: those of its sums and of the sums it hangs together with."""
        _, about = self._together(name, hidden)
        return {one for place in about for one in self._sums[place]} - hidden


def _tightened(counts: Counts, sums: Sequence[Sum], hidden: Collection[Any]) -> dict[Any, tuple[int, float]]:
    """Bound each withheld count by each sum, given the bounds of the others in it, until nothing changes."""
    limits: dict[Any, tuple[int, float]] = dict.fromkeys(hidden, (0, math.inf))
    limits |= {name: (counts[name], counts[name]) for one in sums for name in one if name not in limits}
    for _ in range(2 * len(limits)):
        before = dict(limits)
        for one in sums:
            for name in one:
                if name in hidden:
                    ends = [
                        (-factor / one[name] * limits[other][0], -factor / one[name] * limits[other][1])
                        for other, factor in one.items()
                        if other != name
                    ]
                    low, high = sum(min(end) for end in ends), sum(max(end) for end in ends)
                    limits[name] = (
                        max(limits[name][0], math.ceil(low - NEAR) if math.isfinite(low) else 0),
                        min(limits[name][1], math.floor(high + NEAR) if math.isfinite(high) else high),
                    )
        if limits == before:
            break
    return limits


def withheld_counts(
    counts: Counts,
    sums: Sequence[Sum],
    *,
    maximum: int,
    never_shown: Iterable[Any] = (),
    yields_first: Collection[Any] = (),
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
    yields_first
        Counts that say little: they go before others, where that gives room.

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
    ask = _Told(counts, sums, maximum)

    def order(name: Any) -> tuple[bool, int, str]:
        return name not in yields_first, counts[name], str(name)

    while tight := ask(gone):
        name = min(tight, key=lambda one: (tight[one][1] - tight[one][0], str(one)))
        gone.add(_next(ask, gone, name, sorted(ask.near(name, gone), key=order), maximum))
    for name in sorted(gone - first, key=order, reverse=True):
        if not ask(gone - {name}):
            gone.remove(name)
    return gone


def _next(ask: _Told, gone: set[Any], name: Any, others: Sequence[Any], maximum: int) -> Any:
    """Find the count whose loss gives `name` room."""
    best: tuple[float, Any] | None = None
    for other in others:
        low, high = ask.room(name, {*gone, other})
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
