"""P1: what hours with peers in recovery and in meaningful activity go before, in standard units, in order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.fitness import NOT_ENOUGH, diagnostics_of, gate
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError
from models.within_person.carriers import NO_VARIATION, Basis, basis, varied
from models.within_person.design.model_rows import ModelRows
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, Told, attrition
from models.within_person.hours_and_interview import (
    ABSTINENT,
    DAYS,
    DAYS_BEFORE,
    DUE,
    next_interviews,
    regression_on_means,
)
from models.within_person.hours_rows import (
    BEFORE,
    CRAVING,
    NO_CRAVING,
    Evenings,
    evenings,
    impossible,
    lag_name,
    model_rows,
    possible,
    with_evening_before,
)
from models.within_person.rank_intervals import RULE, ranked
from models.within_person.two_part.mixed_logistic import fit_logistic, inference, robust

ANALYSIS: Final = "P1"
PREDICTORS: Final = ("peer_hours", "meaningful_hours")
NEXT_INTERVIEW: Final = "abstinent_at_next_interview"
ODDS_RATIO: Final = "odds ratio"
METHODS: Final = {
    NO_CRAVING: "logistic regression with a random intercept by person, adaptive quadrature; cluster-robust",
    NEXT_INTERVIEW: "logistic regression on mean hours of the diary, bias-reduced; robust (CR2)",
}
NOTES: Final = {
    "within": "A person's own evenings compared, one standard deviation of hours apart; an association in "
    "time, not an effect.",
    "between": "People compared, one standard deviation of mean hours apart; an association, not an effect.",
    NEXT_INTERVIEW: "People compared, one standard deviation of mean hours apart, among those interviewed "
    "after their diary; an association, not an effect.",
    "rank": "1 is the predictor with the largest association; the interval holds the ranks that the data "
    "cannot rule out.",
}
FARTHEST: Final = 1e4  # odds ratio: one that takes a chance of 1% to one of 99%; limits beyond tell nothing
BEYOND: Final = "a limit of the odds ratio lies beyond 10,000 to 1: these answers cannot tell it"
FEWEST_OF_A_KIND: Final = 10  # people abstinent at the next interview, and not
WORDS: Final[Mapping[str, str]] = {
    "peer_hours": "hours with peers in recovery",
    "meaningful_hours": "hours in meaningful activity",
}


def analyse(
    diary_days: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    population: str,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Associations of an evening's hours with the next evening, and of mean hours with the next interview.

    Evenings: logit P(no craving on evening t + 1) = b0 + sum over both kinds of hours of w (x_ti - mean_i) /
    sd_within + c (mean_i - mean) / sd_between + trend + u_i, u_i normal. exp(w) is the odds ratio per
    standard deviation of a person's own evenings, exp(c) per standard deviation between people, for a given
    u; the standard deviations are taken as known. Person means are over all answered evenings, whether or
    not one followed. Cluster-robust covariance and degrees of freedom by person (`mixed_logistic.robust`).
    Assumes that craving does not change later hours beyond what a person's mean and the trend hold.

    Next interview: logit P(30 of 30 days abstinent at the first interview after the diary) on both means per
    standard deviation, among those interviewed, if half of those due were (`regression_on_means`).

    Ranks: `rank_intervals.ranked` of the log odds per standard deviation, the largest first, within, between
    and for the interview each by itself.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    assessments : pl.DataFrame
        core.assessments of the same people.
    population : str
        Name of the population.
    minimum_people : int
        With fewer people a term is refused.
    """
    require(
        diary_days, "core.diary_days", key=(PERSON, DAY),
        columns=(PERSON, DAY, STATUS, "evening_day", CRAVING, *PREDICTORS),
    )  # fmt: skip
    require(
        assessments, "core.assessments", key=(PERSON, "wave"),
        columns=(PERSON, "wave", "followup_status", "assessment_day", DAYS),
    )  # fmt: skip
    told = finite(diary_days, CRAVING, *PREDICTORS)
    days = told.with_columns(pl.when(possible(name)).then(pl.col(name)).alias(name) for name in PREDICTORS)
    by_evening = _by_evening(days, population, minimum_people)
    at_interview = _at_interview(
        days, finite(assessments, "assessment_day", DAYS), population, minimum_people
    )
    return Findings(
        analysis=ANALYSIS,
        estimates=(*by_evening.estimates, *at_interview.estimates),
        diagnostics=(*by_evening.diagnostics, *_out_of_range(told, population), *at_interview.diagnostics),
    )


