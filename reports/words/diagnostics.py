"""The names of the facts about a fit, as a reader would say them."""

from __future__ import annotations

from reports.numbers import NOTHING, count, decimal
from reports.release import Fact
from reports.words.detoxification import CONTRASTS

YES_OR_NO = ("converged", "random_slope_kept")
_LABELS = {
    "answered_both": "People who answered for both times",
    "asked": "People asked",
    "converged": "The model settled on a figure",
    "days_dropped_refused": "Evenings whose answer was refused",
    "days_dropped_no_response": "Evenings without an answer",
    "curve_starts_day": "Day from which the shares hold",
    "days_dropped": "Evenings left out",
    "discordant_only_active_addiction": "Yes in active addiction only",
    "discordant_only_recovery": "Yes in recovery only",
    "due": "People due for the interview",
    "follow_up": "Follow-up",
    "friend_support_followed": "Support from friends, people followed",
    "friend_support_sd": "Spread of support from friends: a step up, in points",
    "friend_support_lost": "Support from friends, people not followed",
    "icc": "Share of the variance that lies between people",
    "people_always_at_ceiling": "People always at the top of the scale",
    "random_slope_kept": "People's own slopes differ",
    "response_rate": "Evenings answered, as a share",
    "share_at_ceiling": "Evenings at the top of the scale, as a share",
    "slope_sd": "Spread of people's own slopes",
}
_PROPORTIONAL = "proportional_hazards_p_"


def label(diagnostic: str) -> str:
    """Name a diagnostic; one without a name of its own is named by its parts."""
    if not diagnostic.startswith(_PROPORTIONAL):
        return _LABELS.get(diagnostic, diagnostic.replace("_", " ").capitalize())
    rest = diagnostic.removeprefix(_PROPORTIONAL)
    term = max((t for t in CONTRASTS if rest.startswith(t)), key=len, default="")
    of = rest.removeprefix(term).strip("_").replace("_", " ")
    which = {"": "the ratio", "global": "all ratios of the model"}.get(of, f"the ratio by {of}")
    said = CONTRASTS[term].label if term else ""
    return f"Does {which} stay the same over time? p-value{f': {said}' if said else ''}"


def value(fact: Fact) -> str:
    """Write the value of a diagnostic: yes or no, a count, or two decimals."""
    if fact.value is None:
        return NOTHING
    if fact.diagnostic in YES_OR_NO and fact.value in (0.0, 1.0):
        return "yes" if fact.value else "no"
    return count(fact.value) if fact.value == int(fact.value) else decimal(fact.value, 2)
