"""What each fact about a scale is, in words: the `detail` of those of R1 that say nothing of their own."""

from __future__ import annotations

from typing import Final

from models.scales.wide_scores import BASELINE, WAVES

WHEN: Final = {BASELINE: "at entry", "month_6": "at 6 months", "month_12": "at 12 months"}
FACTS: Final = {
    "alpha": "Cronbach's alpha of the items, every answer given,",
    "omega": "McDonald's omega total of the items, from one factor,",
    "people_measured_twice": "people who answered items at entry and",
    "one_factor_cfi": "comparative fit index of one factor at entry and one",
    "one_factor_rmsea": "root mean square error of approximation of one factor at entry and one",
    "same_loadings_p": "p value of the items going together as at entry,",
    "same_loadings_cfi_change": "change of the comparative fit index if items go together as at entry,",
    "same_intercepts_p": "p value of the items being answered as at entry,",
    "same_intercepts_cfi_change": "change of the comparative fit index if items are answered as at entry,",
    "factor_change": "change since entry of what the items share, in standard deviations,",
    "sd": "standard deviation of the score",
    "reliable_change_limit": "change that measurement error passes in 5% of people who did not change",
    "due": "people alive and due for the interview",
    "scored": "people due who have the scores needed",
    "follow_up_rate": "share of those due who have the scores needed",
}
WAYS: Final = {
    "complete_cases": "of those with both scores",
    "attrition_weighted": "of those with both scores, weighted to stand for everybody due",
    "all_interviews": "from a mixed model of all interviews held, each person with a level",
    "program_levels": "from a mixed model of complete changes, each program with a level",
    "limit_low": "of everybody due, beyond the lower end of the interval of the limit of reliable change",
    "limit_high": "of everybody due, beyond the upper end of the interval of the limit of reliable change",
}


def words_of(diagnostic: str) -> str:
    """Say what a diagnostic is: empty where it is none of these."""
    if diagnostic.startswith("sensitivity_"):
        return next((words for way, words in WAYS.items() if diagnostic.endswith(f"_{way}")), "")
    wave = next((name for name in WAVES if diagnostic.endswith(f"_{name}")), None)
    if wave is None:
        return FACTS.get(diagnostic, "")
    words = FACTS.get(diagnostic.removesuffix(f"_{wave}"), "")
    return f"{words} {WHEN[wave]}" if words else ""
