"""The rows of a diary that a model can use, sorted by person and day, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]

DAY_UNITS = {"ms": 86_400e3, "us": 86_400e6, "ns": 86_400e9}  # of a Datetime, per day
BLOCK = 65_536  # neighbors compared at a time, so that what comes of it stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows left out for one reason: how many, and of how many persons."""

    reason: str
    n_rows: int
    n_people: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rows:
    """The rows used, sorted by person and day.

    `people` (n_people,) holds the ids, ascending; `person` (n_rows,) the position of each row's person in
    it; `day` (n_rows,) days, rising strictly within a person (dates count from 1970-01-01); `columns` the
    variables, (n_rows,) each, finite; `weights` (n_rows,), positive. `expected` (n_people,) counts the rows
    each person had before any was dropped. `dropped` adds up to the rows left out: a row with several
    faults counts under the first. `n_people_without` persons had rows, none of which could be used.
    """

    people: pl.Series
    person: Codes
    day: Array
    columns: dict[str, Array]
    weights: Array | None
    dropped: tuple[Dropped, ...]
    expected: NDArray[np.int64]
    n_people_without: int

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Rows({self.n_rows} rows of {self.n_people} persons)"

    @property
    def n_rows(self) -> int:
        """Number of rows used."""
        return int(self.person.size)

    @property
    def n_people(self) -> int:
        """Number of persons with a row used."""
        return len(self.people)


def used_rows(
    frame: pl.DataFrame, *, person: str, day: str, columns: Sequence[str], weights: str | None = None
) -> Rows:
    """Keep the rows on which every variable is a finite number; say which were dropped, and why.

    Parameters
    ----------
    frame : pl.DataFrame
        One row for each person and day, any order.
    person, day : str
        Columns of the person's id (integer or text) and of the day (number, Date or Datetime).
    columns : sequence of str
        Variables of the model: numbers or booleans (taken as 0 and 1).
    weights : str, optional
        Column of weights; a row whose weight is not positive is dropped.

    Raises
    ------
    ValueError
        A person has a day twice; the message counts, and names nobody.
    TypeError
        A column has no numbers in it, or the person's id is neither integer nor text.
    """
    dropped: list[Dropped] = []
    nobody = frame.get_column(person).null_count()
    if nobody:
        dropped.append(Dropped(f"{person} is null", nobody, 0))
        frame = frame.filter(pl.col(person).is_not_null())
    codes, people, edges = _numbered(frame.get_column(person))
    faults: list[tuple[str, Mask]] = []
    days = _finite(_as_days(frame.get_column(day)), faults)
    values = {name: _finite(as_numbers(frame.get_column(name)), faults) for name in columns}
    weight = None if weights is None else _finite(as_numbers(frame.get_column(weights)), faults)
    if weight is not None and not np.all(weight > 0):
        faults.append((f"{weights} is not positive", weight <= 0))
    sorted_already = edges is not None and _days_rise(days, edges)
    order = None if sorted_already else _by_person_and_day(codes, days)
    expected = np.bincount(codes, minlength=len(people)) if edges is None else np.diff(edges)
    if faults:
        bad = _count(faults, codes, dropped)
        order = np.flatnonzero(~bad) if order is None else order[~bad[order]]
    if order is not None:
        codes, days = codes[order], days[order]
        values = {name: column[order] for name, column in values.items()}
        weight = None if weight is None else weight[order]
    rows = Rows(
        people=people, person=codes, day=days, columns=values, weights=weight, dropped=tuple(dropped),
        expected=expected, n_people_without=0,
    )  # fmt: skip
    return _without_the_unused(rows) if faults else rows


def _without_the_unused(rows: Rows) -> Rows:
    """Leave out the persons who have no row left."""
    used = np.bincount(rows.person, minlength=rows.n_people) > 0
    return replace(
        rows, people=rows.people.filter(pl.Series(used)), person=(np.cumsum(used) - 1)[rows.person],
        expected=rows.expected[used], n_people_without=int(np.count_nonzero(~used)),
    )  # fmt: skip


def keep_people(rows: Rows, keep: Mask) -> Rows:
    """Keep the persons of a mask (n_people,); `dropped` and `n_people_without` stay as they were."""
    chosen = keep[rows.person]
    return replace(
        rows, people=rows.people.filter(pl.Series(keep)), person=(np.cumsum(keep) - 1)[rows.person[chosen]],
        day=rows.day[chosen], columns={name: column[chosen] for name, column in rows.columns.items()},
        weights=None if rows.weights is None else rows.weights[chosen], expected=rows.expected[keep],
    )  # fmt: skip


