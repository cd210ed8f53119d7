"""Ties without any reciprocity: each on its own, given how much people give and receive and who met whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.network.acquaintance import NEVER, Pairs
from models.network.reciprocity import degrees
from models.network.tie_tables import Ties

Floats = NDArray[np.float64]
ITERATIONS: Final = 200
CLOSE: Final = 1e-3  # share of ties that may be misplaced


@dataclass(frozen=True, slots=True, kw_only=True)
class IndependentTies:
    """How frequent ties are in each class of pairs, and the mutual pairs to be expected by chance.

    `odds` (K,) of a tie, up to a factor that all classes share; `mutual` (N,) expected number of mutual pairs
    of each network, `ties` (N,) of ties; `misplaced` how far the expected ties given are from those observed,
    summed over people, as a share of all ties: 0 at the maximum of the likelihood.
    """

    odds: Floats
    mutual: Floats
    ties: Floats
    misplaced: float


def fitted(ties: Ties, pairs: Pairs) -> IndependentTies:
    """Fit the model of independent ties, and count the mutual pairs it expects.

    P(i helps j) = a_i b_j w_k / (1 + a_i b_j w_k) with k the class of the pair, every tie on its own: the
    model p1 of Holland & Leinhardt (1981, Journal of the American Statistical Association 76:33) without its
    reciprocity, with the classes added. Maximum likelihood: the expected ties given and received by each
    person, and in each class, are those observed; found by scaling a, b and w in turn to that end. Expected
    mutual pairs of a network: sum over its pairs of P(i helps j) P(j helps i). Here degrees hold on average
    only, in the switched networks of `degree_preserving_null` exactly; the two come close in all but the
    smallest networks, and each checks the other.
    """
    n, networks = len(ties.network), len(ties.size)
    gives, receives = (one.astype(float) for one in degrees(ties))
    cells, giver, receiver = _open_cells(ties, pairs, gives, receives)
    kind = pairs.of_cell[cells]
    of_tie = pairs.of_cell[pairs.cells(ties, ties.giver, ties.receiver)]
    observed = _sums(of_tie, np.ones(len(of_tie)), pairs.classes)
    a, b, w = gives.copy(), receives / max(len(ties.giver), 1), np.ones(pairs.classes)
    total = float(len(ties.giver))
    chance, misplaced = np.zeros(len(cells)), 0.0
    for _ in range(ITERATIONS if len(cells) else 0):
        chance = _chance(a[giver] * b[receiver] * w[kind])
        told = _sums(giver, chance, n)
        misplaced = float(np.abs(told - gives).sum()) / total
        if misplaced < CLOSE:
            break
        w *= _ratio(observed, _sums(kind, chance, pairs.classes))
        a *= _ratio(gives, told)
        chance = _chance(a[giver] * b[receiver] * w[kind])
        b *= _ratio(receives, _sums(receiver, chance, n))
    dense = np.zeros(len(pairs.of_cell))
    dense[cells] = chance
    back = dense[pairs.cells(ties, receiver, giver)]
    network = ties.network[receiver]
    return IndependentTies(
        odds=w, mutual=_sums(network, chance * back, networks) / 2.0,
        ties=_sums(network, chance, networks), misplaced=misplaced,
    )  # fmt: skip


def _open_cells(
    ties: Ties, pairs: Pairs, gives: Floats, receives: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cells in which a tie can be, of somebody who gives and somebody who receives."""
    size = ties.size[ties.network]
    giving = np.repeat(gives > 0, size)
    cells = np.flatnonzero(giving & (pairs.of_cell != NEVER))
    network = np.searchsorted(pairs.start, cells, side="right") - 1
    first = np.concatenate([[0], np.cumsum(ties.size)])[network]
    inside = cells - pairs.start[network]
    giver, receiver = first + inside // pairs.size[network], first + inside % pairs.size[network]
    kept = receives[receiver] > 0
    return cells[kept], giver[kept], receiver[kept]


def _chance(odds: Floats) -> Floats:
    return np.asarray(odds / (1.0 + odds), dtype=float)


def _sums(place: NDArray[np.integer[Any]], values: Floats, count: int) -> Floats:
    """Add up values (n,) by place: (count,)."""
    return np.bincount(place, weights=values, minlength=count).astype(float)


def _ratio(observed: Floats, expected: Floats) -> Floats:
    return np.divide(observed, expected, out=np.ones_like(observed), where=expected > 0.0)
