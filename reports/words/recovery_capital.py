"""R1 in words: recovery capital and quality of life since entry, and how well the scales measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.numbers import between, count, decimal, of_100
from reports.release import Answer, Fact
from reports.words.phrases import aside, given, nobody_due, people, sentence, unanswered
from reports.words.ranges import direction, flipped, range_of, share_range_of

Writer = Callable[[float], str]
CUT = 47
WAVES = {"month_6": "6 months", "month_12": "12 months"}
LATER = "month_12"  # the wave that a finding is about
NOT_ALIKE_P, NOT_ALIKE_CFI = (
    0.05,
    -0.01,
)  # both must hold for "measures differently" (Cheung and Rensvold 2002)
BY_CHANCE = "between 2 and 3"  # of 100 whose score passes the limit upwards though nothing changed
NOBODY_COMPARED = (
    "There is no group to compare with. People come in at a low point, and part of any rise is the way back. "
    "So this is not what a program did."
)
ERROR = (
    "Any score is off by a bit. We count a rise or a fall only where it is more than that explains. "
    f"If nobody had changed, {BY_CHANCE} of 100 would rise by that much, and as many would fall."
)
FILLED_IN = "Scores that are missing were filled in many times over, from what else is known of each person."
HANG_TOGETHER = (
    "Alpha and omega say how well the questions of a scale hang together. 1 is fully, 0 is not at all. "
    "A scale that measures in another way later would mix two things in one change."
)
CUT_MEANS = (
    f"In the study that made the scale, {CUT} was the score that best told people in remission for more "
    "than 12 months from others. It describes groups. It does not judge a person."
)
WHAT_IS_ASKED = "We ask people about all that helps them stay in recovery."
OF_WHOM = "The first is of all who were asked at entry, the second of those due 12 months later."


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale: how it is called, the range of its score, and to how many places it is written."""

    name: str
    possible: str
    digits: int


SCALES: Mapping[str, Scale] = {
    "recovery_capital_social": Scale("Social capital", "0 to 100", 1),
    "recovery_capital_personal": Scale("Personal capital", "0 to 100", 1),
    "recovery_capital_cultural": Scale("Cultural capital", "0 to 100", 1),
    "barc10": Scale("Recovery capital (BARC-10)", "10 to 60", 1),
    "eurohis_qol8": Scale("Quality of life", "1 to 5", 2),
}
DOMAINS = tuple(name for name in SCALES if name.startswith("recovery_capital"))
WAYS = {
    "complete_cases": "With those who gave both scores, and nobody else",
    "attrition_weighted": "With those who gave both scores, weighted to stand for all who were due",
    "all_interviews": "By a model of all interviews, with a level for each person",
    "program_levels": "By a model with a level for each program",
    "limit_low": "With the low end of the limit for measurement error",
    "limit_high": "With the high end of the limit for measurement error",
}


def points_of(outcome: str) -> Writer:
    """Return how points of a scale are written: with their sign, to the places that the scale has."""
    digits = SCALES[outcome].digits if outcome in SCALES else 1
    return lambda value: decimal(value, digits, signed=True)


def name_of(outcome: str) -> str:
    """Name a scale; one without words of its own by its parts."""
    return SCALES[outcome].name if outcome in SCALES else outcome.replace("_", " ").capitalize()


def at_the_cut(entry: Answer | None, later: Answer | None) -> str:
    """Say how many of 100 were at or above the cut: of all at entry, of those of them due 12 months later.

    The second are fewer people than the first, so they are named before their number.
    """
    said = []
    for answer, when in ((entry, "At entry"), (later, "12 months later")):
        if answer is None:
            continue
        whom = f"{when}, "
        if answer is later and entry is not None and answer.n_people is not None:
            whom = f"Of the {people(answer.n_people)} among them who were alive and due 12 months later, "
        subject = f"how many people score {CUT} or more {when.lower()}"
        shown = replace(answer, n_people=None) if whom.startswith("Of the") else answer
        every = "of every 100" if whom.startswith("Of the") else "of every 100 people"
        said.append(
            unanswered(answer, subject)
            or sentence(f"{whom}{of_100(given(answer))} {every} had a score of {CUT} or more")
            + f" {share_range_of(shown)}"
        )
    return " ".join(said)


