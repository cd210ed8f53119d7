"""W1: recovery identity and the meaningfulness of the day, within and between people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.inference.to_estimates import estimate_of
from models.refusal import NotIdentifiedError
from models.within_person.bounded_answers import FALLBACK, KEPT, Answered, fit_answers
from models.within_person.by_program_model import by_program_model
from models.within_person.carriers import Basis, basis, varied, why_no_slope
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import Design, between, model_rows, model_sums, within
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, at_the_ends, attrition, spread
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.sensitivity import model_checks, sensitivity
from models.within_person.slope_checks import slope_checks

ANALYSIS = "W1"
OUTCOME = "meaningfulness"
PREDICTOR = "recovery_identity"
WITHIN, BETWEEN = f"{PREDICTOR}_within", f"{PREDICTOR}_between"
DESIGN = Design(OUTCOME, fixed=(within(PREDICTOR), between(PREDICTOR)), random=(within(PREDICTOR),))
BETWEEN_ALONE = Design(OUTCOME, fixed=(between(PREDICTOR),))
SCALE = "points per point"
METHOD = "multilevel Tobit"  # of an answer that is refused
MEANING = {
    WITHIN: "A difference between a person's own days; an association, not an effect.",
    BETWEEN: "A difference between people, not a change within a person; an association, not an effect.",
}
LATENT = "An answer at an end of the scale counts as there or beyond: the slope is that of the day behind it."


def analyse(
    diary_days: pl.DataFrame,
    *,
    population: str,
    floor: float,
    ceiling: float,
    program_models: pl.DataFrame | None = None,
    cross_products: CrossProducts | None = None,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Slopes of a day's meaningfulness on recovery identity, within and between people.

    Estimand: b1 and b2 of m*_ti = b0 + b1 (identity_ti - mean_i) + b2 (mean_i - grand mean) + u_i
    + v_i (identity_ti - mean_i) + e_ti, over the days on which both were answered; m* is the day's
    meaningfulness as it would be without the ends of the slider, and the answer is m* kept between them.
    By maximum likelihood (a multilevel Tobit: `models.within_person.tobit.fit`); where no answer lies at an
    end, by REML. Where the random slope has no variance of its own or the fit with it does not converge,
    the model keeps the random intercept alone and says so. The person mean is taken over the days used.

    The within slope rests on the people whose identity varied over their used evenings, and is refused
    where they are fewer than `minimum_people`; the between slope then comes from a random intercept and
    the person means alone.

    Degrees of freedom (t) of the Tobit: the between slope has n_people - 2. The within slope has, with a
    random slope, the people whose identity varied less 1, because they are then the replicates (Raudenbush &
    Bryk 2002, ch. 3; `carriers.basis` says where all but a few varied), and n_rows - n_people - 1 with a
    random intercept alone (between-within rule: Schluchter & Elashoff 1990, J Stat Comput Simul 37:69). Of
    the linear model: Kenward and Roger's.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    floor, ceiling : float
        Ends of the meaningfulness slider (the codebook's minimum and maximum).
    program_models : pl.DataFrame, optional
        `participant_id` and `program_model` (social, clinical, mixed); adds the slopes by program model.
    cross_products : CrossProducts, optional
        Stored cross-products of the same evenings; the linear model of the sensitivity set is fitted to them.
    minimum_people : int
        With fewer people the slopes are refused; the within slope also with fewer whose identity varied.

    Returns
    -------
    Findings
        Both slopes in points per point, and the diagnostics. `n_people` and `n_rows` of the within slope
        count the people whose identity varied, and their evenings, unless all but a few varied.

    References
    ----------
    Tobin 1958, Econometrica 26:24; Raudenbush & Bryk 2002, Hierarchical Linear Models, 2nd ed.
    """
    require(
        diary_days, "core.diary_days", key=(PERSON, DAY), columns=(PERSON, DAY, STATUS, PREDICTOR, OUTCOME)
    )
    days = finite(diary_days, PREDICTOR, OUTCOME)
    rows = used_rows(days, person=PERSON, day=DAY, columns=(PREDICTOR, OUTCOME))
    facts = Facts(OUTCOME, population)
    told = attrition(facts, days, rows, (PREDICTOR, OUTCOME))
    told += at_the_ends(facts, rows, floor=floor, ceiling=ceiling) + spread(facts, rows, PREDICTOR)
    estimates, answered = _slopes(rows, facts, floor=floor, ceiling=ceiling, minimum_people=minimum_people)
    told += _fit_facts(facts, rows, answered, floor=floor, ceiling=ceiling, minimum_people=minimum_people)
    if answered is not None and answered.inference.names == DESIGN.names:
        sums = None if cross_products is None else model_sums(cross_products, DESIGN)
        terms = {term: {term: 1.0} for term in (WITHIN, BETWEEN)}
        moved = basis(rows, varied(rows, PREDICTOR), minimum_people)
        counted = {WITHIN: moved.n_people, BETWEEN: rows.n_people}
        told += sensitivity(
            facts, rows, DESIGN, terms, floor=floor, ceiling=ceiling, counted=counted, sums=sums
        )
        model = model_rows(rows, DESIGN)
        told += model_checks(facts, model, sums)
        told += slope_checks(facts, rows, model, answered, predictor=PREDICTOR, slope=WITHIN)

    def slopes_of(part: Rows) -> tuple[Estimate, ...]:
        return _slopes(part, facts, floor=floor, ceiling=ceiling, minimum_people=minimum_people)[0]

    estimates += by_program_model(rows, program_models, slopes_of)
    return Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=told)


