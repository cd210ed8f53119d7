"""V1 in words: what the same people say of active addiction and of recovery, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.numbers import agreeing, between, decimal, of_100
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, share_range, unanswered

FEW = 0.10  # below this first rate a percent increase explodes, so it is never said


@dataclass(frozen=True, slots=True)
class Item:
    """The answers for one civic item of one population; None where the release has no such row."""

    label: str
    then: Answer | None
    now: Answer | None
    difference: Answer | None
    from_rates: Answer | None
    ratio: Answer | None
    change: Answer | None

    @property
    def gap(self) -> Answer | None:
        """The difference to show: of the same people, or of the two rates alone where that is withheld."""
        for answer in (self.difference, self.from_rates):
            if answer is not None and answer.standing == "given":
                return answer
        return self.difference

    @property
    def withheld(self) -> bool:
        """Whether one of the two rates is kept back."""
        return any(a is not None and a.standing == "suppressed" for a in (self.then, self.now))

    @property
    def agreed(self) -> tuple[int, float]:
        """To how many places the two rates and their difference are written so that they agree, and it."""
        told = (self.now, self.then, self.gap)
        if self.withheld or any(a is None or a.estimate is None for a in told):
            return 0, 0.0 if self.gap is None or self.gap.estimate is None else self.gap.estimate
        now, then, gap = (given(a) for a in told if a is not None)
        return agreeing(now, then, gap)


def both_rates(item: Item) -> str:
    """Say both rates, the difference in points, and the people: never a rate without the other."""
    asked = f"“Did you ever {item.label[:1].lower()}{item.label[1:]}?”"
    subject = f"how many people say yes to {asked} for active addiction and for recovery"
    if item.then is None or item.now is None:
        return sentence(f"{item.label}: not asked in this release")
    for answer in (item.then, item.now):
        if reason := unanswered(answer, subject):
            return reason
    digits, _ = item.agreed
    then, now = of_100(given(item.then), digits), of_100(given(item.now), digits)
    who = people(item.now.n_people)
    return sentence(
        f"Asked {asked}, {now} of every 100 people said yes for their time in recovery"
        f"{aside(share_range(item.now))}, and {then} of every 100 for their time in active addiction"
        f"{aside(share_range(item.then))}" + (f"; {who} answered for both times" if who else "")
    )


def brief(item: Item) -> str:
    """Say both rates of one of many items, shortly; the sentence before the list says what they are."""
    if item.then is None or item.now is None:
        return sentence(f"{item.label}: not asked in this release")
    for answer in (item.then, item.now):
        if reason := unanswered(answer, item.label):
            return reason
    now, then = _with_range(item.now), _with_range(item.then)
    return sentence(f"{item.label}: {now} in recovery, {then} in active addiction")


def difference(item: Item) -> str:
    """Say the difference in people of every hundred, more or fewer, with its range."""
    answer = item.gap
    if answer is None or item.withheld:
        return ""
    if reason := unanswered(answer, f"the difference for “{item.label}”"):
        return reason
    (digits, value), low, high = item.agreed, answer.ci_low, answer.ci_high
    how = "" if answer is item.difference else ", from the two rates alone"
    if low is None or high is None:
        return sentence(f"That is {_points(abs(value), digits)} {_more(value)} of every 100 in recovery")
    if low <= 0 <= high:
        return sentence(
            f"With so many people we cannot tell a difference from none: anything from {_points(-low)} fewer "
            f"to {_points(high)} more of every 100 is in keeping with the answers{how}"
        )
    ends = (low, high) if value > 0 else (-high, -low)
    return sentence(
        f"That is {_points(abs(value), digits)} {_more(value)} of every 100 in recovery "
        f"({between(*ends, _points)} {_more(value)}{how})"
    )


def ratio(item: Item) -> str:
    """Say how many times as many; a percent change only beside both rates, and only from 10 of 100 up."""
    answer = item.ratio
    if answer is None or answer.standing != "given" or item.then is None or item.then.standing != "given":
        return ""
    said = f"In recovery {_times(given(answer))} times as many said yes"
    if answer.ci_low is not None and answer.ci_high is not None:
        said += f" ({between(answer.ci_low, answer.ci_high, _times)} times)"
    change = item.change
    if given(item.then) < FEW:
        return sentence(
            f"{said}. We give no percent change: it would start from {of_100(given(item.then))} of every 100 "
            "people and make a small number look large"
        )
    if change is None or change.standing != "given":
        return sentence(said)
    way = "increase" if given(change) > 0 else "decrease"
    return sentence(f"{said}, a {decimal(abs(given(change)), 0)} percent {way}")


def headline(subject: str, items: Sequence[Item]) -> str:
    """Give the message of a figure: of how many questions more, or fewer, people say yes for recovery."""
    plain = f"{subject[:1].upper()}{subject[1:]}, in recovery and in active addiction"
    ways = [_way(item.gap) for item in items if not item.withheld]
    found = [(way, ways.count(way)) for way in ("more", "fewer") if way in ways]
    if len(found) != 1:
        return plain
    ((way, number),) = found
    which = f"each of {number}" if number == len(items) else f"{number} of {len(items)}"
    said = f"{way} people said yes for recovery than for active addiction, in {which} questions"
    return f"{subject[:1].upper()}{subject[1:]}: {said}" if len(items) > 1 else plain


def _way(answer: Answer | None) -> str:
    """Whether a difference is clearly up, clearly down, or neither."""
    if answer is None or answer.standing != "given" or answer.ci_low is None or answer.ci_high is None:
        return ""
    if answer.ci_low <= 0 <= answer.ci_high:
        return ""
    return _more(given(answer))


def _with_range(answer: Answer) -> str:
    low, high = answer.ci_low, answer.ci_high
    return of_100(given(answer)) + aside("" if low is None or high is None else between(low, high, of_100))


def _points(difference_: float, digits: int = 0) -> str:
    return decimal(100 * difference_, digits)


def _times(ratio_: float) -> str:
    return decimal(ratio_, 1)


def _more(value: float) -> str:
    return "more" if value > 0 else "fewer"
