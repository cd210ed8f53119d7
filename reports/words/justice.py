"""J1 in words: how many people returned to prison, by years since release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from models.survival.return_to_prison import DELAYED_METHOD
from reports.numbers import as_published, between, count, decimal, of_100, published_of_100
from reports.release import Answer, Published
from reports.words.phrases import aside, given, listed, people, sentence, share_of, share_range, unanswered


def years(term: str) -> int | None:
    """Read the years of a term: `within_3_years` is 3, `within_1_year` is 1; None for other terms."""
    found = re.fullmatch(r"within_(\d+)_years?", term)
    return int(found[1]) if found else None


def within(term: str) -> str:
    """Say a term: "within 3 years", "within 1 year"."""
    number = years(term)
    if number is None:
        return term.replace("_", " ")
    return f"within {number} year{'' if number == 1 else 's'}"


def of_whom(answer: Answer, starts_day: float = 0.0) -> str:
    """Say whom a share speaks of: program participants, people not returned in the first days; or nobody."""
    entered = "entered a program after leaving prison" if answer.method == DELAYED_METHOD else ""
    free = f"had not returned in the first {decimal(starts_day, 0)} days" if starts_day > 0 else ""
    return listed(tuple(part for part in (entered, free) if part))


def returned(answer: Answer, starts_day: float = 0.0) -> str:
    """Say how many had returned to prison by then, of whom, from the day on which the estimate holds."""
    window = within(answer.term)
    whom = of_whom(answer, starts_day)
    if reason := unanswered(answer, f"how many people returned to prison {window} of release"):
        return reason
    if not whom:
        return sentence(
            f"{share_of(answer)} returned to prison {window} of release"
            f"{aside(share_range(answer), people(answer.n_people))}"
        )
    among = people(answer.n_people) or "people"
    return sentence(
        f"Among {among} who {whom}, {share_of(answer).removesuffix(' people')} returned to prison {window} "
        f"of release{aside(share_range(answer))}"
    )


def horizons(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Say the share returned at one horizon after another, without repeating the people."""
    said = []
    for answer in answers:
        window = within(answer.term)
        if reason := unanswered(answer, f"how many returned {window}"):
            said.append(reason)
            continue
        low, high = answer.ci_low, answer.ci_high
        span = "" if low is None or high is None else f" ({between(low, high, of_100)})"
        said.append(sentence(f"{window}, {of_100(given(answer))} of every 100 had returned{span}"))
    return tuple(said)


def side_by_side(answers: Iterable[tuple[str, Answer]]) -> tuple[str, ...]:
    """Say the same horizon for several populations, each by its label."""
    said = []
    for label, answer in answers:
        if reason := unanswered(answer, f"how many returned {within(answer.term)}"):
            said.append(f"{label}: {reason}")
        else:
            said.append(
                sentence(f"{label}: {of_100(given(answer))} of every 100{aside(share_range(answer))}")
            )
    return tuple(said)


def published(label: str, share: float) -> str:
    """Say one figure of others."""
    return sentence(f"{label}: {published_of_100(share)} of every 100")


def missouri(rows: Sequence[Published], outcome: str) -> str:
    """Say what is said of Missouri before its figures: how far they lie apart, and which count what."""
    shares = sorted(p.value for p in rows if p.value is not None)
    if not shares:
        return ""
    unclear = list(dict.fromkeys(p.study for p in rows if p.outcome != outcome))
    said = (
        f"The figures that we found for Missouri run from {as_published(100 * shares[0])} to "
        f"{as_published(100 * shares[-1])} of every 100 people, for different years."
        if len(shares) > 1
        else f"We found one figure for Missouri: {as_published(100 * shares[0])} of every 100 people."
    )
    if not unclear:
        return said
    return (
        f"{said} {listed(tuple(unclear))} {'does' if len(unclear) == 1 else 'do'} not say which event is "
        "counted, a return to prison or another; such a figure is listed here and is not drawn beside ours."
    )


def headline(answer: Answer | None, starts_day: float = 0.0) -> str:
    """Give the message of the figure from one horizon, the one that others publish as well."""
    if answer is None or answer.standing != "given":
        return "Return to prison by years since release"
    after = f", of those not returned by day {decimal(starts_day, 0)}" if starts_day > 0 else ""
    return sentence(f"{share_of(answer)} returned to prison {within(answer.term)}{after}")[:-1]


def followed_on(still: int | None, answer: Answer) -> str:
    """Say what the estimate rests on at its horizon; empty where the number is not shown."""
    if answer.standing != "given":
        return ""
    number = years(answer.term) or 0
    span = f"{number} year{'' if number == 1 else 's'}"
    of = "" if answer.n_people is None else f" of the {count(answer.n_people)}"
    followed = (
        "People count until they returned, or for as long as they were followed."
        if still is None
        else f"{count(still)}{of} people have been followed for the full {span} without a return; the others "
        "count until they returned, or for as long as they were followed."
    )
    return (
        f"{followed} A return is counted where the records cover it; arrests, new convictions and returns in "
        "other states are other measures."
    )
