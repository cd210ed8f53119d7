"""The people due at a wave who have somebody comparable in the other arm, in every imputed copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.balance import Balance, averaged, balance, sizes_after
from models.comparison.cluster_sums import codes_of
from models.comparison.cohort import DEAD, NOT_DUE, PROGRAM
from models.comparison.covariate_columns import Columns, Covariate, columns, covariates
from models.comparison.doubly_robust import FoldedArms, folded_arms, folds
from models.comparison.overlap import Overlap, effective_sample_size, overlap
from models.comparison.propensity import Propensity, propensity
from models.comparison.weights import TARGETS, Target, weights
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
FEWEST_ANSWERS: Final = 10  # people: a baseline variable that fewer answered is no covariate


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One imputed copy of the people compared: their rows, and their fitted chances of a social program.

    `fold` (n,) is drawn anew for every copy: the mean over the copies then hangs on no one split, and their
    spread tells what splitting does.
    """

    frame: pl.DataFrame
    fitted: Propensity
    fold: NDArray[np.int64]
    _arms: list[FoldedArms] = field(default_factory=list, repr=False, compare=False)

    def arms(self, social: NDArray[np.bool_]) -> FoldedArms:
        """Rows of either arm in the order of their folds; made once."""
        if not self._arms:
            self._arms.append(folded_arms(self.fitted.design, social, self.fold))
        return self._arms[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparablePeople:
    """People compared at one wave, in one order throughout.

    `people` their rows as observed, `due` those of everybody due; `social` and `program` (0, 1, ...)
    (n,); `copies`; `overlap` of everybody due; `balance` after ATE weights, mean over the copies; by target
    `largest`, the largest absolute standardized difference (each column's mean over the copies), and
    `effective`, the effective people of the lesser arm; `coding` of the covariates.
    """

    wave: str
    people: pl.DataFrame
    due: pl.DataFrame
    social: NDArray[np.bool_]
    program: NDArray[np.int64]
    copies: tuple[Copy, ...]
    overlap: Overlap
    balance: tuple[Balance, ...]
    largest: dict[Target, float | None]
    effective: dict[Target, float]
    coding: tuple[Covariate, ...]

    @property
    def by_arm(self) -> tuple[int, ...]:
        """Columns of the first copy's design whose effect the imputation model lets differ by arm."""
        names = self.copies[0].fitted.names
        return tuple(place for place, name in enumerate(names, start=1) if differs_by_arm(name))

    @property
    def programs_by_arm(self) -> int:
        """Programs of the arm that has fewer."""
        return min(len(set(self.program[arm].tolist())) for arm in (self.social, ~self.social))


def differs_by_arm(name: str) -> bool:
    """Whether a covariate's effect may differ by kind of program in the imputation: severity at entry."""
    return name.startswith("asi_")


def due_at(cohort: pl.DataFrame, wave: str) -> pl.Series:
    """Tell whose interview of `wave` was due, of the people of social and clinical programs: booleans."""
    status = cohort[f"status_{wave}"]
    return cohort["social"].is_not_null() & ~status.is_in([DEAD, NOT_DUE])


def usable(cohort: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """Baseline variables that at least `FEWEST_ANSWERS` people answered."""
    return tuple(name for name in names if cohort.height - cohort[name].null_count() >= FEWEST_ANSWERS)


def comparable_people(
    cohort: pl.DataFrame, copies: Sequence[pl.DataFrame], *, wave: str, baseline: Sequence[str], seed: int
) -> ComparablePeople:
    """Score everybody due, keep whom the arms share, score them again, and weigh.

    The score of a person is averaged over the copies before it is trimmed, so that all copies hold the same
    people; after trimming it is fitted again to the people kept.

    Parameters
    ----------
    cohort : pl.DataFrame
        As of `cohort.cohort`.
    copies : sequence of pl.DataFrame
        Its imputed copies, rows in the same order.
    wave : str
    baseline : sequence of str
        Covariates.
    seed : int
        Of the folds.

    Raises
    ------
    NotIdentifiedError
        Nobody due, no covariate, an empty arm or cell, separation, no overlap (`propensity`, `overlap`).
    """
    of_wave = due_at(cohort, wave)
    due = cohort.filter(of_wave)
    if due.is_empty():
        raise NotIdentifiedError("nobody of a social or clinical program was due at this wave")
    if not baseline:
        raise NotIdentifiedError("no baseline variable was answered by enough people")
    coding = covariates(due, baseline)
    social = due["social"].cast(pl.Boolean).to_numpy()
    of_due = [copy.filter(of_wave) for copy in copies]
    every = [columns(frame, coding) for frame in of_due]
    first = _scored(every, social)
    shared = overlap(np.mean([one.score for one in first], axis=0), social)
    kept = pl.Series(shared.kept)
    arm = social[shared.kept]
    kept_columns = [one.of_rows(shared.kept) for one in every]
    scored = _scored(kept_columns, arm)
    people = due.filter(kept)
    program = codes_of(people[PROGRAM].to_numpy(), "program")
    found = tuple(
        Copy(frame=frame.filter(kept), fitted=fitted, fold=folds(program, seed=[seed, place]))
        for place, (frame, fitted) in enumerate(zip(of_due, scored, strict=True))
    )
    tables = [
        balance(of_copy, arm, weights(one.score, arm, "ate"))
        for of_copy, one in zip(kept_columns, scored, strict=True)
    ]
    return ComparablePeople(
        wave=wave, people=people, due=due, social=arm, program=program, copies=found, overlap=shared,
        balance=averaged(tables), coding=coding,
        effective={target: _effective(found, arm, target) for target in TARGETS},
        largest={target: _largest(found, kept_columns, arm, target) for target in TARGETS},
    )  # fmt: skip


def _scored(coded: Sequence[Columns], social: NDArray[np.bool_]) -> list[Propensity]:
    found: list[Propensity] = []
    for of_copy in coded:
        start = found[0].beta if found else None
        found.append(propensity(of_copy, social, start=_start(start, of_copy.design), check=not found))
    return found


def _start(beta: Array | None, design: Array) -> Array | None:
    """Coefficients of another copy, where it has the same columns (a column may be constant in one)."""
    return beta if beta is not None and beta.size == design.shape[1] else None


def _effective(copies: Sequence[Copy], social: NDArray[np.bool_], target: Target) -> float:
    return float(
        np.mean([effective_sample_size(weights(one.fitted.score, social, target), social) for one in copies])
    )


def _largest(
    copies: Sequence[Copy], coded: Sequence[Columns], social: NDArray[np.bool_], target: Target
) -> float | None:
    """Largest absolute standardized difference under the weights of a target; None where none is known."""
    sizes = np.mean(
        [
            sizes_after(of_copy, social, weights(copy.fitted.score, social, target))
            for copy, of_copy in zip(copies, coded, strict=True)
        ],
        axis=0,
    )
    known = sizes[~np.isnan(sizes)]
    return float(known.max()) if known.size else None
