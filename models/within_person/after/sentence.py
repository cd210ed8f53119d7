"""Plain sentences for slopes: what went with what, how much, and the range that fits; no cause in any word.

Written to be read aloud, at an eighth-grade level with plain names for the measures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from models.estimate import Estimate
from models.inference.contrast import Contrast

NOT_A_CAUSE: Final = "This shows what goes together. It does not show that one brings about the other."
NO_GAP: Final = "No gap at all would fit the data too."
AS_USUAL: Final = "about the same as usual"
ALIKE: Final = "about the same"
MOST_DIGITS: Final = 4  # after the point


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
        f"On some days, people answered {more}. On those days, they answered "
        f"{_told(slope, measures, same=AS_USUAL)} on {measures.outcome}. {_range(slope, measures)}"
    )


def between_sentence(slope: Contrast | Estimate, measures: Measures) -> str:
    """Say a between-person slope: people with a higher usual answer against people with a lower one."""
    if (reason := _refusal(slope)) is not None:
        return _no_number(f"{measures.predictor} and {measures.outcome} from person to person", reason)
    more = f"{_plain(measures.step)} {measures.step_unit} higher than others on {measures.predictor}"
    return (
        f"Some people on most days answered {more}. These people answered "
        f"{_told(slope, measures, same=ALIKE)} on {measures.outcome}. {_range(slope, measures)}"
    )


def yes_no_sentence(slope: Contrast | Estimate, measures: Measures, *, when: str) -> str:
    """Say the slope of something that a day has or has not; `when` follows "On days" ("with a meeting")."""
    if (reason := _refusal(slope)) is not None:
        return _no_number(f"days {when} and {measures.outcome}", reason)
    one = replace(measures, step=1.0)
    told = _told(slope, one, same=ALIKE)
    against = "as" if told == ALIKE else "than"
    return (
        f"On days {when}, people answered {told} on {measures.outcome} {against} on their other days. "
        f"{_range(slope, one)}"
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
    gap, low, high = (measures.step * number for number in (_value(difference), *_bounds(difference)))
    digits = _digits(gap, low, high)
    if _rounds_to_zero(gap, digits):
        told = "That is about the same on both kinds of days."
    else:
        told = f"That is {_size(gap, digits)} {measures.unit} {'more' if gap > 0 else 'less'} on days {when}."
    return (
        f"On days {when}, people who answered {more} answered {_told(slope, measures, same=AS_USUAL)} on "
        f"{measures.outcome}. On days {otherwise}, they answered "
        f"{_told(other, measures, same=AS_USUAL)}. {told} "
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


def _told(slope: Contrast | Estimate, measures: Measures, *, same: str) -> str:
    """Put the difference in words: "7.9 points higher"; `same` where it rounds to zero."""
    value, low, high = (measures.step * number for number in (_value(slope), *_bounds(slope)))
    digits = _digits(value, low, high)
    if _rounds_to_zero(value, digits):
        return same
    return f"{_size(value, digits)} {measures.unit} {'higher' if value > 0 else 'lower'}"


def _range(slope: Contrast | Estimate, measures: Measures) -> str:
    value, low, high = (measures.step * number for number in (_value(slope), *_bounds(slope)))
    return _range_words(low, high, _digits(value, low, high), unit=measures.unit, up="higher", down="lower")


def _range_words(low: float, high: float, digits: int, *, unit: str, up: str, down: str) -> str:
    """Put the interval in words, the bound nearer to zero first; says so where it holds zero."""
    if low > 0 or high < 0:
        near, far, way = (low, high, up) if low > 0 else (high, low, down)
        start = "just over 0" if _rounds_to_zero(near, digits) else _size(near, digits)
        return f"The range that fits the data is {start} to {_size(far, digits)} {unit} {way}."
    return (
        f"The range that fits the data runs from {_size(low, digits)} {unit} {down} to "
        f"{_size(high, digits)} {unit} {up}. {NO_GAP}"
    )


def _digits(value: float, low: float, high: float) -> int:
    """Digits after the point for a value and its range: one; none where wide and large; more where narrow."""
    width = high - low
    if max(abs(low), abs(value), abs(high)) >= 100.0 and width >= 10.0:
        return 0
    digits = 1
    while digits < MOST_DIGITS and width < 5.0 * 10.0**-digits:
        digits += 1
    return digits


def _rounds_to_zero(value: float, digits: int) -> bool:
    return abs(value) < 0.5 * 10.0**-digits


def _size(value: float, digits: int) -> str:
    return f"{abs(value):,.{digits}f}"


def _plain(step: float) -> str:
    return f"{step:g}"
