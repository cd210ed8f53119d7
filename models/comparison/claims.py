"""What may be claimed of the ten differences of a wave: one rule, the same for either kind of program.

Four tests of each outcome, on the scale where more is better: that it is better or worse (the difference,
two-sided), that it is not worse by the margin or more, and that it is not better by the margin or more
(one-sided each, at half the level, as is usual for non-inferiority: CONSORT extension, Piaggio et al. 2012,
JAMA 308:2594). Each of the three kinds of test is one family over all outcomes of the wave, by Holm's rule.
A claim must hold by the main answer, by Rubin's rules, and with the estimate moved against it by twice what
drawing the imputed copies anew would move it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from scipy import special

from models.comparison.margins import Direction
from models.comparison.multiplicity import holm
from models.estimate import LEVEL

Claim = Literal["better", "worse", "similar", "not worse", "not better", "not enough to say"]
Test = Literal["better", "worse", "not worse", "not better"]
TESTS: Final[tuple[Test, ...]] = ("better", "worse", "not worse", "not better")
ALPHA: Final = 1.0 - LEVEL  # of a difference, two-sided; against the margin half of it, one-sided
OUTCOMES_OF_A_WAVE: Final = 10  # an outcome without an answer counts among them, as one that shows nothing
DRAWN: Final = 2.0  # Monte Carlo errors that a claim must stand
HALVINGS: Final = 50

WORDS: Final[Mapping[str, str]] = {
    "better": "Better: the difference is beyond chance, allowing for the ten outcomes of the wave.",
    "slightly better": "Better, but by less than the margin: the difference is beyond chance, allowing for "
    "the ten outcomes of the wave.",
    "worse": "Worse: the difference is beyond chance, allowing for the ten outcomes of the wave.",
    "slightly worse": "Worse, but by less than the margin: the difference is beyond chance, allowing for the "
    "ten outcomes of the wave.",
    "similar": "Similar: a difference of the margin or more is excluded in either direction.",
    "not worse": "Not worse by the margin or more: whether it is better cannot be told.",
    "not better": "Not better by the margin or more: whether it is worse cannot be told.",
    "open": "Not enough to say: a difference of the margin or more is not excluded in either direction.",
    "chance": "Not enough to say: what stands out could be chance among the ten outcomes of the wave.",
    "pooled": "Not enough to say: it hangs on how missing answers are pooled.",
    "drawn": "Not enough to say: it hangs on the draw of the imputed copies.",
    "no interval": "Not enough to say: there is no estimate with an interval.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A difference, its standard error and degrees of freedom (infinity for a normal interval)."""

    estimate: float
    std_error: float
    df: float

    def p_above(self, line: float) -> float:
        """One-sided p against a difference of `line` or less."""
        t = (self.estimate - line) / self.std_error
        return float(special.ndtr(-t) if math.isinf(self.df) else special.stdtr(self.df, -t))

    def p_below(self, line: float) -> float:
        """One-sided p against a difference of `line` or more."""
        return replace(self, estimate=-self.estimate).p_above(-line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One outcome: the `main` answer, that of `rubin`, and what the rule needs to judge them.

    `drawn` is the standard error of the estimate over new draws of the imputed copies, `margin` what still
    counts as similar (None: no margin, so that only better and worse can be claimed).
    """

    main: Seen
    rubin: Seen
    drawn: float
    margin: float | None
    better: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What holds of one outcome (`better` implies `not worse`), its p after Holm's rule, and in words."""

    claim: Claim
    words: str
    holds: frozenset[Test]
    p_values: Mapping[Test, float]

    @property
    def rests_on(self) -> tuple[Test, ...]:
        """Tests without which the claim falls."""
        if self.claim == "similar":
            return ("not worse", "not better")
        return () if self.claim == "not enough to say" else (self.claim,)


_NONE: Final = Judged(
    claim="not enough to say", words=WORDS["no interval"], holds=frozenset(),
    p_values=dict.fromkeys(TESTS, 1.0),
)  # fmt: skip


def judged(family: Mapping[str, Difference | None]) -> dict[str, Judged]:
    """Judge the outcomes of one wave together; None is an outcome without an answer.

    Raises
    ------
    ValueError
        A margin that is not above zero, or more than ten outcomes.
    """
    known = {name: one for name, one in family.items() if one is not None}
    if any(one.margin is not None and not 0.0 < one.margin < math.inf for one in known.values()):
        raise ValueError("a margin is above zero")
    looks = [_adjusted(known, look) for look in ("main", "rubin", "drawn")]
    found = dict.fromkeys(family, _NONE)
    for name, one in known.items():
        found[name] = _judged(one, [look[name] for look in looks])
    return found


def undone_by(family: Mapping[str, Difference | None], name: str) -> tuple[float, Test] | None:
    """Least bias of a difference that takes its claim away, in its units, and the test that falls.

    The estimate is moved against the claim, errors and the other outcomes as they are, until one of the
    tests that the claim rests on no longer holds. None where there is no claim.
    """
    one, claim = family[name], judged(family)[name]
    if one is None or not claim.rests_on:
        return None
    least = {test: _least_bias(family, name, one, test) for test in claim.rests_on}
    test = min(least, key=lambda key: least[key])
    return least[test], test


def _least_bias(family: Mapping[str, Difference | None], name: str, one: Difference, test: Test) -> float:
    towards = -1.0 if test in ("better", "not worse") else 1.0
    sign = towards if one.better == "higher" else -towards
    line = 0.0 if test in ("better", "worse") else (one.margin or 0.0)
    low, high = 0.0, abs(one.main.estimate) + line
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        moved = replace(one, main=_moved(one.main, sign * middle), rubin=_moved(one.rubin, sign * middle))
        if test in judged({**family, name: moved})[name].holds:
            low = middle
        else:
            high = middle
    return high


def interval_holds(low: float, high: float, test: Test, *, margin: float | None, better: Direction) -> bool:
    """Whether a two-sided interval bears a test by itself, without allowance for the other outcomes."""
    worst, best = (low, high) if better == "higher" else (-high, -low)
    if test in ("better", "worse"):
        return worst > 0.0 if test == "better" else best < 0.0
    if margin is None:
        return False
    return worst > -margin if test == "not worse" else best < margin


def _moved(seen: Seen, by: float) -> Seen:
    return replace(seen, estimate=seen.estimate + by)


def _gain(one: Difference, seen: Seen) -> Seen:
    return seen if one.better == "higher" else replace(seen, estimate=-seen.estimate)


def _raw(one: Difference, look: str) -> dict[Test, float]:
    """Give the p-values of an outcome before any allowance; two-sided for better and worse."""
    seen = _gain(one, one.rubin if look == "rubin" else one.main)
    give = DRAWN * one.drawn if look == "drawn" else 0.0
    down, up = _moved(seen, -give), _moved(seen, give)
    none = one.margin is None
    margin = 0.0 if one.margin is None else one.margin
    return {
        "better": min(1.0, 2.0 * down.p_above(0.0)),
        "worse": min(1.0, 2.0 * up.p_below(0.0)),
        "not worse": 1.0 if none else down.p_above(-margin),
        "not better": 1.0 if none else up.p_below(margin),
    }


def _adjusted(family: Mapping[str, Difference], look: str) -> dict[str, dict[Test, float]]:
    """Adjust the p-values of all outcomes: one family for the difference, one for each side of the margin."""
    raw = {name: _raw(one, look) for name, one in family.items()}
    either = {name: min(p["better"], p["worse"]) for name, p in raw.items()}
    of = {"difference": _holm(either)}
    of |= {test: _holm({name: p[test] for name, p in raw.items()}) for test in ("not worse", "not better")}
    return {
        name: {
            "better": of["difference"][name] if p["better"] <= p["worse"] else 1.0,
            "worse": of["difference"][name] if p["worse"] <= p["better"] else 1.0,
            "not worse": of["not worse"][name],
            "not better": of["not better"][name],
        }
        for name, p in raw.items()
    }


def _holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust by Holm's rule among ten; outcomes without an answer show nothing (p of 1)."""
    if len(p_values) > OUTCOMES_OF_A_WAVE:
        raise ValueError("a wave has ten outcomes")
    lacking = [1.0] * (OUTCOMES_OF_A_WAVE - len(p_values))
    adjusted = holm([*p_values.values(), *lacking])
    return {name: float(p) for name, p in zip(p_values, adjusted, strict=False)}


def _level(test: Test) -> float:
    return ALPHA if test in ("better", "worse") else ALPHA / 2.0


def _judged(one: Difference, looks: list[dict[Test, float]]) -> Judged:
    by_look = [{test for test in TESTS if p[test] <= _level(test)} for p in looks]
    holds = set.intersection(*by_look)
    implied: dict[Test, Test] = {"better": "not worse", "worse": "not better"}
    full = frozenset(holds | {implied[test] for test in holds if test in implied})
    claim, key = _claim(full)
    if claim == "not enough to say":
        raw = _raw(one, "main")
        if by_look[0] & by_look[1]:
            key = "drawn"
        elif by_look[0]:
            key = "pooled"
        elif any(raw[test] <= _level(test) for test in TESTS):
            key = "chance"
    return Judged(claim=claim, words=WORDS[key], holds=full, p_values=looks[0])


_CLAIMS: Final[Mapping[Test, Claim]] = {
    "better": "better", "worse": "worse", "not worse": "not worse", "not better": "not better",
}  # fmt: skip


def _claim(holds: frozenset[Test]) -> tuple[Claim, str]:
    """Name the claim of the tests that hold, and its words."""
    slight: tuple[tuple[Test, Test], ...] = (("better", "not better"), ("worse", "not worse"))
    for test, other in slight:
        if test in holds:
            return _CLAIMS[test], f"slightly {test}" if other in holds else test
    both: tuple[Test, Test] = ("not worse", "not better")
    if all(test in holds for test in both):
        return "similar", "similar"
    for test in both:
        if test in holds:
            return _CLAIMS[test], test
    return "not enough to say", "open"
