"""Rows sorted by person, handed out some persons at a time, and to the threads of the compiled loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.rows import Rows, edges_of_runs
from models.within_person.engine import THREADS, share_out

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Numbers = NDArray[np.int64]

WORTH_THREADS = 50_000  # rows
CHUNK = 8_192  # rows at a time, so that they stay in the processor's cache


def edges_of(rows: Rows) -> Places:
    """Where each person's rows begin, and where the last one's end; (n_people + 1,)."""
    if int(rows.expected.sum()) == rows.n_rows:  # no row of these persons was dropped
        return np.concatenate([[0], np.cumsum(rows.expected)])
    return edges_of_runs(rows.person)


def chunks(edges: Places, first: int, last: int) -> list[slice]:
    """Split the persons from first to last into some at a time, of about `CHUNK` rows together.

    A chunk ends with the first person whose rows reach the next multiple of `CHUNK`.
    """
    if edges[last] - edges[first] <= CHUNK:
        return [slice(first, last)] if first < last else []
    marks = np.arange(edges[first], edges[last], CHUNK)
    cuts = first + np.searchsorted(edges[first:last], marks)
    return [slice(start, stop) for start, stop in pairwise(sorted({*cuts.tolist(), last}))]


def each_part(
    rows: Rows, names: Sequence[str], edges: Places, work: Callable[[Numbers, int, int], object]
) -> None:
    """Call `work` with the addresses of the weights (0 where all are 1) and the variables, and some persons.

    The persons, from a first to the one before a last, are shared out among threads where that is worth it.

    Raises
    ------
    ValueError
        A column is shorter or longer than the persons' rows together.
    """
    columns = [_in_one_piece(rows.columns[name]) for name in names]  # alive until the work is done
    weights = None if rows.weights is None else _in_one_piece(rows.weights)
    if any(column.size != edges[-1] for column in (*columns, *([] if weights is None else [weights]))):
        raise ValueError("a column has not the rows that its persons have")  # would be read past its end
    places = [0 if weights is None else weights.ctypes.data, *(column.ctypes.data for column in columns)]
    addresses = np.array(places, dtype=np.int64)
    cuts = np.empty(0, dtype=np.intp)
    if rows.n_rows >= WORTH_THREADS:
        cuts = np.searchsorted(edges, np.arange(1, THREADS) * rows.n_rows // THREADS)
    bounds = sorted({0, *cuts.tolist(), rows.n_people})
    share_out(work, [(addresses, first, last) for first, last in pairwise(bounds)])


def _in_one_piece(column: Array) -> Array:
    return np.ascontiguousarray(column, dtype=np.float64)
