"""Persons with censored rows, each at its own points, compiled; likelihood.with_censored says what is summed.

Everything over the nodes of a person runs along contiguous nodes, in loops the compiler turns into vector
instructions.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0912, PLR0917  (compiled loops: one body, arrays by position)

from __future__ import annotations

import math

import numpy as np

from models.within_person.compiling import njit
from models.within_person.tobit.normal_tail_kernels import (
    HALF_LOG_2PI,
    HIGH,
    LOW,
    beyond_the_table,
    table_into,
)
from models.within_person.tobit.uncensored_kernels import add_uncensored, person_terms


# The one place where the compiler may regroup a sum (always in the same way): four times as fast.
@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def dot(a, i, b, j, n):
    """Inner product of a[i, :n] and b[j, :n]."""
    total = 0.0
    for k in range(n):
        total += a[i, k] * b[j, k]
    return total


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def place(center, root, points, log_weights, first, n, g, a, u, log_share):
    """Effects u (q, n) at a person's nodes, and the log weights with the part of the uncensored rows."""
    q = g.size
    for b in range(q):
        for k in range(n):
            u[b, k] = center[b]
        for d in range(b + 1):
            step = root[b, d]
            for k in range(n):
                u[b, k] += step * points[d, first + k]
    for k in range(n):
        log_share[0, k] = log_weights[first + k]
    for b in range(q):
        for k in range(n):
            log_share[0, k] -= g[b] * u[b, k]
        for d in range(b + 1):
            half = 0.5 * a[b, b] if b == d else a[b, d]
            for k in range(n):
                log_share[0, k] -= half * u[b, k] * u[d, k]


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def add_row(row, v0, factor, z, u, reach, n, table, t, log_phi, mills, bend, log_share, work):
    """Add one censored row at a person's nodes: to the log shares, and to the scores `work` (m, n).

    `reach` (q,) is the largest size of each effect over the nodes.
    """
    m, q = v0.size, z.size
    base = 0.0
    for j in range(m):
        base += row[j] * v0[j]
    for k in range(n):
        t[k] = base
    farthest = 0.0
    for b in range(q):
        along = 0.0
        for c in range(b, q):
            along += row[z[c]] * factor[c, b]
        for k in range(n):
            t[k] += along * u[b, k]
        farthest += abs(along) * reach[b]
    table_into(t, n, table, log_phi, mills, bend)
    if base - farthest < LOW or base + farthest > HIGH:
        beyond_the_table(t, n, log_phi, mills, bend)
    for k in range(n):
        log_share[0, k] += log_phi[k]
    for j in range(m):
        value = row[j]
        for k in range(n):
            work[j, k] += value * mills[k]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def to_shares(log_share, n):
    """Turn log shares into shares that sum to one; returns the log of their sum."""
    top = log_share[0, 0]
    for k in range(1, n):
        top = max(top, log_share[0, k])
    total = 0.0
    for k in range(n):
        log_share[0, k] = math.exp(log_share[0, k] - top)
        total += log_share[0, k]
    for k in range(n):
        log_share[0, k] /= total
    return top + math.log(total)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def add_variation(share, work, n, score, weighted, information):
    """Take the variance of the scores `work` over the nodes from the information (upper triangle)."""
    for i in range(score.size):
        for k in range(n):
            weighted[0, k] = share[0, k] * work[i, k]
        for j in range(i, score.size):
            information[i, j] += score[i] * score[j] - dot(weighted, 0, work, j, n)


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def add_censored(information, rows, first, n_rows, bend, weights, moment, across, n, la, lb, z):
    """Add the expected information of a person's censored rows (upper triangle).

    `weights` (1 + q + q q, n): the shares, times each effect, times each pair of effects; `moment` is as
    many numbers, and `across` one for each parameter, to work in.
    """
    m, q, extra = rows.shape[1], z.size, la.size
    for r in range(n_rows):
        row = rows[first + r]
        for i in range(1 + q):
            moment[i] = dot(bend, r, weights, i, n)
        for b in range(q):
            for d in range(b + 1):
                both = dot(bend, r, weights, 1 + q + b * q + d, n)
                moment[1 + q + b * q + d] = both
                moment[1 + q + d * q + b] = both
        for j in range(m):
            across[j] = moment[0] * row[j]
        for e in range(extra):
            across[m + e] = moment[1 + lb[e]] * row[z[la[e]]]
        for i in range(m):
            for j in range(i, m + extra):
                information[i, j] += row[i] * across[j]
        for e in range(extra):
            for f in range(e, extra):
                both = moment[1 + q + lb[e] * q + lb[f]]
                information[m + e, m + f] += both * row[z[la[e]]] * row[z[la[f]]]


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def with_censored(
    low, high, chosen, persons, start, signed, v0, factor, la, lb, z, products, n_uncensored, table,
    center, root, points, log_weights, first_node, n_nodes, most_rows, curvature,
    log_lik, scores, information, mean, covariance,
):  # fmt: skip
    """Evaluate the persons chosen[low:high]; the information only where `curvature` is wanted.

    Person chosen[at] has the nodes first_node[at] to first_node[at] + n_nodes[at] of `points` (q, all) and
    `log_weights`.
    """
    m, q, extra = v0.size, z.size, la.size
    most = 0
    for at in range(low, high):
        most = max(most, n_nodes[at])
    h = v0[m - 1]
    log_h = math.log(h) - HALF_LOG_2PI
    sv, sz, g, a = np.empty(m), np.empty((m, q)), np.empty(q), np.empty((q, q))
    u, t, log_phi, mills = np.empty((q, most)), np.empty(most), np.empty(most), np.empty(most)
    bend, work = np.empty((most_rows, most)), np.empty((m + extra, most))
    weights, weighted = np.empty((1 + q + q * q, most)), np.empty((1, most))
    moment, across = np.empty(1 + q + q * q), np.empty(m + extra)
    second, reach = np.empty((q, q)), np.empty(q)
    for at in range(low, high):
        who = chosen[at]
        products_here, n = products[persons[who]], n_uncensored[persons[who]]
        nodes, first = n_nodes[at], start[who]
        n_rows = start[who + 1] - first
        quadratic = person_terms(products_here, v0, factor, z, sv, sz, g, a)
        place(center[who], root[who], points, log_weights, first_node[at], nodes, g, a, u, weights)
        for b in range(q):
            reach[b] = 0.0
            for k in range(nodes):
                reach[b] = max(reach[b], abs(u[b, k]))
        for j in range(m):
            for k in range(nodes):
                work[j, k] = -sv[j]
            for b in range(q):
                for k in range(nodes):
                    work[j, k] -= sz[j, b] * u[b, k]
        for r in range(n_rows):
            row = signed[first + r]
            add_row(row, v0, factor, z, u, reach, nodes, table, t, log_phi, mills, bend[r], weights, work)
        log_lik[at] = n * log_h - 0.5 * quadratic + to_shares(weights, nodes)
        for b in range(q):
            log_lik[at] += math.log(root[who, b, b])
            for k in range(nodes):
                weights[1 + b, k] = weights[0, k] * u[b, k]
            for d in range(b + 1):
                for k in range(nodes):
                    weights[1 + q + b * q + d, k] = weights[1 + b, k] * u[d, k]
        for b in range(q):
            mean[at, b] = 0.0
            for k in range(nodes):
                mean[at, b] += weights[1 + b, k]
            for d in range(b + 1):
                second[b, d] = dot(weights, 1 + b, u, d, nodes)
                second[d, b] = second[b, d]
        for b in range(q):
            for d in range(q):
                covariance[at, b, d] = second[b, d] - mean[at, b] * mean[at, d]
        for e in range(extra):
            for k in range(nodes):
                work[m + e, k] = u[lb[e], k] * work[z[la[e]], k]
        for i in range(m + extra):
            scores[at, i] = dot(weights, 0, work, i, nodes)
        if curvature:
            add_variation(weights, work, nodes, scores[at], weighted, information)
            add_uncensored(information, products_here, n, h, z, la, lb, mean[at], second)
            add_censored(information, signed, first, n_rows, bend, weights, moment, across, nodes, la, lb, z)
        scores[at, m - 1] += n / h
