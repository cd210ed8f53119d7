"""C3 in words: how people fare in programs that follow the social model more, per ten points of its scale."""

from __future__ import annotations

from collections.abc import Sequence

from reports.numbers import count
from reports.release import Answer
from reports.words.phrases import given, listed, people, sentence, unanswered
from reports.words.programs_compared import WAVES, Outcome, difference, more_or_less, ranged

SCORES = {
    "smps_total": "The whole scale",
    "smps_physical_environment": "Physical environment",
    "smps_staff_role": "Role of staff",
    "smps_authority_base": "Where authority lies",
    "smps_view_of_problem": "View of the problem",
    "smps_governance": "Governance",
    "smps_community_orientation": "Ties to the community",
}
TOTAL = "smps_total"
STEP = "For each 10 points more on the scale"
FOR_EACH = "for each 10 points more"
BEYOND, CHANCE = "Holds beyond chance", "May be chance"  # how the notes of these answers begin
WHAT_IS_ASKED = (
    "The Social Model Philosophy Scale runs from 0 to 100. The higher, the more a program follows the social "
    "model. People alike at entry are set beside each other in programs higher and lower on it."
)
SAME_RULE = (
    "The rule on chance is that of the comparison above: the ten outcomes of a wave count as one family. The "
    "parts of the scale, taken together, are one more."
)
NOT_RAISING = (
    "This is a difference between programs. It does not say that raising a program's score would help its "
    "people: programs were not given their scores by chance."
)
DOMAINS_GO_TOGETHER = (
    "The scale has six parts. Programs high on one are high on the others, so each part also stands for the "
    "rest: the table cannot say which of them matters."
)


def term_of(score: str, outcome: Outcome) -> str:
    """Name the term that is told: of people where the outcome is a share of them, of points else."""
    return f"{score}_per_10_points{'_probability' if outcome.share else ''}"


def per_step(outcome: Outcome, wave: str, answer: Answer) -> str:
    """Say the difference in one outcome for ten points of the scale, and whether chance may bring it."""
    if reason := unanswered(answer, f"how {outcome.many} go with the scale {WAVES[wave]} after entry"):
        return reason
    said = f"{outcome.label}, {WAVES[wave]} after entry: {more_or_less(outcome, given(answer))} {FOR_EACH}"
    return " ".join(filter(None, (sentence(said), ranged(outcome, answer, answer.n_people), chance(answer))))


def brief(outcome: Outcome, answer: Answer) -> str:
    """Say one of many differences shortly."""
    if reason := unanswered(answer, outcome.label):
        return reason
    return " ".join(
        filter(
            None, (sentence(f"{outcome.label}: {difference(outcome, answer)}"), chance(answer, short=True))
        )
    )


def chance(answer: Answer, *, short: bool = False) -> str:
    """Say what the note claims of chance, where the range alone would look clear."""
    low, high = answer.ci_low, answer.ci_high
    if low is None or high is None or low <= 0 <= high:
        return "" if short else "There is not enough to say."
    if answer.note.startswith(BEYOND):
        return "This holds beyond chance."
    return "With ten outcomes looked at, this may be chance."


def clear(answer: Answer) -> bool:
    """Whether a difference holds beyond chance among the questions asked."""
    low, high = answer.ci_low, answer.ci_high
    zero_out = low is not None and high is not None and not low <= 0 <= high
    return zero_out and answer.note.startswith(BEYOND)


def summary(told: Sequence[tuple[Outcome, Answer]], programs: float | None) -> str:
    """Say for which outcomes programs higher on the scale differ beyond chance."""
    known = [(outcome, answer) for outcome, answer in told if answer.standing == "given"]
    if not known:
        return ""
    found = tuple(outcome.many for outcome, answer in known if clear(answer))
    most = max((answer.n_people or 0 for _, answer in known), default=0)
    rests = (
        f"This rests on {people(most)}{f' of {count(programs)} programs' if programs else ''}" if most else ""
    )
    if not found:
        said = [
            "Do people fare better in programs that follow the social model more? There is not enough to say",
            f"Of {len(known)} outcomes, none differs beyond chance",
        ]
    else:
        said = [
            f"In programs that follow the social model more, people differ in {listed(found)}",
            f"Of {len(known)} outcomes, {len(found)} {'differs' if len(found) == 1 else 'differ'} beyond "
            "chance",
        ]
    return " ".join(sentence(text) for text in (*said, rests) if text)


def headline(told: Sequence[tuple[Outcome, Answer]], wave: str) -> str:
    """Give the message of the figure."""
    found = tuple(outcome.many for outcome, answer in told if answer.standing == "given" and clear(answer))
    when = f"{WAVES[wave]} after entry"
    if not found:
        return f"More of the social model: {when}, no outcome differs beyond chance"
    return f"More of the social model: {when}, a difference beyond chance in {listed(found)}"
