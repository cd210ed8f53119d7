"""W2: the link of identity and meaning on days with and without a meeting or a recovery-center visit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError
from models.within_person.bounded_answers import FALLBACK, Answered, fit_answers
from models.within_person.carriers import Basis, Mask, basis, varied, why_no_slope
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import (
    Design,
    Term,
    between,
    model_rows,
    model_sums,
    product,
    within,
)
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, at_the_ends, attrition
from models.within_person.sensitivity import sensitivity

ANALYSIS = "W2"
OUTCOME, PREDICTOR = "meaningfulness", "recovery_identity"
SLOPE = f"{PREDICTOR}_within"
MODERATORS: Mapping[str, str] = {"attended_meeting": "meeting", "visited_center": "center"}
WORDS: Mapping[str, str] = {"attended_meeting": "meeting", "visited_center": "center visit"}
SLOPES, LEVELS = "points per point", "points"  # scales
METHOD = "multilevel Tobit"
NOTES = {
    "by": "How much the slope on days with a {what} differs from that on days without; an association.",
    "day": "Slope of days with a {what}, for a person of average habit; an association, not an effect.",
    "no": "Slope of days without a {what}, for a person of average habit; an association, not an effect.",
    "level": (
        "How much more meaningful days with a {what} are than the same person's days without, on a day of "
        "their usual identity; an association, not an effect."
    ),
}


def analyse(
    diary_days: pl.DataFrame,
    *,
    population: str,
    floor: float,
    ceiling: float,
    cross_products: CrossProducts | None = None,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Same-day moderation of the within slope of W1 by a meeting and by a visit to a recovery center.

    Estimand: b5 and b6 of m*_ti = b0 + b1 W_ti + b2 B_i + b3 (C_ti - mean_i C) + b4 (M_ti - mean_i M)
    + b7 mean_i C + b8 mean_i M + b5 W_ti (C_ti - mean_i C) + b6 W_ti (M_ti - mean_i M) + u_i + v_i W_ti
    + e_ti, with W and B the within and between parts of identity, C and M the day's visit and meeting. The
    moderators are centered at the person's own habit, so that b5 and b6 compare a person's own days and take
    nothing from differences between those who go often and those who do not (Enders & Tofighi 2007,
    Psychological Methods 12:121). Estimated as in W1.

    Simple slopes: b1 + b6 (1 - h) on days with a meeting and b1 - b6 h on days without, h being the share of
    days with a meeting, averaged over the people who had days of both kinds; the visit is held at the
    person's own habit, and the other way round. Intervals by the delta method (Aiken & West 1991, ch. 2).

    Levels: b4 and b3, the difference between a person's days with a meeting (a visit) and their days without,
    on a day of the person's usual identity (W = 0); in points. One difference for everybody, as the products
    have one slope.

    A moderator enters where at least `minimum_people` people had days of both kinds and an identity that
    varied, since the product compares nobody else's days; it is refused by name otherwise. `n_people` and
    `n_rows` count them and their evenings (`carriers.basis`), for the simple slopes and the levels, too,
    though of a level those tell as well whose identity never varied. Degrees of freedom:
    `TobitFit.inference`, or Kenward and Roger's for the linear model.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    floor, ceiling : float
        Ends of the meaningfulness slider.
    cross_products : CrossProducts, optional
        Stored cross-products of the same evenings, of `STORED`; the linear models of the sensitivity set are
        fitted to them.
    minimum_people : int
        With fewer people a term is refused.
    """
    columns = (PREDICTOR, *MODERATORS, OUTCOME)
    require(diary_days, "core.diary_days", key=(PERSON, DAY), columns=(PERSON, DAY, STATUS, *columns))
    days = finite(diary_days, PREDICTOR, OUTCOME)
    rows = used_rows(days, person=PERSON, day=DAY, columns=columns)
    facts = Facts(OUTCOME, population)
    told = attrition(facts, days, rows, columns) + at_the_ends(facts, rows, floor=floor, ceiling=ceiling)
    carry = {name: varied(rows, PREDICTOR) & varied(rows, name) for name in MODERATORS}
    told += _habit_facts(facts, rows, carry)
    usable = tuple(name for name, who in carry.items() if int(who.sum()) >= minimum_people)
    terms = {
        term: weights
        for name in usable
        for term, weights in _terms(name, _habit(rows, name)).items()
    }  # fmt: skip
    design = design_of(usable)
    answered: Answered | None = None
    reason = why_no_slope(
        rows, outcome=OUTCOME, predictor=PREDICTOR, floor=floor, ceiling=ceiling,
        minimum_people=minimum_people,
    )  # fmt: skip
    if reason is None and usable:
        try:
            answered = fit_answers(model_rows(rows, design), floor=floor, ceiling=ceiling)
        except NotIdentifiedError as error:
            reason = f"Not identified: {error}."
    told += (facts.fact("converged", float(answered is not None), n_people=rows.n_people or None),)
    told_of = {name: basis(rows, carry[name], minimum_people) for name in MODERATORS}
    if answered is not None:
        told += sensitivity(
            facts, rows, design, terms, floor=floor, ceiling=ceiling,
            counted={term: told_of[name].n_people for name in usable for term in _terms(name, 0.0)},
            sums=None if cross_products is None else model_sums(cross_products, design),
        )  # fmt: skip
    estimates = []
    for name in MODERATORS:
        few = (
            f"Fewer than {minimum_people} people whose recovery identity varied had days with and days "
            f"without a {WORDS[name]}."
        )
        for term in _terms(name, 0.0):
            if answered is None or term not in terms:
                estimates.append(_no(term, reason or few, facts, rows))
            else:
                estimates.append(_estimate(term, terms[term], answered, told_of[name], facts))
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=told)


