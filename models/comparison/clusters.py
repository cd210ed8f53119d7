"""Uncertainty when whole programs are compared: cluster sums, corrected for there being few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.comparison.bias_reduction import BiasReduction
from models.comparison.cluster_sums import (
    Clusters,
    Codes,
    centered_sums,
    clusters_of,
    codes_of,
    correction_of,
    working_of,
)
from models.comparison.regression_fits import Family, RegressionFit, fitted
from models.comparison.working_variance import WorkingVariance
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

RULE = (
    "cluster sums centered within arms and corrected for the cluster's share of its arm (CR2 under random "
    "cluster effects); degrees of freedom whose t limits hold at 95% under that model"
)
CR2_RULE = (
    "cluster-robust CR2 (Bell & McCaffrey 2002) with Satterthwaite's degrees of freedom, independent rows as "
    "the working model"
)
JACKKNIFE_RULE = (
    "jackknife over clusters within arms; degrees of freedom clusters less arms, Welch and Satterthwaite's "
    "over the arms"
)


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
    over g of a_g^2 T_g T_g', each estimate with its own a_g. The correction a_g^2 = q_g / (q_g - 2 h_g q_g +
    h_g^2 Q), with q_g the working variance of T_g before centering and Q its sum over the arm, makes V
    unbiased under the working model q_g = s_a (size_g + f h_g^2): persons of a program share a part of their
    variance (`CenteredSums.spread`). With f = 0 it is 1 / (1 - h_g), which is CR2 (Bell & McCaffrey 2002;
    Pustejovsky & Tipton 2018, Journal of Business & Economic Statistics 36:672) of the regression of
    pseudo-outcomes on arm, exactly. Random program effects as the working model of CR2 and its df: Imbens &
    Kolesar 2016 (Review of Economics and Statistics 98:701).

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
    centered = centered_sums(clusters, psi, weights)
    own = [correction_of(clusters, centered.spread(one)) for one in np.eye(len(beta))]
    scaled = np.sqrt(np.column_stack(own)) * centered.sums

    known: dict[bytes, float] = {}  # pooling asks for the same contrast again

    def df(contrast: Array) -> float:
        key = contrast.tobytes()
        if key not in known:
            spread = centered.spread(contrast)
            known[key] = working_of(clusters, correction_of(clusters, spread), spread).tail_matched()
        return known[key]

    return Inference(
        names=tuple(names), beta=beta, covariance=scaled.T @ scaled, df=df,
        rule=f"{RULE}; {_counted(clusters)}", df_of="clusters",
    )  # fmt: skip


def regression_inference(
    x: Array,
    y: Array,
    weights: Array | None,
    cluster: NDArray[Any],
    family: Family = "linear",
    *,
    names: Sequence[str] | None = None,
    precision_weights: bool = False,
    only: Sequence[int] | None = None,
) -> Inference:
    """Coefficients of a weighted linear or logistic regression, persons in few clusters.

    Estimand: the coefficients b of E y = x'b, or of logit E y = x'b (log odds), by weighted least squares
    or weighted likelihood. V = M [sum over g of X_g'W_g A_g e_g e_g'A_g W_g X_g] M (CR2; `BiasReduction`),
    unbiased if rows are independent with equal variances (linear) or binomial ones (logistic), the working
    model; consistent whatever the rows of a cluster have in common. Satterthwaite df of each contrast c under
    the same working model: tr(P)^2 / tr(P^2), P_gh = p_g'Phi p_h, p_g = (I - H)_g'A_g W_g X_g M c (Bell &
    McCaffrey 2002; Pustejovsky & Tipton 2018). With df below about four the intervals are not to be trusted.
    A logistic fit is linearized at its maximum.

    Parameters
    ----------
    x : array (n, p)
        Predictors, the intercept among them.
    y : array (n,)
    weights : array (n,), optional
        Weights of propensity or of being reached; the working variance knows nothing of them.
    cluster : array (n,)
    family : {"linear", "logistic"}
    names : sequence of p str, optional
        x0, x1, ... without it.
    precision_weights : bool
        The weights are inverse variances (of means of several persons): the working variance is divided by
        them.
    only : sequence of int, optional
        Coefficients to tell of; all without it.

    Raises
    ------
    NotIdentifiedError
        As `models.comparison.regression_fits.fitted`; or fewer than two clusters.
    """
    fit = fitted(x, y, weights, family)
    codes = codes_of(cluster, "program")
    if codes.shape != fit.residuals.shape:
        raise ValueError("each row needs a cluster")
    if codes.max() < 1:
        raise NotIdentifiedError("at least two programs are needed to tell programs from chance")
    wanted = [*range(len(fit.beta))] if only is None else [*only]
    scores, parts = _adjusted_sums(fit, codes, weights if precision_weights else None, wanted)
    labels = tuple(names) if names is not None else tuple(f"x{j}" for j in range(len(fit.beta)))
    return Inference(
        names=tuple(labels[j] for j in wanted), beta=fit.beta[wanted],
        covariance=scores.T @ scores, df=parts.df,
        rule=f"{CR2_RULE}; {int(codes.max()) + 1} clusters", df_of="clusters",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _WorkingParts:
    """What the df of any contrast of k coefficients, of p, needs of each of G clusters.

    With E_g = A_g W_g X_g M (n_g, k): `own` E'Phi E (G, k, k), `plain` X'E and `weighted` X'W Phi E (G, p,
    k); `wanted` says which of the p they are.
    """

    own: Array
    plain: Array
    weighted: Array
    bread: Array
    spread: Array
    wanted: list[int]

    def df(self, contrast: Array) -> float:
        """Degrees of freedom of a contrast (k,) by Satterthwaite's rule."""
        zero = np.zeros_like(self.bread)
        spread = self.spread[np.ix_(self.wanted, self.wanted)]
        working = WorkingVariance(
            diagonal=np.einsum("i,gij,j->g", contrast, self.own, contrast),
            factors=np.hstack([self.plain @ contrast, self.weighted @ contrast]),
            core=np.block([[self.spread, -self.bread], [-self.bread, zero]]),
            variance=float(contrast @ spread @ contrast),
        )
        return working.satterthwaite()


