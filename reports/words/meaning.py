"""W1 in words: recovery identity and the day's meaningfulness, within people and between people."""

from __future__ import annotations

from reports.numbers import MINUS, between, decimal
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, unanswered

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
            "We cannot tell whether days on which people identified more with recovery than they usually do "
            f"were more or less meaningful: for each {STEP} points, {_undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    return sentence(
        "On days when people identified more with recovery than they usually do, they rated the day as "
        f"{more} meaningful: for each {STEP} points of identity, {_size(answer)}"
    )


def between_people(answer: Answer) -> str:
    """Say the between-person slope: different people compared, never a change within a person."""
    if reason := unanswered(
        answer, "whether people who identify more with recovery have more meaningful days"
    ):
        return reason
    if _unclear(answer):
        return sentence(
            "We cannot tell whether people who identified more with recovery than other people rated their "
            f"days as more or less meaningful: for two people {STEP} points apart, {_undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    return sentence(
        f"People who identified more with recovery than other people rated their days as {more} meaningful: "
        f"for two people {STEP} points apart, {_size(answer)}. "
        "This compares people with each other; it does not say that anyone changed"
    )


def headline(answer: Answer | None) -> str:
    """Give the message of the figure, from the within-person slope."""
    if answer is None or answer.standing != "given":
        return "Recovery identity and the meaning of a day"
    if _unclear(answer):
        return "No clear link yet between recovery identity and the meaning of a day"
    more = "more" if given(answer) > 0 else "less"
    return f"Days of stronger recovery identity were {more} meaningful days"