def design_of(moderators: tuple[str, ...]) -> Design:
    """Identity within and between, each moderator within and between, and the products with identity."""
    identity = within(PREDICTOR)
    fixed: list[Term] = [identity, between(PREDICTOR)]
    for name in moderators:
        fixed += [within(name), between(name), product(identity, within(name), _interaction(name))]
    return Design(OUTCOME, fixed=tuple(fixed), random=(identity,))


def _interaction(moderator: str) -> str:
    return f"{PREDICTOR}_by_{moderator}"


STORED = design_of(tuple(MODERATORS)).columns  # variables and products that every design here is made of


def _terms(moderator: str, habit: float) -> dict[str, dict[str, float]]:
    """Weights of the coefficients in each reported term of a moderator."""
    what, by = MODERATORS[moderator], _interaction(moderator)
    return {
        by: {by: 1.0},
        f"{SLOPE}_{what}_day": {SLOPE: 1.0, by: 1.0 - habit},
        f"{SLOPE}_no_{what}_day": {SLOPE: 1.0, by: -habit},
        _level(moderator): {_level(moderator): 1.0},
    }


def _level(moderator: str) -> str:
    return within(moderator).name


def _habit(rows: Rows, moderator: str) -> float:
    """Share of days with the moderator, averaged over the people who had days of both kinds."""
    share = np.bincount(rows.person, weights=rows.columns[moderator]) / np.bincount(rows.person)
    both = (share > 0) & (share < 1)
    return float(share[both].mean())


def _habit_facts(facts: Facts, rows: Rows, carry: Mapping[str, Mask]) -> tuple[Diagnostic, ...]:
    found = []
    for name, who in carry.items():
        what = WORDS[name]
        share = float(rows.columns[name].mean()) if rows.n_rows else None
        found += [
            facts.fact(
                f"share_of_days_{name}", share, n_people=rows.n_people, detail=f"used evenings with a {what}"
            ),
            facts.fact(
                f"people_with_both_kinds_of_days_{name}", float(who.sum()), n_people=int(who.sum()),
                detail=f"people whose identity varied and who had days with and days without a {what}: "
                "they carry the comparison",
            ),
        ]  # fmt: skip
    return tuple(found)


def _no(term: str, reason: str, facts: Facts, rows: Rows) -> Estimate:
    return refused(
        outcome=OUTCOME, term=term, population=facts.population, n_people=rows.n_people, method=METHOD,
        scale=_scale(term), reason=reason,
    )  # fmt: skip


def _kind(term: str) -> str:
    if term in {_level(name) for name in MODERATORS}:
        return "level"
    return "by" if "_by_" in term else "no" if "_no_" in term else "day"


def _scale(term: str) -> str:
    return LEVELS if _kind(term) == "level" else SLOPES


def _estimate(
    term: str, weights: Mapping[str, float], answered: Answered, told_of: Basis, facts: Facts
) -> Estimate:
    what = next(WORDS[name] for name, word in MODERATORS.items() if word in term or name in term)
    return estimate_of(
        answered.inference, weights, outcome=OUTCOME, term=term, population=facts.population,
        n_people=told_of.n_people, n_rows=told_of.n_rows, method=answered.method, scale=_scale(term),
        note=f"{NOTES[_kind(term)].format(what=what)}{FALLBACK[answered.fate]}", minimum_people=1,
    )  # fmt: skip
