"""A check on what no program can change, and on how little such a check can find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.comparison.clusters import influence_inference
from models.comparison.comparable_people import ComparablePeople
from models.comparison.doubly_robust import TERMS, check_outcome, unadjusted
from models.comparison.outcome_answers import UNADJUSTED, Array, Bools, control_answer, values_of
from models.estimate import LEVEL, Diagnostic
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

FEWEST: Final = 10  # people with both answers: of fewer no correlation is told


def control_facts(
    of: ComparablePeople, column: str, outcomes: Sequence[str], *, population: str
) -> tuple[Diagnostic, ...]:
    """Negative control: the difference in what no program can change, before and after adjustment.

    The whole comparison with `column` as its outcome (Lipsitch, Tchetgen Tchetgen & Cohen 2010, Epidemiology
    21:383): an interval that leaves zero out says that the baseline variables do not make the arms alike.
    One that holds zero says little: `..._detectable` is the half width of its interval in standard
    deviations, a difference that could be there unseen; and a column that hardly goes with any outcome
    (`..._correlation`, the largest absolute one, arms held) would not show what confounds them.

    Parameters
    ----------
    of : ComparablePeople
    column : str
        What no program can change.
    outcomes : sequence of str
        Columns of the wave's outcomes.
    population : str
    """
    name = f"negative_control_{column}"
    y, answered = values_of(of.people, column)
    spread = _within_arms(y, answered, of.social)
    people = int(answered.sum())

    def fact(
        suffix: str, detail: str, value: float | None, limits: tuple[float, float] | None = None
    ) -> Diagnostic:
        low, high = limits or (None, None)
        return Diagnostic(
            outcome=of.wave, diagnostic=f"{name}{suffix}", population=population, value=value, ci_low=low,
            ci_high=high, detail=detail, n_people=people,
        )  # fmt: skip

    try:
        found, _ = control_answer(of, column)
        after = contrast_of(found, {TERMS["ate"]: 1.0}, level=LEVEL)
        before = _before(of, y, answered)
    except NotIdentifiedError as reason:
        return (fact("", f"no negative control: {reason}", None),)
    told = [
        fact("", "adjusted difference in what no program can change: away from zero it says that people were "
             "not made comparable; near zero it says little",
             after.estimate, (after.low, after.high)),
        fact("_before", "the same difference as the groups stand, not made alike",
             before[0], (before[1], before[2])),
    ]  # fmt: skip
    if spread is not None:
        told.append(
            fact("_detectable", "half the width of the adjusted difference's interval, in standard "
                 "deviations within arms: a difference of this size could be there unseen",
                 (after.high - after.low) / 2.0 / spread)
        )  # fmt: skip
    told.append(
        fact("_correlation", "largest absolute correlation of the control with an outcome of the wave, "
             "within arms: where it is near zero the control cannot show what confounds the outcomes",
             _largest_correlation(of, y, answered, outcomes))
    )  # fmt: skip
    return tuple(told)


def _before(of: ComparablePeople, y: Array, answered: Bools) -> tuple[float, float, float]:
    """Give the plain difference of those who answered, and its limits, programs as clusters."""
    check_outcome(y, of.social, answered, family="linear")
    social = of.social[answered]
    value, own = unadjusted(y[answered], social)
    found = influence_inference(
        (UNADJUSTED,), np.array([value]), own[:, None], of.program[answered], social.astype(np.int8)
    )
    told = contrast_of(found, {UNADJUSTED: 1.0}, level=LEVEL)
    return told.estimate, told.low, told.high


def _centered(y: Array, known: Bools, social: Bools) -> Array:
    """Values of those known (n,) less their arm's mean, 0 for the others."""
    left = np.zeros(y.size)
    for arm in (social & known, ~social & known):
        if arm.any():
            left[arm] = y[arm] - y[arm].mean()
    return left


def _within_arms(y: Array, known: Bools, social: Bools) -> float | None:
    free = int(known.sum()) - 2
    squares = float((_centered(y, known, social) ** 2).sum())
    return float(np.sqrt(squares / free)) if free > 0 and squares > 0.0 else None


def _largest_correlation(
    of: ComparablePeople, y: Array, answered: Bools, outcomes: Sequence[str]
) -> float | None:
    """Largest absolute correlation within arms with an outcome, of those who answered both."""
    found = []
    for outcome in outcomes:
        values, has = values_of(of.people, outcome)
        both = answered & has
        if int(both.sum()) < FEWEST:
            continue
        one, other = (_centered(each, both, of.social) for each in (y, values))
        size = float(np.sqrt((one @ one) * (other @ other)))
        if size > 0.0:
            found.append(abs(float(one @ other)) / size)
    return max(found, default=None)
