"""Q1 in words: quality of life by time in recovery, between people; answers that are no numbers included."""

from __future__ import annotations

from collections.abc import Sequence

from models.trajectory.quality_of_life import ABOVE, FALLS, NO_DIP, NOT_REACHED
from reports.numbers import NOTHING, between, count, decimal, interval
from reports.release import Answer, Fact
from reports.words.phrases import NOT_SHOWN, aside, given, held_back, in_table, sentence, unanswered
from reports.words.ranges import direction, flipped, range_of

NORM = "people who never had a problem"
AVERAGE = "This is an average."
BETWEEN_PEOPLE = (
    "Everybody was asked once. So these are people at different times in recovery. They do not show that "
    "anyone changed."
)
CHOSE = "People chose to go to a center or not, so they may differ in other ways too."
SURVIVORS = "Those long in recovery are the ones who stayed in it and are still alive."
GROUPS = {
    "": "people in recovery",
    "_with_center": "people with a center",
    "_without_center": "people without a center",
}
LABELS = {
    "": "All people in recovery",
    "_with_center": "With a recovery center",
    "_without_center": "Without a recovery center",
}
CURVES = {"": "everybody", "_with_center": "with_center", "_without_center": "without_center"}
STEMS = {
    "dip_depth": "Depth of the dip",
    "turning_point_years": "Lowest point",
    "crossing_years": f"Meets {NORM}",
}
SAID = {  # the answers that are no numbers, for a table
    NOT_REACHED: "Not reached in the years observed",
    ABOVE: "At or above it from the start",
    NO_DIP: "No dip found",
    FALLS: "Falls, and does not turn in the years observed",
}
NEXT_TO_NONE = 0.005  # points: what is below is written 0.00, and no dip is in keeping with the answers
SMALL = 0.05  # points: a dip that may be this shallow is said to be next to nothing at its least
MAY_BE_SMALL = "So the dip may be next to nothing."
DIFFERENCE = "crossing_years_with_minus_without_center"
WAYS = {
    "fewer_knots": "With a stiffer curve",
    "more_knots": "With a looser curve",
    "square_root_of_years": "With early years stretched out",
    "local_regression": "By the nearest people, without a set form of the curve",
    "unweighted": "Without the weights of the survey",
    "without_longest_5_percent": "Without the twentieth of people longest in recovery",
}


def years(value: float) -> str:
    """Write years: "4.0 years"."""
    text = decimal(value, 1)
    return f"{text} {'year' if text == '1.0' else 'years'}"


def points(value: float) -> str:
    """Write points of quality of life."""
    return decimal(value, 2)


def instead(answer: Answer) -> str:
    """Return the answer in words where it is none of numbers: not reached, no dip; empty otherwise."""
    if answer.standing != "refused":
        return ""
    return next((said for note, said in SAID.items() if answer.note.startswith(note)), "")


def cell(answer: Answer | None) -> str:
    """Write an answer for a table: the number with its range, the answer in words, or why there is none."""
    if answer is None:
        return NOTHING
    if answer.standing == "suppressed":
        return NOT_SHOWN
    if answer.estimate is None:
        return instead(answer) or in_table(answer)
    write = points if answer.scale == "points" else _bare
    ends = interval(answer.ci_low, answer.ci_high, write)
    return write(answer.estimate) + aside("" if ends == NOTHING else ends)


def crossing(answer: Answer, group: str = "", ends: float | None = None) -> str:
    """Say from which year on people of a group fare, on average, as those who never had a problem.

    `ends` is the last year of the curve.
    """
    who = GROUPS[group]
    if said := instead(answer):
        if said == SAID[ABOVE]:
            return f"From the start on, {who} rate their life as high as {NORM}. {AVERAGE}{_people(answer)}"
        seen = "" if ends is None else f" We can see up to {decimal(ends, 0)} years."
        return (
            f"As far as we can see, {who} do not rate their life as high as {NORM}.{seen} {AVERAGE}"
            f"{_people(answer)}"
        )
    if reason := unanswered(answer, f"when {who} rate their life as high as {NORM}"):
        return reason
    ends_said = range_of(answer, _bare, " years")
    if group:
        return f"For {who}, that is at about {years(given(answer))} in recovery. {ends_said}"
    at = f"At about {years(given(answer))} in recovery"
    return f"{at}, people rate their life as high as {NORM}. {AVERAGE} {ends_said}"


def elsewhere(answer: Answer, values: Sequence[float]) -> str:
    """Say how far the same year lies apart worked out in other ways, beside the year itself."""
    if answer.standing != "given" or not values:
        return ""
    ways = "in another way" if len(values) == 1 else f"in {len(values)} other ways"
    if len(values) == 1:
        return f"Worked out {ways}, it is {years(values[0])}."
    return f"Worked out {ways}, it is {between(min(values), max(values), _bare)} years."


def no_dip_in(group: str, depth: Answer | None) -> str:
    """Say of a group that it may have no dip, where its range does not rule that out; empty otherwise."""
    if depth is None or depth.standing != "given" or depth.ci_low is None or depth.ci_low >= NEXT_TO_NONE:
        return ""
    return f"Among {GROUPS[group]}, there may be no early dip. {range_of(depth, points, ' points')}"


