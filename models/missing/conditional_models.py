"""Which columns predict which variable: settled once, from the answers given, before any chain runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Array
from models.missing.design_columns import CONSTANT, DesignColumns
from models.missing.posterior_draws import Programs
from models.missing.wide_frame import Index, Variable, WideFrame
from models.refusal import NotIdentifiedError

Predicts = Callable[[str, str], bool]  # whether the first variable predicts the second
ANSWERS_PER_PREDICTOR: Final = 3  # a variable gets at most a third as many predictors as answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """The model of one variable.

    `answered` and `wanted` are the people with and without an answer, `answers` what the former said (codes
    of categories); `predictors` are the design's columns used, `left_out` how many are not because the
    answers are too few; `programs` those of the people who answered.
    """

    variable: Variable
    answered: Index
    wanted: Index
    answers: Array
    predictors: Index
    left_out: int
    programs: Programs | None


def conditionals(
    wide: WideFrame, columns: DesignColumns, start: Array, predicts: Predicts
) -> tuple[Conditional, ...]:
    """Settle the model of every variable that somebody's answer is missing of.

    Predictors are the columns of the other variables that `predicts` names, the constant and the groups;
    where answers are fewer than `ANSWERS_PER_PREDICTOR` times as many, those most correlated with the
    answers given (in `start` (q, n), the design with missing cells at their mean) are kept. Of categories,
    groups are left out where programs are known: the shares by program say as much, and more.

    Raises
    ------
    NotIdentifiedError
        Too few answers for even the groups and one predictor; a group of which nobody answered.
    """
    patterns: dict[bytes, _Pattern] = {}
    models = []
    for variable in wide.variables:
        if variable.missing.any() and not variable.constant:
            _every_group_answered(wide, variable)
            key = variable.missing.tobytes()
            if key not in patterns:
                patterns[key] = _pattern(wide, start, variable.missing)
            pattern, others = patterns[key], _others(columns, variable.name, predicts)
            models.append(_conditional(wide, columns, start, variable, pattern, others=others))
    return tuple(models)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """People who answered the same variables: their columns that vary, and their programs."""

    answered: Index
    wanted: Index
    varies: NDArray[np.bool_]
    programs: Programs | None


def _pattern(wide: WideFrame, start: Array, missing: NDArray[np.bool_]) -> _Pattern:
    answered = np.flatnonzero(~missing)
    return _Pattern(
        answered=answered, wanted=np.flatnonzero(missing),
        varies=np.array([np.ptp(row[answered]) > 0.0 for row in start]),
        programs=None if wide.program is None else _programs(wide.program[answered], wide.n_programs),
    )  # fmt: skip


def _others(columns: DesignColumns, name: str, predicts: Predicts) -> Index:
    """Columns of the other variables that predict `name`."""
    owners = [owner for owner in np.unique(columns.owner) if owner not in (CONSTANT, name)]
    return np.flatnonzero(np.isin(columns.owner, [owner for owner in owners if predicts(str(owner), name)]))


def _conditional(
    wide: WideFrame,
    columns: DesignColumns,
    start: Array,
    variable: Variable,
    pattern: _Pattern,
    *,
    others: Index,
) -> Conditional:
    answered, varies = pattern.answered, pattern.varies
    answers = variable.values[answered]
    groups = np.flatnonzero((columns.owner == CONSTANT) & varies)
    if variable.levels:
        fixed = groups[:0] if wide.program is not None else groups
    else:
        fixed = np.concatenate([[0], groups])
    others = others[varies[others]]
    room = answered.size // ANSWERS_PER_PREDICTOR - fixed.size - max(len(variable.levels) - 1, 0)
    if room < min(1, others.size):
        raise NotIdentifiedError(f"too few people answered {variable.name} for a model of those who did not")
    kept = others
    if others.size > room:
        strength = np.zeros(others.size)
        for target in _targets(variable, answers):
            strength = np.maximum(strength, np.abs(_correlations(start[others][:, answered], target)))
        kept = np.sort(others[np.argsort(-strength, kind="stable")[:room]])
    return Conditional(
        variable=variable, answered=answered, wanted=pattern.wanted, answers=answers,
        predictors=np.concatenate([fixed, kept]).astype(np.intp), left_out=int(others.size - kept.size),
        programs=pattern.programs,
    )  # fmt: skip


def _every_group_answered(wide: WideFrame, variable: Variable) -> None:
    """Refuse to impute people of a group of which nobody answered: nothing says what they would have."""
    wanted = variable.missing & ~variable.withheld
    for name, codes in wide.levels.items():
        if np.setdiff1d(codes[wanted], codes[~variable.missing]).size:
            raise NotIdentifiedError(f"nobody of one level of {name} answered {variable.name}")


def _targets(variable: Variable, answers: Array) -> list[Array]:
    if not variable.levels:
        return [answers]
    return [(answers == code).astype(float) for code in range(len(variable.levels))]


def _correlations(rows: Array, target: Array) -> Array:
    centered = rows - rows.mean(axis=1, keepdims=True)
    aim = target - target.mean()
    size = np.sqrt(np.einsum("ij,ij->i", centered, centered) * float(aim @ aim))
    found: Array = np.divide(centered @ aim, size, out=np.zeros(len(rows)), where=size > 0.0)
    return found


def _programs(codes: Index, n_programs: int) -> Programs | None:
    """Programs of the people who answered (sorted by program); None where fewer than two have answers."""
    present, starts, counts = np.unique(codes, return_index=True, return_counts=True)
    if present.size < 2:
        return None
    return Programs(
        present=present.astype(np.intp), starts=starts.astype(np.intp), counts=counts.astype(float),
        n_programs=n_programs,
    )  # fmt: skip
