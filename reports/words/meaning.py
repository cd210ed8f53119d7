"""W1 in words: recovery identity and the day's meaningfulness, within people and between people."""

from __future__ import annotations

from reports.numbers import MINUS, as_published, between, decimal
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, unanswered

ASKED = (
    "Each evening people marked from 0 to 100 how much being a person in recovery was part of who they are, "
    "and how meaningful the day was."
)
STEP = 10  # points of recovery identity in every sentence and axis; the model's slope is per 1 point


def _points(slope: float) -> str:
    return decimal(STEP * slope, 1)


def _unclear(answer: Answer) -> bool:
    return answer.ci_low is not None and answer.ci_high is not None and answer.ci_low <= 0 <= answer.ci_high


def _size(answer: Answer) -> str:
    """Say the slope for ten points with its direction in words, its range and the people."""
    low, high = answer.ci_low, answer.ci_high
    higher = "higher" if given(answer) > 0 else "lower"
    size = f"about {_points(abs(given(answer)))} points {higher} on a scale of 0 to 100"
    if low is None or high is None:
        return size + aside(people(answer.n_people))
    ends = (low, high) if given(answer) >= 0 else (-high, -low)
    return size + aside(between(*ends, _points), people(answer.n_people))


def _undecided(answer: Answer) -> str:
    low, high = answer.ci_low or 0.0, answer.ci_high or 0.0
    fewer, more = _points(low).removeprefix(MINUS), _points(high)
    return (
        f"anything from {fewer} points lower to {more} points higher is in keeping with the diaries"
        f"{aside(people(answer.n_people))}"
    )


def within(answer: Answer) -> str:
    """Say the within-person slope: the same person on different days."""
    if reason := unanswered(answer, "whether days of stronger recovery identity are more meaningful days"):
        return reason
    if _unclear(answer):
        return sentence(
            "We cannot tell whether days on which recovery was more a part of who people are than usual were "
            f"more or less meaningful: for each {STEP} points, {_undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    return sentence(
        "On days when recovery was more a part of who they are than usual, people rated the day as "
        f"{more} meaningful: for each {STEP} points, {_size(answer)}"
    )


def between_people(answer: Answer) -> str:
    """Say the between-person slope: different people compared, never a change within a person."""
    if reason := unanswered(
        answer, "whether people who identify more with recovery have more meaningful days"
    ):
        return reason
    if _unclear(answer):
        return sentence(
            "We cannot tell whether people for whom recovery was more a part of who they are than for others "
            f"rated their days as more or less meaningful: for two people {STEP} points apart, "
            f"{_undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    return sentence(
        "People for whom recovery was more a part of who they are than for others rated their days as "
        f"{more} meaningful: for two people {STEP} points apart, {_size(answer)}. "
        "This compares people with each other; it does not say that anyone changed"
    )


def published(label: str, slope: float, low: float | None, high: float | None) -> str:
    """Say a slope that others published, for ten points, with the range that we worked out."""
    span = "" if low is None or high is None else between(low, high, _points)
    return sentence(
        f"{label}, published by others: {as_published(STEP * slope)} points for each {STEP}{aside(span)}"
    )


def headline(answer: Answer | None) -> str:
    """Give the message of the figure, from the within-person slope."""
    if answer is None or answer.standing != "given":
        return "Recovery identity and the meaning of a day"
    if _unclear(answer):
        return "No clear link yet between recovery identity and the meaning of a day"
    more = "more" if given(answer) > 0 else "less"
    return f"Days of stronger recovery identity were {more} meaningful days"
