"""How many of those asked were heard, in words: the follow-up that stands beside every finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.numbers import count, decimal, of_100
from reports.release import Fact
from reports.words.phrases import sentence


def follow_up(facts: Iterable[Fact]) -> str:
    """Say the follow-up of one analysis and population from its diagnostics; empty where there is none.

    Each analysis states it in a unit of its own: evenings answered, people who answered twice, years
    that the records cover, people followed.
    """
    known = {(f.analysis, f.diagnostic): f.value for f in facts if not f.suppressed and f.value is not None}
    asked, both = known.get(("V1", "asked")), known.get(("V1", "answered_both"))
    said = [say(known[key]) for key, say in _SAY.items() if key in known]
    if asked is not None and both is not None:
        said.append(f"{count(both)} of {count(asked)} people asked answered for both times")
    return sentence("; ".join(said))


_SAY: dict[tuple[str, str], Callable[[float], str]] = {
    ("W1", "response_rate"): lambda share: (
        f"answers came for {of_100(share)} of every 100 evenings asked about"
    ),
    ("J1", "follow_up"): lambda years: (
        f"half of the people could be followed for {decimal(years, 1)} years or longer after release"
    ),
    ("A1", "follow_up"): lambda share: f"{of_100(share)} of every 100 people in the study could be followed",
}
