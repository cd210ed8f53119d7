"""Batches of diary rows as arrays, and what a pass over them counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import as_numbers

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

AT_MOST = 250_000  # rows at a time


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Batch:
    """Some rows: `ids` without nulls, a column for each variable, `weights`; each (n_rows,), in one piece."""

    ids: pl.Series
    columns: tuple[Array, ...]
    weights: Array | None

    def first_fault(self) -> Numbers:
        """Place of a row's first variable that is no finite number, or after them its weight, or -1."""
        bad = ~np.isfinite(np.stack(self.columns))
        if self.weights is not None:
            bad = np.vstack([bad, ~(np.isfinite(self.weights) & (self.weights > 0))])
        return np.where(bad.any(axis=0), bad.argmax(axis=0), -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a pass found: cross-products, and rows and persons by first fault, (n_variables + 1,) each."""

    cross: CrossProducts
    n_rows: Numbers
    n_people: Numbers
    n_people_without: int


class BatchReader:
    """Turns frames into batches; counts the rows that name nobody (`n_nobody`)."""

    def __init__(self, person: str, names: Sequence[str], weights: str | None) -> None:
        self._person, self._names, self._weights = person, list(names), weights
        self.n_nobody = 0

    @property
    def wanted(self) -> list[str]:
        """Columns to read, each once."""
        more = [] if self._weights is None else [self._weights]
        return list(dict.fromkeys([self._person, *self._names, *more]))

    def read(self, frames: Iterable[pl.DataFrame]) -> Iterator[Batch]:
        """Yield the rows of each frame that name a person, `AT_MOST` at a time."""
        for frame in frames:
            for rows in frame.iter_slices(AT_MOST):
                nobody = rows.get_column(self._person).null_count()
                self.n_nobody += nobody
                named = rows.filter(pl.col(self._person).is_not_null()) if nobody else rows
                if named.height:
                    yield Batch(
                        ids=named.get_column(self._person),
                        columns=tuple(_column(named, name) for name in self._names),
                        weights=None if self._weights is None else _column(named, self._weights),
                    )


def _column(frame: pl.DataFrame, name: str) -> Array:
    """Return a column as float64, nulls as NaN; not a copy where it lies in one piece."""
    return np.ascontiguousarray(as_numbers(frame.get_column(name)).to_numpy(), dtype=np.float64)
