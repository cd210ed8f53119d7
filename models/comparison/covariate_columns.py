"""Baseline variables as columns: numbers as they are, categories by level, rare levels pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
RARE_SHARE: Final = 0.05  # a level that fewer of the people have is pooled with others like it
RARE_PEOPLE: Final = 20  # with fewer, chance alone may leave an arm without any
POOLED: Final = "other_levels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """One baseline variable: its `levels`, the most common first; none for a number.

    `pooled` are levels too rare to stand alone: together they are the level `POOLED`, or, where even together
    they are rare, count as the most common level.
    """

    name: str
    levels: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of n people: `values` (n, q), every level of a category included; `names` (q,), of `variables`.

    `binary` (q,) marks shares, `first` (q,) the first level of a category; `design` (n, 1 + p) the constant
    and, standardized, all columns that a regression can use: neither those first levels nor a column without
    spread.
    """

    names: tuple[str, ...]
    variables: tuple[str, ...]
    values: Array
    binary: NDArray[np.bool_]
    first: NDArray[np.bool_]
    design: Array
    design_names: tuple[str, ...]

    def of_rows(self, kept: NDArray[np.bool_]) -> Columns:
        """Columns of some of the people, standardized among these."""
        values = self.values[kept]
        shares = np.isin(values, (0.0, 1.0)).all(axis=0)
        return _standardized(replace(self, values=values, binary=self.binary | shares))


def covariates(frame: pl.DataFrame, names: Sequence[str]) -> tuple[Covariate, ...]:
    """Tell numbers (booleans among them) from categories, and which levels of these are rare.

    A level is rare below 5% of the people who answered, or below 20 people. Whether a level exists is decided
    once, on the answers given, so that all imputed copies have the same columns.

    Raises
    ------
    ValueError
        A column is lacking, or neither number, boolean nor text.
    """
    if absent := [name for name in names if name not in frame.columns]:
        raise ValueError(f"the frame to be compared lacks the columns {absent}")
    return tuple(_covariate(frame[name]) for name in names)


def columns(frame: pl.DataFrame, of: Sequence[Covariate]) -> Columns:
    """Columns of complete people (an imputed copy); `frame` in any order, its order is kept.

    Raises
    ------
    NotIdentifiedError
        Someone lacks a value: missing baseline answers are imputed, never given a level of their own.
    """
    names: list[str] = []
    values: list[Array] = []
    binary: list[bool] = []
    first: list[bool] = []
    variables: list[str] = []
    for one in of:
        parts = _levels(frame[one.name], one) if one.levels else [(one.name, _number(frame[one.name]))]
        for place, (name, column) in enumerate(parts):
            names.append(name)
            variables.append(one.name)
            values.append(column)
            binary.append(bool(one.levels) or bool(np.isin(column, (0.0, 1.0)).all()))
            first.append(bool(one.levels) and place == 0)
    table = np.column_stack(values) if values else np.empty((frame.height, 0))
    if not np.all(np.isfinite(table)):
        raise NotIdentifiedError("a baseline variable is missing for someone, and was not imputed")
    return _standardized(
        Columns(
            names=tuple(names), variables=tuple(variables), values=table, binary=np.array(binary, dtype=bool),
            first=np.array(first, dtype=bool), design=np.empty((0, 0)), design_names=(),
        )
    )  # fmt: skip


def _standardized(of: Columns) -> Columns:
    """Make the design of the columns' values."""
    table = of.values
    spread = table.std(axis=0)
    used = (spread > 1e-12 * np.maximum(1.0, np.abs(table).max(axis=0, initial=0.0))) & ~of.first
    scaled = (table[:, used] - table[:, used].mean(axis=0)) / spread[used]
    return replace(
        of, design=np.column_stack([np.ones(len(table)), scaled]),
        design_names=tuple(name for name, kept in zip(of.names, used, strict=True) if kept),
    )  # fmt: skip


def check_cells(of: Columns, social: NDArray[np.bool_]) -> None:
    """Refuse an empty cell: a level of a baseline variable that the people of one arm never have.

    Such people have nobody to be compared with, whatever the weights.

    Raises
    ------
    NotIdentifiedError
        Names the variable's column.
    """
    empty = [
        variable
        for variable, column, binary in zip(of.variables, of.values.T, of.binary, strict=True)
        if binary and column.any() and not (column[social].any() and column[~social].any())
    ]
    if empty:
        raise NotIdentifiedError(
            f"empty cell: only one kind of program has people of a certain "
            f"{', '.join(dict.fromkeys(empty))}, so that there is nobody to compare them with"
        )


def _covariate(column: pl.Series) -> Covariate:
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return Covariate(name=column.name)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise ValueError(f"{column.name} is neither a number nor a category")
    counts = column.cast(pl.String).drop_nulls().alias("level").value_counts(name="people")
    told = counts.sort("people", "level", descending=[True, False])
    total = int(told["people"].sum()) if told.height else 0
    least = max(RARE_SHARE * total, RARE_PEOPLE)
    kept = [level for level, people in told.iter_rows() if people >= least] or told["level"].to_list()[:1]
    pooled = told.filter(~pl.col("level").is_in(kept))
    if int(pooled["people"].sum() or 0) >= least:
        kept.append(POOLED)
    return Covariate(name=column.name, levels=tuple(kept), pooled=tuple(pooled["level"].to_list()))


def _levels(column: pl.Series, one: Covariate) -> list[tuple[str, Array]]:
    text = column.cast(pl.String)
    home = POOLED if POOLED in one.levels else one.levels[0]
    known = {level: level for level in one.levels if level != POOLED} | dict.fromkeys(one.pooled, home)
    told = text.replace_strict(known, default=None, return_dtype=pl.String)
    return [
        (f"{one.name}_{level}", _number((told == level).cast(pl.Float64))) for level in one.levels
    ]  # fmt: skip


def _number(column: pl.Series) -> Array:
    """Values with missing ones as NaN."""
    return column.cast(pl.Float64).to_numpy().astype(float)
