"""A1 in words: days to first use after detoxification, by support from friends and by link to care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.numbers import between, days, decimal, of_100, times
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, unanswered

STEP_UP = (
    "A step up in support is one standard deviation: the usual distance between people's answers and their "
    "average."
)
A_STEP = "each step up in support"
FRIENDS, CARE = "support from friends", "link to primary care"


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a hazard ratio is said: of whom, against what, and its label in a chart."""

    subject: str
    against: str
    label: str


_ALIKE = ", among people alike in sex and main substance"
_SUPPORT = Contrast(
    "people with more support from friends",
    f"for {A_STEP}",
    "More support from friends, for each step up",
)
_LINK = Contrast(
    "people linked to primary care",
    "compared with people not linked so far",
    "Linked to primary care, against people not linked so far",
)
CONTRASTS = {
    "friend_support_per_sd": _SUPPORT,
    "friend_support_per_sd_adjusted": Contrast(
        _SUPPORT.subject, _SUPPORT.against + _ALIKE, _SUPPORT.label + _ALIKE
    ),
    "linked_to_care": _LINK,
    "linked_to_care_adjusted": Contrast(
        _LINK.subject, f"{_LINK.against}{_ALIKE} and in support", f"{_LINK.label}{_ALIKE} and in support"
    ),
    "assigned_to_intervention": Contrast(
        "people whom chance assigned to the clinic visit",
        "compared with people assigned to usual care",
        "Assigned by chance to the clinic visit, against usual care",
    ),
}
CURVES = {
    "lower_friend_support": "lower support from friends",
    "higher_friend_support": "higher support from friends",
}


def contrast(term: str) -> Contrast:
    """Return how a term is said; a term without words of its own is said by its name."""
    name = term.replace("_", " ")
    return CONTRASTS.get(term, Contrast(f"the group “{name}”", "compared with the others", name.capitalize()))


def group_of(name: str) -> str:
    """Say what a curve or a median is grouped by, from its name."""
    return CARE if "linked" in name else FRIENDS


def curve_name(name: str) -> str:
    """Say the group of a curve or of a median."""
    group = name.removeprefix("median_days_")
    return CURVES.get(group, group.replace("_", " "))


def rate(answer: Answer, step: float | None = None) -> str:
    """Say a hazard ratio as how common first use was at any one time: an association between people.

    `step` is the size of a step up in support, in points, where it is known.
    """
    said = contrast(answer.term)
    if step is not None:
        said = replace(said, against=said.against.replace(A_STEP, f"each {as_points(step)} more support"))
    if reason := unanswered(answer, f"whether {said.subject} used again earlier or later than others"):
        return reason
    size = f"{times(given(answer))} times as common {said.against}"
    low, high = answer.ci_low, answer.ci_high
    if low is None or high is None:
        return sentence(
            f"Among {said.subject}, first use was {size} at any one time{aside(people(answer.n_people))}"
        )
    if low <= 1 <= high:
        return sentence(
            f"We found no clear sign that {said.subject} used again earlier or later than others: the "
            f"figures fit anything from {_percent_off(low)} to {_percent_off(high)} at any one time, "
            f"{said.against}{aside(people(answer.n_people))}"
        )
    basis = aside(f"{between(low, high, times)} times", people(answer.n_people))
    less = "less" if given(answer) < 1 else "more"
    return sentence(f"Among {said.subject}, first use was {less} common at any one time: {size}{basis}")


def as_points(step: float) -> str:
    """Write the size of a step: "4.0 points"."""
    return f"{decimal(step, 1)} points"


def _percent_off(ratio: float) -> str:
    """Say a ratio as percent less or more first use; above three times as many, as times."""
    if ratio > 3:
        return f"{times(ratio)} times as much first use"
    return f"{decimal(100 * abs(ratio - 1), 0)} percent {'less' if ratio < 1 else 'more'} first use"


def median(answer: Answer) -> str:
    """Say the day by which half of a group had used again."""
    group = f"people with {curve_name(answer.term)}"
    if reason := unanswered(answer, f"by which day half of the {group} had used again"):
        return reason
    span = ""
    if answer.ci_low is not None:
        span = f"at least {decimal(answer.ci_low, 0)} days"
    if answer.ci_low is not None and answer.ci_high is not None:
        span = f"{between(answer.ci_low, answer.ci_high, lambda value: decimal(value, 0))} days"
    basis = aside(span, people(answer.n_people))
    return sentence(f"Half of the {group} had used again by {days(given(answer))}{basis}")


def by_then(curve: str, share: float, low: float | None, high: float | None, day: float) -> str:
    """Say a point of a curve: how many of a group had used again by a day."""
    span = "" if low is None or high is None else f"{between(low, high, of_100)} of 100"
    return sentence(
        f"Of every 100 people {_of(curve)}, {of_100(share)} had used again by day "
        f"{decimal(day, 0)}{aside(span)}"
    )


def brief(answer: Answer) -> str:
    """Say one of many hazard ratios shortly."""
    label = contrast(answer.term).label
    if reason := unanswered(answer, label):
        return reason
    low, high = answer.ci_low, answer.ci_high
    span = "" if low is None or high is None else between(low, high, times)
    return sentence(f"{label}: {times(given(answer))} times as common{aside(span)}")


def headline(answers: Sequence[Answer]) -> str:
    """Give the message of the figure from the hazard ratios that the page is about."""
    shown = [a for a in answers if a.standing == "given" and a.ci_low is not None and a.ci_high is not None]
    if not shown or len(shown) < len(answers):
        return "Days to first use after detoxification"
    unclear = [a for a in shown if (a.ci_low or 0.0) <= 1 <= (a.ci_high or 0.0)]
    if len(unclear) == len(shown):
        return f"No clear difference by {' or by '.join(group_of(a.term) for a in shown)}"
    clear = next(a for a in shown if a not in unclear)
    subject = contrast(clear.term).subject
    return sentence(f"{subject} went {'longer' if given(clear) < 1 else 'less long'} before first use")[:-1]


def _of(curve: str) -> str:
    said = curve_name(curve)
    return f"with {said}" if curve in CURVES else f"{said} and without any use until then"
