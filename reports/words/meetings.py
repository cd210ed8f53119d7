"""W2 in words: whether the link of identity and meaning differs on days with a meeting or a center visit."""

from __future__ import annotations

from dataclasses import dataclass

from reports.numbers import of_100
from reports.release import Answer
from reports.words.phrases import given, listed, sentence, unanswered
from reports.words.slopes import FOR_EACH, size, unclear, undecided


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a day may have: name, share of evenings, slopes without and with it, and how they differ."""

    name: str
    share: str
    difference: str
    slopes: tuple[tuple[str, str], ...]


MEETING = Occasion(
    "a recovery meeting",
    "share_of_days_attended_meeting",
    "recovery_identity_by_attended_meeting",
    (
        ("recovery_identity_within_no_meeting_day", "Days without a recovery meeting"),
        ("recovery_identity_within_meeting_day", "Days with a recovery meeting"),
    ),
)
CENTER = Occasion(
    "a visit to a recovery center",
    "share_of_days_visited_center",
    "recovery_identity_by_visited_center",
    (
        ("recovery_identity_within_no_center_day", "Days without a visit to a recovery center"),
        ("recovery_identity_within_center_day", "Days with a visit to a recovery center"),
    ),
)
OCCASIONS = (MEETING, CENTER)


def how_common(shares: dict[str, float]) -> str:
    """Say how many of the evenings had each occasion, by its name; empty where that is not told."""
    if not shares:
        return ""
    parts = tuple(f"{of_100(share)} had {name}" for name, share in shares.items())
    return sentence(f"Of every 100 evenings, {listed(parts)}")


def difference(occasion: Occasion, answer: Answer) -> str:
    """Say how the link differs between days with and days without."""
    on_days = f"on days with {occasion.name}"
    if reason := unanswered(answer, f"whether the link is weaker or stronger {on_days} than on other days"):
        return reason
    if unclear(answer):
        return sentence(
            f"There is not enough to say whether the link was weaker or stronger {on_days} than on other "
            f"days: {FOR_EACH}, {undecided(answer, up='stronger', down='weaker')}"
        )
    weaker = "stronger" if given(answer) > 0 else "weaker"
    return sentence(
        f"The link between recovery identity and the meaning of the day was {weaker} {on_days} than on other "
        f"days: {FOR_EACH}, {size(answer, up='more', down='less', scale=False)}"
    )


def headline(answers: dict[str, Answer]) -> str:
    """Give the message of the figure, from the two differences by their terms."""
    plain = "Recovery identity and the meaning of a day, with and without a meeting or a visit"
    said = [(o, answers[o.difference]) for o in OCCASIONS if o.difference in answers]
    if not said or any(answer.standing != "given" for _, answer in said):
        return plain
    clear = [(occasion, answer) for occasion, answer in said if not unclear(answer)]
    if not clear:
        return "No clear difference by day: the link with and without a meeting or a visit"
    parts = [f"{'stronger' if given(a) > 0 else 'weaker'} on days with {o.name}" for o, a in clear]
    return f"The link was {' and '.join(parts)}"
