"""What a Tobit's coefficients mean on the scale that people answered on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from models.within_person.design.model_rows import ModelRows
from models.within_person.tobit.fit import TobitFit

Array = NDArray[np.float64]


NAMES: Final = (
    "latent mean", "observed mean", "share at the floor", "share at the ceiling",
    "latent effect", "observed effect", "effect on the share at the floor",
    "effect on the share at the ceiling",
)  # fmt: skip
STEP: Final = 1e-3  # of a standard error, in the numerical derivative


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """An average over rows and persons, with its delta-method standard error."""

    name: str
    value: float
    std_error: float


def margins(fit: TobitFit, rows: ModelRows, direction: Array) -> tuple[Margin, ...]:
    """Average levels, and average effects of moving the columns of every row along `direction`.

    `direction` (p,) or (n_rows, p) is the derivative of a row's columns by the predictor: 1 in its own
    column, the moderator in that of a product. Over persons y* is normal with mean mu = x'beta and variance
    tau^2 = z'Sigma z + sigma^2 / w, so the average over person effects needs no integral:
    E[y] = a Phi(A) + c (1 - Phi(C)) + mu (Phi(C) - Phi(A)) + tau (phi(A) - phi(C)), A = (a - mu) / tau,
    C = (c - mu) / tau; its derivative in mu is Phi(C) - Phi(A), in tau phi(A) - phi(C) (McDonald & Moffitt
    1980, Rev Econ Stat 62:318-321, with tau for their sigma). Moving a column that has a person effect moves
    tau too, and the effect counts it. Standard errors: delta method over all parameters, rows held fixed.

    Returns
    -------
    tuple of Margin
        In the order of `NAMES`; effects are per unit of the predictor.

    Raises
    ------
    ValueError
        A direction whose size is not that of the columns.
    """
    given = np.asarray(direction, dtype=float)
    if given.shape not in {(rows.x.shape[1],), rows.x.shape}:
        raise ValueError(f"a direction has one number for each of the {rows.x.shape[1]} columns")
    along = np.broadcast_to(given, rows.x.shape)
    return _with_errors(fit, lambda parameters: _averages(parameters, fit, rows, rows.x, along))


def difference(fit: TobitFit, rows: ModelRows, high: Array, low: Array) -> tuple[Margin, ...]:
    """Average levels with the columns of every row at `high` minus those at `low` (n_rows, p).

    For a yes-or-no predictor: its own column and its products at 1, and at 0. The first four of `NAMES`.
    """
    along = np.zeros_like(rows.x)

    def averages(parameters: Array) -> Array:
        above = _averages(parameters, fit, rows, high, along)
        return above[:4] - _averages(parameters, fit, rows, low, along)[:4]

    return _with_errors(fit, averages)


def _with_errors(fit: TobitFit, averages: Callable[[Array], Array]) -> tuple[Margin, ...]:
    at = fit.random_covariance[np.tril_indices(len(fit.random))]
    best = np.concatenate([fit.beta, at, [fit.residual_sd]])
    spread = np.sqrt(np.maximum(np.diag(fit.joint_covariance), 0.0))
    value = averages(best)
    slopes = np.zeros((value.size, best.size))
    for j in np.flatnonzero(spread > 0):
        step = np.zeros(best.size)
        step[j] = STEP * spread[j]
        slopes[:, j] = (averages(best + step) - averages(best - step)) / (2 * step[j])
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, fit.joint_covariance, slopes), 0.0))
    return tuple(
        Margin(name=name, value=float(v), std_error=float(e))
        for name, v, e in zip(NAMES, value, errors, strict=False)
    )


def _averages(parameters: Array, fit: TobitFit, rows: ModelRows, x: Array, along: Array) -> Array:
    """Levels and effects, averaged over rows, in the order of `NAMES`."""
    p, z, q = len(fit.names), list(fit.random), len(fit.random)
    beta, sigma = parameters[:p], parameters[-1]
    lower = np.zeros((q, q))
    lower[np.tril_indices(q)] = parameters[p:-1]
    covariance = lower + np.tril(lower, -1).T
    weights = 1.0 if rows.weights is None else rows.weights
    mu, dmu = x @ beta, along @ beta
    tau = np.sqrt(((x[:, z] @ covariance) * x[:, z]).sum(axis=1) + sigma**2 / weights)
    dtau = ((x[:, z] @ covariance) * along[:, z]).sum(axis=1) / tau
    below = (fit.floor - mu) / tau if fit.floor is not None else np.full(mu.size, -np.inf)
    above = (fit.ceiling - mu) / tau if fit.ceiling is not None else np.full(mu.size, np.inf)
    at_floor, at_ceiling = ndtr(below), ndtr(-above)
    inside, edge = 1 - at_floor - at_ceiling, _density(below) - _density(above)
    observed = mu * inside + tau * edge
    floor_slope, ceiling_slope = np.zeros(mu.size), np.zeros(mu.size)
    if fit.floor is not None:
        observed += fit.floor * at_floor
        floor_slope = -_density(below) * (dmu + below * dtau) / tau
    if fit.ceiling is not None:
        observed += fit.ceiling * at_ceiling
        ceiling_slope = _density(above) * (dmu + above * dtau) / tau
    effects = (dmu, inside * dmu + edge * dtau, floor_slope, ceiling_slope)
    return np.array([part.mean() for part in (mu, observed, at_floor, at_ceiling, *effects)])


def _density(t: Array) -> Array:
    return np.asarray(np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi))
