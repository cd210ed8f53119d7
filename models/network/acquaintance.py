"""Who could have helped whom: ordered pairs of people of a house, in classes by when the two were there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.network.tie_tables import Ties
from models.refusal import NotIdentifiedError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Classes = NDArray[np.uint8]
Rule = Literal["time_of_stay", "stays_overlapped", "whoever_entered_when"]
NEVER: Final = (
    255  # the class of pairs between which a tie cannot be: of a person with themselves, first of all
)
MOST_PAIRS: Final = 50_000_000  # of all houses: the tables of pairs then take some four gigabytes
TIES_IN_BAND: Final = 150  # fewer, and the error of a band's density would make chance look larger
MOST_BANDS: Final = 6  # of pairs whose stays overlapped, and as many of the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """All ordered pairs of people of one network, those of all networks in a row of C cells.

    The cell of giver i and receiver j of one network is start + i size + j, with `start` (N,) the network's
    first cell, `size` (N,) its people, i and j their places in it, `place` (n,). `of_cell` (C,) is the
    class of the pair, 0 to `classes` - 1 or `NEVER`.
    """

    start: Ints
    size: Ints
    place: Ints
    of_cell: Classes
    classes: int

    def cells(self, ties: Ties, first: Ints, second: Ints) -> Ints:
        """Cells of the pairs (T,) of `first` as giver and `second` as receiver."""
        network = ties.network[second]
        return self.start[network] + self.place[first] * self.size[network] + self.place[second]


def pairs_of(ties: Ties, rule: Rule) -> tuple[Pairs, Ties]:
    """Put all pairs into classes by a rule, and keep the ties between those that can have one.

    whoever_entered_when: everybody of a house could have helped everybody. stays_overlapped: only who was in
    the house on one same day. time_of_stay: bands of days between the two entries, apart for pairs whose
    stays overlapped and others; each band holds about as many ties, no fewer than 150 if there are more than
    one, and there are no more than six of a kind. Pairs further apart than any pair with a tie can have
    none. In which bands ties are frequent is found from the ties themselves (`independent_ties.fitted`):
    people still meet after they have left, and how long is not known beforehand. Pairs of a person without a
    date are a class of their own.

    Raises
    ------
    NotIdentifiedError
        A rule that needs dates, and there are none; or so many people in a house that their pairs cannot be
        listed.
    """
    if float((ties.size.astype(float) ** 2).sum()) > MOST_PAIRS:
        raise NotIdentifiedError("the houses hold too many people for all their pairs to be listed")
    start = np.concatenate([[0], np.cumsum(ties.size**2)]).astype(np.int64)[:-1]
    first = np.concatenate([[0], np.cumsum(ties.size)]).astype(np.int64)[:-1]
    place = np.arange(len(ties.network)) - first[ties.network]
    empty = np.empty(0, dtype=np.uint8)
    pairs = Pairs(start=start, size=ties.size, place=place, of_cell=empty, classes=1)
    giver, receiver = _everybody(ties, first)
    if rule == "whoever_entered_when":
        of_cell, classes = np.zeros(len(giver), dtype=np.uint8), 1
    else:
        if not np.isfinite(ties.entered).any():
            raise NotIdentifiedError("who was in the house at the same time is not known")
        of_cell, classes = _timed(ties, giver, receiver, banded=rule == "time_of_stay")
    of_cell[giver == receiver] = NEVER
    made = replace(pairs, of_cell=of_cell, classes=classes)
    can = of_cell[made.cells(ties, ties.giver, ties.receiver)] != NEVER
    return made, replace(ties, giver=ties.giver[can], receiver=ties.receiver[can])


def _everybody(ties: Ties, first: Ints) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Giver and receiver of every cell (C,)."""
    size = ties.size[ties.network]
    giver = np.repeat(np.arange(len(ties.network), dtype=np.int32), size)
    ends = np.cumsum(size)
    within = np.arange(len(giver), dtype=np.int64) - np.repeat(ends - size, size)
    receiver = (within + np.repeat(first[ties.network], size)).astype(np.int32)
    return giver, receiver


def _timed(
    ties: Ties, giver: NDArray[np.int32], receiver: NDArray[np.int32], *, banded: bool
) -> tuple[Classes, int]:
    entered, left = ties.entered, ties.left
    apart, met = _apart(entered, left, giver, receiver)
    of_tie, met_tie = _apart(entered, left, ties.giver, ties.receiver)
    known = np.isfinite(apart)
    of_cell = np.full(len(giver), NEVER, dtype=np.uint8)
    if not banded:
        of_cell[known & met] = 0
        return of_cell, 1
    classes = 0
    for together in (True, False):
        own = known & (met == together)
        edges = _edges(of_tie[np.isfinite(of_tie) & (met_tie == together)])
        band = np.searchsorted(edges, apart[own])
        of_cell[own] = np.where(band < len(edges), classes + band, NEVER)
        classes += len(edges)
    of_cell[~known] = classes
    return of_cell, classes + 1


def _apart(
    entered: Floats, left: Floats, giver: NDArray[np.int32] | Ints, receiver: NDArray[np.int32] | Ints
) -> tuple[Floats, NDArray[np.bool_]]:
    """Days between the entries of the two, NaN where not known, and whether their stays share a day."""
    apart = np.abs(entered[giver] - entered[receiver])
    met = (entered[giver] <= left[receiver]) & (entered[receiver] <= left[giver])
    return apart, met


def _edges(apart: Floats) -> Floats:
    """Upper edges of bands of days that hold about as many of the ties each; the last is the longest."""
    if not len(apart):
        return np.empty(0)
    bands = int(np.clip(len(apart) // TIES_IN_BAND, 1, MOST_BANDS))
    return np.unique(np.quantile(apart, np.arange(1, bands + 1) / bands, method="higher"))
