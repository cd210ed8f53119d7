"""H1 in words: helping others in recovery, and time without use after treatment."""

from __future__ import annotations

from reports.numbers import as_published, between, count, decimal, of_100
from reports.release import Answer, Fact, Published
from reports.words.phrases import aside, given, nobody_due, people, sentence, unanswered
from reports.words.ranges import direction, flipped, range_of, share_range_of

HELPERS, OTHERS = "helpers", "others"
GROUPS = {HELPERS: "people who help others", OTHERS: "people who do not"}
LABELS = {HELPERS: "Help others", OTHERS: "Do not help others"}
SHARES = {HELPERS: "helpers_12_months", OTHERS: "others_12_months"}
RATIO, ADJUSTED, DAYS = "helping", "helping_adjusted", "restricted_mean_difference"
LANDMARK = (
    "Everybody counts from their first interview after treatment, in the group they told us then, so that "
    "help given later makes nobody a helper."
)
HEADING = "People as they are, not made alike"
AS_THEY_ARE = "The next figures compare people as they are, who may differ in more than helping."
NOT_WHAT_HELPING_DOES = "This is a link, not what helping does: those who do well may help more."
OTHER_MEASURE = (
    "The published shares count no drinking, of people treated for alcohol use. Ours count no use of any "
    "drug or alcohol, of people who had not used by that interview. Do not expect the same figures."
)
WAYS = {
    "complete_cases": "With those who gave every answer, and nobody else",
    "meetings_alone": "Alike in meetings, and in nothing else",
    "by_person": "As if programs did not differ",
    "attrition_weighted": "Weighted to stand for those lost before that interview",
}
MISTAKE = "ever_helped"
DRIFTS = 0.05  # a p-value below speaks against a ratio that stays the same over the year


def share(group: str, answer: Answer) -> str:
    """Say how many of a group were without use for 12 months."""
    who = GROUPS[group]
    if reason := unanswered(answer, f"how many {who} had no use for 12 months"):
        return reason
    return f"Of every 100 {who}, {of_100(given(answer))} had no use for 12 months. {share_range_of(answer)}"


def days_without(answer: Answer) -> str:
    """Say how many more or fewer days without use helpers had in the year."""
    if reason := unanswered(answer, "how many more days without use those who help had"):
        return reason
    value, way = given(answer), direction(answer)
    if way == 0 and answer.ci_low is not None and answer.ci_high is not None:
        return (
            "We cannot tell whether those who help had more days without use in the year. Between "
            f"{_days(-answer.ci_low, 'fewer')} and {_days(answer.ci_high, 'more')} fits the records."
        )
    more = "more" if value > 0 else "fewer"
    shown = answer if value > 0 else flipped(answer)
    return (
        f"Those who help others had {_days(abs(value), more)} without use in the year, on average. "
        f"{range_of(shown, _whole, ' days')}"
    )


def rate(answer: Answer, alike: str = "") -> str:
    """Say a ratio of the daily chances of first use as so many for every 100; `alike` says among whom."""
    among = f" Among people alike in {alike}," if alike else " At any one time,"
    if reason := unanswered(answer, "whether those who help use again earlier or later"):
        return reason
    if direction(answer, 1.0) == 0 and answer.ci_low is not None and answer.ci_high is not None:
        whom, fits = people(answer.n_people), between(answer.ci_low, answer.ci_high, of_100_others)
        return (
            f"{among.strip()} we found no clear sign that those who help use again earlier or later. "
            f"When 100 of the others use again, {fits} of an equal number who help would fit the records."
            f"{f' It rests on {whom}.' if whom else ''}"
        )
    return (
        f"{among.strip()} when 100 of the others use again, {of_100_others(given(answer))} of an equal "
        f"number who help do. {range_of(answer, of_100_others)}"
    )


def of_100_others(ratio: float) -> str:
    """Write a ratio as so many for every 100 of the others."""
    return decimal(100 * ratio, 0)


