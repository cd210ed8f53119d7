"""How much worse, or better, still counts as similar: one table, set before looking.

The margins are choices, not facts; each says why. What may be claimed by them: `claims`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from models.refusal import NotIdentifiedError

Direction = Literal["higher", "lower"]
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
