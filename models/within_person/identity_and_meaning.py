"""W1: recovery identity and the meaningfulness of the day, within and between people."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.core_frame import require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.within_person.centering import within_and_between
from models.within_person.mixed_model import MixedFit, NotIdentifiedError, fit

ANALYSIS = "W1"
OUTCOME = "meaningfulness"
PREDICTOR = "recovery_identity"
WITHIN, BETWEEN = f"{PREDICTOR}_within", f"{PREDICTOR}_between"
SCALE = "points per point"
NO_VARIATION = 1e-9  # points; person means of equal answers differ from them by rounding alone
MEANING = {
    WITHIN: "A difference between a person's own days; an association, not an effect.",
    BETWEEN: "A difference between people, not a change within a person; an association, not an effect.",
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

    Degrees of freedom (t): the between slope has n_people - 2; the within slope has n_people - 1 with
    a random slope, because people are then the replicates (Raudenbush & Bryk 2002, ch. 3), and
    n_rows - n_people - 1 with a random intercept alone (between-within rule: Schluchter & Elashoff 1990,
    J Stat Comput Simul 37:69).

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    ceiling : float
        Highest answer that the meaningfulness slider allows (the codebook's maximum).
    minimum_people : int
        With fewer people the slopes are refused.

    Returns
    -------
    Findings
        Both slopes in points per point, and the diagnostics.
    """
    require(
        diary_days, "core.diary_days", key=("participant_id", "day"),
        columns=("participant_id", "day", "response_status", PREDICTOR, OUTCOME),
    )  # fmt: skip
    used = diary_days.drop_nulls([PREDICTOR, OUTCOME]).sort("participant_id", "day")
    person = np.unique(used["participant_id"].to_numpy(), return_inverse=True)[1]
    y = used[OUTCOME].cast(pl.Float64).to_numpy()
    within, between = within_and_between(used[PREDICTOR].cast(pl.Float64).to_numpy(), person)
    n_people = int(person.max()) + 1 if used.height else 0
    facts = _attrition(diary_days, used, population) + _ceiling(used, ceiling, population)

    reason = _why_not(y, within, n_people, ceiling, minimum_people)
    model: MixedFit | None = None
    slopes_vary = False
    if reason is None:
        model, slopes_vary, reason = _fit(y, within, between, person)
    if model is None or reason is not None:
        estimates = tuple(
            refused(
                outcome=OUTCOME, term=term, population=population, n_people=n_people,
                method="linear mixed model, REML", scale=SCALE, reason=reason or "no model",
            )
            for term in (WITHIN, BETWEEN)
        )  # fmt: skip
        return Findings(
            analysis=ANALYSIS, estimates=estimates, diagnostics=(*facts, _fact("converged", 0.0, population))
        )
    return Findings(
        analysis=ANALYSIS,
        estimates=_slopes(model, slopes_vary, population),
        diagnostics=(*facts, *_fit_facts(model, slopes_vary, y, person, population)),
    )


def _why_not(
    y: NDArray[np.float64], within: NDArray[np.float64], n_people: int, ceiling: float, minimum_people: int
) -> str | None:
    """Reason to refuse before fitting, if there is one."""
    if n_people < minimum_people:
        return f"Fewer than {minimum_people} people answered both questions on any evening."
    if bool(np.all(y >= ceiling)):
        return "Every answer is at the top of the scale: there is no variation to explain."
    if float(np.abs(within).max()) < NO_VARIATION:
        return "Nobody's recovery identity varied from evening to evening: there is no within-person slope."
    return None


def _fit(
    y: NDArray[np.float64],
    within: NDArray[np.float64],
    between: NDArray[np.float64],
    person: NDArray[np.intp],
) -> tuple[MixedFit | None, bool, str | None]:
    """Fit with a random slope, or with the intercept alone: the model, which one, or why neither."""
    x = np.column_stack([np.ones_like(y), within, between])
    try:
        full = fit(y, x, x[:, :2], person)
        if full.converged and not full.singular:
            return full, True, None
        simple = fit(y, x, x[:, :1], person)
    except NotIdentifiedError as error:
        return None, False, f"Not identified: {error}."
    if not simple.converged:
        return None, False, "The model did not converge."
    return simple, False, None


