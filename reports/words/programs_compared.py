"""C1 in words: social against clinical programs, outcome by outcome, of people made alike at entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.numbers import KEEP, NOTHING, decimal, of_100
from reports.release import Answer
from reports.words.phrases import aside, given, listed, people, sentence, unanswered

WAVES = {"month_12": "12 months", "month_6": "6 months"}
SOCIAL, CLINICAL = "social programs", "clinical programs"
KINDS = "In social programs, people in recovery learn from each other. In clinical ones, staff treat them."
ALIKE = (
    "Nobody was placed by chance. So people were made alike on paper: those who are rare in their own kind "
    "of program, but common in the other, count for more. This holds for what was asked at entry; what was "
    "not asked may still differ."
)
MADE_ALIKE = (
    "Made alike at entry",
    "People who are rare in their own kind of program, but common in the other, count for more. So both "
    "groups hold the same mix on what was asked at entry. What was not asked may still differ.",
)
NAIVE = (
    "What the table behind the figure calls “as the groups stand” is what is often shown. It is not a "
    "comparison of programs: it leaves out those who were lost, and the people were not alike."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is compared: its code without the wave, its label, a short name, how a share is said, its digits.

    `had` is empty for a score in points; `fewer` says that less of it is better.
    """

    code: str
    label: str
    name: str
    had: str = ""
    fewer: bool = False
    digits: int = 0
    scale: str = ""

    @property
    def share(self) -> bool:
        """Whether it is a share of people."""
        return bool(self.had)

    @property
    def many(self) -> str:
        """Its name inside a sentence."""
        return self.label[0].lower() + self.label[1:]


def _problem(area: str, kind: str, name: str = "", article: str = "a") -> Outcome:
    label = f"{kind} problems".capitalize()
    return Outcome(f"any_problem_{area}", label, name or kind, f"had {article} {kind} problem", True)


OUTCOMES = (
    _problem("alcohol", "alcohol", article="an"),
    _problem("drug", "drug", "drugs"),
    _problem("medical", "medical"),
    _problem("employment", "work"),
    _problem("legal", "legal"),
    _problem("family", "family or social", "family"),
    _problem("psychiatric", "mental health"),
    Outcome("abstinent", "Abstinence", "abstinence", "had been abstinent for 30 days"),
    Outcome("eurohis_qol8", "Quality of life", "quality of life", digits=2, scale="on a scale of 1 to 5"),
    Outcome("barc10", "Recovery capital", "recovery capital", digits=1, scale="on a scale of 10 to 60"),
)


def outcome_of(code: str) -> tuple[Outcome, str] | None:
    """Split an outcome of the release into what it is and its wave; None for one without words."""
    for outcome in OUTCOMES:
        for wave in WAVES:
            if code == f"{outcome.code}_{wave}":
                return outcome, wave
    return None


def size(outcome: Outcome, value: float) -> str:
    """Write an amount without its direction: "7 of 100", "1.3 points"."""
    return f"{bare(outcome, value)} of 100" if outcome.share else _points(outcome, value)


def more_or_less(outcome: Outcome, value: float) -> str:
    """Say a difference with its direction: "7 fewer of 100", "1.3 points higher"."""
    if no_more(outcome, value):
        return "no more and no fewer of 100" if outcome.share else "no difference in points"
    if outcome.share:
        return f"{bare(outcome, value)} {_way(outcome, value)} of 100"
    return f"{_points(outcome, value)} {_way(outcome, value)}"


def span(outcome: Outcome, low: float | None, high: float | None) -> str:
    """Say a range of differences: "between 23 fewer and 9 more"; empty where there is none."""
    if low is None or high is None:
        return ""
    ends = (low, high) if abs(low) <= abs(high) else (high, low)
    if low * high > 0:
        first, last = (bare(outcome, end) for end in ends)
        way = _way(outcome, low)
        return f"very close to {first} {way}" if first == last else f"between {first} and {last} {way}"
    return f"between {_end(outcome, low)} and {_end(outcome, high)}"


def difference(outcome: Outcome, answer: Answer, count: int | None = None) -> str:
    """Say a difference with its range and its people: "7 fewer of 100 (between ... ; 370 people)"."""
    return more_or_less(outcome, given(answer)) + aside(
        span(outcome, answer.ci_low, answer.ci_high), people(count)
    )


def ranged(outcome: Outcome, answer: Answer, count: int | None = None) -> str:
    """Say the range of a difference and its people as a sentence; empty where it has neither."""
    within, who = span(outcome, answer.ci_low, answer.ci_high), people(count)
    if not within:
        return sentence(f"This rests on {who}") if who else ""
    return sentence(f"The range is {within}{f', from {who}' if who else ''}")


