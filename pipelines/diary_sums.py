"""Sums of the diary by person and quarter: an evening is read once, after the quarter that brings it.

Cross-products add. So a quarter's evenings are reduced to a row for each person, stored, and never read
again for a linear model; the sums up to a quarter are those of its deliveries, added. Where evenings are
delivered a second time the first ones must not count twice: all evenings of those people, and of nobody
else, are read again, and their new row replaces the earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.estimate import Diagnostic
from models.within_person import meetings_and_centers
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.polynomials import TIMES
from models.within_person.design.rows import Rows, used_rows
from pipelines.codebook.released import QUARTER_COLUMN
from pipelines.warehouse import DIARY_SUMS, Warehouse

PERSON, DAY = "participant_id", "day"
DAYS: Final = "core.diary_days"
SOURCES: Final = "catalog.sources"
IDENTITY_AND_MEANING: Final = ("recovery_identity", "meaningfulness")
MEETINGS_AND_CENTERS: Final = meetings_and_centers.STORED
VARIABLE_SETS: Final = (IDENTITY_AND_MEANING, MEETINGS_AND_CENTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of `core.diary_days` that were read to sum a quarter, and of how many people.

    `rows` are those that the quarter delivered, or of the quarters in `also` that had no sums yet;
    `rows_again` are earlier rows of people whose evenings were delivered again.
    """

    quarter: str
    rows: int
    people: int
    rows_again: int
    people_again: int
    also: tuple[str, ...] = ()


def sum_quarter(warehouse: Warehouse, quarter: str) -> Reading:
    """Sum what a quarter delivered, and what earlier quarters did that have no sums yet.

    Returns
    -------
    Reading
        How many rows that took.
    """
    waiting = _without_sums(warehouse, quarter)
    parts = [_sum(warehouse, one) for one in (*waiting, quarter)]
    return Reading(
        quarter=quarter,
        rows=sum(part.rows for part in parts),
        people=parts[-1].people,
        rows_again=sum(part.rows_again for part in parts),
        people_again=parts[-1].people_again,
        also=tuple(part.quarter for part in parts[:-1] if part.rows),
    )


class DiarySumsError(ValueError):
    """The stored sums are not those of the diary. The message carries no value of it."""


def sums_of(days: pl.DataFrame, stored: pl.DataFrame, columns: Sequence[str]) -> CrossProducts:
    """Return the merged sums, if they hold as many evenings as the diary does.

    Parameters
    ----------
    days : pl.DataFrame
        `core.diary_days` as of the same quarter, of the same people.
    stored, columns
        As `merged` takes them.

    Raises
    ------
    DiarySumsError
        They hold more or fewer.
    """
    total = merged(stored, columns)
    known = [pl.col(name).cast(pl.Float64).is_finite() for name in _variables(columns)]
    evenings = days.filter(*known).height
    if (summed := int(total.n_rows.sum())) != evenings:
        raise DiarySumsError(
            f"the stored sums of [{_name(columns)}] hold {summed:,} evenings and the diary {evenings:,}: "
            "materialize restricted/diary_sums of the quarter, or refresh it"
        )
    return total


def merged(stored: pl.DataFrame, columns: Sequence[str]) -> CrossProducts:
    """Add the sums of all deliveries: those of each person since evenings were last delivered again.

    Parameters
    ----------
    stored : pl.DataFrame
        Rows of `restricted.diary_sums`, up to the quarter that is asked for.
    columns
        The set of variables, as it was summed.
    """
    ours = stored.filter(pl.col("variable_set") == _name(columns))
    start = ours.filter("replaces_earlier").group_by(PERSON).agg(pl.col(QUARTER_COLUMN).max().alias("start_"))
    counting = ours.join(start, on=PERSON, how="left").filter(
        pl.col("start_").is_null() | (pl.col(QUARTER_COLUMN) >= pl.col("start_")), pl.col("n_rows") > 0
    )
    total = CrossProducts.none(columns)
    for _, part in counting.sort(QUARTER_COLUMN).group_by(QUARTER_COLUMN, maintain_order=True):
        total = total.add(CrossProducts.from_frame(part, columns))
    return total


def rows_read(stored: pl.DataFrame, quarter: str, *, outcome: str, population: str) -> tuple[Diagnostic, ...]:
    """Count the evenings that were read to bring the sums to a quarter, and those that were not.

    For the restricted results alone: together they are all evenings, from which a withheld number of dropped
    ones would follow (`models.disclosure.internal_diagnostics`).

    Parameters
    ----------
    stored : pl.DataFrame
        Rows of `restricted.diary_sums` of one population, up to that quarter.
    quarter : str
        Such as 2026Q3.
    outcome, population : str
        What the diagnostics speak of.
    """
    one_set = stored.filter(pl.col("variable_set") == pl.col("variable_set").first())
    now = one_set.filter(pl.col(QUARTER_COLUMN) == quarter)
    again, before = now.filter("replaces_earlier"), one_set.filter(pl.col(QUARTER_COLUMN) < quarter)

    def fact(name: str, rows: pl.DataFrame, detail: str) -> Diagnostic:
        return Diagnostic(
            outcome=outcome,
            diagnostic=name,
            population=population,
            value=float(rows.get_column("rows_read").sum()),
            detail=detail,
            n_people=rows.get_column(PERSON).n_unique(),
        )

    return (
        fact("diary_rows_read", now, "evenings read to bring the stored sums to this quarter"),
        fact(
            "diary_rows_read_again",
            again,
            "of those, evenings of people of whom some were delivered again: all of theirs are read",
        ),
        fact(
            "diary_rows_not_read",
            before,
            "evenings read for the sums of earlier quarters, and not again for this one",
        ),
    )


