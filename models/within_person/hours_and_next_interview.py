"""P1's interviews: mean hours of a diary, and abstinence at the interview after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from models.estimate import MINIMUM_PEOPLE, Diagnostic, Findings
from models.fitness import NOT_ENOUGH, diagnostics_of, gate
from models.refusal import NotIdentifiedError
from models.within_person.carriers import NO_VARIATION, Basis
from models.within_person.diary_facts import Facts, Told
from models.within_person.hours_odds_and_ranks import (
    ANALYSIS,
    NEXT_INTERVIEW,
    NOTES,
    ODDS_RATIO,
    PREDICTORS,
    WORDS,
    odds,
    ranks_of,
    ratio,
    without_answer,
)
from models.within_person.interview_after_diary import (
    ABSTINENT,
    DAYS_BEFORE,
    DUE,
    next_interviews,
    regression_on_means,
)

FEWEST_OF_A_KIND: Final = 10  # people abstinent at the next interview, and not


def at_interview(
    days: pl.DataFrame, assessments: pl.DataFrame, population: str, minimum_people: int
) -> Findings:
    """Mean hours of a diary and abstinence at the interview after it."""
    facts = Facts(NEXT_INTERVIEW, population)
    people = next_interviews(days, assessments, PREDICTORS)
    n, reached = people.height, people.drop_nulls([ABSTINENT])
    spread = {name: _spread(people[name]) for name in PREDICTORS}
    followed = gate("follow_up", reached.height / max(int(people[DUE].sum()), 1))
    told: tuple[Diagnostic, ...] = (
        facts.fact("people_with_hours", float(n), n_people=n, detail="people who told hours"),
        facts.fact(
            "people_interviewed_after_diary", float(reached.height), n_people=reached.height,
            detail="of them, those interviewed after their diary who told the days without use",
        ),
        facts.fact(
            "days_until_interview", _median(reached["days_until"]), n_people=reached.height,
            detail="median days from the last planned evening to that interview",
        ),
    )  # fmt: skip
    told += diagnostics_of((followed,), outcome=NEXT_INTERVIEW, population=population)
    found, reason = None, _why_no_interview(reached, spread, minimum_people)
    reason = reason or ("" if followed.passed else f"{NOT_ENOUGH}: {followed.reason}.") or None
    if reason is None:
        try:
            found = regression_on_means(reached, PREDICTORS, spread)
            told += _given_days_before(facts, reached, spread)
        except NotIdentifiedError as error:
            found, reason = None, f"Not identified: {error}."
    counted = Basis(reached.height, reached.height, reached.height, untold=False)
    estimates = [
        ratio(found, name, counted, facts, NOTES[NEXT_INTERVIEW])
        if found is not None
        else without_answer(f"{name}_per_sd", reason or "", facts, reached.height, ODDS_RATIO)
        for name in PREDICTORS
    ]
    ranks, compared = ranks_of(found, {n: n for n in PREDICTORS}, facts, reached.height, reason or "")
    return Findings(analysis=ANALYSIS, estimates=(*estimates, *ranks), diagnostics=(*told, *compared))


def _given_days_before(
    facts: Facts, reached: pl.DataFrame, spread: Mapping[str, float]
) -> tuple[Diagnostic, ...]:
    """Give odds ratios with days without use before the diary held fixed."""
    words = "given the days without use told at the last interview before the diary"
    known = reached.drop_nulls([DAYS_BEFORE])
    told = dict.fromkeys(PREDICTORS, Told(None, f"{words}: too few people told them, or all told the same"))
    if known.height >= MINIMUM_PEOPLE and _spread(known[DAYS_BEFORE]) > NO_VARIATION:
        try:
            found = regression_on_means(known, PREDICTORS, spread, DAYS_BEFORE)
            told = {name: odds(found, name, words) for name in PREDICTORS}
        except NotIdentifiedError as error:
            told = dict.fromkeys(PREDICTORS, Told(None, f"{words}: {error}"))
    return tuple(
        facts.told(f"sensitivity_{name}_per_sd_given_days_before", one, n_people=known.height)
        for name, one in told.items()
    )


def _why_no_interview(reached: pl.DataFrame, spread: Mapping[str, float], minimum_people: int) -> str | None:
    if reached.height < minimum_people:
        return f"Fewer than {minimum_people} people were interviewed after their diary."
    yes = int(reached[ABSTINENT].sum())
    if min(yes, reached.height - yes) < FEWEST_OF_A_KIND:
        return f"Fewer than {FEWEST_OF_A_KIND} people were abstinent at the interview after, or were not."
    if flat := [WORDS[name] for name, value in spread.items() if value <= NO_VARIATION]:
        return f"All people had the same mean {' and '.join(flat)}."
    return None


def _spread(values: pl.Series) -> float:
    told = values.drop_nulls().cast(pl.Float64)
    return float(told.to_numpy().std(ddof=1)) if told.len() > 1 else 0.0


def _median(values: pl.Series) -> float | None:
    told = values.drop_nulls().cast(pl.Float64)
    return float(np.median(told.to_numpy())) if told.len() else None
