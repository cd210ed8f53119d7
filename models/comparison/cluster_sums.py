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

    def sums(self, values: Array) -> Array:
        """Add up values (n, k) over the persons of each cluster: (G, k)."""
        return np.column_stack(
            [np.bincount(self.of_person, weights=column, minlength=self.count) for column in values.T]
        )

    def centered(self, sums: Array) -> Array:
        """Cluster sums (G, k) less the cluster's share of the sum of its arm."""
        members = self.members()
        return sums - self.share[:, None] * (members @ (members.T @ sums))

    def spread(self, correlation: float) -> Array:
        """Variance (G,) of a cluster's part of its arm's mean, in units of one person's variance.

        Persons of a cluster share the part `correlation` of their variance: `size` where they share nothing,
        the squared share where they are all alike.
        """
        return (1.0 - correlation) * self.size + correlation * self.share**2


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
    missing = [one is None or (isinstance(one, float) and math.isnan(one)) for one in found.tolist()]
    if np.any(missing):
        raise NotIdentifiedError(f"someone has no {kind}")
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def correction_of(clusters: Clusters, correlation: float) -> Array:
    """Factor a_g^2 (G,) that makes the square of a centered cluster sum unbiased."""
    spread = clusters.spread(correlation)
    members = clusters.members()
    total = members @ (members.T @ spread)
    kept = spread - 2.0 * clusters.share * spread + clusters.share**2 * total
    return np.divide(spread, kept, out=np.ones_like(spread), where=kept > 0.0)


def correlation_of(clusters: Clusters, sums: Array, within: float) -> float:
    """Part of a person's variance that their cluster shares, by moments, from centered sums (G,).

    The corrected sum of squares has expectation s2 tr P0 + t2 tr P1 with persons' variance s2 within
    clusters and t2 between them; t2 is solved for, not below zero, and r = t2 / (t2 + s2).
    """
    alone, alike = (working_of(clusters, np.ones(clusters.count), r) for r in (0.0, 1.0))
    between = max(0.0, (float(sums @ sums) - within * alone.mean) / alike.mean)
    return between / (between + within) if between + within > 0.0 else 0.0


def working_of(clusters: Clusters, correction: Array, correlation: float) -> WorkingVariance:
    """Corrected squares of centered sums under the working model with this correlation."""
    spread, share, members = clusters.spread(correlation), clusters.share, clusters.members()
    root = np.sqrt(correction)[:, None] * members
    total = members.T @ spread
    factors = np.hstack([root * share[:, None], root * spread[:, None]])
    one = np.eye(members.shape[1])
    core = np.block([[np.diag(total), -one], [-one, np.zeros_like(one)]])
    return WorkingVariance(
        diagonal=correction * spread, factors=factors, core=core, variance=float(spread.sum())
    )
