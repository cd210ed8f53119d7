"""What one analysis is asked for, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from models.comparison.imputed_cohort import ImputedCohort, imputed_cohort
from models.estimate import Findings
from pipelines.codebook.spec import Codebook
from pipelines.diary_sums import DAYS
from pipelines.warehouse import DIARY_SUMS

Tables = Mapping[str, pl.DataFrame]
PEOPLE: Final = "participants"
SUMS: Final = "diary_sums"
ORIGINS: Final = "origins"  # the calendar date of each person's day 0: no table of core, never released
PERSON: Final = {"support_ties": "receiver_id"}  # who reported the row, where it is not participant_id
PROGRAMS: Final = "programs"  # about no participant: every population's analyses may read all of it


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one analysis is asked for: the tables of one population as of one quarter."""

    tables: Tables
    population: str
    quarter: str
    codebook: Codebook

    def ends(self, measure: str) -> tuple[float, float]:
        """Give the lowest and the highest answer of a slider of the diary."""
        slider = self.codebook.variable(self.codebook.table(DAYS), measure)
        assert slider.minimum is not None, "the codebook bounds the slider"
        assert slider.maximum is not None, "the codebook bounds the slider"
        return slider.minimum, slider.maximum

    @property
    def cohort(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """People, their stays, programs and interviews, in the order in which the models take them."""
        people, stays, programs, interviews = (
            self.tables[name] for name in (PEOPLE, "episodes", PROGRAMS, "assessments")
        )
        return people, stays, programs, interviews

    @cached_property
    def imputed_cohort(self) -> ImputedCohort:
        """The same with missing answers filled: once, for all analyses that are asked together."""
        return imputed_cohort(*self.cohort)

    @property
    def diary_days(self) -> pl.DataFrame:
        """Evenings of the diary."""
        return self.tables["diary_days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one analysis is run.

    `tables` are the core tables it reads; it runs for the populations with a row in the first of them, one
    for which `where` holds if that is given. With `sums` it also gets the stored sums of the diary, as
    `diary_sums`; with `origins` the calendar date of each person's day 0, which no result shows.
    """

    tables: tuple[str, ...]
    run: Callable[[Asked], Findings]
    sums: bool = False
    origins: bool = False
    where: pl.Expr | None = None

    @property
    def reads(self) -> dict[str, str]:
        """Every table that the analysis needs, and its full name."""
        core = {name: f"core.{name}" for name in (*self.tables, PEOPLE)}
        return core | ({SUMS: DIARY_SUMS} if self.sums else {})