def lead(entry: Answer | None, later: Answer | None) -> str:
    """Say what the score is of, and how many reach the cut then and now."""
    if all(a is None or a.standing != "given" for a in (entry, later)):
        return at_the_cut(entry, later)
    return f"{WHAT_IS_ASKED} The score runs from {SCALES['barc10'].possible}. {at_the_cut(entry, later)}"


def finding(
    cut: tuple[Answer | None, Answer | None], moved: Answer | None, ways: tuple[Answer | None, Answer | None]
) -> str:
    """Give the finding of the front page: the cut then and now, then the same people twice, up and down."""
    said = [lead(*cut)]
    if moved is not None and moved.standing == "given":
        said.append(change(moved, scale_told=said[0].startswith(WHAT_IS_ASKED)))
    return " ".join([*said, *filter(None, [up_and_down(*ways)])])


def up_and_down(better: Answer | None, worse: Answer | None) -> str:
    """Say how many rose and how many fell by more than error explains: never one alone."""
    if better is None or worse is None or better.standing != "given":
        return ""
    rose = f"{of_100(given(better))} of every 100 rose by more than error explains. {share_range_of(better)}"
    if worse.standing == "given":
        return f"{rose} {of_100(given(worse))} of every 100 fell by that much. {share_range_of(worse)}"
    why = "not shown, to protect privacy" if worse.suppressed else "not known"
    return f"{rose} How many fell by that much is {why}."


def change(answer: Answer, *, scale_told: bool = False) -> str:
    """Say the mean change of a score since entry, or that up and down cannot be told apart."""
    scale = SCALES.get(answer.outcome)
    name = name_of(answer.outcome)
    wave = WAVES[answer.term.removeprefix("change_")]
    if reason := unanswered(answer, f"how {name} changed in {wave}"):
        return reason
    value, way = given(answer), direction(answer)
    write = _unsigned(answer.outcome)
    on = f" The scale runs from {scale.possible}." if scale and not scale_told else ""
    if way == 0:
        low, high = answer.ci_low, answer.ci_high
        if low is None or high is None:
            return f"{name}: {write(abs(value))} points {_way(value)} after {wave}, in the same people.{on}"
        return (
            f"{name}: we cannot tell whether scores rose or fell in {wave}. Between {write(abs(low))} points "
            f"down and {write(abs(high))} points up fits the answers."
        )
    shown = range_of(answer if way > 0 else flipped(answer), write, " points")
    return (
        f"{name}: after {wave}, scores were {write(abs(value))} points {_way(value)} than those of the same "
        f"people at entry.{on} {shown}"
    )


def reliable(better: Answer | None, worse: Answer | None) -> str:
    """Say how many of 100 rose, and how many fell, by more than measurement error explains."""
    said = []
    for answer, verb, error in ((better, "rose", " by more than error explains"), (worse, "fell", "")):
        if answer is None:
            continue
        much = error or " by that much"
        if answer.standing != "given":
            said.append(unanswered(answer, f"how many people {verb}{much}") or "")
            continue
        said.append(f"{of_100(given(answer))} of every 100 people {verb}{much}. {share_range_of(answer)}")
    return " ".join(said)


def reliable_brief(outcome: str, better: Answer | None, worse: Answer | None) -> str:
    """Say both shares of one scale on a line."""
    parts = []
    for answer, verb in ((better, "rose"), (worse, "fell")):
        if answer is None:
            continue
        if answer.standing == "given":
            low, high = answer.ci_low, answer.ci_high
            ends = "" if low is None or high is None else between(low, high, of_100)
            parts.append(f"{of_100(given(answer))} of 100 {verb}{aside(ends)}")
        else:
            parts.append(f"how many {verb} is {'kept private' if answer.suppressed else 'not known'}")
    return sentence(f"{name_of(outcome)}: {', '.join(parts)}")


