"""W2 in words: whether the link of identity and meaning differs on days with a meeting or a center visit."""

from __future__ import annotations

from dataclasses import dataclass

from reports.numbers import between, decimal, of_100
from reports.release import Answer
from reports.words.phrases import aside, given, listed, people, sentence, unanswered
from reports.words.slopes import FOR_EACH, allows, size, unclear, undecided


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a day may have: name, share of evenings, slopes without and with it, how they differ, and `level`.

    `level` is how much more meaningful days with it are.
    """

    name: str
    share: str
    difference: str
    level: str
    slopes: tuple[tuple[str, str], ...]


MEETING = Occasion(
    "a recovery meeting",
    "share_of_days_attended_meeting",
    "recovery_identity_by_attended_meeting",
    "attended_meeting_within",
    (
        ("recovery_identity_within_no_meeting_day", "Days without a recovery meeting"),
        ("recovery_identity_within_meeting_day", "Days with a recovery meeting"),
    ),
)
CENTER = Occasion(
    "a visit to a recovery center",
    "share_of_days_visited_center",
    "recovery_identity_by_visited_center",
    "visited_center_within",
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


def more_meaningful(occasion: Occasion, answer: Answer) -> str:
    """Say whether a person's days with it are more meaningful than their other days."""
    if reason := unanswered(
        answer, f"whether days with {occasion.name} are more meaningful than the same people's other days"
    ):
        return reason
    value, low, high = given(answer), answer.ci_low, answer.ci_high
    who = people(answer.n_people)
    if low is None or high is None:
        return sentence(f"Days with {occasion.name}: {_points(value)} points against other days{aside(who)}")
    if unclear(answer):
        return sentence(
            f"There is not enough to say whether days with {occasion.name} were more or less meaningful than "
            f"the same people's other days: anything from {_points(-low)} points less to {_points(high)} "
            f"points more is in keeping with the diaries{aside(who)}"
        )
    ends = (low, high) if value > 0 else (-high, -low)
    return sentence(
        f"Days with {occasion.name} were {'more' if value > 0 else 'less'} meaningful than the same people's "
        f"other days, when recovery was as much a part of who they are as usual: by about "
        f"{_points(abs(value))} points{', allowing for the end of the slider' if allows(answer) else ''}"
        f"{aside(between(*ends, _points), who)}. People choose on which days they go"
    )


def _points(number: float) -> str:
    return decimal(number, 1)


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