def _slopes(model: MixedFit, slopes_vary: bool, population: str) -> tuple[Estimate, ...]:
    """Both slopes with t intervals."""
    effects = "random intercept and random within slope" if slopes_vary else "random intercept"
    fallback = "" if slopes_vary else " People's own slopes did not differ measurably: intercept only."
    rules = {
        WITHIN: (model.n_people - 1, "n_people - 1")
        if slopes_vary
        else (model.n_rows - model.n_people - 1, "n_rows - n_people - 1"),
        BETWEEN: (model.n_people - 2, "n_people - 2"),
    }
    estimates = []
    for column, term in ((1, WITHIN), (2, BETWEEN)):
        df, rule = rules[term]
        value = float(model.beta[column])
        error = float(np.sqrt(model.covariance[column, column]))
        half = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * error
        estimates.append(
            Estimate(
                outcome=OUTCOME, term=term, population=population,
                estimate=value, std_error=error, ci_low=value - half, ci_high=value + half,
                p_value=float(2 * stats.t.sf(abs(value / error), df)), df=float(df),
                n_people=model.n_people, n_rows=model.n_rows,
                method=f"linear mixed model, {effects}, REML", scale=SCALE,
                small_sample=f"t with {rule} degrees of freedom; generalized least squares standard error",
                note=f"{MEANING[term]} {CEILING_NOTE}{fallback}",
            )
        )  # fmt: skip
    return tuple(estimates)


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
    parts = {
        "days_dropped": (
            pl.any_horizontal(pl.col(PREDICTOR, OUTCOME).is_null()),
            "evenings without both answers: a sum of the next three",
        ),
        "days_dropped_no_response": (
            silent & pl.any_horizontal(pl.col(PREDICTOR, OUTCOME).is_null()),
            "evenings without any answer",
        ),
        "days_dropped_identity_missing": (
            ~silent & pl.col(PREDICTOR).is_null(),
            "answered evenings without recovery identity",
        ),
        "days_dropped_meaningfulness_missing": (
            ~silent & pl.col(PREDICTOR).is_not_null() & pl.col(OUTCOME).is_null(),
            "answered evenings with recovery identity, without meaningfulness",
        ),
    }
    facts = []
    for name, (which, detail) in parts.items():
        rows = days.filter(which)
        people = rows["participant_id"].n_unique()
        facts.append(_fact(name, float(rows.height), population, detail=detail, n_people=people))
    responded = days.filter(~silent).height
    return (
        _fact(
            "response_rate", responded / days.height if days.height else None, population, n_people=asked,
            detail="expected evenings with an answer, complete or partial",
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
    slopes_vary: bool,
    y: NDArray[np.float64],
    person: NDArray[np.intp],
    population: str,
) -> tuple[Diagnostic, ...]:
    """Convergence, the random effects kept, and the share of variance that lies between people."""
    one = np.ones((y.size, 1))
    empty = fit(y, one, one, person)
    between = float(empty.random_covariance[0, 0])
    slope_sd = float(np.sqrt(model.random_covariance[1, 1])) if slopes_vary else None
    n = model.n_people
    return (
        _fact(
            "icc", between / (between + empty.residual_variance) if empty.converged else None, population,
            n_people=n, detail="share of the variance of meaningfulness between people, no predictors",
        ),
        _fact("converged", 1.0, population, n_people=n),
        _fact(
            "random_slope_kept", float(slopes_vary), population, n_people=n,
            detail="1: people's own slopes differ; 0: singular or not converged, intercept only",
        ),
        _fact(
            "slope_sd", slope_sd, population, n_people=n,
            detail="standard deviation of people's own within slopes, points per point",
        ),
    )  # fmt: skip
