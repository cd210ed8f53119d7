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


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleByProgram:
    """`observed` people sorted by program, and `copies` of them with missing answers imputed."""

    observed: pl.DataFrame
    copies: tuple[pl.DataFrame, ...]
    _designs: dict[tuple[int, tuple[str, ...]], Design] = field(default_factory=dict, repr=False)
    _last: dict[tuple[str, tuple[str, ...]], Slope] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Count the people."""
        return self.observed.height

    def known(self, score: str) -> NDArray[np.bool_]:
        """Whose program has the score, (n,)."""
        return self.observed[score].is_not_null().to_numpy()

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
        kept = self.known(score)
        design, names = self.design(place, adjusted_for)
        return rows_of(self.copies[place], design, names, kept, column=column, score=score, step=step)

    def design(self, place: int, adjusted_for: tuple[str, ...]) -> Design:
        """Standardized covariates (n, p) of one copy, and their names; made once."""
        key = (place, adjusted_for)
        if key not in self._designs:
            made = columns(self.copies[place], covariates(self.observed, adjusted_for))
            self._designs[key] = (made.design[:, 1:], made.design_names)
        return self._designs[key]


def by_program(observed: pl.DataFrame, copies: Sequence[pl.DataFrame]) -> PeopleByProgram:
    """Sort people, given in one order in `observed` and all `copies`, by their programs."""
    return PeopleByProgram(
        observed=observed.sort(PROGRAM, maintain_order=True),
        copies=tuple(copy.sort(PROGRAM, maintain_order=True) for copy in copies),
    )


def rows_of(
    frame: pl.DataFrame, design: Array, names: tuple[str, ...], kept: NDArray[np.bool_], *, column: str,
    score: str, step: float,
) -> ProgramRows:  # fmt: skip
    """Rows of the people `kept` of a frame sorted by program, with covariates `design` (n, p).

    Raises
    ------
    NotIdentifiedError
        Nobody is kept, or someone kept lacks the outcome.
    """
    if not kept.any():
        raise NotIdentifiedError("nobody is in a program whose place on the scale is known")
    y = frame[column].cast(pl.Float64).to_numpy().astype(float)[kept]
    if not np.all(np.isfinite(y)):
        raise NotIdentifiedError("an outcome of someone due was not imputed")
    place = frame[score].cast(pl.Float64).to_numpy().astype(float)[kept] / step
    program = frame[PROGRAM].to_numpy()[kept]
    covariates_kept = design[kept]
    varied = np.ptp(covariates_kept, axis=0) > 0.0 if covariates_kept.size else np.zeros(0, bool)
    return ProgramRows(
        y=y, x=np.column_stack([np.ones(y.size), place - place.mean(), covariates_kept[:, varied]]),
        program=np.r_[0, np.cumsum(program[1:] != program[:-1])].astype(np.intp),
        names=("intercept", SLOPE, *(name for name, used in zip(names, varied, strict=True) if used)),
    )  # fmt: skip
