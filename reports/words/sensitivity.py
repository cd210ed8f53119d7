"""The sensitivity set in words: the same number, worked out in other ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.numbers import between, decimal
from reports.words.phrases import sentence
from reports.words.slopes import STEP, points

SENSITIVITY = "sensitivity_"  # followed by a term and one of the ways
LATENT_MEAN = "between_on_latent_mean_"  # followed by a variable: one more way for its between slope
AS_ABOVE, HEADLINE = "As above", "headline"
WHY = (
    "A finding that depends on how it was worked out is weak. Below are the same numbers, worked out in "
    "other ways."
)
AT_THE_ENDS = (
    "An answer at the top may hide how high the day was: where that is not allowed for, the figures come out "
    "smaller."
)
_ENDS = "Without allowing for answers at the ends of the scale"


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
    "autoregressive": Way(f"{_ENDS}, and letting one day resemble the next"),
    "without_least_compliant": Way("Without the people who left out the most evenings"),
    "separate": Way("With the two parts worked out apart"),
    "log": Way("In percent, by a model of the logarithm of craving", percent=True),
    "gamma": Way("In percent, by a model for skewed numbers (gamma)", percent=True),
    "latent_mean": Way(f"{_ENDS}, and comparing people's levels behind their answers"),
    "centered_at_person_mean": Way("In the usual way, each day about the person's own average"),
}


def tells_a_way(diagnostic: str) -> bool:
    """Whether a diagnostic is a number worked out in another way."""
    return diagnostic.startswith((SENSITIVITY, LATENT_MEAN))


def parts(diagnostic: str) -> tuple[str, str]:
    """Split the name of a diagnostic into its term and its way; an unknown way is part of the term.

    The longest way counts: "linear_intercept_only" is not "linear".
    """
    if diagnostic.startswith(LATENT_MEAN):
        return f"{diagnostic.removeprefix(LATENT_MEAN)}_between", "latent_mean"
    rest = diagnostic.removeprefix(SENSITIVITY)
    way = max((w for w in WAYS if rest.endswith(f"_{w}")), key=len, default="")
    return (rest.removesuffix(f"_{way}"), way) if way else (rest, "")


def write(way: str, slope: float) -> str:
    """Write a slope for ten points, in points or in percent as its way asks."""
    if WAYS[way].percent:
        return f"{decimal(100 * math.expm1(STEP * slope), 0, signed=True)}%"
    return points(slope)


def scale_of(way: str, scale: str) -> str:
    """Name the scale of a number in its way: that of the page, or of logarithms."""
    return "log points per point" if WAYS[way].percent else scale


@dataclass(frozen=True, slots=True)
class Told:
    """One number in one way: its way ("" for that of the page), its value and its range, as they stand."""

    way: str
    value: float
    low: float
    high: float

    @property
    def direction(self) -> int:
        """1 above zero, -1 below it, 0 where the range holds zero."""
        return (self.low > 0) - (self.high < 0)


def verdict(label: str, above: Told, others: Sequence[Told]) -> str:
    """Conclude from the ways of working out one number: its direction, and its size."""
    ways = (above, *others)
    if len({way.direction for way in ways}) > 1:
        clear = sum(way.direction != 0 for way in ways)
        if {way.direction for way in ways} >= {1, -1}:
            return sentence(f"{label}: the ways point in opposite directions, so nothing may be concluded")
        return sentence(
            f"{label}: this does not hold in every way; {clear} of {len(ways)} ways show a clear link, in "
            "the rest the range reaches zero"
        )
    if above.direction == 0:
        return sentence(f"{label}: no way shows a clear link")
    in_points = [way for way in ways if not (way.way and WAYS[way.way].percent)]
    lie = between(min(way.value for way in in_points), max(way.value for way in in_points), points)
    apart = [way for way in in_points if way.high < above.low or way.low > above.high]
    if not apart:
        size = f"the figures lie {lie} points, and every range meets that above" if len(in_points) > 1 else ""
        return sentence(f"{label}: the direction holds in every way{'; ' if size else ''}{size}")
    when = (
        " where the ends of the scale are not allowed for"
        if all(WAYS[way.way].ignores_the_ends for way in apart)
        else ""
    )
    smaller = all(abs(way.value) < abs(above.value) for way in apart)
    return sentence(
        f"{label}: the direction holds in every way, the size does not. The figures lie {lie} points, and it "
        f"is clearly {'smaller' if smaller else 'of another size'}{when}"
    )
