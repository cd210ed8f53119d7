"""W1: recovery identity and the meaningfulness of the day, within and between people."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.core_frame import finite, require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.within_person.centering import within_and_between
from models.within_person.mixed_model import MixedFit, NotIdentifiedError, fit

ANALYSIS = "W1"
OUTCOME = "meaningfulness"
PREDICTOR = "recovery_identity"
WITHIN, BETWEEN = f"{PREDICTOR}_within", f"{PREDICTOR}_between"
SCALE = "points per point"
NO_VARIATION = 1e-9  # points; person means of equal answers differ from them by rounding alone
_Basis = tuple[int, int, tuple[int, str]]  # people and rows that a slope rests on, its df and their rule
MEANING = {
    WITHIN: "A difference between a person's own days; an association, not an effect.",
    BETWEEN: "A difference between people, not a change within a person; an association, not an effect.",
}
NO_MODEL = "linear mixed model, REML"
KEPT, SINGULAR, NOT_CONVERGED, NO_WITHIN = "kept", "singular", "not converged", "no within slope"
FALLBACK = {
    KEPT: "",
    SINGULAR: " People's own slopes did not differ measurably: intercept only.",
    NOT_CONVERGED: " The model with people's own slopes did not converge: intercept only.",
    NO_WITHIN: "",
}
CEILING_NOTE = (
    "Answers at the top of the scale hide how high the day was and pull both slopes toward zero; "
    "this linear model makes no allowance for it."
)


def analyse(
    diary_days: pl.DataFrame, *, population: str, ceiling: float, minimum_people: int = MINIMUM_PEOPLE
) -> Findings:
    """Slopes of a day's meaningfulness on recovery identity, within and between people.

    Estimand: b1 and b2 of meaningfulness_ti = b0 + b1 (identity_ti - mean_i) + b2 (mean_i - grand mean)
    + u_i + v_i (identity_ti - mean_i) + e_ti, over the days on which both were answered, by REML.
    The person mean is taken over those days. Where the random slope has no variance of its own or
    the fit with it does not converge, the model keeps the random intercept alone and says so.

    The within slope rests on the people whose identity varied over their used evenings, and is refused
    where they are fewer than `minimum_people`; the between slope then comes from a random intercept and
    the person means alone.

    Degrees of freedom (t): the between slope has n_people - 2. The within slope has, with a random slope,
    the people whose identity varied less 1, because they are then the replicates (Raudenbush & Bryk 2002,
    ch. 3; `_within_basis` says where all but a few varied), and n_rows - n_people - 1 with a random
    intercept alone (between-within rule: Schluchter & Elashoff 1990, J Stat Comput Simul 37:69).

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    ceiling : float
        Highest answer that the meaningfulness slider allows (the codebook's maximum).
    minimum_people : int
        With fewer people the slopes are refused; the within slope also with fewer whose identity varied.

    Returns
    -------
    Findings
        Both slopes in points per point, and the diagnostics. `n_people` and `n_rows` of the within slope
        count the people whose identity varied, and their evenings, unless all but a few varied.
    """
    require(
        diary_days, "core.diary_days", key=("participant_id", "day"),
        columns=("participant_id", "day", "response_status", PREDICTOR, OUTCOME),
    )  # fmt: skip
    diary_days = finite(diary_days, PREDICTOR, OUTCOME)
    used = diary_days.drop_nulls([PREDICTOR, OUTCOME]).sort("participant_id", "day")
    person = np.unique(used["participant_id"].to_numpy(), return_inverse=True)[1]
    y = used[OUTCOME].cast(pl.Float64).to_numpy()
    within, between = within_and_between(used[PREDICTOR].cast(pl.Float64).to_numpy(), person)
    n_people = int(person.max()) + 1 if used.height else 0
    facts = _attrition(diary_days, used, population) + _ceiling(used, ceiling, population)

    varied = _varied(within, person)
    reason = _why_not(y, person, ceiling, minimum_people)
    few_varied = None
    if int(varied.sum()) < minimum_people:
        few_varied = (
            f"For fewer than {minimum_people} people did recovery identity vary from evening to evening: "
            "there is no within-person slope."
        )
    model: MixedFit | None = None
    fate = NOT_CONVERGED
    if reason is None:
        model, fate, reason = _fit(y, within if few_varied is None else None, between, person)
    if model is None or reason is not None:
        reasons = {WITHIN: reason or "no model", BETWEEN: reason or "no model"}
        return Findings(
            analysis=ANALYSIS,
            estimates=tuple(_no(term, why, n_people, population) for term, why in reasons.items()),
            diagnostics=(*facts, _fact("converged", 0.0, population)),
        )
    bases = {
        WITHIN: _within_basis(model, fate, int(varied.sum()), int(varied[person].sum()), minimum_people),
        BETWEEN: (model.n_people, model.n_rows, (model.n_people - 2, "n_people - 2")),
    }
    columns = {WITHIN: 1, BETWEEN: 2} if few_varied is None else {BETWEEN: 1}
    estimates = [] if few_varied is None else [_no(WITHIN, few_varied, n_people, population)]
    estimates += [
        _slope(model, column=column, term=term, fate=fate, basis=bases[term], population=population)
        for term, column in columns.items()
    ]
    return Findings(
        analysis=ANALYSIS,
        estimates=tuple(estimates),
        diagnostics=(
            *facts,
            *_fit_facts(model, fate, y, person, minimum_people=minimum_people, population=population),
        ),
    )


def _varied(within: NDArray[np.float64], person: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each person's identity differed between used evenings, shape (n_people,)."""
    largest = np.zeros(int(person.max()) + 1 if person.size else 0)
    np.maximum.at(largest, person, np.abs(within))
    return largest >= NO_VARIATION


def _why_not(
    y: NDArray[np.float64], person: NDArray[np.intp], ceiling: float, minimum_people: int
) -> str | None:
    """Reason to refuse before fitting, if there is one."""
    if np.unique(person).size < minimum_people:
        return f"Fewer than {minimum_people} people answered both questions on any evening."
    if bool(np.all(y >= ceiling)):
        return "Every answer is at the top of the scale: there is no variation to explain."
    if np.unique(person[y < ceiling]).size < minimum_people:
        return f"Fewer than {minimum_people} people ever answered below the top of the scale."
    return None


def _fit(
    y: NDArray[np.float64],
    within: NDArray[np.float64] | None,
    between: NDArray[np.float64],
    person: NDArray[np.intp],
) -> tuple[MixedFit | None, str, str | None]:
    """Fit with a random slope, or with the intercept alone: the model, what became of the slope, or why none.

    Without `within` the model holds the person means alone.
    """
    one = np.ones_like(y)
    x = np.column_stack([one, between] if within is None else [one, within, between])
    fate = NO_WITHIN
    try:
        if within is not None:
            full = fit(y, x, x[:, :2], person)
            if full.converged and not full.singular:
                return full, KEPT, None
            fate = SINGULAR if full.converged else NOT_CONVERGED
        simple = fit(y, x, x[:, :1], person)
    except NotIdentifiedError as error:
        return None, fate, f"Not identified: {error}."
    if not simple.converged:
        return None, fate, "The model did not converge."
    return simple, fate, None


def _within_basis(model: MixedFit, fate: str, n_varied: int, n_rows: int, few: int) -> _Basis:
    """People, rows and degrees of freedom of the within slope.

    It rests on those whose identity varied. Where all but 1 to `few` people varied, their exact number
    would tell of the few: the model's people are then counted, and the degrees of freedom lose `few` in
    their place (never below those of the fewest who may carry the slope), which is conservative.
    """
    if 0 < model.n_people - n_varied <= few:
        people, rows = model.n_people, model.n_rows
        by_people = (max(people - 1 - few, few - 1), f"n_people - 1, less {few} for the few who never varied")
    else:
        people, rows, by_people = n_varied, n_rows, (n_varied - 1, "n_people - 1")
    if fate == KEPT:
        return people, rows, by_people
    return people, rows, (model.n_rows - model.n_people - 1, "rows of the model - its people - 1")


def _no(term: str, reason: str, n_people: int, population: str) -> Estimate:
    return refused(
        outcome=OUTCOME, term=term, population=population, n_people=n_people, method=NO_MODEL, scale=SCALE,
        reason=reason,
    )  # fmt: skip


def _slope(model: MixedFit, *, column: int, term: str, fate: str, basis: _Basis, population: str) -> Estimate:
    """One slope with its t interval."""
    n_people, n_rows, (df, rule) = basis
    value = float(model.beta[column])
    error = float(np.sqrt(model.covariance[column, column]))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * error
    effects = "random intercept and random within slope" if fate == KEPT else "random intercept"
    return Estimate(
        outcome=OUTCOME, term=term, population=population,
        estimate=value, std_error=error, ci_low=value - half, ci_high=value + half,
        p_value=float(2 * stats.t.sf(abs(value / error), df)), df=float(df),
        n_people=n_people, n_rows=n_rows,
        method=f"linear mixed model, {effects}, REML", scale=SCALE,
        small_sample=f"t with {rule} degrees of freedom; generalized least squares standard error",
        note=f"{MEANING[term]} {CEILING_NOTE}{FALLBACK[fate]}",
    )  # fmt: skip


def _fact(
    name: str, value: float | None, population: str, *, detail: str = "", n_people: int | None = None
) -> Diagnostic:
    return Diagnostic(
        outcome=OUTCOME, diagnostic=name, population=population, value=value, detail=detail, n_people=n_people
    )


def _attrition(days: pl.DataFrame, used: pl.DataFrame, population: str) -> tuple[Diagnostic, ...]:
    """Evenings and people left out, and why. `n_people` counts the people the number speaks of."""
    asked = days["participant_id"].n_unique()
    kept = used["participant_id"].n_unique()
    silent = pl.col("response_status") == "no_response"
    faulty = pl.col("response_status") == "refused"
    parts = {
        "days_dropped_no_response": (
            silent & pl.any_horizontal(pl.col(PREDICTOR, OUTCOME).is_null()),
            "evenings without any answer",
        ),
        "days_dropped_refused": (
            faulty & pl.any_horizontal(pl.col(PREDICTOR, OUTCOME).is_null()),
            "evenings whose delivered row was refused as faulty: answered, but the answers are not here",
        ),
        "days_dropped_identity_missing": (
            ~silent & ~faulty & pl.col(PREDICTOR).is_null(),
            "answered evenings without recovery identity",
        ),
        "days_dropped_meaningfulness_missing": (
            ~silent & ~faulty & pl.col(PREDICTOR).is_not_null() & pl.col(OUTCOME).is_null(),
            "answered evenings with recovery identity, without meaningfulness",
        ),
    }
    facts = []
    for name, (which, detail) in parts.items():
        rows = days.filter(which)
        people = rows["participant_id"].n_unique()
        facts.append(_fact(name, float(rows.height), population, detail=detail, n_people=people))
    responded = days.filter(~silent & ~faulty).height
    return (
        _fact(
            "response_rate", responded / days.height if days.height else None, population, n_people=asked,
            detail="expected evenings with an answer that could be kept, complete or partial",
        ),
        *facts,
        _fact(
            "people_dropped", float(asked - kept), population, n_people=asked - kept,
            detail="people without one evening on which both questions were answered",
        ),
    )  # fmt: skip


def _ceiling(used: pl.DataFrame, ceiling: float, population: str) -> tuple[Diagnostic, ...]:
    """How much of the outcome lies at the top of its scale."""
    top = used.with_columns(top=pl.col(OUTCOME) >= ceiling)
    always = top.group_by("participant_id").agg(pl.col("top").all()).filter("top").height
    return (
        _fact(
            "share_at_ceiling", top["top"].cast(pl.Float64).mean() if used.height else None,  # type: ignore[arg-type]
            population, detail="used evenings with the highest possible meaningfulness",
            n_people=used["participant_id"].n_unique(),
        ),
        _fact(
            "people_always_at_ceiling", float(always), population, n_people=always,
            detail="people whose every used evening has the highest possible meaningfulness",
        ),
    )  # fmt: skip


def _fit_facts(
    model: MixedFit,
    fate: str,
    y: NDArray[np.float64],
    person: NDArray[np.intp],
    *,
    minimum_people: int,
    population: str,
) -> tuple[Diagnostic, ...]:
    """Convergence, the random effects kept, and the share of variance that lies between people."""
    icc = None
    if int(np.sum(np.bincount(person) > 1)) >= minimum_people:
        one = np.ones((y.size, 1))
        empty = fit(y, one, one, person)
        between = float(empty.random_covariance[0, 0])
        icc = between / (between + empty.residual_variance) if empty.converged else None
    slope_sd = float(np.sqrt(model.random_covariance[1, 1])) if fate == KEPT else None
    n = model.n_people
    return (
        _fact(
            "icc", icc, population, n_people=n,
            detail="share of the variance of meaningfulness between people, no predictors; null where too "
            "few people gave two evenings, or the fit did not converge",
        ),
        _fact("converged", 1.0, population, n_people=n),
        _fact(
            "random_slope_kept", float(fate == KEPT), population, n_people=n,
            detail=f"1: people's own slopes differ; 0: intercept only. Here: {fate}",
        ),
        _fact(
            "slope_sd", slope_sd, population, n_people=n,
            detail="standard deviation of people's own within slopes, points per point",
        ),
    )  # fmt: skip
