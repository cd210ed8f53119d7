"""Score a scale from its items: sum, mean or percent, with reversed items and prorating.

With k items answered on a range from a to b, reversed answers r = a + b - x, and m the mean of the
items that a person answered:

    sum      k * m                   (the sum itself when all k are answered)
    mean     m
    percent  100 * (m - a) / (b - a)

A score exists only where at least `minimum_answered` items are answered. Putting m in the place of
each missing item is person-mean prorating (Fairclough and Cella 1996, Quality of Life Research
5:321-329; Fayers, Curran and Machin 1998, Statistics in Medicine 17:679-696). It is exact in its
arithmetic and assumes that the missing items would have been answered like the others: it is not a
model of why they are missing, and no uncertainty is added for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Method = Literal["sum", "mean", "percent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSpec:
    """How one scale is scored.

    `items` names the columns of the answer matrix, in order; `reverse` those that are turned around.
    Answers run from `answer_minimum` to `answer_maximum` (same unit as the answers). A person with
    fewer than `minimum_answered` answered items has no score.

    Raises
    ------
    ValueError
        The specification contradicts itself.
    """

    items: tuple[str, ...]
    method: Method
    answer_minimum: float
    answer_maximum: float
    minimum_answered: int
    reverse: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a specification that no score can follow."""
        if not self.items or len(set(self.items)) != len(self.items):
            raise ValueError("a scale needs items, each named once")
        if unknown := self.reverse - set(self.items):
            raise ValueError(f"reversed items that are not items of the scale: {sorted(unknown)}")
        if not self.answer_minimum < self.answer_maximum:
            raise ValueError("the lowest answer must be below the highest")
        if not 1 <= self.minimum_answered <= len(self.items):
            raise ValueError(f"minimum_answered must be from 1 to {len(self.items)}")


def score(answers: npt.ArrayLike, spec: ScaleSpec) -> npt.NDArray[np.float64]:
    """Score every person's answers.

    Parameters
    ----------
    answers
        Matrix of shape (people, items), columns in the order of `spec.items`; NaN or None where an
        item is not answered.
    spec
        How the scale is scored.

    Returns
    -------
    numpy.ndarray
        Shape (people,), in the unit of the scale; NaN where too few items are answered.

    Raises
    ------
    ValueError
        The matrix has another number of items, or an answer lies outside the range. The message
        names the item and holds no answer.
    """
    matrix = np.array(answers, dtype=np.float64)
    n_items = len(spec.items)
    if matrix.ndim != 2 or matrix.shape[1] != n_items:
        raise ValueError(f"expected a matrix with {n_items} items in its columns")
    answered = ~np.isnan(matrix)
    outside = answered & ((matrix < spec.answer_minimum) | (matrix > spec.answer_maximum))
    if outside.any():
        names = [spec.items[i] for i in np.flatnonzero(outside.any(axis=0))]
        raise ValueError(
            f"answers outside {spec.answer_minimum:g} to {spec.answer_maximum:g} in {names}; "
            "refuse those rows first"
        )
    turned = [name in spec.reverse for name in spec.items]
    matrix[:, turned] = spec.answer_minimum + spec.answer_maximum - matrix[:, turned]

    count = answered.sum(axis=1)
    total = np.where(answered, matrix, 0.0).sum(axis=1)
    scores = np.full(matrix.shape[0], np.nan)
    enough = count >= spec.minimum_answered
    total, count = total[enough], count[enough]
    if spec.method == "sum":
        scores[enough] = total * n_items / count
    elif spec.method == "mean":
        scores[enough] = total / count
    else:
        width = spec.answer_maximum - spec.answer_minimum
        scores[enough] = 100.0 * (total - count * spec.answer_minimum) / (count * width)
    return scores