def person_codes(ids: pl.Series) -> tuple[Codes, pl.Series]:
    """Return each row's person, numbered in ascending order of id, and the ids (n_people,); no nulls."""
    codes, people, _ = _numbered(ids)
    return codes, people


def _numbered(ids: pl.Series) -> tuple[Codes, pl.Series, Codes | None]:
    """Return each row's person, the ids (n_people,), and the edges of the persons' rows if sorted by them."""
    if isinstance(ids.dtype, pl.Categorical | pl.Enum):
        ids = ids.cast(pl.String)
    is_text = ids.dtype == pl.String
    if not (ids.dtype.is_integer() or is_text):
        raise TypeError(f"{ids.name}: a person's id must be integer or text, not {ids.dtype}")
    if ids.is_sorted():
        numbers = (ids.rle_id() if is_text else ids).to_numpy()
        edges = edges_of_runs(numbers)
        people = ids.gather(edges[:-1]) if is_text else pl.Series(ids.name, numbers[edges[:-1]])
        return np.repeat(np.arange(edges.size - 1), np.diff(edges)), people, edges
    if is_text:
        return (ids.rank("dense").to_numpy() - 1).astype(np.intp), ids.unique().sort(), None
    known, codes = np.unique(ids.to_numpy(), return_inverse=True)
    return codes.astype(np.intp), pl.Series(ids.name, known), None


def edges_of_runs(numbers: NDArray[np.intp]) -> Codes:
    """Where each run of equal numbers begins, and where the last one ends."""
    last = numbers.size - 1
    starts = [np.zeros(min(numbers.size, 1), dtype=np.intp)]
    for at in range(0, last, BLOCK):
        after = min(at + BLOCK, last)
        starts.append(np.flatnonzero(numbers[at + 1 : after + 1] != numbers[at:after]) + (at + 1))
    return np.concatenate([*starts, [numbers.size]])


def _days_rise(days: Array, edges: Codes) -> bool:
    """Whether days rise strictly within each person, whose rows lie between the edges."""
    ahead = days[1:] > days[:-1]
    ahead[edges[1:-1] - 1] = True  # from one person to the next
    return bool(ahead.all())


def as_numbers(series: pl.Series) -> pl.Series:
    """Return numbers or booleans as Float64, nulls kept; TypeError where they are neither."""
    if series.dtype == pl.Float64:
        return series
    if not (series.dtype.is_numeric() or series.dtype in {pl.Boolean, pl.Null}):
        raise TypeError(f"{series.name}: numbers or booleans are needed, not {series.dtype}")
    return series.cast(pl.Float64)


def _as_days(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime):
        return series.to_physical().cast(pl.Float64) / DAY_UNITS[series.dtype.time_unit]
    if series.dtype == pl.Date:
        return series.to_physical().cast(pl.Float64)
    if series.dtype == pl.Boolean:
        raise TypeError(f"{series.name}: a day must be a number, a date or a time")
    return as_numbers(series)


def _finite(series: pl.Series, faults: list[tuple[str, Mask]]) -> Array:
    """Return the numbers of a column; its nulls, NaNs and infinities are added to the faults."""
    values: Array = series.to_numpy()
    if series.null_count() == 0 and isfinite(series.sum()):  # one pass; a sum that overflows is looked into
        return values
    if not np.isfinite(values).all():
        nulls = series.is_null().to_numpy()
        faults.append((f"{series.name} is null", nulls))
        faults.append((f"{series.name} is not a number", np.isnan(values) & ~nulls))
        faults.append((f"{series.name} is infinite", np.isinf(values)))
    return values


def _count(faults: list[tuple[str, Mask]], codes: Codes, dropped: list[Dropped]) -> Mask:
    """Add rows and persons by reason to `dropped`, a row under its first; return the rows with a fault."""
    bad = np.zeros(codes.size, dtype=np.bool_)
    for reason, where in faults:
        fresh = where & ~bad
        bad |= where
        if fresh.any():
            dropped.append(Dropped(reason, int(np.count_nonzero(fresh)), np.unique(codes[fresh]).size))
    return bad


def _by_person_and_day(codes: Codes, days: Array) -> Codes:
    """Order that sorts the rows by person and day; no person may have a day twice."""
    order = np.lexsort((days, codes))
    codes, days = codes[order], days[order]
    twice = (codes[1:] == codes[:-1]) & (days[1:] == days[:-1]) & np.isfinite(days[1:])
    if twice.any():
        n_people = np.unique(codes[1:][twice]).size
        raise ValueError(
            f"{np.count_nonzero(twice)} rows repeat a day of the same person ({n_people} persons): "
            "one row for each person and day is needed"
        )
    return order
