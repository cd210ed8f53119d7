"""M1 in words: whether help in a house goes both ways ("in service") or one way (a service)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.numbers import agreeing, between, count, decimal, of_100, percent
from reports.release import Answer, Fact
from reports.words.phrases import aside, given, sentence, unanswered
from reports.words.ranges import direction, range_of, share_range_of

RECIPROCITY, BEYOND, BOTH = "reciprocity", "reciprocity_beyond_chance", "share_give_and_receive"
SPREAD, INDEX = "balance_spread", "in_service_index"
CHANCE = "reciprocity_by_chance"
PARTS = {
    "in_service_part_reciprocity": "Both ways, from chance to all",
    "in_service_part_give_and_receive": "Give and receive",
    "in_service_part_balance": "In balance",
}
KINDS = {
    "": "All programs",
    "_in_social_programs": "Social programs",
    "_in_mixed_programs": "Mixed programs",
    "_in_clinical_programs": "Clinical programs",
}
WAVES = {"month_12": "12 months", "month_6": "6 months"}  # the first that is answered is told
ASKED = "People named who of their house had helped them. Only people who were both asked count."
PAIRS = "A pair counts where one of the two helped the other, or both did."
BY_CHANCE = (
    "By chance means: each helps as many people as they told, and is helped by as many. Only who helps whom "
    "is drawn by lot."
)
WEIGHTS = (
    "The index is the mean of its three parts. That each part counts the same is a choice. Both ways is 0 "
    "where pairs help each other as often as by chance, and 100 where all pairs do. So it is not the number "
    "of pairs beyond chance that is told above. In balance is 100 where all give as much as they receive, "
    "and 0 where nobody does both."
)
SPREAD_SAID = (
    "In balance is told as above: 100 where all give as much as they receive, 0 where nobody does both."
)
CORRELATION = "A correlation runs from −1 to 1, and 0 is no link."
OTHER_PEOPLE = "These are partly other people and other pairs, so the two times are not compared."
NO_MAP = "Who helped whom is not drawn: a map of a small house would give people away."
FEW = "We looked for {} such links, over few programs. Looked at together, this one may be chance."
ORDER = "{} programs can be set in order. Each is set among those of its own kind."
ENTRY = "That year counts from entry on, so part of it came before people were asked who helps them."
NEXT_TO_NONE = 0.005  # of a correlation: written with two places it would be 0.00
CLEAR = 0.05  # of a p value after the allowance for all links looked at
REMISSION = f"{INDEX}_with_sustained_remission"
LINKS = {
    f"{INDEX}_with_barc10_change": "recovery capital since entry",
    REMISSION: "reaching a full year without use",
}
DIARY = {
    "evenings_give_and_receive": "Evenings on which people both gave and received help",
    "evenings_balance_spread": "In balance, by evenings with help given and received",
    "giving_with_receiving_within": (
        "How much more often, of 100 evenings, the same people gave help when they received it than when not"
    ),
}
DIARY_WRITERS: dict[str, Callable[[float], str]] = {
    "evenings_give_and_receive": percent,
    "evenings_balance_spread": lambda spread: decimal(100 * (1 - spread), 0),
    "giving_with_receiving_within": lambda share: decimal(100 * share, 0, signed=True),
}
WAYS = {
    "stays_overlapped": "With people who were in the house at the same time",
    "whoever_entered_when": "As if all of a house could know each other, which makes chance look too small",
    "independent_ties": "By a formula, without networks drawn by chance",
}
KNOWN_OFF = ("whoever_entered_when",)


def agreed(pairs: Answer | None, chance: Fact | None, above: Answer | None) -> tuple[int, float | None]:
    """To how many places pairs, chance and what lies beyond are written so that they agree, and the last."""
    beyond_ = None if above is None else above.estimate
    if pairs is None or pairs.estimate is None or chance is None or chance.value is None or beyond_ is None:
        return 0, beyond_
    return agreeing(pairs.estimate, chance.value, beyond_)


def both_ways(answer: Answer, chance: Fact | None, above: Answer | None = None) -> str:
    """Say how many pairs help each other, beside chance; `above` is the difference where it is told too."""
    if reason := unanswered(answer, "how many pairs help each other"):
        return reason
    digits, _ = agreed(answer, chance, above)
    pairs = of_100(given(answer), digits)
    said = f"Of every 100 pairs with help, {pairs} help each other. {share_range_of(answer)}"
    if chance is None or chance.value is None:
        return said
    return f"{said} By chance it would be about {of_100(chance.value, digits)}."


def beyond(answer: Answer, pairs: Answer | None = None, chance: Fact | None = None) -> str:
    """Say whether more pairs help each other than by chance; it agrees with `pairs` and `chance` as told."""
    if reason := unanswered(answer, "whether help is mutual beyond chance"):
        return reason
    way = direction(answer)
    if way == 0:
        return f"That may be chance. {range_of(answer, _points, ' of 100 more')}"
    more = "more" if way > 0 else "fewer"
    digits, apart = agreed(pairs, chance, answer)
    size = abs(given(answer) if apart is None else apart)
    return f"That is {decimal(100 * size, digits)} of 100 {more} than chance.{_span(answer)}"


def give_and_receive(answer: Answer) -> str:
    """Say how many people both give and receive."""
    if reason := unanswered(answer, "how many people both give and receive help"):
        return reason
    return (
        f"Of every 100 people who helped or were helped, {of_100(given(answer))} did both. "
        f"{share_range_of(answer)}"
    )


def difference(answer: Answer, above: Answer | None = None) -> str:
    """Say whether help is mutual more often in social than in clinical programs; never why.

    `above` is the same of what lies beyond chance: where more is given, more is returned by chance alone.
    """
    if reason := unanswered(answer, "whether help is mutual more often in social programs"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    tail = f"{_difference_beyond(above)}People of the two kinds of program may differ in other ways."
    if direction(answer) == 0 and low is not None and high is not None:
        return (
            "We cannot tell whether help goes both ways more often in social than in clinical programs. "
            f"Between {_signed(low)} and {_signed(high)} of 100 fits the answers. {tail}"
        )
    more = "more" if given(answer) > 0 else "fewer"
    return (
        f"Of 100 pairs, {_points(abs(given(answer)))} {more} help each other in social programs than in "
        f"clinical ones.{_span(answer)} {tail}"
    )


def _difference_beyond(above: Answer | None) -> str:
    if above is None or above.standing != "given":
        return ""
    low, high = above.ci_low, above.ci_high
    start = "Where more people are helped, more help is returned by chance alone. Beyond chance,"
    if direction(above) == 0:
        ends = (
            "" if low is None or high is None else f": between {_signed(low)} and {_signed(high)} of 100 fits"
        )
        return f"{start} a difference cannot be told{ends}. "
    more = "more" if given(above) > 0 else "fewer"
    return f"{start} it is {_points(abs(given(above)))} {more}.{_span(above)} "


def link(answer: Answer, with_what: str, looked_for: int = 1, allowed: Fact | None = None) -> str:
    """Say whether programs with more mutual help are those whose people fare better.

    `looked_for` is how many such links the release asks about, `allowed` the p value after the allowance for
    them: a link is told only where both it and the range say so.
    """
    if reason := unanswered(answer, f"whether mutual help of a program goes with {with_what}"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    rest = "" if answer.n_rows is None else f" {ORDER.format(count(answer.n_rows))}"
    rest += f" {ENTRY}" if answer.term == REMISSION else ""
    ends = "" if low is None or high is None else f" ({between(low, high, _correlation)})"
    by_chance = allowed is not None and (allowed.value is None or allowed.value > CLEAR)
    if direction(answer) == 0 or by_chance:
        few = f" {FEW.format(looked_for)}" if direction(answer) and looked_for > 1 else ""
        return (
            f"We cannot tell whether a program's mutual help goes with {with_what}: a correlation of "
            f"{_correlation(given(answer))}{ends}. {CORRELATION}{rest}{few}"
        )
    way = "higher" if given(answer) > 0 else "lower"
    return (
        f"Programs with more mutual help stand {way} in {with_what}: a correlation of "
        f"{_correlation(given(answer))}{ends}. {CORRELATION}{rest} They differ in much else."
    )


def as_balance(answer: Answer) -> Answer:
    """Return a spread of balance with its ends turned round, to be written as balance; others as they are."""
    if answer.term != "evenings_balance_spread":
        return answer
    return replace(answer, ci_low=answer.ci_high, ci_high=answer.ci_low)


def brief_pairs(label: str, answer: Answer, chance: Fact | None) -> str:
    """Say the share of pairs on a line, with chance beside it."""
    if reason := unanswered(answer, f"how many pairs help each other ({label.lower()})"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, of_100)
    by = "" if chance is None or chance.value is None else f"; {of_100(chance.value)} by chance"
    return sentence(f"{label}: {of_100(given(answer))} of 100 pairs{aside(ends)}{by}")


def brief_people(label: str, answer: Answer) -> str:
    """Say the share who both give and receive on a line."""
    if reason := unanswered(answer, f"how many both give and receive ({label.lower()})"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, of_100)
    return sentence(f"{label}: {of_100(given(answer))} of 100 people{aside(ends)}")


def headline(answer: Answer | None, above: Answer | None) -> str:
    """Give the message of the figure of pairs."""
    if answer is None or answer.standing != "given":
        return "Help that goes both ways, by kind of program"
    said = f"Of 100 pairs with help, {of_100(given(answer))} help each other"
    if above is None or direction(above) == 0:
        return said
    return f"{said}: {'more' if direction(above) > 0 else 'fewer'} than by chance"


def headline_people(answer: Answer | None) -> str:
    """Give the message of the figure of people."""
    if answer is None or answer.standing != "given":
        return "People who both give and receive help, by kind of program"
    return f"{of_100(given(answer))} of 100 people with any help both give and receive it"


def finding(answer: Answer, chance: Fact | None, people: Answer | None) -> str:
    """Give the finding of the front page: pairs beside chance, and people who do both."""
    said = [both_ways(answer, chance)]
    if people is not None and people.standing == "given":
        said.append(give_and_receive(people))
    return " ".join(said)


def heard(due: Fact | None, half: Fact | None) -> str:
    """Say that at least half of the people due were asked, where `half` says so; how many is not released."""
    if half is None or half.value != 1.0:
        return ""
    of = None if due is None else due.value
    whom = f"the {count(of)} people due" if of else "the people due"
    return f"At least half of {whom} were asked; how many is not shown, to protect privacy."


def _span(answer: Answer) -> str:
    """Say the range of a difference as its size, in rising order."""
    if answer.ci_low is None or answer.ci_high is None:
        return ""
    low, high = sorted((abs(answer.ci_low), abs(answer.ci_high)))
    return f" The range is {between(low, high, _points)}."


def _points(difference_: float) -> str:
    return decimal(100 * difference_, 0)


def _signed(difference_: float) -> str:
    return decimal(100 * difference_, 0, signed=True)


def _correlation(number: float) -> str:
    """Write a correlation: one that is close to none, but is not none, keeps the side it lies on."""
    return decimal(number, 3 if 0 < abs(number) < NEXT_TO_NONE else 2)
