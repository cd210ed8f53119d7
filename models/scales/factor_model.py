"""Means and covariances of items as a factor model says, and how they move with its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Array

Places = NDArray[np.intp]
FIXED: Final = -1  # in the place of a parameter's number: the entry stays at its value
Level = Literal["configural", "metric", "scalar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorModel:
    """x = intercepts + L f + e, f ~ N(means, P), e ~ N(0, E): which entries are free, and which are equal.

    Each array holds, for every entry, the number of its parameter or `FIXED`; entries with the same number
    are equal. `loadings` (p, m), `factors` (m, m) and `errors` (p, p) symmetric, `intercepts` (p,), `means`
    (m,). Fixed entries are 0 but for `factor_variances` (m,), the diagonal of P where it is fixed.
    """

    loadings: Places
    factors: Places
    errors: Places
    intercepts: Places
    means: Places
    factor_variances: Array
    n_parameters: int

    def entries(self, theta: Array) -> Entries:
        """Fill the matrices."""
        values = np.append(theta, 0.0)  # FIXED is the last
        factors = values[self.factors]
        diagonal = np.diag_indices_from(factors)
        factors[diagonal] = np.where(
            self.factors[diagonal] == FIXED, self.factor_variances, factors[diagonal]
        )
        return Entries(
            loadings=values[self.loadings], factors=factors, errors=values[self.errors],
            intercepts=values[self.intercepts], means=values[self.means],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The matrices of a model, filled."""

    loadings: Array
    factors: Array
    errors: Array
    intercepts: Array
    means: Array

    @property
    def mean(self) -> Array:
        """Mean of the items (p,)."""
        return np.asarray(self.intercepts + self.loadings @ self.means)

    @property
    def covariance(self) -> Array:
        """Covariance of the items (p, p)."""
        return np.asarray(self.loadings @ self.factors @ self.loadings.T + self.errors)


def jacobian(model: FactorModel, at: Entries) -> tuple[Array, Array]:
    """How the mean (q, p) and the covariance (q, p, p) move with each parameter."""
    p = model.loadings.shape[0]
    q = model.n_parameters
    in_mean, in_covariance = np.zeros((q + 1, p)), np.zeros((q + 1, p, p))  # the last row takes what is fixed
    carried = at.loadings @ at.factors
    turned = in_covariance.transpose(0, 2, 1)
    for f in range(model.loadings.shape[1]):
        items = np.arange(p)
        np.add.at(in_mean, (model.loadings[:, f], items), at.means[f])
        np.add.at(in_covariance, (model.loadings[:, f], items), carried[:, f])
        np.add.at(turned, (model.loadings[:, f], items), carried[:, f])
        in_mean[model.means[f]] += at.loadings[:, f]
        for g in range(f + 1):
            product = np.outer(at.loadings[:, f], at.loadings[:, g])
            in_covariance[model.factors[f, g]] += product if f == g else product + product.T
    rows, columns = np.indices((p, p))
    np.add.at(in_covariance, (model.errors, rows, columns), 1.0)
    np.add.at(in_mean, (model.intercepts, np.arange(p)), 1.0)
    return in_mean[:q], in_covariance[:q]


def slope_in_parameters(model: FactorModel, at: Entries, of_mean: Array, of_covariance: Array) -> Array:
    """Slope (q,) in the parameters of a function whose slopes in the mean and the covariance are given.

    The same as the Jacobian times these slopes, without forming it: dL = g a' + 2 G L P, dP = L'G L, dE = G,
    d intercepts = g, d means = L'g, with g `of_mean` (p,) and G `of_covariance` (p, p), symmetric.
    """
    carried = of_covariance @ at.loadings
    parts = (
        (model.loadings, np.outer(of_mean, at.means) + 2.0 * carried @ at.factors),
        (model.factors, at.loadings.T @ carried),
        (model.errors, of_covariance),
        (model.intercepts, of_mean),
        (model.means, at.loadings.T @ of_mean),
    )
    places = np.concatenate([place.ravel() for place, _ in parts]) - FIXED  # what is fixed comes first
    slopes = np.concatenate([slope.ravel() for _, slope in parts])
    found: Array = np.bincount(places, weights=slopes, minlength=model.n_parameters + 1)[1:].astype(float)
    return found


