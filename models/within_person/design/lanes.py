"""A pass over batches by compiled loops: each thread keeps the sums of its own share of the persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.batches import Batch, Counted
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.pass_kernels import add_rows, enter_all
from models.within_person.design.polynomials import about_own_means, products_of
from models.within_person.design.sorted_pass import Recipe, recipe
from models.within_person.engine import THREADS

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

FIRST_ROOM = 1_024  # persons
AT_A_TIME = 16_384  # persons


class _Ids:
    """Ids as whole numbers, and back."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._dtype: pl.DataType | None = None
        self._known = pl.Categories.random()
        self._keeping: pl.Series | None = None  # the texts known are forgotten once no series has them

    def numbers(self, ids: pl.Series) -> Numbers:
        """Return the ids of a batch as numbers; those of text count up in the order they are met."""
        if isinstance(ids.dtype, pl.Categorical | pl.Enum):
            ids = ids.cast(pl.String)
        if self._dtype is None:
            self._dtype = ids.dtype
        if self._dtype != ids.dtype:
            raise TypeError(f"{self._name}: the id changes from {self._dtype} to {ids.dtype} between batches")
        if ids.dtype == pl.String:
            texts = ids.cast(pl.Categorical(self._known))
            self._keeping = texts if self._keeping is None else self._keeping
            ids = texts.to_physical()
        elif not ids.dtype.is_integer():
            raise TypeError(f"{self._name}: a person's id must be integer or text, not {ids.dtype}")
        elif ids.dtype == pl.UInt64:
            ids = ids.reinterpret(signed=True)
        return np.ascontiguousarray(ids.to_numpy(), dtype=np.int64)

    def people(self, numbers: Numbers) -> pl.Series:
        """Return the ids behind the numbers."""
        if self._dtype == pl.String:
            return self._known.to_series().gather(numbers).cast(pl.String).rename(self._name)
        if self._dtype == pl.UInt64:
            return pl.Series(self._name, numbers).reinterpret(signed=False)
        return pl.Series(self._name, numbers, dtype=self._dtype or pl.String)


class _Lane:
    """The persons of one thread, in the order they are met."""

    def __init__(self, number: int, made: Recipe) -> None:
        self._number, self._made = number, made
        k, n_variables = made.base.size, len(made.names)
        self.used = 0
        self.ids = np.empty(0, dtype=np.int64)
        self.state = np.empty((0, 3 + n_variables + k + k * (k + 1) // 2))
        self.faulty = np.empty((0, n_variables + 1), dtype=np.uint8)
        self.faults = np.zeros(n_variables + 1, dtype=np.int64)
        self._table = np.empty(0, dtype=np.int64)
        self._bits = 0

    def add(self, keys: Numbers, values: Array, weights: Array) -> None:
        """Add the rows of a batch that are this lane's."""
        self._make_room(self.used + keys.size)
        self.used = add_rows(
            keys, values, weights, self._made.base, self._made.factor, self._number, THREADS,
            self._table, self._bits, self.ids, self.state, self.faulty, self.faults, self.used,
        )  # fmt: skip

    def _make_room(self, people: int) -> None:
        """Twice the room where it is short; what is not yet written takes no memory."""
        if people <= self.ids.size:
            return
        room = max(FIRST_ROOM, 2 * people)
        for name in ("ids", "state", "faulty"):
            old = getattr(self, name)
            new = np.zeros((room, *old.shape[1:]), dtype=old.dtype)
            new[: self.used] = old[: self.used]
            setattr(self, name, new)
        self._bits = int(room - 1).bit_length() + 1
        self._table = np.full(1 << self._bits, -1, dtype=np.int64)
        enter_all(self._table, self._bits, self.ids, self.used)

    def settle(self) -> None:
        """Leave out the persons without a row used."""
        there = self.state[: self.used, 0] > 0
        if not there.all():
            self.ids, self.state = self.ids[: self.used][there], self.state[: self.used][there]
            self.used = int(np.count_nonzero(there))


def in_lanes(batches: Iterable[Batch], columns: Sequence[str], person: str) -> Counted:
    """Sum batches by person, the persons shared out among the threads by their id."""
    ids = _Ids(person)
    made = recipe(products_of(columns))
    lanes = [_Lane(number, made) for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        for batch in batches:
            keys = ids.numbers(batch.ids)
            weights = np.empty(0) if batch.weights is None else np.ascontiguousarray(batch.weights)
            values = batch.values
            list(threads.map(lambda lane: lane.add(keys, values, weights), lanes))  # noqa: B023
    met = sum(lane.used for lane in lanes)
    n_people = sum(lane.faulty[: lane.used].sum(axis=0, dtype=np.int64) for lane in lanes)
    for lane in lanes:
        lane.settle()
    cross = _joined(lanes, ids, tuple(columns))
    return Counted(
        cross=cross, n_rows=np.sum([lane.faults for lane in lanes], axis=0), n_people=np.asarray(n_people),
        n_people_without=met - cross.n_people,
    )  # fmt: skip


def _joined(lanes: list[_Lane], ids: _Ids, columns: tuple[str, ...]) -> CrossProducts:
    """Put the persons of all lanes in the order of their ids, their products about their own means."""
    people = ids.people(np.concatenate([lane.ids[: lane.used] for lane in lanes]))
    order = people.arg_sort().to_numpy()
    cross = CrossProducts.none(columns, people.gather(order))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    firsts = np.cumsum([0, *(lane.used for lane in lanes)])
    places = [place[first : first + lane.used] for first, lane in zip(firsts, lanes, strict=False)]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda lane, where: _write(lane, where, cross), lanes, places))
    return cross


def _write(lane: _Lane, places: Numbers, cross: CrossProducts) -> None:
    """Write a lane's persons to their places, and free what the lane held."""
    n_variables = sum(len(product) == 1 for product in cross.products)
    edges = [3, 3 + n_variables, 3 + n_variables + len(cross.columns)]
    for start in range(0, lane.used, AT_A_TIME):
        state = lane.state[start : min(start + AT_A_TIME, lane.used)]
        counts, origin, sums, pairs = np.split(state, edges, axis=1)
        here = places[start : start + state.shape[0]]
        cross.n_rows[here], cross.weight[here], cross.log_weight[here] = counts.T
        with np.errstate(invalid="ignore", over="ignore"):  # refused by name in `check_units`
            cross.mean[here], cross.comoment[here] = about_own_means(
                counts[:, 1], origin, sums, pairs, cross.products
            )
    lane.state = np.empty((0, 0))