def _by_evening(days: pl.DataFrame, population: str, minimum_people: int) -> Findings:
    """Hours of an evening and the evening after it."""
    of = evenings(days, PREDICTORS)
    facts = Facts(NO_CRAVING, population)
    told = attrition(facts, days, of.rows, (CRAVING, *PREDICTORS)) + _spreads(facts, of)
    carry = {name: varied(of.rows, lag_name(name)) for name in PREDICTORS}
    within = [name for name in PREDICTORS if int(carry[name].sum()) >= minimum_people]
    between = [name for name in PREDICTORS if of.between[name] > NO_VARIATION]
    found, reason = None, _why_none(of, minimum_people)
    if reason is None:
        try:
            rows = model_rows(of, within=within, between=between)
            fitted = fit_logistic(rows)
            found = robust(fitted)
            told += _other_ways(facts, rows, inference(fitted), with_evening_before(of, days))
        except NotIdentifiedError as error:
            found, reason = None, f"Not identified: {error}."
    passed = (gate("convergence", float(found is not None), reason=reason),)
    told += diagnostics_of(passed, outcome=NO_CRAVING, population=population)
    estimates: list[Estimate] = []
    for part, usable in (("within", within), ("between", between)):
        for name in PREDICTORS:
            term = f"{name}_{part}"
            counted = basis(of.rows, carry[name], minimum_people)
            if part == "between":
                counted = Basis(of.rows.n_people, of.rows.n_rows, of.rows.n_people, untold=False)
            why = reason or _no_spread(name, part, minimum_people)
            estimates.append(
                _ratio(found, term, counted, facts, NOTES[part])
                if found is not None and name in usable
                else _no(f"{term}_per_sd", why, facts, of.rows.n_people, ODDS_RATIO)
            )
        terms = {name: f"{name}_{part}" for name in PREDICTORS}
        lacking = [_no_spread(name, part, minimum_people) for name in PREDICTORS if name not in usable]
        ready = None if lacking else found
        ranks, compared = _ranks(ready, terms, facts, of.rows.n_people, reason or " ".join(lacking))
        estimates += ranks
        told += compared
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=told)


def _at_interview(
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
        _ratio(found, name, counted, facts, NOTES[NEXT_INTERVIEW])
        if found is not None
        else _no(f"{name}_per_sd", reason or "", facts, reached.height, ODDS_RATIO)
        for name in PREDICTORS
    ]
    ranks, compared = _ranks(found, {n: n for n in PREDICTORS}, facts, reached.height, reason or "")
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
            told = {name: _odds(found, name, words) for name in PREDICTORS}
        except NotIdentifiedError as error:
            told = dict.fromkeys(PREDICTORS, Told(None, f"{words}: {error}"))
    return tuple(
        facts.told(f"sensitivity_{name}_per_sd_given_days_before", one, n_people=known.height)
        for name, one in told.items()
    )


def _other_ways(
    facts: Facts, rows: ModelRows, by_model: Inference, before: np.ndarray
) -> tuple[Diagnostic, ...]:
    """Odds ratios with the model's own covariance, and given whether the evening itself was without craving.

    The second holds fixed an earlier answer of the outcome, which a person's own level is part of: it leans
    towards finding that craving persists.
    """
    terms = [name for name in rows.names if name.endswith(("_within", "_between"))]
    told = [
        facts.told(
            f"sensitivity_{term}_per_sd_model_based",
            _odds(by_model, term, "covariance from the observed information, not robust"),
            n_people=rows.n_people,
        )
        for term in terms
    ]
    words = "given whether the evening with the hours was itself without craving"
    own = [term for term in terms if term.endswith("_within")]
    try:
        given = robust(fit_logistic(_given_before(rows, before)))
        found = {term: _odds(given, term, words) for term in own}
    except NotIdentifiedError as error:
        found = {term: Told(None, f"{words}: {error}") for term in own}
    told += [
        facts.told(f"sensitivity_{term}_per_sd_given_that_evening", one, n_people=rows.n_people)
        for term, one in found.items()
    ]
    return tuple(told)


