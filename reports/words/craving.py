"""W3 in words: recovery identity and craving, whether there was any and how strong it was."""

from __future__ import annotations

from reports.numbers import as_published, between, decimal, of_100, times
from reports.release import Answer
from reports.words.phrases import aside, given, people, sentence, unanswered
from reports.words.slopes import FOR_EACH, STEP, size, unclear, undecided

ASKED = (
    "Each evening people marked from 0 to 100 how strong their urge to use alcohol or other drugs was at its "
    "strongest, 0 for no craving at all, and how much being a person in recovery was part of who they are."
)
ODDS = "evenings with craving for each evening without"
ANY_WITHIN = f"any_recovery_identity_within_per_{STEP}_points"
ANY_BETWEEN = f"any_recovery_identity_between_per_{STEP}_points"
EXTENT_WITHIN = "extent_recovery_identity_within"
EXTENT_BETWEEN = "extent_recovery_identity_between"
BY_MEETING = "extent_recovery_identity_by_attended_meeting"
NO_MEETING_DAY = "extent_recovery_identity_within_no_meeting_day"
MEETING_DAY = "extent_recovery_identity_within_meeting_day"
CORRELATION = "person_effects_correlation"
ANY = {
    ANY_WITHIN: "The same person, one day against another",
    ANY_BETWEEN: "One person against another",
}
EXTENT = {
    EXTENT_WITHIN: "The same person, one day against another",
    NO_MEETING_DAY: "The same person, days without a recovery meeting",
    MEETING_DAY: "The same person, days with a recovery meeting",
    EXTENT_BETWEEN: "One person against another",
}
OTHERWISE = {
    EXTENT_WITHIN: EXTENT[EXTENT_WITHIN],
    EXTENT_BETWEEN: EXTENT[EXTENT_BETWEEN],
    BY_MEETING: "Difference of the link, days with a recovery meeting against days without",
}
_USUAL = "on days when recovery was more a part of who they are than usual"
_OTHERS = "people for whom recovery was more a part of who they are than for others"
_LINKS_ALONE = "This compares two links; it does not say on which days craving was stronger"
_NO_CHANGE = "This compares people with each other; it does not say that anyone changed"


def how_common(share: float) -> str:
    """Say on how many of the evenings there was any craving."""
    return sentence(f"On {of_100(share)} of every 100 evenings there was some craving")


def any_within(answer: Answer) -> str:
    """Say the ratio of the odds of any craving for ten points, the same person on different days."""
    if reason := unanswered(answer, "whether craving is less common on days of stronger recovery identity"):
        return reason
    if _holds_one(answer):
        return sentence(
            f"There is not enough to say whether people had craving more or less often {_USUAL}. "
            f"{FOR_EACH.capitalize()}, {_all_that_fits(answer)}"
        )
    return sentence(f"{_USUAL}, people had craving {_often(answer)}: {FOR_EACH}, {_ratio(answer)}")


def any_between(answer: Answer) -> str:
    """Say the ratio of the odds of any craving for two people ten points apart."""
    if reason := unanswered(answer, "whether people who identify more with recovery have craving less often"):
        return reason
    apart = f"for two people {STEP} points apart"
    if _holds_one(answer):
        return sentence(
            f"There is not enough to say whether {_OTHERS} had craving more or less often. "
            f"{apart.capitalize()}, {_all_that_fits(answer)}"
        )
    return sentence(f"{_OTHERS} had craving {_often(answer)}: {apart}, {_ratio(answer)}. {_NO_CHANGE}")


def extent_within(answer: Answer) -> str:
    """Say the slope of the strength of craving on days with any, the same person on different days."""
    if reason := unanswered(answer, "whether craving is weaker on days of stronger recovery identity"):
        return reason
    if unclear(answer):
        return sentence(
            "Where people had craving, there is not enough to say whether it was stronger or weaker "
            f"{_USUAL}: {FOR_EACH}, {undecided(answer, up='stronger', down='weaker')}"
        )
    return sentence(
        f"Where people had craving, it was {_strong(answer)} {_USUAL}: {FOR_EACH}, {size(answer)}"
    )


def extent_between(answer: Answer) -> str:
    """Say the slope of the strength of craving between people, on days with any."""
    if reason := unanswered(answer, "whether people who identify more with recovery have weaker craving"):
        return reason
    apart = f"for two people {STEP} points apart"
    if unclear(answer):
        return sentence(
            f"Where people had craving, there is not enough to say whether {_OTHERS} had it stronger or "
            f"weaker: {apart}, {undecided(answer, up='stronger', down='weaker')}"
        )
    return sentence(
        f"Where people had craving, {_OTHERS} had it {_strong(answer)}: {apart}, {size(answer)}. {_NO_CHANGE}"
    )