def compared(
    outcome: Outcome,
    wave: str,
    answer: Answer,
    *,
    means: tuple[float | None, float | None] = (None, None),
    count: int | None = None,
) -> str:
    """Say what became of people alike at entry in both kinds of programs, and the difference.

    `means` are the adjusted means of social and of clinical programs, `count` the people compared.
    """
    if reason := unanswered(answer, f"how {outcome.many} compare {WAVES[wave]} after entry"):
        return reason
    return f"{_both(outcome, wave, means)} {_apart(outcome, answer, means, count)}".strip()


def _both(outcome: Outcome, wave: str, means: tuple[float | None, float | None]) -> str:
    social, clinical = means
    if social is None or clinical is None:
        return ""
    when = f"After {WAVES[wave]}"
    if outcome.share:
        return (
            f"{sentence(f'{when}, about {of_100(social)} of every 100 people of {SOCIAL} {outcome.had}')} "
            f"{sentence(f'For people like them of {CLINICAL}, it was about {of_100(clinical)}')}"
        )
    one, other = (decimal(mean, outcome.digits) for mean in (social, clinical))
    return (
        f"{sentence(f'{when}, {outcome.many} stood at {one} for people of {SOCIAL}, {outcome.scale}')} "
        f"{sentence(f'For people like them of {CLINICAL}, it stood at {other}')}"
    )


def _apart(
    outcome: Outcome, answer: Answer, means: tuple[float | None, float | None], count: int | None
) -> str:
    said = more_or_less(outcome, given(answer))
    first = f"{outcome.label}, {SOCIAL} against {CLINICAL}: {said}" if None in means else f"That is {said}"
    return f"{sentence(first)} {ranged(outcome, answer, count)}".strip()


def not_alike(outcome: Outcome, adjusted: Answer, plain: Answer | None) -> str:
    """Set the plain difference of those reached beside the adjusted one; empty where it is not given."""
    if plain is None or plain.standing != "given" or adjusted.standing != "given":
        return ""
    return " ".join(
        (
            sentence(f"As the groups stand, {outcome.many} differ by {more_or_less(outcome, given(plain))}"),
            ranged(outcome, plain, plain.n_people),
            sentence(f"With people made alike, it is {more_or_less(outcome, given(adjusted))}"),
        )
    )


def margins(found: Sequence[tuple[Outcome, float]]) -> str:
    """Say what still counts as similar, outcomes of one margin together."""
    shares = sorted({size(outcome, value) for outcome, value in found if outcome.share})
    scores = [f"{size(outcome, value)} for {outcome.many}" for outcome, value in found if not outcome.share]
    whole = [f"{share} people for problems and abstinence" for share in shares]
    return sentence(f"The margin is {listed((*whole, *scores))}") if found else ""


def no_more(outcome: Outcome, value: float) -> bool:
    """Whether a difference is none as written."""
    return not any(figure in "123456789" for figure in bare(outcome, value))


def bare(outcome: Outcome, value: float) -> str:
    """Write the amount of a difference alone: "7", "1.3"."""
    return decimal(abs(100 * value), 0) if outcome.share else decimal(abs(value), outcome.digits)


def _points(outcome: Outcome, value: float) -> str:
    text = bare(outcome, value)
    return f"{text} {'point' if text == '1' else 'points'}"


def _way(outcome: Outcome, value: float) -> str:
    if outcome.share:
        return "more" if value > 0 else "fewer"
    return "higher" if value > 0 else "lower"


def _end(outcome: Outcome, value: float) -> str:
    return (
        bare(outcome, value) if no_more(outcome, value) else f"{bare(outcome, value)} {_way(outcome, value)}"
    )


def whole(outcome: Outcome, value: float) -> str:
    """Write a difference with its unit, kept on one line: for a cell or a label."""
    return more_or_less(outcome, value).replace(" ", KEEP)


def short(outcome: Outcome, value: float) -> str:
    """Write a difference for a cell whose table says the unit: "7 fewer", "1.3 higher"."""
    return _end(outcome, value).replace(" ", KEEP)


def short_range(outcome: Outcome, low: float | None, high: float | None) -> str:
    """Write a range for such a cell: "23 fewer to 9 more"; a dash where there is none."""
    if low is None or high is None:
        return NOTHING
    return f"{short(outcome, low)} to{KEEP}{short(outcome, high)}"
