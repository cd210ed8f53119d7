"""Ranges in short sentences: how sure a number is and on how many people it rests, under eighth grade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.numbers import between, of_100
from reports.release import Answer
from reports.words.phrases import people, sentence

Writer = Callable[[float], str]
NOT_REACHED = "upper limit not reached"


def range_of(answer: Answer, write: Writer, unit: str = "", *, whom: str = "") -> str:
    """Say the range of an answer, and its people, in a sentence of its own.

    As in "The range is between 46 and 57 of 100, from 598 people." An upper end that was not reached is said
    so. `whom` follows the people.
    """
    said = people(answer.n_people)
    if said and whom:
        said = f"{said} {whom}"
    rests = sentence(f"It rests on {said}") if said else ""
    ends = _ends(answer.ci_low, answer.ci_high, write, unit)
    if not ends:
        return rests
    if answer.ci_low is None or answer.ci_high is None:
        return " ".join(text for text in (sentence(f"The range is {ends}"), rests) if text)
    return sentence(f"The range is {ends}" + (f", from {said}" if said else ""))


def share_range_of(answer: Answer, *, whom: str = "") -> str:
    """Say the range of a share as people of every hundred."""
    return range_of(answer, of_100, " of 100", whom=whom)


def _ends(low: float | None, high: float | None, write: Writer, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None or low is None:
        known = low if high is None else high
        assert known is not None
        return f"from {write(known)}{unit}; {NOT_REACHED}" if high is None else f"up to {write(known)}{unit}"
    return f"{between(low, high, write)}{unit}"


def flipped(answer: Answer) -> Answer:
    """Return an answer below zero as its size: the range of a fall in rising order."""
    low, high = answer.ci_low, answer.ci_high
    return replace(
        answer,
        estimate=None if answer.estimate is None else -answer.estimate,
        ci_low=None if high is None else -high,
        ci_high=None if low is None else -low,
    )


def direction(answer: Answer, none: float = 0.0) -> int:
    """Give 1 where the whole range lies above `none`, -1 below it, 0 where it holds it or is not there."""
    low, high = answer.ci_low, answer.ci_high
    if answer.standing != "given":
        return 0
    return int(low is not None and low > none) - int(high is not None and high < none)