def dip(depth: Answer, turning: Answer | None) -> str:
    """Say the early dip: when people fare worst, and by how much less than those just starting."""
    if said := instead(depth):
        if said == SAID[FALLS]:
            return "Quality of life is lower the longer people are in recovery, as far as we can see."
        return "We found no early dip: nobody's first years lie below the start."
    if reason := unanswered(depth, "whether there is an early dip"):
        return reason
    value = given(depth)
    when = ""
    if turning is not None and turning.standing == "given":
        when = f" at about {years(given(turning))}"
    low = depth.ci_low
    if low is not None and low < NEXT_TO_NONE:
        return (
            f"There may be an early dip{when}, or none. The lowest point lies {points(value)} points below "
            f"the start, on a scale of 1 to 5. {range_of(depth, points, ' points')}"
        )
    return (
        f"People{when} fare worst. They are {points(value)} points below those who just start, on a scale of "
        f"1 to 5. {range_of(depth, points, ' points')}"
        + (f" {MAY_BE_SMALL}" if low is not None and low < SMALL else "")
    )


def turning_range(turning: Answer | None) -> str:
    """Say how sure the year of the lowest point is; empty where there is none."""
    if turning is None or turning.standing != "given":
        return ""
    low, high = turning.ci_low, turning.ci_high
    if low is None or high is None:
        return ""
    return f"The lowest point may lie anywhere between {_bare(low)} and {years(high)}."


def difference(answer: Answer) -> str:
    """Say at how many fewer or more years people with a center are at the mean."""
    if reason := unanswered(answer, "how far the two groups lie apart"):
        return f"{reason} {CHOSE}" if not held_back(answer) else reason
    way = direction(answer)
    if way == 0:
        low, high = answer.ci_low, answer.ci_high
        if low is None or high is None:
            return (
                f"That is {_apart(given(answer))} with a center than without. "
                f"{range_of(answer, _bare, ' years')} {CHOSE}"
            )
        return (
            f"We cannot tell whether that is fewer years with a center. Between {_apart(low)} and "
            f"{_apart(high)} fits the answers. {CHOSE}"
        )
    shown = answer if way > 0 else flipped(answer)
    return (
        f"That is {_apart(given(answer))} with a center than without. "
        f"{range_of(shown, _bare, f' {_sooner(given(answer))} years')} {CHOSE}"
    )


def headline(answer: Answer | None) -> str:
    """Give the message of the figure of everybody."""
    if answer is None or answer.standing == "suppressed":
        return "Quality of life by time in recovery"
    said = instead(answer)
    if said == SAID[ABOVE]:
        return f"From the start on, quality of life is that of {NORM} or higher"
    if said:
        return f"In the years observed, quality of life stays below that of {NORM}"
    if answer.estimate is None:
        return "Quality of life by time in recovery"
    low, high = answer.ci_low, answer.ci_high
    if low is None or high is None:
        return f"At about {years(answer.estimate)} in recovery, quality of life is that of {NORM}"
    return f"{between(low, high, _bare).capitalize()} years in recovery, quality of life is that of {NORM}"


def headline_center(answer: Answer | None) -> str:
    """Give the message of the figure of the two groups."""
    if answer is None or direction(answer) == 0:
        return "Quality of life by time in recovery, with and without a recovery center"
    return f"People with a recovery center are at that level at {_sooner(given(answer))} years in recovery"


def at_year(who: str, year: float, value: float, low: float | None, high: float | None) -> str:
    """Say one point of a curve."""
    ends = "" if low is None or high is None else f"between {points(low)} and {points(high)}"
    when = "At the start" if year == 0 else f"At {decimal(year, 0)} year{'' if year == 1 else 's'}"
    return sentence(f"{when}, {who}: {points(value)}{aside(ends)}")


def norm(fact: Fact | None) -> str:
    """Say the mean of people who never had a problem."""
    if fact is None or fact.value is None:
        return ""
    ends = fact.limits
    span = f"between {points(ends[0])} and {points(ends[1])}" if ends else ""
    return sentence(f"{NORM}: {points(fact.value)}{aside(span)}")


def heard(answer: Answer | None, dropped: Fact | None) -> str:
    """Say who answered; how many were asked is not in the release."""
    if answer is None or answer.n_people is None:
        return ""
    left = ""
    if dropped is not None and dropped.value:
        left = f" {count(dropped.value)} more gave no answer on quality of life and are left out."
    return (
        f"{count(answer.n_people)} people in recovery answered the survey, once each.{left} How many were "
        "asked is not known here. Each counts for as many people as the survey says."
    )


def _people(answer: Answer) -> str:
    return "" if answer.n_people is None else f" It rests on {count(answer.n_people)} people."


def _apart(value: float) -> str:
    return f"{_bare(abs(value))} {_sooner(value)} years"


def _sooner(value: float) -> str:
    return "fewer" if value < 0 else "more"


def _bare(value: float) -> str:
    return decimal(value, 1)
