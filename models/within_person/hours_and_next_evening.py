"""P1's evenings: hours of an evening, and whether the evening after it is without craving."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.estimate import Diagnostic, Estimate, Findings
from models.fitness import diagnostics_of, gate
from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.carriers import NO_VARIATION, Basis, basis, varied
from models.within_person.design.model_rows import ModelRows
from models.within_person.diary_facts import Facts, Told, attrition
from models.within_person.hours_odds_and_ranks import (
    ANALYSIS,
    NOTES,
    ODDS_RATIO,
    PREDICTORS,
    WORDS,
    odds,
    ranks_of,
    ratio,
    without_answer,
)
from models.within_person.hours_rows import (
    BEFORE,
    CRAVING,
    NO_CRAVING,
    Evenings,
    evenings,
    lag_name,
    model_rows,
    with_evening_before,
)
from models.within_person.two_part.mixed_logistic import fit_logistic, inference, robust


def by_evening(days: pl.DataFrame, population: str, minimum_people: int) -> Findings:
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
                ratio(found, term, counted, facts, NOTES[part])
                if found is not None and name in usable
                else without_answer(f"{term}_per_sd", why, facts, of.rows.n_people, ODDS_RATIO)
            )
        terms = {name: f"{name}_{part}" for name in PREDICTORS}
        lacking = [_no_spread(name, part, minimum_people) for name in PREDICTORS if name not in usable]
        ready = None if lacking else found
        ranks, compared = ranks_of(ready, terms, facts, of.rows.n_people, reason or " ".join(lacking))
        estimates += ranks
        told += compared
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=told)


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
            odds(by_model, term, "covariance from the observed information, not robust"),
            n_people=rows.n_people,
        )
        for term in terms
    ]
    words = "given whether the evening with the hours was itself without craving"
    own = [term for term in terms if term.endswith("_within")]
    try:
        given = robust(fit_logistic(_given_before(rows, before)))
        found = {term: odds(given, term, words) for term in own}
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
