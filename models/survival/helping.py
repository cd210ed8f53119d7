"""H1: time without use after treatment, of people who help others in recovery and of those who do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from models.comparison.cohort import PERSON, PROGRAM
from models.comparison.imputed_cohort import usual_copies
from models.core_frame import require
from models.estimate import LEVEL, MINIMUM_PEOPLE, CurvePoint, Diagnostic, Estimate, Findings, refused
from models.fitness import findings_held_back, gate
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.missing.imputation import Imputations, imputations
from models.missing.over_imputations import over_imputations
from models.refusal import NotIdentifiedError
from models.survival.first_use_cohort import FIRST_USE, pool_rare
from models.survival.first_use_ratios import DRIFT_NOTE, DRIFTS
from models.survival.helping_answers import (
    ASI,
    CATEGORIES,
    GROUPS,
    HELPING,
    MEETINGS,
    WINDOW,
    group_curve,
    in_window,
    log_hazard_ratio,
    with_covariates,
)
from models.survival.helping_checks import Case, checks
from models.survival.kaplan_meier import KaplanMeier, incidence_by, kaplan_meier
from models.survival.landmark import REASONS, AtLandmark, at_landmark
from models.survival.restricted_mean import difference, restricted_mean

ANALYSIS: Final = "H1"
OUTCOME: Final = FIRST_USE
ADJUSTED_FOR: Final = (MEETINGS, *CATEGORIES, "severity")
CURVE_STEP: Final = 7  # days
ASSOCIATION: Final = (
    "An association from the first interview after treatment on, among people without use until then; not an "
    "effect of helping. Death counts as the end of follow-up."
)
METHODS: Final[Mapping[str, tuple[str, str]]] = {  # method and scale of each term
    **{
        f"{name}_12_months": ("Kaplan-Meier from the landmark; log-log interval", "probability")
        for name in GROUPS
    },
    "helping": ("Cox regression from the landmark, Efron ties", "hazard ratio"),
    "helping_adjusted": (
        "Cox regression from the landmark, Efron ties, adjusted for meetings, sex, age and severity at entry",
        "hazard ratio",
    ),
    "restricted_mean_difference": (
        "Difference of the areas under the Kaplan-Meier curves, 12 months", "days",
    ),
}  # fmt: skip


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    outcome_times: pl.DataFrame,
    *,
    population: str,
    helping_cut: float,
    n_imputations: int | None = None,
    seed: int = 1,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Share without use for 12 months, hazard ratio and days without use, helpers against others.

    Landmark: the first completed interview on or after the exit from treatment (`landmark.at_landmark`).
    People who have not used by then are grouped by what they say there of helping (a score at or above
    `helping_cut`), and followed for 365 days. Terms: the Kaplan-Meier share of each group without use at 12
    months (Greenwood; log-log limits); the hazard ratio of helpers against others (Cox 1972; Efron's ties),
    alone and given meetings in the past 30 days at the landmark, sex, age band, and severity at entry (mean
    of the seven ASI composites); and the difference of the restricted mean days without use (Royston &
    Parmar 2013). Normal intervals; no degrees of freedom, but those of Rubin's rules where missing
    covariates were imputed, in the adjusted ratio alone. A population in which nobody has a helping score
    gets no rows.

    Parameters
    ----------
    participants, episodes, programs, assessments, outcome_times : pl.DataFrame
        Core tables of one population, as of one quarter (programs: of all).
    population : str
        Name of the population.
    helping_cut : float
        Score of Service to Others in Sobriety from which on a person counts as helping (the codebook's).
    n_imputations : int, optional
        Copies in which missing covariates are imputed; fewer than usual for very many people
        (`imputed_cohort.usual_copies`).
    seed : int
        Where their random numbers start.
    minimum_people : int
        Refused are groups with fewer people or with fewer who could be followed for 12 months, and ratios on
        fewer first uses.
    """
    require(assessments, "core.assessments", key=(PERSON, "wave"), columns=(HELPING,))
    if not assessments[HELPING].is_not_null().any():
        return Findings(analysis=ANALYSIS, estimates=())
    at = at_landmark(participants, episodes, programs, assessments, outcome_times)
    everybody = with_covariates(in_window(at.followed), helping_cut)
    people = pool_rare(everybody.drop_nulls("helper"), CATEGORIES, minimum_people)
    at.left_out["people_without_helping_score"] = everybody.height - people.height
    curves, estimates = _by_group(people, population, minimum_people)
    estimates += [_ratio("helping", people, population, minimum_people), _mean(people, population, curves)]
    told = list(_left_out(at, people, population))
    adjusted, more = _adjusted(
        people, population, helping_cut=helping_cut,
        n_imputations=n_imputations or usual_copies(people.height), seed=seed, minimum_people=minimum_people,
    )  # fmt: skip
    estimates.insert(3, adjusted)
    follow_up = gate("follow_up", _share_interviewed(at))
    case = Case(
        people=people, at=at, population=population, helping_cut=helping_cut, curves=curves,
        adjusted_for=ADJUSTED_FOR, minimum_people=minimum_people,
    )  # fmt: skip
    # Numbers of groups too few of whom could be asked are no checks of anything, and are not worked out.
    told += [*more, *(checks(case, assessments) if follow_up.passed else ())]
    findings = Findings(
        analysis=ANALYSIS, estimates=tuple(_warned(row, told) for row in estimates), diagnostics=tuple(told),
        curves=tuple(point for name, curve in curves.items() for point in _points(curve, name, population)),
    )  # fmt: skip
    return findings_held_back(findings, (follow_up,))


