"""The Tobit likelihood of each person, its score and its information, in plain numpy.

Working parameters theta = (d, h, l): h = 1 / sigma, d = -beta h (Olsen 1978, Econometrica 46:1211-1215, in
whose terms a censored normal likelihood is concave) and l the entries of L, the factor of the persons'
covariance relative to the residual, Sigma = L L' / h^2. With person effects u ~ N(0, I) and
v(u) = (d, h) + E L u (E puts the effects on their columns) a row w = [x, y] between the bounds has log
density log h + log phi(w'v), and a row at a bound log Phi(w'v), w signed as `CensoredRows` has it. All is
linear in v, and v in theta, so the score and the second derivatives of the complete data are sums of w and
w w' over the rows: those between the bounds enter through cross-products by person alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.quadrature import Nodes, adaptive_nodes
from models.within_person.tobit.normal_tails import normal_tails
from models.within_person.tobit.scaled_rows import CensoredRows, ScaledRows

Array = NDArray[np.float64]
LOG_2PI: Final = float(np.log(2 * np.pi))
CHUNK: Final = 200_000  # rows times nodes held at once
MODE_STEPS: Final = 40
MODE_CLOSE: Final = 1e-6  # of a standard unit: the mode only says where the nodes go


@dataclass(frozen=True, slots=True)
class Factor:
    """Theta taken apart: v0 = (d, h) (m,), L (q, q), and which entries of L are free."""

    v0: Array
    factor: Array
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @property
    def h(self) -> float:
        """1 / sigma."""
        return float(self.v0[-1])


def free_entries(q: int, structure: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of each free entry of L: the lower triangle, or the diagonal."""
    return np.tril_indices(q) if structure == "full" else (np.arange(q), np.arange(q))


