"""C1 in words: what is claimed of the differences of a wave, what takes a claim away, what stays possible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.numbers import decimal
from reports.release import Answer
from reports.words.phrases import VERDICTS, aside, given, listed, sentence, unanswered
from reports.words.phrases import verdict as claimed
from reports.words.programs_compared import (
    CLINICAL,
    MADE_ALIKE,
    SOCIAL,
    WAVES,
    Outcome,
    bare,
    difference,
    more_or_less,
    no_more,
    ranged,
    size,
)
from reports.words.sensitivity import Told

(
    BETTER, SLIGHTLY_BETTER, SIMILAR, NOT_WORSE, NOT_BETTER, SLIGHTLY_WORSE, WORSE, NOT_ENOUGH,
) = VERDICTS  # fmt: skip
CLAIMS = VERDICTS[:-1]
HOW_JUDGED = (
    "How we judge: a margin was set before looking. A gap smaller than the margin counts as similar. We ask "
    "four things of each outcome, and the same of both kinds of program. Is one better? Is it worse? Is a "
    "gap of the margin or more ruled out on the one side? And on the other? Ten outcomes are looked at in "
    "each wave, so some stand out by chance alone. They count as one family (Holm's rule), and a claim must "
    "hold with all ten allowed for. It must also hold when the error is worked out in a second way (Rubin's "
    "rules). And it must not hang on how missing answers happened to be filled in. Each range is of one "
    "outcome by itself. So a claim can fall by a smaller shift than its range leaves room for."
)
RANGES_ALONE = (
    "Each range stands by itself. A claim asks for more than its range, so a range may leave out no "
    "difference, and still nothing is claimed."
)
GLOSSARY = (
    MADE_ALIKE,
    (
        "Better, worse, similar, not worse or not better by the margin or more, not enough to say",
        "What is claimed of social programs against clinical ones. Better or worse: the gap is beyond "
        "chance. Similar: a gap of the margin or more is ruled out on either side. Not worse, or not better, "
        "by the margin or more: it is ruled out on that side alone. All claims allow for the ten outcomes of "
        "a wave. The margin was set before looking. Not enough to say: all else, and where too little is "
        "known for a range.",
    ),
)
IN_SHORT = {  # why there is not enough to say, by what the estimate's note says of it
    "could be chance": "may be chance among ten",
    "missing answers are pooled": "hangs on how missing answers are pooled",
    "draw of the imputed copies": "hangs on the draw of the filled-in answers",
}
PLAINLY = {  # words of the note as the page says them
    "a difference of": "a gap of",
    "is not excluded in either direction": "is not ruled out on either side",
    "is excluded in either direction": "is ruled out either way",
}
MANY = 4  # outcomes without a claim, from past which on they are not named one by one
FINE = 0.05  # shares below it are written with one digit more
NEAR = 5.0  # errors of filling in anew, up to which they are told beside what takes a claim away
WITHOUT_CLAIM = (
    "Where nothing is claimed, no claim can fall. Something hidden could still stand behind a difference, or "
    "cover one up: the ranges do not allow for that."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """What a claim rests on: the bias and the tipping point that undo it, and whether it holds elsewhere.

    `side` is how those who did not answer would have had to fare, "worse" or "better"; `beyond` that it is
    more than can be. `drawn` is the standard error of filling in missing answers anew; `ways` says of each
    other way, by its label, whether the claim holds in it.
    """

    bias: float | None = None
    tipping: float | None = None
    side: str = "worse"
    beyond: bool = False
    drawn: float | None = None
    ways: Mapping[str, bool] = field(default_factory=dict)


def makes_a_claim(answer: Answer) -> bool:
    """Whether the estimate's own note claims anything."""
    return claimed(answer)[0] in CLAIMS


def beyond_chance(answer: Answer) -> bool:
    """Whether it claims a difference, and not only one side of the margin."""
    return claimed(answer)[0] in (BETTER, SLIGHTLY_BETTER, WORSE, SLIGHTLY_WORSE)


def judged(outcome: Outcome, answer: Answer, margin: float | None = None) -> str:
    """Give the verdict in the words of the estimate's own note, with the margin; empty where it has none.

    Where nothing is claimed, it says what the range leaves possible.
    """
    word, reason = claimed(answer)
    if not word or answer.standing != "given":
        return ""
    for model, plain in PLAINLY.items():
        reason = reason.replace(model, plain)
    said = f"{sentence(word)} {sentence(reason)}".strip()
    if margin is not None:
        said = said.replace("the margin", f"the margin ({size(outcome, margin)})", 1)
    return said if word in CLAIMS else f"{said} {sentence(possible(outcome, answer, SOCIAL))}".strip()


