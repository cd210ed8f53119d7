"""Bootstrap by whole programs, within arms, for estimates that have no formula for their error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.comparison.cluster_sums import Codes, clusters_of
from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

DRAWS: Final = 1_000
MOST_FAILED: Final = 0.05  # share of draws without an answer beyond which the rest are not a fair sample
FEWEST: Final = 100  # draws with an answer below which limits of 95% cannot be read off
RULE = (
    "bootstrap of whole programs within arms, one fewer drawn than there are and weighted up (Rao & Wu "
    "1988); degrees of freedom programs less arms"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resamples:
    """How often each cluster counts in each draw.

    `multiples` (B, G) of the clusters, `of_person` (n,) each person's cluster, `df` clusters less arms.
    """

    multiples: Array
    of_person: Codes
    df: float

    def person_weights(self, draw: int) -> Array:
        """Multiples (n,) of the persons in one draw; 0 where their cluster was not drawn."""
        return np.asarray(self.multiples[draw][self.of_person])


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """Statistics (B, k) of the the draws with an answer, `failed` draws without one, and why the first."""

    values: Array
    failed: int
    reason: str
    df: float


def resampled(
    cluster: NDArray[Any], arms: NDArray[Any] | None = None, *, draws: int = DRAWS, seed: int = 0
) -> Resamples:
    """Draw clusters with replacement within each arm.

    Of G_a clusters of an arm G_a - 1 are drawn and each counts G_a / (G_a - 1) times: the variance of a mean
    of cluster values is then unbiased, where drawing all G_a makes it too small by (G_a - 1) / G_a, a fifth
    with five programs (Rao & Wu 1988, JASA 83:231). An arm keeps its number of clusters in each draw.

    Parameters
    ----------
    cluster : array (n,)
        Label of each person's cluster.
    arms : array (n,) or None
        Label of each person's arm. A cluster with persons of both arms (treatment given to persons) cannot be
        drawn within arms: leave `arms` out.
    draws, seed : int

    Raises
    ------
    NotIdentifiedError
        An arm with fewer than two clusters; a cluster in two arms; someone without a label.
    """
    clusters = clusters_of(cluster, arms)
    sizes = np.bincount(clusters.arm)
    random = np.random.default_rng(seed)
    multiples = np.zeros((draws, clusters.count))
    for one, size in enumerate(sizes):
        even = np.full(size, 1.0 / size)
        drawn = random.multinomial(size - 1, even, size=draws)
        multiples[:, clusters.arm == one] = drawn * (size / (size - 1.0))
    return Resamples(multiples=multiples, of_person=clusters.of_person, df=float(clusters.count - len(sizes)))


def replicates_of(statistic: Callable[[Array], Array], resamples: Resamples) -> Replicates:
    """Compute a statistic of each draw.

    Parameters
    ----------
    statistic : function of the persons' multiples (n,), to estimates (k,)
        Raises NotIdentifiedError, or gives a value that is not finite, where a draw has no answer (a draw may
        lack a kind of person).
    resamples : Resamples
    """
    values, reasons = [], []
    for draw in range(len(resamples.multiples)):
        try:
            value = np.atleast_1d(np.asarray(statistic(resamples.person_weights(draw)), dtype=float))
        except NotIdentifiedError as reason:
            reasons.append(str(reason))
            continue
        if np.all(np.isfinite(value)):
            values.append(value)
        else:
            reasons.append("a resample gives no number")
    return Replicates(
        values=np.array(values), failed=len(reasons), reason=reasons[0] if reasons else "", df=resamples.df
    )


def bootstrap_inference(
    names: Sequence[str], estimates: Array, replicates: Replicates, *, fewest: int = FEWEST
) -> Inference:
    """Covariance of k estimates from their replicates, with t intervals.

    V is the covariance of the replicates about their mean; df are clusters less arms: with few clusters the
    spread of the replicates is itself known from few values, which the percentile interval ignores.
    `fewest` draws with an answer are asked for; fewer than `FEWEST` only where covariances of several sets of
    draws are averaged.

    Raises
    ------
    NotIdentifiedError
        Too many draws without an answer, or too few with one.
    """
    values = _usable(replicates, fewest)
    beta = np.asarray(estimates, dtype=float)
    if beta.shape != (len(names),) or values.shape[1] != len(names):
        raise ValueError("names, estimates and replicates must have the same number of estimates")
    covariance = np.atleast_2d(np.cov(values, rowvar=False, ddof=1))
    left = f"; {replicates.failed} draws without an answer left out" if replicates.failed else ""
    return Inference(
        names=tuple(names), beta=beta, covariance=covariance, df=lambda contrast: replicates.df,
        rule=f"{RULE}; {len(values)} draws{left}", df_of="clusters",
    )  # fmt: skip


def expanded_percentiles(replicates: Replicates, *, level: float = LEVEL) -> tuple[Array, Array]:
    """Percentile limits (k,), (k,), widened for few clusters; for skewed statistics (indirect effects).

    The limits are the percentiles Phi(-t) and Phi(t) of the replicates, t the critical value of Student's t
    with clusters less arms as df: for a normal statistic the t interval, for others as skewed as the
    replicates are (Hesterberg 2015, The American Statistician 69:371, the expanded percentile interval;
    neither BCa, whose acceleration is a third moment that a dozen clusters do not tell, nor the plain
    percentile interval, which is too narrow).

    Raises
    ------
    NotIdentifiedError
        As `bootstrap_inference`; or df so few that the percentiles lie beyond the draws.
    """
    values = _usable(replicates)
    tail = float(special.ndtr(special.stdtrit(replicates.df, (1.0 - level) / 2.0)))
    if tail * (len(values) + 1) < 1.0:
        raise NotIdentifiedError("there are too few programs or draws for limits by percentiles")
    low, high = np.quantile(values, [tail, 1.0 - tail], axis=0, method="weibull")
    return low, high


def _usable(replicates: Replicates, fewest: int = FEWEST) -> Array:
    done = len(replicates.values)
    if replicates.failed > MOST_FAILED * (done + replicates.failed):
        raise NotIdentifiedError(
            f"more than {MOST_FAILED:.0%} of the bootstrap draws have no answer ({replicates.reason})"
        )
    if done < fewest:
        raise NotIdentifiedError(f"fewer than {fewest} bootstrap draws were made")
    return replicates.values