def _warned(row: Estimate, told: list[Diagnostic]) -> Estimate:
    """Say so in the note where the check of proportional hazards speaks against a ratio."""
    own = {f"proportional_hazards_p_{row.term}{end}" for end in ("", "_global")}
    drifts = any(fact.diagnostic in own and fact.value is not None and fact.value < DRIFTS for fact in told)
    return replace(row, note=row.note + DRIFT_NOTE) if drifts and row.estimate is not None else row


def _by_group(
    people: pl.DataFrame, population: str, minimum_people: int
) -> tuple[dict[str, KaplanMeier], list[Estimate]]:
    """Curve and share without use at 12 months of each group that has one."""
    curves: dict[str, KaplanMeier] = {}
    estimates = []
    for name in GROUPS:
        term = f"{name}_12_months"
        try:
            curve = curves[name] = group_curve(people, name, minimum_people)
        except NotIdentifiedError as reason:
            n_people = people.filter(pl.col("helper") == (name == GROUPS[0])).height
            estimates.append(_no(term, str(reason), n_people, population))
            continue
        used = incidence_by(curve, WINDOW)
        method, scale = METHODS[term]
        sure = "" if used.low is not None else " No interval: all used, or none."
        estimates.append(
            Estimate(
                outcome=OUTCOME, term=term, population=population, estimate=1.0 - used.value,
                std_error=used.std_error, ci_low=None if used.high is None else 1.0 - used.high,
                ci_high=None if used.low is None else 1.0 - used.low, n_people=curve.exits.size,
                n_rows=curve.exits.size, n_events=curve.events_by(WINDOW), method=method, scale=scale,
                small_sample="normal; Greenwood variance on the log-log scale, no degrees of freedom",
                note=ASSOCIATION + sure,
            )
        )  # fmt: skip
    return curves, estimates


def _ratio(term: str, people: pl.DataFrame, population: str, minimum_people: int) -> Estimate:
    try:
        inference = log_hazard_ratio(people, (), minimum_people)
        return _ratio_of(term, inference, people, population)
    except NotIdentifiedError as reason:
        return _no(term, str(reason), people.height, population)


def _ratio_of(term: str, inference: Inference, people: pl.DataFrame, population: str) -> Estimate:
    """Hazard ratio of the one coefficient of a fit."""
    log = contrast_of(inference, {"helping": 1.0}, level=LEVEL)
    method, scale = METHODS[term]
    ratio = float(np.exp(log.estimate))
    normal = np.isinf(log.df)
    basis = "normal, no degrees of freedom" if normal else f"t with {log.df:.1f} degrees of freedom"
    return Estimate(
        outcome=OUTCOME, term=term, population=population, estimate=ratio, std_error=ratio * log.std_error,
        ci_low=float(np.exp(log.low)), ci_high=float(np.exp(log.high)), p_value=log.p_value,
        df=None if normal else log.df, n_people=people.height, n_rows=people.height,
        n_events=int(people["used"].sum()), method=method, scale=scale,
        small_sample=f"{basis}; {inference.rule}", note=ASSOCIATION,
    )  # fmt: skip


def _mean(people: pl.DataFrame, population: str, curves: Mapping[str, KaplanMeier]) -> Estimate:
    """Difference of the days without use in the 12 months."""
    term = "restricted_mean_difference"
    method, scale = METHODS[term]
    if len(curves) < len(GROUPS):
        reason = "one of the groups has no curve over the 12 months"
        return _no(term, reason, people.height, population)
    value, error = difference(*(restricted_mean(curves[name], WINDOW) for name in GROUPS))
    if not error > 0.0:
        return _no(term, "nobody used within 12 months", people.height, population)
    inference = Inference(
        names=(term,), beta=np.array([value]), covariance=np.array([[error**2]]), df=lambda _: np.inf, rule=""
    )
    days = contrast_of(inference, {term: 1.0}, level=LEVEL)
    return Estimate(
        outcome=OUTCOME, term=term, population=population, estimate=value, std_error=error, ci_low=days.low,
        ci_high=days.high, p_value=days.p_value, n_people=people.height, n_rows=people.height,
        n_events=int(people["used"].sum()), method=method, scale=scale, note=ASSOCIATION,
        small_sample="normal, no degrees of freedom; Greenwood-type variance of each area",
    )  # fmt: skip