def _slopes(
    rows: Rows, facts: Facts, *, floor: float, ceiling: float, minimum_people: int
) -> tuple[tuple[Estimate, ...], Answered | None]:
    """Both slopes of some rows, and the model they come from."""

    def no(term: str, reason: str) -> Estimate:
        return refused(
            outcome=OUTCOME, term=term, population=facts.population, n_people=rows.n_people, method=METHOD,
            scale=SCALE, reason=reason,
        )  # fmt: skip

    reason = why_no_slope(
        rows, outcome=OUTCOME, predictor=PREDICTOR, floor=floor, ceiling=ceiling,
        minimum_people=minimum_people,
    )  # fmt: skip
    moved = varied(rows, PREDICTOR)
    few_moved = int(moved.sum()) < minimum_people
    not_moved = (
        f"For fewer than {minimum_people} people did recovery identity vary from evening to evening: "
        "there is no within-person slope."
    )
    if reason is None:
        try:
            design = BETWEEN_ALONE if few_moved else DESIGN
            answered = fit_answers(model_rows(rows, design), floor=floor, ceiling=ceiling)
        except NotIdentifiedError as error:
            reason = f"Not identified: {error}."
            if few_moved:
                return (no(WITHIN, not_moved), no(BETWEEN, reason)), None
    if reason is not None:
        return (no(WITHIN, reason), no(BETWEEN, reason)), None
    if few_moved:
        first = no(WITHIN, not_moved)
    else:
        told = basis(rows, moved, minimum_people)
        df = _within_df(told, rows, answered.fate == KEPT, minimum_people)
        first = _slope(answered, WITHIN, (told.n_people, told.n_rows), df, facts)
    df = (rows.n_people - 2, "n_people - 2 degrees of freedom")
    return (first, _slope(answered, BETWEEN, (rows.n_people, rows.n_rows), df, facts)), answered


def _within_df(told: Basis, rows: Rows, own_slopes: bool, few: int) -> tuple[int, str]:
    """Degrees of freedom of the within slope under the Tobit, and their rule.

    People whose identity varied are the replicates of their own slopes; `carriers.basis` says where fewer
    are counted.
    """
    if not own_slopes:
        return rows.n_rows - rows.n_people - 1, "rows of the model - its people - 1 degrees of freedom"
    less = f", less {few} for the few who never varied" if told.untold else ""
    return max(told.for_df - 1, few - 1), f"n_people - 1 degrees of freedom{less}"


def _slope(
    answered: Answered, term: str, counted: tuple[int, int], df: tuple[int, str], facts: Facts
) -> Estimate:
    """One slope; the Tobit's interval takes `df`, the linear model's has its own degrees of freedom."""
    inference, note = answered.inference, MEANING[term]
    if not isinstance(answered.fit, LinearFit):
        value, rule = df
        inference = replace(inference, df=lambda _: float(value), rule=f"{rule}; observed information")
        note = f"{note} {LATENT}"
    return estimate_of(
        inference, {term: 1.0}, outcome=OUTCOME, term=term, population=facts.population,
        n_people=counted[0], n_rows=counted[1], method=answered.method, scale=SCALE,
        note=f"{note}{FALLBACK[answered.fate]}", minimum_people=1,
    )  # fmt: skip


def _fit_facts(
    facts: Facts,
    rows: Rows,
    answered: Answered | None,
    *,
    floor: float,
    ceiling: float,
    minimum_people: int,
) -> tuple[Diagnostic, ...]:
    """Convergence, the random effects kept, and the share of variance that lies between people."""
    if answered is None:
        return (facts.fact("converged", 0.0),)
    icc = None
    if int(np.sum(np.bincount(rows.person) > 1)) >= minimum_people:
        try:
            empty = fit_answers(model_rows(rows, Design(OUTCOME)), floor=floor, ceiling=ceiling)
            own = float(empty.fit.random_covariance[0, 0])
            icc = own / (own + empty.residual_variance)
        except NotIdentifiedError:
            icc = None
    n = rows.n_people
    points = 0 if isinstance(answered.fit, LinearFit) else answered.fit.points
    return (
        facts.fact(
            "icc", icc, n_people=n,
            detail="share of the variance of meaningfulness between people, no predictors, the ends of the "
            "scale allowed for; null where too few people gave two evenings, or the fit did not converge",
        ),
        facts.fact("converged", 1.0, n_people=n, detail=answered.fit.note),
        facts.fact(
            "random_slope_kept", float(answered.fate == KEPT), n_people=n,
            detail=f"1: a slope for each person; 0: one slope for everybody. Here: {answered.fate}",
        ),
        facts.fact(
            "slope_sd", answered.slope_sd, n_people=n,
            detail="standard deviation of people's own within slopes, points per point",
        ),
        facts.fact(
            "quadrature_points", float(points), n_people=n,
            detail="points in each dimension at which the answer stood still; 0: none were needed",
        ),
    )  # fmt: skip
