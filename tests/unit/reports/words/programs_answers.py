"""Made-up answers on two kinds of programs compared."""

from __future__ import annotations

from typing import Any

from models.comparison.claims import WORDS
from reports.release import Answer, Fact
from reports.words.programs_compared import OUTCOMES

ALCOHOL, ABSTINENT = OUTCOMES[0], next(o for o in OUTCOMES if o.code == "abstinent")

CAPITAL = next(o for o in OUTCOMES if o.code == "barc10")

BETTER, NOT_WORSE, SIMILAR, WORSE, OPEN, CHANCE = (
    f"{WORDS[name]} Made alike." for name in ("better", "not worse", "similar", "worse", "open", "chance")
)


def answer(term: str, value: float | None, half: float = 0.1, **more: Any) -> Answer:
    fields: dict[str, Any] = {
        "analysis": "C1", "outcome": "any_problem_alcohol_month_12", "term": term, "population": "somewhere",
        "as_of": "2026Q3", "estimate": value, "std_error": None,
        "ci_low": None if value is None else value - half, "ci_high": None if value is None else value + half,
        "p_value": None, "df": None, "n_people": 362, "n_rows": None, "n_events": None, "method": "m",
        "scale": "probability", "small_sample": "", "note": "", "suppressed": False,
    }  # fmt: skip
    return Answer(**(fields | more))


def fact(value: float | None, half: float | None = None) -> Fact:
    ends = (None, None) if half is None or value is None else (value - half, value + half)
    return Fact("C1", "month_12", "a_fact", "somewhere", "2026Q3", value, *ends, "", 370, False)


HELD = answer("t", None, note="Not enough to say: fewer than half of those due were interviewed.")

HIDDEN = answer("t", None, suppressed=True, n_people=None)
