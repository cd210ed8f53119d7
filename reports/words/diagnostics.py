"""The names of the facts about a fit, as a reader would say them."""

from __future__ import annotations

from reports.numbers import NOTHING, count, decimal, interval, p_value
from reports.release import Fact
from reports.words.detoxification import CONTRASTS

YES_OR_NO = ("converged", "random_slope_kept", "own_levels_kept")
_LABELS = {
    "answered_both": "People who answered for both times",
    "asked": "People asked",
    "between_on_latent_mean_recovery_identity": "Slope between people, on their levels behind the answers",
    "converged": "The model reached a stable figure",
    "days_dropped_attended_meeting_missing": "Answered evenings without the question on meetings",
    "days_dropped_craving_missing": "Answered evenings without craving",
    "days_dropped_identity_missing": "Answered evenings without recovery identity",
    "days_dropped_meaningfulness_missing": "Answered evenings without meaningfulness",
    "days_dropped_visited_center_missing": "Answered evenings without the question on centers",
    "days_dropped_refused": "Evenings whose answer was refused",
    "days_dropped_no_response": "Evenings without an answer",
    "curve_starts_day": "Day from which the shares hold",
    "days_dropped": "Evenings left out",
    "discordant_only_active_addiction": "Yes in active addiction only",
    "discordant_only_recovery": "Yes in recovery only",
    "due": "People due for the interview",
    "evenings_after_an_evening": "Evenings after an answered evening",
    "explained_between": "Share of the variance between people that is accounted for",
    "explained_within": "Share of the variance of a person's days that is accounted for",
    "follow_up": "Follow-up",
    "friend_support_followed": "Support from friends, people followed",
    "friend_support_sd": "Spread of support from friends: a step up, in points",
    "friend_support_lost": "Support from friends, people not followed",
    "icc": "Share of the variance that lies between people",
    "intercept_effect_normality": "How close people's own levels come to the normal curve (1: fully)",
    "largest_share_of_influence": "Largest share that one person has in the slopes",
    "model_checks": "Checks of the linear model",
    "observed_scale_recovery_identity_within": "Slope within a person, in the answers as given",
    "own_levels_kept": "The model gives each person a level of their own",
    "own_slopes_p_recovery_identity_within": (
        "Might people's own slopes all be equal? p-value, which the end of the scale alone can make small"
    ),
    "people_always_at_ceiling": "People always at the top of the scale",
    "people_dropped": "People left out",
    "people_with_both_kinds_of_days_attended_meeting": "People with days with and days without a meeting",
    "people_with_both_kinds_of_days_visited_center": "People with days with and days without a visit",
    "people_with_craving": "People with any craving",
    "quadrature_points": "Points of the numerical integral, in each dimension",
    "random_slope_kept": "The model gives each person a slope of their own",
    "recovery_identity_within_effect_normality": (
        "How close people's own slopes come to the normal curve (1: fully)"
    ),
    "residual_correlation_by_day": "Are neighboring days alike? Correlation a day apart, fitted",
    "residual_correlation_lag_1": "Are neighboring days alike? Correlation of what is left over",
    "residual_correlation_lag_2": "Are days two apart alike? Correlation of what is left over",
    "residual_normality": "How close what is left over comes to the normal curve (1: fully)",
    "response_rate": "Evenings answered, as a share",
    "share_at_ceiling": "Evenings at the top of the scale, as a share",
    "share_at_floor": "Evenings at the bottom of the scale, as a share",
    "share_of_days_attended_meeting": "Evenings with a meeting, as a share",
    "share_of_days_visited_center": "Evenings with a visit to a center, as a share",
    "share_of_days_with_craving": "Evenings with craving, as a share",
    "share_of_days_10_points_from_usual": "Evenings 10 points or more from the person's usual, as a share",
    "slope_sd": "Spread of people's own slopes",
    "spread_of_days_recovery_identity": "Spread of a person's evenings around their usual, in points",
    "spread_of_people_recovery_identity": "Spread of people's usual recovery identity, in points",
}
_OWN = "Kept where the fit can tell it from none at all. That is no test that people differ."
_MEANINGS = {
    "icc": (
        "How much of what differs from evening to evening is a difference between people; the ends of the "
        "scale are allowed for."
    ),
    "own_levels_kept": _OWN,
    "random_slope_kept": _OWN,
}
_OPERATIONS = ("diary_rows_",)  # how a quarter was worked through: nothing about people or an estimate
_PROPORTIONAL = "proportional_hazards_p_"
_GATE = "gate_"  # what an answer must pass to be given


def label(diagnostic: str) -> str:
    """Name a diagnostic; one without a name of its own is named by its parts."""
    if diagnostic.startswith(_GATE):
        return f"Enough to say something: {diagnostic.removeprefix(_GATE).replace('_', ' ')}"
    if not diagnostic.startswith(_PROPORTIONAL):
        return _LABELS.get(diagnostic, diagnostic.replace("_", " ").capitalize())
    rest = diagnostic.removeprefix(_PROPORTIONAL)
    term = max((t for t in CONTRASTS if rest.startswith(t)), key=len, default="")
    of = rest.removeprefix(term).strip("_").replace("_", " ")
    which = {"": "the ratio", "global": "all ratios of the model"}.get(of, f"the ratio by {of}")
    said = CONTRASTS[term].label if term else ""
    return f"Does {which} stay the same over time? p-value{f': {said}' if said else ''}"


def tells_of_estimates(diagnostic: str) -> bool:
    """Whether a diagnostic is for a reader of the estimates, and not about how a run went."""
    return not diagnostic.startswith(_OPERATIONS)


def meaning(fact: Fact) -> str:
    """Say what a diagnostic means: in words of the report where the release's are for its tables."""
    return _MEANINGS.get(fact.diagnostic, fact.detail) if fact.value is not None else fact.detail


def value(fact: Fact) -> str:
    """Write the value of a diagnostic: yes or no, a count, or two decimals with its range."""
    if fact.value is None:
        return NOTHING
    if (fact.diagnostic in YES_OR_NO or fact.diagnostic.startswith(_GATE)) and fact.value in (0.0, 1.0):
        return "yes" if fact.value else "no"
    if "_p_" in fact.diagnostic:
        return p_value(fact.value)
    if fact.limits is not None:
        return f"{_two_places(fact.value)} ({interval(*fact.limits, _two_places)})"
    return count(fact.value) if fact.value == int(fact.value) else _two_places(fact.value)


def _two_places(number: float) -> str:
    return decimal(number, 2)