def _adjusted_sums(
    fit: RegressionFit, codes: Codes, precision: Array | None, wanted: list[int]
) -> tuple[Array, _WorkingParts]:
    """Return the adjusted cluster sums E_g'e_g (G, k) and what their degrees of freedom need."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes))
    variance = fit.variance if precision is None else fit.variance / np.asarray(precision, dtype=float)
    x, w, phi, e = (part[order] for part in (fit.slopes, fit.precision, variance, fit.residuals))
    reduction = BiasReduction(x, w, phi, fit.bread, wanted)
    count, k, p = len(ends), len(wanted), x.shape[1]
    if count == len(order):  # people as clusters: no loop over a hundred thousand of them
        adjusted = reduction.adjusted_single_rows()
        scores = adjusted * e[:, None]
        pairs = ((phi[:, None] * adjusted, adjusted), (x, adjusted), ((w * phi)[:, None] * x, adjusted))
        own, plain, weighted = (one[:, :, None] * other[:, None, :] for one, other in pairs)
    else:
        each, heavy = reduction.adjusted_each(ends), (w * phi)[:, None] * x
        scores, own = np.zeros((count, k)), np.zeros((count, k, k))
        plain, weighted = np.zeros((2, count, p, k))
        for g, (first, last) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
            rows = slice(int(first), int(last))
            adjusted = each[rows]
            scores[g] = adjusted.T @ e[rows]
            own[g] = adjusted.T @ (phi[rows][:, None] * adjusted)
            plain[g] = x[rows].T @ adjusted
            weighted[g] = heavy[rows].T @ adjusted
    return fit.without_rounding(scores, wanted), _WorkingParts(
        own=own, plain=plain, weighted=weighted, bread=fit.bread, spread=reduction.spread, wanted=wanted
    )


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
    arm = codes_of(np.zeros(len(values)) if arms is None else arms, "group")
    if len(arm) != len(values):
        raise ValueError("each cluster left out needs an arm")
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
    return Inference(
        names=tuple(names), beta=beta, covariance=np.sum(parts, axis=0), df=df, rule=rule, df_of="clusters"
    )


def _checked(names: Sequence[str], estimates: Array, rows: Array, length: int) -> tuple[Array, Array]:
    beta, values = np.asarray(estimates, dtype=float), np.asarray(rows, dtype=float)
    if beta.shape != (len(names),) or values.shape != (length, len(names)):
        raise ValueError("names, estimates and rows of influence must have the same number of estimates")
    if not (np.all(np.isfinite(beta)) and np.all(np.isfinite(values))):
        raise NotIdentifiedError("an estimate has no number for someone, and leaving them out would mislead")
    return beta, values


def _counted(clusters: Clusters) -> str:
    return f"{' and '.join(str(count) for count in np.bincount(clusters.arm))} clusters"
