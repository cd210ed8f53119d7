"""The sensitivity set in words: the same number, worked out in other ways."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from reports.numbers import decimal
from reports.words.slopes import STEP, points

SENSITIVITY = "sensitivity_"  # followed by a term and one of the ways
AS_ABOVE = "As above"
WHY = (
    "A finding that depends on how it was worked out is weak. Below are the same numbers, worked out in "
    "other ways: where they lie close together, the way does not matter much."
)
AT_THE_ENDS = (
    "Without allowing for the ends of the scale the figures come out smaller, because an answer at the top "
    "does not show how high the day was."
)
_ENDS = "Without allowing for answers at the ends of the scale"
_INTERVAL = re.compile(r"interval (-?[\d.]+) to (-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class Way:
    """How a number was worked out; `percent` where it is one of logarithms, and said as percent."""

    label: str
    percent: bool = False

    @property
    def ignores_the_ends(self) -> bool:
        """Whether answers at the ends of the scale are taken as they stand."""
        return self.label.startswith(_ENDS)


WAYS = {
    "linear": Way(_ENDS),
    "linear_intercept_only": Way(f"{_ENDS}, and with one slope for everybody"),
    "tobit_intercept_only": Way("With one slope for everybody"),
    "autoregressive": Way(f"{_ENDS}, and with neighboring days alike"),
    "without_least_compliant": Way("Without the people who left out the most evenings"),
    "separate": Way("With the two parts worked out apart"),
    "log": Way("On a logarithmic scale of craving: percent", percent=True),
    "gamma": Way("With a gamma distribution of craving: percent", percent=True),
    "centered_at_person_mean": Way("In the usual way, each day about the person's own average"),
}


def parts(diagnostic: str) -> tuple[str, str]:
    """Split the name of a diagnostic into its term and its way; an unknown way is part of the term.

    The longest way counts: "linear_intercept_only" is not "linear".
    """
    rest = diagnostic.removeprefix(SENSITIVITY)
    way = max((w for w in WAYS if rest.endswith(f"_{w}")), key=len, default="")
    return (rest.removesuffix(f"_{way}"), way) if way else (rest, "")


def write(way: str, slope: float) -> str:
    """Write a slope for ten points, in points or in percent as its way asks."""
    if WAYS[way].percent:
        return f"{decimal(100 * math.expm1(STEP * slope), 0, signed=True)}%"
    return points(slope)


def limits(detail: str) -> tuple[float, float] | None:
    """Read the interval that the detail of a diagnostic states; None where it states none."""
    found = _INTERVAL.search(detail)
    return (float(found[1]), float(found[2])) if found else None
