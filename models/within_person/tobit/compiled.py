"""The compiled arithmetic of the Tobit likelihood, its persons shared by threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person import engine
from models.within_person.quadrature import adaptive_nodes
from models.within_person.tobit import mode_kernels, quadrature_kernels, uncensored_kernels
from models.within_person.tobit import normal_tail_kernels as tails
from models.within_person.tobit.likelihood import (
    MODE_CLOSE,
    MODE_STEPS,
    Evaluation,
    Placement,
    apart,
)
from models.within_person.tobit.maximize import Arithmetic
from models.within_person.tobit.normal_tails import normal_tails
from models.within_person.tobit.scaled_rows import CensoredRows, ScaledRows

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
WORTH_THREADS: Final = 10_000  # rows times nodes from which a second thread pays for being woken
OTHER_WORK: Final = 1  # rows that a person's other work at each node is worth


def compiled() -> Arithmetic:
    """Return the functions that touch persons, compiled."""
    return Arithmetic(without_censored, with_censored, modes, add_products)


@lru_cache(maxsize=1)
def _table() -> Array:
    """Taylor coefficients (centers, TERMS) of log Phi at the centers of the table.

    The slope l(t) obeys l' = -l (l + t), so the series (k + 1) l[k + 1] = -sum l[i] l[k - i] - t l[k]
    - l[k - 1] follows from l[0].
    """
    t = tails.LOW + (np.arange((tails.HIGH - tails.LOW) * tails.PER_UNIT) + 0.5) / tails.PER_UNIT
    log_phi, mills, _ = normal_tails(t)
    slope = [mills]
    for k in range(tails.TERMS - 2):
        total = t * slope[k] + sum(slope[i] * slope[k - i] for i in range(k + 1))
        slope.append(-(total + (slope[k - 1] if k else 0.0)) / (k + 1))
    rest = [part / (k + 1) for k, part in enumerate(slope)]
    return np.ascontiguousarray(np.column_stack([log_phi, *rest]))


def _shared(work: Array, run: Callable[[int, int, int], None]) -> None:
    """Call run(low, high, thread) over the persons, split evenly by `work`, row-nodes of each person."""
    n, threads = work.size, engine.THREADS
    done = np.cumsum(work)
    if threads == 1 or n < threads or done[-1] < WORTH_THREADS:
        run(0, n, 0)
        return
    edges = np.searchsorted(done, done[-1] * np.arange(1, threads) / threads).tolist()
    engine.share_out(run, [(*pair, i) for i, pair in enumerate(pairwise([0, *edges, n]))])


@lru_cache(maxsize=16)
def _nodes(levels: tuple[int, ...], q: int) -> tuple[Array, Array, Integers, Integers]:
    """Points (q, all) and log weights of the grids of these levels one after another, starts and sizes."""
    grids = [adaptive_nodes(level, q) for level in levels]
    sizes = np.array([grid.log_weights.size for grid in grids], dtype=np.int64)
    points = np.ascontiguousarray(np.concatenate([grid.points for grid in grids]).T)
    log_weights = np.concatenate([grid.log_weights for grid in grids])
    return points, log_weights, np.cumsum(sizes) - sizes, sizes


def _empty(n: int, parameters: int, q: int) -> tuple[Array, Array, Array, Array, Array]:
    return (
        np.empty(n), np.empty((n, parameters)), np.zeros((engine.THREADS, parameters, parameters)),
        np.empty((n, q)), np.empty((n, q, q)),
    )  # fmt: skip


def _whole(upper: Array) -> Array:
    """Add the threads' parts and mirror the upper triangle."""
    total = np.triu(upper.sum(axis=0))
    return np.asarray(total + np.triu(total, 1).T)


def without_censored(theta: Array, data: ScaledRows, persons: Integers) -> Evaluation:
    """Evaluate persons without a censored row; see likelihood.without_censored."""
    now, z = apart(theta, data), np.asarray(data.random, dtype=np.int64)
    log_lik, scores, information, mean, covariance = _empty(persons.size, theta.size, z.size)

    def run(low: int, high: int, thread: int) -> None:
        uncensored_kernels.without_censored(
            low, high, persons, now.v0, now.factor, now.rows, now.columns, z, data.products,
            data.n_uncensored, log_lik, scores, information[thread], mean, covariance,
        )  # fmt: skip

    _shared(np.full(persons.size, 30.0), run)
    return Evaluation(log_lik, scores, _whole(information), mean, covariance)


def with_censored(
    theta: Array, data: ScaledRows, chosen: Integers, placement: Placement, points: Integers, *,
    curvature: bool = True,
) -> Evaluation:  # fmt: skip
    """Evaluate persons with censored rows; see likelihood.with_censored."""
    now, z = apart(theta, data), np.asarray(data.random, dtype=np.int64)
    rows = data.censored
    log_lik, scores, information, mean, covariance = _empty(chosen.size, theta.size, z.size)
    if not chosen.size:
        return Evaluation(log_lik, scores, information[0], mean, covariance)
    sizes = np.diff(rows.start)[chosen]
    levels, level = np.unique(points, return_inverse=True)
    grid, log_weights, first, n_nodes = _nodes(tuple(levels.tolist()), z.size)
    first, n_nodes = first[level], n_nodes[level]
    table, most = _table(), int(sizes.max(initial=0))

    def run(low: int, high: int, thread: int) -> None:
        quadrature_kernels.with_censored(
            low, high, chosen, rows.persons, rows.start, rows.signed, now.v0, now.factor, now.rows,
            now.columns, z, data.products, data.n_uncensored, table, placement.center, placement.root,
            grid, log_weights, first, n_nodes, most, curvature, log_lik, scores, information[thread],
            mean, covariance,
        )  # fmt: skip

    _shared((sizes + OTHER_WORK) * n_nodes, run)
    return Evaluation(log_lik, scores, _whole(information), mean, covariance)


def modes(theta: Array, data: ScaledRows, censored: CensoredRows, start: Array) -> Placement:
    """Place each person's nodes at the mode of the effects; see likelihood.modes."""
    now, z = apart(theta, data), np.asarray(data.random, dtype=np.int64)
    center, root = start.copy(), np.zeros((*start.shape, z.size))
    table, most = _table(), int(np.diff(censored.start).max(initial=0))

    def run(low: int, high: int, _: int) -> None:
        mode_kernels.modes(
            low, high, censored.persons, censored.start, censored.signed, now.v0, now.factor, z,
            data.products, table, most, MODE_STEPS, MODE_CLOSE, center, root,
        )  # fmt: skip

    _shared(10.0 * (np.diff(censored.start) + OTHER_WORK), run)
    return Placement(center, root)


def add_products(products: Array, rows: Array, persons: Integers, start: Integers) -> None:
    """Add cross-products by person; see scaled_rows.add_products."""

    def run(low: int, high: int, _: int) -> None:
        uncensored_kernels.add_products(low, high, products, rows, persons, start)

    _shared(np.diff(start).astype(float), run)
