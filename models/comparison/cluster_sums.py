"""Sums over the persons of each program, and how they vary under a working model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.comparison.working_variance import WorkingVariance
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

Codes = NDArray[np.int64]
ROUNDING = 1e-13  # sums this small beside what was summed are zero
MANY_CODES = 10_000_000  # from the smallest to the largest number of a cluster, up to which they are counted
WHOLE = 1.0 - 1e-9  # a share this large leaves the arm's other clusters no weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Clusters of persons and arms of clusters.

    `of_person` (n,) is each person's cluster, 0 to G - 1; `arm` (G,) each cluster's arm, 0 to A - 1;
    `share` (G,) the cluster's part of the weight of its arm; `size` (G,) the sum of squared weights of its
    persons over the squared weight of the arm.
    """

    of_person: Codes
    arm: Codes
    share: Array
    size: Array

    @property
    def count(self) -> int:
        """Number of clusters G."""
        return len(self.arm)

    def members(self) -> Array:
        """Which cluster is in which arm (G, A), ones and zeros."""
        return np.eye(int(self.arm.max()) + 1)[self.arm]

    def arm_totals(self, sums: Array) -> Array:
        """Sum over the clusters of each cluster's arm, (G,)."""
        return np.asarray(np.bincount(self.arm, weights=sums)[self.arm], dtype=float)

    def sums(self, values: Array) -> Array:
        """Add up values (n, k) over the persons of each cluster: (G, k)."""
        return np.column_stack(
            [np.bincount(self.of_person, weights=column, minlength=self.count) for column in values.T]
        )

    def centered(self, sums: Array) -> Array:
        """Cluster sums (G, k) less the cluster's share of the sum of its arm."""
        members = self.members()
        return sums - self.share[:, None] * (members @ (members.T @ sums))


def clusters_of(
    cluster: NDArray[Any], arms: NDArray[Any] | None = None, weights: Array | None = None
) -> Clusters:
    """Tell n persons' clusters and arms.

    Parameters
    ----------
    cluster : array (n,)
        Label of each person's cluster; labels of one kind (all text or all numbers).
    arms : array (n,), optional
        Label of each person's arm, the same for all of a cluster; without it all are of one arm.
    weights : array (n,), optional
        Each person's weight in the mean of the arm, 1 without it.

    Raises
    ------
    NotIdentifiedError
        No person; a cluster in two arms; an arm with fewer than two clusters; weights that are negative, not
        finite, or all zero in a cluster's arm.
    """
    of_person = codes_of(cluster, "program")
    arm_of_person = np.zeros_like(of_person) if arms is None else codes_of(arms, "group")
    if arm_of_person.shape != of_person.shape:
        raise ValueError("each person needs a cluster and an arm")
    count = int(of_person.max()) + 1
    arm = np.zeros(count, dtype=np.int64)
    arm[of_person] = arm_of_person
    if np.any(arm[of_person] != arm_of_person):
        raise NotIdentifiedError(
            "a program lies in both groups, so that programs do not carry the difference"
        )
    if np.bincount(arm).min() < 2:
        raise NotIdentifiedError("each group needs at least two programs to tell programs from chance")
    weight = np.ones(len(of_person)) if weights is None else np.asarray(weights, dtype=float)
    if not np.all(np.isfinite(weight)) or np.any(weight < 0.0):
        raise NotIdentifiedError("weights must be finite and not negative")
    total = np.bincount(arm_of_person, weights=weight)[arm]
    if not np.all(total > 0.0):
        raise NotIdentifiedError("a group has no weight")
    sums = np.bincount(of_person, weights=weight, minlength=count)
    squares = np.bincount(of_person, weights=weight**2, minlength=count)
    share = sums / total
    if share.max() >= WHOLE:
        raise NotIdentifiedError("one program carries all the weight of its group")
    return Clusters(of_person=of_person, arm=arm, share=share, size=squares / total**2)


