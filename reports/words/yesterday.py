"""W4 in words: what of yesterday goes with today, between recovery identity and the meaning of the day."""

from __future__ import annotations

from reports.release import Answer
from reports.words.phrases import given, sentence, unanswered
from reports.words.slopes import FOR_EACH, brief, size, unclear, undecided

MEANING, IDENTITY = "meaningfulness", "recovery_identity"
IDENTITY_FIRST = (MEANING, "yesterday_recovery_identity_within")
MEANING_FIRST = (IDENTITY, "yesterday_meaningfulness_within")
SAME_DAY = (MEANING, "today_recovery_identity_within")
LABELS = {
    IDENTITY_FIRST: "Meaning of the day, by recovery identity of the day before",
    MEANING_FIRST: "Recovery identity of the day, by meaning of the day before",
    SAME_DAY: "Meaning of the day, by recovery identity of the same day",
    (MEANING, "yesterday_meaningfulness_within"): "Meaning of the day, by meaning of the day before",
    (IDENTITY, "yesterday_recovery_identity_within"): (
        "Recovery identity of the day, by recovery identity of the day before"
    ),
}


def meaning_after(answer: Answer) -> str:
    """Say how meaningful the day after a day of stronger identity was, after equally meaningful days."""
    if reason := unanswered(
        answer, "whether the day after a day of stronger recovery identity is more meaningful"
    ):
        return reason
    if unclear(answer):
        return sentence(
            "There is not enough to say whether the day after a day of stronger recovery identity was more "
            f"or less meaningful than the day after another, equally meaningful day: {FOR_EACH}, "
            f"{undecided(answer)}"
        )
    more = "more" if given(answer) > 0 else "less"
    return sentence(
        "The day after a day of stronger recovery identity was "
        f"{more} meaningful than the day after another, equally meaningful day: {FOR_EACH}, {size(answer)}"
    )


def identity_after(answer: Answer) -> str:
    """Say how strong identity was on the day after a meaningful day, after days of equal identity."""
    if reason := unanswered(
        answer, "whether recovery identity is stronger on the day after a meaningful day"
    ):
        return reason
    if unclear(answer):
        return sentence(
            "The other way round, there is not enough to say whether recovery identity was stronger or "
            f"weaker on the day after a more meaningful day: {FOR_EACH}, {undecided(answer)}"
        )
    stronger = "stronger" if given(answer) > 0 else "weaker"
    return sentence(
        f"The other way round, recovery identity was {stronger} on the day after a more meaningful day than "
        f"after another day of the same identity: {FOR_EACH}, {size(answer)}"
    )


def same_day(answer: Answer) -> str:
    """Say the link on the same day, once what the day before carried over is taken out."""
    return brief("On the same day, once what the day before carried over is taken out", answer)


def headline(answer: Answer | None) -> str:
    """Give the message of the figure, from the slope of meaning on yesterday's identity."""
    if answer is None or answer.standing != "given":
        return "Yesterday's recovery identity and the meaning of today"
    if unclear(answer):
        return "No clear link yet between yesterday's recovery identity and the meaning of today"
    more = "more" if given(answer) > 0 else "less"
    return f"Days after stronger recovery identity were {more} meaningful"