def by_meeting(answer: Answer, without: Answer | None = None, on: Answer | None = None) -> str:
    """Say how the slope of the strength differs on days with a meeting: both slopes, where they are given.

    `without` and `on` are the slopes on days without and with a meeting.
    """
    if reason := unanswered(
        answer, "whether the link of recovery identity with the strength of craving differs on meeting days"
    ):
        return reason
    if unclear(answer):
        return sentence(
            "There is not enough to say whether the link of recovery identity with the strength of craving "
            f"differs on days with a recovery meeting: {FOR_EACH}, {undecided(answer)}"
        )
    apart = size(answer, up="apart", down="apart", scale=False)
    if without is not None and on is not None and without.standing == on.standing == "given":
        return sentence(
            f"The link differed by kind of day. On days with a recovery meeting, {_went(on)}. On days "
            f"without one, {_went(without)}. The two links lie {apart}. {_LINKS_ALONE}"
        )
    way = "stronger" if given(answer) > 0 else "weaker"
    return sentence(
        "The link between recovery identity and the strength of craving leaned more toward "
        f"{way} craving on days with a recovery meeting than on other days: {FOR_EACH}, the two links lie "
        f"{apart}. {_LINKS_ALONE}"
    )


def _went(answer: Answer) -> str:
    """Say one of two slopes of the strength inside a sentence."""
    if unclear(answer):
        return f"no link is clear: {undecided(answer)}"
    return (
        f"{STEP} points more of recovery identity went with craving {size(answer, scale=False, count=False)}"
    )


def together(answer: Answer) -> str:
    """Say whether people with craving more often also have it stronger."""
    if answer.standing != "given":
        return ""
    low, high = answer.ci_low, answer.ci_high
    span = "" if low is None or high is None else between(low, high, _two)
    said = f"a correlation of {_two(given(answer))}{aside(span, people(answer.n_people))}"
    if low is None or high is None or low <= 0 <= high:
        return sentence(f"Whether people with craving more often also had it stronger is not clear: {said}")
    also = "also had it stronger" if given(answer) > 0 else "had it weaker"
    return sentence(f"People who had craving more often {also}: {said}")


def brief_any(label: str, answer: Answer) -> str:
    """Say one of several ratios of the odds shortly."""
    if reason := unanswered(answer, label):
        return reason
    low, high = answer.ci_low, answer.ci_high
    span = "" if low is None or high is None else between(low, high, times)
    count = people(answer.n_people)
    return sentence(f"{label}: {times(given(answer))} times as many {FOR_EACH}{aside(span, count)}")


def published_log_odds(value: float, std_error: float | None) -> str:
    """Write log odds that others published as they stand: turned into odds they would gain false digits."""
    error = "" if std_error is None else f"standard error {as_published(std_error)}"
    return f"{as_published(value)} in log odds for each point{aside(error)}"


def headline_any(answer: Answer | None) -> str:
    """Give the message of the figure on any craving, from the ratio within a person."""
    if answer is None or answer.standing != "given":
        return "Recovery identity and having any craving"
    if _holds_one(answer):
        return "No clear link yet between recovery identity and having any craving"
    return f"On days of stronger recovery identity, people had craving {_often(answer)}"


def headline_extent(answer: Answer | None) -> str:
    """Give the message of the figure on the strength of craving, from the slope within a person."""
    if answer is None or answer.standing != "given":
        return "Recovery identity and the strength of craving"
    if unclear(answer):
        return "No clear link yet between recovery identity and the strength of craving"
    return f"Where there was craving, it was {_strong(answer)} on days of stronger recovery identity"


def _holds_one(answer: Answer) -> bool:
    return answer.ci_low is not None and answer.ci_high is not None and answer.ci_low <= 1 <= answer.ci_high


def _ratio(answer: Answer) -> str:
    low, high = answer.ci_low, answer.ci_high
    span = "" if low is None or high is None else f"{between(low, high, times)} times"
    return f"about {times(given(answer))} times as many {ODDS}{aside(span, people(answer.n_people))}"


def _all_that_fits(answer: Answer) -> str:
    low, high = answer.ci_low or 0.0, answer.ci_high or 0.0
    return (
        f"anything from {times(low)} to {times(high)} times as many {ODDS} is in keeping with the diaries"
        f"{aside(people(answer.n_people))}"
    )


def _often(answer: Answer) -> str:
    return "more often" if given(answer) > 1 else "less often"


def _strong(answer: Answer) -> str:
    return "stronger" if given(answer) > 0 else "weaker"


def _two(value: float) -> str:
    return decimal(value, 2)
