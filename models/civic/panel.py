"""People with what they held and did at every wave side by side, and their rows from wave to wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.civic.cross_lagged import PanelRows
from models.comparison.cohort import BACKGROUND, CAME, DEAD, NOT_DUE, PERSON, PROGRAM, cohort
from models.comparison.comparable_people import usable
from models.comparison.covariate_columns import Covariate, columns, covariates
from models.core_frame import finite, require
from models.refusal import NotIdentifiedError

BASELINE: Final = "baseline"
WAVES: Final = (BASELINE, "month_6", "month_12")
FOLLOW_UPS: Final = WAVES[1:]
ROLES: Final = "roles_held"
ENGAGEMENT: Final = "civic_activities_30"
CONNECTION: Final = "network_support_abstinence"
MEANING: Final = "recovery_capital_cultural"
MODEL: Final = "program_model"
PEOPLE_PER_COEFFICIENT: Final = 2
FEWEST_WHO_DIFFER: Final = 10
# Measured at entry: what roles and engagement may both rest on.
ADJUSTED_FOR: Final = (
    *BACKGROUND,
    "asi_employment_baseline",
    "k6_baseline",
    "twelve_step_activities_baseline",
    "network_support_abstinence_baseline",
)
# Beside them in the imputation: they tell who is lost.
TELL_OF_LOSS: Final = ("asi_alcohol_baseline", "asi_drug_baseline", "asi_legal_baseline")


def people_by_wave(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    roles: pl.DataFrame,
) -> pl.DataFrame:
    """One row for each person whose first program is known.

    A person's `roles_held` at a wave counts the roles held; it is missing where any of the roles that the
    table knows was not answered, or no interview was held.

    Parameters
    ----------
    participants, episodes, programs, assessments, roles : pl.DataFrame
        Core tables of one population, as of one quarter.

    Returns
    -------
    pl.DataFrame
        participant_id, program_id, program_model, status_<follow-up>, what `ADJUSTED_FOR` and `TELL_OF_LOSS`
        name, and by wave roles_held, civic_activities_30, network_support_abstinence and
        recovery_capital_cultural.

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    require(roles, "core.roles", key=(PERSON, "wave", "role"), columns=(PERSON, "wave", "role", "held"))
    require(assessments, "core.assessments", key=(PERSON, "wave"),
            columns=(PERSON, "wave", "followup_status", ENGAGEMENT, MEANING))  # fmt: skip
    people = cohort(participants, episodes, programs, assessments)
    told = finite(assessments, ENGAGEMENT, MEANING).join(
        _counted(roles), on=(PERSON, "wave"), how="left", maintain_order="left"
    )
    for wave in WAVES:
        own = told.filter(pl.col("wave") == wave)
        if wave != BASELINE:
            own = own.filter(pl.col("followup_status").cast(pl.String).is_in(CAME))
        measures = (pl.col(name).cast(pl.Float64).alias(f"{name}_{wave}") for name in _JOINED)
        people = people.join(own.select(PERSON, *measures), on=PERSON, how="left", maintain_order="left")
    return people.select(
        PERSON, PROGRAM, MODEL, *(f"status_{wave}" for wave in FOLLOW_UPS),
        *dict.fromkeys((*ADJUSTED_FOR, *TELL_OF_LOSS)),
        *(f"{name}_{wave}" for name in _JOINED for wave in WAVES),
        *(f"{CONNECTION}_{wave}" for wave in FOLLOW_UPS),
    )  # fmt: skip


_JOINED: Final = (ROLES, ENGAGEMENT, MEANING)


