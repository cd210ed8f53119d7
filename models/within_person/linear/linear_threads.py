"""The compiled passes over persons, shared out among threads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.within_person.engine import THREADS, share_out
from models.within_person.linear.likelihood import Moments
from models.within_person.linear.linear_kernels import WIDE, add_people, pack
from models.within_person.linear.scaled_sums import ScaledSums, triangle
from models.within_person.linear.scoring_kernels import score

Array = NDArray[np.float64]

STEPS = 40  # compiled scoring steps, after which the careful scoring takes over
WORTH_THREADS = 96  # blocks of persons, below which handing over costs more than it saves


def _share(blocks: int, work: Callable[[int, int], object]) -> None:
    """Call `work(first, last)` on ranges that cover the blocks, at once where that is worth it."""
    if blocks < WORTH_THREADS:
        work(0, blocks)
        return
    edges = [blocks * i // THREADS for i in range(THREADS + 1)]
    share_out(work, list(pairwise(edges)))


def packed_by_blocks(products: Array, change: Array) -> Array:
    """Multiply `products` (n_people, n) by `change` (n, n_fields), laid out (n_blocks, n_fields, WIDE)."""
    products = np.ascontiguousarray(products, dtype=np.float64)
    target, source = (index.astype(np.int64) for index in np.nonzero(change.T))
    value = change[source, target]
    starts = np.searchsorted(target, np.arange(change.shape[1] + 1))
    packed = np.empty((-(-products.shape[0] // WIDE), change.shape[1], WIDE))
    _share(packed.shape[0], lambda first, last: pack(products, starts, source, value, first, last, packed))
    return packed


def summed_by_blocks(packed: Array, factor: Array, copies: Array | None, total: Array) -> Moments:
    """Sum over the persons; `total` (k, k) is W'W."""
    q, k = factor.shape[0], total.shape[0]
    factor = np.ascontiguousarray(factor)
    if copies is None:
        times = np.empty((0, WIDE))
    else:
        times = np.zeros((packed.shape[0], WIDE))
        times.ravel()[: copies.size] = copies
    out: dict[int, Array] = {}

    def work(first: int, last: int) -> None:
        own = np.zeros(_length(q, k))
        add_people(packed, times, factor, k, first, last, own)
        out[first] = own

    _share(packed.shape[0], work)
    ordered = [out[first] for first in sorted(out)]  # the same sum in every run
    return _moments(ordered[0] if len(ordered) == 1 else np.sum(ordered, axis=0), total, q)


def _length(q: int, k: int) -> int:
    """How many numbers `add_people` gives."""
    n_a, n_p = q * (q + 1) // 2, q * k
    return 1 + n_a + k * (k + 1) // 2 + n_a * (n_a + 1) // 2 + n_p * (n_p + 1) // 2


def _moments(out: Array, total: Array, q: int) -> Moments:
    """Name the numbers that `add_people` gives; `total` (k, k) is W'W."""
    k = total.shape[0]
    n_a = q * (q + 1) // 2
    place, squares = 1 + n_a, []
    for size in (k, n_a, q * k):
        after = place + size * (size + 1) // 2
        squares.append(out[place:after][triangle(size)])
        place = after
    taken, qq, pp = squares
    return Moments(log_determinant=float(out[0]), cross=total - taken, q_sum=out[1 : 1 + n_a], qq=qq, pp=pp)


def scored_at_once(
    sums: ScaledSums, start: Array, *, reml: bool, done: float
) -> tuple[Array, int, Moments | None]:
    """Take scoring steps from the relative covariance `start` (q, q) in one compiled call.

    Returns where they ended, which need not be the optimum, the number of passes, and what the last pass
    summed, if it was there.
    """
    d = np.array(start, dtype=np.float64, order="C")
    df = float(sums.n_rows - sums.p if reml else sums.n_rows)
    out = np.zeros(_length(sums.q, sums.p + 1))
    passes, here = score(sums.packed, sums.total, d, df, reml, sums.structure == "diagonal", STEPS, done, out)
    return d, int(passes), _moments(out, sums.total, sums.q) if here else None
