"""Deviance of the linear mixed model, with its slope and information, from cross-products by person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.scaled_sums import ScaledSums, triangle, upper
from models.within_person.linear.small_matrices import cholesky, inverse_of

Array = NDArray[np.float64]

CHUNK = 1024  # persons at a time in the numpy path: their numbers stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Sums over persons at one relative covariance D = L L' (that of the effects over sigma^2).

    With H = I + Z D Z' per person, Q = Z' H^-1 Z and P = Z' H^-1 W:
    `log_determinant` = sum log|H|; `cross` (k, k) = sum W' H^-1 W; `q_sum` = sum of the upper triangle of Q;
    `qq` = sum of its outer product; `pp` (q k, q k) = sum of the outer product of P, row after row.
    """

    log_determinant: float
    cross: Array
    q_sum: Array
    qq: Array
    pp: Array


def moments(sums: ScaledSums, factor: Array, copies: Array | None = None) -> Moments:
    """Pass once over the persons at the relative covariance `factor` @ `factor`.T.

    `copies` (n_people,) counts each person that many times; `sums.total` must then be theirs too. Woodbury
    and Sylvester reduce every person to M = I + L'AL: log|H| = log|M|, Q = A - AL M^-1 L'A,
    P = B - AL M^-1 L'B, W'H^-1 W = W'W - B'L M^-1 L'B (Bates et al. 2015, J Stat Softw 67(1), section 5.4).
    """
    if not sums.q:
        none = np.zeros((0, 0))
        return Moments(log_determinant=0.0, cross=sums.total, q_sum=none.ravel(), qq=none, pp=none)
    if sums.engine == "compiled":
        from models.within_person.linear.linear_threads import summed_by_blocks  # noqa: PLC0415  (compiler)

        return summed_by_blocks(sums.packed, factor, copies, sums.total)
    q, k = sums.q, sums.p + 1
    n_a = q * (q + 1) // 2
    log_determinant, cross = 0.0, sums.total.copy()
    q_sum, qq, pp = np.zeros(n_a), np.zeros((n_a, n_a)), np.zeros((q * k, q * k))
    start = 0
    for log_m, half, q_part, p_part in people_in_parts(sums, factor):
        if copies is None:
            q_times, p_times, half_times = q_part, p_part, half
            log_determinant += float(log_m.sum())
        else:
            times = copies[start : start + log_m.size]
            q_times, p_times, half_times = q_part * times, p_part * times, half * times
            log_determinant += float(log_m @ times)
            start += log_m.size
        q_sum += q_times.sum(axis=1)
        qq += q_times @ q_part.T
        pp += p_times @ p_part.T
        for a in range(q):
            cross -= half_times[a] @ half[a].T
    return Moments(log_determinant=log_determinant, cross=cross, q_sum=q_sum, qq=qq, pp=pp)


