"""What was due at a wave, what came, and how those who came differ from those lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, Diagnostic
from models.inference.coefficients import Array

ALL: Final = "all"  # the arms together
# What becomes of a person at a wave, by the follow-up status of the codebook. The dead are not due.
FATES: Final[Mapping[str, str]] = {
    "completed": "came",
    "partial": "came",
    "not_located": "lost",
    "missed": "lost",
    "refused": "refused",
    "incarcerated": "incarcerated",
    "deceased": "died",
    "not_due": "not_yet_due",
}
NOT_DUE: Final = ("died", "not_yet_due")
COMPARED = "standardized difference at baseline of those interviewed and those due who were not"
NOT_COMPARED = f"fewer than {MINIMUM_PEOPLE} on one side, or no spread: not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """People of one arm at one wave, by what became of them; `due` = came + lost + refused + incarcerated."""

    arm: str
    due: int
    came: int
    lost: int
    refused: int
    incarcerated: int
    died: int
    not_yet_due: int

    @property
    def rate(self) -> float | None:
        """Share of those due who came; None where nobody was due."""
        return self.came / self.due if self.due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far those who came lie from those due who did not, at baseline, in standard deviations.

    `level` is the category compared, empty for a number. `value` is None where fewer than `MINIMUM_PEOPLE`
    on either side answered the variable, or nobody differs from anybody.
    """

    arm: str
    variable: str
    level: str
    value: float | None
    n_came: int
    n_not: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAndCame:
    """A wave's follow-up: all arms together first, then each."""

    wave: str
    arms: tuple[Arm, ...]
    differences: tuple[Difference, ...]

    @property
    def lowest_rate(self) -> float | None:
        """Lowest follow-up rate of an arm; None where an arm had nobody due."""
        rates = self._rates()
        return None if None in rates or not rates else min(rate for rate in rates if rate is not None)

    @property
    def difference_of_rates(self) -> float | None:
        """Largest difference of follow-up rates between arms; None where an arm had nobody due."""
        rates = [rate for rate in self._rates() if rate is not None]
        return None if None in self._rates() or not rates else max(rates) - min(rates)

    def _rates(self) -> list[float | None]:
        return [arm.rate for arm in self.arms if arm.arm != ALL]

    def diagnostics(self, *, outcome: str, population: str) -> tuple[Diagnostic, ...]:
        """Give counts, follow-up rates and differences, for `results.diagnostics`."""
        told = [
            Diagnostic(
                outcome=outcome, diagnostic=f"{name}_{self.wave}_{arm.arm}", population=population,
                value=float(getattr(arm, name)), n_people=getattr(arm, name), detail=words,
            )
            for arm in self.arms
            for name, words in _WORDS.items()
        ]  # fmt: skip
        told += [
            Diagnostic(
                outcome=outcome, diagnostic=f"follow_up_rate_{self.wave}_{arm.arm}", population=population,
                value=arm.rate, n_people=arm.due, detail="share of those due who were interviewed",
            )
            for arm in self.arms
        ]  # fmt: skip
        for one in self.differences:
            which = "_".join(part for part in (one.variable, one.level, self.wave, one.arm) if part)
            told.append(
                Diagnostic(
                    outcome=outcome, diagnostic=f"came_minus_lost_{which}", population=population,
                    value=one.value, n_people=one.n_came + one.n_not,
                    detail=COMPARED if one.value is not None else NOT_COMPARED,
                )
            )  # fmt: skip
        return tuple(told)


_WORDS: Final = {
    "due": "people alive whose interview was due",
    "came": "people interviewed, in whole or in part",
    "lost": "people due who could not be located, or whose interview was missed",
    "refused": "people due who refused",
    "incarcerated": "people due who were in jail or prison and out of reach",
    "died": "people who had died before the wave: not due",
    "not_yet_due": "people whose wave is not due yet",
}


def due_and_came(
    cohort: pl.DataFrame,
    wave: str,
    *,
    arm: str = "program_model",
    baseline: Sequence[str] | None = None,
) -> DueAndCame:
    """Count who was due at `wave` and who came, by arm, and compare the two at baseline.

    Standardized difference of a number: (mean of those who came - mean of those due who did not) /
    sqrt((s1^2 + s2^2) / 2); of a category's level the same of the shares, s^2 = p (1 - p) (Austin 2009,
    Statistics in Medicine 28:3083). Each variable among those who answered it.

    Parameters
    ----------
    cohort : pl.DataFrame
        One row for each person: participant_id, `status_<wave>`, the arm, baseline variables.
    wave : str
        month_6 or month_12.
    arm : str
        Column of the arms; people without one are counted in all only.
    baseline : sequence of str, optional
        Variables compared; those that end in _baseline if not given.

    Raises
    ------
    ValueError
        A column is lacking, a person is there twice, or a status is not one of the codebook's.
    """
    status = f"status_{wave}"
    compared = (
        [name for name in cohort.columns if name.endswith("_baseline")] if baseline is None else [*baseline]
    )
    require(
        cohort, "cohort", key=("participant_id",), columns=("participant_id", status, arm, *compared)
    )  # fmt: skip
    statuses = cohort[status].cast(pl.String).fill_null("not_due")
    if not statuses.is_in(list(FATES)).all():
        raise ValueError(f"{status} holds a status that the codebook does not know")
    people = cohort.with_columns(
        statuses.replace_strict(FATES, return_dtype=pl.String).alias("fate"), pl.col(arm).cast(pl.String)
    )
    arms = [ALL, *sorted(people[arm].drop_nulls().unique().to_list())]
    of_arm = {name: people if name == ALL else people.filter(pl.col(arm) == name) for name in arms}
    return DueAndCame(
        wave=wave,
        arms=tuple(_arm(name, rows["fate"]) for name, rows in of_arm.items()),
        differences=tuple(
            one
            for name, rows in of_arm.items()
            for variable in compared
            for one in _differences(name, rows, variable)
        ),
    )


def _arm(name: str, fates: pl.Series) -> Arm:
    count = {fate: int((fates == fate).sum()) for fate in set(FATES.values())}
    due = fates.len() - sum(count[fate] for fate in NOT_DUE)
    return Arm(arm=name, due=due, **count)


def _differences(arm: str, people: pl.DataFrame, variable: str) -> list[Difference]:
    due = people.filter(~pl.col("fate").is_in(NOT_DUE)).select(variable, came=pl.col("fate") == "came")
    column = due[variable]
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        text = column.cast(pl.String)
        levels = sorted(text.drop_nulls().unique().to_list())
        parts = [(level, (text == level).cast(pl.Float64)) for level in levels]
    else:
        number = column.cast(pl.Float64)
        parts = [("", finite(number.to_frame(variable), variable)[variable])]
    return [
        _difference(arm, variable, level, values.to_numpy().astype(float), due["came"].to_numpy())
        for level, values in parts
    ]


def _difference(arm: str, variable: str, level: str, values: Array, came: NDArray[np.bool_]) -> Difference:
    answered = np.isfinite(values)
    here, lost = values[answered & came], values[answered & ~came]
    value = None
    if min(here.size, lost.size) >= MINIMUM_PEOPLE:
        ddof = 0 if level else 1
        spread = math.sqrt((here.var(ddof=ddof) + lost.var(ddof=ddof)) / 2.0)
        value = float(here.mean() - lost.mean()) / spread if spread > 0.0 else None
    return Difference(
        arm=arm, variable=variable, level=level, value=value, n_came=here.size, n_not=lost.size
    )  # fmt: skip
