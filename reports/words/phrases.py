"""Phrases that every sentence is built from: people, ranges, refusals, suppression, quarters, marks."""

from __future__ import annotations

import calendar
import re

from models.fitness import NOT_ENOUGH
from reports.numbers import between, count, of_100
from reports.release import Answer

SYNTHETIC = "Synthetic demonstration data"
SYNTHETIC_SENTENCE = (
    "Synthetic demonstration data: made by a computer to show how this report works. "
    "The figures describe no real person, program or county."
)
ELSEWHERE = "Real data, not from this county"
PUBLISHED = "Published by others"
NOT_SHOWN = "Not shown, to protect privacy"
CANNOT_SAY = "We cannot say yet"
# All that is said of a difference held against a margin, from best to worst: the estimate's note says which.
VERDICTS = (
    "Better",
    "Better, but by less than the margin",
    "Similar",
    "Not worse by the margin or more",
    "Not better by the margin or more",
    "Worse, but by less than the margin",
    "Worse",
    NOT_ENOUGH,
)


DATA_KINDS = {"synthetic": SYNTHETIC, "mixed": f"{SYNTHETIC} and real data", "real": "Real data"}
MIXED_SENTENCE = (
    f"{SYNTHETIC} beside real data: what is marked as synthetic was made by a computer to show how this "
    "report works and describes no real person, program or county."
)


def people(number: int | None) -> str:
    """Say how many people: "1,445 people", "1 person"; empty where the number is not given."""
    if number is None:
        return ""
    return f"{count(number)} {'person' if number == 1 else 'people'}"


def nobody_due(what: str) -> str:
    """Say that nobody is due for `what` yet, as far as is known: a wave without a row is not due."""
    return f"nobody is due for {what} yet, going by what was delivered"


def sentence(text: str) -> str:
    """Make `text` a sentence: a capital first, a full stop last, no doubled spaces."""
    text = re.sub(r"\s+", " ", text).strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def share_of(answer: Answer) -> str:
    """Say a rate: "about 35 of every 100 people". The answer must be given."""
    return f"{_about(given(answer))} of every 100 people"


def share_range(answer: Answer) -> str:
    """Say the range of a rate: "between 30 and 40 of 100"; empty where it has none."""
    if answer.ci_low is None or answer.ci_high is None:
        return ""
    return f"{between(answer.ci_low, answer.ci_high, of_100)} of 100"


def aside(*parts: str) -> str:
    """Join what is not empty in parentheses, parted by semicolons, with a space before; or nothing."""
    said = [part for part in parts if part]
    return f" ({'; '.join(said)})" if said else ""


def given(answer: Answer) -> float:
    """Return the estimate of an answer that has one; ask `unanswered` first."""
    if answer.estimate is None:
        raise ValueError(f"{answer.analysis} {answer.term} has no estimate; say why with `unanswered`")
    return answer.estimate


def unanswered(answer: Answer, subject: str) -> str | None:
    """Say why there is no number, or None where there is one.

    `subject` names what was asked for, as in "how many people returned to prison within 3 years".
    """
    if answer.standing == "suppressed":
        return f"{sentence(subject)[:-1]}: not shown, to protect privacy, because it rests on few people."
    if answer.standing == "refused" and held_back(answer):
        return sentence(f"There is not enough to say {subject}: {_why_not_enough(answer)}")
    if answer.standing == "refused":
        return sentence(f"{CANNOT_SAY} {subject}, because {because(answer.note)}")
    return None


def verdict(answer: Answer) -> tuple[str, str]:
    """Return what an estimate's own note claims of it: a word of `VERDICTS` and the reason beside it.

    A refusal claims no more than that there is not enough to say. A note without a verdict, and a number
    that is withheld, give two empty strings.
    """
    if answer.standing == "suppressed":
        return "", ""
    if answer.standing == "refused":
        return NOT_ENOUGH, _why_not_enough(answer) if held_back(answer) else because(answer.note)
    word, colon, rest = answer.note.partition(": ")
    if not colon or word not in VERDICTS:
        return "", ""
    return word, rest.split(". ")[0].rstrip(".")


def held_back(answer: Answer) -> bool:
    """Whether a gate holds the answer back: the data could not carry it."""
    return answer.standing == "refused" and answer.note.startswith(NOT_ENOUGH)


def in_table(answer: Answer) -> str:
    """Say in a table why there is no number: held back by a gate, or not answered."""
    if held_back(answer):
        return f"{NOT_ENOUGH}: {_why_not_enough(answer)}"
    return f"{CANNOT_SAY}: {because(answer.note)}"


def _why_not_enough(answer: Answer) -> str:
    return because(answer.note.removeprefix(NOT_ENOUGH).lstrip(": "))


def plainly(convention: str) -> str:
    """Write a small-sample convention for a page: each part once, whole numbers as such."""
    parts = [part.strip() for part in re.sub(r"(\d)\.0\b", r"\1", convention).split(";")]
    kept = [part for i, part in enumerate(parts) if part not in parts[:i] and (part != "t" or i == 0)]
    text = "; ".join(part.replace("n_people", "people") for part in kept if part)
    return text.replace("people - 1 degrees of freedom", "people less 1 degrees of freedom").replace(
        " - ", " less "
    )


def listed(parts: tuple[str, ...]) -> str:
    """List parts in words: "a", "a and b", "a, b and c"."""
    return " and ".join([*filter(None, [", ".join(parts[:-1])]), *parts[-1:]])


def because(note: str) -> str:
    """Turn a note into a clause that follows "because": no capital unless a name or an acronym, no stop."""
    clause = note.strip().rstrip(".")
    first = clause.split(" ", 1)[0]
    return clause if first.isupper() or not clause else clause[0].lower() + clause[1:]


def quarter(as_of: str) -> str:
    """Say a quarter: "2026Q3" is "the third quarter of 2026"."""
    year, number = _year_and_quarter(as_of)
    return f"the {('first', 'second', 'third', 'fourth')[number - 1]} quarter of {year}"


def last_day(as_of: str) -> str:
    """Say the last day of a quarter: "2026Q3" ends "September 30, 2026"."""
    year, number = _year_and_quarter(as_of)
    month = 3 * number
    return f"{calendar.month_name[month]} {calendar.monthrange(year, month)[1]}, {year}"


def _year_and_quarter(as_of: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})Q([1-4])", as_of)
    if found is None:
        raise ValueError(f"[{as_of}] is no quarter; expected a label such as 2026Q3")
    return int(found[1]), int(found[2])


def _about(share: float) -> str:
    said = of_100(share)
    return said if said.startswith(("fewer", "more")) else f"about {said}"
