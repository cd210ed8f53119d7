"""A pass over batches by compiled loops: each thread keeps the sums of its own share of the persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.batches import Batch, Counted
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.polynomials import Product, products_of
from models.within_person.design.sorted_pass import Recipe, recipe
from models.within_person.design.stream_kernels import add_rows, enter_all, finish
from models.within_person.engine import THREADS, share_out

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

FIRST_ROOM = 1_024  # persons
BLOCK = 1 << 25  # bytes, or more, of sums at a time: enough that to free them gives the memory back


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
        self._width = 3 + n_variables + k + k * (k + 1) // 2
        self._shift = (BLOCK // (8 * self._width)).bit_length()
        self._blocks: list[Array] = []
        self._where = np.empty(0, dtype=np.int64)
        self.used = 0
        self.ids = np.empty(0, dtype=np.int64)
        self.faulty = np.empty((0, n_variables + 1), dtype=np.uint8)
        self.faults = np.zeros(n_variables + 1, dtype=np.int64)
        self._table = np.empty(0, dtype=np.int32)
        self._bits = 0

    def add(self, addresses: Numbers, n_rows: int) -> None:
        """Add the rows at these addresses that are this lane's."""
        done = 0
        while done < n_rows:
            self._make_room()
            self.used, done = add_rows(
                addresses, done, n_rows, self._made.base, self._made.factor, self._number, THREADS,
                self._table, self._bits, self.ids, self._where, self._shift, self.faulty, self.faults,
                self.used,
            )  # fmt: skip

    def _make_room(self) -> None:
        """Add a block of sums, and double the room for ids, where full; unwritten they take no memory."""
        if self.used == len(self._blocks) << self._shift:
            self._blocks.append(np.zeros((1 << self._shift, self._width)))
            self._where = np.array([block.ctypes.data for block in self._blocks], dtype=np.int64)
        if self.used == self.ids.size:
            room = max(FIRST_ROOM, 2 * self.used)
            self.ids, self.faulty = _longer(self.ids, room), _longer(self.faulty, room)
            self._bits = int(room - 1).bit_length() + 1
            self._table = np.full(1 << self._bits, -1, dtype=np.int32)
            enter_all(self._table, self._bits, self.ids, self.used)

    def there(self) -> NDArray[np.bool_]:
        """Which persons have a row used, (used,)."""
        firsts = range(0, self.used, 1 << self._shift)
        n_rows = [block[: self.used - first, 0] for first, block in zip(firsts, self._blocks, strict=False)]
        return np.concatenate([np.empty(0), *n_rows]) > 0

    def write(self, places: Numbers, cross: CrossProducts, times: Numbers, weights: Array) -> None:
        """Write the persons to their places in the cross-products; free what was kept of them on the way."""
        self._blocks.reverse()
        for start in range(0, self.used, 1 << self._shift):
            block, here = self._blocks.pop(), places[start : start + (1 << self._shift)]
            finish(
                block[: here.size], here, self._made.base, self._made.factor, times, cross.n_rows, weights,
                cross.mean, cross.comoment,
            )  # fmt: skip


def _longer(array: NDArray[Any], room: int) -> NDArray[Any]:
    """Return a copy with room for more rows, zero until written."""
    longer = np.zeros((room, *array.shape[1:]), dtype=array.dtype)
    longer[: array.shape[0]] = array
    return longer


def in_lanes(batches: Iterable[Batch], columns: Sequence[str], person: str) -> Counted:
    """Sum batches by person, the persons shared out among the threads by their id."""
    ids = _Ids(person)
    made = recipe(products_of(columns))
    lanes = [_Lane(number, made) for number in range(THREADS)]
    for batch in batches:
        keys = ids.numbers(batch.ids)
        addresses = _addresses(keys, batch)
        share_out(_Lane.add, [(lane, addresses, keys.size) for lane in lanes])
    n_people = sum(lane.faulty[: lane.used].sum(axis=0, dtype=np.int64) for lane in lanes)
    cross = _joined(lanes, ids, tuple(columns))
    return Counted(
        cross=cross, n_rows=np.sum([lane.faults for lane in lanes], axis=0), n_people=np.asarray(n_people),
        n_people_without=sum(lane.used for lane in lanes) - cross.n_people,
    )  # fmt: skip


def _addresses(keys: Numbers, batch: Batch) -> Numbers:
    """Where the keys, the weights (0 if there are none) and the variables of a batch lie."""
    weights = 0 if batch.weights is None else batch.weights.ctypes.data
    variables = [column.ctypes.data for column in batch.columns]
    return np.array([keys.ctypes.data, weights, *variables], dtype=np.int64)


def _joined(lanes: list[_Lane], ids: _Ids, columns: tuple[str, ...]) -> CrossProducts:
    """Put the persons of all lanes who have rows in the order of their ids."""
    there = np.concatenate([lane.there() for lane in lanes])
    people = ids.people(np.concatenate([lane.ids[: lane.used] for lane in lanes])[there])
    order = people.arg_sort().to_numpy()
    place = np.full(there.size, -1, dtype=np.int64)
    place[np.flatnonzero(there)[order]] = np.arange(order.size)
    k, n_people = len(columns), order.size
    weights = np.empty((2, n_people))
    cross = CrossProducts(
        people=people.gather(order), columns=columns, n_rows=np.empty(n_people, dtype=np.int64),
        weight=weights[0], log_weight=weights[1], mean=np.empty((n_people, k)),
        comoment=np.empty((n_people, k * (k + 1) // 2)),
    )  # fmt: skip
    firsts = np.cumsum([0, *(lane.used for lane in lanes)])
    times = _times(cross.products)
    share_out(_Lane.write, [
        (lane, place[first : first + lane.used], cross, times, weights)
        for first, lane in zip(firsts, lanes, strict=False)
    ])  # fmt: skip
    return cross


def _times(products: Sequence[Product]) -> Numbers:
    """Place of each product times each single variable among the products, -1 where it is not there."""
    place = {product: number for number, product in enumerate(products)}
    found = [[place.get(tuple(sorted(one + other)), -1) for other in products] for one in products]
    return np.array(found, dtype=np.int64)
