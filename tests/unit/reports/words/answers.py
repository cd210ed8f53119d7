"""Made-up answers and facts, for tests of the sentences."""

from __future__ import annotations

from typing import Any

from reports.release import Answer, Fact, Published


def answer(
    term: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Answer:
    fields: dict[str, Any] = {
        "analysis": "X1", "outcome": "outcome", "term": term, "population": "somewhere", "as_of": "2026Q3",
        "estimate": value, "std_error": None, "ci_low": low, "ci_high": high, "p_value": None, "df": None,
        "n_people": 240, "n_rows": None, "n_events": None, "method": "m", "scale": "probability",
        "small_sample": "none", "note": "", "suppressed": False,
    }  # fmt: skip
    return Answer(**(fields | more))


REFUSED = answer("within_3_years", None, note="Fewer than 10 people could be followed.")

SUPPRESSED = answer("within_3_years", None, suppressed=True, n_people=None)


def benchmark(study: str, value: float, outcome: str, **more: Any) -> Published:
    fields: dict[str, Any] = dict.fromkeys(Published.__dataclass_fields__)
    return Published(**(fields | {"study": study, "value": value, "outcome": outcome} | more))


def fact(analysis: str, diagnostic: str, value: float | None, *, suppressed: bool = False) -> Fact:
    return Fact(analysis, "o", diagnostic, "somewhere", "2026Q3", value, None, None, "", None, suppressed)


SLOPE = {"scale": "points per point"}
