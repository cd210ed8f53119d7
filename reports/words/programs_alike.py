"""C1 in words: who was reached, whether the people compared were alike, and how well the answer stands."""

from __future__ import annotations

from collections.abc import Mapping

from models.fitness import BALANCED, LIMITS
from reports.numbers import count, decimal, interval, of_100
from reports.release import Fact
from reports.words.phrases import aside, listed, nobody_due, people, sentence
from reports.words.programs_compared import CLINICAL, SOCIAL, WAVES, Outcome

WEAK = 0.3  # correlations below it are called little (Cohen 1988: a medium one)
ALIKE = BALANCED  # standard deviations up to which groups count as alike
MEASURES = {
    "asi_alcohol_baseline": "alcohol problems",
    "asi_drug_baseline": "drug problems",
    "asi_medical_baseline": "medical problems",
    "asi_employment_baseline": "work problems",
    "asi_legal_baseline": "legal problems",
    "asi_family_baseline": "family or social problems",
    "asi_psychiatric_baseline": "mental health problems",
    "k6_baseline": "distress",
    "eurohis_qol8_baseline": "quality of life",
    "barc10_baseline": "recovery capital",
    "abstinent_days_30_baseline": "days abstinent in the past 30",
    "twelve_step_activities_baseline": "12-step activities",
    "twelve_step_meetings_30_baseline": "12-step meetings in the past 30 days",
    "network_support_abstinence_baseline": "friends and family who back abstinence",
    "prior_treatment": "earlier treatment",
}
KINDS = {
    "sex": "sex",
    "age_band": "age",
    "race_ethnicity": "race and ethnicity",
    "education": "education",
    "primary_substance": "main substance",
    "justice_status": "justice status",
}
WAYS = {
    "rubin": "With the error worked out by Rubin's rules",
    "complete_cases": "Only people with every answer",
    "attrition_weighted": "Those reached stand for those lost",
    "weighted": "By weights alone",
}
CONDITIONS = {
    "balance": ("The groups are alike at entry", "largest gap at most {} standard deviations"),
    "overlap": ("The groups hold comparable people", "at least {} of every 100 people kept in each group"),
    "effective_sample_size": ("Enough people weigh in each group", "at least {} people in effect"),
    "programs_by_arm": ("Enough programs of each kind", "at least {} programs"),
    "follow_up": ("Enough people were reached", "at least {} of every 100 due, in each group"),
    "follow_up_difference": ("The groups were reached about as well", "at most {} of every 100 apart"),
    "answers": ("Enough people answered this question", "at least {} of every 100 due, in each group"),
    "missing_information": ("The answers given weigh more than those missing", "at most {} of 100 parts"),
    "degrees_of_freedom": ("Enough programs carry the range", "at least {} degrees of freedom"),
}
_OF_100 = ("overlap", "follow_up", "follow_up_difference", "answers", "missing_information")
WHY_ALIKE = (
    "Each row is something asked at entry. The two marks say how far apart the groups were, as they came and "
    "as they count in the comparison. The unit is the usual distance between people (a standard deviation)."
)


def limit_of(condition: str) -> str:
    """Say the limit that a condition keeps."""
    limit = LIMITS[condition].limit
    return CONDITIONS[condition][1].format(
        of_100(limit) if condition in _OF_100 else decimal(limit, 2 if limit < 1 else 0)
    )


def measure(column: str) -> str | None:
    """Name what a column of the balance measures; one of several levels goes by the name of all."""
    if column in MEASURES:
        return MEASURES[column]
    return next((name for kind, name in KINDS.items() if column.startswith(f"{kind}_")), None)


def reached(facts: Mapping[str, float], wave: str) -> str:
    """Say who was due, who was interviewed and who could be compared; empty where it is not given.

    Where nobody is due yet there is nobody to compare, and that is all there is to say.
    """
    due, came, compared = (
        facts.get(name) for name in (f"due_{wave}_all", f"came_{wave}_all", "people_compared")
    )
    when = f"{WAVES[wave]} after entry"
    if due == 0:
        return sentence(nobody_due(f"the interview {when}"))
    said = [f"{people(int(due))} were due {when}"] if due is not None else []
    if due is not None and came is not None:
        said.append(f"Of these, {count(came)} were interviewed, or {of_100(came / due)} of every 100")
    elif due is not None:
        said.append("How many were interviewed is not shown")
    if compared is not None:
        said.append(f"We compare {people(int(compared))}")
        said.append("Answers that are missing were filled in from people like them")
    return " ".join(sentence(text) for text in said)


def overlap(facts: Mapping[str, float], wave: str) -> str:
    """Say how many of those due had somebody like them in the other kind of program."""
    due, compared = facts.get("people_due"), facts.get("people_compared")
    if due is None or compared is None or due == 0:
        return ""
    if due == compared:
        return sentence(
            f"All {people(int(due))} due at {WAVES[wave]} had people like them in the other kind of program"
        )
    return sentence(
        f"Of {people(int(due))} due at {WAVES[wave]}, {count(compared)} had enough people like them in the "
        "other kind of program. The chance of one kind was above 9 in 10 for the others. They are left out"
    )


def effective(facts: Mapping[str, float]) -> str:
    """Say how many people the lesser group weighs in effect, and how many programs carry the comparison."""
    weigh, programs = facts.get("effective_sample_size_ate"), facts.get("programs_of_lesser_arm")
    said = []
    if weigh is not None:
        said.append(
            "Making people alike has a price: some count for more than others. All in all, the smaller "
            f"group counts like {people(round(weigh))}"
        )
    if programs is not None:
        said.append(
            f"The comparison rests on {count(programs)} programs of one kind and at least as many of the "
            "other. With so few programs, ranges are wide"
        )
    return " ".join(sentence(text) for text in said)


