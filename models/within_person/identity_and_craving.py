"""W3: recovery identity and craving: whether there is any, and how strong it is on the days with some."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.within_person.after.contrast import contrast_of
from models.within_person.after.inference import Inference
from models.within_person.after.to_estimates import estimate_of
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import Design, between, model_rows, product, within
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, attrition
from models.within_person.refusal import NotIdentifiedError
from models.within_person.two_part.two_part import Extent, TwoPartFit, fit_two_part, split

ANALYSIS = "W3"
OUTCOME, PREDICTOR, MEETING = "craving", "recovery_identity", "attended_meeting"
WITHIN, BETWEEN = f"{PREDICTOR}_within", f"{PREDICTOR}_between"
BY_MEETING = f"{PREDICTOR}_by_{MEETING}"
DESIGN = Design(
    OUTCOME,
    fixed=(
        within(PREDICTOR),
        between(PREDICTOR),
        within(MEETING),
        between(MEETING),
        product(within(PREDICTOR), within(MEETING), BY_MEETING),
    ),
)
CONSTANT = 3  # columns that are constant within a person: intercept, mean identity, mean meetings
STEP = 10  # points of identity that an odds ratio speaks of
TERMS = (WITHIN, BETWEEN, BY_MEETING)
PARTS = ("any", "extent")
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
    two within parts; a person's two intercepts correlate, because those who crave often may crave strongly
    (Olsen & Schafer 2001, J Am Stat Assoc 96:730; `models.within_person.two_part.two_part`). Coefficients
    are those of a given person. The person's mean is taken over the days used of either kind, so that both
    parts mean the same by usual. Intervals from the observed information: normal, but for slopes between
    people, which take t with the part's people less the columns that are constant within people (intercept,
    two means), since nothing else tells of them.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    minimum_people : int
        With fewer people on either side (with craving, without, with both) the terms are refused.
    """
    columns = (PREDICTOR, MEETING, OUTCOME)
    require(diary_days, "core.diary_days", key=(PERSON, DAY), columns=(PERSON, DAY, STATUS, *columns))
    days = finite(diary_days, PREDICTOR, OUTCOME)
    rows = used_rows(days, person=PERSON, day=DAY, columns=columns)
    facts = Facts(OUTCOME, population)
    told = attrition(facts, days, rows, columns) + _craving_facts(facts, rows)
    fit: TwoPartFit | None = None
    reason = _why_not(rows, minimum_people)
    if reason is None:
        try:
            model = model_rows(rows, DESIGN)
            fit = _fit(model, "linear", correlated=True)
        except NotIdentifiedError as error:
            reason = f"Not identified: {error}."
    if fit is None:
        estimates = _none(facts, rows, reason or "no model")
        return Findings(
            analysis=ANALYSIS, estimates=estimates, diagnostics=(*told, facts.fact("converged", 0.0))
        )
    told += (facts.fact("converged", 1.0, n_people=fit.n_people, detail=fit.note),)
    return Findings(
        analysis=ANALYSIS,
        estimates=_estimates(fit, facts),
        diagnostics=(*told, *_sensitivity(facts, model)),
    )


def _fit(model: ModelRows, family: Extent, *, correlated: bool) -> TwoPartFit:
    any_rows, extent_rows, people = split(model)
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


def _estimates(fit: TwoPartFit, facts: Facts) -> tuple[Estimate, ...]:
    found = []
    for part in PARTS:
        n_people, n_rows = (
            (fit.n_people, fit.n_rows) if part == "any" else (fit.n_people_extent, fit.n_rows_extent)
        )
        normal = fit.inference("any" if part == "any" else "extent")
        for term in TERMS:
            inference = _by_people(normal, n_people) if term == BETWEEN else normal
            found.append(
                estimate_of(
                    inference,
                    {term: 1.0},
                    outcome=OUTCOME,
                    term=f"{part}_{term}",
                    population=facts.population,
                    n_people=n_people,
                    n_rows=n_rows,
                    method=METHOD,
                    scale=SCALES[part],
                    note=MEANING[part],
                    minimum_people=1,
                )
            )
            if part == "any" and term != BY_MEETING:
                found.append(_odds_ratio(found[-1]))
    return (*found, _correlation(fit, facts))


def _by_people(normal: Inference, n_people: int) -> Inference:
    """Give a slope between people t intervals; the normal ones are too short with few people."""
    return replace(
        normal, df=lambda _: float(n_people - CONSTANT), rule=f"people - {CONSTANT}; observed information"
    )


def _odds_ratio(slope: Estimate) -> Estimate:
    """Odds ratio for `STEP` points of identity: the slope and its limits, exponentiated."""
    if slope.estimate is None or slope.ci_low is None or slope.ci_high is None:
        return slope
    return Estimate(
        outcome=OUTCOME, term=f"{slope.term}_per_{STEP}_points", population=slope.population,
        estimate=exp(STEP * slope.estimate), ci_low=exp(STEP * slope.ci_low),
        ci_high=exp(STEP * slope.ci_high), p_value=slope.p_value, df=slope.df, n_people=slope.n_people,
        n_rows=slope.n_rows, method=METHOD, scale="odds ratio", small_sample=slope.small_sample,
        note=f"Odds of any craving for {STEP} points more of identity. {MEANING['any']}",
    )  # fmt: skip


def _correlation(fit: TwoPartFit, facts: Facts) -> Estimate:
    told = fit.correlation
    if told.estimate is None:
        return refused(
            outcome=OUTCOME, term="person_effects_correlation", population=facts.population,
            n_people=fit.n_people_extent, method=METHOD, scale="correlation", reason=told.note,
        )  # fmt: skip
    return Estimate(
        outcome=OUTCOME, term="person_effects_correlation", population=facts.population,
        estimate=told.estimate, ci_low=told.low, ci_high=told.high, n_people=fit.n_people_extent,
        n_rows=fit.n_rows_extent, method=METHOD, scale="correlation",
        small_sample="normal distribution on Fisher's z scale; observed information",
        note="Whether people who crave on more days also crave more strongly. A difference between people.",
    )  # fmt: skip


def _none(facts: Facts, rows: Rows, reason: str) -> tuple[Estimate, ...]:
    terms = [(f"{part}_{term}", SCALES[part]) for part in PARTS for term in TERMS]
    terms += [(f"any_{term}_per_{STEP}_points", "odds ratio") for term in (WITHIN, BETWEEN)]
    return tuple(
        refused(
            outcome=OUTCOME, term=term, population=facts.population, n_people=rows.n_people, method=METHOD,
            scale=scale, reason=reason,
        )
        for term, scale in (*terms, ("person_effects_correlation", "correlation"))
    )  # fmt: skip


def _sensitivity(facts: Facts, model: ModelRows) -> tuple[Diagnostic, ...]:
    """Report the terms of the extent under other families, and of both parts fitted apart."""
    found = []
    for variant, (family, correlated, words) in SENSITIVITY.items():
        try:
            fit: TwoPartFit | None = _fit(model, family, correlated=correlated)
            reason = ""
        except NotIdentifiedError as error:
            fit, reason = None, str(error)
        for term in TERMS:
            name, detail = f"sensitivity_extent_{term}_{variant}", f"{words}: {reason}"
            value = None
            if fit is not None:
                told = contrast_of(fit.inference("extent"), {term: 1.0}, level=LEVEL)
                value = told.estimate
                detail = f"{words}: {LEVEL:.0%} interval {told.low:.3f} to {told.high:.3f}"
            found.append(facts.fact(name, value, detail=detail, n_people=model.n_people))
    return tuple(found)
