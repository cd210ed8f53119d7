"""Who has somebody comparable in the other arm, and for how many people a weighted arm stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.estimate import MINIMUM_PEOPLE
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
TRIM: Final = 0.1  # the rule of thumb of Crump and others 2009: kept are scores from .1 to .9


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Who is `kept` (n,), and the share kept of each arm."""

    kept: NDArray[np.bool_]
    share_social: float
    share_clinical: float

    @property
    def lesser_share(self) -> float:
        """Share kept of the arm that loses more."""
        return min(self.share_social, self.share_clinical)


def overlap(score: Array, social: NDArray[np.bool_], *, trim: float = TRIM) -> Overlap:
    """Keep the people whose chance of a social program lies between `trim` and 1 - `trim`.

    Crump, Hotz, Imbens & Mitnik 2009 (Biometrika 96:187): dropping people whose score lies outside .1 to .9
    nearly minimizes the variance of the average effect for a wide range of distributions. The answer is then
    about the people kept.

    Raises
    ------
    NotIdentifiedError
        No overlap: fewer than `MINIMUM_PEOPLE` of an arm are left.
    """
    kept = (score >= trim) & (score <= 1.0 - trim)
    if min(int((kept & social).sum()), int((kept & ~social).sum())) < MINIMUM_PEOPLE:
        raise NotIdentifiedError(
            f"no overlap: fewer than {MINIMUM_PEOPLE} people of one kind of program have a chance between "
            f"{trim:.0%} and {1.0 - trim:.0%} of having entered the other"
        )
    return Overlap(
        kept=kept, share_social=float(kept[social].mean()), share_clinical=float(kept[~social].mean())
    )


def effective_people(weights: Array) -> float:
    """Kish's effective sample size (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling, sec. 11.7)."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0.0 else 0.0


def effective_sample_size(weights: Array, social: NDArray[np.bool_]) -> float:
    """Effective sample size of the arm that has less."""
    return min(effective_people(weights[social]), effective_people(weights[~social]))