def in_short(answer: Answer) -> str:
    """Give the verdict for a label or a cell: the word, and why where there is not enough to say."""
    word, reason = claimed(answer)
    why = next((short for said, short in IN_SHORT.items() if said in reason), "")
    return f"{word}: {why}" if word == NOT_ENOUGH and why else word


def brief(outcome: Outcome, answer: Answer) -> str:
    """Say the difference in one of many outcomes shortly, with its verdict and what stays possible."""
    if reason := unanswered(answer, outcome.label):
        return reason
    if makes_a_claim(answer) or not claimed(answer)[0]:
        said = [f"{outcome.label}: {difference(outcome, answer)}", in_short(answer)]
    else:
        left = possible(outcome, answer)
        said = [f"{outcome.label}: {more_or_less(outcome, given(answer))}", in_short(answer), left]
    return " ".join(sentence(text) for text in said if text)


def possible(outcome: Outcome, answer: Answer, who: str = "they") -> str:
    """Say what the range leaves possible, for better and for worse; empty where there is no range."""
    if answer.ci_low is None or answer.ci_high is None:
        return ""
    worst, best = (answer.ci_low, answer.ci_high)
    if outcome.fewer:
        worst, best = -best, -worst
    if worst > 0 and not no_more(outcome, worst):
        return f"by the range alone, {who} are better by {_from_to(outcome, worst, best)}"
    if best < 0 and not no_more(outcome, best):
        return f"by the range alone, {who} are worse by {_from_to(outcome, best, worst)}"
    ends = [(way, end) for way, end in (("better", best), ("worse", worst)) if not no_more(outcome, end)]
    if not ends:
        return f"{who} may be alike"
    ends.sort(key=lambda one: -abs(one[1]))
    (way, far), other = ends[0], ends[1:]
    said = f"{who} may be {way} by up to {size(outcome, far)}"
    if not other:
        return f"{said}, and hardly {'worse' if way == 'better' else 'better'}"
    return f"{said}, or {other[0][0]} by up to {bare(outcome, other[0][1])}"


def _from_to(outcome: Outcome, near: float, far: float) -> str:
    first, last = bare(outcome, near), size(outcome, far)
    return f"{first} to {last}" if first != bare(outcome, far) else f"about {last}"


def claims(
    told: Sequence[tuple[Outcome, Answer]], wave: str, biases: Mapping[str, float | None] | None = None
) -> str:
    """Say what is claimed of a wave, outcome by outcome: better and worse always, nothing counted.

    `biases` gives by the code of an outcome the shift that undoes its claim: it is said beside the claim.
    """
    by_word, hidden = _by_word(told, biases or {})
    said = [*_opening(told, wave, by_word), _open_ones(len(told), by_word, hidden)]
    said[-1:-1] = [
        f"Being {way} by the margin or more is ruled out, and nothing else, for "
        f"{listed(tuple(by_word[word]))}"
        for word, way in ((NOT_WORSE, "worse"), (NOT_BETTER, "better"))
        if by_word[word]
    ]
    if hidden:
        said.append(f"Not shown, to protect privacy: {listed(tuple(hidden))}")
    return " ".join(sentence(part) for part in said if part)


def finding(
    told: Sequence[tuple[Outcome, Answer]], wave: str, biases: Mapping[str, float | None] | None = None
) -> str:
    """Say the claims of a wave that hold both ways, and how much is known: to be read aloud.

    What is ruled out on one side alone is left to the page, whichever side it is.
    """
    by_word, hidden = _by_word(told, biases or {})
    said = _opening(told, wave, by_word)
    if all(answer.standing != "given" for _, answer in told):
        said.append(_open_ones(len(told), by_word, hidden))
    first, answer = told[0]
    return " ".join(
        text
        for text in (
            *(sentence(part) for part in said),
            widths_in_short(told),
            first_told(first, wave, answer),
        )
        if text
    )


def _opening(
    told: Sequence[tuple[Outcome, Answer]], wave: str, by_word: Mapping[str, list[str]]
) -> list[str]:
    said = [f"We set people of {SOCIAL} beside people like them of {CLINICAL}, {WAVES[wave]} after entry"]
    if any(answer.standing == "given" for _, answer in told):
        said.append(_beyond_chance(by_word))
    if by_word[SIMILAR]:
        said.append(
            f"A gap of the margin or more is ruled out either way for {listed(tuple(by_word[SIMILAR]))}"
        )
    return said


