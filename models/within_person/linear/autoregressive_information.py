"""Observed information on the variances and the correlation of a day-to-day correlated mixed model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.autoregressive_score import factor_of, person_parts, summed_slopes
from models.within_person.linear.gapped_rows import GappedRows, Whitened, whiten
from models.within_person.linear.linear_fit import Covariance, Method

Array = NDArray[np.float64]

NO_VARIANCE: Final = 1e-8  # eigenvalue of the relative covariance, against the largest, that counts as zero
AT_ZERO: Final = 1e-6  # correlation over a unit that counts as its boundary 0
STEP: Final = 1e-4  # of a parameter, in units of its size
FLAT: Final = 1e-8  # eigenvalue of the scaled information, against the largest, that carries none


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the fixed effects' covariance hangs on, in unit scale.

    `factor` L (q, k), D = L L' the covariance of the person effects over the residual variance, k its rank;
    `free` (q, k) which of its entries move; the logarithm of the residual variance; the correlation over a
    unit, which moves unless it lies at its boundary 0. A direction without variance is held where it is:
    there the slope of the fixed effects' covariance in the factor is zero.
    """

    factor: Array
    free: NDArray[np.bool_]
    log_residual: float
    correlation: float

    @property
    def vector(self) -> Array:
        """The parameters that move, one after the other."""
        moving = [self.correlation] if self.correlation_moves else []
        return np.concatenate([self.factor[self.free], [self.log_residual], moving])

    @property
    def correlation_moves(self) -> bool:
        """Whether the correlation lies off its boundary."""
        return abs(self.correlation) > AT_ZERO

    def at(self, vector: Array) -> Parameters:
        """Move to other values of the same model."""
        n = int(self.free.sum())
        factor = self.factor.copy()
        factor[self.free] = vector[:n]
        correlation = float(vector[n + 1]) if self.correlation_moves else self.correlation
        return Parameters(
            factor=factor, free=self.free, log_residual=float(vector[n]), correlation=correlation
        )

    @property
    def steps(self) -> Array:
        """Step of each parameter for central differences."""
        entries = self.factor[self.free]
        typical = 0.1 * float(np.sqrt(np.mean(entries**2))) if entries.size else 0.0
        size = abs(self.correlation)
        moving = [10.0 * STEP * min(size, 1.0 - size)] if self.correlation_moves else []
        return np.concatenate([STEP * (np.abs(entries) + typical), [STEP], moving])


