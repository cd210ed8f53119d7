"""Slope of the profiled deviance in the correlation of neighboring days, exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.gapped_rows import GappedRows, Whitened, over_threads
from models.within_person.linear.linear_fit import Method

Array = NDArray[np.float64]

CHUNK_PEOPLE = 20_000  # persons whose square matrices are held at once


def factor_of(covariance: Array) -> Array:
    """Factor a covariance, singular or not, as L L' with L square."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def square(packed: Array, m: int) -> Array:
    """Unpack upper triangles (n, m (m + 1) / 2) into symmetric matrices (n, m, m)."""
    place = np.empty((m, m), dtype=np.intp)
    upper = np.triu_indices(m)
    place[upper] = np.arange(upper[0].size)
    place.T[upper] = place[upper]
    return packed[:, place]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPart:
    """What a chunk of persons adds at one relative covariance D of the person effects.

    With A = Z'Z, B = Z'[X, y]: `inner` (I + A D)^-1 A (n, q, q), `left` (I + A D)^-1 B (n, q, m), `log` the
    log |I + A D| summed; `h` (m, m) the sum of [X, y]' (I + Z D Z')^-1 [X, y].
    """

    inner: Array
    left: Array
    log: float
    h: Array


def person_parts(products: Array, random: tuple[int, ...], m: int, relative: Array) -> Iterator[PersonPart]:
    """Walk over the persons in chunks."""
    factor = factor_of(relative)
    q = len(random)
    picked = np.asarray(random)
    for begin in range(0, products.shape[0], CHUNK_PEOPLE):
        s = square(products[begin : begin + CHUNK_PEOPLE], m)
        b = s[:, picked, :]
        a = b[:, :, picked]
        middle = np.eye(q) + factor.T @ a @ factor
        d_inverse = factor @ np.linalg.solve(middle, np.broadcast_to(factor.T, a.shape))
        turn = np.eye(q) - a @ d_inverse
        left = turn @ b
        h = s.sum(axis=0) - np.einsum("iqa,qr,irb->ab", b, relative, left, optimize=True)
        yield PersonPart(inner=turn @ a, left=left, log=float(np.linalg.slogdet(middle)[1].sum()), h=h)


def _summed_slopes(white: Whitened, relative: Array) -> tuple[Array, float]:
    """Slope of the summed H and of the summed log |I + A D|, in numpy.

    dH = T' dS T with T = I - E D (I + A D)^-1 E' S and E the columns with a person effect.
    """
    sums = white.sums
    m = len(sums.names) + 1
    picked, q = np.asarray(sums.random), len(sums.random)
    factor = factor_of(relative)
    total, log = np.zeros((m, m)), 0.0
    for begin in range(0, sums.products.shape[0], CHUNK_PEOPLE):
        s = square(sums.products[begin : begin + CHUNK_PEOPLE], m)
        ds = square(white.slopes[begin : begin + CHUNK_PEOPLE], m)
        b = s[:, picked, :]
        a = b[:, :, picked]
        inverse = np.linalg.solve(np.eye(q) + factor.T @ a @ factor, np.broadcast_to(factor.T, a.shape))
        middle = factor @ inverse
        turn = np.broadcast_to(np.eye(m), s.shape).copy()
        turn[:, picked, :] -= middle @ b
        total += (turn.transpose(0, 2, 1) @ ds @ turn).sum(axis=0)
        log += float(np.sum(middle * ds[:, picked[:, None], picked]))
    return total, log


def summed_slopes(rows: GappedRows, white: Whitened, relative: Array) -> tuple[Array, float]:
    """Slope in the correlation of the sum over persons of H (m, m) and of log |I + A D|."""
    if rows.engine == "numpy":
        return _summed_slopes(white, relative)
    from models.within_person.linear.autoregressive_kernels import (  # noqa: PLC0415
        summed_slopes as compiled,
    )

    m = rows.values.shape[1]
    factor = np.ascontiguousarray(factor_of(relative))
    random = np.asarray(rows.random, dtype=np.int64)

    parts: dict[int, Array] = {}

    def part(begin: int, end: int) -> None:
        parts[begin] = compiled(white.sums.products, white.slopes, factor, random, begin, end, m)

    over_threads(part, rows)
    total = np.sum([parts[begin] for begin in sorted(parts)], axis=0)  # the same sum in every run
    return total[:-1].reshape(m, m), float(total[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """All other parameters at their best for one correlation, in unit scale.

    `relative` (q, q) the covariance of the person effects over `residual`; `beta` (p,) and `inverse` (p, p),
    its covariance over `residual`.
    """

    relative: Array
    residual: float
    beta: Array
    inverse: Array


def deviance_slope(rows: GappedRows, white: Whitened, best: Best, method: Method) -> float:
    """Take the slope of -2 log-likelihood in the correlation, all else at its best.

    By the envelope theorem only the direct dependence counts: sum tr(D (I + A D)^-1 dA) + tr(H_XX^-1 dH_XX)
    (restricted likelihood only) + v' dH v / sigma^2 + d sum log(1 - a^2), v = (-beta, 1).
    """
    slopes, log = summed_slopes(rows, white, best.relative)
    v = np.append(-best.beta, 1.0)
    value = log + white.log_slope + float(v @ slopes @ v) / best.residual
    if method == "reml":
        value += float(np.sum(best.inverse * slopes[:-1, :-1]))
    return value