def _counted(roles: pl.DataFrame) -> pl.DataFrame:
    asked = roles["role"].n_unique()
    return (
        roles.group_by(PERSON, "wave")
        .agg(answers=pl.col("held").count(), held=pl.col("held").cast(pl.Float64).sum())
        .select(PERSON, "wave", pl.when(pl.col("answers") == asked).then("held").alias(ROLES))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two measures followed over `waves`, in the order in which they are asked about, and the covariates.

    `ended` says why later waves, if there are any, are not followed.
    """

    first: str
    second: str
    waves: tuple[str, ...]
    coding: tuple[Covariate, ...]
    ended: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of both measures at all waves."""
        return tuple(f"{name}_{wave}" for wave in self.waves for name in (self.first, self.second))

    @property
    def intervals(self) -> tuple[tuple[str, str], ...]:
        """The wave before and the wave later of every interval."""
        return tuple(zip(self.waves[:-1], self.waves[1:], strict=True))

    def needs(self, interval: tuple[str, str]) -> list[str]:
        """Columns of the measures at either end of an interval."""
        return [f"{name}_{wave}" for wave in interval for name in (self.first, self.second)]

    def at(self, wave: str) -> Pair:
        """Give the same pair over the one interval that ends at `wave`."""
        (own,) = (interval for interval in self.intervals if interval[1] == wave)
        return Pair(first=self.first, second=self.second, waves=own, coding=self.coding)


def pair_of(people: pl.DataFrame, first: str, second: str) -> Pair:
    """Follow two measures over the waves at which they can be spoken of.

    A wave needs, for either measure, ten people whose answer is not the most common one (what few people do
    is told by few programs, whose chance cannot be seen); an interval needs twice as many people due as its
    regressions have coefficients.

    Raises
    ------
    NotIdentifiedError
        There is no interval to speak of, and why.
    """
    own = (f"{first}_{BASELINE}", f"{second}_{BASELINE}")  # before, in the first interval: no covariates
    coding = covariates(people, [name for name in usable(people, ADJUSTED_FOR) if name not in own])
    waves: list[str] = []
    ended = ""
    for wave in WAVES:
        if min(_differ(people[f"{name}_{wave}"]) for name in (first, second)) < FEWEST_WHO_DIFFER:
            ended = (
                f"at an interview fewer than {FEWEST_WHO_DIFFER} people differ from the most common answer"
            )
        elif waves and not _enough(people.filter(was_due((waves[-1], wave))), coding):
            ended = "too few people were due at two interviews in a row for all that is held fixed"
        if ended:
            break
        waves.append(wave)
    if len(waves) < 2:
        raise NotIdentifiedError(ended)
    return Pair(first=first, second=second, waves=tuple(waves), coding=coding, ended=ended)


def _differ(answers: pl.Series) -> int:
    """Count the people whose answer is not the most common one."""
    given = answers.drop_nulls()
    return 0 if given.is_empty() else given.len() - int(given.value_counts()["count"].max())  # type: ignore[arg-type]


def _enough(people: pl.DataFrame, coding: tuple[Covariate, ...]) -> bool:
    coefficients = 2 + sum(max(len(one.levels) - 1, 1) for one in coding) + people[PROGRAM].n_unique()
    return people.height >= PEOPLE_PER_COEFFICIENT * coefficients


def was_due(interval: tuple[str, str]) -> pl.Expr:
    """Tell whose interviews at both ends were due."""
    followed = [wave for wave in interval if wave != BASELINE]
    return pl.all_horizontal(~pl.col(f"status_{wave}").is_in([DEAD, NOT_DUE]) for wave in followed)


def complete(pair: Pair, interval: tuple[str, str]) -> pl.Expr:
    """Tell who has both measures at both ends, and every covariate."""
    names = [*pair.needs(interval), *(one.name for one in pair.coding)]
    return was_due(interval) & pl.all_horizontal(pl.col(name).is_not_null() for name in names)


def rows_of(frame: pl.DataFrame, pair: Pair, *, only_complete: bool = False) -> PanelRows:
    """Rows of the people due, of an imputed copy; or, `only_complete`, of those who answered everything.

    Columns named weight_<wave>, if there are any, weigh the rows of the interval that ends at the wave.

    Raises
    ------
    NotIdentifiedError
        Nobody was due; or someone due lacks a value.
    """
    kept = {one: complete(pair, one) if only_complete else was_due(one) for one in pair.intervals}
    used = frame.filter(pl.any_horizontal(kept.values()))
    if used.is_empty():
        raise NotIdentifiedError("nobody has both interviews of an interval")
    design = columns(used, pair.coding).design[:, 1:]
    program = used[PROGRAM].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy()
    measures, parts, weights = [], [], []
    for number, (interval, keep) in enumerate(kept.items()):
        mask = used.select(keep).to_series().to_numpy()
        own = used.filter(mask)
        measures.append(own.select(pl.col(pair.needs(interval)).cast(pl.Float64)).to_numpy())
        parts.append((np.full(own.height, number), program[mask], design[mask]))
        if f"weight_{interval[1]}" in own.columns:
            weights.append(own[f"weight_{interval[1]}"].to_numpy())
    table = np.concatenate(measures)
    interval_of, program_of, covariate = (np.concatenate(part) for part in zip(*parts, strict=True))
    return PanelRows(
        before=table[:, :2], later=table[:, 2:], covariates=covariate, interval=interval_of,
        program=program_of, weight=np.concatenate(weights) if weights else None,
    )  # fmt: skip