def people_in_parts(sums: ScaledSums, factor: Array) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Yield by parts of n persons: log|M| (n,), M^-1/2 L'B (q, k, n), upper triangle of Q, P (q k, n)."""
    k = sums.p + 1
    if (
        sums.engine == "compiled"
    ):  # persons of a block side by side; those that fill the last one are all zero
        blocks, fields, wide = sums.packed.shape
        for start in range(0, blocks, CHUNK // wide):
            part = sums.packed[start : start + CHUNK // wide].transpose(1, 0, 2).reshape(fields, -1)
            yield _solve(part, factor, sums.q, k)
        return
    for start in range(0, sums.packed.shape[1], CHUNK):
        yield _solve(sums.packed[:, start : start + CHUNK], factor, sums.q, k)


def _solve(part: Array, factor: Array, q: int, k: int) -> tuple[Array, Array, Array, Array]:
    n = part.shape[1]
    rows, columns = upper(q)
    a, b = np.empty((q, q, n)), part[rows.size :].reshape(q, k * n)
    a[rows, columns] = a[columns, rows] = part[: rows.size]
    half_a = (factor.T @ a.reshape(q, q * n)).reshape(q, q, n)
    half_b = (factor.T @ b).reshape(q, k, n)
    m = np.einsum("acn,cb->abn", half_a, factor)
    log_m = np.zeros(n)
    for j in range(q):  # Cholesky of I + L'AL and forward substitution, all persons at once
        for i in range(j):
            half_a[j] -= m[j, i] * half_a[i]
            half_b[j] -= m[j, i] * half_b[i]
        pivot = np.sqrt(1.0 + m[j, j] - (m[j, :j] ** 2).sum(axis=0))
        log_m += 2.0 * np.log(pivot)
        half_a[j] /= pivot
        half_b[j] /= pivot
        for i in range(j + 1, q):
            m[i, j] = (m[i, j] - (m[i, :j] * m[j, :j]).sum(axis=0)) / pivot
    q_part, p_part = part[: rows.size].copy(), b.reshape(q, k, n).copy()
    for c in range(q):
        q_part -= half_a[c][rows] * half_a[c][columns]
        for row in range(q):
            p_part[row] -= half_a[c, row] * half_b[c]
    return log_m, half_b, q_part, p_part.reshape(q * k, n)


@lru_cache(maxsize=32)
def basis(q: int, structure: Covariance) -> Array:
    """Symmetric matrices (n_parameters, q, q) whose combinations are all the covariances allowed."""
    pairs = [(a, b) for a in range(q) for b in range(a, q) if structure == "full" or a == b]
    found = np.zeros((len(pairs), q, q))
    for index, (a, b) in enumerate(pairs):
        found[index, a, b] = found[index, b, a] = 1.0
    found.flags.writeable = False
    return found


@lru_cache(maxsize=32)
def places(q: int, structure: Covariance) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the entry that each matrix of `basis` stands for."""
    rows, columns = upper(q) if structure == "full" else (np.arange(q), np.arange(q))
    return rows, columns


@lru_cache(maxsize=32)
def _traces(q: int, structure: Covariance) -> Array:
    """Coefficients of tr(Q E_a Q E_b) in the products of the upper triangle of Q; (r r, n_a n_a)."""
    mine, all_of = basis(q, structure), basis(q, "full")
    found: Array = np.einsum("uij,ajk,vkl,bli->abuv", all_of, mine, all_of, mine, optimize=True)
    found = found.reshape(mine.shape[0] ** 2, all_of.shape[0] ** 2)
    found.flags.writeable = False
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The deviance at one relative covariance, with beta and sigma^2 profiled out.

    `slope` (q, q): the deviance changes by tr(slope dD). `information` (r, r): expected second derivative in
    the coordinates of `basis`, sigma^2 profiled out. `beta` (p,), `inverse` (p, p) = (X'H^-1X)^-1 and
    `residual` = sigma^2 and `rest` = (y - X beta)'H^-1(y - X beta), all in scaled columns.
    """

    deviance: float
    beta: Array
    inverse: Array
    residual: float
    rest: float
    slope: Array
    information: Array


def profiled(
    found: Moments,
    *,
    q: int,
    n_rows: int,
    reml: bool,
    structure: Covariance,
    held: tuple[Array, float] | None = None,
    residual: float | None = None,
) -> Point:
    """Profile beta and sigma^2 out of the sums at one D.

    Deviance = sum log|H| [+ log|X'H^-1X|] + d (1 + log(2 pi r / d)), r = (y - X beta)'H^-1(y - X beta),
    d = n - p for REML and n for ML. Its slope is sum Q [- sum P_X (X'H^-1X)^-1 P_X'] - (d / r) sum P v v'P',
    v = (-beta, 1); the information is that of ML in both cases (Harville 1977, JASA 72:320).

    `held` (a, c) holds a'beta at c; `residual` holds sigma^2: the deviance is then sum log|H|
    [+ log|X'H^-1X|] + d log(2 pi sigma^2) + r / sigma^2.

    Raises
    ------
    numpy.linalg.LinAlgError
        X'H^-1X lost its rank.
    """
    p = found.cross.shape[0] - 1
    information = found.cross[:p, :p]
    lower = cholesky(information)
    inverse = inverse_of(lower)
    xy = found.cross[:p, p]
    beta = inverse @ xy
    rest = float(found.cross[p, p] - xy @ beta)
    if held is not None:
        toward = inverse @ held[0]
        off = float(held[0] @ beta) - held[1]
        beta = beta - toward * (off / float(held[0] @ toward))
        rest += off**2 / float(held[0] @ toward)
    if not rest > 0:
        raise np.linalg.LinAlgError
    df = n_rows - p if reml else n_rows
    sigma2 = rest / df if residual is None else residual
    deviance = found.log_determinant + df * np.log(2.0 * np.pi * sigma2) + rest / sigma2
    v = np.append(-beta, 1.0)
    weight = np.outer(v, v) / sigma2
    if reml:
        deviance += 2.0 * float(np.log(lower.diagonal()).sum())
        weight[:p, :p] += inverse
    q_sum = found.q_sum[triangle(q)]
    pp = found.pp.reshape(q, p + 1, q, p + 1).transpose(0, 2, 1, 3).reshape(q * q, (p + 1) ** 2)
    slope = q_sum - (pp @ weight.ravel()).reshape(q, q)
    mine = basis(q, structure)
    count = mine.shape[0]
    first = mine.reshape(count, q * q) @ q_sum.ravel()
    traces = (_traces(q, structure) @ found.qq.ravel()).reshape(count, count)
    return Point(
        deviance=float(deviance), beta=beta, inverse=inverse, residual=sigma2, rest=rest,
        slope=(slope + slope.T) / 2,
        information=traces - (np.outer(first, first) / df if residual is None else 0.0),
    )  # fmt: skip
