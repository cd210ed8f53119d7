"""C2 in words: the difference between kinds of programs in all, and the parts by what people did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.numbers import of_100
from reports.release import Answer
from reports.words.phrases import aside, given, listed, sentence, unanswered
from reports.words.programs_compared import WAVES, Outcome, difference, more_or_less, ranged

TOTAL, DIRECT, INDIRECT, SHARE = "total", "direct", "indirect", "share_mediated"
BY_STEPS, BY_NETWORK = "path_twelve_step_activities", "path_network_support_abstinence"
STEPS_ALONE, NETWORK_ALONE = "indirect_twelve_step_activities", "indirect_network_support_abstinence"
MAY_BE_NONE = "This may be none at all."
TERMS = {
    TOTAL: "In all",
    INDIRECT: "With activities and network together",
    BY_STEPS: "By way of 12-step activities",
    BY_NETWORK: "By way of the network",
    DIRECT: "The rest",
}
ALONE = {STEPS_ALONE: "12-step activities alone", NETWORK_ALONE: "The network alone"}
WAYS = {
    "complete_cases": "Only people with every answer",
    "attrition_weighted": "Those reached stand for those lost",
}
HOW_TO_READ = (
    "Each dot is a difference or a part of it, its line the range that fits the answers. The first row is "
    "the sum of the second and the last. The two paths add up to the second. A line that touches 0 may be "
    "nothing at all."
)
ASSUMED = (
    "This holds only if nothing hidden goes both with taking part, or with one's network, and with how "
    "people fare. Nobody was told to take part: whoever does may be doing well already. No data can check "
    "that."
)
ONE_BY_ONE = (
    "Each range stands by itself. Nothing here allows for looking at several outcomes and at many parts, so "
    "some ranges leave out 0 by chance."
)
WHAT_IS_ASKED = (
    "Six months after entry, people were asked about their 12-step activities. They were also asked how "
    "many of those around them back abstinence: their network. We split the difference a year after entry "
    "into the part that goes with these two and the rest. By path, activities come first, with the network "
    "that they bring."
)


def in_all(outcome: Outcome, wave: str, answer: Answer) -> str:
    """Say the whole difference between people of both kinds of programs."""
    if reason := unanswered(answer, f"how {outcome.many} differ in all"):
        return reason
    said = sentence(f"{outcome.label} {WAVES[wave]} on: {more_or_less(outcome, given(answer))}")
    return f"{said} This is social less clinical programs. {ranged(outcome, answer, answer.n_people)}".strip()


def part(outcome: Outcome, answer: Answer) -> str:
    """Say one part of the difference, and whether it is clear."""
    label = {**TERMS, **ALONE}[answer.term]
    if reason := unanswered(answer, label):
        return reason
    said = sentence(f"{label}: {difference(outcome, answer)}")
    return said if clear(answer) else f"{said} {MAY_BE_NONE}"


def share(outcome: Outcome, answer: Answer | None) -> str:
    """Say the share of the difference that goes with both, only where it is told; else why not."""
    if answer is None:
        return ""
    if answer.standing == "refused":
        return sentence(f"No share is given. {answer.note}")
    if reason := unanswered(answer, f"the share for {outcome.many}"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    within = "" if low is None or high is None else f"between {of_100(low)} and {of_100(high)}"
    return sentence(
        f"About {of_100(given(answer))} of every 100 parts of this go with activities and "
        f"network{aside(within)}"
    )


def clear(answer: Answer) -> bool:
    """Whether the range leaves zero out."""
    low, high = answer.ci_low, answer.ci_high
    return low is not None and high is not None and not low <= 0 <= high


def headline(outcome: Outcome, answers: Mapping[str, Answer]) -> str:
    """Give the message of a figure from the total and from the part that goes with both."""
    total, both = answers.get(TOTAL), answers.get(INDIRECT)
    if both is None or both.standing != "given":
        return f"{outcome.label}: what goes with 12-step activities and network"
    if clear(both):
        return f"{outcome.label}: part of the difference goes with 12-step activities and network"
    if total is not None and total.standing == "given" and clear(total):
        return f"{outcome.label}: there is a difference, but not enough to say what it goes with"
    return f"{outcome.label}: not enough to say whether any part goes with 12-step activities or network"


def hidden(outcome: Outcome, cancel: float | None, reach_zero: float | None) -> str:
    """Say how strong something hidden would have to be to explain the part that goes with both."""
    if cancel is None or not reach_zero:
        return ""
    return (
        "Could something hidden explain this part away? It would have to move the chance by at least "
        f"{of_100(cancel)} of 100. And its share would have to differ by as much between the kinds of "
        "program."
    )


def summary(told: Sequence[tuple[Outcome, Answer | None]]) -> str:
    """Say for which outcomes the part that goes with both is clear."""
    known = [(o, a) for o, a in told if a is not None and a.standing == "given"]
    if not known:
        return ""
    found = tuple(outcome.many for outcome, answer in known if clear(answer))
    if not found:
        return sentence(
            "Does a part of the difference go with 12-step activities and network? There is not enough to "
            "say. The part may be none at all for each outcome"
        )
    rest = "" if len(found) == len(known) else ". For the rest there is not enough to say"
    return sentence(
        f"Taken one by one, a part that goes with 12-step activities and network is clear for "
        f"{listed(found)}{rest}"
    )
