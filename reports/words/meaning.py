"""W1 in words: recovery identity and the day's meaningfulness, within people and between people."""

from __future__ import annotations

from dataclasses import dataclass

from reports.numbers import decimal, of_100
from reports.release import Answer
from reports.words.phrases import given, sentence, unanswered
from reports.words.slopes import FOR_EACH, STEP, allows, size, unclear, undecided

ASKED = (
    "Each evening people marked from 0 to 100 how much being a person in recovery was part of who they are, "
    "and how meaningful the day was."
)


@dataclass(frozen=True, slots=True)
class AsGiven:
    """What people's answers did, beside the slope of a model that allows for the end of the slider.

    `slope` is that of the answers as they were given, with its range; `top` the share of evenings at the
    end of the slider. Either is None where the release does not tell it.
    """

    slope: Answer | None = None
    top: float | None = None


UNTOLD = AsGiven()


def within(answer: Answer, given_as: AsGiven = UNTOLD) -> str:
    """Say the within-person slope, the same person on different days: first what the answers did."""
    if reason := unanswered(answer, "whether days of stronger recovery identity are more meaningful days"):
        return reason
    if unclear(answer):
        return sentence(
            "We cannot tell whether days on which recovery was more a part of who people are than usual were "
            f"more or less meaningful: {FOR_EACH}, {undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    said = (
        "On days when recovery was more a part of who they are than usual, people rated the day as "
        f"{more} meaningful: {FOR_EACH}, "
    )
    if not allows(answer):
        return sentence(said + size(answer))
    if given_as.slope is None:
        told = sentence(said + size(answer, scale=False))
        return f"{told} {_beyond(given_as.top)} This figure allows for that."
    return (
        f"{sentence(said + size(given_as.slope))} {_beyond(given_as.top)} "
        f"{sentence(f'Allowing for that, we estimate {size(answer, scale=False, count=False)}')}"
    )


def _beyond(top: float | None) -> str:
    """Say what an end of the slider may hide, and on how many evenings."""
    where = "" if top is None else f", where {of_100(top)} of every 100 evenings stood"
    return f"The slider ends at 100{where}, so it may hide how good the best days were."


def how_large(spread: float | None, far: float | None) -> str:
    """Say how large the step of every figure is; empty where the release does not tell."""
    if spread is None:
        return ""
    often = "" if far is None else f"; on {of_100(far)} of every 100 evenings it lay {STEP} or more away"
    return sentence(
        f"How large are {STEP} points? A person's identity spreads over their evenings by about "
        f"{decimal(spread, 0)} points around what is usual for them (one standard deviation){often}"
    )


def between_people(answer: Answer) -> str:
    """Say the between-person slope: different people compared, never a change within a person."""
    if reason := unanswered(
        answer, "whether people who identify more with recovery have more meaningful days"
    ):
        return reason
    if unclear(answer):
        return sentence(
            "We cannot tell whether people for whom recovery was more a part of who they are than for others "
            f"rated their days as more or less meaningful: for two people {STEP} points apart, "
            f"{undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    how = ", allowing for the end of the slider" if allows(answer) else ""
    return sentence(
        "People for whom recovery was more a part of who they are than for others rated their days as "
        f"{more} meaningful: for two people {STEP} points apart{how}, {size(answer, scale=not how)}. "
        "This compares people with each other; it does not say that anyone changed"
    )


def social_less_clinical(answer: Answer) -> str:
    """Say how far the within-person slopes of two kinds of programs lie apart."""
    if reason := unanswered(answer, "whether the link is stronger in social or in clinical programs"):
        return reason
    if unclear(answer):
        return sentence(
            "There is not enough to say whether the link is stronger in social or in clinical programs: "
            f"{FOR_EACH}, {undecided(answer, up='stronger in social programs', down='weaker')}"
        )
    more = "stronger" if given(answer) > 0 else "weaker"
    return sentence(
        f"The link was {more} in social than in clinical programs: {FOR_EACH}, "
        f"{size(answer, up='more', down='less', scale=False)}. Nobody is placed in a program by chance, so "
        "the two groups may differ in other ways"
    )


def headline_by_model(answer: Answer | None) -> str:
    """Give the message of the figure by program model, from the difference of social and clinical."""
    if answer is None or answer.standing != "given":
        return "The link in programs of each kind"
    if unclear(answer):
        return "No clear difference between social and clinical programs"
    return f"The link was {'stronger' if given(answer) > 0 else 'weaker'} in social than in clinical programs"


def headline(answer: Answer | None) -> str:
    """Give the message of the figure, from the within-person slope."""
    if answer is None or answer.standing != "given":
        return "Recovery identity and the meaning of a day"
    if unclear(answer):
        return "No clear link yet between recovery identity and the meaning of a day"
    more = "more" if given(answer) > 0 else "less"
    return f"Days of stronger recovery identity were {more} meaningful days"