def parameters(relative: Array, residual: float, correlation: float, structure: Covariance) -> Parameters:
    """Factor the relative covariance: lower trapezoid of its rank, or the deviations of a diagonal one."""
    q = relative.shape[0]
    if structure == "diagonal":
        deviations = np.sqrt(np.maximum(np.diag(relative), 0.0))
        free = np.diag(deviations**2 > NO_VARIANCE * max(float(deviations.max()) ** 2, 1e-300))
        return Parameters(
            factor=np.diag(deviations),
            free=free,
            log_residual=float(np.log(residual)),
            correlation=correlation,
        )
    factor = factor_of(relative)
    size = np.sqrt((factor**2).sum(axis=0))
    kept = factor[:, size**2 > NO_VARIANCE * max(float((size**2).max()), 1e-300)]
    rank = kept.shape[1]
    if rank:
        turn, _ = np.linalg.qr(kept.T)
        kept = kept @ turn
    rows, columns = np.indices((q, rank))
    lower = rows >= columns
    return Parameters(
        factor=np.where(lower, kept, 0.0), free=lower, log_residual=float(np.log(residual)),
        correlation=correlation,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Slope of the deviance, the covariance of the fixed effects and its slopes, at some parameters.

    `slope` (k,); `covariance` (p, p); `covariance_slopes` (k, p, p); the fixed effects at their best for the
    parameters.
    """

    slope: Array
    covariance: Array
    covariance_slopes: Array


def state(rows: GappedRows, at: Parameters, method: Method) -> State:
    """Evaluate with beta profiled out.

    With D = L L', P_i = (I + A_i D)^-1 B_i and v = (-beta, 1), the slope of -2 log-likelihood in D is
    sum of (I + A D)^-1 A - P_X H_XX^-1 P_X' (restricted only) - P v v' P' / sigma^2 (Lindstrom & Bates 1988,
    JASA 83:1014), in L twice that times L; and H_XX has the slope -P_X' dD P_X.
    """
    white = whiten(rows, at.correlation)
    m, q = rows.values.shape[1], len(rows.random)
    p, residual = m - 1, float(np.exp(at.log_residual))
    relative = at.factor @ at.factor.T
    inner, h, gram = np.zeros((q, q)), np.zeros((m, m)), np.zeros((q * m, q * m))
    for part in person_parts(white.sums.products, rows.random, m, relative):
        flat = part.left.reshape(-1, q * m)
        inner += part.inner.sum(axis=0)
        h += part.h
        gram += flat.T @ flat
    inverse = np.asarray(np.linalg.inv(h[:p, :p]), dtype=np.float64)
    beta = inverse @ h[:p, p]
    v = np.append(-beta, 1.0)
    crossed = gram.reshape(q, m, q, m)
    in_d = inner - np.einsum("a,rasb,b->rs", v, crossed, v) / residual
    squares, n_free = float(v @ h @ v), rows.n_rows
    if method == "reml":
        in_d -= np.einsum("rasb,ab->rs", crossed[:, :p, :, :p], inverse)
        n_free -= p
    slopes = [(2.0 * in_d @ at.factor)[at.free], [n_free - squares / residual]]
    covariance = residual * inverse
    h_slopes = [-_moved(crossed[:, :p, :, :p], at.factor, int(r), int(k)) for r, k in np.argwhere(at.free)]
    covariance_slopes = [-inverse @ change @ covariance for change in h_slopes] + [covariance]
    if at.correlation_moves:
        in_correlation, h_slope = _in_correlation(
            rows, white, relative=relative, v=v, residual=residual, inverse=inverse, method=method
        )
        slopes.append([in_correlation])
        covariance_slopes.append(-inverse @ h_slope @ covariance)
    return State(
        slope=np.concatenate(slopes), covariance=covariance, covariance_slopes=np.array(covariance_slopes)
    )


def _moved(crossed: Array, factor: Array, r: int, k: int) -> Array:
    """Sum of P_X' dD P_X where entry (r, k) of the factor moves."""
    half = np.einsum("asb,s->ab", crossed[r], factor[:, k])
    return np.asarray(half + half.T)


def _in_correlation(
    rows: GappedRows, white: Whitened, *, relative: Array, v: Array, residual: float, inverse: Array,
    method: Method,
) -> tuple[float, Array]:  # fmt: skip
    """Slope of the deviance, and of H_XX, in the correlation; see `deviance_slope`."""
    slopes, log = summed_slopes(rows, white, relative)
    value = log + white.log_slope + float(v @ slopes @ v) / residual
    if method == "reml":
        value += float(np.sum(inverse * slopes[:-1, :-1]))
    return value, slopes[:-1, :-1]


def covariance_of_parameters(rows: GappedRows, at: Parameters, method: Method) -> tuple[Array, int]:
    """Inverse of the observed information by central differences of the exact slope.

    Twice the inverse of the second derivatives of -2 log-likelihood. Directions along which it does not
    bend upward carry no information and are left out; their number is returned beside it.
    """
    vector, steps = at.vector, at.steps
    bend = np.empty((vector.size, vector.size))
    for k, step in enumerate(steps):
        away = np.zeros(vector.size)
        away[k] = step
        up = state(rows, at.at(vector + away), method).slope
        down = state(rows, at.at(vector - away), method).slope
        bend[k] = (up - down) / (2.0 * step)
    bend = 0.5 * (bend + bend.T)
    scale = np.sqrt(np.maximum(np.abs(np.diag(bend)), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(bend / np.outer(scale, scale))
    kept = values > FLAT * values.max()
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return 2.0 * inverse / np.outer(scale, scale), int((~kept).sum())
