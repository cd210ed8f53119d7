"""How many mutual pairs chance alone makes in each network, in every way that is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.network.acquaintance import Rule, pairs_of
from models.network.degree_preserving_null import (
    draw_null,
    effective_draws,
    potential_scale_reduction,
)
from models.network.independent_ties import fitted
from models.network.reciprocity import Counts, counts_of
from models.network.tie_tables import Ties
from models.refusal import NotIdentifiedError

Floats = NDArray[np.float64]
DRAWS: Final = 400
FEWEST_DRAWS: Final = 60
OTHER_DRAWS: Final = 100  # of the ways told beside the main one: their mean alone is used
FEWEST_OTHER_DRAWS: Final = 10
STEPS_BETWEEN: Final = 6
WORK: Final = 1.5e7  # tie-steps after which draws are cut back: in large data few of them say enough
FEWEST_EFFECTIVE: Final = 20.0
MIXED: Final = 1.1  # potential scale reduction up to which the chain counts as mixed
MAIN: Final[Rule] = "time_of_stay"
OTHERS: Final[tuple[Rule, ...]] = ("stays_overlapped", "whoever_entered_when")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Mutual pairs by chance: `draws` (B, N), and `formula` (N,) expected if ties were independent.

    `counts` those of the ties that the rule lets stand, of all networks. `effective` draws and `scale`
    reduction are of the sum over all networks; `moved` the share of proposed moves that were made,
    `misplaced` as in `IndependentTies`.
    """

    draws: Floats
    formula: Floats
    counts: Counts
    effective: float
    scale: float
    moved: float
    misplaced: float

    @property
    def mutual(self) -> Floats:
        """Expected mutual pairs of each network (N,)."""
        return np.asarray(self.draws.mean(axis=0), dtype=float)

    @property
    def mixed(self) -> bool:
        """Whether the chain can be believed: its halves agree, and the draws are worth enough."""
        return self.moved > 0.0 and self.scale <= MIXED and self.effective >= FEWEST_EFFECTIVE


def by_chance(ties: Ties, rule: Rule, *, seed: int, draws: int, steps_between: int) -> Chance:
    """Draw networks of the same degrees under a rule of who could have helped whom.

    With T ties, so many draws are made that draws x steps x T stays below a fixed amount of work, but never
    fewer than 60, or 10 for the ways told beside: with many ties the expected share is known from few.

    Raises
    ------
    NotIdentifiedError
        The rule needs dates that are not there, or no tie stands under it.
    """
    pairs, kept = pairs_of(ties, rule)
    if not len(kept.giver):
        raise NotIdentifiedError("nobody named somebody of the house who could have helped them")
    model = fitted(kept, pairs)
    affordable = int(WORK / (len(kept.giver) * steps_between))
    fewest = min(FEWEST_DRAWS if rule == MAIN else FEWEST_OTHER_DRAWS, draws)
    found = draw_null(
        kept, pairs, model.odds, draws=int(np.clip(affordable, fewest, draws)),
        steps_between=steps_between, seed=seed,
    )  # fmt: skip
    total = found.mutual.sum(axis=1)
    return Chance(
        draws=found.mutual, formula=model.mutual, counts=counts_of(kept), effective=effective_draws(total),
        scale=potential_scale_reduction(total), moved=found.moved, misplaced=model.misplaced,
    )  # fmt: skip


def p_value(draws: Floats, mutual: float, ties: float) -> float:
    """Two-sided p-value of a sum of networks: how often chance makes its reciprocity as far off, or further.

    Twice the smaller of the shares (1 + draws at or beyond) / (1 + B) on either side, no more than 1 (Besag
    & Clifford 1989, Biometrika 76:633, for draws from a chain). Reciprocity rises with the number of mutual
    pairs M alone, as the ties T are the same in every draw: M / (T - M).

    Parameters
    ----------
    draws : array (B,)
        Mutual pairs in drawn networks.
    mutual, ties : float
        Those observed.
    """
    assert 2.0 * mutual <= ties, "every mutual pair has two ties"
    above = (1 + int((draws >= mutual).sum())) / (1 + len(draws))
    below = (1 + int((draws <= mutual).sum())) / (1 + len(draws))
    return min(1.0, 2.0 * min(above, below))
