"""Compiled scoring for the variances of one or two person effects, from products by person."""
# ruff: noqa: PLR0917, PLR0912, PLR0915  (compiled functions take arrays by position and are one set of loops)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

HALVINGS = 25
LANES = 8  # columns are padded to a multiple, so that each step is whole vector instructions


@njit(cache=True, nogil=True, fastmath=False)
def _factor_and_invert(matrix: Array, n: int, inverse: Array) -> float:
    """Cholesky of the leading n by n block, its inverse into `inverse`; log determinant, NaN if it fails."""
    lower = np.zeros((n, n))
    log = 0.0
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                if not total > 0.0:
                    return math.nan
                lower[i, i] = math.sqrt(total)
                log += math.log(total)
            else:
                lower[i, j] = total / lower[j, j]
    turned = np.zeros((n, n))  # inverse of `lower`
    for j in range(n):
        turned[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= lower[i, k] * turned[k, j]
            turned[i, j] = total / lower[i, i]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(max(i, j), n):
                total += turned[k, i] * turned[k, j]
            inverse[i, j] = total
    return log


@njit(cache=True, nogil=True, fastmath=False)
def _sums(
    products: Array, place: Integers, random: Integers, factor: Array, h: Array, q_sum: Array, qq: Array,
    pp: Array,
) -> float:  # fmt: skip
    """Sum over persons at D = factor factor': H less all W'W, Q, Q x Q, P x P; returns sum log |I + A D|.

    As `likelihood` of the linear model defines them: Q = Z'H^-1Z, P = Z'H^-1W. The last axes of `h` and `pp`
    are padded to whole lanes, and in `pp` each effect's part begins at a multiple of the padded width.
    """
    q, m = random.shape[0], place.shape[0]
    width = h.shape[1]
    a = np.empty((q, q))
    b = np.zeros((q, width))
    low = np.empty((q, q))
    half_a = np.empty((q, q))
    half_b = np.zeros((q, width))
    left = np.zeros(q * width)
    mine = np.empty(q * q)
    log, chunk = 0.0, 1.0
    h[:] = 0.0
    q_sum[:] = 0.0
    qq[:] = 0.0
    pp[:] = 0.0
    for person in range(products.shape[0]):
        for i in range(q):
            for j in range(m):
                b[i, j] = products[person, place[random[i], j]]
            for j in range(q):
                a[i, j] = b[i, random[j]]
        for i in range(q):
            for j in range(q):
                total = 0.0
                for k in range(q):
                    total += factor[k, i] * a[k, j]
                half_a[i, j] = total
            for j in range(width):
                half_b[i, j] = 0.0
            for k in range(q):
                by = factor[k, i]
                for start in range(0, width, LANES):
                    for lane in range(LANES):
                        half_b[i, start + lane] += by * b[k, start + lane]
        for i in range(q):
            for j in range(i + 1):
                total = 1.0 if i == j else 0.0
                for k in range(q):
                    total += half_a[i, k] * factor[k, j]
                for k in range(j):
                    total -= low[i, k] * low[j, k]
                if i == j:
                    low[i, i] = math.sqrt(total)
                    chunk *= total
                else:
                    low[i, j] = total / low[j, j]
        if not 1e-200 < chunk < 1e200:
            log += math.log(chunk)
            chunk = 1.0
        for i in range(q):
            for k in range(i):
                by = low[i, k]
                for j in range(q):
                    half_a[i, j] -= by * half_a[k, j]
                for start in range(0, width, LANES):
                    for lane in range(LANES):
                        half_b[i, start + lane] -= by * half_b[k, start + lane]
            by = 1.0 / low[i, i]
            for j in range(q):
                half_a[i, j] *= by
            for start in range(0, width, LANES):
                for lane in range(LANES):
                    half_b[i, start + lane] *= by
        for i in range(q):
            for j in range(q):
                total = a[i, j]
                for k in range(q):
                    total -= half_a[k, i] * half_a[k, j]
                mine[i * q + j] = total
                q_sum[i, j] += total
            for start in range(0, width, LANES):
                for lane in range(LANES):
                    left[i * width + start + lane] = b[i, start + lane]
                for k in range(q):
                    by = half_a[k, i]
                    for lane in range(LANES):
                        left[i * width + start + lane] -= by * half_b[k, start + lane]
        for k in range(q):
            for i in range(m):
                by = half_b[k, i]
                for start in range(0, width, LANES):
                    for lane in range(LANES):
                        h[i, start + lane] -= by * half_b[k, start + lane]
        for i in range(q * q):
            for j in range(q * q):
                qq[i, j] += mine[i] * mine[j]
        for r in range(q):
            for i in range(m):
                by = left[r * width + i]
                for start in range(0, q * width, LANES):
                    for lane in range(LANES):
                        pp[r * width + i, start + lane] += by * left[start + lane]
    return log + math.log(chunk)


@njit(cache=True, nogil=True, fastmath=False)
def score_variances(
    products: Array, random: Integers, factor: Array, diagonal: bool, reml: bool, n_rows: int, done: float,
    limit: int, beta: Array, inverse: Array,
) -> tuple[float, float, float, int]:  # fmt: skip
    """Lower the deviance over the factor of D by expected second derivatives with step halving.

    `factor` (q, q), q of 1 or 2, is the start and, at return, the end; `beta` (p,) and `inverse` (p, p) =
    (X'H^-1X)^-1 are filled. Returns the deviance, sigma^2, the squared distance left in standard errors (NaN
    where the search failed, or ended on a boundary that the slope points away from), and the evaluations.
    """
    q, p = random.shape[0], beta.shape[0]
    m = p + 1
    place = np.empty((m, m), np.int64)
    k = 0
    for i in range(m):
        for j in range(i, m):
            place[i, j] = k
            place[j, i] = k
            k += 1
    whole = np.zeros((m, m))
    for person in range(products.shape[0]):
        for i in range(m):
            for j in range(m):
                whole[i, j] += products[person, place[i, j]]
    n_entries = q if diagonal else q * (q + 1) // 2
    row = np.empty(n_entries, np.int64)
    column = np.empty(n_entries, np.int64)
    k = 0
    for i in range(q):
        for j in range(i + 1):
            if i == j or not diagonal:
                row[k] = i
                column[k] = j
                k += 1
    width = (m + LANES - 1) // LANES * LANES
    h = np.empty((m, width))
    q_sum = np.empty((q, q))
    qq = np.empty((q * q, q * q))
    pp = np.empty((q * width, q * width))
    slope = np.empty((q, q))
    bend = np.zeros((q, q))
    v = np.empty(m)
    gradient = np.empty(n_entries)
    along = np.empty(n_entries)
    hessian = np.empty((n_entries, n_entries))
    inverse_hessian = np.empty((n_entries, n_entries))
    trial = factor.copy()
    step = np.zeros((q, q))
    trial_beta = np.empty(p)
    trial_inverse = np.empty((p, p))
    df = n_rows - p if reml else n_rows
    best, residual, distance, share = math.inf, math.nan, math.inf, 1.0
    evaluations = 0
    halvings = 0
    while evaluations < limit:
        log = _sums(products, place, random, trial, h, q_sum, qq, pp)
        evaluations += 1
        for i in range(m):
            for j in range(m):
                h[i, j] += whole[i, j]
        log_xx = _factor_and_invert(h, p, trial_inverse)
        rest = h[p, p]
        for i in range(p):
            total = 0.0
            for j in range(p):
                total += trial_inverse[i, j] * h[j, p]
            trial_beta[i] = total
            rest -= total * h[i, p]
        value = math.nan
        if rest > 0.0:
            value = df * (1.0 + math.log(2.0 * math.pi * rest / df)) + log + (log_xx if reml else 0.0)
        rounding = 1e-11 * abs(best) if distance < 1e-6 else 0.0
        if not value <= best + rounding:
            halvings += 1
            if halvings > HALVINGS or best == math.inf:
                return best, residual, math.nan, evaluations
            share *= 0.5
            for i in range(q):
                for j in range(q):
                    trial[i, j] = factor[i, j] + share * step[i, j]
            continue
        halvings = 0
        best = value
        residual = float(rest / df)
        factor[:] = trial
        beta[:] = trial_beta
        inverse[:] = trial_inverse
        v[:p] = -trial_beta
        v[p] = 1.0
        for r in range(q):
            for s in range(q):
                total = q_sum[r, s]
                for i in range(m):
                    for j in range(m):
                        weight = v[i] * v[j] / residual
                        if reml and i < p and j < p:
                            weight += inverse[i, j]
                        total -= weight * pp[r * width + i, s * width + j]
                slope[r, s] = total
        lowest, highest = slope[0, 0], slope[0, 0]
        if q == 2:
            if diagonal:
                lowest, highest = min(slope[0, 0], slope[1, 1]), max(slope[0, 0], slope[1, 1])
                bend[0, 0], bend[1, 1] = max(slope[0, 0], 0.0), max(slope[1, 1], 0.0)
            else:
                middle = 0.5 * (slope[0, 0] + slope[1, 1])
                apart = math.sqrt((0.5 * (slope[0, 0] - slope[1, 1])) ** 2 + slope[0, 1] ** 2)
                lowest, highest = middle - apart, middle + apart
                by = 0.0
                shift = 0.0
                if lowest >= 0.0:
                    by = 1.0
                elif highest > 0.0:
                    by, shift = highest / (highest - lowest), lowest
                for r in range(2):
                    for s in range(2):
                        bend[r, s] = by * (slope[r, s] - (shift if r == s else 0.0))
        else:
            bend[0, 0] = max(slope[0, 0], 0.0)
        for e in range(n_entries):
            u, w = row[e], column[e]
            total, information = 0.0, 0.0
            for r in range(q):
                total += slope[u, r] * factor[r, w]
                information += q_sum[u, r] * factor[r, w]
            gradient[e] = 2.0 * total
            along[e] = 2.0 * information
        size = 0.0
        for e in range(n_entries):
            for f in range(n_entries):
                u, w, s, t = row[e], column[e], row[f], column[f]
                total = 0.0
                for a in range(q):
                    for b in range(q):
                        total += (
                            factor[a, w]
                            * factor[b, t]
                            * (qq[a * q + s, b * q + u] + qq[a * q + b, s * q + u])
                        )
                hessian[e, f] = 2.0 * total - along[e] * along[f] / df
                if w == t:
                    hessian[e, f] += 2.0 * bend[u, s]
            size += hessian[e, e]
        for e in range(n_entries):
            hessian[e, e] += 1e-12 * size
        if not _factor_and_invert(hessian, n_entries, inverse_hessian) > -math.inf:
            return best, residual, math.nan, evaluations
        distance = 0.0
        step[:] = 0.0
        for e in range(n_entries):
            total = 0.0
            for f in range(n_entries):
                total -= inverse_hessian[e, f] * gradient[f]
            step[row[e], column[e]] = total
            distance -= total * gradient[e]
        if distance <= done:
            # A slope downhill in D where the factor has none: the boundary is not the optimum. A gain above
            # fall^2 over the largest information of that direction is refused.
            if lowest < 0.0:
                information = 0.0
                for r in range(q * q):
                    information += qq[r, r]
                if lowest * lowest > max(1e-7, 10.0 * done) * information:
                    return best, residual, math.nan, evaluations
            return best, residual, distance, evaluations
        share = 1.0
        for i in range(q):
            for j in range(q):
                trial[i, j] = factor[i, j] + step[i, j]
    return best, residual, math.nan, evaluations
