"""V2 in words: roles in the recovery community and taking part in the wider one, each before the other."""

from __future__ import annotations

from collections.abc import Sequence

from reports.numbers import between, count, decimal, of_100
from reports.release import Answer, Fact
from reports.words.phrases import aside, given, nobody_due, sentence, unanswered
from reports.words.ranges import direction, flipped, range_of

ROLES_FIRST, ENGAGEMENT_FIRST = "roles_to_engagement", "engagement_to_roles"
APART = "roles_first_minus_engagement_first"
PER_SD = "_per_sd"
LABELS = {ROLES_FIRST: "Roles first, then taking part", ENGAGEMENT_FIRST: "Taking part first, then roles"}
WAVES = {"": "Both intervals", "_month_6": "Entry to 6 months", "_month_12": "6 to 12 months"}
WHAT = (
    "Roles are chairing, mentoring, organizing and sponsoring. Taking part is counted in civic acts of the "
    "past 30 days: what people did for their community outside their recovery groups. People of one program "
    "are compared who were alike in both half a year before."
)
A_LINK = "What comes first need not be the reason. People with roles may differ in what we did not ask."
WAYS = {
    "complete_cases": "With those who gave every answer, and nobody else",
    "attrition_weighted": "Weighted to stand for those lost",
    "own_levels": "With a level of their own for each person",
}


FILLED_IN = "All who were due count: the answers that are missing were filled in many times over."
STEPS = ("connection", "hope", "identity", "meaning", "empowerment", "community")
STANDS_FOR = {
    "connection": "Friends and family who back abstinence",
    "meaning": "Cultural recovery capital",
    "empowerment": "Roles held",
    "community": "Civic acts",
}
NOT_ASKED = "Not asked in our interviews"
ORDER = "Some see recovery as steps that come in order. Here they are, and what stands for each."
ORDER_IS_NO_PROOF = "A clear link would fit that order. It would not prove it."


def path(term: str, answer: Answer) -> str:
    """Say what follows half a year after one more role, or one more activity; or that it cannot be told."""
    roles = term == ROLES_FIRST
    first = "one more role" if roles else "one more civic act"
    then, unit = ("civic acts in 30 days", " acts") if roles else ("roles", " roles")
    if reason := unanswered(answer, f"whether people with {first} have more {then} half a year later"):
        return reason
    way, low, high = direction(answer), answer.ci_low, answer.ci_high
    if way == 0 and low is not None and high is not None:
        return (
            f"We cannot tell whether people with {first} have more {then} half a year later. Between "
            f"{_two(abs(low))} fewer and {_two(high)} more {then} fits the answers."
        )
    more = "more" if given(answer) > 0 else "fewer"
    shown = answer if given(answer) > 0 else flipped(answer)
    return (
        f"Half a year later, people with {first} had {_two(abs(given(answer)))} {more} {then}. "
        f"{range_of(shown, _two, unit)}"
    )


def apart(answer: Answer) -> str:
    """Say which comes first more strongly, or that this cannot be told."""
    if reason := unanswered(answer, "which of the two comes first more strongly"):
        return reason
    way = direction(answer)
    if way == 0:
        return "Which of the two comes first more strongly cannot be told."
    first, other = ("roles", "taking part") if way > 0 else ("taking part", "roles")
    return f"Of the two, {first} come before {other} more strongly than the other way round."


def brief(term: str, answer: Answer) -> str:
    """Say one path in standard steps on a line."""
    label = LABELS[term]
    if reason := unanswered(answer, label):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, signed)
    return sentence(f"{label}: {signed(given(answer))} steps for each step{aside(ends)}")


def headline(answers: Sequence[tuple[str, Answer]]) -> str:
    """Give the message of the figure."""
    clear = [term for term, a in answers if direction(a) > 0]
    if len(clear) == len(answers) and answers:
        return "Roles go before taking part, and taking part goes before roles"
    if clear == [ROLES_FIRST]:
        return "People with more roles took part more half a year later"
    if clear == [ENGAGEMENT_FIRST]:
        return "People who took part more had more roles half a year later"
    return "Roles and taking part, each before the other"


def finding(answer: Answer) -> str:
    """Give the finding of the front page."""
    return f"{path(ROLES_FIRST, answer)} {A_LINK}"


def steps(links: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Say of each step of the order what stands for it, or that it is not asked."""
    asked = {step for link in links for step in link}
    return tuple((s.capitalize(), STANDS_FOR[s] if s in asked else NOT_ASKED) for s in STEPS)


def order(clear: Sequence[bool]) -> str:
    """Say how many links of the order are clear."""
    of = f"{len(clear)} link{'' if len(clear) == 1 else 's'} in that order"
    if not any(clear):
        return f"We can look at {of}. None is clear."
    rest = "" if all(clear) else " For the rest we cannot tell."
    return f"We can look at {of}. {sum(clear)} {'is' if sum(clear) == 1 else 'are'} clear.{rest}"


def heard(halves: Sequence[tuple[Fact | None, Fact | None]]) -> str:
    """Say of each half year how many were due at both its ends, and how many of them answered both times."""
    said = []
    for (due, answered), ends in zip(
        halves, ("at entry and 6 months later", "after 6 and 12 months"), strict=True
    ):
        if due is None or answered is None or due.value is None or answered.value is None:
            continue
        if due.value == 0:
            said.append(sentence(nobody_due(f"interviews {ends}")))
            continue
        rate = of_100(answered.value / due.value)
        said.append(
            f"Due {ends} were {count(due.value)} people; {count(answered.value)} answered both times "
            f"({rate} of every 100)."
        )
    due_at_all = any(due is not None and due.value for due, _ in halves)
    return " ".join([*said, FILLED_IN] if due_at_all else said)


def signed(value: float) -> str:
    """Write a path with its sign."""
    return decimal(value, 2, signed=True)


def _two(value: float) -> str:
    return decimal(value, 2)