def _given_before(rows: ModelRows, before: np.ndarray) -> ModelRows:
    """Add the answer of the evening before, within and between; evenings without it go."""
    known = np.isfinite(before)
    if not known.any():
        raise NotIdentifiedError("no evening before tells of craving")
    person = np.unique(rows.person[known], return_inverse=True)[1]
    value = before[known]
    mean = (np.bincount(person, weights=value) / np.bincount(person))[person]
    x = np.column_stack([rows.x[known], value - mean, mean - mean.mean()])
    names = (*rows.names, f"{BEFORE}_within", f"{BEFORE}_between")
    return ModelRows(y=rows.y[known], x=x, names=names, random=(0,), person=person)


def _out_of_range(told: pl.DataFrame, population: str) -> tuple[Diagnostic, ...]:
    """Count the evenings with hours that no day has; they are among those without these hours."""
    facts = Facts(NO_CRAVING, population)
    return tuple(
        facts.fact(
            f"days_out_of_range_{name}", float(wrong.height), n_people=wrong[PERSON].n_unique(),
            detail=f"evenings with {WORDS[name]} below 0 or above 24: read as not told",
        )
        for name, wrong in ((name, impossible(told, name)) for name in PREDICTORS)
    )  # fmt: skip


def _spreads(facts: Facts, of: Evenings) -> tuple[Diagnostic, ...]:
    """Tell the standard deviations that the odds ratios are per."""
    n = of.rows.n_people
    rows = [
        facts.fact(
            f"sd_{part}_{name}", value if value > 0.0 else None, n_people=n,
            detail=f"standard deviation of {WORDS[name]} {words}, hours",
        )
        for part, words, spread in (
            ("within", "about a person's own mean", of.within),
            ("between", "of people's means", of.between),
        )
        for name, value in spread.items()
    ]  # fmt: skip
    y = of.rows.columns[NO_CRAVING]
    rows += [
        facts.fact(
            "evenings_after_an_evening", float(of.rows.n_rows), n_people=n,
            detail="evenings with an answer on craving, hours having been told the evening before",
        ),
        facts.fact(
            "share_without_craving", float(y.mean()) if y.size else None, n_people=n,
            detail="share of those evenings without craving",
        ),
    ]  # fmt: skip
    return tuple(rows)


def _why_none(of: Evenings, minimum_people: int) -> str | None:
    if of.rows.n_people < minimum_people:
        return (
            f"Fewer than {minimum_people} people told of craving on an evening after one on which they told "
            "their hours."
        )
    if int(varied(of.rows, NO_CRAVING).sum()) < minimum_people:
        return f"For fewer than {minimum_people} people did evenings with and without craving occur."
    return None


def _no_spread(name: str, part: str, minimum_people: int) -> str:
    if part == "between":
        return f"All people had the same mean {WORDS[name]}."
    return f"For fewer than {minimum_people} people did {WORDS[name]} differ from evening to evening."


def _why_no_interview(reached: pl.DataFrame, spread: Mapping[str, float], minimum_people: int) -> str | None:
    if reached.height < minimum_people:
        return f"Fewer than {minimum_people} people were interviewed after their diary."
    yes = int(reached[ABSTINENT].sum())
    if min(yes, reached.height - yes) < FEWEST_OF_A_KIND:
        return f"Fewer than {FEWEST_OF_A_KIND} people were abstinent at the interview after, or were not."
    if flat := [WORDS[name] for name, value in spread.items() if value <= NO_VARIATION]:
        return f"All people had the same mean {' and '.join(flat)}."
    return None


