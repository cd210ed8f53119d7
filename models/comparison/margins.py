"""How much worse still counts as similar, and what may then be claimed: one table, set before looking.

The margins are choices, not facts; each says why. A claim is decided by the limits of the 95% two-sided
interval. The side that matters is thereby tested at 2.5%, as is usual for non-inferiority (CONSORT extension,
Piaggio et al. 2012, JAMA 308:2594).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from models.refusal import NotIdentifiedError

Direction = Literal["higher", "lower"]
Claim = Literal["better", "similar", "worse", "not enough to say"]
Unit = Literal["probability", "standard deviations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The largest shortfall of an outcome that still counts as similar.

    `size` is in `unit`; `better` says which direction is good; `reason` why this much, `source` whose it is.
    """

    size: float
    unit: Unit
    better: Direction
    reason: str
    source: str

    def in_points(self, sd: float | None = None) -> float:
        """Margin on the scale of the outcome; `sd` is that of the people at baseline, within arms.

        Raises
        ------
        NotIdentifiedError
            A margin in standard deviations without one above zero.
        """
        if self.unit == "probability":
            return self.size
        if sd is None or not (sd > 0.0 and math.isfinite(sd)):
            raise NotIdentifiedError("the margin is a part of the baseline spread, which is not known")
        return self.size * sd


_CHOICE: Final = "Our choice."
_PROBLEM: Final = Margin(
    size=0.10, unit="probability", better="lower",
    reason="Ten more people in a hundred with a problem is a difference that a county would plan for; a "
    "smaller one can hardly be told from chance with about a dozen programs.",
    source=_CHOICE,
)  # fmt: skip
_SCALE: Final = Margin(
    size=0.30, unit="standard deviations", better="higher",
    reason="About half a standard deviation is what people themselves tend to notice; a margin has to be "
    "smaller than that, or a noticeable loss would be called similar. No minimal important difference of "
    "this scale could be verified, so that points would be false precision.",
    source="Our choice, below the half standard deviation of Norman, Sloan & Wyrwich 2003 (Medical Care "
    "41:582).",
)  # fmt: skip
MARGINS: Final[dict[str, Margin]] = {
    **{
        f"any_problem_{area}": _PROBLEM
        for area in ("medical", "employment", "alcohol", "drug", "legal", "family", "psychiatric")
    },
    "abstinent": Margin(
        size=0.10, unit="probability", better="higher",
        reason="The same ten in a hundred as for problems, so that no yes-or-no outcome is easier to pass.",
        source=_CHOICE,
    ),
    "eurohis_qol8": _SCALE,
    "barc10": _SCALE,
}  # fmt: skip
_WAVES: Final = ("_month_6", "_month_12")


def margin_of(outcome: str) -> Margin:
    """Margin of an outcome, with or without its wave (any_problem_alcohol_month_12).

    Raises
    ------
    NotIdentifiedError
        No margin was set for it: then nothing may be called similar.
    """
    name = outcome
    for wave in _WAVES:
        name = name.removesuffix(wave)
    if name not in MARGINS:
        raise NotIdentifiedError("no margin was set for this outcome, so that nothing can be called similar")
    return MARGINS[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may be claimed, and in words; `within_margin`: a shortfall of the margin or more is excluded."""

    claim: Claim
    words: str
    within_margin: bool


def verdict(
    estimate: float | None, low: float | None, high: float | None, margin: float, better: Direction
) -> Verdict:
    """Decide what a difference allows to be said of the first group, by the limits of its interval.

    With gain = difference where higher is better, its negative where lower is:

    - better: the whole interval lies above zero;
    - similar: the interval lies above minus the margin but not above zero. It may lie below zero as a
      whole: a loss that is real but smaller than the margin; the words then say so;
    - worse: the whole interval lies below zero and reaches the margin;
    - not enough to say: everything else, and where there is no interval.

    "Similar or better" may be said where `within_margin` is true, and nowhere else.

    Parameters
    ----------
    estimate, low, high : float or None
        The difference, first group less second, and its 95% two-sided limits, on the margin's scale (for
        several outcomes: simultaneous limits). None where there is none.
    margin : float
        Largest shortfall that counts as similar, above zero.
    better : {"higher", "lower"}

    Raises
    ------
    ValueError
        A margin that is not above zero, or limits that do not lie around the estimate.
    """
    if not (margin > 0.0 and math.isfinite(margin)):
        raise ValueError("a margin is above zero")
    if estimate is None or low is None or high is None:
        return Verdict(claim="not enough to say", words=_WORDS["no interval"], within_margin=False)
    if not low <= estimate <= high:
        raise ValueError("the limits must lie around the estimate")
    worst, best = (low, high) if better == "higher" else (-high, -low)
    within = worst > -margin
    if worst > 0.0:
        return Verdict(claim="better", words=_WORDS["better"], within_margin=True)
    if within:
        small_loss, both_sides = best < 0.0, best < margin
        key = "small loss" if small_loss else ("similar" if both_sides else "similar or better")
        return Verdict(claim="similar", words=_WORDS[key], within_margin=True)
    if best < 0.0:
        return Verdict(claim="worse", words=_WORDS["worse"], within_margin=False)
    return Verdict(claim="not enough to say", words=_WORDS["open"], within_margin=False)


_WORDS: Final = {
    "better": "Better: the whole interval is on the good side of no difference.",
    "similar": "Similar: a difference of the margin or more is excluded in either direction.",
    "similar or better": "Similar or better: being worse by the margin or more is excluded.",
    "small loss": "Similar: somewhat worse, but being worse by the margin or more is excluded.",
    "worse": "Worse: the whole interval is on the bad side of no difference, and may reach the margin.",
    "open": "Not enough to say: being worse by the margin or more cannot be excluded.",
    "no interval": "Not enough to say: there is no estimate with an interval.",
}
