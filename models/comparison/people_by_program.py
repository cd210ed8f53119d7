"""People due at a wave in the order of their programs, as observed and in every imputed copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import PROGRAM
from models.comparison.covariate_columns import columns, covariates
from models.comparison.program_scale_fits import SLOPE, ProgramRows, Slope, slope_of
from models.comparison.regression_fits import Family
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

Design = tuple[Array, tuple[str, ...]]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictors:
    """All of `ProgramRows` but the outcome, of the people `kept`."""

    kept: Bools
    x: Array
    program: NDArray[np.intp]
    names: tuple[str, ...]

    def with_outcome(self, values: Array) -> ProgramRows:
        """Rows of an outcome (everybody,).

        Raises
        ------
        NotIdentifiedError
            Someone kept lacks it.
        """
        y = values[self.kept]
        if not np.all(np.isfinite(y)):
            raise NotIdentifiedError("an outcome of someone due was not imputed")
        return ProgramRows(y=y, x=self.x, program=self.program, names=self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleByProgram:
    """`observed` people sorted by program, and `copies` of them with missing answers imputed."""

    observed: pl.DataFrame
    copies: tuple[pl.DataFrame, ...]
    program: NDArray[np.intp]
    _designs: dict[tuple[int, tuple[str, ...]], Design] = field(default_factory=dict, repr=False)
    _predictors: dict[tuple[int, str, float, tuple[str, ...]], Predictors] = field(
        default_factory=dict, repr=False
    )
    _values: dict[tuple[int, str], Array] = field(default_factory=dict, repr=False)
    _scores: dict[str, tuple[Array, Bools]] = field(default_factory=dict, repr=False)
    _last: dict[tuple[str, tuple[str, ...]], Slope] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Count the people."""
        return self.observed.height

    def score(self, score: str) -> tuple[Array, Bools]:
        """Score (n,) of everybody's program, NaN where it has none, and whose program has it (n,)."""
        if score not in self._scores:
            values = self.observed[score]
            self._scores[score] = values_of(values), values.is_not_null().to_numpy()
        return self._scores[score]

    def known(self, score: str) -> Bools:
        """Whose program has the score, (n,)."""
        return self.score(score)[1]

    def slope(
        self, place: int, column: str, score: str, step: float, adjusted_for: tuple[str, ...], *,
        family: Family,
    ) -> Slope:  # fmt: skip
        """Fit one copy, from where the last fit of the outcome with these covariates ended.

        Raises
        ------
        NotIdentifiedError
            As `rows` and `slope_of`.
        """
        rows = self.rows(place, column, score, step, adjusted_for)
        key = (column, adjusted_for)
        self._last[key] = slope_of(rows, family, start=self._last.get(key))
        return self._last[key]

    def rows(
        self, place: int, column: str, score: str, step: float, adjusted_for: tuple[str, ...]
    ) -> ProgramRows:
        """Rows of one copy: everybody whose program has the score, per `step` of it.

        Raises
        ------
        NotIdentifiedError
            Nobody, or someone without the outcome or a covariate.
        """
        key = (place, score, step, adjusted_for)
        if key not in self._predictors:
            self._predictors[key] = self.predictors(place, score, step, adjusted_for, kept=self.known(score))
        if (place, column) not in self._values:
            self._values[place, column] = values_of(self.copies[place][column])
        return self._predictors[key].with_outcome(self._values[place, column])

    def predictors(
        self, place: int, score: str, step: float, adjusted_for: tuple[str, ...], *, kept: Bools
    ) -> Predictors:
        """Score per `step` and covariates of the people `kept` (n,), all of whom have the score.

        Raises
        ------
        NotIdentifiedError
            Nobody is kept, or someone lacks a covariate.
        """
        if not kept.any():
            raise NotIdentifiedError("nobody is in a program whose place on the scale is known")
        design, names = self.design(place, adjusted_for)
        covariates_kept = design[kept]
        varied = np.ptp(covariates_kept, axis=0) > 0.0 if covariates_kept.size else np.zeros(0, bool)
        at = self.score(score)[0][kept] / step
        program = self.program[kept]
        return Predictors(
            kept=kept, program=np.r_[0, np.cumsum(program[1:] != program[:-1])].astype(np.intp),
            x=np.column_stack([np.ones(at.size), at - at.mean(), covariates_kept[:, varied]]),
            names=("intercept", SLOPE, *(name for name, used in zip(names, varied, strict=True) if used)),
        )  # fmt: skip

    def design(self, place: int, adjusted_for: tuple[str, ...]) -> Design:
        """Standardized covariates (n, p) of one copy, and their names; made once."""
        key = (place, adjusted_for)
        if key not in self._designs:
            made = columns(self.copies[place], covariates(self.observed, adjusted_for))
            self._designs[key] = (made.design[:, 1:], made.design_names)
        return self._designs[key]


def by_program(observed: pl.DataFrame, copies: Sequence[pl.DataFrame]) -> PeopleByProgram:
    """Sort people, given in one order in `observed` and all `copies`, by their programs."""
    people = observed.sort(PROGRAM, maintain_order=True)
    label = people[PROGRAM].to_numpy()
    return PeopleByProgram(
        observed=people, program=np.r_[0, np.cumsum(label[1:] != label[:-1])][: len(label)].astype(np.intp),
        copies=tuple(copy.sort(PROGRAM, maintain_order=True) for copy in copies),
    )  # fmt: skip


def values_of(column: pl.Series) -> Array:
    """Numbers (n,), NaN where missing."""
    if column.null_count() == 0:
        return np.asarray(column.to_numpy(), dtype=float)
    return np.asarray(column.cast(pl.Float64).to_numpy(), dtype=float)
