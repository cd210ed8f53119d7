"""How a figure that others published is written: in its own digits, or in its own words."""

from __future__ import annotations

import re

from reports.numbers import NOTHING, as_published, published_percent, writer
from reports.release import Published

_WORDS = re.compile(r"[Pp]ublished in words(?:: | as (?:an? )?)([^.;,]+)")
_EITHER = "percentage points"  # in a note: the account leaves open which of the two it means
_ROUND = {"at_least": "at least ", "about": "about "}
_CITED = {  # how a bare number is said where no column names its unit
    "alpha": "Alpha {}",
    "odds ratio": "{} times the odds",
    "hazard ratio": "{} times as common at any one time",
    "ratio of scores": "{} times the score",
    "percentage points of days": "{} of every 100 days",
}
Z = 1.96  # standard errors on each side of a published value: a range of 95 in 100, as ours are


def figure(p: Published) -> str:
    """Write a published figure: in the words it was published in where it has no more than words."""
    if p.value is None:
        return NOTHING
    return in_words(p.note) or _ROUND.get(p.value_is or "", "") + _digits(p, p.value)


def cited(p: Published) -> str:
    """Write a published figure that stands alone: with the unit that a column would name."""
    return _CITED.get(p.scale, "{}").format(figure(p)) if p.value is not None else figure(p)


def in_words(note: str | None) -> str:
    """Find in a note the words in which a figure was published; empty where it was published in digits."""
    found = _WORDS.search(note or "")
    return found[1].strip() if found else ""


def _digits(p: Published, value: float) -> str:
    text = as_published(value)
    if p.scale == "percent":
        signed = text if value < 0 else f"+{text}"
        return f"{signed} (percent or points: not clear)" if _EITHER in (p.note or "") else f"{signed}%"
    if p.scale in ("probability", "proportion"):
        return published_percent(value)
    if p.scale == "years":
        return f"{text} {'year' if text == '1' else 'years'}"
    return f"{text} times as many" if p.scale == "ratio" else writer(p.scale)(value)


def interval(p: Published) -> tuple[float, float] | tuple[None, None]:
    """Work out the range of a published value from its standard error; none where none was published."""
    if p.value is None or p.std_error is None:
        return None, None
    return p.value - Z * p.std_error, p.value + Z * p.std_error
