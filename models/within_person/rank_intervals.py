"""Which of several estimates is the largest: ranks, with intervals that hold for all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.inference.contrast import two_sided_critical, weights_of
from models.refusal import NotIdentifiedError

DRAWS: Final = 100_000
SEED: Final = 20240
RULE: Final = (
    "rank set of Mogstad, Romano, Shaikh & Wilhelm 2024 from simultaneous intervals of all pairwise "
    "differences; critical value simulated from the joint covariance"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Rank of one coefficient among several, 1 the largest, and the ranks that cannot be ruled out."""

    name: str
    rank: int
    low: int
    high: int
    df: float


def ranked(
    of: Inference, names: Sequence[str], *, level: float = LEVEL, draws: int = DRAWS, seed: int = SEED
) -> tuple[Ranked, ...]:
    """Rank the coefficients `names` by size, the largest first, with simultaneous intervals.

    Estimand: 1 + the number of coefficients that are truly larger. For all pairs the differences get
    intervals d -+ c se that hold together with probability `level`: c is the quantile of the largest |t| over
    the pairs, t multivariate with the correlations of the differences and the smallest df of any (for one
    pair the t quantile itself). The lowest rank of j is 1 + the number whose difference to j lies above zero
    altogether, the highest is K - the number whose difference lies below. With probability of at least
    `level` all intervals hold their ranks at once (Mogstad, Romano, Shaikh & Wilhelm 2024, Review of
    Economic Studies 91:476).

    Raises
    ------
    NotIdentifiedError
        A difference without a standard error or degrees of freedom.
    ValueError
        Fewer than two names.
    """
    if len(names) < 2:
        raise ValueError("a rank needs two estimates or more")
    pairs = list(combinations(range(len(names)), 2))
    rows = np.array([weights_of(of, {names[a]: 1.0, names[b]: -1.0}) for a, b in pairs])
    difference = rows @ of.beta
    covariance = rows @ of.covariance @ rows.T
    variance = np.diag(covariance)
    if not (np.all(np.isfinite(difference)) and np.all(np.isfinite(variance)) and np.all(variance > 0.0)):
        raise NotIdentifiedError("the estimates cannot be told apart: a difference has no standard error")
    error = np.sqrt(variance)
    df = min(float(of.df(row)) for row in rows)
    if not df > 0.0:
        raise NotIdentifiedError("a difference of the estimates has no degrees of freedom")
    reach = _critical(covariance / np.outer(error, error), df, level=level, draws=draws, seed=seed) * error
    above = np.zeros((len(names), len(names)), dtype=bool)  # [a, b]: a is surely larger than b
    for (a, b), value, far in zip(pairs, difference, reach, strict=True):
        above[a, b], above[b, a] = value - far > 0.0, value + far < 0.0
    values = np.array([of.beta[of.names.index(name)] for name in names])
    return tuple(
        Ranked(
            name=name, rank=1 + int((values > values[j]).sum()), low=1 + int(above[:, j].sum()),
            high=len(names) - int(above[j].sum()), df=df,
        )
        for j, name in enumerate(names)
    )  # fmt: skip


def _critical(correlation: Array, df: float, *, level: float, draws: int, seed: int) -> float:
    """Quantile of the largest |t| of several with these correlations and one common scale."""
    if len(correlation) == 1:
        return two_sided_critical(1.0 - level, df)
    values, vectors = np.linalg.eigh(correlation)
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((draws, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    if np.isfinite(df):
        drawn /= np.sqrt(random.chisquare(df, draws) / df)[:, None]
    return float(np.quantile(np.abs(drawn).max(axis=1), level))
