"""How many of those asked were heard, in words: the follow-up that stands beside every finding."""

from __future__ import annotations

from collections.abc import Iterable

from reports.numbers import count, decimal, of_100
from reports.release import Answer, Fact
from reports.words.phrases import aside, nobody_due, people, sentence

WHO_IS_DUE = (
    "Who was due for an interview is known only from the rows that a site delivers. An interview of which "
    "no row came, not even one that says it was missed, does not count as due. So follow-up looks better "
    "than it was where a site leaves the people it lost out of its files."
)


def follow_up(
    facts: Iterable[Fact], answer: Answer | None = None, *, of: int | None = None, still: int | None = None
) -> str:
    """Say the follow-up of one analysis and population; empty where the release states none.

    Each analysis states it in a unit of its own: evenings answered, people who answered twice, years
    that the records cover, people followed.

    Parameters
    ----------
    facts
        The diagnostics of one analysis, population and outcome.
    answer
        The answer whose people and rows are named.
    of
        People in the population, of whom those of the answer are some.
    still
        People still followed, without the event, at the horizon of the answer.
    """
    known = {(f.analysis, f.diagnostic): f for f in facts if not f.suppressed and f.value is not None}
    said = [
        *_diary(next((f for (_, name), f in known.items() if name == "response_rate"), None), answer, of),
        *_interview(*(known.get(("V1", name)) for name in ("due", "asked", "answered_both"))),
        *_records(known.get(("J1", "follow_up")), answer, still),
        *_trial(known.get(("A1", "follow_up")), answer),
    ]
    return " ".join(sentence(text) for text in said)


def _diary(share: Fact | None, answer: Answer | None, of: int | None) -> list[str]:
    if share is None or share.value is None:
        return []
    said = []
    if share.n_people is not None:
        of_whom = f" of {people(of)}" if of is not None and of > share.n_people else " people"
        said.append(f"{count(share.n_people)}{of_whom} kept the evening diary")
        if of is not None and of > share.n_people:
            said.append(
                "the others are not in these figures and may differ; "
                "whether they were asked is not known here"
            )
    used = "" if answer is None or answer.n_rows is None else f"{count(answer.n_rows)} evenings are used here"
    said.append(f"answers came for {of_100(share.value)} of every 100 evenings asked about{aside(used)}")
    return said


def _interview(due: Fact | None, asked: Fact | None, both: Fact | None) -> list[str]:
    """Say who was due, who could be asked and who answered twice; who was not asked is never passed over."""
    if both is None or both.value is None:
        return []
    if due is not None and due.value == 0:
        return [nobody_due("the interview")]
    if asked is None or asked.value is None:
        if due is not None and due.value is not None:
            return [
                f"{count(both.value)} of {people(int(due.value))} due for the interview answered for both "
                f"times ({of_100(both.value / due.value)} of every 100). Those who could not be reached or "
                "did not answer may be doing less well"
            ]
        return [
            f"these are the {people(int(both.value))} who answered for both times; how many were asked, or "
            "could not be reached for the interview, is not shown. Those not reached may be doing less well"
        ]
    answered = f"{count(both.value)} of {people(int(asked.value))} asked answered for both times"
    if due is None or due.value is None:
        return [
            f"{answered}. People who could not be reached for the interview were not asked: how many they "
            "are is not in this figure, and they may be doing less well"
        ]
    return [
        f"{count(asked.value)} of {people(int(due.value))} due for the interview could be asked "
        f"({of_100(asked.value / due.value)} of every 100); {count(both.value)} of them answered for both "
        "times. Those who could not be reached may be doing less well"
    ]


def _records(years: Fact | None, answer: Answer | None, still: int | None) -> list[str]:
    if years is None or years.value is None:
        return []
    said = [
        f"for half of the people the records reach {decimal(years.value, 1)} years or longer after release; "
        "everybody counts for as long as they were followed"
    ]
    if answer is not None and still is not None:
        horizon = answer.term.removeprefix("within_").replace("_", " ")
        said.append(f"{people(still)} had been followed for {horizon} without a return")
    return said


def _trial(share: Fact | None, answer: Answer | None) -> list[str]:
    if share is None or share.value is None:
        return []
    if answer is None or answer.n_people is None or share.n_people is None:
        return [f"{of_100(share.value)} of every 100 people in the study could be followed"]
    return [f"{count(answer.n_people)} of the {people(share.n_people)} in the study are in this figure"]