def finding(shares: dict[str, Answer], apart: Answer | None, adjusted: Answer | None) -> str:
    """Give the finding of the front page: people alike first, then both shares, and that it is a link."""
    said = []
    if adjusted is not None and adjusted.standing == "given":
        said.append(rate(adjusted, "meetings, sex, age and need"))
        said.append(AS_THEY_ARE)
    said += [share(group, answer) for group, answer in shares.items()]
    if apart is not None and apart.standing == "given":
        said.append(days_without(apart))
    return " ".join([*said, NOT_WHAT_HELPING_DOES])


def brief(label: str, answer: Answer) -> str:
    """Say a share on a line."""
    if reason := unanswered(answer, f"how many had no use for 12 months ({label.lower()})"):
        return reason
    low, high = answer.ci_low, answer.ci_high
    ends = "" if low is None or high is None else between(low, high, of_100)
    return sentence(f"{label}: {of_100(given(answer))} of 100{aside(ends)}")


def brief_published(label: str, p: Published) -> str:
    """Say a published share on a line, with its digits."""
    return sentence(f"{label}: {as_published(100 * (p.value or 0.0))} of 100")


def by_day(group: str, day: float, share_: float, low: float | None, high: float | None) -> str:
    """Say a point of a curve: how many of a group were still without use."""
    ends = "" if low is None or high is None else between(low, high, of_100)
    return sentence(
        f"{LABELS[group]}, day {decimal(day, 0)}: {of_100(share_)} of 100 without use{aside(ends)}"
    )


def headline(shares: dict[str, Answer]) -> str:
    """Give the message of the figure of both shares."""
    told = [shares[g] for g in (HELPERS, OTHERS) if g in shares and shares[g].standing == "given"]
    if len(told) < 2:
        return "People without use for 12 months, by whether they help others"
    first, second = (of_100(given(a)) for a in told)
    return f"Without use for 12 months: {first} of 100 who help others, {second} of 100 who do not"


def headline_curves(apart: Answer | None) -> str:
    """Give the message of the curves: what they show is shares by day, not the days between them."""
    if apart is None or direction(apart) == 0:
        return "People without use, by days since that interview"
    more = "more" if given(apart) > 0 else "fewer"
    return f"Over the year, {more} of those who help others were still without use"


def mistake(fact: Fact | None) -> str:
    """Tell of the usual mistake, where the release holds what it would give; without its number."""
    if fact is None or fact.value is None:
        return ""
    return (
        "A usual mistake is to count as helpers all who ever helped before they used. That favors those who "
        "help: to have helped, people first had to go without use for a while. So we do not."
    )


def drift(p_value: Fact | None) -> str:
    """Say that the ratio may change over the year, where its check speaks against one ratio; or nothing."""
    if p_value is None or p_value.value is None or p_value.value >= DRIFTS:
        return ""
    return "The ratio may change over the year: read it as an average."


def heard(share_: Fact | None, at_start: Fact | None, used: Fact | None) -> str:
    """Say who was interviewed after treatment, who is in the figures, and who had used before."""
    if share_ is not None and share_.n_people == 0:
        return sentence(nobody_due("the interview after treatment"))
    said = []
    if share_ is not None and share_.value is not None:
        due = "those due" if share_.n_people is None else f"the {count(share_.n_people)} people due"
        said.append(f"{of_100(share_.value)} of every 100 of {due} were interviewed after treatment.")
    if at_start is not None and at_start.value is not None:
        said.append(f"{count(at_start.value)} people had not used by then and are in these figures.")
    if used is not None and used.value is not None:
        said.append(f"{count(used.value)} had used before and are not.")
    return " ".join(said)


def meetings(means: tuple[Fact | None, Fact | None]) -> str:
    """Say how many meetings both groups went to before that interview."""
    first, second = means
    if first is None or second is None or first.value is None or second.value is None:
        return ""
    return (
        f"In the 30 days before, those who help went to {decimal(first.value, 1)} meetings on average, the "
        f"others to {decimal(second.value, 1)}."
    )


def _days(value: float, more: str) -> str:
    text = _whole(value)
    return f"{text} {more} {'day' if text == '1' else 'days'}"


def _whole(value: float) -> str:
    return decimal(value, 0)
