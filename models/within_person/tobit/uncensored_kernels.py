"""Cross-products of the uncensored rows, and persons without a censored row, compiled.

likelihood.py says what they compute. Each takes a range of persons, so that threads can share them; arrays
are C-ordered float64 and int64.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0912, PLR0917  (compiled loops: one body, arrays by position)

from __future__ import annotations

import math

import numpy as np

from models.within_person.compiling import njit
from models.within_person.tobit.normal_tail_kernels import HALF_LOG_2PI


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
    """Add the expected information of the complete data over a person's uncensored rows (upper triangle)."""
    m = products.shape[0]
    for i in range(m):
        for j in range(i, m):
            information[i, j] += products[i, j]
        for e in range(la.size):
            information[i, m + e] += mean[lb[e]] * products[i, z[la[e]]]
    information[m - 1, m - 1] += n / (h * h)
    for e in range(la.size):
        for f in range(e, la.size):
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
