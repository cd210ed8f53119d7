"""S1 in words: how many of those who entered reach 12 months without use, and by when."""

from __future__ import annotations

from collections.abc import Iterable

from reports.numbers import between, count, decimal, of_100
from reports.release import Answer, Fact
from reports.words.phrases import aside, given, sentence, unanswered
from reports.words.ranges import share_range_of

HORIZONS = {"within_1_year": 1, "within_3_years": 3, "within_5_years": 5}
MAIN = "within_3_years"
DEATH = "People who die first never reach it. They stay among those who came in."
PROGRAMS = "The range allows for programs that differ, as the people of one program may fare alike."
LOST = (
    "People lost from sight are taken to fare like those still followed. If those who use again are easier "
    "to lose, the figure is too high."
)
FEW = 0.1  # of those who came in
LAST = "It does not say that those years last: what came later is not counted here."
WAYS = {
    "by_person": "As if programs did not differ, which makes the range too narrow",
    "if_nobody_died": "As in a world where nobody dies, which is too high",
    "late_deaths_never_reached": "As if all who died after their last contact had not had the year",
    "late_deaths_all_reached": "As if all who died after their last contact had, where there was time",
}


def within(term: str) -> str:
    """Say a horizon: "within 3 years"."""
    number = HORIZONS.get(term)
    if number is None:
        return term.replace("_", " ")
    return f"within {number} year{'' if number == 1 else 's'}"


def reached(answer: Answer) -> str:
    """Say how many of those who came in had 12 months without use by then."""
    if reason := unanswered(answer, f"how many people had a full year without use {within(answer.term)}"):
        return reason
    return (
        f"Of every 100 people who came in, about {of_100(given(answer))} had a full year without use "
        f"{within(answer.term)}. {share_range_of(answer)}"
    )


def brief(answer: Answer) -> str:
    """Say one horizon on a line."""
    if reason := unanswered(answer, f"how many had a full year without use {within(answer.term)}"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, of_100)
    return sentence(f"{within(answer.term)}, {of_100(given(answer))} of 100{aside(ends)}")


def others(answers: Iterable[Answer]) -> str:
    """Say the other horizons in one breath; those without a number by their reason."""
    return " ".join(brief(answer) for answer in answers)


def died_unseen(near: Fact | None, late: Fact | None) -> str:
    """Say how many died after their last contact, and how they are counted; nothing where nobody did."""
    said = []
    if near is not None and near.value:
        said.append(
            f"{count(near.value)} people died after their last contact and within half a year of it: they "
            "count as not having reached it."
        )
    if late is not None and late.value:
        said.append(
            f"{count(late.value)} died later than that: they count as lost from sight at their last contact."
        )
    return " ".join(said)


def carried(answer: Answer, at_year: float | None, last: tuple[float, float] | None) -> str:
    """Say how few are still followed without a full year at a horizon, so that they carry its figure.

    `at_year` is their number at the horizon, where it is shown; `last` the year before it of which one is,
    and that number. Nothing is said where they are at least one of ten who came in.
    """
    if answer.standing != "given" or answer.n_people is None or (at_year is None and last is None):
        return ""
    years = HORIZONS[answer.term]
    when = f"{years} year{'' if years == 1 else 's'}"
    if at_year is not None:
        if at_year >= FEW * answer.n_people:
            return ""
        return f"Few carry the figure for {when}: by then, {count(at_year)} were still followed without it."
    assert last is not None
    if last[1] >= FEW * answer.n_people:
        return ""
    return (
        f"Few carry the figure for {when}: at {decimal(last[0], 1)} years, {count(last[1])} were still "
        "followed without it. How many at the end is not shown."
    )


def headline(answer: Answer | None) -> str:
    """Give the message of the figure."""
    if answer is None or answer.standing != "given":
        return "People who had a full year without use, by years since they came in"
    return f"{of_100(given(answer))} of 100 people had a full year without use {within(answer.term)}"


def heard(years: Fact | None, answer: Answer | None, left_out: Fact | None) -> str:
    """Say how long people were followed, how many there are, and who has no record."""
    said = []
    if answer is not None and answer.n_people is not None:
        said.append(f"{count(answer.n_people)} people who came in have a record.")
    if left_out is not None and left_out.value:
        said.append(f"{count(left_out.value)} have none and are left out.")
    if years is not None and years.value is not None:
        said.append(f"Half of them can be followed for {decimal(years.value, 1)} years or longer.")
    return " ".join(said)