def balance(gaps: Mapping[str, tuple[float, float]]) -> str:
    """Say how alike the groups were before and after weighting, from the gap of each measure."""
    if not gaps:
        return ""
    apart = {name: abs(before) for name, (before, _) in gaps.items() if abs(before) > ALIKE}
    after = {name: abs(now) for name, (_, now) in gaps.items()}
    left = [name for name, now in after.items() if now > ALIKE]
    worst = max(after, key=lambda name: after[name])
    before = (
        f"As they came, the groups differed on {len(apart)} of {len(gaps)} measures by more than "
        f"{decimal(ALIKE, 1)} standard deviations"
        if apart
        else f"As they came, the groups were close on all {len(gaps)} measures"
    )
    now = (
        f"As they count, they still differ on {len(left)}: {listed(tuple(left))}"
        if left
        else f"As they count, they differ on none: the largest gap is {decimal(after[worst], 2)}, in {worst}"
    )
    return f"{sentence(before)} {sentence(now)}"


def how_they_came(gaps: Mapping[str, tuple[float, float]]) -> str:
    """Say what people of social programs had more or less of at entry; levels have no more or less."""
    scores = {name: before for name, (before, _) in gaps.items() if name in MEASURES.values()}
    largest = sorted(scores, key=lambda name: -abs(scores[name]))
    more = tuple(name for name in largest if scores[name] > ALIKE)
    less = tuple(name for name in largest if scores[name] < -ALIKE)
    parts = [f"{way} on {listed(names)}" for way, names in (("higher", more), ("lower", less)) if names]
    if not parts:
        return sentence(f"People of {SOCIAL} and of {CLINICAL} came much alike")
    return sentence(f"People of {SOCIAL} stood {', and '.join(parts)} at entry")


def headline_balance(gaps: Mapping[str, tuple[float, float]]) -> str:
    """Give the message of the love plot."""
    left = sum(abs(now) > ALIKE for _, now in gaps.values())
    if left:
        return f"On {left} of {len(gaps)} measures the groups still differ after weighting"
    return "After weighting, the groups were alike on what was asked at entry"


def caption_balance(measures: int, drawn: int) -> str:
    """Say how to read the love plot, and how many of its measures are drawn."""
    at = decimal(ALIKE, 1)
    said = (
        f"{WHY_ALIKE} Left of the broken line, at {at}, groups count as alike. Where something has several "
        "levels, such as age, the widest of their gaps is drawn."
    )
    if measures <= drawn:
        return said
    return f"{said} The {drawn} widest gaps of {measures} are drawn; the table has all."


def control(
    after: Fact | None,
    before: Fact | None = None,
    *,
    unseen: float | None = None,
    correlation: float | None = None,
) -> str:
    """Say what the check on age at the start found, and how little such a check can find.

    `unseen` is the gap that its range could hide, in standard deviations; `correlation` the largest of the
    age with an outcome. Empty where there is no check.
    """
    if after is None or after.value is None:
        return ""
    said = ["A check: the age at which the problem began. No program can change it"]
    if before is not None and before.value is not None:
        said.append(f"As they came, people of {SOCIAL} began {_years(before)}")
        said.append(f"With people made alike, it is {_years(after)}")
    else:
        said.append(f"With people made alike, those of {SOCIAL} began {_years(after)}")
    ends = after.limits
    if ends is not None and not ends[0] <= 0 <= ends[1]:
        said.append(
            "The range leaves zero out: the people were not made fully alike, so read the rest with care"
        )
        return " ".join(sentence(text) for text in said)
    said.append("That the range holds zero tells us little")
    if unseen is not None:
        said.append(f"A gap of {decimal(unseen, 2)} standard deviations could be there unseen")
    if correlation is not None:
        said.append(
            f"And this age goes little with how people fare (correlations of {decimal(correlation, 2)} at "
            "most). So it could miss the very thing that sets the groups apart"
            if correlation < WEAK
            else f"Its correlation with an outcome is {decimal(correlation, 2)} at most"
        )
    return " ".join(sentence(text) for text in said)


def _years(fact: Fact) -> str:
    value = fact.value or 0.0
    ends = fact.limits
    within = "" if ends is None else f"the range runs from {interval(*ends, lambda v: decimal(v, 1))} years"
    return f"{decimal(abs(value), 1)} years {'older' if value > 0 else 'younger'}{aside(within)}"


def hidden(outcome: Outcome, wave: str, value: float, limit: float) -> str:
    """Say how strong something hidden would have to be to explain a clear difference (the E-value)."""
    at = decimal(value, 1)
    said = (
        f"{outcome.label}, {WAVES[wave]} after entry: could something we did not ask about explain the "
        "difference away",
        f"It would have to be at least {at} times as common in one kind of program",
        f"And it would have to make the outcome at least {at} times as likely",
        f"For the range to reach no difference, {decimal(limit, 1)} times each would do",
    )
    return " ".join([f"{said[0]}?", *(sentence(text) for text in said[1:])])


def lost(facts: Mapping[str, float], wave: str) -> str:
    """Say in what those reached and those lost differed most at entry."""
    known = {
        name: value
        for column, name in MEASURES.items()
        if (value := facts.get(f"came_minus_lost_{column}_{wave}_all")) is not None
    }
    if not known:
        return ""
    most = max(known, key=lambda name: abs(known[name]))
    if abs(known[most]) <= ALIKE:
        return sentence("Those reached and those lost were much alike at entry")
    way = "higher" if known[most] > 0 else "lower"
    return (
        f"{sentence(f'Those reached and those lost differed most at entry in {most}')} "
        f"{sentence(f'Those reached stood {way}, by {decimal(abs(known[most]), 2)} standard deviations')}"
    )
