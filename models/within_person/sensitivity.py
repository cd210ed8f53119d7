"""What other reasonable models say of the same slopes, and how well the linear one describes the evenings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.after.explained import explained
from models.within_person.after.influence import influence
from models.within_person.after.person_effects import person_effects
from models.within_person.after.residual_checks import residual_diagnostics
from models.within_person.bounded_answers import Answered, fit_answers, fit_correlated, fit_linear
from models.within_person.design.compliance import shares_used
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows, keep_people
from models.within_person.design.terms import Design, model_rows
from models.within_person.diary_facts import Facts, Told
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.sums import person_sums

LEAST_COMPLIANT: Final = 0.1  # share of people set apart for having answered least of their evenings
MOST_SET_APART: Final = 0.2  # share of people that ties may raise it to
VARIANTS: Final[Mapping[str, str]] = {
    "linear": "answers at the ends of the scale taken as they stand",
    "linear_intercept_only": "answers taken as they stand, one slope for everybody",
    "tobit_intercept_only": "allowing for the ends of the scale, one slope for everybody",
    "autoregressive": "answers taken as they stand, what one day leaves over carried to the next",
    "without_least_compliant": "the headline model without those, a tenth or so, who answered the least",
}


def sensitivity(
    facts: Facts,
    rows: Rows,
    design: Design,
    terms: Mapping[str, Mapping[str, float]],
    *,
    floor: float,
    ceiling: float,
    counted: Mapping[str, int],
    sums: PersonSums | None = None,
) -> tuple[Diagnostic, ...]:
    """Fit every variant, and report each term by each, with its interval or the reason why there is none.

    Parameters
    ----------
    facts
        The outcome and the population.
    rows, design
        As of the headline model.
    terms
        Weights of the coefficients that make each reported term.
    floor, ceiling
        Ends of the scale.
    counted
        People on whom each term rests, as its estimate tells them.
    sums
        Cross-products of the same rows, where they are stored; otherwise they are made from the rows.
    """
    model = model_rows(rows, design)
    sums = person_sums(model) if sums is None else sums
    fits: Mapping[str, Callable[[], Answered]] = {
        "linear": lambda: fit_linear(sums),
        "linear_intercept_only": lambda: fit_linear(replace(sums, random=(0,))),
        "tobit_intercept_only": lambda: fit_answers(
            replace(model, random=(0,)), floor=floor, ceiling=ceiling
        ),
        "autoregressive": lambda: fit_correlated(model),
        "without_least_compliant": lambda: fit_answers(
            model_rows(_without_least_compliant(rows), design), floor=floor, ceiling=ceiling
        ),
    }
    found: list[Diagnostic] = []
    for variant, attempt in fits.items():
        try:
            answered: Answered | None = attempt()
            reason = ""
        except NotIdentifiedError as error:
            answered, reason = None, str(error)
        for term, weights in terms.items():
            name = f"sensitivity_{term}_{variant}"
            told = _told(answered, weights, VARIANTS[variant], reason)
            # How many are left without the least compliant would give their number by subtraction.
            n_people = None if variant == "without_least_compliant" else counted[term]
            found.append(facts.told(name, told, n_people=n_people))
    return tuple(found)


def least_compliant(rows: Rows) -> NDArray[np.bool_]:
    """People who answered the smallest part of the evenings expected of them, (n_people,).

    A tenth of the people; those who tie at its edge are all in it, or all out where they would make it more
    than `MOST_SET_APART`.
    """
    share = shares_used(rows)
    edge = float(np.quantile(share, LEAST_COMPLIANT, method="lower"))
    least = share <= edge
    return np.asarray(least if least.mean() <= MOST_SET_APART else share < edge)


def _without_least_compliant(rows: Rows) -> Rows:
    least = least_compliant(rows)
    if not least.any():
        raise NotIdentifiedError(
            "too many people answered the same part of their evenings to set a tenth apart"
        )
    if rows.n_people - int(least.sum()) < MINIMUM_PEOPLE:
        raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} people are left")
    return keep_people(rows, ~least)


def _told(answered: Answered | None, weights: Mapping[str, float], words: str, reason: str) -> Told:
    """Value of a term and its interval, or the reason why there is none."""
    if answered is None:
        return Told(None, f"{words}: {reason}")
    try:
        told = contrast_of(answered.inference, weights, level=LEVEL)
    except NotIdentifiedError as error:
        return Told(None, f"{words}: {error}")
    return Told(told.estimate, f"{words}: {answered.method}", told.low, told.high)


def model_checks(facts: Facts, model: ModelRows, sums: PersonSums | None = None) -> tuple[Diagnostic, ...]:
    """Explained variance, residuals and influence under the linear model of the same rows.

    Of the linear model, because a censored residual is not seen; skewness therefore shows the ceiling, too.
    """
    sums = person_sums(model) if sums is None else sums
    try:
        linear = fit_linear(sums).fit
    except NotIdentifiedError as error:
        return (facts.fact("model_checks", None, detail=str(error), n_people=model.n_people),)
    assert isinstance(linear, LinearFit), "fit_linear fits linear models"
    chosen, rows = replace(sums, random=linear.random), replace(model, random=linear.random)
    found: list[Diagnostic] = []
    try:
        parts = explained(linear, chosen)
        shares = {
            "explained_within": (
                parts.fixed_within / parts.within,
                "of the variance between a person's days",
            ),
            "explained_between": (
                parts.fixed_between / parts.between if parts.between > 0 else None,
                "of the variance between people",
            ),
        }
        found += [
            facts.fact(
                name, value, n_people=model.n_people, detail=f"share {of} that the predictors account for"
            )
            for name, (value, of) in shares.items()
        ]
    except NotIdentifiedError as error:
        found.append(facts.fact("explained_within", None, detail=str(error), n_people=model.n_people))
    effects = person_effects(linear, chosen)
    found += residual_diagnostics(
        linear, rows, effects, outcome=facts.outcome, population=facts.population, max_lag=2
    )
    try:
        share = round(influence(linear, chosen).largest_share, 2)
        detail = "share of all influence on the slopes (Cook's distances) that belongs to one person"
    except NotIdentifiedError as error:
        share, detail = None, str(error)
    found.append(facts.fact("largest_share_of_influence", share, detail=detail, n_people=model.n_people))
    return tuple(found)
