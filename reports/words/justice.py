"""J1 in words: how many people returned to prison, by years since release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports.numbers import between, decimal, of_100
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, share_of, share_range, unanswered


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


def returned(answer: Answer) -> str:
    """Say how many had returned to prison by then."""
    window = within(answer.term)
    if reason := unanswered(answer, f"how many people returned to prison {window} of release"):
        return reason
    return sentence(
        f"{share_of(answer)} returned to prison {window} of release"
        f"{aside(share_range(answer), people(answer.n_people))}"
    )


def horizons(answers: Iterable[Answer]) -> str:
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
    return " ".join(said)


def side_by_side(answers: Iterable[tuple[str, Answer]]) -> str:
    """Say the same horizon for several populations, each by its label."""
    said = []
    for label, answer in answers:
        if reason := unanswered(answer, f"how many returned {within(answer.term)}"):
            said.append(f"{label}: {reason}")
        else:
            said.append(
                sentence(f"{label}: {of_100(given(answer))} of every 100{aside(share_range(answer))}")
            )
    return " ".join(said)


def published(shares: Sequence[float]) -> str:
    """Say between which figures others have published."""
    if len(shares) == 1:
        return f"The published figure is {of_100(shares[0])} of every 100."
    return (
        f"The {len(shares)} published figures run from {of_100(min(shares))} to {of_100(max(shares))} of "
        "every 100; each is listed below with what it counts."
    )


def headline(answer: Answer | None) -> str:
    """Give the message of the figure from one horizon, the one that others publish as well."""
    if answer is None or answer.standing != "given":
        return "Return to prison by years since release"
    return sentence(f"{share_of(answer)} returned to prison {within(answer.term)}")[:-1]


def stays_honest(answer: Answer) -> str:
    """Say what a return rate leaves open; empty without a number."""
    if answer.standing != "given":
        return ""
    return (
        f"The other {_rest(given(answer))} of every 100 had no return on record by then. A return is counted "
        "where the extract covers it; arrests, new convictions and returns in other states are other "
        "measures."
    )


def _rest(share: float) -> str:
    return decimal(100 - round(100 * share), 0)
