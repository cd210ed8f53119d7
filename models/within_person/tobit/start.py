"""Where the search for a Tobit's maximum begins: at the linear model, or where some of the persons led."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.tobit.likelihood import free_entries
from models.within_person.tobit.maximize import SHARE, Arithmetic, ignoring_bounds, maximize, roughly
from models.within_person.tobit.scaled_rows import ScaledRows

Array = NDArray[np.float64]
MANY: Final = 4_000  # persons from which some of them are fitted first
ONE_IN: Final = 16  # of these persons: they lead to about four standard errors from the maximum of all


def first_guess(data: ScaledRows, linear: ScaledRows, arithmetic: Arithmetic) -> Array:
    """Working parameters to begin from; `linear` is `data` with the bounds ignored."""
    if data.n_people < MANY:
        return _from_linear(data, linear, arithmetic)
    some = data.of(np.arange(0, data.n_people, ONE_IN))
    theta = with_spread(_from_linear(some, ignoring_bounds(some, arithmetic), arithmetic), some)
    found = roughly(some, theta, arithmetic)
    return _from_linear(data, linear, arithmetic) if found is None else found


def _from_linear(data: ScaledRows, linear: ScaledRows, arithmetic: Arithmetic) -> Array:
    """Start from the linear mixed model of the same rows, censored ones taken as they stand."""
    theta = ordinary(data)
    found = maximize(linear, theta, arithmetic=arithmetic, points=1, share=SHARE)
    good = found.converged and np.isfinite(found.theta).all() and found.theta[data.gram.shape[0] - 1] > 0
    return found.theta if good else theta


def ordinary(data: ScaledRows) -> Array:
    """Start from least squares of all rows, half of what they leave being the residual's."""
    beta = np.linalg.solve(data.gram[:-1, :-1], data.gram[:-1, -1])
    rest = float(data.gram[-1, -1] - beta @ data.gram[:-1, -1])
    h = 1 / np.sqrt(max(rest / (2 * data.n_rows), 1e-12))
    la, lb = free_entries(len(data.random), data.structure)
    return np.concatenate([-beta * h, [h], np.where(la == lb, np.where(la == 0, 1.0, 0.3), 0.0)])


def with_spread(theta: Array, data: ScaledRows) -> Array:
    """Move a start off the boundary, where the likelihood is flat in the factor."""
    m = data.gram.shape[0]
    la, lb = free_entries(len(data.random), data.structure)
    out = theta.copy()
    diagonal = m + np.flatnonzero(la == lb)
    out[diagonal] = np.where(np.abs(out[diagonal]) < 0.1, 0.1, np.abs(out[diagonal]))
    signs = np.where(theta[diagonal] < 0, -1.0, 1.0)
    below = np.flatnonzero(la != lb)
    out[m + below] *= signs[lb[below]]
    return out
