"""Cross-products of the design, kept up while answers are drawn, and those of the people who answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.inference.coefficients import Array
from models.missing.conditional_models import Conditional
from models.missing.posterior_draws import Moments, moments_of
from models.missing.wide_frame import Index, WideFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What is the same in every sweep of one variable.

    `given` (n,) the standardized answers, 0 for the others, with their sum of squares and their `totals` by
    program; of those without an answer, who lie together by program, `starts` and `programs`.
    """

    given: Array
    square: float
    totals: Array
    starts: Index
    programs: Index


class RunningMoments:
    """Products of the columns of a design (q, n), and their sums by program, over everybody.

    A draw changes the columns of one variable: their products are summed anew, the others stand. The moments
    of the people who answered a variable are those of everybody less those of the (fewer) people who did
    not, and differ by rounding alone from sums over those who did.
    """

    def __init__(
        self, wide: WideFrame, design: Array, models: Sequence[Conditional], answers: Sequence[int]
    ) -> None:
        """Sum up; `answers` are the design's columns of the variables of `models`."""
        codes = np.zeros(wide.order.size, dtype=np.intp) if wide.program is None else wide.program
        self._starts = np.searchsorted(codes, np.arange(max(wide.n_programs, 1))).astype(np.intp)
        self._own = {
            answer: _own(design[answer], model.wanted, codes, self._starts)
            for model, answer in zip(models, answers, strict=True)
        }
        self._cross = design @ design.T
        self._sums = np.add.reduceat(design, self._starts, axis=1)

    def twin(self) -> RunningMoments:
        """Return moments that can be kept up apart."""
        twin = object.__new__(RunningMoments)
        twin._starts, twin._own = self._starts, self._own
        twin._cross, twin._sums = self._cross.copy(), self._sums.copy()
        return twin

    def renew(self, design: Array, rows: Index) -> None:
        """Sum up anew what has changed: the columns `rows`."""
        changed = design[rows]
        products = changed @ design.T
        self._cross[rows] = products
        self._cross[:, rows] = products.T
        self._sums[rows] = np.add.reduceat(changed, self._starts, axis=1)

    def of(self, design: Array, model: Conditional, answer: int) -> Moments:
        """Moments of the people who answered; `answer` is the column of their answers.

        An answer's products with the others are summed over the people who gave it, so that nothing depends
        on what stands in the cells of those who did not.
        """
        if model.wanted.size > model.answered.size:
            return moments_of(design.take(model.answered, axis=1), model.programs)
        own, lost = self._own[answer], design.take(model.wanted, axis=1)
        cross = self._cross - lost @ lost.T
        cross[answer] = cross[:, answer] = design @ own.given
        cross[answer, answer] = own.square
        if model.programs is None:
            return Moments(n=model.answered.size, cross=cross, sums=np.zeros((0, 0)), programs=None)
        sums = self._sums.copy()
        sums[:, own.programs] -= np.add.reduceat(lost, own.starts, axis=1)
        sums[answer] = own.totals
        if model.programs.present.size < sums.shape[1]:
            sums = sums[:, model.programs.present]
        return Moments(n=model.answered.size, cross=cross, sums=sums, programs=model.programs)


def _own(column: Array, wanted: Index, codes: Index, starts: Index) -> _Own:
    given = column.copy()
    given[wanted] = 0.0
    programs, first = np.unique(codes[wanted], return_index=True)
    return _Own(
        given=given, square=float(given @ given), totals=np.add.reduceat(given, starts),
        starts=first.astype(np.intp), programs=programs.astype(np.intp),
    )  # fmt: skip
