"""How mutual the ties of a network are: counts of pairs and of people, network by network."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.network.tie_tables import Ties

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Sums over each of N networks, arrays (N,).

    `people` and `possible` ordered pairs of them; `ties`; `mutual` pairs, with a tie each way; `pairs` with a
    tie of any kind; people `with_tie`, and those of them who do `both`, give and receive; `squares` of their
    balances. `networks` is 1 for each network with a tie, so that sums of it count those.
    """

    people: Floats
    possible: Floats
    ties: Floats
    mutual: Floats
    pairs: Floats
    with_tie: Floats
    both: Floats
    squares: Floats
    networks: Floats

    def matrix(self) -> Floats:
        """All of them, (N, 9), in the order of the fields."""
        return np.column_stack([getattr(self, field.name) for field in fields(self)])


def counts_of(ties: Ties) -> Counts:
    """Count pairs and people of each network (dyad census: Holland & Leinhardt 1976)."""
    n = len(ties.size)
    of_tie = ties.of_tie()
    gives, receives = degrees(ties)
    any_tie = gives + receives
    balance = balances(ties)
    with_tie = any_tie > 0
    total = np.bincount(of_tie, minlength=n)
    mutual = np.bincount(of_tie, weights=returned(ties), minlength=n) / 2.0

    def people(values: NDArray[np.bool_] | Floats) -> Floats:
        return np.bincount(ties.network, weights=values.astype(float), minlength=n).astype(float)

    return Counts(
        people=ties.size.astype(float), possible=(ties.size * (ties.size - 1)).astype(float),
        ties=total.astype(float), mutual=mutual, pairs=total - mutual, with_tie=people(with_tie),
        both=people((gives > 0) & (receives > 0)), squares=people(np.where(with_tie, balance**2, 0.0)),
        networks=(total > 0).astype(float),
    )  # fmt: skip


def returned(ties: Ties) -> NDArray[np.bool_]:
    """Whether the tie of each place (T,) has its counterpart."""
    n = len(ties.network)
    there = ties.giver * n + ties.receiver
    back = ties.receiver * n + ties.giver
    return np.isin(back, there)


def degrees(ties: Ties) -> tuple[Ints, Ints]:
    """How many each person (n,) helped, and by how many they were helped."""
    n = len(ties.network)
    return np.bincount(ties.giver, minlength=n), np.bincount(ties.receiver, minlength=n)


def balances(ties: Ties) -> Floats:
    """Give-receive balance of each person (n,): (given - received) / (given + received).

    1 for who only gives, -1 for who only receives, NaN for who does neither.
    """
    gives, receives = degrees(ties)
    with np.errstate(invalid="ignore"):
        return np.asarray((gives - receives) / (gives + receives), dtype=float)
