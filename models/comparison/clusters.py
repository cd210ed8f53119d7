"""Uncertainty when whole programs are compared: cluster sums, corrected for there being few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.comparison.working_variance import WorkingVariance
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

Codes = NDArray[np.int64]
RULE = (
    "cluster sums centered within arms and corrected for the cluster's share of its arm (CR2 under random "
    "cluster effects); degrees of freedom whose t limits hold at 95% under that model"
)
JACKKNIFE_RULE = (
    "jackknife over clusters within arms; degrees of freedom clusters less arms, Welch and Satterthwaite's "
    "over the arms"
)


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
    if share.max() >= 1.0 - _WHOLE:
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
    missing = [one is None or one != one for one in found.tolist()]  # NaN differs from itself
    if np.any(missing):
        raise NotIdentifiedError(f"someone has no {kind}")
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def influence_inference(
    names: Sequence[str],
    estimates: Array,
    influence: Array,
    cluster: NDArray[Any],
    arms: NDArray[Any] | None = None,
    *,
    weights: Array | None = None,
) -> Inference:
    """Covariance of k estimates from their influence functions, persons in few clusters.

    Estimand: the variance of estimates that behave like theta + the mean of psi_i, when programs (clusters)
    are what was sampled within each arm. With treatment given by program, no program tells of both arms.

    T_g = sum over the persons of g of psi_i / n, less the cluster's share h_g of the sum of its arm; V = sum
    over g of a_g^2 T_g T_g'. The correction a_g^2 = q_g / (q_g - 2 h_g q_g + h_g^2 Q) with q_g the working
    variance of T_g before centering and Q its sum over the arm makes V unbiased under the working model
    q_g = (1 - r) size_g + r h_g^2: persons of a program share the part r of their variance (found from the
    same sums, by moments). With r = 0 it is 1 / (1 - h_g), which is CR2 (Bell & McCaffrey 2002; Pustejovsky &
    Tipton 2018, Journal of Business & Economic Statistics 36:672) of the weighted regression of
    pseudo-outcomes on arm, exactly. A working model with random program effects for CR2 and its df:
    Imbens & Kolesar 2016 (Review of Economics and Statistics 98:701).

    Degrees of freedom: of the t distribution whose two-sided 5% point is that of estimate / sqrt(c'Vc) under
    the working model (`WorkingVariance.tail_matched`). Satterthwaite's two moments were simulated beside it;
    with three programs against nine they are too wide (docs/methods/few_programs.md).

    Parameters
    ----------
    names : sequence of k str
    estimates : array (k,)
    influence : array (n, k)
        Each person's influence function, on the scale of estimate = mean (not divided by n).
    cluster, arms, weights
        As in `clusters_of`. Weights matter for weighted means; for a doubly robust estimate leave them out.

    Raises
    ------
    NotIdentifiedError
        As `clusters_of`; or influence functions that are not finite.
    ValueError
        Shapes that do not fit each other.
    """
    beta, psi = _checked(names, estimates, influence, len(np.asarray(cluster)))
    clusters = clusters_of(cluster, arms, weights)
    sums = clusters.centered(clusters.sums(psi) / len(psi))
    within = _within_variances(clusters, psi, weights)
    correlations = [_correlation(clusters, sums[:, j], within[j, j]) for j in range(len(beta))]
    correction = correction_of(clusters, float(np.mean(correlations)))
    scaled = np.sqrt(correction)[:, None] * sums

    def df(contrast: Array) -> float:
        part = sums @ contrast
        correlation = _correlation(clusters, part, float(contrast @ within @ contrast))
        return _working(clusters, correction, correlation).tail_matched()

    return Inference(
        names=tuple(names), beta=beta, covariance=scaled.T @ scaled, df=df,
        rule=f"{RULE}; {_counted(clusters)}",
    )  # fmt: skip


def correction_of(clusters: Clusters, correlation: float) -> Array:
    """Factor a_g^2 (G,) that makes the square of a centered cluster sum unbiased."""
    spread = clusters.spread(correlation)
    members = clusters.members()
    total = members @ (members.T @ spread)
    kept = spread - 2.0 * clusters.share * spread + clusters.share**2 * total
    return np.divide(spread, kept, out=np.ones_like(spread), where=kept > 0.0)


def jackknife_inference(
    names: Sequence[str], estimates: Array, left_out: Array, arms: NDArray[Any] | None = None
) -> Inference:
    """Covariance of k estimates from their values with each cluster left out in turn.

    For estimators with many fitted parts, whose influence functions take those parts as known: every refit
    makes all parts anew. V = sum over arms of (G_a - 1) / G_a times the sum over their clusters of
    (theta_(-g) - mean over the arm)(...)' (Tukey 1958; stratified: Rust & Rao 1996, Statistical Methods in
    Medical Research 5:283); for equal clusters and a difference of means it is CR2's. Degrees of freedom of a
    contrast: (V_1 + V_0)^2 / (V_1^2 / (G_1 - 1) + V_0^2 / (G_0 - 1)), Welch and Satterthwaite's.

    Parameters
    ----------
    names : sequence of k str
    estimates : array (k,)
        From all clusters.
    left_out : array (G, k)
        Without cluster g.
    arms : array (G,), optional
        Arm of each cluster.

    Raises
    ------
    NotIdentifiedError
        An arm with fewer than two clusters, or a refit without a number.
    """
    beta, values = _checked(names, estimates, left_out, len(np.asarray(left_out)))
    arm = np.unique(np.zeros(len(values)) if arms is None else np.asarray(arms), return_inverse=True)[1]
    counts = np.bincount(arm)
    if counts.min() < 2:
        raise NotIdentifiedError("each group needs at least two programs to tell programs from chance")
    parts = []
    for one, count in enumerate(counts):
        away = values[arm == one] - values[arm == one].mean(axis=0)
        parts.append((count - 1.0) / count * away.T @ away)

    def df(contrast: Array) -> float:
        variances = np.array([float(contrast @ part @ contrast) for part in parts])
        squares = float((variances**2 / (counts - 1.0)).sum())
        return float(variances.sum()) ** 2 / squares if squares > 0.0 else 0.0

    rule = f"{JACKKNIFE_RULE}; {' and '.join(str(count) for count in counts)} clusters"
    return Inference(names=tuple(names), beta=beta, covariance=np.sum(parts, axis=0), df=df, rule=rule)


_WHOLE = 1e-9


def _checked(names: Sequence[str], estimates: Array, rows: Array, length: int) -> tuple[Array, Array]:
    beta, values = np.asarray(estimates, dtype=float), np.asarray(rows, dtype=float)
    if beta.shape != (len(names),) or values.shape != (length, len(names)):
        raise ValueError("names, estimates and rows of influence must have the same number of estimates")
    if not (np.all(np.isfinite(beta)) and np.all(np.isfinite(values))):
        raise NotIdentifiedError("an estimate has no number for someone, and leaving them out would mislead")
    return beta, values


def _within_variances(clusters: Clusters, psi: Array, weights: Array | None) -> Array:
    """Covariance (k, k) of persons about the mean of their own cluster, for weight 1 and in units of an arm.

    A person's psi counts weight / arm's weight, so that psi times the arm's weight over n is on the scale of
    the outcome in either arm.
    """
    weight = np.ones(len(psi)) if weights is None else np.asarray(weights, dtype=float)
    members = clusters.members()
    cluster_weight = np.bincount(clusters.of_person, weights=weight, minlength=clusters.count)
    arm_weight = (members @ (members.T @ cluster_weight))[clusters.of_person]
    values = psi * (arm_weight / len(psi))[:, None]
    counts = np.bincount(clusters.of_person, minlength=clusters.count).astype(float)
    away = values - (clusters.sums(values) / counts[:, None])[clusters.of_person]
    free = max(len(psi) - clusters.count, 1)
    return np.asarray(away.T @ away / free / np.mean(weight**2))


def _correlation(clusters: Clusters, sums: Array, within: float) -> float:
    """Part of a person's variance that their cluster shares, by moments, from centered sums (G,).

    The corrected sum of squares has expectation s2 tr P0 + t2 tr P1 with persons' variance s2 within
    clusters and t2 between them; t2 is solved for, not below zero, and r = t2 / (t2 + s2).
    """
    alone, alike = (_working(clusters, np.ones(clusters.count), r) for r in (0.0, 1.0))
    between = max(0.0, (float(sums @ sums) - within * alone.mean) / alike.mean)
    return between / (between + within) if between + within > 0.0 else 0.0


def _working(clusters: Clusters, correction: Array, correlation: float) -> WorkingVariance:
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


def _counted(clusters: Clusters) -> str:
    return f"{' and '.join(str(count) for count in np.bincount(clusters.arm))} clusters"
