"""Restricted likelihood of two daily answers that carry over from day to day, around a person's own level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LARGEST_ROOT = 0.999  # of the carry-over; beyond it the process has no level to come back to


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Carry-over `a`, day-to-day noise `q`, factor `level` of the levels' covariance; each (2, 2)."""

    a: Array
    q: Array
    level: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSeries:
    """Rows sorted by person and day.

    `z` (n_rows, 2) the two answers; `f` (n_rows, f) covariates with the intercept first; `gap` (n_rows,) days
    since the row before of the same person, 0 at a person's first row; `starts` (n_people,) first rows.
    """

    z: Array
    f: Array
    gap: NDArray[np.int64]
    starts: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """Restricted deviance at some parameters, and the fixed effects (2 f,) that go with them."""

    deviance: float
    fixed: Array
    fixed_covariance: Array


def stationary(a: Array, q: Array) -> Array | None:
    """Covariance g of the process: g = a g a' + q; None where it does not settle."""
    if np.abs(np.linalg.eigvals(a)).max() > LARGEST_ROOT:
        return None
    g = np.linalg.solve(np.eye(4) - np.kron(a, a), q.reshape(4)).reshape(2, 2)
    return np.asarray((g + g.T) / 2)


def restricted_deviance(parameters: Parameters, rows: TwoSeries) -> Profiled | None:
    """Minus twice the restricted log-likelihood, with the fixed effects profiled out.

    z_t = B f_t + b_i + e_t, b_i ~ N(0, level level'), e_t = a e_{t-1} + w_t, w_t ~ N(0, q), started from
    its stationary distribution. Over a gap of d days e_t given e_{t-d} is
    N(a^d e_{t-d}, g - a^d g a^d'): a missing day is a gap, not a neighbor. Rows are whitened by it, and the
    levels b_i integrated out by person, as in a linear mixed model (Laird & Ware 1982, Biometrics 38:963).
    None where the process does not settle or a covariance is not positive.
    """
    g = stationary(parameters.a, parameters.q)
    if g is None:
        return None
    n_rows, n_fixed = rows.f.shape
    design = np.zeros((n_rows, 2, 2 + 2 * n_fixed + 1))
    log_determinant = 0.0
    before = np.arange(n_rows) - 1
    for gap in np.unique(rows.gap):
        at = np.flatnonzero(rows.gap == gap)
        carry = np.linalg.matrix_power(parameters.a, int(gap)) if gap else np.zeros((2, 2))
        try:
            factor = np.linalg.cholesky(g - carry @ g @ carry.T)
        except np.linalg.LinAlgError:
            return None
        log_determinant += 2.0 * at.size * float(np.log(np.diag(factor)).sum())
        white = np.linalg.inv(factor)
        fixed = rows.f[at][:, None, None, :] * np.eye(2)[None, :, :, None]
        late = rows.z[at]
        if gap:
            fixed = fixed - carry[None, :, :, None] * rows.f[before[at]][:, None, None, :]
            late = late - rows.z[before[at]] @ carry.T
        design[at, :, :2] = white @ (np.eye(2) - carry)
        design[at, :, 2:-1] = (white @ fixed.reshape(at.size, 2, 2 * n_fixed)).reshape(at.size, 2, -1)
        design[at, :, -1] = late @ white.T
    return _integrate_levels(parameters.level, design, rows.starts, log_determinant)


def _integrate_levels(
    factor: Array, design: Array, starts: NDArray[np.intp], log_determinant: float
) -> Profiled | None:
    """Integrate the persons' levels out of whitened rows and profile the fixed effects."""
    sums = np.add.reduceat(np.einsum("nka,nkb->nab", design, design), starts, axis=0)
    m = np.eye(2) + factor.T @ sums[:, :2, :2] @ factor
    half = np.linalg.solve(np.linalg.cholesky(m), factor.T @ sums[:, :2, 2:])
    total = sums[:, 2:, 2:].sum(axis=0) - np.einsum("iqa,iqb->ab", half, half)
    xx, xy, yy = total[:-1, :-1], total[:-1, -1], total[-1, -1]
    sign, xx_determinant = np.linalg.slogdet(xx)
    if sign <= 0:
        return None
    fixed = np.linalg.solve(xx, xy)
    df = 2 * design.shape[0] - xx.shape[0]
    deviance = (
        log_determinant
        + float(np.linalg.slogdet(m)[1].sum())
        + float(xx_determinant)
        + float(yy - xy @ fixed)
        + df * np.log(2.0 * np.pi)
    )
    return Profiled(deviance=float(deviance), fixed=fixed, fixed_covariance=np.linalg.inv(xx))
