"""The compiled arithmetic of the Tobit likelihood, its persons shared by threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person import engine
from models.within_person.quadrature import Nodes
from models.within_person.tobit import tobit_kernels as kernels
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
WORTH_THREADS: Final = 30_000  # rows times nodes from which a second thread pays for its start


def compiled() -> Arithmetic:
    """Return the functions that touch persons, compiled."""
    return Arithmetic(without_censored, with_censored, modes, add_products)


@lru_cache(maxsize=1)
def _table() -> Array:
    n = int((kernels.HIGH - kernels.LOW) * kernels.PER_UNIT)
    log_phi, mills, _ = normal_tails(kernels.LOW + (np.arange(n) + 0.5) / kernels.PER_UNIT)
    return np.asarray(kernels.taylor_table(log_phi, mills))


def _shared(n: int, work: float, run: Callable[[int, int, int], None]) -> None:
    """Call run(low, high, thread) over 0 to n, in as many threads as the work is worth."""
    threads = engine.THREADS if work >= WORTH_THREADS and n >= engine.THREADS else 1
    if threads == 1:
        run(0, n, 0)
        return
    edges = np.linspace(0, n, threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, edges[:-1].tolist(), edges[1:].tolist(), range(threads)))


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
        kernels.without_censored(
            low, high, persons, now.v0, now.factor, now.rows, now.columns, z, data.products,
            data.n_uncensored, log_lik, scores, information[thread], mean, covariance,
        )  # fmt: skip

    _shared(persons.size, 30.0 * persons.size, run)
    return Evaluation(log_lik, scores, _whole(information), mean, covariance)


def with_censored(
    theta: Array, data: ScaledRows, chosen: Integers, placement: Placement, nodes: Nodes
) -> Evaluation:
    """Evaluate persons with censored rows; see likelihood.with_censored."""
    now, z = apart(theta, data), np.asarray(data.random, dtype=np.int64)
    rows = data.censored
    log_lik, scores, information, mean, covariance = _empty(chosen.size, theta.size, z.size)
    sizes = np.diff(rows.start)[chosen]
    table, most = _table(), int(sizes.max(initial=0))

    def run(low: int, high: int, thread: int) -> None:
        kernels.with_censored(
            low, high, chosen, rows.persons, rows.start, rows.signed, now.v0, now.factor, now.rows,
            now.columns, z, data.products, data.n_uncensored, table, most, placement.center, placement.root,
            nodes.points, nodes.log_weights, log_lik, scores, information[thread], mean, covariance,
        )  # fmt: skip

    _shared(chosen.size, float(sizes.sum()) * nodes.log_weights.size, run)
    return Evaluation(log_lik, scores, _whole(information), mean, covariance)


def modes(theta: Array, data: ScaledRows, censored: CensoredRows, start: Array) -> Placement:
    """Place each person's nodes at the mode of the effects; see likelihood.modes."""
    now, z = apart(theta, data), np.asarray(data.random, dtype=np.int64)
    center, root = start.copy(), np.zeros((*start.shape, z.size))
    table, most = _table(), int(np.diff(censored.start).max(initial=0))

    def run(low: int, high: int, _: int) -> None:
        kernels.modes(
            low, high, censored.persons, censored.start, censored.signed, now.v0, now.factor, z,
            data.products, table, most, MODE_STEPS, MODE_CLOSE, center, root,
        )  # fmt: skip

    _shared(censored.persons.size, 10.0 * censored.row_person.size, run)
    return Placement(center, root)


def add_products(products: Array, rows: Array, persons: Integers, start: Integers) -> None:
    """Add cross-products by person; see scaled_rows.add_products."""

    def run(low: int, high: int, _: int) -> None:
        kernels.add_products(low, high, products, rows, persons, start)

    _shared(persons.size, float(rows.shape[0]), run)
