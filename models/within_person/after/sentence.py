"""Plain sentences for slopes: what went with what, how much, and the range that fits; no cause in any word.

Written to be read aloud, at an eighth-grade level with plain names for the measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models.estimate import Estimate
from models.within_person.after.contrast import Contrast

NOT_A_CAUSE: Final = "This shows what goes together. It does not show that one brings about the other."
NO_GAP: Final = "No gap at all would fit the data too."


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Words for the two measures of a slope, and the step of the predictor that a sentence speaks of.

    `predictor` and `outcome` follow "points higher on ..." ("how much meaning the day had"); `unit` is that
    of the outcome, plural; `step` is in units of the predictor, and its unit `step_unit`, plural.
    """

    predictor: str
    outcome: str
    step: float = 10.0
    unit: str = "points"
    step_unit: str = "points"


def within_sentence(slope: Contrast | Estimate, measures: Measures) -> str:
    """Say a within-person slope: a person's own days against their usual.

    Takes a slope per unit of the predictor, and speaks of `measures.step` units.
    """
    if (reason := _refusal(slope)) is not None:
        return _no_number(f"{measures.predictor} and {measures.outcome} from day to day", reason)
    more = f"{_plain(measures.step)} {measures.step_unit} higher than usual on {measures.predictor}"
    return (
        f"On days when people answered {more}, they answered {_told(slope, measures)} on {measures.outcome}. "
        f"{_range(slope, measures)}"
    )


def between_sentence(slope: Contrast | Estimate, measures: Measures) -> str:
    """Say a between-person slope: people with a higher usual answer against people with a lower one."""
    if (reason := _refusal(slope)) is not None:
        return _no_number(f"{measures.predictor} and {measures.outcome} from person to person", reason)
    more = f"{_plain(measures.step)} {measures.step_unit} higher on {measures.predictor}"
    return (
        f"People who most days answered {more} than others did also answered {_told(slope, measures)} on "
        f"{measures.outcome}. {_range(slope, measures)}"
    )


def yes_no_sentence(slope: Contrast | Estimate, measures: Measures, *, when: str) -> str:
    """Say the slope of something that a day has or has not; `when` follows "On days" ("with a meeting")."""
    if (reason := _refusal(slope)) is not None:
        return _no_number(f"days {when} and {measures.outcome}", reason)
    return (
        f"On days {when}, people answered {_told(slope, measures, step=1.0)} on {measures.outcome} than on "
        f"their other days. {_range(slope, measures, step=1.0)}"
    )


def difference_sentence(
    slope: Contrast | Estimate,
    other: Contrast | Estimate,
    difference: Contrast | Estimate,
    measures: Measures,
    *,
    when: str,
    otherwise: str,
) -> str:
    """Say how a within-person slope differs between two kinds of days.

    `difference` is `slope` minus `other`, with its own interval; `when` and `otherwise` follow "on days"
    ("with a meeting", "without one").
    """
    for part in (slope, other, difference):
        if (reason := _refusal(part)) is not None:
            return _no_number(f"days {when} against days {otherwise}", reason)
    more = f"{_plain(measures.step)} {measures.step_unit} higher than usual on {measures.predictor}"
    gap = _value(difference) * measures.step
    low, high = (bound * measures.step for bound in _bounds(difference))
    digits = _digits(gap, low, high)
    if _rounds_to_zero(gap, digits):
        told = f"The two are {_less_than(digits)} {measures.unit} apart."
    else:
        told = f"The first is {_size(gap, digits)} {measures.unit} {'more' if gap > 0 else 'less'}."
    return (
        f"On days {when}, people who answered {more} answered {_told(slope, measures)} on "
        f"{measures.outcome}. On days {otherwise}, it was {_told(other, measures)}. {told} "
        f"{_range_words(low, high, digits, unit=measures.unit, up='more', down='less')}"
    )


def _refusal(slope: Contrast | Estimate) -> str | None:
    """Reason why there is no number, if there is none."""
    if isinstance(slope, Estimate) and (
        slope.estimate is None or slope.ci_low is None or slope.ci_high is None
    ):
        return slope.note or "The model gave no range for it."
    return None


def _no_number(what: str, reason: str) -> str:
    return f"We give no number for {what}. {reason}"


def _value(slope: Contrast | Estimate) -> float:
    if slope.estimate is None:
        raise ValueError("a refused estimate has no value to say")
    return slope.estimate


def _bounds(slope: Contrast | Estimate) -> tuple[float, float]:
    if isinstance(slope, Contrast):
        return slope.low, slope.high
    if slope.ci_low is None or slope.ci_high is None:
        raise ValueError("a refused estimate has no range to say")
    return slope.ci_low, slope.ci_high


def _told(slope: Contrast | Estimate, measures: Measures, *, step: float | None = None) -> str:
    """The difference in words: "7.9 points higher", "about the same"."""
    by = measures.step if step is None else step
    value = _value(slope) * by
    low, high = (bound * by for bound in _bounds(slope))
    digits = _digits(value, low, high)
    if _rounds_to_zero(value, digits):
        return f"{_less_than(digits)} {measures.unit} {'higher' if value >= 0 else 'lower'}"
    return f"{_size(value, digits)} {measures.unit} {'higher' if value > 0 else 'lower'}"


def _range(slope: Contrast | Estimate, measures: Measures, *, step: float | None = None) -> str:
    by = measures.step if step is None else step
    low, high = (bound * by for bound in _bounds(slope))
    digits = _digits(_value(slope) * by, low, high)
    return _range_words(low, high, digits, unit=measures.unit, up="higher", down="lower")


def _range_words(low: float, high: float, digits: int, *, unit: str, up: str, down: str) -> str:
    """The interval in words, the bound nearer to zero first; says so where it holds zero."""
    if low > 0:
        return f"The range that fits the data is {_size(low, digits)} to {_size(high, digits)} {unit} {up}."
    if high < 0:
        return f"The range that fits the data is {_size(high, digits)} to {_size(low, digits)} {unit} {down}."
    return (
        f"The range that fits the data runs from {_size(low, digits)} {unit} {down} to "
        f"{_size(high, digits)} {unit} {up}. {NO_GAP}"
    )


def _digits(value: float, low: float, high: float) -> int:
    """Digits after the point for a value and its range: one, more where the range is narrower than that."""
    widest = max(abs(value), abs(low), abs(high))
    width = high - low
    if widest >= 100.0 and width >= 10.0:
        return 0
    digits = 1
    while digits < 4 and width < 5.0 * 10.0**-digits:
        digits += 1
    return digits


def _rounds_to_zero(value: float, digits: int) -> bool:
    return abs(value) < 0.5 * 10.0**-digits


def _less_than(digits: int) -> str:
    return f"less than {10.0**-digits:.{digits}f}"


def _size(value: float, digits: int) -> str:
    return f"{abs(value):,.{digits}f}"


def _plain(step: float) -> str:
    return f"{step:g}"
