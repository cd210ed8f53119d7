"""Several outcomes at once: p-values and intervals that allow for having looked more than once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.cluster_sums import (
    CenteredSums,
    centered_sums,
    clusters_of,
    correction_of,
    working_of,
)
from models.comparison.wild_bootstrap import influence_scores, webb_weights
from models.estimate import LEVEL
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

DRAWS: Final = 9_999
BLOCK: Final = 2_000_000  # numbers drawn at a time, for memory
MANY: Final = 100.0  # degrees of freedom from which the spread of the errors no longer matters
WORKING_RULE = "max-t over the outcomes, step-down; normal cluster sums drawn under the working model"
WILD_RULE = "max-t over the outcomes, step-down; restricted wild draws of whole clusters, Webb's weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simultaneous:
    """Tests and intervals of k outcomes that hold together.

    `p_values` are adjusted (step-down); the intervals `low`, `high` hold all at once with the probability
    asked for: estimate -+ `critical` * error (single-step; None where only tests were made).
    """

    names: tuple[str, ...]
    p_values: Array
    critical: float | None
    low: Array | None
    high: Array | None
    rule: str


def holm(p_values: Sequence[float]) -> Array:
    """Adjust p-values so that any false finding has the nominal probability, whatever their dependence.

    Step-down Bonferroni (Holm 1979, Scandinavian Journal of Statistics 6:65): the j-th smallest of k times
    k - j + 1, not below those before it, at most 1.

    Raises
    ------
    ValueError
        A p-value outside 0 to 1, or missing.
    """
    p, order = _sorted(p_values)
    steps = p[order] * np.arange(len(p), 0, -1)
    return _restored(np.minimum(np.maximum.accumulate(steps), 1.0), order)


def benjamini_hochberg(p_values: Sequence[float]) -> Array:
    """Adjust p-values so that the expected share of false among the findings is the nominal one.

    Benjamini & Hochberg 1995 (JRSS B 57:289): the j-th smallest of k times k / j, not above those after it.
    Holds for independent or positively dependent outcomes.

    Raises
    ------
    ValueError
        As `holm`.
    """
    p, order = _sorted(p_values)
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    return _restored(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def max_t(
    names: Sequence[str],
    estimates: Array,
    std_errors: Array,
    influence: Array,
    *,
    cluster: NDArray[Any],
    arms: NDArray[Any],
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> Simultaneous:
    """Test k estimates together by the largest of their t statistics, with intervals that hold together.

    The chance that any |t| exceeds c where no difference exists is found by drawing cluster sums: normal,
    with variances by the working model of `clusters.influence_inference` (what programs share averaged over
    the outcomes) and the shrunk correlations of the observed corrected sums; each draw is centered and
    studentized as the data are. So both the few clusters (heavy tails) and the correlation of outcomes (less
    to pay than Bonferroni) are in it. Adjusted p: step-down (Westfall & Young 1993, Resampling-Based Multiple
    Testing, ch. 2; Romano & Wolf 2005, JASA 100:94). Intervals: single-step.

    Unrestricted wild draws, the more common choice, reject too often with few unequal clusters (MacKinnon &
    Webb 2018); restricted ones belong to one null value and give no intervals: `wild_max_t`, beside it.

    Parameters
    ----------
    names : sequence of k str
    estimates, std_errors : array (k,)
        The errors may be pooled over imputed copies; the draws then stand for the spread of one copy's.
    influence : array (n, k)
        Influence functions, of one copy or averaged over copies.
    cluster, arms : array (n,)
        Two arms of clusters.
    draws, seed : int

    Raises
    ------
    NotIdentifiedError
        As `clusters.influence_inference`; or an estimate without a standard error.
    """
    t = _statistics(names, estimates, std_errors)
    psi = np.asarray(influence, dtype=float)
    clusters = clusters_of(cluster, arms)
    if psi.shape != (len(clusters.of_person), len(names)):
        raise ValueError("influence functions have a row for each person and a column for each estimate")
    if not np.all(np.isfinite(psi)):
        raise NotIdentifiedError("an estimate has no number for someone, and leaving them out would mislead")
    drawn = np.vstack(list(_working_draws(centered_sums(clusters, psi), draws, seed)))
    critical = float(np.quantile(drawn.max(axis=1), level, method="higher"))
    beta, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    return Simultaneous(
        names=tuple(names), p_values=_stepped_down(t, drawn), critical=critical,
        low=beta - critical * errors, high=beta + critical * errors,
        rule=f"{WORKING_RULE}; {len(drawn)} draws",
    )  # fmt: skip


def wild_max_t(
    names: Sequence[str],
    estimates: Array,
    influence: Array,
    *,
    cluster: NDArray[Any],
    arms: NDArray[Any],
    draws: int = DRAWS,
    seed: int = 0,
) -> Simultaneous:
    """Test k estimates together by restricted wild draws of whole clusters; adjusted p-values only.

    Each draw gives every outcome's clusters the same weights, so that their correlation is kept; null and
    statistics of each as `wild_bootstrap.wild_influence_p`. Step-down as `max_t`.

    Raises
    ------
    NotIdentifiedError
        As `wild_bootstrap.wild_influence_p`.
    """
    beta = np.asarray(estimates, dtype=float)
    scores = influence_scores(np.asarray(influence, dtype=float), cluster, arms, None)
    if beta.shape != (len(names),) or len(scores) != len(names):
        raise ValueError("names, estimates and influence functions must have the same number of estimates")
    weights, _ = webb_weights(len(scores[0].fixed), draws, seed)
    columns: list[Array] = []
    observed: list[Array] = []
    for value, score in zip(beta, scores, strict=True):
        ones = np.ones((1, len(score.fixed)))
        for draw, into in ((ones, observed), (weights, columns)):
            a0, a1 = score.numerators(draw)
            k0, k1 = score.cluster_sums(draw)
            spread = (k0 + value * k1) ** 2 @ score.correction
            into.append(_ratio(np.abs(a0 + value * a1), np.sqrt(spread)))
    return Simultaneous(
        names=tuple(names), p_values=_stepped_down(np.array(observed)[:, 0], np.column_stack(columns)),
        critical=None, low=None, high=None, rule=f"{WILD_RULE}; {len(weights)} draws",
    )  # fmt: skip


def _working_draws(centered: CenteredSums, draws: int, seed: int) -> Iterator[Array]:
    """Draw |t| of the k outcomes (b, k) under their working models, in blocks."""
    clusters = centered.clusters
    each = np.eye(centered.sums.shape[1])
    shared = float(np.mean([centered.shared(one) for one in each]))
    spread = np.column_stack([centered.spread(one, shared) for one in each])
    correction = np.column_stack([correction_of(clusters, column) for column in spread.T])
    df = clusters.count - clusters.members().shape[1]
    root = _correlation_root(centered.sums * np.sqrt(correction), df)
    random = np.random.default_rng(seed)
    fewest = min(
        working_of(clusters, one, column).satterthwaite()
        for one, column in zip(correction.T, spread.T, strict=True)
    )
    if fewest >= MANY:
        yield np.abs(random.standard_normal((draws, len(root))) @ root.T)
        return
    members, sizes = clusters.members(), np.sqrt(spread)
    block = max(1, BLOCK // spread.size)
    for first in range(0, draws, block):
        shape = (min(block, draws - first), *spread.shape)
        drawn = (random.standard_normal(shape) @ root.T) * sizes
        by_arm = np.einsum("ga,bgk->bak", members, drawn)
        away = drawn - clusters.share[None, :, None] * by_arm[:, clusters.arm]
        yield np.abs(drawn.sum(axis=1)) / np.sqrt(np.einsum("gk,bgk->bk", correction, away**2))


def _correlation_root(sums: Array, df: int) -> Array:
    """Root (k, k) of the correlations of k columns of cluster sums, shrunk toward none.

    Few clusters make correlations look larger than they are, and outcomes more alike. They are multiplied by
    1 - the sum of their sampling variances (1 - r^2)^2 / df by that of their squares (Schafer & Strimmer
    2005, Statistical Applications in Genetics and Molecular Biology 4:32).
    """
    product = sums.T @ sums
    size = np.sqrt(np.diag(product))
    if not np.all(size > 0.0):
        raise NotIdentifiedError("the programs do not vary in an outcome, so that there is no standard error")
    found = product / np.outer(size, size)
    apart = found[~np.eye(len(found), dtype=bool)]
    squares = float((apart**2).sum())
    kept = max(0.0, 1.0 - float(((1.0 - apart**2) ** 2).sum()) / df / squares) if squares > 0.0 else 0.0
    shrunk = kept * found + (1.0 - kept) * np.eye(len(found))
    values, vectors = np.linalg.eigh(shrunk)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _stepped_down(observed: Array, drawn: Array) -> Array:
    """Adjust p-values (k,): from the largest |t| down, each against the largest draw of those left."""
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order][:, ::-1], axis=1)[:, ::-1]
    exceeding = np.count_nonzero(largest >= observed[order] * (1.0 - 1e-9), axis=0)
    steps = (1.0 + exceeding) / (1.0 + len(drawn))
    return _restored(np.maximum.accumulate(steps), order)


def _statistics(names: Sequence[str], estimates: Array, std_errors: Array) -> Array:
    beta, errors = np.asarray(estimates, dtype=float), np.asarray(std_errors, dtype=float)
    if beta.shape != (len(names),) or errors.shape != beta.shape:
        raise ValueError("names, estimates and standard errors must have the same number of estimates")
    if not (np.all(np.isfinite(beta)) and np.all(np.isfinite(errors)) and np.all(errors > 0.0)):
        raise NotIdentifiedError("an outcome has no estimate with a standard error")
    return np.asarray(np.abs(beta) / errors)


def _ratio(numerators: Array, errors: Array) -> Array:
    """|t|, infinite where the clusters of a draw do not vary."""
    return np.asarray(np.where(errors > 0.0, numerators / np.where(errors > 0.0, errors, 1.0), math.inf))


def _sorted(p_values: Sequence[float]) -> tuple[Array, NDArray[np.intp]]:
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError("p-values lie between 0 and 1")
    return p, np.argsort(p, kind="stable")


def _restored(values: Array, order: NDArray[np.intp]) -> Array:
    restored = np.empty_like(values)
    restored[order] = values
    return restored
