"""W3: recovery identity and craving: whether there is any, and how strong it is on the days with some."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError
from models.within_person.carriers import Basis
from models.within_person.craving_parts import (
    BETWEEN,
    MEETING,
    OUTCOME,
    PREDICTOR,
    TERMS,
    WITHIN,
    Part,
    part_of,
)
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import model_rows
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, Told, attrition
from models.within_person.two_part.extent import Extent
from models.within_person.two_part.two_part import TwoPartFit, fit_two_part, split

ANALYSIS = "W3"
STEP = 10  # points of identity that an odds ratio speaks of
CONSTANT = 3  # columns that are constant within a person: intercept, mean identity, mean meetings
PER_STEP = f"_per_{STEP}_points"
SCALES = {"any": "log odds per point", "extent": "points per point"}
METHOD = "two-part mixed model (logistic, linear), correlated person effects, maximum likelihood"
MEANING = {
    "any": "Whether a day has any craving, for a given person; an association, not an effect.",
    "extent": "How strong craving is on days with some, for a given person; an association, not an effect.",
}
SENSITIVITY: dict[str, tuple[Extent, bool, str]] = {
    "log": ("log", True, "logarithm of craving on days with some, log points per point"),
    "gamma": ("gamma", True, "gamma with a log link on days with some, log points per point"),
    "separate": ("linear", False, "the two parts fitted apart"),
}


def analyse(diary_days: pl.DataFrame, *, population: str, minimum_people: int = MINIMUM_PEOPLE) -> Findings:
    """Two-part model of craving on recovery identity, within and between people.

    Estimand: the log odds of any craving on a day, and the points of craving on days with some, each by
    identity within and between people, the day's meeting within and between people, and the product of the
    two within parts, with one slope for everybody; a person's two intercepts correlate, because those who
    crave often may crave strongly (Olsen & Schafer 2001, J Am Stat Assoc 96:730;
    `models.within_person.two_part.two_part`). Coefficients are those of a given person. The person's mean is
    taken over the days used of either kind, so that both parts mean the same by usual. Slopes on days with
    and without a meeting as in W2, over the days of the part.

    Standard errors are cluster-robust by person (White 1982, Econometrica 50:1), because people's own slopes
    may differ, which the model does not hold. Intervals: t with the people who carry the slope
    (`craving_parts`) less 1, and between people less the columns that are constant within them.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    minimum_people : int
        With fewer people with craving, or without, all terms are refused; with fewer who carry a slope, it.

    Raises
    ------
    ValueError
        A craving below zero; the message counts.
    """
    columns = (PREDICTOR, MEETING, OUTCOME)
    require(diary_days, "core.diary_days", key=(PERSON, DAY), columns=(PERSON, DAY, STATUS, *columns))
    days = finite(diary_days, PREDICTOR, OUTCOME)
    rows = used_rows(days, person=PERSON, day=DAY, columns=columns)
    negative = int(np.sum(rows.columns[OUTCOME] < 0))
    if negative:
        raise ValueError(f"{negative} evenings have a craving below zero")
    facts = Facts(OUTCOME, population)
    told = attrition(facts, days, rows, columns) + _craving_facts(facts, rows)
    reason = _why_not(rows, minimum_people)
    if reason is None:
        parts = tuple(part_of(name, rows, minimum_people) for name in ("any", "extent"))
        try:
            fit = _fit(rows, parts, "linear", correlated=True)
            estimates = _estimates(fit, parts, facts)
        except NotIdentifiedError as error:
            reason = f"Not identified: {error}."
    if reason is not None:
        told += (facts.fact("converged", 0.0),)
        return Findings(analysis=ANALYSIS, estimates=_none(facts, rows, reason), diagnostics=told)
    told += (facts.fact("converged", 1.0, n_people=fit.n_people, detail=fit.note),)
    return Findings(
        analysis=ANALYSIS, estimates=estimates, diagnostics=(*told, *_sensitivity(facts, rows, parts))
    )


def _fit(rows: Rows, parts: tuple[Part, ...], family: Extent, *, correlated: bool) -> TwoPartFit:
    """Fit both parts, each with its own terms, on the same person means."""
    any_rows = split(model_rows(rows, parts[0].design))[0]
    _, extent_rows, people = split(model_rows(rows, parts[1].design))
    found = fit_two_part(any_rows, extent_rows, people=people, family=family, correlated=correlated)
    if found.outcome == "not converged":
        raise NotIdentifiedError("the model did not converge")
    return found


def _why_not(rows: Rows, minimum_people: int) -> str | None:
    """Reason to refuse before fitting, if there is one."""
    craved = rows.columns[OUTCOME] > 0
    if rows.n_people < minimum_people:
        return f"Fewer than {minimum_people} people answered all three questions on any evening."
    for which, what in ((craved, "had any craving"), (~craved, "had an evening without craving")):
        if np.unique(rows.person[which]).size < minimum_people:
            return f"Fewer than {minimum_people} people {what}."
    return None


def _craving_facts(facts: Facts, rows: Rows) -> tuple[Diagnostic, ...]:
    craved = rows.columns[OUTCOME] > 0
    n_people = int(np.unique(rows.person[craved]).size)
    share = float(craved.mean()) if craved.size else None
    return (
        facts.fact(
            "share_of_days_with_craving", share, n_people=n_people, detail="used evenings with any craving"
        ),
        facts.fact(
            "people_with_craving", float(n_people), n_people=n_people,
            detail="people with craving on at least one used evening: they carry how strong it is",
        ),
    )  # fmt: skip


def _estimates(fit: TwoPartFit, parts: tuple[Part, ...], facts: Facts) -> tuple[Estimate, ...]:
    found: list[Estimate] = []
    for part in parts:
        robust = fit.robust_inference(part.name)
        for term in TERMS:
            name = f"{part.name}_{term}"
            if term not in part.weights:
                found.append(_no(facts, name, SCALES[part.name], part.missing[term], fit.n_people))
                continue
            told = part.told[term]
            found.append(
                estimate_of(
                    _by_people(robust, told, term), part.weights[term], outcome=OUTCOME, term=name,
                    population=facts.population, n_people=told.n_people, n_rows=told.n_rows, method=METHOD,
                    scale=SCALES[part.name], note=MEANING[part.name], minimum_people=1,
                )
            )  # fmt: skip
    by_term = {row.term: row for row in found}
    ratios = [_odds_ratio(by_term[f"any_{term}"]) for term in (WITHIN, BETWEEN)]
    return (*found, *ratios, _correlation(fit, facts))


def _by_people(robust: Inference, told: Basis, term: str) -> Inference:
    """Give t intervals by the people who carry the term."""
    less = CONSTANT if term == BETWEEN else 1
    return replace(
        robust, df=lambda _: float(max(told.for_df - less, 1)),
        rule=f"people who carry the slope less {less}; cluster-robust by person",
    )  # fmt: skip


def _odds_ratio(slope: Estimate) -> Estimate:
    """Odds ratio for `STEP` points of identity: the slope and its limits, exponentiated."""
    if slope.estimate is None or slope.ci_low is None or slope.ci_high is None:
        return replace(slope, term=f"{slope.term}{PER_STEP}", scale="odds ratio")
    return replace(
        slope, term=f"{slope.term}{PER_STEP}", estimate=exp(STEP * slope.estimate), std_error=None,
        ci_low=exp(STEP * slope.ci_low), ci_high=exp(STEP * slope.ci_high), scale="odds ratio",
        note=f"Odds of any craving for {STEP} points more of identity. {MEANING['any']}",
    )  # fmt: skip


def _correlation(fit: TwoPartFit, facts: Facts) -> Estimate:
    told, name, scale = fit.correlation, "person_effects_correlation", "correlation"
    if told.estimate is None:
        return _no(facts, name, scale, told.note, fit.n_people)
    return Estimate(
        outcome=OUTCOME, term=name, population=facts.population, estimate=told.estimate, ci_low=told.low,
        ci_high=told.high, n_people=fit.n_people, n_rows=fit.n_rows, method=METHOD, scale=scale,
        small_sample="normal distribution on Fisher's z scale; observed information",
        note="Whether people who crave on more days also crave more strongly. A difference between people.",
    )  # fmt: skip


def _no(facts: Facts, term: str, scale: str, reason: str, n_people: int) -> Estimate:
    return refused(
        outcome=OUTCOME, term=term, population=facts.population, n_people=n_people, method=METHOD,
        scale=scale, reason=reason,
    )  # fmt: skip


def _none(facts: Facts, rows: Rows, reason: str) -> tuple[Estimate, ...]:
    terms = [(f"{part}_{term}", scale) for part, scale in SCALES.items() for term in TERMS]
    terms += [(f"any_{term}{PER_STEP}", "odds ratio") for term in (WITHIN, BETWEEN)]
    terms.append(("person_effects_correlation", "correlation"))
    return tuple(_no(facts, term, scale, reason, rows.n_people) for term, scale in terms)


def _sensitivity(facts: Facts, rows: Rows, parts: tuple[Part, ...]) -> tuple[Diagnostic, ...]:
    """Report the terms of the extent under other families, and those of both parts fitted apart."""
    found = []
    for variant, (family, correlated, words) in SENSITIVITY.items():
        try:
            fit: TwoPartFit | None = _fit(rows, parts, family, correlated=correlated)
            reason = ""
        except NotIdentifiedError as error:
            fit, reason = None, str(error)
        for part in parts if variant == "separate" else parts[1:]:
            for term in part.weights:
                name = f"sensitivity_{part.name}_{term}_{variant}"
                told = Told(None, f"{words}: {reason}") if fit is None else _told(fit, part, term, words)
                found.append(facts.told(name, told, n_people=part.told[term].n_people))
    return tuple(found)


def _told(fit: TwoPartFit, part: Part, term: str, words: str) -> Told:
    """Value of a term and its interval, or the reason why there is none."""
    try:
        inference = _by_people(fit.robust_inference(part.name), part.told[term], term)
        told = contrast_of(inference, part.weights[term], level=LEVEL)
    except NotIdentifiedError as error:
        return Told(None, f"{words}: {error}")
    return Told(told.estimate, words, told.low, told.high)
