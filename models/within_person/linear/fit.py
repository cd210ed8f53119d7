"""Fit a linear mixed model from per-person cross-products, or from rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows
from models.within_person.design.terms import Design, design_sums
from models.within_person.engine import Engine
from models.within_person.linear.information import information as second_derivatives
from models.within_person.linear.likelihood import Moments, Point, moments, profiled
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method, Outcome
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import ScaledSums, scaled
from models.within_person.linear.scoring import (
    DONE,
    NO_VARIANCE,
    STATIONARY,
    Optimum,
    lower_factor,
    maximize,
)
from models.within_person.linear.small_matrices import eigenvalues

Array = NDArray[np.float64]

AT_ONCE = 15_000  # persons, up to which all of the scoring is one compiled call
START = 0.3  # variance of each scaled person effect over the residual variance
NEARLY_DEPENDENT = 1e-9  # smallest eigenvalue of the scaled information that still tells the variances apart
NO_RESIDUAL = 1e-11  # share of the variation left within persons, below which there is only rounding


def fit(
    sums: PersonSums,
    *,
    method: Method = "reml",
    structure: Covariance = "full",
    engine: Engine = "auto",
    start: LinearFit | None = None,
) -> LinearFit:
    """Fit y = X beta + Z b + e by restricted (REML) or full maximum likelihood.

    Estimand: beta of E[y | X] = X beta with persons independent, b ~ N(0, G), G full or diagonal, and e of
    variance sigma^2 / weight. beta is the generalized least-squares solution at the estimated variances and
    its covariance sigma^2 (X'H^-1X)^-1, H = V / sigma^2: what lme4 and nlme print. The uncertainty of the
    variances is not added (`small_sample` does that), and no degrees of freedom are assumed here.

    sigma^2 is profiled out and G / sigma^2 found by Fisher scoring, on the boundary too. The answer is
    "converged" or "singular" only where the projected slope of the deviance is zero to within 3e-5 standard
    errors; else it is "not converged" and carries NaN instead of numbers.

    Parameters
    ----------
    sums : PersonSums
        Cross-products of [x, y] by person.
    method : "reml" or "ml"
    structure : "full" or "diagonal"
        Covariance of the person effects.
    engine : "auto", "numpy" or "compiled"
    start : LinearFit, optional
        An earlier fit with the same person effects; its covariance is where scoring starts.

    Raises
    ------
    NotIdentifiedError
        Collinear or empty columns, too few rows or people, one row per person, no residual variation, or
        variances that these rows cannot tell apart.
    ValueError
        A sum is not finite.

    References
    ----------
    Laird & Ware 1982, Biometrics 38:963; Harville 1977, JASA 72:320; Bates, Mächler, Bolker & Walker 2015,
    J Stat Softw 67(1).
    """
    ready = scaled(sums, structure, engine)
    return _finish(ready, optimum(ready, method=method, start=start_of(ready, start)), method)


def fit_rows(
    rows: ModelRows,
    *,
    method: Method = "reml",
    structure: Covariance = "full",
    engine: Engine = "auto",
    start: LinearFit | None = None,
) -> LinearFit:
    """Fit from rows: `fit` of their sums, which keep their digits wherever the columns lie.

    Parameters, errors and sources as in `fit`; also the errors of `person_sums`.
    """
    from models.within_person.linear.sums import person_sums  # noqa: PLC0415

    return fit(person_sums(rows, engine), method=method, structure=structure, engine=engine, start=start)


def fit_design(
    rows: Rows,
    design: Design,
    *,
    method: Method = "reml",
    structure: Covariance = "full",
    engine: Engine = "auto",
) -> LinearFit:
    """Fit a design to the rows used: what `fit_rows` of its rows gives, without writing them all out.

    Parameters, errors and sources as in `fit`.
    """
    return fit(design_sums(rows, design, engine), method=method, structure=structure, engine=engine)


def start_of(ready: ScaledSums, earlier: LinearFit | None) -> Array:
    """Relative covariance of the scaled person effects (q, q) to start from."""
    if earlier is None or earlier.outcome == "not converged" or earlier.random != ready.random:
        return np.eye(ready.q) * START
    to_scaled = np.linalg.inv(ready.z_back)
    found = to_scaled @ (earlier.random_covariance / earlier.residual_variance) @ to_scaled.T
    if ready.structure == "diagonal":
        found = np.diag(np.diag(found))
    if ready.q and np.linalg.eigvalsh(found)[0] < NO_VARIANCE**2:
        found = found + np.eye(ready.q) * NO_VARIANCE**2  # off the boundary: no need to stay without variance
    return np.asarray(found)


def point_at(
    ready: ScaledSums,
    factor: Array,
    method: Method,
    *,
    copies: Array | None = None,
    held: tuple[Array, float] | None = None,
    residual: float | None = None,
) -> Point:
    """Deviance and slope of the scaled columns at one factor of the relative covariance."""
    return _point(ready, moments(ready, factor, copies), method, held=held, residual=residual)


def _point(
    ready: ScaledSums,
    found: Moments,
    method: Method,
    *,
    held: tuple[Array, float] | None = None,
    residual: float | None = None,
) -> Point:
    return profiled(
        found, q=ready.q, n_rows=ready.n_rows, reml=method == "reml", structure=ready.structure, held=held,
        residual=residual,
    )  # fmt: skip


def optimum(
    ready: ScaledSums,
    *,
    method: Method,
    start: Array,
    copies: Array | None = None,
    held: tuple[Array, float] | None = None,
    residual: float | None = None,
    done: float = DONE,
) -> Optimum:
    """Best relative covariance of the scaled person effects, with the variances' identification checked.

    `copies` counts each person that many times, `held` (a, c) holds a'beta at c and `residual` holds sigma^2,
    all in scaled columns.

    Raises
    ------
    NotIdentifiedError
        The variances cannot be told apart, or nothing is left for the residual.
    """

    def at(factor: Array) -> Point:
        return point_at(ready, factor, method, copies=copies, held=held, residual=residual)

    if ready.q == 0:
        return Optimum(d=np.zeros((0, 0)), point=at(np.zeros((0, 0))), distance=0.0, evaluations=1)
    passes, begun = 0, None
    if (
        ready.engine == "compiled"
        and ready.n_people <= AT_ONCE
        and not (copies is not None or held or residual)
    ):
        from models.within_person.linear.linear_threads import scored_at_once  # noqa: PLC0415  (compiler)

        start, passes, sums = scored_at_once(ready, start, reml=method == "reml", done=done)
        begun = None if sums is None else _point(ready, sums, method)
    try:
        found = maximize(at, start, ready.structure, done=done, begun=begun)
    except np.linalg.LinAlgError:
        raise NotIdentifiedError("the likelihood cannot be computed on these rows") from None
    found = replace(found, evaluations=found.evaluations + passes)
    _refuse_unidentified(ready, found, reml=method == "reml")
    snapped = _without_rounding(found)
    if snapped is None:
        return found
    again = maximize(at, snapped, ready.structure, done=STATIONARY)
    return replace(again, evaluations=found.evaluations + again.evaluations)


def _refuse_unidentified(ready: ScaledSums, found: Optimum, *, reml: bool) -> None:
    if found.point.residual < NO_RESIDUAL:  # first: rounding is then all that is left of the information
        raise NotIdentifiedError("the person effects leave no residual variation")
    information = found.point.information
    size = np.sqrt(np.maximum(information.diagonal(), 0.0))
    if not (np.isfinite(information).all() and (size > 0).all()):
        raise NotIdentifiedError("the rows within persons cannot tell the variances apart")
    if reml and 2 * ready.p >= ready.n_people:  # enough columns to take up the differences between persons
        own = second_derivatives(ready, lower_factor(found.d), reml=True).expected
        information = own[:-1, :-1] - np.outer(own[-1, :-1], own[-1, :-1]) / own[-1, -1]
    if eigenvalues(information / (size[:, None] * size))[0] < NEARLY_DEPENDENT:
        raise NotIdentifiedError("the rows within persons cannot tell the variances apart")


def _without_rounding(found: Optimum) -> Array | None:
    """Relative covariance with variances that are zero but for rounding at zero; None where none are."""
    least = (0.1 * NO_VARIANCE) ** 2
    if not found.converged or eigenvalues(found.d)[0] >= least or not found.d.any():
        return None
    values, vectors = np.linalg.eigh(found.d)
    tiny = values < least
    snapped = np.asarray((vectors * np.where(tiny, 0.0, values)) @ vectors.T)
    return None if np.array_equal(snapped, found.d) else snapped


def _constant(ready: ScaledSums, method: Method) -> float:
    """Add up what the change of columns and the weights put on the deviance."""
    df = ready.n_rows - ready.p if method == "reml" else ready.n_rows
    added = 2.0 * df * np.log(ready.y_scale) - ready.log_weights
    if method == "reml":
        added -= 2.0 * float(np.log(ready.x_back.diagonal()).sum())
    return float(added)


def deviance(ready: ScaledSums, point: Point, method: Method) -> float:
    """Minus twice the log-likelihood, in the units of the raw columns, with all constants."""
    return point.deviance + _constant(ready, method)


def _finish(ready: ScaledSums, found: Optimum, method: Method) -> LinearFit:
    point, scale = found.point, ready.y_scale
    covariance = ready.z_back @ found.d @ ready.z_back.T * (point.residual * scale**2)
    outcome, note = _named(ready, found)
    keep = 1.0 if outcome != "not converged" else np.nan
    return LinearFit(
        names=ready.names,
        beta=keep * (ready.beta_shift + scale * ready.x_back @ point.beta),
        covariance=keep * point.residual * scale**2 * (ready.x_back @ point.inverse @ ready.x_back.T),
        random=ready.random,
        random_covariance=keep * (covariance + covariance.T) / 2,
        residual_variance=keep * point.residual * scale**2,
        log_likelihood=keep * -0.5 * deviance(ready, point, method),
        method=method,
        structure=ready.structure,
        outcome=outcome,
        note=note,
        n_rows=ready.n_rows,
        n_people=ready.n_people,
        evaluations=found.evaluations,
    )


def _named(ready: ScaledSums, found: Optimum) -> tuple[Outcome, str]:
    """Outcome of a fit, and which person effects have no variance of their own."""
    if not found.converged:
        return "not converged", "the likelihood has no stationary point that scoring could reach"
    if ready.q == 0 or eigenvalues(found.d)[0] >= NO_VARIANCE**2:
        return "converged", ""
    names = [ready.names[i] for i in ready.random]
    # Back to columns of unit mean square, so that the units of a predictor do not decide.
    unit = np.linalg.norm(np.linalg.inv(ready.z_back), axis=0)
    raw = ready.z_back @ found.d @ ready.z_back.T
    small = np.sqrt(np.maximum(np.diag(raw), 0.0)) * unit < NO_VARIANCE
    none = [name for name, is_small in zip(names, small, strict=True) if is_small]
    if none:
        return "singular", f"no variance between persons in: {', '.join(none)}"
    return "singular", f"the person effects are perfectly correlated: {', '.join(names)}"
