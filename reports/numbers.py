"""How every number of the report is written: the one place that rounds, half up.

In a sentence a share is "35 of every 100 people" and a range is "between 30 and 40"; in a table it is
"35%" and "30% to 40%". Nothing here changes a number beyond its rounding and its unit. A figure that
others published keeps the digits they gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from models.estimate import SHARE, SHARE_DIFFERENCE

NOTHING = "–"  # an empty cell, read as "no number"
MINUS = "−"
WORKED_OUT_OTHERWISE = 1e-9  # a difference farther than this from that of its two shares
KEEP = "\u00a0"  # a space at which no line breaks


def count(value: float | None) -> str:
    """Write a count with thousands separators; a dash where there is none."""
    return NOTHING if value is None else f"{int(value):,}"


def decimal(value: float, digits: int, *, signed: bool = False) -> str:
    """Round half up to `digits` places, with a real minus sign; `signed` also writes the plus. Never "−0".

    The value is read as the shortest decimal of 12 figures, so that 0.165 is the half it was written as
    and not the binary fraction just beside it.
    """
    rounded = _exact(value).copy_abs().quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if not any(figure in text for figure in "123456789"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def as_published(value: float) -> str:
    """Write a number with the digits it was published with: 43.3, 0.79, 35."""
    text = f"{_exact(value).copy_abs().normalize():,f}"
    return (MINUS if value < 0 else "") + text


def of_100(share: float, digits: int = 0) -> str:
    """Write a share (0 to 1) as so many of every 100, without claiming a none or an all that is not so."""
    if digits == 0 and 0 < share < 0.005:
        return "fewer than 1"
    if digits == 0 and 0.995 < share < 1:
        return "more than 99"
    return decimal(100 * share, digits)


def agreeing(first: float, second: float, difference: float) -> tuple[int, float]:
    """Return to how many places of 100 two shares and their difference are written, and the difference so.

    Rounded each for itself, 75 less 7 can be 69. Whole numbers are written where they agree, one place
    otherwise; where that does not agree either, the difference is that of the two numbers as written, which
    is off by less than a tenth of 100. A difference that was worked out otherwise than by taking one share
    from the other is written whole, as it is.
    """
    if abs(first - second - difference) > WORKED_OUT_OTHERWISE or _rounded_apart(
        first, second, 0
    ) == _rounded(100 * difference, 0):
        return 0, difference
    return 1, float(_rounded_apart(first, second, 1)) / 100


def published_of_100(share: float) -> str:
    """Write a published share (0 to 1) as so many of every 100, with the digits it was published with."""
    return as_published(100 * share)


def published_percent(share: float) -> str:
    """Write a published share (0 to 1) as percent, with the digits it was published with."""
    return f"{published_of_100(share)}%"


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """Say a range: "between 30 and 40"; where both ends round to the same text, "close to" it."""
    first, last = write(low), write(high)
    return f"between {first} and {last}" if first != last else f"very close to {first}"


def percent(share: float) -> str:
    """Write a share (0 to 1) for a table: whole percent, one decimal within 1 percent of none or all."""
    edge = 0 < share < 0.01 or 0.99 < share < 1
    return f"{decimal(100 * share, 1 if edge else 0)}%"


def percentage_points(difference: float) -> str:
    """Write a difference of two shares for a table, with its sign."""
    return f"{decimal(100 * difference, 0, signed=True)} points"


def times(ratio: float) -> str:
    """Write a ratio: two decimals, one from 10 on."""
    return decimal(ratio, 2 if abs(ratio) < 10 else 1)


def days(value: float) -> str:
    """Write whole days."""
    text = decimal(value, 0)
    return f"{text} {'day' if text == '1' else 'days'}"


def p_value(value: float | None) -> str:
    """Write a p-value: three decimals, "less than 0.001" under that."""
    if value is None:
        return NOTHING
    return "less than 0.001" if value < 0.001 else decimal(value, 3)


def writer(scale: str) -> Callable[[float], str]:
    """Return how a table writes numbers of this `scale` (`results.estimates.scale`)."""
    known: dict[str, Callable[[float], str]] = {
        "percentage points": percentage_points,
        SHARE_DIFFERENCE: percentage_points,
        SHARE: percent,
        "proportion": percent,
        "percent": lambda value: f"{decimal(value, 0, signed=True)}%",
        "ratio": times,
        "hazard ratio": times,
        "odds ratio": times,
        "days": days,
    }
    return known.get(scale, lambda value: decimal(value, 2))


def interval(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Write an interval for a table, kept on one line: "30% to 40%"; a dash where there is none.

    An end that no time reached is said so: "from 3.5 years; upper limit not reached".
    """
    if low is None and high is None:
        return NOTHING
    if low is None or high is None:
        return half_open(low, high, write)
    return f"{write(low)} to {write(high)}".replace(" ", KEEP)


def half_open(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Say a range of which one end alone is known."""
    if low is not None:
        return f"from {write(low)}; upper limit not reached"
    return NOTHING if high is None else f"up to {write(high)}; no lower limit"


def kilobytes(size: int) -> str:
    """Write the size of a download in whole kB, at least 1."""
    return f"{max(1, round(size / 1000)):,} kB"


def _rounded_apart(first: float, second: float, digits: int) -> Decimal:
    return _rounded(100 * first, digits) - _rounded(100 * second, digits)


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(decimal(value, digits).replace(MINUS, "-").replace(",", ""))


def _exact(value: float) -> Decimal:
    return Decimal(f"{value:.12g}")
