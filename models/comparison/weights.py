"""Weights that make two arms alike, for three populations: everybody, the social arm, the overlap."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Target = Literal["ate", "att", "overlap"]
TARGETS: Final[tuple[Target, ...]] = ("ate", "att", "overlap")


def weights(score: Array, social: NDArray[np.bool_], target: Target) -> Array:
    """Balancing weights (n,), positive.

    With e the score: `ate`, everybody, stabilized: P(social) / e and P(clinical) / (1 - e) (Robins, Hernan &
    Brumback 2000, Epidemiology 11:550); `att`, the people of social programs: 1 and e / (1 - e); `overlap`,
    the people who might have entered either: 1 - e and e (Li, Morgan & Zaslavsky 2018, Journal of the
    American Statistical Association 113:390).
    """
    if target == "ate":
        share = float(social.mean())
        return np.where(social, share / score, (1.0 - share) / (1.0 - score))
    if target == "att":
        return np.where(social, 1.0, score / (1.0 - score))
    return np.where(social, 1.0 - score, score)


def slopes(score: Array, social: NDArray[np.bool_], target: Target) -> Array:
    """Differentiate `weights` in the log odds of the score: (n,); the share of `ate` is taken as known."""
    odds = score / (1.0 - score)
    if target == "ate":
        share = float(social.mean())
        return np.where(social, -share / odds, (1.0 - share) * odds)
    if target == "att":
        return np.where(social, 0.0, odds)
    spread = score * (1.0 - score)
    return np.where(social, -spread, spread)
