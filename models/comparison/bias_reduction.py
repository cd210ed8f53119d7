"""The adjustment of residuals that makes a cluster-robust variance unbiased under a working model (CR2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from models.inference.coefficients import Array

NULL = 1e-10  # an eigenvalue this small is a direction that the cluster alone decides: left out
TOGETHER = 100_000  # numbers in the factors of clusters that are adjusted together
DENSE = 200  # rows up to which the root of a cluster's matrix is taken from its eigenvalues


class BiasReduction:
    """CR2 of a weighted regression with independent rows as the working model.

    Take predictors X, weights W and working variances Phi (both diagonal), M = (X'WX)^-1 and H = X M X'W.
    Cluster g's residuals have the covariance F_g = Phi_g - H_g Phi_g - Phi_g H_g' + X_g M X'W Phi W X M X_g'.
    The adjustment A_g = D_g B_g^(-1/2) D_g, B_g = D_g F_g D_g, D_g = Phi_g^(1/2), gives A_g F_g A_g' = Phi_g
    (Pustejovsky & Tipton 2018; symmetric root; pseudo-inverse where the cluster alone decides a
    coefficient). F_g / Phi is the unit matrix but for rank 2p, so that no n by n matrix is needed.
    """

    def __init__(
        self, x: Array, weights: Array, variance: Array, bread: Array, wanted: Sequence[int] | None = None
    ) -> None:
        """Take rows and M; `wanted` are the coefficients whose columns are given, all without it."""
        self._x, self._weights, self._variance, self._bread = x, weights, variance, bread
        self._wanted = [*range(x.shape[1])] if wanted is None else [*wanted]
        middle = x.T @ ((weights**2 * variance)[:, None] * x)
        self._spread = bread @ middle @ bread
        self._even = bool(np.ptp(variance) <= 1e-14 * np.max(variance))
        product = weights * variance  # alike for all where weights are the inverse variances
        self._plain = bool(np.ptp(product) <= 1e-14 * np.max(product))

    @property
    def spread(self) -> Array:
        """Covariance (p, p) of the coefficients under the working model."""
        return self._spread

    def adjusted(self, rows: slice) -> Array:
        """A_g W_g X_g M (n_g, k) of the cluster that holds these rows."""
        x, root = self._x[rows], np.sqrt(self._variance[rows])
        weighted = self._weights[rows][:, None] * x
        basis, core = self._low_rank(x / root[:, None], root[:, None] * weighted)
        right = weighted @ self._bread[:, self._wanted]
        if self._even:
            return _root_of_unit_plus(basis, core, right)
        scaled = root[:, None] * right
        if len(x) <= DENSE:
            return root[:, None] * root_by_eigenvalues(root**2, basis, core, scaled)
        return root[:, None] * root_by_quadrature(root**2, basis, core, scaled)

    def adjusted_single_rows(self) -> Array:
        """A_g W_g X_g M (n, k) of clusters of one row each: A_g is the number (Phi_g / F_g)^(1/2)."""
        turned = self._x @ self._bread
        wanted = turned[:, self._wanted]
        leverage = self._weights * np.vecdot(turned, self._x)
        left = 1.0 - 2.0 * leverage + np.vecdot(self._x @ self._spread, self._x) / self._variance
        root = np.where(left > NULL, 1.0 / np.sqrt(np.maximum(left, NULL)), 0.0)
        return np.asarray((root * self._weights)[:, None] * wanted)

    def adjusted_each(self, ends: NDArray[np.int64]) -> Array:
        """A_g W_g X_g M (n, k) of all clusters, each ending at one of `ends` where the next begins."""
        starts = np.r_[0, ends[:-1]]
        found = np.empty((len(self._x), len(self._wanted)))
        for group in _alike_in_size(ends - starts, 2 * self._x.shape[1]):
            left = ~self._adjust_together(starts[group], ends[group], found)
            for g in group[left]:
                rows = slice(int(starts[g]), int(ends[g]))
                found[rows] = self.adjusted(rows)
        return found

    def _adjust_together(
        self, starts: NDArray[np.int64], ends: NDArray[np.int64], found: Array
    ) -> NDArray[np.bool_]:
        """Write what `adjusted` gives of clusters much alike in size, and tell for which it was done.

        Shorter clusters are filled up with rows of zeros, which change nothing. Where working variances
        differ, clusters that alone decide a coefficient are left out.
        """
        rows = starts[:, None] + np.arange(int((ends - starts).max()))
        inside = rows < ends[:, None]
        rows = np.where(inside, rows, starts[:, None])
        x, variance = np.where(inside[:, :, None], self._x[rows], 0.0), self._variance[rows]
        root = np.sqrt(variance)[:, :, None]
        weighted = self._weights[rows][:, :, None] * x
        basis, core = self._low_rank(x / root, root * weighted)
        right = weighted @ self._bread[:, self._wanted]
        if self._even:
            found[rows[inside]] = _root_of_unit_plus(basis, core, right)[inside]
            return np.ones(len(starts), dtype=bool)
        values = np.linalg.eigvalsh(np.eye(core.shape[-1]) + core)
        usable = np.asarray(values[:, 0] > NULL * np.maximum(1.0, values[:, -1]))
        if usable.any():
            bounds = min(1.0, float(values[usable].min())), max(1.0, float(values[usable].max()))
            scaled = roots_by_quadrature(
                variance[usable], basis[usable], core[usable], root[usable] * right[usable], bounds
            )
            own = inside[usable]
            found[rows[usable][own]] = (root[usable] * scaled)[own]
        return usable

    def _low_rank(self, x: Array, weighted: Array) -> tuple[Array, Array]:
        """Orthonormal U (n_g, m) and C (m, m), with F_g = Phi^(1/2) (I + U C U') Phi^(1/2).

        Of one cluster or of several, (B, n_g, p). Weights that are inverse variances need p columns, not 2p.
        """
        both = x if self._plain else np.concatenate([x, weighted], axis=-1)
        basis, _ = np.linalg.qr(both)
        across = basis.swapaxes(-1, -2)
        left, right = across @ x, across @ weighted
        cross = left @ self._bread @ right.swapaxes(-1, -2)
        core = left @ self._spread @ left.swapaxes(-1, -2) - cross - cross.swapaxes(-1, -2)
        return basis, (core + core.swapaxes(-1, -2)) / 2.0


def _inverse_roots(values: Array) -> Array:
    """1 / sqrt of eigenvalues (..., m), 0 of those that are zero."""
    kept = values > NULL * np.maximum(1.0, values.max(axis=-1, initial=0.0, keepdims=True))
    return np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)


def _root_of_unit_plus(basis: Array, core: Array, right: Array) -> Array:
    """(I + U C U')^(-1/2) times `right`, of one cluster or of several."""
    values, vectors = np.linalg.eigh(np.eye(core.shape[-1]) + core)
    turned = basis @ vectors
    shrunk = (_inverse_roots(values) - 1.0)[..., None] * (turned.swapaxes(-1, -2) @ right)
    return np.asarray(right + turned @ shrunk)


@dataclass(frozen=True, slots=True)
class _Lifted:
    """B = V (I + U C U') V as diag(V^2) + F K F', its null directions N (n, k) lifted to `typical`.

    The nonzero eigenvalues of B lie between `low` and `high`.
    """

    squares: Array
    factors: Array
    core: Array
    null: Array
    typical: float
    low: float
    high: float

    def without_null(self, root: Array, right: Array) -> Array:
        """Root of the lifted matrix times `right`, less what the lifting added."""
        return np.asarray(root - self.null @ (self.null.T @ right) / math.sqrt(self.typical))


def _lifted(variance: Array, basis: Array, core: Array) -> _Lifted:
    values, vectors = np.linalg.eigh(np.eye(len(core)) + core)
    empty = values <= NULL * max(1.0, float(values.max(initial=0.0)))
    factors, middle, null = variance[:, None] * basis, core, np.zeros((len(variance), 0))
    typical = float(np.mean(variance)) ** 2
    if empty.any():
        null, _ = np.linalg.qr((basis @ vectors[:, empty]) / variance[:, None])
        factors = np.hstack([factors, null])
        middle = linalg.block_diag(core, typical * np.eye(null.shape[1]))
    return _Lifted(
        squares=variance**2, factors=factors, core=middle, null=null, typical=typical,
        low=min(typical, float(variance.min()) ** 2 * min(1.0, float(values[~empty].min(initial=1.0)))),
        high=max(typical, float(variance.max()) ** 2 * max(1.0, float(values.max(initial=1.0)))),
    )  # fmt: skip


def root_by_eigenvalues(variance: Array, basis: Array, core: Array, right: Array) -> Array:
    """(V (I + U C U') V)^(-1/2) times `right`, V = diag(variance), in n^3 steps."""
    whole = _lifted(variance, basis, core)
    values, vectors = np.linalg.eigh(np.diag(whole.squares) + whole.factors @ whole.core @ whole.factors.T)
    values = np.maximum(values, whole.low)  # rounding may leave them below their bound, even below zero
    return whole.without_null(vectors @ ((vectors.T @ right) / np.sqrt(values)[:, None]), right)


def root_by_quadrature(variance: Array, basis: Array, core: Array, right: Array) -> Array:
    """Return the same as `root_by_eigenvalues` in n m^2 steps, by a rational approximation of the root.

    B^(-1/2) = (2 / pi) of the integral of (t^2 + B)^-1 over t > 0, by the conformal map of Hale, Higham &
    Trefethen 2008 (SIAM Journal on Numerical Analysis 46:2505, method 3), whose error falls as
    exp(-2 pi^2 N / (log(condition) + 3)) with N solves; each solve is diagonal plus low rank.
    """
    whole = _lifted(variance, basis, core)
    found = np.zeros_like(right)
    for shift, weight in zip(*_nodes(whole.low, whole.high), strict=True):
        found += weight * _solved(whole.squares + shift, whole.factors, whole.core, right)
    return whole.without_null(found, right)


def roots_by_quadrature(
    variance: Array, basis: Array, core: Array, right: Array, bounds: tuple[float, float]
) -> Array:
    """Return the same as `root_by_quadrature` for clusters together, none of which has a null direction.

    All arrays begin with the number of clusters; `bounds` are those of the eigenvalues of I + U C U'.
    """
    squares, factors = variance[:, :, None] ** 2, variance[:, :, None] * basis
    across, unit = factors.swapaxes(1, 2), np.eye(core.shape[-1])
    low, high = float(variance.min()) ** 2 * bounds[0], float(variance.max()) ** 2 * bounds[1]
    found = np.zeros_like(right)
    for shift, weight in zip(*_nodes(low, high), strict=True):
        shrunk = weight / (squares + shift)
        apart, scaled = shrunk * right, (shrunk / weight) * factors
        inner = unit + core @ (across @ scaled)
        found += apart - scaled @ np.linalg.solve(inner, core @ (across @ apart))
    return found


def _alike_in_size(sizes: NDArray[np.int64], columns: int) -> list[NDArray[np.intp]]:
    """Clusters in groups of much the same size, few enough for the cache."""
    order = np.argsort(sizes, kind="stable")
    groups, first = [], int((sizes == 0).sum())
    while first < len(order):
        last = first + 1
        while last < len(order) and (
            sizes[order[last]] <= 1.25 * sizes[order[first]]
            and (last + 1 - first) * int(sizes[order[last]]) * columns <= TOGETHER
        ):
            last += 1
        groups.append(order[first:last])
        first = last
    return groups


def _nodes(low: float, high: float) -> tuple[Array, Array]:
    """Shifts and weights with sum of weight / (shift + z) = z^(-1/2) for z from low to high, to rounding."""
    count = math.ceil(1.7 * (math.log(high / low) + 3.0)) + 2
    parameter = 1.0 - low / high
    quarter = float(special.ellipkm1(low / high))
    points = (np.arange(count) + 0.5) * quarter / count
    sine, cosine, delta, _ = special.ellipj(points, parameter)
    return low * (sine / cosine) ** 2, 2.0 * quarter * math.sqrt(low) / (math.pi * count) * delta / cosine**2


def _solved(diagonal: Array, factors: Array, core: Array, right: Array) -> Array:
    """(diag + F C F')^-1 times `right` (Woodbury), for a core that may be singular."""
    scaled = factors / diagonal[:, None]
    inner = np.eye(len(core)) + core @ (factors.T @ scaled)
    return np.asarray(right / diagonal[:, None] - scaled @ np.linalg.solve(inner, core @ (scaled.T @ right)))
