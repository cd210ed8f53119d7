"""The loops of the Tobit likelihood over persons, compiled; likelihood.py says what they compute.

Each takes a range of persons, so that threads can share them. Arrays are C-ordered float64 and int64.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0912, PLR0915, PLR0917  (compiled loops: one body, arrays by position)

from __future__ import annotations

import math

import numpy as np
from numba import njit

LOW = -12.0  # the table of log Phi runs from here
HIGH = 6.0  # to here
PER_UNIT = 64  # centers of the table in each unit
TERMS = 8  # Taylor coefficients at a center
FRACTION = 12  # terms of the continued fraction below LOW
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
ROOT_HALF = math.sqrt(0.5)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def taylor_table(log_phi, mills):
    """Taylor coefficients of log Phi at the table's centers, from its value and slope there.

    The slope l(t) obeys l' = -l (l + t), so the series (k + 1) l[k + 1] = -sum l[i] l[k - i] - t l[k]
    - l[k - 1] follows from l[0].
    """
    n = log_phi.size
    table = np.empty((TERMS, n))
    slope = np.empty(TERMS)
    for center in range(n):
        t = LOW + (center + 0.5) / PER_UNIT
        slope[0] = mills[center]
        for k in range(TERMS - 1):
            total = t * slope[k]
            for i in range(k + 1):
                total += slope[i] * slope[k - i]
            if k > 0:
                total += slope[k - 1]
            slope[k + 1] = -total / (k + 1)
        table[0, center] = log_phi[center]
        for k in range(1, TERMS):
            table[k, center] = slope[k - 1] / k
    return table


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def tails_into(t, n, table, log_phi, mills, bend):
    """Log Phi, its slope, and minus its second derivative at t[:n]; see normal_tails."""
    last = table.shape[1] - 1
    for k in range(n):
        place = (t[k] - LOW) * PER_UNIT
        center = int(min(max(place, 0.0), last + 0.0))
        d = (place - (center + 0.5)) / PER_UNIT
        value = table[TERMS - 1, center]
        slope = 0.0
        for j in range(TERMS - 2, -1, -1):
            slope = slope * d + value
            value = value * d + table[j, center]
        log_phi[k] = value
        mills[k] = slope
        bend[k] = slope * (slope + t[k])
    for k in range(n):
        if t[k] < LOW:
            x = -t[k]
            tail = 0.0
            for j in range(FRACTION, 0, -1):
                tail = j / (x + tail)
            mills[k] = x + tail
            bend[k] = (x + tail) * tail
            log_phi[k] = -0.5 * x * x - math.log(x + tail) - HALF_LOG_2PI
        elif t[k] > HIGH:
            above = 0.5 * math.erfc(t[k] * ROOT_HALF)
            slope = math.exp(-0.5 * t[k] * t[k] - HALF_LOG_2PI) / (1.0 - above)
            log_phi[k] = math.log1p(-above)
            mills[k] = slope
            bend[k] = slope * (slope + t[k])


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def invert(a, q, root, inverse):
    """Invert a positive definite (q, q) by its Cholesky factor `root`; returns log |a|."""
    log_det = 0.0
    for i in range(q):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= root[i, k] * root[j, k]
            if i == j:
                root[i, i] = math.sqrt(total)
                log_det += math.log(total)
            else:
                root[i, j] = total / root[j, j]
    for column in range(q):
        for i in range(q):
            total = 1.0 if i == column else 0.0
            for k in range(i):
                total -= root[i, k] * inverse[k, column]
            inverse[i, column] = total / root[i, i]
        for i in range(q - 1, -1, -1):
            total = inverse[i, column]
            for k in range(i + 1, q):
                total -= root[k, i] * inverse[k, column]
            inverse[i, column] = total / root[i, i]
    return log_det


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def add_products(low, high, products, rows, persons, start):
    """Cross-products of each person's rows (scaled_rows.add_products)."""
    m = rows.shape[1]
    for k in range(low, high):
        total = products[persons[k]]
        for r in range(start[k], start[k + 1]):
            for i in range(m):
                for j in range(m):
                    total[i, j] += rows[r, i] * rows[r, j]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def person_terms(products, v0, factor, z, sv, sz, g, a):
    """S v0, S E L, its effects' part L' (S v0) and I + L' S L; returns v0' S v0."""
    m, q = v0.size, z.size
    quadratic = 0.0
    for i in range(m):
        total = 0.0
        for j in range(m):
            total += products[i, j] * v0[j]
        sv[i] = total
        quadratic += total * v0[i]
        for b in range(q):
            total = 0.0
            for c in range(b, q):
                total += products[i, z[c]] * factor[c, b]
            sz[i, b] = total
    for b in range(q):
        total = 0.0
        for c in range(b, q):
            total += factor[c, b] * sv[z[c]]
        g[b] = total
        for d in range(q):
            total = 1.0 if b == d else 0.0
            for c in range(b, q):
                total += factor[c, b] * sz[z[c], d]
            a[b, d] = total
    return quadratic


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def add_uncensored(information, products, n, h, z, la, lb, mean, second):
    """Add a person's expected information of the complete data over the uncensored rows."""
    m = products.shape[0]
    for i in range(m):
        for j in range(m):
            information[i, j] += products[i, j]
        for e in range(la.size):
            information[i, m + e] += mean[lb[e]] * products[i, z[la[e]]]
    information[m - 1, m - 1] += n / (h * h)
    for e in range(la.size):
        for f in range(la.size):
            information[m + e, m + f] += second[lb[e], lb[f]] * products[z[la[e]], z[la[f]]]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def without_censored(
    low,
    high,
    persons,
    v0,
    factor,
    la,
    lb,
    z,
    products,
    n_rows,
    log_lik,
    scores,
    information,
    mean,
    covariance,
):
    """Persons without a censored row, in closed form (likelihood.without_censored)."""
    m, q, extra = v0.size, z.size, la.size
    h = v0[m - 1]
    log_h = math.log(h) - HALF_LOG_2PI
    sv, sz, g, a = np.empty(m), np.empty((m, q)), np.empty(q), np.empty((q, q))
    root, c = np.zeros((q, q)), np.empty((q, q))
    second, ck = np.empty((q, q)), np.empty((q, q))
    linear, spread = np.empty((m + extra, q)), np.empty((m + extra, q))
    for at in range(low, high):
        person = persons[at]
        s = products[person]
        n = n_rows[person]
        quadratic = person_terms(s, v0, factor, z, sv, sz, g, a)
        log_det = invert(a, q, root, c)
        total = 0.0
        for b in range(q):
            mu = 0.0
            for d in range(q):
                mu -= c[b, d] * g[d]
                covariance[at, b, d] = c[b, d]
            mean[at, b] = mu
            total += mu * g[b]
        log_lik[at] = n * log_h - 0.5 * (quadratic + total + log_det)
        for b in range(q):
            for d in range(q):
                second[b, d] = c[b, d] + mean[at, b] * mean[at, d]
        for i in range(m):
            t = -sv[i]
            for b in range(q):
                t -= sz[i, b] * mean[at, b]
                linear[i, b] = -sz[i, b]
            scores[at, i] = t
        for b in range(q):
            for d in range(q):
                total = 0.0
                for e in range(q):
                    total -= sz[z[b], e] * c[e, d]
                ck[b, d] = total
        for e in range(extra):
            t = scores[at, z[la[e]]]
            scores[at, m + e] = mean[at, lb[e]] * t + ck[la[e], lb[e]]
            for b in range(q):
                linear[m + e, b] = -mean[at, lb[e]] * sz[z[la[e]], b]
            linear[m + e, lb[e]] += t
        scores[at, m - 1] += n / h
        for i in range(m + extra):
            for b in range(q):
                total = 0.0
                for d in range(q):
                    total += linear[i, d] * c[d, b]
                spread[i, b] = total
        for i in range(m + extra):
            for j in range(i, m + extra):
                total = 0.0
                for b in range(q):
                    total += spread[i, b] * linear[j, b]
                information[i, j] -= total
        for e in range(extra):
            for f in range(e, extra):
                kck = 0.0
                for b in range(q):
                    kck -= ck[la[e], b] * sz[z[la[f]], b]
                information[m + e, m + f] -= c[lb[e], lb[f]] * kck + ck[la[e], lb[f]] * ck[la[f], lb[e]]
        add_uncensored(information, s, n, h, z, la, lb, mean[at], second)


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
            u[b] = center[at, b]
        value = density_at(u, base, zl, n_rows, g, a, table, t, log_phi, mills, bend, slope, curve)
        for _ in range(steps):
            invert(curve, q, lower, inverse)
            largest = 0.0
            for b in range(q):
                total = 0.0
                for d in range(q):
                    total += inverse[b, d] * slope[d]
                step[b] = total
                largest = max(largest, abs(total))
            if largest < close:
                break
            new = 0.0
            for _halving in range(20):
                for b in range(q):
                    trial[b] = u[b] + step[b]
                new = density_at(trial, base, zl, n_rows, g, a, table, t, log_phi, mills, bend, slope, curve)
                if new >= value - 1e-9 * (1.0 + abs(value)):
                    break
                for b in range(q):
                    step[b] *= 0.5
            value = new
            for b in range(q):
                u[b] = trial[b]
        invert(curve, q, lower, inverse)
        invert(inverse, q, lower, curve)
        for b in range(q):
            center[at, b] = u[b]
            for d in range(q):
                root[at, b, d] = lower[b, d]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def with_censored(
    low, high, chosen, persons, start, signed, v0, factor, la, lb, z, products, n_uncensored, table,
    most_rows, center, root, points, log_weights, log_lik, scores, information, mean, covariance,
):  # fmt: skip
    """Persons with censored rows, by quadrature (likelihood.with_censored)."""
    m, q, extra, nodes = v0.size, z.size, la.size, log_weights.size
    h = v0[m - 1]
    log_h = math.log(h) - HALF_LOG_2PI
    sv, sz, g, a = np.empty(m), np.empty((m, q)), np.empty(q), np.empty((q, q))
    u, t = np.empty((q, nodes)), np.empty(nodes)
    log_phi, mills, share = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    bend = np.empty((most_rows, nodes))
    work = np.empty((m, nodes))
    one, zl = np.empty(m + extra), np.empty(q)
    second, by_effect, by_pair = np.empty((q, q)), np.empty(q), np.empty((q, q))
    varying = np.empty((m + extra, m + extra))
    for at in range(low, high):
        who = chosen[at]
        person = persons[who]
        s = products[person]
        n = n_uncensored[person]
        quadratic = person_terms(s, v0, factor, z, sv, sz, g, a)
        first = start[who]
        n_rows = start[who + 1] - first
        constant = n * log_h - 0.5 * quadratic
        for b in range(q):
            constant += math.log(root[who, b, b])
            for k in range(nodes):
                total = center[who, b]
                for d in range(b + 1):
                    total += root[who, b, d] * points[k, d]
                u[b, k] = total
        for k in range(nodes):
            total = log_weights[k]
            for b in range(q):
                pull = 0.0
                for d in range(q):
                    pull += a[b, d] * u[d, k]
                total -= u[b, k] * (g[b] + 0.5 * pull)
            share[k] = total
        for j in range(m):
            for k in range(nodes):
                work[j, k] = -sv[j]
            for b in range(q):
                for k in range(nodes):
                    work[j, k] -= sz[j, b] * u[b, k]
        for r in range(n_rows):
            row = signed[first + r]
            total = 0.0
            for j in range(m):
                total += row[j] * v0[j]
            for k in range(nodes):
                t[k] = total
            for b in range(q):
                total = 0.0
                for c in range(b, q):
                    total += row[z[c]] * factor[c, b]
                zl[b] = total
                for k in range(nodes):
                    t[k] += total * u[b, k]
            tails_into(t, nodes, table, log_phi, mills, bend[r])
            for k in range(nodes):
                share[k] += log_phi[k]
            for j in range(m):
                for k in range(nodes):
                    work[j, k] += row[j] * mills[k]
        top = share[0]
        for k in range(1, nodes):
            top = max(top, share[k])
        total = 0.0
        for k in range(nodes):
            share[k] = math.exp(share[k] - top)
            total += share[k]
        log_lik[at] = constant + top + math.log(total)
        for k in range(nodes):
            share[k] /= total
        for i in range(m + extra):
            scores[at, i] = 0.0
            for j in range(m + extra):
                varying[i, j] = 0.0
        for b in range(q):
            mean[at, b] = 0.0
            for d in range(q):
                second[b, d] = 0.0
        for k in range(nodes):
            for j in range(m):
                one[j] = work[j, k]
            for e in range(extra):
                one[m + e] = u[lb[e], k] * work[z[la[e]], k]
            for i in range(m + extra):
                part = share[k] * one[i]
                scores[at, i] += part
                for j in range(i, m + extra):
                    varying[i, j] += part * one[j]
            for b in range(q):
                part = share[k] * u[b, k]
                mean[at, b] += part
                for d in range(q):
                    second[b, d] += part * u[d, k]
        for i in range(m + extra):
            for j in range(i, m + extra):
                information[i, j] -= varying[i, j] - scores[at, i] * scores[at, j]
        scores[at, m - 1] += n / h
        for b in range(q):
            for d in range(q):
                covariance[at, b, d] = second[b, d] - mean[at, b] * mean[at, d]
        add_uncensored(information, s, n, h, z, la, lb, mean[at], second)
        for r in range(n_rows):
            row = signed[first + r]
            by_none = 0.0
            for b in range(q):
                by_effect[b] = 0.0
                for d in range(q):
                    by_pair[b, d] = 0.0
            for k in range(nodes):
                part = share[k] * bend[r, k]
                by_none += part
                for b in range(q):
                    once = part * u[b, k]
                    by_effect[b] += once
                    for d in range(q):
                        by_pair[b, d] += once * u[d, k]
            for i in range(m):
                for j in range(i, m):
                    information[i, j] += by_none * row[i] * row[j]
                for e in range(extra):
                    information[i, m + e] += by_effect[lb[e]] * row[i] * row[z[la[e]]]
            for e in range(extra):
                for f in range(e, extra):
                    information[m + e, m + f] += by_pair[lb[e], lb[f]] * row[z[la[e]]] * row[z[la[f]]]
