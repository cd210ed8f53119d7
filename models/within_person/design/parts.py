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
    return edges_of_runs(rows.person)


def chunks(edges: Places, first: int, last: int) -> list[slice]:
    """Split the persons from first to last into some at a time, of about `CHUNK` rows together."""
    found = []
    while first < last:
        after = int(np.searchsorted(edges, edges[first] + CHUNK, side="right")) - 1
        after = min(max(after, first + 1), last)
        found.append(slice(first, after))
        first = after
    return found


def each_part(
    rows: Rows,
    names: Sequence[str],
    edges: Places,
    work: Callable[[slice, Array, Array, Places], object],
) -> None:
    """Call `work` with some persons, their rows of the variables, (n_variables, rows), weights and edges.

    Weights are empty where all are 1. The parts are shared out among threads where that is worth it.
    """
    columns = [rows.columns[name] for name in names]

    def some(first: int, last: int) -> None:
        for people in chunks(edges, first, last):
            here = slice(edges[people.start], edges[people.stop])
            values = np.empty((len(columns), here.stop - here.start))
            for place, column in enumerate(columns):
                values[place] = column[here]
            weights = np.empty(0) if rows.weights is None else np.ascontiguousarray(rows.weights[here])
            work(people, values, weights, edges[people.start : people.stop + 1] - here.start)

    if rows.n_rows < WORTH_THREADS:
        some(0, rows.n_people)
        return
    cuts = np.searchsorted(edges, np.arange(1, THREADS) * rows.n_rows // THREADS)
    bounds = [0, *(int(cut) for cut in cuts), rows.n_people]
    share_out(some, list(pairwise(bounds)))
