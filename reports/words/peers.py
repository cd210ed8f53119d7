"""P1 in words: hours with peers in recovery and in meaningful activity, and what comes after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.numbers import between, count, decimal, of_100, times
from reports.release import Answer, Fact
from reports.words.phrases import aside, given, people, sentence, unanswered
from reports.words.ranges import direction

PEERS, MEANINGFUL = "peer_hours", "meaningful_hours"
HOURS = {PEERS: "hours with peers in recovery", MEANINGFUL: "hours in meaningful activity"}
TOLD = (
    "People told each evening how many hours they spent with peers in recovery, and how many in activity "
    "that has meaning for them. Each kind is looked at with the other held the same."
)
A_LINK = (
    "This is an order in time, not proof. People choose their evenings. What makes an evening good may make "
    "the next one easy."
)
EXAMPLE = 0.5  # of 100 people: the start of an example where the release does not say how common it is
WAYS = {
    "model_based": "With the errors of the model itself",
    "given_that_evening": "Given whether that evening was without craving",
    "given_days_before": "Given the days without use told before the diary",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One way to ask: its outcome, what its terms end in, how it is said, and its heading."""

    outcome: str
    ending: str
    rank: str
    heading: str
    step: str
    event: str
    what: str
    when: str


WITHIN = Question(
    "evening_without_craving", "_within_per_sd", "_within",
    "The next evening, the same person compared",
    "more than usual", "evenings without craving", "evenings", "After",
)  # fmt: skip
BETWEEN = Question(
    "evening_without_craving", "_between_per_sd", "_between",
    "The next evening, one person against another",
    "more than others on average", "evenings without craving", "evenings", "With",
)  # fmt: skip
INTERVIEW = Question(
    "abstinent_at_next_interview", "_per_sd", "",
    "The next interview, one person against another",
    "more than others on average", "people without use for 30 days", "people", "With",
)  # fmt: skip
QUESTIONS = (WITHIN, BETWEEN, INTERVIEW)


def term(question: Question, hours: str) -> str:
    """Name the term of one kind of hours in one question."""
    return f"{hours}{question.ending}"


def rank_term(question: Question, hours: str) -> str:
    """Name the term of the place of one kind of hours in one question."""
    return f"rank_{hours}{question.rank}"


def label(hours: str) -> str:
    """Name a kind of hours at the start of a line."""
    return f"{HOURS[hours][:1].upper()}{HOURS[hours][1:]}"


def step_of(size: float | None) -> str:
    """Say a step up in hours: "2.2 hours"; a standard deviation where its size is not shown."""
    return "one usual step in hours" if size is None else f"{decimal(size, 1)} hours"


def moved(share: float, ratio: float) -> float:
    """Say where a chance comes to when its odds are multiplied: plain arithmetic, no new estimate."""
    others = 1 - share
    return share * ratio / (others + share * ratio) if others else 1.0


def linked(question: Question, hours: str, answer: Answer, size: float | None, share: float | None) -> str:
    """Say an odds ratio in evenings or people of every hundred, or that there is no clear link."""
    event, start = question.event, EXAMPLE if share is None else share
    if reason := unanswered(answer, f"whether {HOURS[hours]} go with {event}"):
        return reason
    step = f"{step_of(size)} {question.step}"
    begin = f"Otherwise {of_100(start)} of 100 are such {question.what}."
    if share is None:
        begin = (
            "How common that is, is not told here. As an example, say "
            f"{of_100(start)} of 100 are such {question.what}."
        )
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(moved(start, low), moved(start, high), of_100)
    if direction(answer, 1.0) == 0 and ends:
        return (
            f"{label(hours)}: no clear link with {event}. {begin} Then {ends} of 100 with {step} would fit."
            f"{_rests(answer)}"
        )
    more = "more" if given(answer) > 1 else "less"
    return (
        f"{label(hours)}: with {step}, {event} were {more} common. {begin} Then about "
        f"{of_100(moved(start, given(answer)))} of 100 are."
        + (f" The range is {ends} of 100{_from(answer)}." if ends else _rests(answer))
    )


def brief(question: Question, hours: str, answer: Answer) -> str:
    """Say an odds ratio on a line."""
    if reason := unanswered(answer, f"{HOURS[hours]} and {question.event}"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, times)
    return sentence(f"{label(hours)}: {times(given(answer))} times the odds{aside(ends)}")


def ranks(found: Sequence[tuple[str, Answer]]) -> str:
    """Say which kind of hours goes first, or that the two cannot be told apart."""
    shown = [(hours, a) for hours, a in found if a.standing == "given"]
    if len(shown) < 2:
        return next((unanswered(a, "which of the two goes more closely with it") or "" for _, a in found), "")
    if any(a.ci_low is None or a.ci_high is None or a.ci_low != a.ci_high for _, a in shown):
        return "Which of the two goes with it more closely cannot be told apart: either may come first."
    first = min(shown, key=lambda pair: given(pair[1]))[0]
    return f"{label(first)} go with it more closely than the other kind does."


def rank_cell(answer: Answer) -> str:
    """Write a place with the places that cannot be ruled out."""
    low, high = answer.ci_low, answer.ci_high
    place = decimal(given(answer), 0)
    if low is None or high is None:
        return place
    return (
        f"{place} (it is {place})"
        if low == high
        else f"{place} (1 or 2)"
        if high <= 2
        else (f"{place} ({decimal(low, 0)} to {decimal(high, 0)})")
    )


def headline(question: Question, answers: Sequence[tuple[str, Answer]]) -> str:
    """Give the message of the figure of one question."""
    clear = [hours for hours, a in answers if direction(a, 1.0) > 0]
    unclear = [hours for hours, a in answers if a.standing == "given" and direction(a, 1.0) == 0]
    if len(clear) == len(answers) and answers:
        return f"{question.when} more hours of either kind, there were more {question.event}"
    if clear:
        return f"{question.when} more {HOURS[clear[0]]}, there were more {question.event}"
    if len(unclear) == len(answers) and answers:
        return f"No clear link between hours and {question.event}"
    return f"Hours and {question.event}"


def finding(answer: Answer, size: float | None, share: float | None, place: str) -> str:
    """Give the finding of the front page: the person's own evenings and hours with peers, and the ranks."""
    return " ".join(text for text in (linked(WITHIN, PEERS, answer, size, share), place) if text)


def interviewed(told: Fact | None, hours: Fact | None, days: Fact | None) -> str:
    """Say how many of those with a diary were interviewed after it, and how long after."""
    if told is None or told.value is None:
        return ""
    of = "" if hours is None or hours.value is None else f" of the {count(hours.value)}"
    after = ""
    if days is not None and days.value is not None:
        after = f", half of them within {decimal(days.value, 0)} days"
    return (
        f"{count(told.value)}{of} people with a diary were interviewed after it{after}. The others are not "
        "in this part."
    )


def hundred(share: float | None, question: Question) -> str:
    """Say how common the event is; empty where the release does not say."""
    if share is None:
        return ""
    return (
        f"Of every 100 evenings that were looked at, {of_100(share)} were "
        f"{question.event.removeprefix('evenings ')}. What is usual is each person's own average."
    )


def _from(answer: Answer) -> str:
    said = people(answer.n_people)
    return f", from {said}" if said else ""


def _rests(answer: Answer) -> str:
    said = people(answer.n_people)
    return f" It rests on {said}." if said else ""
