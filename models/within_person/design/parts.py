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
    rows: Rows,
    names: Sequence[str],
    edges: Places,
    work: Callable[[slice, Array, Array, Places], object],
) -> None:
    """Call `work` with some persons, their rows of the variables, weights and the edges between them.

    The variables are copied together into (n_variables, at least these rows), of which what follows the last
    edge means nothing, and which the next call overwrites. Weights are empty where all are 1. The parts are
    shared out among threads where that is worth it.
    """
    columns = [rows.columns[name] for name in names]

    def some(first: int, last: int) -> None:
        some_at_a_time = chunks(edges, first, last)
        most = max(int(edges[people.stop] - edges[people.start]) for people in some_at_a_time)
        values = np.empty((len(columns), most))
        for people in some_at_a_time:
            own = edges[people.start : people.stop + 1] - edges[people.start]
            here = slice(edges[people.start], edges[people.stop])
            for place, column in enumerate(columns):
                values[place, : own[-1]] = column[here]
            weights = np.empty(0) if rows.weights is None else np.ascontiguousarray(rows.weights[here])
            work(people, values, weights, own)

    if rows.n_rows < WORTH_THREADS:
        some(0, rows.n_people)
        return
    cuts = np.searchsorted(edges, np.arange(1, THREADS) * rows.n_rows // THREADS)
    bounds = sorted({0, *cuts.tolist(), rows.n_people})
    share_out(some, list(pairwise(bounds)))