def _sum(warehouse: Warehouse, quarter: str) -> Reading:
    """Replace the sums of one quarter; those of later ones must be gone, as they may rest on these."""
    new = evenings_of(warehouse, quarter)
    again = _delivered_again(warehouse, new, quarter)
    old = _evenings(
        warehouse, f"{QUARTER_COLUMN} < $quarter AND list_contains($people, {PERSON})",
        quarter=quarter, people=again.to_list(),
    ) if again.len() else new.clear()  # fmt: skip
    read = pl.concat([old, new])
    # Within a quarter an evening is unique, so without earlier rows there is nothing to choose from.
    latest = read.sort(QUARTER_COLUMN).unique([PERSON, DAY], keep="last") if old.height else read
    counts = read.group_by(PERSON).agg(rows_read=pl.len().cast(pl.Int64))
    accounts = counts.with_columns(replaces_earlier=pl.col(PERSON).is_in(again.implode()))
    warehouse.replace(
        DIARY_SUMS,
        pl.concat([_stored(latest, columns, accounts) for columns in VARIABLE_SETS]).with_columns(
            pl.lit(quarter).alias(QUARTER_COLUMN)
        ),
        {QUARTER_COLUMN: quarter},
    )
    return Reading(
        quarter=quarter,
        rows=new.height,
        people=counts.height,
        rows_again=old.height,
        people_again=again.len(),
    )


def evenings_of(warehouse: Warehouse, quarter: str) -> pl.DataFrame:
    """Read the evenings that one quarter delivered, with the columns of the sums."""
    return _evenings(warehouse, f"{QUARTER_COLUMN} = $quarter", quarter=quarter)


def _evenings(warehouse: Warehouse, where: str, **values: object) -> pl.DataFrame:
    """Read the rows of the diary that a condition picks, with the columns of the sums."""
    measures = ", ".join(f'"{name}"' for name in _measures())
    query = f"SELECT {PERSON}, {DAY}, {QUARTER_COLUMN}, {measures} FROM {DAYS} WHERE {where}"
    rows: pl.DataFrame = warehouse.connection.sql(query, params=values).pl()
    return rows


def _measures() -> list[str]:
    """Columns of the diary that the sets are made of."""
    return list(dict.fromkeys(name for columns in VARIABLE_SETS for name in _variables(columns)))


def _variables(columns: Sequence[str]) -> list[str]:
    """Columns of the diary that one set is made of: all that is no product."""
    return [name for name in columns if TIMES not in name]


def _delivered_again(warehouse: Warehouse, new: pl.DataFrame, quarter: str) -> pl.Series:
    """People of whom an evening now delivered may be in the sums of an earlier quarter.

    Known from the stored sums alone: it lies between the first and the last evening in them.
    """
    before: pl.DataFrame = warehouse.connection.sql(
        f"SELECT {PERSON}, min(first_day) AS first_day, max(last_day) AS last_day FROM {DIARY_SUMS} "
        f"WHERE {QUARTER_COLUMN} < $quarter AND n_rows > 0 GROUP BY {PERSON}",
        params={"quarter": quarter},
    ).pl()
    both = new.join(before, on=PERSON).filter(pl.col(DAY).is_between("first_day", "last_day"))
    return both.get_column(PERSON).unique().sort()


def _stored(latest: pl.DataFrame, columns: Sequence[str], accounts: pl.DataFrame) -> pl.DataFrame:
    """Rows of `restricted.diary_sums` of one set: one for each person, also where no evening can be used."""
    rows = used_rows(latest, person=PERSON, day=DAY, columns=_variables(columns))
    sums = CrossProducts.from_rows(rows, columns).to_frame()
    width = len(columns)
    empty = [0.0] * width, [0.0] * (width * (width + 1) // 2)
    return (
        accounts.join(_with_days(sums, rows), on=PERSON, how="left")
        .with_columns(
            pl.col("n_rows").fill_null(0),
            pl.col("weight", "log_weight").fill_null(0.0),
            *(
                pl.when(pl.col(name).is_null()).then(pl.lit(zeros)).otherwise(pl.col(name)).alias(name)
                for name, zeros in zip(("mean", "comoment"), empty, strict=True)
            ),
            variable_set=pl.lit(_name(columns)),
        )
        .sort(PERSON)
    )


def _with_days(sums: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Add each person's first and last evening used."""
    if not rows.n_rows:
        return sums.with_columns(first_day=pl.lit(None, pl.Int64), last_day=pl.lit(None, pl.Int64))
    starts = np.flatnonzero(np.diff(rows.person, prepend=-1))
    ends = np.append(starts[1:], rows.n_rows) - 1
    days = pl.DataFrame(
        {PERSON: rows.people, "first_day": rows.day[starts], "last_day": rows.day[ends]},
        schema_overrides={"first_day": pl.Int64, "last_day": pl.Int64}, strict=False,
    )  # fmt: skip
    return sums.join(days, on=PERSON, how="left")


def _without_sums(warehouse: Warehouse, quarter: str) -> tuple[str, ...]:
    """Quarters delivered before this one that have no sums of every set."""
    found = warehouse.connection.execute(
        f"SELECT DISTINCT {QUARTER_COLUMN} FROM {SOURCES} WHERE {QUARTER_COLUMN} < $quarter AND "
        f"{QUARTER_COLUMN} NOT IN (SELECT {QUARTER_COLUMN} FROM {DIARY_SUMS} "
        f"WHERE list_contains($sets, variable_set) GROUP BY {QUARTER_COLUMN} "
        "HAVING count(DISTINCT variable_set) = len($sets)) ORDER BY ALL",
        {"quarter": quarter, "sets": [_name(columns) for columns in VARIABLE_SETS]},
    ).fetchall()
    return tuple(one for (one,) in found)


def _name(columns: Sequence[str]) -> str:
    return ", ".join(columns)
