"""Helpers and others, each with its curve of days without use, and how sure shares and means of days are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.inference.coefficients import Array
from models.survival.aalen_johansen import aalen_johansen
from models.survival.by_program import Shares, Sureness, by_program, program_df, shares_of, surer
from models.survival.helping_answers import GROUPS, WINDOW, arrays, group_curve, programs_of
from models.survival.kaplan_meier import Incidence, KaplanMeier
from models.survival.restricted_mean import RestrictedMean, influence, restricted_mean

CURVE_STEP: Final = 7  # days
DAYS: Final = (*range(0, WINDOW - CURVE_STEP, CURVE_STEP), WINDOW)
USED: Final = 1  # the only cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Helpers or others: the curve of not having used, who `used`, in which program, the shares by `DAYS`."""

    curve: KaplanMeier
    used: NDArray[np.bool_]
    program: NDArray[np.int64]
    shares: Shares

    def without_use(self, day: float) -> tuple[Incidence, Sureness | None]:
        """Share without use by a day, its interval and what that rests on."""
        used, sure = self.shares.at(day)
        low, high = (None if limit is None else 1.0 - limit for limit in (used.high, used.low))
        return Incidence(value=1.0 - used.value, std_error=used.std_error, low=low, high=high), sure

    @property
    def mean(self) -> RestrictedMean:
        """Mean days without use in the window."""
        return restricted_mean(self.curve, WINDOW)


def group_of(people: pl.DataFrame, name: str, minimum_people: int) -> Group:
    """Helpers or others.

    Raises
    ------
    NotIdentifiedError
        As `helping_answers.group_curve`.
    """
    curve = group_curve(people, name, minimum_people)
    chosen = people.filter(pl.col("helper") == (name == GROUPS[0]))
    days, used = arrays(chosen)
    program = programs_of(people)[people["helper"].to_numpy() == (name == GROUPS[0])]
    shares = shares_of(aalen_johansen(days, used.astype(np.int64)), USED, DAYS, program)
    return Group(curve=curve, used=used, program=program, shares=shares)


def sure_of_means(
    groups: Mapping[str, Group], value: float, people_error: float, factors: Mapping[str, float]
) -> tuple[Sureness, float | None]:
    """Tell how sure a combination of restricted means is, and the degrees of freedom that programs leave.

    A program's people add to the means of both groups: their changes are added up over both, so that what a
    program has in common cancels in a difference.

    Parameters
    ----------
    factors : mapping of group to float
        Derivative of the combination by the mean of each group.
    """
    changes = np.concatenate(
        [
            factor * influence(groups[name].curve, WINDOW, groups[name].used)
            for name, factor in factors.items()
        ]
    )
    program = np.concatenate([groups[name].program for name in factors])
    values: Array = np.array([value])
    programs = by_program(("days",), values, changes[:, None], program)
    contrast = np.ones(1)
    return surer(people_error, programs, contrast), program_df(programs, contrast)