def bend(model: FactorModel, at: Entries, of_mean: Array, of_covariance: Array) -> Array:
    """Second derivatives (q, q) of mean and covariance in the parameters, weighted by slopes in them.

    Of the function g'mean + <G, covariance>, g `of_mean` (p,) and G `of_covariance` (p, p), symmetric, with
    mean = intercepts + L means and covariance = L P L' + E. In entries: of L_if and L_jh it is 2 G_ij P_fh;
    of L_if and P_hm, (G L)_im where f = h and (G L)_ih where f = m; of L_if and means_h, g_i where f = h. All
    else is linear.
    """
    p, m = model.loadings.shape
    if not m:
        return np.zeros((model.n_parameters, model.n_parameters))
    same, carried = np.eye(m), of_covariance @ at.loadings
    blocks = (
        (model.loadings, 2.0 * np.einsum("ij,fh->ifjh", of_covariance, at.factors)),
        (
            model.factors,
            2.0 * np.einsum("fh,im->ifhm", same, carried) + 2.0 * np.einsum("fm,ih->ifhm", same, carried),
        ),
        (model.means, 2.0 * np.einsum("fh,i->ifh", same, of_mean)),
    )
    q = model.n_parameters + 1  # what is fixed comes first
    found = np.zeros((q, q))
    for place, values in blocks:
        rows = (model.loadings - FIXED).reshape(p, m, *(1,) * place.ndim)
        np.add.at(found, (rows, place - FIXED), values)
    found = found[1:, 1:]
    return np.asarray(0.5 * (found + found.T))


def saturated(p: int) -> FactorModel:
    """Any mean and covariance of p items: p means, then the lower triangle of the covariance row by row."""
    numbers = np.zeros((p, p), dtype=np.intp)
    low = np.tril_indices(p)
    numbers[low] = p + np.arange(low[0].size)
    return FactorModel(
        loadings=np.zeros((p, 0), dtype=np.intp), factors=np.zeros((0, 0), dtype=np.intp),
        errors=np.maximum(numbers, numbers.T), intercepts=np.arange(p), means=np.zeros(0, dtype=np.intp),
        factor_variances=np.zeros(0), n_parameters=p + low[0].size,
    )  # fmt: skip


def one_factor(k: int) -> FactorModel:
    """One factor of variance 1 behind k items: parameters intercepts, loadings, error variances."""
    errors = np.full((k, k), FIXED, dtype=np.intp)
    errors[np.diag_indices(k)] = 2 * k + np.arange(k)
    return FactorModel(
        loadings=(k + np.arange(k))[:, None], factors=np.full((1, 1), FIXED, dtype=np.intp), errors=errors,
        intercepts=np.arange(k), means=np.full(1, FIXED, dtype=np.intp), factor_variances=np.ones(1),
        n_parameters=3 * k,
    )  # fmt: skip


def two_waves(k: int, level: Level) -> FactorModel:
    """One factor behind the same k items at two waves, the errors of an item correlated over time.

    The first factor has mean 0 and variance 1. configural: so has the second, all else is free at each wave;
    metric: loadings are equal over time and the second variance is free; scalar: intercepts are equal, too,
    and the second mean is free (Meredith 1993, Psychometrika 58:525; Widaman, Ferrer & Conger 2010, Child
    Development Perspectives 4:10). Parameters in order: error variances (2k), error covariances over time
    (k), factor covariance, loadings, intercepts, second variance, second mean.
    """
    items = np.arange(k)
    errors = np.full((2 * k, 2 * k), FIXED, dtype=np.intp)
    errors[np.diag_indices(2 * k)] = np.arange(2 * k)
    errors[items, k + items] = errors[k + items, items] = 2 * k + items
    loadings = np.full((2 * k, 2), FIXED, dtype=np.intp)
    factors = np.full((2, 2), FIXED, dtype=np.intp)
    means = np.full(2, FIXED, dtype=np.intp)
    factors[0, 1] = factors[1, 0] = 3 * k
    used = 3 * k + 1
    loadings[items, 0] = used + items
    loadings[k + items, 1] = used + (items if level != "configural" else k + items)
    used += k if level != "configural" else 2 * k
    if level == "scalar":
        intercepts = used + np.tile(items, 2)
        used += k
    else:
        intercepts = used + np.arange(2 * k)
        used += 2 * k
    if level != "configural":
        factors[1, 1] = used
        used += 1
    if level == "scalar":
        means[1] = used
        used += 1
    return FactorModel(
        loadings=loadings, factors=factors, errors=errors, intercepts=intercepts, means=means,
        factor_variances=np.ones(2), n_parameters=used,
    )  # fmt: skip
