"""A whole run of Fisher scoring in one compiled call, for problems too small to pay for the steps between.

It goes as far as plain scoring steps in the covariance itself lead; `scoring.maximize` checks where it ended
and does the rest (boundaries, refusals). The cached `score` holds `add_people` as that was when `score` was
compiled: who changes `linear_kernels` removes that cache (in `__pycache__`).
"""
# ruff: noqa: PLR0912, PLR0917, PLR0915  (compiled functions take arrays by position and are sets of loops)
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.within_person.compiling import njit
from models.within_person.linear.linear_kernels import WIDE, add_people

Array = NDArray[np.float64]


@njit(cache=True, nogil=True, fastmath=False)
def _cholesky(a: Array) -> bool:
    """Put the lower Cholesky factor of `a` in its lower triangle; False where it is not positive definite."""
    for j in range(a.shape[0]):
        for i in range(j, a.shape[0]):
            rest = a[i, j]
            for c in range(j):
                rest -= a[i, c] * a[j, c]
            if i == j:
                if not rest > 0.0:
                    return False
                a[j, j] = math.sqrt(rest)
            else:
                a[i, j] = rest / a[j, j]
    return True


@njit(cache=True, nogil=True, fastmath=False)
def _solve(lower: Array, b: Array) -> None:
    """Solve L L' x = b in place."""
    n = b.size
    for i in range(n):
        for c in range(i):
            b[i] -= lower[i, c] * b[c]
        b[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for c in range(i + 1, n):
            b[i] -= lower[c, i] * b[c]
        b[i] /= lower[i, i]


@njit(cache=True, nogil=True, fastmath=False)
def _place(i: int, j: int, n: int) -> int:
    """Place of entry (i, j) of a symmetric n by n matrix in its upper triangle."""
    low, high = min(i, j), max(i, j)
    return low * n - low * (low - 1) // 2 + high - low


@njit(cache=True, nogil=True, fastmath=False)
def score(
    packed: Array, total: Array, d: Array, df: float, reml: bool, diagonal: bool, limit: int, done: float,
    out: Array,
) -> tuple[int, bool]:  # fmt: skip
    """Scoring steps from the relative covariance `d` (q, q), which is overwritten.

    Returns the passes made, and whether `out`, as `add_people` gives it, is that of the last pass at `d`.

    The deviance, its slope and the information are those of `likelihood.profiled`. Stops where the step is
    shorter than `done` (squared, in standard errors), leaves the positive definite matrices, or fails.
    """
    q, k = d.shape[0], total.shape[0]
    p = k - 1
    n_a, n_p = q * (q + 1) // 2, q * k
    n_taken, n_qq = k * (k + 1) // 2, n_a * (n_a + 1) // 2
    everybody = np.empty((0, WIDE))
    factor, cross, weight = np.zeros((q, q)), np.zeros((p, p)), np.zeros((k, k))
    slope, before, beta, unit = np.zeros((q, q)), d.copy(), np.zeros(p), np.zeros(p)
    r = q if diagonal else n_a
    first, g, step = np.zeros(r), np.zeros(r), np.zeros(r)
    information = np.zeros((r, r))
    row, column = np.zeros(r, dtype=np.int64), np.zeros(r, dtype=np.int64)
    place = 0
    for a in range(q):
        for b in range(a, q):
            if a == b or not diagonal:
                row[place], column[place] = a, b
                place += 1
    least = math.inf
    for passes in range(1, limit + 1):
        factor[:] = d
        ok = _cholesky(factor)
        for a in range(q):
            factor[a, a + 1 :] = 0.0
        if ok:
            out[:] = 0.0
            add_people(packed, everybody, factor, k, 0, packed.shape[0], out)
            taken = out[1 + n_a : 1 + n_a + n_taken]
            qq = out[1 + n_a + n_taken : 1 + n_a + n_taken + n_qq]
            pp = out[1 + n_a + n_taken + n_qq :]
            for i in range(p):
                beta[i] = total[i, p] - taken[_place(i, p, k)]
                for j in range(i + 1):
                    cross[i, j] = total[i, j] - taken[_place(i, j, k)]
            ok = _cholesky(cross)
        if not ok:
            d[:] = before
            return passes, False
        rest = total[p, p] - taken[_place(p, p, k)]
        deviance = out[0]
        for i in range(p):
            unit[i] = beta[i]
        _solve(cross, beta)
        for i in range(p):
            rest -= unit[i] * beta[i]
            if reml:
                deviance += 2.0 * math.log(cross[i, i])
        if not rest > 0.0:
            d[:] = before
            return passes, False
        deviance += df * math.log(rest / df)
        if deviance > least + 1e-11 * abs(least):  # halve the step
            for a in range(q):
                for b in range(q):
                    d[a, b] = 0.5 * (d[a, b] + before[a, b])
            continue
        least = min(least, deviance)
        for i in range(k):
            left = 1.0 if i == p else -beta[i]
            for j in range(k):
                weight[i, j] = left * (1.0 if j == p else -beta[j]) * df / rest
        if reml:
            for i in range(p):
                unit[:] = 0.0
                unit[i] = 1.0
                _solve(cross, unit)
                for j in range(p):
                    weight[i, j] += unit[j]
        for a in range(q):
            for b in range(a, q):
                value = out[1 + _place(a, b, q)]
                for i in range(k):
                    for j in range(k):
                        value -= weight[i, j] * pp[_place(a * k + i, b * k + j, n_p)]
                slope[a, b] = slope[b, a] = value
        for e in range(r):
            a, b = row[e], column[e]
            twice = 1.0 if a == b else 2.0
            g[e], first[e] = twice * slope[a, b], twice * out[1 + _place(a, b, q)]
        for e in range(r):
            a, b = row[e], column[e]
            for f in range(e + 1):
                s, t = row[f], column[f]
                value = qq[_place(_place(a, s, q), _place(b, t, q), n_a)]
                value += qq[_place(_place(a, t, q), _place(b, s, q), n_a)]
                times = (1.0 if a == b else 2.0) * (1.0 if s == t else 2.0)
                information[e, f] = 0.5 * times * value - first[e] * first[f] / df
        ok = _cholesky(information)
        distance = 0.0
        if ok:
            for e in range(r):
                step[e] = -g[e]
            _solve(information, step)
            for e in range(r):
                distance -= g[e] * step[e]
        if not ok or distance <= done:
            return passes, True
        before[:] = d
        for e in range(r):
            d[row[e], column[e]] += step[e]
            if row[e] != column[e]:
                d[column[e], row[e]] += step[e]
    d[:] = before
    return limit, False
