"""A wide frame (all waves of a person side by side) as numbers that equations can be chained over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.core_frame import finite
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

Index = NDArray[np.intp]
FEWEST_ANSWERS: Final = 10  # a variable answered by fewer people has no model
FEWEST_PROGRAMS: Final = 5  # with fewer, the variance between programs cannot be learned
WAVES: Final = (
    "month_6",
    "month_12",
)  # a variable named <variable>_<wave> is of that wave, others of baseline
NOT_ASKED: Final = ("deceased", "not_due")  # statuses of a wave whose answers do not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable: its values (n,) as float with NaN where missing, categories as codes 0, 1, ...

    `levels` are the categories, empty for a number; `missing` (n,) the cells without an answer, `withheld`
    (n,) those of them that no copy gets filled (the person had died by the wave, or it is not due yet).
    """

    name: str
    values: Array
    levels: tuple[str, ...]
    missing: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    dtype: pl.DataType

    @property
    def constant(self) -> bool:
        """Whether all who answered gave the same answer: it predicts nothing, and is itself known."""
        seen = self.values[~self.missing]
        return seen.size > 0 and bool(np.all(seen == seen[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class WideFrame:
    """People in the order of their programs, and their variables.

    `order` (n,) the rows of the frame given, sorted by program; `program` (n,) codes 0, 1, ... in that
    order, None where the frame is not of programs; `n_programs` how many there are; `groups` the indicator
    columns (g, n) of the group columns, one fewer than each has levels; `levels` by group column the codes
    (n,) of its levels.
    """

    variables: tuple[Variable, ...]
    order: Index
    program: Index | None
    n_programs: int
    groups: Array
    levels: Mapping[str, Index]

    def variable(self, name: str) -> Variable:
        """Variable called `name`."""
        return next(variable for variable in self.variables if variable.name == name)


def wide_frame(
    frame: pl.DataFrame, *, variables: Sequence[str], cluster: str | None, groups: Sequence[str]
) -> WideFrame:
    """Read the columns of a frame with one row for each person.

    Raises
    ------
    ValueError
        A column is lacking, named twice, or of a type that has no imputation model (dates, lists).
    NotIdentifiedError
        Nobody, or a variable that is missing for some and answered by fewer than `FEWEST_ANSWERS`; a
        program or group that is not known of everybody.
    """
    named = [*variables, *groups, *([cluster] if cluster else [])]
    if absent := [name for name in named if name not in frame.columns]:
        raise ValueError(f"the frame to be imputed lacks the columns {absent}")
    if len(set(variables)) != len(variables):
        raise ValueError("a variable to be imputed is named twice")
    if not frame.height:
        raise NotIdentifiedError("there is nobody whose answers could be imputed")
    for name in (*groups, *((cluster,) if cluster else ())):
        if frame[name].null_count():
            raise NotIdentifiedError(f"{name} is not known of everybody, and answers are imputed by it")
    program = None if cluster is None else _codes(frame[cluster])
    order = np.arange(frame.height) if program is None else np.argsort(program, kind="stable")
    kept = frame[order.astype(np.uint32)]
    columns = [*groups]
    n_programs = 0 if program is None else int(program.max()) + 1
    if cluster is not None and n_programs < FEWEST_PROGRAMS:
        columns.append(cluster)  # too few to learn how programs vary: each its own level
        program, n_programs = None, 0
    levels = {name: _codes(kept[name]) for name in columns}
    indicators = [
        (codes == level).astype(float)
        for codes in levels.values()
        for level in range(1, int(codes.max()) + 1)
    ]
    return WideFrame(
        variables=tuple(_variable(kept, name) for name in variables),
        order=order.astype(np.intp),
        program=None if program is None else program[order],
        n_programs=n_programs,
        groups=np.array(indicators, dtype=float).reshape(len(indicators), kept.height),
        levels=levels,
    )


def _codes(column: pl.Series) -> Index:
    """Levels of a column as 0, 1, ... in the order of their names."""
    return column.cast(pl.String).rank("dense").to_numpy().astype(np.intp) - 1


def _variable(frame: pl.DataFrame, name: str) -> Variable:
    column, levels = frame[name], tuple[str, ...]()
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        text = column.cast(pl.String)
        levels = tuple(sorted(text.drop_nulls().unique().to_list()))
        codes: Mapping[str, int] = {level: code for code, level in enumerate(levels)}
        numbers = text.replace_strict(codes, default=None, return_dtype=pl.Float64)
    elif column.dtype == pl.Boolean or column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
        numbers = finite(numbers.to_frame(name), name)[name]
    else:
        raise ValueError(f"{name} is neither a number nor a category and has no imputation model")
    values = numbers.to_numpy().astype(float)
    missing = np.isnan(values)
    if missing.any() and int((~missing).sum()) < FEWEST_ANSWERS:
        raise NotIdentifiedError(
            f"fewer than {FEWEST_ANSWERS} people answered {name}, too few to impute the rest"
        )
    return Variable(
        name=name, values=values, levels=levels, missing=missing, dtype=column.dtype,
        withheld=missing & _not_asked(frame, name),
    )  # fmt: skip


def _not_asked(frame: pl.DataFrame, name: str) -> NDArray[np.bool_]:
    """Whose cell of `name` has no answer to find: dead by that wave, or the wave not due yet."""
    wave = next((wave for wave in WAVES if name.endswith(f"_{wave}")), None)
    status = f"status_{wave}"
    if wave is None or status not in frame.columns:
        return np.zeros(frame.height, dtype=bool)
    return frame[status].cast(pl.String).fill_null("not_due").is_in(NOT_ASKED).to_numpy()
