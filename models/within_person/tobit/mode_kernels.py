"""The mode of each person's effects by Newton's method, compiled; likelihood.modes says what it is."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0912, PLR0917  (compiled loops: one body, arrays by position)

from __future__ import annotations

import numpy as np

from models.within_person.compiling import njit
from models.within_person.tobit.normal_tail_kernels import tails_into
from models.within_person.tobit.uncensored_kernels import invert, person_terms

MOST_HALVINGS = 20  # of a step after which the density is lower


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def density_at(u, base, zl, n_rows, g, a, table, t, log_phi, mills, bend, slope, curve):
    """Log density of a person's effects at u (up to a constant), its slope and minus its curvature."""
    q = u.size
    for r in range(n_rows):
        total = base[r]
        for b in range(q):
            total += zl[r, b] * u[b]
        t[r] = total
    tails_into(t, n_rows, table, log_phi, mills, bend)
    value = 0.0
    for b in range(q):
        pull = 0.0
        for d in range(q):
            pull += a[b, d] * u[d]
            curve[b, d] = a[b, d]
        value -= u[b] * (g[b] + 0.5 * pull)
        slope[b] = -g[b] - pull
    for r in range(n_rows):
        value += log_phi[r]
        for b in range(q):
            slope[b] += mills[r] * zl[r, b]
            for d in range(q):
                curve[b, d] += bend[r] * zl[r, b] * zl[r, d]
    return value


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def modes(
    low, high, persons, start, signed, v0, factor, z, products, table, most_rows, steps, close, center, root
):
    """Mode of each person's effects by Newton's method, and the factor of the inverse curvature there."""
    m, q = v0.size, z.size
    sv, sz, g, a = np.empty(m), np.empty((m, q)), np.empty(q), np.empty((q, q))
    base, zl, t = np.empty(most_rows), np.empty((most_rows, q)), np.empty(most_rows)
    log_phi, mills, bend = np.empty(most_rows), np.empty(most_rows), np.empty(most_rows)
    u, trial, step, slope = np.empty(q), np.empty(q), np.empty(q), np.empty(q)
    curve, lower, inverse = np.empty((q, q)), np.zeros((q, q)), np.empty((q, q))
    for at in range(low, high):
        person_terms(products[persons[at]], v0, factor, z, sv, sz, g, a)
        first = start[at]
        n_rows = start[at + 1] - first
        for r in range(n_rows):
            total = 0.0
            for j in range(m):
                total += signed[first + r, j] * v0[j]
            base[r] = total
            for b in range(q):
                total = 0.0
                for c in range(b, q):
                    total += signed[first + r, z[c]] * factor[c, b]
                zl[r, b] = total
        for b in range(q):
            trial[b] = center[at, b]
            step[b] = 0.0
        value, left, halvings = -np.inf, steps, 0
        while True:
            new = density_at(trial, base, zl, n_rows, g, a, table, t, log_phi, mills, bend, slope, curve)
            if halvings < MOST_HALVINGS and not new >= value - 1e-9 * (1.0 + abs(value)):
                halvings += 1
                for b in range(q):
                    step[b] *= 0.5
                    trial[b] = u[b] + step[b]
                continue
            value, halvings = new, 0
            invert(curve, q, lower, inverse)
            largest = 0.0
            for b in range(q):
                u[b] = trial[b]
                total = 0.0
                for d in range(q):
                    total += inverse[b, d] * slope[d]
                step[b] = total
                largest = max(largest, abs(total))
            if largest < close or left == 0:
                break
            left -= 1
            for b in range(q):
                trial[b] = u[b] + step[b]
        invert(inverse, q, lower, curve)
        for b in range(q):
            center[at, b] = u[b]
            for d in range(q):
                root[at, b, d] = lower[b, d]