def _ratio(found: Inference, term: str, counted: Basis, facts: Facts, note: str) -> Estimate:
    """Odds ratio of a log odds: standard error by the delta method, the interval raised to its power."""
    row = estimate_of(
        found, {term: 1.0}, outcome=facts.outcome, term=f"{term}_per_sd", population=facts.population,
        n_people=counted.n_people, n_rows=counted.n_rows, method=METHODS[facts.outcome], scale=ODDS_RATIO,
        note=note, minimum_people=1,
    )  # fmt: skip
    if row.estimate is None or row.std_error is None or row.ci_low is None or row.ci_high is None:
        return row
    if max(-row.ci_low, row.ci_high) > math.log(FARTHEST):
        return _no(row.term, f"Not identified: {BEYOND}.", facts, counted.n_people, ODDS_RATIO)
    value = math.exp(row.estimate)
    return replace(
        row, estimate=value, std_error=value * row.std_error, ci_low=math.exp(row.ci_low),
        ci_high=math.exp(row.ci_high), small_sample=f"interval of the log odds ratio; {row.small_sample}",
    )  # fmt: skip


def _ranks(
    found: Inference | None, terms: Mapping[str, str], facts: Facts, n_people: int, reason: str
) -> tuple[list[Estimate], tuple[Diagnostic, ...]]:
    """Rank of each predictor, and the differences that the ranks rest on."""
    names = {predictor: f"rank_{term}" for predictor, term in terms.items()}
    try:
        if found is None:
            raise NotIdentifiedError(reason)
        told = {one.name: one for one in ranked(found, [*terms.values()])}
        compared = _differences(found, [*terms.values()], facts, n_people)
    except NotIdentifiedError as error:
        return [_no(name, str(error), facts, n_people, "rank") for name in names.values()], ()
    rows = [
        Estimate(
            outcome=facts.outcome, term=names[predictor], population=facts.population,
            estimate=float(told[term].rank), ci_low=float(told[term].low), ci_high=float(told[term].high),
            df=told[term].df if math.isfinite(told[term].df) else None, n_people=n_people,
            method=METHODS[facts.outcome], scale="rank", small_sample=RULE, note=NOTES["rank"],
        )
        for predictor, term in terms.items()
    ]  # fmt: skip
    return rows, compared


def _differences(
    found: Inference, terms: Sequence[str], facts: Facts, n_people: int
) -> tuple[Diagnostic, ...]:
    """How much larger the log odds per standard deviation of the first is than that of each other."""
    first, rows = terms[0], []
    for other in terms[1:]:
        told = contrast_of(found, {first: 1.0, other: -1.0}, level=LEVEL)
        rows.append(
            facts.told(
                f"difference_{first}_minus_{other}",
                Told(
                    told.estimate, "difference of log odds per standard deviation; its own interval",
                    told.low, told.high,
                ),
                n_people=n_people,
            )
        )  # fmt: skip
    return tuple(rows)


def _odds(found: Inference, term: str, words: str) -> Told:
    told = contrast_of(found, {term: 1.0}, level=LEVEL)
    if max(-told.low, told.high) > math.log(FARTHEST):
        return Told(None, f"{words}: {BEYOND}")
    return Told(math.exp(told.estimate), words, math.exp(told.low), math.exp(told.high))


def _no(term: str, reason: str, facts: Facts, n_people: int, scale: str) -> Estimate:
    return refused(
        outcome=facts.outcome, term=term, population=facts.population, n_people=n_people,
        method=METHODS[facts.outcome], scale=scale, reason=reason,
    )  # fmt: skip


def _spread(values: pl.Series) -> float:
    told = values.drop_nulls().cast(pl.Float64)
    return float(told.to_numpy().std(ddof=1)) if told.len() > 1 else 0.0


def _median(values: pl.Series) -> float | None:
    told = values.drop_nulls().cast(pl.Float64)
    return float(np.median(told.to_numpy())) if told.len() else None