def codes_of(labels: NDArray[Any], kind: str) -> Codes:
    """Numbers 0, 1, ... for labels (n,), in their order.

    Raises
    ------
    NotIdentifiedError
        No label at all, or a missing one; `kind` (program, group) says what is missing.
    """
    found = np.asarray(labels)
    if found.ndim != 1 or len(found) == 0:
        raise NotIdentifiedError("there is no one to compare")
    if found.dtype.kind in "iu" and int(np.ptp(found)) <= MANY_CODES:
        numbers = found - found.min()
        codes: Codes = (np.cumsum(np.bincount(numbers) > 0) - 1)[numbers]
        return codes
    missing = [one is None or (isinstance(one, float) and math.isnan(one)) for one in found.tolist()]
    if np.any(missing):
        raise NotIdentifiedError(f"someone has no {kind}")
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CenteredSums:
    """Cluster sums of k influence functions, and what persons of a cluster do not share.

    `sums` (G, k) of psi / n, centered within arms; `within` (A, k, k) the covariance, by arm, of persons
    about the mean of their own cluster, for weight 1 and on the scale of the outcome.
    """

    clusters: Clusters
    sums: Array
    within: Array

    def shared(self, contrast: Array) -> float:
        """How much persons of a cluster share, f: their common variance by that within clusters.

        By moments: the squares of the centered sums have the mean q_g - 2 h_g q_g + h_g^2 Q, linear in f. Not
        below zero; infinite where persons of a cluster do not differ at all.
        """
        alone, alike = self._parts(contrast)
        reachable = float(left_by_centering(self.clusters, alike).sum())
        if not reachable > 0.0:
            return math.inf
        squares = float(((self.sums @ contrast) ** 2).sum())
        return max(0.0, (squares - float(left_by_centering(self.clusters, alone).sum())) / reachable)

    def spread(self, contrast: Array, shared: float | None = None) -> Array:
        """Working variance (G,) of a contrast (k,) of the cluster sums before centering.

        q_g = s_a (size_g + f share_g^2): persons of arm a have the variance s_a within clusters, found
        there, and those of a cluster have f s_a in common, `shared`, by moments where it is not given.
        """
        alone, alike = self._parts(contrast)
        f = self.shared(contrast) if shared is None else shared
        return self.clusters.share**2 if math.isinf(f) else np.asarray(alone + f * alike)

    def _parts(self, contrast: Array) -> tuple[Array, Array]:
        variances = np.array([max(float(contrast @ part @ contrast), 0.0) for part in self.within])
        scale = variances[self.clusters.arm]
        return scale * self.clusters.size, scale * self.clusters.share**2


def centered_sums(clusters: Clusters, influence: Array, weights: Array | None = None) -> CenteredSums:
    """Sum up influence functions (n, k), on the scale of estimate = mean; `weights` as in `clusters_of`.

    A person's psi counts weight / arm's weight, so that psi times the arm's weight over n is on the scale
    of the outcome in either arm. An arm of single persons takes the other's variance within clusters.
    """
    weight = np.ones(len(influence)) if weights is None else np.asarray(weights, dtype=float)
    arm_of_person = clusters.arm[clusters.of_person]
    arm_weight = np.bincount(arm_of_person, weights=weight)[arm_of_person]
    values = influence * (arm_weight / len(influence))[:, None]
    counts = np.bincount(clusters.of_person, minlength=clusters.count).astype(float)
    away = values - (clusters.sums(values) / counts[:, None])[clusters.of_person]
    free = np.bincount(arm_of_person) - np.bincount(clusters.arm)
    parts = []
    for arm, left in enumerate(free):
        rows = away if left == 0 else away[arm_of_person == arm]
        square = np.mean(weight**2 if left == 0 else weight[arm_of_person == arm] ** 2)
        parts.append(rows.T @ rows / max(left if left else free.sum(), 1) / square)
    sums = clusters.centered(clusters.sums(influence) / len(influence))
    rounded = np.max(np.abs(sums), axis=0) <= ROUNDING * np.mean(np.abs(influence), axis=0)
    return CenteredSums(clusters=clusters, sums=np.where(rounded, 0.0, sums), within=np.array(parts))


def left_by_centering(clusters: Clusters, spread: Array) -> Array:
    """Variance (G,) of cluster sums after centering within arms, from that before."""
    total = clusters.arm_totals(spread)
    return spread - 2.0 * clusters.share * spread + clusters.share**2 * total


def correction_of(clusters: Clusters, spread: Array) -> Array:
    """Factor a_g^2 (G,) that makes the square of a centered cluster sum unbiased under working variances."""
    left = left_by_centering(clusters, spread)
    return np.divide(spread, left, out=np.ones_like(spread), where=left > 0.0)


def working_of(clusters: Clusters, correction: Array, spread: Array) -> WorkingVariance:
    """Corrected squares of centered sums, as they vary under the working variances (G,)."""
    share, members = clusters.share, clusters.members()
    root = np.sqrt(correction)[:, None] * members
    factors = np.hstack([root * share[:, None], root * spread[:, None]])
    arms = members.shape[1]
    core = np.diag(np.concatenate([members.T @ spread, np.zeros(arms)]))
    core -= np.eye(2 * arms, k=arms) + np.eye(2 * arms, k=-arms)
    return WorkingVariance(
        diagonal=correction * spread, factors=factors, core=core, variance=float(spread.sum())
    )