def _open_ones(outcomes: int, by_word: Mapping[str, list[str]], hidden: Sequence[str]) -> str:
    names = by_word[NOT_ENOUGH]
    if not names:
        return ""
    if any(by_word[word] for word in CLAIMS):
        of = "all the others" if len(names) > MANY else listed(tuple(names))
        return f"For {of} there is not enough to say"
    return (
        f"There is not enough to say for any {'outcome shown' if hidden else f'of the {outcomes} outcomes'}"
    )


def _beyond_chance(by_word: Mapping[str, list[str]]) -> str:
    better, worse = (
        (*by_word[plain], *(f"{name} (by less than the margin)" for name in by_word[slight]))
        for plain, slight in ((BETTER, SLIGHTLY_BETTER), (WORSE, SLIGHTLY_WORSE))
    )
    if not better and not worse:
        return f"Those of {SOCIAL} did neither better nor worse beyond chance on any outcome"
    return (
        f"Beyond chance, those of {SOCIAL} did better on {listed(better) or 'none'} and worse on "
        f"{listed(worse) or 'none'}"
    )


def headline(told: Sequence[tuple[Outcome, Answer]], wave: str) -> str:
    """Give the message of the forest plot: which claims are made, or that none is."""
    by_word, _ = _by_word(told, {})
    parts = [f"{word.lower()} for {listed(tuple(by_word[word]))}" for word in CLAIMS if by_word[word]]
    if not parts:
        return f"Social programs, {WAVES[wave]} after entry: not enough to say for any outcome"
    rest = "; not enough to say for the rest" if by_word[NOT_ENOUGH] else ""
    return f"Social programs, {WAVES[wave]} after entry: {'; '.join(parts)}{rest}"


def ruled_out(outcome: Outcome, answer: Answer) -> float | None:
    """Return the least gap, as written, that the range leaves out both ways; None where there is no range."""
    if answer.standing != "given" or answer.ci_low is None or answer.ci_high is None:
        return None
    step = 0.01 if outcome.share else 10.0**-outcome.digits
    reach = max(abs(answer.ci_low), abs(answer.ci_high))
    return math.ceil(round(reach / step, 9)) * step


def ruled_out_text(outcome: Outcome, answer: Answer) -> str:
    """Write that gap for a cell: "13 or more"; empty where there is no range."""
    found = ruled_out(outcome, answer)
    return "" if found is None else f"{bare(outcome, found)} or more"


def widths(told: Sequence[tuple[Outcome, Answer]]) -> str:
    """Say what gap is ruled out both ways, at best and at worst, of the outcomes that count people."""
    if (ends := _ends(told)) is None:
        return ""
    (least, first), (most, last) = ends
    return " ".join(
        (
            f"How much is known? At best ({least}), a gap of {first} or more of 100 people is ruled out, "
            "for better and for worse.",
            f"At worst ({most}), only one of {last} or more is.",
            _smaller_gaps(told),
        )
    )


def widths_in_short(told: Sequence[tuple[Outcome, Answer]]) -> str:
    """Say the same in one sentence, to be read aloud."""
    if (ends := _ends(told)) is None:
        return ""
    (least, first), (most, last) = ends
    return (
        f"A gap of {first} or more of 100 people is ruled out at best ({least}), and one of {last} or "
        f"more at worst ({most})."
    )


def _ends(told: Sequence[tuple[Outcome, Answer]]) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """Find the least and the greatest gap ruled out, in people of 100, and of which outcome."""
    found = {
        outcome.many: round(100 * gap)
        for outcome, answer in told
        if outcome.share and (gap := ruled_out(outcome, answer)) is not None
    }
    if len(found) < 2:
        return None
    least, most = min(found, key=lambda name: found[name]), max(found, key=lambda name: found[name])
    return (least, found[least]), (most, found[most])


def _smaller_gaps(told: Sequence[tuple[Outcome, Answer]]) -> str:
    """Say whether smaller gaps stay possible either way, or which range alone leaves out no difference."""
    beyond = [
        outcome.name
        for outcome, answer in told
        if not makes_a_claim(answer)
        and answer.standing == "given"
        and answer.ci_low is not None
        and answer.ci_high is not None
        and answer.ci_low * answer.ci_high > 0
    ]
    if not beyond:
        return "Smaller gaps stay possible, either way."
    ranges = "the range by itself leaves" if len(beyond) == 1 else "the ranges by themselves leave"
    return (
        f"For {listed(tuple(beyond))}, {ranges} out no difference. Among so many outcomes that can be "
        "chance, so nothing is claimed of it."
    )


