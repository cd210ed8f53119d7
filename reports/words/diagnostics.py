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
    "curve_starts_day": "Day from which the shares hold",
    "days_dropped": "Evenings left out",
    "discordant_only_active_addiction": "Yes in active addiction only",
    "discordant_only_recovery": "Yes in recovery only",
    "due": "People due for the interview",
    "follow_up": "Follow-up",
    "friend_support_followed": "Support from friends, people followed",
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
    if diagnostic.startswith(_PROPORTIONAL):
        term = diagnostic.removeprefix(_PROPORTIONAL)
        said = CONTRASTS[term].label if term in CONTRASTS else term.replace("_", " ")
        return f"Does the ratio stay the same over time? p-value: {said}"
    return _LABELS.get(diagnostic, diagnostic.replace("_", " ").capitalize())


def value(fact: Fact) -> str:
    """Write the value of a diagnostic: yes or no, a count, or two decimals."""
    if fact.value is None:
        return NOTHING
    if fact.diagnostic in YES_OR_NO and fact.value in (0.0, 1.0):
        return "yes" if fact.value else "no"
    return count(fact.value) if fact.value == int(fact.value) else decimal(fact.value, 2)
