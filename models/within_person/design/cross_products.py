"""Cross-products by person of a set of variables: the data, paid for once.

Every model whose terms are made of these variables is fitted from them without the rows. They add: a new
quarter's are merged into the stored ones; and any engine that sums by group can make them (`group_sql`).

They are kept about the person's own means: of a product such as "attended_meeting*recovery_identity", the
product of the two variables' deviations from the person's means. So a variable far from zero costs no
digits, and the products about any other origin are polynomials in these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.polynomials import (
    Product,
    about,
    check_closed,
    products_of,
)
from models.within_person.design.rows import Rows
from models.within_person.design.sorted_pass import sorted_pass
from models.within_person.engine import Engine
from models.within_person.linear.origin import check_units
from models.within_person.linear.person_sums import over_people

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]

PERSON = "participant_id"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CrossProducts:
    """Counts, means and centered cross-products by person.

    `people` (n_people,) holds the ids, ascending; `columns` (k,) names variables and products of them, with
    every part of a product among them. `n_rows`, `weight` (the sum of the weights) and `log_weight` (that of
    their logarithms) are (n_people,); `mean` (n_people, k) is a variable's weighted mean, and a product's
    mean of the product of deviations from the person's means; `comoment` (n_people, k (k + 1) / 2) the
    weighted sums of products of the deviations of two columns from their means, upper triangle, row after
    row: (0,0), (0,1), ... (0,k-1), (1,1), ...
    """

    people: pl.Series
    columns: tuple[str, ...]
    n_rows: Counts
    weight: Array
    log_weight: Array
    mean: Array
    comoment: Array

    def __post_init__(self) -> None:
        """Refuse products without their parts."""
        check_closed(self.columns)

    def __repr__(self) -> str:
        """Name nobody."""
        return f"CrossProducts({self.n_people} persons, {len(self.columns)} columns)"

    @property
    def n_people(self) -> int:
        """Number of persons."""
        return len(self.people)

    @property
    def products(self) -> tuple[Product, ...]:
        """The variables that each column multiplies."""
        return products_of(self.columns)

    @property
    def product_mean(self) -> Array:
        """Means about the person's means, (n_people, k): zero for a variable itself."""
        single = np.array([len(product) == 1 for product in self.products], dtype=np.bool_)
        return np.where(single, 0.0, self.mean)

    @staticmethod
    def none(columns: Sequence[str], people: pl.Series | None = None) -> CrossProducts:
        """Cross-products of no rows, to which others can be added; of nobody where `people` is left out."""
        people = pl.Series(PERSON, [], dtype=pl.String) if people is None else people
        n_people, k = len(people), len(columns)
        return CrossProducts(
            people=people, columns=tuple(columns), n_rows=np.zeros(n_people, dtype=np.int64),
            weight=np.zeros(n_people), log_weight=np.zeros(n_people), mean=np.zeros((n_people, k)),
            comoment=np.zeros((n_people, k * (k + 1) // 2)),
        )  # fmt: skip

    @staticmethod
    def from_rows(rows: Rows, columns: Sequence[str], engine: Engine = "auto") -> CrossProducts:
        """One pass over rows sorted by person; `columns` as `Design.columns` lists them.

        Raises
        ------
        ValueError
            Products without their parts, or a variable whose values are too large or too small to be squared.
        """
        check_closed(columns)
        with np.errstate(invalid="ignore", over="ignore"):  # refused by name in `check_units`
            mean, comoment = sorted_pass(rows, products_of(columns), engine)
        n_rows = np.bincount(rows.person, minlength=rows.n_people).astype(np.int64)
        weight, log_weight = n_rows.astype(np.float64), np.zeros(rows.n_people)
        if rows.weights is not None:
            weight = np.bincount(rows.person, rows.weights).astype(np.float64)
            log_weight = np.bincount(rows.person, np.log(rows.weights)).astype(np.float64)
        cross = CrossProducts(
            people=rows.people, columns=tuple(columns), n_rows=n_rows, weight=weight, log_weight=log_weight,
            mean=mean, comoment=comoment,
        )  # fmt: skip
        cross.check_units()
        return cross

    def check_units(self) -> None:
        """Tell variables whose values cannot be squared from variables that do not vary.

        Raises
        ------
        ValueError
            Names the variables whose values are too large or too small to be squared.
        """
        single = [place for place, product in enumerate(self.products) if len(product) == 1]
        k = len(self.columns)
        own = [place * k - place * (place - 1) // 2 for place in single]
        with np.errstate(invalid="ignore", over="ignore"):
            squares = over_people(self.comoment)[own]
            squares += np.einsum("ij,ij->j", self.mean, self.mean)[single]
        if self.n_people:
            check_units(
                [self.columns[place] for place in single], np.where(np.isnan(squares), np.inf, squares),
                int(self.n_rows.sum()), lambda place: bool(self.mean[:, single[place]].any()),
            )  # fmt: skip

    def keep(self, people: Mask) -> CrossProducts:
        """Keep the persons of a mask (n_people,)."""
        return self._take(np.flatnonzero(people), self.people.filter(pl.Series(people)))

    def resample(self, drawn: Places) -> CrossProducts:
        """Take the persons at the places drawn, (n_draws,); one drawn twice counts as two persons.

        Their ids are the numbers 0, 1, ... of the draws.
        """
        return self._take(drawn, pl.Series(self.people.name, np.arange(drawn.size)))

    def add(self, other: CrossProducts) -> CrossProducts:
        """Merge with the cross-products of other rows, persons matched by id.

        Means and comoments merge by Chan, Golub & LeVeque 1983 (American Statistician 37:242), after the
        products of variables have been taken about the person's means over both.

        Raises
        ------
        ValueError
            The columns differ, in name or in order.
        TypeError
            The ids of one are integers, those of the other text.
        """
        if self.columns != other.columns:
            raise ValueError("only cross-products of the same columns, in the same order, can be added")
        if not (self.n_people and other.n_people):
            return self if self.n_people else other
        if self.people.dtype.is_integer() != other.people.dtype.is_integer():
            raise TypeError("ids of one are integers, of the other text")
        ids = pl.concat([one.people.to_frame("id") for one in (self, other)], how="vertical_relaxed")
        people = ids.get_column("id").unique().sort().rename(self.people.name)
        return _merged(self._spread(people), other._spread(people))

    def to_frame(self) -> pl.DataFrame:
        """One row per person: the id, n_rows, weight, log_weight, and lists mean and comoment."""
        return pl.DataFrame(
            {
                self.people.name: self.people,
                "n_rows": self.n_rows,
                "weight": self.weight,
                "log_weight": self.log_weight,
                "mean": pl.Series(self.mean, dtype=pl.Array(pl.Float64, self.mean.shape[1])).arr.to_list(),
                "comoment": pl.Series(
                    self.comoment, dtype=pl.Array(pl.Float64, self.comoment.shape[1])
                ).arr.to_list(),
            }
        )

    @staticmethod
    def from_frame(frame: pl.DataFrame, columns: Sequence[str], person: str = PERSON) -> CrossProducts:
        """Read what `to_frame` wrote: a row for each person, any order, other columns left aside.

        Raises
        ------
        ValueError
            A list has not the length that the columns ask for, or a person is there twice.
        """
        frame = frame.sort(person)
        k = len(columns)
        if frame.get_column(person).is_duplicated().any():
            raise ValueError("a person has more than one row of cross-products; add them")
        return CrossProducts(
            people=frame.get_column(person), columns=tuple(columns),
            n_rows=frame.get_column("n_rows").cast(pl.Int64).to_numpy(),
            weight=frame.get_column("weight").to_numpy(),
            log_weight=frame.get_column("log_weight").to_numpy(),
            mean=_lists(frame.get_column("mean"), k),
            comoment=_lists(frame.get_column("comoment"), k * (k + 1) // 2),
        )  # fmt: skip

    def _take(self, places: Places, people: pl.Series) -> CrossProducts:
        return CrossProducts(
            people=people, columns=self.columns, n_rows=self.n_rows[places], weight=self.weight[places],
            log_weight=self.log_weight[places], mean=self.mean[places], comoment=self.comoment[places],
        )  # fmt: skip

    def _spread(self, people: pl.Series) -> CrossProducts:
        """Give every person of a larger, sorted set of ids a place, of no weight where there was none."""
        if len(people) == self.n_people:
            return self
        here = pl.DataFrame({"id": self.people.cast(people.dtype), "place": np.arange(self.n_people)})
        joined = people.to_frame("id").join(here, on="id", how="left", maintain_order="left")
        found = joined.get_column("place")
        there = found.is_not_null().to_numpy()
        wide = CrossProducts.none(self.columns, people)
        for name in ("n_rows", "weight", "log_weight", "mean", "comoment"):
            getattr(wide, name)[there] = getattr(self, name)
        return wide


def _merged(first: CrossProducts, second: CrossProducts) -> CrossProducts:
    """Merge cross-products of the same persons, some of whom may have rows in one of them alone."""
    weight = first.weight + second.weight
    share = (second.weight / np.where(weight > 0, weight, 1.0))[:, None]
    variables = [place for place, product in enumerate(first.products) if len(product) == 1]
    absent_first, absent_second = (one.n_rows[:, None] == 0 for one in (first, second))
    step = np.where(absent_first | absent_second, 0.0, second.mean[:, variables] - first.mean[:, variables])
    products = first.products
    first_mean, first_comoment = about(first.product_mean, first.comoment, products, -share * step)
    second_mean, second_comoment = about(second.product_mean, second.comoment, products, (1.0 - share) * step)
    apart = second_mean - first_mean
    mean = first_mean + share * apart
    mean[:, variables] = np.where(
        absent_first, second.mean[:, variables], first.mean[:, variables] + share * step
    )
    left, right = np.triu_indices(len(first.columns))
    between = (share * first.weight[:, None]) * apart[:, left] * apart[:, right]
    return CrossProducts(
        people=first.people, columns=first.columns, n_rows=first.n_rows + second.n_rows, weight=weight,
        log_weight=first.log_weight + second.log_weight, mean=mean,
        comoment=first_comoment + second_comoment + between,
    )  # fmt: skip


def _lists(series: pl.Series, length: int) -> Array:
    """Return lists of one length as an array (n_people, length)."""
    if series.is_empty():
        return np.empty((0, length))
    if series.null_count() or (series.list.len() != length).any():
        raise ValueError(f"{series.name}: a list of {length} numbers is needed for each person")
    flat: Array = series.explode().cast(pl.Float64).to_numpy()
    return flat.reshape(-1, length).copy()
