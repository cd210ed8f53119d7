"""Mean change since entry, reliable change and the share at or above a cut, in everybody due at a wave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from models.comparison.cluster_sums import Codes
from models.comparison.clusters import influence_inference
from models.comparison.cohort import DEAD, NOT_DUE
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError
from models.scales.reliable_change import reliable
from models.scales.wide_scores import BASELINE, NUMBER

CHANGE, BETTER, WORSE, AT_LEAST = "change", "reliably_better", "reliably_worse", "at_least"
ONE_PROGRAM: Final = "all in one program: people taken as independent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What is asked of one score at one wave: the outcome's column, the limit of reliable change, the cut.

    `limit` in points, None where the reliability is not known; `cut` None where the scale has none.
    """

    outcome: str
    wave: str
    limit: float | None
    cut: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients: what the wave is asked for."""
        beyond = (BETTER, WORSE) if self.limit is not None else ()
        of_change = () if self.wave == BASELINE else (CHANGE, *beyond)
        return (*of_change, *((AT_LEAST,) if self.cut is not None else ()))

    def values(self, people: pl.DataFrame) -> Array:
        """One column (n, p) for each name; NaN where a score is missing."""
        score = _numbers(people, f"{self.outcome}_{self.wave}")
        columns = []
        if self.wave != BASELINE:
            change = score - _numbers(people, f"{self.outcome}_{BASELINE}")
            columns.append(change)
            if self.limit is not None:
                better, worse = reliable(change, self.limit)
                known = np.isfinite(change)
                columns += [np.where(known, better, np.nan), np.where(known, worse, np.nan)]
        if self.cut is not None:
            columns.append(np.where(np.isfinite(score), score >= self.cut, np.nan))
        return np.column_stack(columns) if columns else np.empty((people.height, 0))


def due(people: pl.DataFrame, wave: str) -> pl.DataFrame:
    """People alive whose interview at `wave` was due; everybody at entry."""
    return people.filter(due_rows(people, wave))


def due_rows(people: pl.DataFrame, wave: str) -> pl.Series:
    """Whether each is one of those `due`."""
    if wave == BASELINE:
        return pl.Series([True]).new_from_index(0, people.height)
    return ~people[f"status_{wave}"].is_in([DEAD, NOT_DUE])


def gains_of(people: pl.DataFrame, gain: Gain, *, weights: Array | None = None) -> Inference:
    """Means of change and of shares over people, programs being what was sampled.

    Estimand: the (weighted) mean over people of the change score and of indicators of reliable change and of
    a score at or above the cut. Variance and degrees of freedom from sums over programs, corrected for there
    being few of them (`influence_inference`); of one program alone, from people. Rows without every score are
    left out (there are none in imputed copies).

    Parameters
    ----------
    people : pl.DataFrame
        Of `wide_scores`, those due.
    gain : Gain
    weights : array (n,), optional
        Weight of each row.

    Raises
    ------
    NotIdentifiedError
        Fewer than two people with scores; weights that leave nobody.
    """
    return means_of(gain.names, gain.values(people), people[NUMBER].to_numpy(), weights)


def means_of(names: Sequence[str], values: Array, programs: Codes, weights: Array | None = None) -> Inference:
    """Means of `values` (n, p), columns as in `Gain.values`, of people in `programs` (n,): see `gains_of`."""
    known = np.isfinite(values).all(axis=1)
    weight = np.ones(len(values)) if weights is None else weights
    known &= weight > 0.0
    if int(known.sum()) < 2:
        raise NotIdentifiedError("fewer than two people have the scores")
    values, weight, programs = values[known], weight[known], programs[known]
    estimates = weight @ values / weight.sum()
    influence = (weight / weight.mean())[:, None] * (values - estimates)
    one = int(programs.min()) == int(programs.max())
    inference = influence_inference(
        names, estimates, influence, np.arange(programs.size) if one else programs,
        weights=None if weights is None else weight,
    )  # fmt: skip
    return replace(
        inference, df=_remembered(inference.df), df_of="rows" if one else inference.df_of,
        rule=f"{ONE_PROGRAM}; {inference.rule}" if one else inference.rule,
    )  # fmt: skip


def _remembered(df: Callable[[Array], float]) -> Callable[[Array], float]:
    """Find the degrees of freedom of a contrast once: pooling asks for them again and again."""
    known: dict[bytes, float] = {}

    def once(contrast: Array) -> float:
        key = np.asarray(contrast, dtype=float).tobytes()
        if key not in known:
            known[key] = df(contrast)
        return known[key]

    return once


def _numbers(people: pl.DataFrame, column: str) -> Array:
    return np.asarray(people[column].to_numpy(), dtype=np.float64)  # a missing score becomes NaN