def first_told(outcome: Outcome, wave: str, answer: Answer) -> str:
    """Say the outcome that is told whatever it shows, in sentences, or why it has no number."""
    if reason := unanswered(answer, f"how {outcome.many} compare {WAVES[wave]} after entry"):
        return reason
    said = sentence(
        f"One outcome is told whatever it shows. {outcome.label}: {more_or_less(outcome, given(answer))}"
    )
    return f"{said} {ranged(outcome, answer, answer.n_people)}"


def rests_on(outcome: Outcome, wave: str, answer: Answer, on: Rests) -> str:
    """Say what would take a claim away; empty where nothing is claimed."""
    if not makes_a_claim(answer):
        return ""
    said = [f"{outcome.label}, {WAVES[wave]} after entry, {_said_as(claimed(answer)[0])}"]
    if on.bias is not None:
        said.append(f"This falls if something hidden shifts the gap by {_amount(outcome, on.bias)}")
    if on.beyond:
        said.append(f"Nothing that those of {SOCIAL} who did not answer could have said takes it away")
    elif on.tipping is not None:
        said.append(
            f"It also falls if those of {SOCIAL} who did not answer fared {on.side} than we filled in, by "
            f"{_amount(outcome, on.tipping)} or more"
        )
    if on.drawn is not None and (on.bias is None or on.bias <= NEAR * on.drawn):
        said.append(
            "It is near the line: filling in missing answers anew shifts the gap by about "
            f"{_amount(outcome, on.drawn)}"
        )
    said.append(_held(on.ways))
    return " ".join(sentence(text) for text in said if text)


def _said_as(word: str) -> str:
    return f"“{word[0].lower()}{word[1:]}”"


def _amount(outcome: Outcome, value: float) -> str:
    """Write a small amount, with one digit more than a difference has."""
    if outcome.share:
        text = decimal(100 * abs(value), 1 if abs(value) < FINE else 0)
        return f"{text} of 100"
    return f"{decimal(abs(value), outcome.digits + 1)} points"


def _held(ways: Mapping[str, bool]) -> str:
    if not ways:
        return ""
    fails = tuple(f"“{way.lower()}”" for way, holds in ways.items() if not holds)
    if not fails:
        return "Worked out in other ways and taken by itself, it holds each time"
    return f"Worked out in other ways and taken by itself, it does not hold for {listed(fails)}"


def otherwise(
    claims_made: Sequence[tuple[Outcome, Mapping[str, bool]]],
    told: Sequence[tuple[Outcome, Sequence[Told]]],
    wider: Sequence[Outcome] = (),
) -> str:
    """Conclude from the other ways: whether each claim holds in them, and what stands out in some alone.

    `claims_made` are the outcomes with a claim and whether it holds, by label of the way; `told` all
    outcomes in all ways; `wider` those of which Rubin's rules give a much wider range.
    """
    said = []
    hold = tuple(outcome.name for outcome, ways in claims_made if ways and all(ways.values()))
    fall = tuple(outcome.name for outcome, ways in claims_made if ways and not all(ways.values()))
    if hold:
        said.append(f"In every way, what is claimed holds for {listed(hold)}")
    if fall:
        said.append(f"In some ways it does not hold for {listed(fall)}: read that with care")
    named = {outcome.name for outcome, _ in claims_made}
    open_ones = [(o, {way.direction for way in ways}) for o, ways in told if o.name not in named and ways]
    clear = tuple(outcome.name for outcome, found in open_ones if found != {0})
    if not claims_made and told:
        said.append("Nothing is claimed above, so no claim is put to the test here")
    if clear:
        said.append(
            f"Without a claim above, some range below leaves out no difference for {listed(clear)}. Each "
            "stands by itself, and among so many some do so by chance"
        )
    if wider:
        said.append(
            f"For {listed(tuple(outcome.name for outcome in wider))}, Rubin's rules give a much wider range: "
            "go by that one"
        )
    return " ".join(sentence(text) for text in said)


def _by_word(
    told: Sequence[tuple[Outcome, Answer]], biases: Mapping[str, float | None]
) -> tuple[dict[str, list[str]], list[str]]:
    """Sort the outcomes by the verdict of their own notes; those withheld apart."""
    by_word: dict[str, list[str]] = {word: [] for word in VERDICTS}
    for outcome, answer in told:
        word, _ = claimed(answer)
        if word:
            bias = biases.get(outcome.code) if word in CLAIMS else None
            undone = "" if bias is None else f"a shift of {_amount(outcome, bias)} undoes this"
            by_word[word].append(f"{outcome.name}{aside(undone)}")
    return by_word, [outcome.name for outcome, answer in told if answer.standing == "suppressed"]