def apart(theta: Array, data: ScaledRows) -> Factor:
    """Read (d, h, L) from `theta` (n_parameters,)."""
    q, m = len(data.random), data.gram.shape[0]
    rows, columns = free_entries(q, data.structure)
    factor = np.zeros((q, q))
    factor[rows, columns] = theta[m:]
    return Factor(theta[:m], factor, rows, columns)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each person's nodes lie: u = center + root @ point; center (k, q), root (k, q, q) triangular."""

    center: Array
    root: Array


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Log-likelihood and scores by person, their joint information, and where the effects lie.

    `log_likelihood` (k,), `scores` (k, n_parameters); `information` is minus the second derivative, summed;
    `mean` (k, q) and `covariance` (k, q, q) of the effects u given the data.
    """

    log_likelihood: Array
    scores: Array
    information: Array
    mean: Array
    covariance: Array


def without_censored(theta: Array, data: ScaledRows, persons: NDArray[np.int64]) -> Evaluation:
    """Evaluate persons without a censored row, whose effects given the data are normal: no integral is left.

    Log-likelihood of Laird & Ware (1982), Biometrics 38:963-974, by Woodbury; score and information by
    Louis (1982), J R Stat Soc B 44:226-233, the moments of the normal distribution written out.
    """
    now = apart(theta, data)
    z, q, m = list(data.random), len(data.random), now.v0.size
    la, lb = now.rows, now.columns
    products, n = data.products[persons], data.n_uncensored[persons]
    sv = products @ now.v0
    sz = products[:, :, z] @ now.factor  # (k, m, q)
    a = np.eye(q) + now.factor.T @ sz[:, z]
    g = sv[:, z] @ now.factor
    c = np.asarray(np.linalg.inv(a), dtype=float)
    mu = -(c @ g[:, :, None])[:, :, 0]
    log_lik = (
        n * (np.log(now.h) - 0.5 * LOG_2PI) - 0.5 * (sv @ now.v0 + (mu * g).sum(axis=1))
        - 0.5 * np.linalg.slogdet(a)[1]
    )  # fmt: skip
    slope = -sz  # of T(u) in u
    t = -sv + (slope @ mu[:, :, None])[:, :, 0]
    kz = slope[:, z]
    ckz = kz @ c  # (k, q, q): row a holds C k_a
    parameters = m + la.size
    scores = np.empty((persons.size, parameters))
    scores[:, :m] = t
    scores[:, m - 1] += n / now.h
    scores[:, m:] = mu[:, lb] * t[:, z][:, la] + ckz[:, la, lb]
    linear = np.empty((persons.size, parameters, q))
    linear[:, :m] = slope
    linear[:, m:] = mu[:, lb, None] * kz[:, la] + t[:, z][:, la, None] * np.eye(q)[lb]
    varying = np.einsum("kiq,kqr,kjr->ij", linear, c, linear, optimize=True)
    kck = ckz @ kz.transpose(0, 2, 1)
    varying[m:, m:] += (
        c[:, lb[:, None], lb] * kck[:, la[:, None], la] + ckz[:, la[:, None], lb] * ckz[:, la, lb[:, None]]
    ).sum(axis=0)
    second = c + mu[:, :, None] * mu[:, None, :]
    complete = _uncensored_information(now, data, persons, mu, second)
    return Evaluation(log_lik, scores, complete - varying, mu, c)


def _uncensored_information(
    now: Factor, data: ScaledRows, persons: NDArray[np.int64], mean: Array, second: Array
) -> Array:
    """Minus the expected second derivative of the complete data over the uncensored rows."""
    m, la, lb, z = now.v0.size, now.rows, now.columns, list(data.random)
    products, n = data.products[persons], data.n_uncensored[persons]
    out = np.zeros((m + la.size, m + la.size))
    out[:m, :m] = products.sum(axis=0)
    out[m - 1, m - 1] += n.sum() / now.h**2
    by_effect = np.tensordot(mean, products[:, :, z], axes=(0, 0))  # (q, m, q)
    out[:m, m:] = by_effect[lb, :, la].T
    by_pair = np.tensordot(second, products[:, z][:, :, z], axes=(0, 0))  # (q, q, q, q)
    out[m:, m:] = by_pair[lb[:, None], lb, la[:, None], la]
    out[m:, :m] = out[:m, m:].T
    return out


def modes(theta: Array, data: ScaledRows, censored: CensoredRows, start: Array) -> Placement:
    """Place each person's nodes at the mode of the effects given the data, with the curvature there.

    The posterior is log-concave (Pratt 1981, J Am Stat Assoc 76:103-106), so Newton's steps, halved for a
    person whose density falls, lead to its only mode; `start` (k, q) is where the last ones ended.
    """
    now = apart(theta, data)
    z, q = list(data.random), len(data.random)
    products = data.products[censored.persons]
    g = (products @ now.v0)[:, z] @ now.factor
    a0 = np.eye(q) + now.factor.T @ products[:, z][:, :, z] @ now.factor
    base = censored.signed @ now.v0
    zl = censored.signed[:, z] @ now.factor
    first = censored.start[:-1]

    def density(u: Array) -> tuple[Array, Array, Array]:
        log_phi, mills, bend = normal_tails(base + (zl * u[censored.row_person]).sum(axis=1))
        pull = (a0 @ u[:, :, None])[:, :, 0]
        value = np.add.reduceat(log_phi, first) - (u * (g + 0.5 * pull)).sum(axis=1)
        slope = np.add.reduceat(mills[:, None] * zl, first) - g - pull
        curve = np.add.reduceat((bend[:, None] * zl)[:, :, None] * zl[:, None, :], first)
        return value, slope, curve + a0

    u = start.copy()
    value, slope, curve = density(u)
    for _ in range(MODE_STEPS):
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        if np.abs(step).max(initial=0.0) < MODE_CLOSE:
            break
        trial = u + step
        new = density(trial)
        fell = ~(new[0] >= value - 1e-9 * (1 + np.abs(value)))
        for _ in range(20):
            if not fell.any():
                break
            step[fell] *= 0.5
            trial = u + step
            new = density(trial)
            fell = ~(new[0] >= value - 1e-9 * (1 + np.abs(value)))
        u, (value, slope, curve) = trial, new
    return placed_at(u, np.asarray(np.linalg.inv(curve), dtype=float))


def placed_at(mean: Array, covariance: Array) -> Placement:
    """Place the nodes at these means and covariances of the effects."""
    return Placement(mean, np.asarray(np.linalg.cholesky(covariance), dtype=float))


def with_censored(
    theta: Array, data: ScaledRows, chosen: NDArray[np.int64], placement: Placement,
    points: NDArray[np.int64], *, curvature: bool = True,
) -> Evaluation:  # fmt: skip
    """Evaluate the `chosen` of the persons with censored rows by adaptive Gauss-Hermite quadrature.

    With the nodes where they are, the score (Fisher's identity) and the information (Louis 1982) on the
    nodes are the exact derivatives of the quadrature's value. `placement` is that of all persons with
    censored rows, `points` (k,) that of the chosen in each dimension. Without `curvature` the information
    is zero.
    """
    k, q = chosen.size, placement.center.shape[1]
    parameters = theta.size
    log_lik, scores = np.empty(k), np.empty((k, parameters))
    mean, covariance = np.empty((k, q)), np.empty((k, q, q))
    information = np.zeros((parameters, parameters))
    for level in np.unique(points):
        nodes, those = adaptive_nodes(int(level), q), np.flatnonzero(points == level)
        for low, high in _chunks(np.diff(data.censored.start)[chosen[those]], nodes.log_weights.size):
            at = those[low:high]
            who = chosen[at]
            where = Placement(placement.center[who], placement.root[who])
            one = _evaluate_chunk(theta, data, data.censored.of(who), where, nodes, curvature=curvature)
            log_lik[at], scores[at] = one.log_likelihood, one.scores
            mean[at], covariance[at] = one.mean, one.covariance
            information += one.information
    return Evaluation(log_lik, scores, information, mean, covariance)


def _chunks(sizes: NDArray[np.int64], n_nodes: int) -> list[tuple[int, int]]:
    """Split persons of these numbers of rows where their rows times nodes fill a chunk."""
    start = np.concatenate(([0], np.cumsum(sizes)))
    most = max(CHUNK // n_nodes, 1)
    out, low, people = [], 0, sizes.size
    while low < people:
        high = int(np.searchsorted(start, start[low] + most, side="right")) - 1
        high = min(max(high, low + 1), people)
        out.append((low, high))
        low = high
    return out


def _evaluate_chunk(
    theta: Array, data: ScaledRows, censored: CensoredRows, placement: Placement, nodes: Nodes,
    *, curvature: bool,
) -> Evaluation:  # fmt: skip
    now = apart(theta, data)
    z, m = list(data.random), now.v0.size
    la, lb = now.rows, now.columns
    w, who, first = censored.signed, censored.row_person, censored.start[:-1]
    products, n = data.products[censored.persons], data.n_uncensored[censored.persons]
    u = placement.center[:, None, :] + nodes.points @ placement.root.transpose(0, 2, 1)  # (k, nodes, q)
    zl = w[:, z] @ now.factor
    log_phi, mills, bend = normal_tails((w @ now.v0)[:, None] + np.einsum("rq,rnq->rn", zl, u[who]))
    sv = products @ now.v0
    sz = products[:, :, z] @ now.factor
    g = sv[:, z] @ now.factor
    pull = u @ (now.factor.T @ sz[:, z])
    log_density = (
        np.add.reduceat(log_phi, first, axis=0) + nodes.log_weights
        - (u * (0.5 * (u + pull) + g[:, None, :])).sum(axis=2)
    )  # fmt: skip
    top = log_density.max(axis=1, keepdims=True)
    share = np.exp(log_density - top)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    log_lik = (
        (top + np.log(total))[:, 0] + np.log(np.diagonal(placement.root, axis1=1, axis2=2)).sum(axis=1)
        + n * (np.log(now.h) - 0.5 * LOG_2PI) - 0.5 * sv @ now.v0
    )  # fmt: skip
    at_nodes = np.empty((*share.shape, theta.size))
    at_nodes[:, :, :m] = -sv[:, None, :] - u @ sz.transpose(0, 2, 1)
    for j in range(m):
        at_nodes[:, :, j] += np.add.reduceat(mills * w[:, j, None], first, axis=0)
    at_nodes[:, :, m:] = u[:, :, lb] * at_nodes[:, :, z][:, :, la]
    at_nodes[:, :, m - 1] += (n / now.h)[:, None]
    scores = np.einsum("kn,knp->kp", share, at_nodes)
    mean = np.einsum("kn,knq->kq", share, u)
    second = np.einsum("kn,knq,knr->kqr", share, u, u, optimize=True)
    covariance = second - mean[:, :, None] * mean[:, None, :]
    if not curvature:
        return Evaluation(log_lik, scores, np.zeros((theta.size, theta.size)), mean, covariance)
    at_nodes -= scores[:, None, :]
    at_nodes *= np.sqrt(share)[:, :, None]
    flat = at_nodes.reshape(-1, theta.size)
    complete = _uncensored_information(now, data, censored.persons, mean, second)
    complete += _censored_information(now, z, w, bend * share[who], u[who])
    return Evaluation(log_lik, scores, complete - flat.T @ flat, mean, covariance)


def _censored_information(now: Factor, z: list[int], w: Array, bend: Array, u: Array) -> Array:
    """Minus the expected second derivative over the censored rows; `bend` and `u` by row and node."""
    m, la, lb = now.v0.size, now.rows, now.columns
    out = np.zeros((m + la.size, m + la.size))
    wz = w[:, z]
    out[:m, :m] = w.T @ (bend.sum(axis=1)[:, None] * w)
    by_effect = np.einsum("rn,rnq->rq", bend, u)
    out[:m, m:] = w.T @ (by_effect[:, lb] * wz[:, la])
    by_pair = np.einsum("rn,rnq,rns->rqs", bend, u, u, optimize=True)
    pairs = (by_pair[:, lb[:, None], lb] * wz[:, la][:, :, None] * wz[:, la][:, None, :]).sum(axis=0)
    out[m:, m:] = pairs
    out[m:, :m] = out[:m, m:].T
    return out
