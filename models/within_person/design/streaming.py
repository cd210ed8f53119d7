"""Cross-products of more rows than memory holds: batch after batch, in any order of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.batches import Batch, BatchReader, Counted
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.polynomials import check_closed, products_of
from models.within_person.design.rows import Dropped, Rows, person_codes
from models.within_person.design.sorted_pass import recipe
from models.within_person.engine import Engine, compiled_is_installed

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Cross-products, and the rows that could not be used, each under its first fault.

    `n_people_without` persons had rows, none of which could be used.
    """

    cross: CrossProducts
    dropped: tuple[Dropped, ...]
    n_people_without: int


def cross_products_of_batches(
    batches: pl.LazyFrame | Iterable[pl.DataFrame | pl.LazyFrame],
    *,
    person: str,
    columns: Sequence[str],
    weights: str | None = None,
    engine: Engine = "auto",
) -> Pass:
    """One pass over rows that come in batches; memory grows with the persons, not with the rows.

    A row counts if all variables are finite numbers and its weight, if any, is positive. That no person has
    a day twice is not checked here: it would take all the days to be remembered.

    Parameters
    ----------
    batches : pl.LazyFrame, or iterable of pl.DataFrame or pl.LazyFrame
        A scan, such as `pl.scan_parquet(...)`, which is read by columns and in batches; or frames and scans,
        taken one after the other. Polars reads all scans of a `pl.concat` at once, and holds some of each.
    person : str
        Column of the person's id, integer or text.
    columns : sequence of str
        Variables and products of variables, as `Design.columns` lists them.
    weights : str, optional
        Column of weights.
    engine : str
        "auto" takes the compiled loops where they are installed: a stream is for many rows.

    Raises
    ------
    TypeError
        A column has no numbers in it, or the person's id is neither integer nor text.
    ValueError
        A variable's values are too large or too small to be squared.
    """
    check_closed(columns)
    names = recipe(products_of(columns)).names
    reader = BatchReader(person, names, weights)
    frames = _frames([batches] if isinstance(batches, pl.LazyFrame) else batches, reader.wanted)
    if engine == "compiled" or (engine == "auto" and compiled_is_installed()):
        from models.within_person.design.lanes import in_lanes  # noqa: PLC0415  (loads the compiler)

        counted = in_lanes(reader.read(frames), columns, person)
    else:
        counted = _in_parts(reader.read(frames), columns, person)
    counted.cross.check_units()
    reasons = [f"{name} is missing or not finite" for name in names]
    dropped = [Dropped(f"{person} is null", reader.n_nobody, 0)]
    for reason, n_rows, n_people in zip(
        [*reasons, f"{weights} is not positive"], counted.n_rows, counted.n_people, strict=True
    ):
        dropped.append(Dropped(reason, int(n_rows), int(n_people)))
    return Pass(
        cross=counted.cross, dropped=tuple(fault for fault in dropped if fault.n_rows),
        n_people_without=counted.n_people_without,
    )  # fmt: skip


def _frames(parts: Iterable[pl.DataFrame | pl.LazyFrame], wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield frames as they are, and the columns of scans piece by piece, as large as they are read."""
    for part in parts:
        if isinstance(part, pl.LazyFrame):
            yield from part.select(wanted).collect_batches(
                maintain_order=False, lazy=True, engine="streaming"
            )
        else:
            yield part


def _in_parts(batches: Iterable[Batch], columns: Sequence[str], person: str) -> Counted:
    """Sum each batch by person, and merge sums of like size, so that each is merged few times."""
    parts: list[CrossProducts] = []
    names = recipe(products_of(columns)).names
    n_rows = np.zeros(len(names) + 1, dtype=np.int64)
    people: list[list[pl.Series]] = [[] for _ in n_rows]
    for batch in batches:
        fault = batch.first_fault()
        for place in np.unique(fault[fault >= 0]):
            n_rows[place] += np.count_nonzero(fault == place)
            people[place].append(batch.ids.filter(pl.Series(fault == place)).unique())
        part = CrossProducts.from_rows(_sorted(batch, names, fault < 0), columns, "numpy")
        while parts and parts[-1].n_people <= 2 * part.n_people:
            part = parts.pop().add(part)
        parts.append(part)
    lost = [ids for of_reason in people for ids in of_reason]
    nobody = lost[0].clear() if lost else pl.Series(person, [], dtype=pl.String)
    total = CrossProducts.none(columns, nobody)
    while parts:
        total = parts.pop().add(total)
    without = pl.concat(lost).unique().is_in(total.people.implode()).not_().sum() if lost else 0
    return Counted(
        cross=total, n_rows=n_rows, n_people_without=int(without),
        n_people=np.array([pl.concat(ids).n_unique() if ids else 0 for ids in people]),
    )  # fmt: skip


def _sorted(batch: Batch, names: Sequence[str], usable: Mask) -> Rows:
    """Sort the usable rows of a batch by person; days are not known here, and not asked for."""
    codes, people = person_codes(batch.ids.filter(pl.Series(usable)))
    order = np.argsort(codes, kind="stable")
    places = np.flatnonzero(usable)[order]
    return Rows(
        people=people, person=codes[order], day=np.zeros(order.size), dropped=(), n_people_without=0,
        columns={name: column[places] for name, column in zip(names, batch.columns, strict=True)},
        expected=np.bincount(codes), weights=None if batch.weights is None else batch.weights[places],
    )  # fmt: skip
