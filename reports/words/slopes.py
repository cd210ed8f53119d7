"""Slopes in words: for each ten points, with direction, range and people; or that the diaries cannot tell.

Every slope of the diary is in points of one slider for each point of another, both from 0 to 100.
"""

from __future__ import annotations

from reports.numbers import MINUS, as_published, between, decimal
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, unanswered

STEP = 10  # points of the first slider in every sentence and axis; the model's slope is per 1 point
FOR_EACH = f"for each {STEP} points"


def points(slope: float) -> str:
    """Write a slope for ten points."""
    return decimal(STEP * slope, 1)


def unclear(answer: Answer) -> bool:
    """Whether the range holds zero: no direction may be said."""
    return answer.ci_low is not None and answer.ci_high is not None and answer.ci_low <= 0 <= answer.ci_high


def allows(answer: Answer) -> bool:
    """Whether the model allows for the ends of the slider: its slope is not that of the answers as given."""
    return "Tobit" in answer.method


def size(
    answer: Answer, *, up: str = "higher", down: str = "lower", scale: bool = True, count: bool = True
) -> str:
    """Say the slope for ten points with its direction in words, its range and, with `count`, the people."""
    value, low, high = given(answer), answer.ci_low, answer.ci_high
    of = " on a scale of 0 to 100" if scale else ""
    who = people(answer.n_people) if count else ""
    said = f"about {points(abs(value))} points {up if value > 0 else down}{of}"
    if low is None or high is None:
        return said + aside(who)
    ends = (low, high) if value >= 0 else (-high, -low)
    return said + aside(between(*ends, points), who)


def undecided(answer: Answer, *, up: str = "higher", down: str = "lower") -> str:
    """Say all that fits the diaries, where that includes no link."""
    low, high = answer.ci_low or 0.0, answer.ci_high or 0.0
    fewer, more = points(low).removeprefix(MINUS), points(high)
    return (
        f"anything from {fewer} points {down} to {more} points {up} is in keeping with the diaries"
        f"{aside(people(answer.n_people))}"
    )


def brief(label: str, answer: Answer) -> str:
    """Say one of several slopes shortly; the sentence before the list says what they are."""
    if reason := unanswered(answer, label):
        return reason
    low, high = answer.ci_low, answer.ci_high
    span = "" if low is None or high is None else between(low, high, points)
    count = people(answer.n_people)
    return sentence(f"{label}: {points(given(answer))} points for each {STEP}{aside(span, count)}")


def published_points(slope: float, std_error: float | None = None) -> str:
    """Write a slope that others published, for ten points, in their own digits, with its standard error."""
    error = "" if std_error is None else f"standard error {as_published(STEP * std_error)}"
    return f"{as_published(STEP * slope)} points for each {STEP}{aside(error)}"


def published(label: str, slope: float, low: float | None, high: float | None) -> str:
    """Say a slope that others published, for ten points, with the range that we worked out."""
    span = "" if low is None or high is None else between(low, high, points)
    return sentence(f"{label}, published by others: {published_points(slope)}{aside(span)}")
