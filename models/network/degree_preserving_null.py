"""Networks in which everybody gives and receives as much as observed, who helps whom being left to chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.network.acquaintance import NEVER, Pairs
from models.network.tie_tables import Ties

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BURN_IN: Final = 20  # draws' worth of steps before the first draw, if a quarter of the draws is as many
LEAST_BURN_IN: Final = 8
JITTER: Final = (5.0, 60.0, 300.0)  # days: which ties are brought together in a step
APART: Final = 1e6  # days between the clocks of two networks, so that no step mixes them
CROWDED: Final = 16.0  # proposals in a step are thinned out where they would often touch the same pair


@dataclass(frozen=True, slots=True, kw_only=True)
class NullDraws:
    """Mutual pairs (draws, N) of each network in networks drawn by chance, and the share of moves made."""

    mutual: Floats
    moved: float


def draw_null(
    ties: Ties, pairs: Pairs, odds: Floats, *, draws: int, steps_between: int, seed: int
) -> NullDraws:
    """Draw networks with the numbers of ties that everybody gives and receives, and count mutual pairs.

    A Markov chain on the networks with the observed degrees, without loops or double ties, in which the
    probability of a network is proportional to the product of the `odds` of its ties' classes: with one class
    the uniform distribution, otherwise that of independent ties (`independent_ties`) given all degrees. A
    move exchanges the givers of two ties, or rotates those of three (which two-tie exchanges alone cannot
    always do: Roberts 2000, Social Networks 22:273), and is accepted by Metropolis's rule.

    Moves are made for many ties at once. In each step ties are brought together in twos or threes by a rule
    that looks at the receivers alone, whom no move changes, and at fresh random numbers. Every group
    proposes one move, which touches the pairs (giver, receiver) it would empty and fill. Two proposals that
    touch a same pair are both dropped. The others do not see each other, and reversed moves touch the same
    pairs: so each step keeps the distribution above, as moves one by one would (detailed balance).

    Parameters
    ----------
    ties, pairs
        Networks, and the classes of their pairs; every tie lies in a class.
    odds : array (K,)
        Of each class, positive where it has ties.
    draws, steps_between, seed : int
        Draws, steps from one to the next, and the seed of all random numbers.
    """
    chain = _Chain(ties, pairs, odds, np.random.default_rng(seed))
    found = np.zeros((draws, len(ties.size)))
    if not len(ties.giver):
        return NullDraws(mutual=found, moved=0.0)
    burn_in = int(np.clip(draws // 4, LEAST_BURN_IN, BURN_IN))
    for _ in range(burn_in * steps_between):
        chain.step()
    for draw in range(draws):
        for _ in range(steps_between):
            chain.step()
        found[draw] = chain.mutual()
    return NullDraws(mutual=found, moved=chain.moved / max(chain.proposed, 1))


class _Chain:
    """State of the chain: the giver of each tie; receivers stay as they are."""

    def __init__(self, ties: Ties, pairs: Pairs, odds: Floats, rng: np.random.Generator) -> None:
        self.rng = rng
        self.network = ties.of_tie()
        self.networks = len(ties.size)
        start, size, place = pairs.start[self.network], pairs.size[self.network], pairs.place
        # Half the bytes of the usual integers, and all pairs fit in (MOST_PAIRS).
        self.column, self.row, self.width, self.giver = (
            one.astype(np.int32)
            for one in (
                start + place[ties.receiver],
                start + place[ties.receiver] * size,
                size,
                place[ties.giver],
            )
        )
        self.there = np.zeros(len(pairs.of_cell), dtype=np.bool_)
        self.there[self.column + self.giver * self.width] = True
        with np.errstate(divide="ignore"):
            by_class = np.append(np.log(odds), np.full(NEVER + 1 - len(odds), -np.inf))
        self.log_odds = by_class.astype(np.float32)[pairs.of_cell]
        self.owner = np.zeros(len(pairs.of_cell), dtype=np.int32)
        entered = ties.entered[ties.receiver]
        clock = np.where(np.isfinite(entered), entered, 0.0)
        self.clock = clock - clock.min(initial=0.0) + self.network * APART
        count = np.bincount(self.network, minlength=self.networks)
        room = ties.size.astype(float) ** 2 / (CROWDED * np.maximum(count, 1))
        self.active = np.minimum(room, 1.0)[self.network]
        self.thinned = bool((room[self.network] < 1.0).any())
        self.moved = self.proposed = 0

    def step(self) -> None:
        """Propose moves for groups of two or three ties, and make those that can be made."""
        k = 2 if self.rng.random() < 0.7 else 3
        groups = self._groups(k)
        count = groups.shape[1]
        giver, column, width = self.giver[groups], self.column[groups], self.width[groups]
        turned = np.roll(giver, 1 if self.rng.random() < 0.5 else -1, axis=0)
        old, new = column + giver * width, column + turned * width
        made = ~self.there[new].any(axis=0)
        gain = self.log_odds[new].sum(axis=0) - self.log_odds[old].sum(axis=0)
        made &= np.log(self.rng.random(count)) < gain
        made &= ~self._shared(np.concatenate([old, new]))
        self.there[old[:, made]] = False
        self.there[new[:, made]] = True
        self.giver[groups[:, made]] = turned[:, made]
        self.moved += int(made.sum())
        self.proposed += count

    def _groups(self, k: int) -> Ints:
        """Ties in groups of k of one network (k, m), brought together by the receivers' time of entry."""
        jitter = JITTER[self.rng.integers(len(JITTER))]
        order = np.argsort(self.clock + jitter * self.rng.standard_normal(len(self.clock)))
        first = int(self.rng.integers(k))
        count = max((len(order) - first) // k, 0)
        groups = order[first : first + count * k].reshape(count, k).T
        kept = self.network[groups[0]] == self.network[groups[-1]]
        if self.thinned:
            kept &= self.rng.random(count) < self.active[groups[0]]
        return np.ascontiguousarray(groups[:, kept], dtype=np.int64)

    def _shared(self, cells: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether a proposal (m,) touches a pair, of its cells (2k, m), that another one touches as well.

        Each proposal signs its pairs, once in their order and once in the reverse: whoever is neither the
        last nor the first to sign a pair alone finds another's name there in one of the two.
        """
        names = np.tile(np.arange(cells.shape[1], dtype=np.int32), cells.shape[0])
        flat = cells.ravel()
        self.owner[flat] = names
        shared = self.owner[flat] != names
        # Copies: numpy undoes a reversed view before it writes, and the last would sign last again.
        self.owner[flat[::-1].copy()] = names[::-1].copy()
        shared |= self.owner[flat] != names
        return np.asarray(shared.reshape(cells.shape).any(axis=0))

    def mutual(self) -> Floats:
        """Mutual pairs of each network."""
        back = self.there[self.row + self.giver]
        return np.bincount(self.network, weights=back.astype(float), minlength=self.networks) / 2.0


def effective_draws(series: Floats) -> float:
    """How many independent draws the draws (B,) are worth: B / (1 + 2 sum of autocorrelations).

    The sum stops before the first pair of neighboring lags whose sum is not positive (Geyer 1992, Statistical
    Science 7:473). 0 where nothing varies.
    """
    away = series - series.mean()
    count = len(away)
    if not np.any(away):
        return 0.0
    spectrum = np.fft.rfft(away, 2 * count)
    lags = np.fft.irfft(spectrum * np.conj(spectrum))[:count]
    correlation = lags / lags[0]
    total = 0.0
    for lag in range(0, count - 1, 2):
        pair = correlation[lag] + correlation[lag + 1]
        if pair <= 0.0:
            break
        total += pair
    return float(count / max(2.0 * total - 1.0, 1.0 / count))


def potential_scale_reduction(series: Floats) -> float:
    """How much the first half of the draws (B,) differs from the second: near 1 where they agree.

    Square root of (mean variance of the halves (1 - 1/h) + variance of their means) over the former, h = B/2
    (Gelman & Rubin 1992, Statistical Science 7:457, on halves). 1 where nothing varies.
    """
    half = len(series) // 2
    halves = np.stack([series[:half], series[-half:]])
    within = float(halves.var(axis=1, ddof=1).mean())
    if not within > 0.0:
        return 1.0 if np.ptp(halves.mean(axis=1)) == 0.0 else float("inf")
    between = float(halves.mean(axis=1).var(ddof=1))
    return float(np.sqrt((half - 1.0) / half + between / within))