def change_brief(answer: Answer) -> str:
    """Say a mean change on a line."""
    name, wave = name_of(answer.outcome), WAVES[answer.term.removeprefix("change_")]
    if reason := unanswered(answer, f"how {name} changed in {wave}"):
        return reason
    write = points_of(answer.outcome)
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, write)
    return sentence(f"{name}, after {wave}: {write(given(answer))} points{aside(ends)}")


def cut_brief(answer: Answer, when: str) -> str:
    """Say the share at the cut on a line."""
    if reason := unanswered(answer, f"how many score {CUT} or more {when.lower()}"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, of_100)
    return sentence(f"{when}: {of_100(given(answer))} of 100{aside(ends)}")


def headline_cut(entry: Answer | None, later: Answer | None) -> str:
    """Give the message of the figure of then and now."""
    if entry is None or later is None or "given" not in {entry.standing} & {later.standing}:
        return f"People with a score of {CUT} or more, then and now"
    then, now = of_100(given(entry)), of_100(given(later))
    return f"{now} of 100 people due after 12 months scored {CUT} or more; of all at entry, {then} of 100"


def headline_domains(changes: Sequence[Answer]) -> str:
    """Give the message of the figure of the three domains."""
    ways = {direction(a) for a in changes if a.term == f"change_{LATER}"}
    if ways == {1}:
        return "Social, personal and cultural capital were higher 12 months after entry"
    return "Social, personal and cultural capital since entry"


def headline_reliable(better: Sequence[Answer]) -> str:
    """Give the message of the figure of those who rose and fell: how many rose, over the scales."""
    shares = sorted(given(a) for a in better if a.standing == "given")
    if not shares:
        return "People who rose or fell by more than measurement error explains"
    ends = between(shares[0], shares[-1], of_100) if len(shares) > 1 else of_100(shares[0])
    return f"On each scale, {ends} of 100 people rose by more than measurement error explains"


def heard(due: Fact | None, scored: Fact | None) -> str:
    """Say how many were due at 12 months and gave a score."""
    if due is None or scored is None or due.value is None or scored.value is None:
        return ""
    if due.value == 0:
        return sentence(nobody_due("the interview 12 months after entry"))
    rate = of_100(scored.value / due.value)
    return (
        f"{count(scored.value)} of {count(due.value)} people due after 12 months gave this score ({rate} of "
        f"every 100). {FILLED_IN}"
    )


def alike(loadings: tuple[float, float] | None, intercepts: tuple[float, float] | None) -> str:
    """Judge whether a scale measures later as at entry, from the p-value and fall in fit of both tests."""
    tests = [one for one in (loadings, intercepts) if one is not None]
    if any(p < NOT_ALIKE_P and cfi < NOT_ALIKE_CFI for p, cfi in tests):
        return "no"
    return "yes" if len(tests) == 2 else "not known"


def alike_said(verdicts: Mapping[str, str]) -> str:
    """Say of all scales whether they measure alike later: those that do not are named."""
    named = [name for name, verdict in verdicts.items() if verdict == "no"]
    unknown = [name for name, verdict in verdicts.items() if verdict == "not known"]
    said = []
    if named:
        said.append(f"Not so for {', '.join(named)}: part of the change may lie in the way it was answered.")
    if unknown:
        said.append(f"For {', '.join(unknown)} this could not be tested.")
    if not named and verdicts and len(unknown) < len(verdicts):
        rest = "All scales that could be tested" if unknown else "All scales"
        said.insert(0, f"{rest} seem to measure later as they did at entry.")
    return " ".join(said)


def _unsigned(outcome: str) -> Writer:
    digits = SCALES[outcome].digits if outcome in SCALES else 1
    return lambda value: decimal(value, digits)


def _way(value: float) -> str:
    return "higher" if value > 0 else "lower"
