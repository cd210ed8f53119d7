"""Degrees of freedom and covariance of the coefficients that allow for estimated variances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.linear.fit import optimum, start_of
from models.within_person.linear.information import Information, information
from models.within_person.linear.likelihood import basis
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import ScaledSums, scaled
from models.within_person.linear.scoring import NO_VARIANCE, lower_factor

Array = NDArray[np.float64]

FLAT = 1e-10  # eigenvalue of the scaled curvature, over the largest, that is only a rotation of the factor


def satterthwaite(fit: LinearFit, sums: PersonSums) -> Inference:
    """Degrees of freedom by Satterthwaite; the covariance of the coefficients is the fit's own.

    For a contrast l with variance v = l' Phi l: df = 2 v^2 / (g' A g), g the derivative of v in the variance
    parameters and A their covariance, twice the inverse of the observed second derivative of the deviance.
    On the boundary the variances that are zero
    stay zero: g and A are those of the remaining ones, in the factor of the covariance.

    Parameters
    ----------
    fit : LinearFit
        A converged or singular fit of independent residuals, by REML or ML.
    sums : PersonSums
        The sums that it was fitted from.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge, or the likelihood is flat in a variance.
    ValueError
        The fit has correlated residuals, or other columns than the sums.

    References
    ----------
    Giesbrecht & Burns 1985, Biometrics 41:477; Fai & Cornelius 1996, J Stat Comput Simul 54:363;
    Kuznetsova, Brockhoff & Christensen 2017, J Stat Softw 82(13).
    """
    ready, factor, found = _at(fit, sums)
    slopes, curvature = _on_the_face(found, ready, factor)
    return Inference(
        names=fit.names, beta=fit.beta, covariance=fit.covariance,
        df=_degrees(ready, found.phi, slopes, 2.0 * _inverse(curvature)),
        rule="Satterthwaite degrees of freedom, observed information; generalized least squares covariance",
    )  # fmt: skip


def kenward_roger(fit: LinearFit, sums: PersonSums) -> Inference:
    """Covariance enlarged for the estimated variances and degrees of freedom, by Kenward & Roger.

    Phi_A = Phi + 2 Phi {sum W_rs (Q_rs - P_r Phi P_s)} Phi, W the inverse expected REML information of the
    variances; P_r and Q_rs as in section 2 of the paper (V is linear in the variances: no R_rs). For one
    contrast the scale of the F test is 1 and df = 2 / A, A = sum W_rs (l'Phi P_r Phi l)(l'Phi P_s Phi l) /
    (l' Phi l)^2: what the paper's equations for the F test come to there. A variance of zero counts as a
    parameter, as in pbkrtest.

    Parameters
    ----------
    fit : LinearFit
        A converged or singular REML fit of independent residuals.
    sums : PersonSums
        The sums that it was fitted from.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge, or the information of the variances is singular.
    ValueError
        The fit is by ML, has correlated residuals, or other columns than the sums.

    References
    ----------
    Kenward & Roger 1997, Biometrics 53:983; Halekoh & Højsgaard 2014, J Stat Softw 59(9).
    """
    if fit.method != "reml":
        raise ValueError("Kenward-Roger is defined for REML fits")
    ready, _, found = _at(fit, sums)
    w = 2.0 * _inverse(found.expected)
    inner = np.einsum("rjl,ls,tsk->rtjk", found.phi_slopes, np.linalg.inv(found.phi), found.phi_slopes)
    adjusted = found.phi + 2.0 * np.einsum("rt,rtjl->jl", w, found.phi_bends - inner)
    back = ready.x_back * ready.y_scale
    covariance = back @ ((adjusted + adjusted.T) / 2) @ back.T
    return Inference(
        names=fit.names, beta=fit.beta, covariance=covariance,
        df=_degrees(ready, found.phi, found.phi_slopes, w),
        rule="Kenward-Roger covariance and degrees of freedom, expected information",
    )  # fmt: skip


def _at(fit: LinearFit, sums: PersonSums) -> tuple[ScaledSums, Array, Information]:
    """Scaled sums, the factor (q, q) of the fit's relative covariance, and the derivatives there."""
    if fit.correlation is not None:
        raise ValueError("the sums know no correlation of the residuals")
    if fit.names != sums.names or fit.random != sums.random:
        raise ValueError("the fit and the sums are of different models")
    if fit.outcome == "not converged":
        raise NotIdentifiedError("the fit did not converge")
    ready = scaled(sums, fit.structure, "numpy")
    if sums.origin is not None and sums.origin[list(sums.random)].any():
        # The intercept's variance far from the rows drowns the others: find them again about the origin.
        again = optimum(ready, method=fit.method, start=start_of(ready, fit))
        if not again.converged:
            raise NotIdentifiedError("the fit cannot be repeated from these sums")
        factor = lower_factor(again.d)
        return ready, factor, information(ready, factor, reml=fit.method == "reml")
    to_scaled = np.linalg.inv(ready.z_back)
    factor = lower_factor(to_scaled @ (fit.random_covariance / fit.residual_variance) @ to_scaled.T)
    return ready, factor, information(ready, factor, reml=fit.method == "reml")


def _inverse(matrix: Array) -> Array:
    """Inverse of a positive definite matrix, or a refusal."""
    size = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    if not np.all(size > 0):
        raise NotIdentifiedError("the likelihood is flat in a variance")
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    if values[0] < -FLAT * values[-1]:
        raise NotIdentifiedError("the likelihood is flat in a variance")
    keep = values > FLAT * values[-1]
    return np.asarray((vectors[:, keep] / values[keep]) @ vectors[:, keep].T / np.outer(size, size))


def _on_the_face(found: Information, ready: ScaledSums, factor: Array) -> tuple[Array, Array]:
    """Take derivatives of Phi and curvature of the deviance along covariances of the fit's own rank.

    Inside the boundary those are the entries of D. On it, D = F F' with F (q, rank): the deviance bends by
    J'HJ + 2 (slope x I) in F, of which the rotations of F are flat and are left out later.
    """
    mine = basis(ready.q, ready.structure)
    values, vectors = np.linalg.eigh(factor @ factor.T)
    rank = int(np.count_nonzero(values >= NO_VARIANCE**2))
    count = mine.shape[0]
    if rank == ready.q:
        return found.phi_slopes, found.observed
    if ready.structure == "diagonal":
        kept = np.append(np.flatnonzero(np.diag(factor) >= NO_VARIANCE), count)
        return found.phi_slopes[kept], found.observed[np.ix_(kept, kept)]
    own = vectors[:, ready.q - rank :] * np.sqrt(values[ready.q - rank :])
    entries = [(u, w) for u in range(ready.q) for w in range(rank)]
    pairs = [(a, b) for a in range(ready.q) for b in range(a, ready.q)]
    turn = np.zeros((count + 1, len(entries) + 1))
    turn[count, len(entries)] = 1.0
    for column, (u, w) in enumerate(entries):
        for row, (a, b) in enumerate(pairs):
            turn[row, column] = (a == u) * own[b, w] + (b == u) * own[a, w]
    curvature = turn.T @ found.observed @ turn
    for i, (u, w) in enumerate(entries):
        for j, (s, t) in enumerate(entries):
            curvature[i, j] += 2.0 * found.slope[u, s] * (w == t)
    return np.tensordot(turn.T, found.phi_slopes, axes=1), curvature


def _degrees(ready: ScaledSums, phi: Array, slopes: Array, covariance: Array) -> Callable[[Array], float]:
    """Rule 2 v^2 / (g' A g) for a contrast of the raw coefficients."""

    def df(contrast: Array) -> float:
        l = ready.x_back.T @ np.asarray(contrast, dtype=np.float64)  # noqa: E741
        v = float(l @ phi @ l)
        if not v > 0:
            raise ValueError("the contrast is zero")
        g = np.einsum("rjl,j,l->r", slopes, l, l)
        spread = float(g @ covariance @ g)
        return 2.0 * v**2 / spread if spread > 0 else float("inf")

    return df