def _adjusted(
    people: pl.DataFrame,
    population: str,
    *,
    helping_cut: float,
    n_imputations: int,
    seed: int,
    minimum_people: int,
) -> tuple[Estimate, tuple[Diagnostic, ...]]:
    """Find the adjusted hazard ratio, pooled over imputed copies where covariates are missing."""
    term = "helping_adjusted"
    needed = [MEETINGS, *CATEGORIES, *ASI]

    def fit(copy: pl.DataFrame) -> Inference:
        return log_hazard_ratio(with_covariates(copy, helping_cut), ADJUSTED_FOR, minimum_people)

    facts: tuple[Diagnostic, ...] = ()
    try:
        log_hazard_ratio(people, (), minimum_people)  # too few to compare are too few to impute for
        if not any(people.select(needed).null_count().row(0)):
            return _ratio_of(term, fit(people), people, population), facts
        made = _copies(people, needed, n_imputations, seed)
        facts = made.diagnostics(outcome=OUTCOME, population=population)
        pooled = over_imputations(made.copies, fit)
        facts += pooled.diagnostics(
            {term: {"helping": 1.0}}, outcome=OUTCOME, population=population, n_people=people.height
        )
        return _ratio_of(term, pooled.inference, people, population), facts
    except NotIdentifiedError as reason:
        return _no(term, str(reason), people.height, population), facts


def _copies(people: pl.DataFrame, needed: list[str], n_imputations: int, seed: int) -> Imputations:
    """Impute the covariates, the outcome among the predictors.

    It enters as whether the person used and as the Nelson-Aalen cumulative hazard at the end of their
    follow-up (White & Royston 2009, Stat Med 28:1982).
    """
    curve = kaplan_meier(people["day"].to_numpy().astype(float), people["used"].to_numpy().astype(bool))
    hazard = np.concatenate([[0.0], np.cumsum(curve.n_events / curve.n_at_risk)])
    at = hazard[np.searchsorted(curve.times, people["day"].to_numpy(), side="right")]
    return imputations(
        people.with_columns(pl.Series("cumulative_hazard", at)),
        variables=(HELPING, *needed, "used", "cumulative_hazard"), cluster=PROGRAM,
        groups=("program_model",), n_imputations=n_imputations, seed=seed,
    )  # fmt: skip


def _no(term: str, reason: str, n_people: int, population: str) -> Estimate:
    method, scale = METHODS[term]
    return refused(
        outcome=OUTCOME, term=term, population=population, n_people=n_people, method=method, scale=scale,
        reason=f"{reason[:1].upper()}{reason[1:]}.",
    )  # fmt: skip


def _points(curve: KaplanMeier, name: str, population: str) -> list[CurvePoint]:
    """Share without use each seventh day; the last point is that of 12 months."""
    days = [*range(0, WINDOW - CURVE_STEP, CURVE_STEP), WINDOW]
    points = []
    for day in days:
        used = incidence_by(curve, day)
        points.append(
            CurvePoint(
                outcome=OUTCOME, curve=name, population=population, x=float(day), x_unit="days",
                estimate=1.0 - used.value, ci_low=None if used.high is None else 1.0 - used.high,
                ci_high=None if used.low is None else 1.0 - used.low,
                n_at_risk=curve.at_risk(max(day, np.nextafter(0.0, 1.0))), n_events=curve.events_by(day),
            )
        )  # fmt: skip
    return points


def _left_out(at: AtLandmark, people: pl.DataFrame, population: str) -> list[Diagnostic]:
    """How many are compared, how many could be interviewed, and why the others are not there."""
    reasons = {
        **REASONS,
        "people_without_helping_score": "people at risk whose interview has no helping score",
    }
    rows = [
        ("follow_up", _share_interviewed(at), at.out["came"].count(),
         "share of people out of treatment, with an interview due, who have one after treatment"),
        ("people_at_landmark", float(people.height), people.height,
         "people without use at their first interview after treatment, followed from it"),
        ("helpers_at_landmark", float(people["helper"].sum()), int(people["helper"].sum()),
         "of them, people who help others"),
        *((name, float(at.left_out[name]), at.left_out[name], words) for name, words in reasons.items()),
    ]  # fmt: skip
    return [
        Diagnostic(
            outcome=OUTCOME, diagnostic=name, population=population, value=value, n_people=n, detail=detail
        )
        for name, value, n, detail in rows
    ]


def _share_interviewed(at: AtLandmark) -> float | None:
    """Share of those out of treatment with an interview due after it who came; None where none was due."""
    came = at.out["came"].drop_nulls().to_numpy()
    return float(came.mean()) if came.size else None
