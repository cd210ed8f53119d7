"""H1: time without use after treatment, of people who help others in recovery and of those who do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from models.comparison.cohort import PERSON, PROGRAM
from models.comparison.imputed_cohort import usual_copies
from models.core_frame import require
from models.estimate import MINIMUM_PEOPLE, CurvePoint, Diagnostic, Estimate, Findings, refused
from models.fitness import findings_held_back, gate
from models.inference.coefficients import Inference
from models.inference.contrast import two_sided_p
from models.missing.imputation import Imputations, imputations
from models.missing.over_imputations import over_imputations
from models.refusal import NotIdentifiedError
from models.survival.by_program import ALONE, ONE_PROGRAM, Sureness, fewest
from models.survival.first_use_cohort import FIRST_USE, pool_rare
from models.survival.first_use_ratios import DRIFT_NOTE, DRIFTS
from models.survival.helping_answers import (
    ASI,
    BY_PERSON,
    CATEGORIES,
    GROUPS,
    HELPING,
    MEETINGS,
    WINDOW,
    in_window,
    log_hazard_ratio,
    sureness_of,
    with_covariates,
)
from models.survival.helping_checks import Case, checks
from models.survival.helping_groups import DAYS, Group, group_of, sure_of_means
from models.survival.kaplan_meier import kaplan_meier
from models.survival.landmark import REASONS, AtLandmark, at_landmark
from models.survival.restricted_mean import difference

ANALYSIS: Final = "H1"
OUTCOME: Final = FIRST_USE
ADJUSTED_FOR: Final = (MEETINGS, *CATEGORIES, "severity")
Answer = tuple[Estimate, float | None]  # and the degrees of freedom that programs leave
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
    months (log-log limits); the hazard ratio of helpers against others (Cox 1972; Efron's ties), alone and
    given meetings in the past 30 days at the landmark, sex, age band, and severity at entry (mean of the
    seven ASI composites); and the difference of the restricted mean days without use (Royston & Parmar 2013).
    A population in which nobody has a helping score gets no rows.

    Programs are what was sampled: variances are of influences summed by program, with few programs allowed
    for and degrees of freedom of t (`by_program.by_program`); no interval is narrower than that of people as
    if drawn one by one (Greenwood's variance, the information), which stands alone where there is one
    program. The adjusted ratio adds what imputing its covariates costs by Rubin's rules. All is held back
    where programs leave too few degrees of freedom for one of the answers.

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
    groups, answers = _by_group(people, population, minimum_people)
    answers += [_ratio("helping", people, population, minimum_people), _mean(people, population, groups)]
    told = list(_left_out(at, people, population))
    adjusted, more = _adjusted(
        people, population, helping_cut=helping_cut,
        n_imputations=n_imputations or usual_copies(people.height), seed=seed, minimum_people=minimum_people,
    )  # fmt: skip
    answers.insert(3, adjusted)
    estimates = [row for row, _ in answers]
    follow_up = gate("follow_up", _share_interviewed(at))
    case = Case(
        people=people, at=at, population=population, helping_cut=helping_cut, groups=groups,
        adjusted_for=ADJUSTED_FOR, minimum_people=minimum_people,
    )  # fmt: skip
    # Numbers of groups too few of whom could be asked are no checks of anything, and are not worked out.
    told += [*more, *(checks(case, assessments) if follow_up.passed else ())]
    findings = Findings(
        analysis=ANALYSIS, estimates=tuple(_warned(row, told) for row in estimates), diagnostics=tuple(told),
        curves=tuple(point for name, group in groups.items() for point in _points(group, name, population)),
    )  # fmt: skip
    return findings_held_back(findings, (follow_up, *fewest(df for _, df in answers)))


def _warned(row: Estimate, told: list[Diagnostic]) -> Estimate:
    """Say so in the note where the check of proportional hazards speaks against a ratio."""
    own = {f"proportional_hazards_p_{row.term}{end}" for end in ("", "_global")}
    drifts = any(fact.diagnostic in own and fact.value is not None and fact.value < DRIFTS for fact in told)
    return replace(row, note=row.note + DRIFT_NOTE) if drifts and row.estimate is not None else row


def _by_group(
    people: pl.DataFrame, population: str, minimum_people: int
) -> tuple[dict[str, Group], list[Answer]]:
    """Curve and share without use at 12 months of each group that has one."""
    groups: dict[str, Group] = {}
    answers: list[Answer] = []
    for name in GROUPS:
        term = f"{name}_12_months"
        try:
            group = groups[name] = group_of(people, name, minimum_people)
        except NotIdentifiedError as reason:
            n_people = people.filter(pl.col("helper") == (name == GROUPS[0])).height
            answers.append((_no(term, str(reason), n_people, population), None))
            continue
        share, sure = group.without_use(WINDOW)
        method, scale = METHODS[term]
        row = Estimate(
            outcome=OUTCOME, term=term, population=population, estimate=share.value,
            std_error=share.std_error, ci_low=share.low, ci_high=share.high, n_people=group.used.size,
            df=None if sure is None else sure.released_df,
            n_rows=group.used.size, n_events=group.curve.events_by(WINDOW), method=method, scale=scale,
            small_sample="no interval" if sure is None else f"{sure.basis}, log-log scale; {sure.rule}",
            note=ASSOCIATION + (" No interval: all used, or none." if sure is None else _alone(sure)),
        )  # fmt: skip
        answers.append((row, group.shares.program_df(WINDOW)))
    return groups, answers


def _alone(sure: Sureness) -> str:
    """Say so where the range is that of people alone."""
    return ONE_PROGRAM if sure.rule == ALONE else ""


def _ratio(term: str, people: pl.DataFrame, population: str, minimum_people: int) -> Answer:
    try:
        return _ratio_of(term, log_hazard_ratio(people, (), minimum_people), people, population)
    except NotIdentifiedError as reason:
        return _no(term, str(reason), people.height, population), None


def _ratio_of(term: str, log: Inference, people: pl.DataFrame, population: str) -> Answer:
    """Hazard ratio of the one coefficient of a fit, with the wider of its intervals."""
    sure, df = sureness_of(log)
    method, scale = METHODS[term]
    row = Estimate(
        outcome=OUTCOME, term=term, population=population, method=method, scale=scale,
        **_limits(float(log.beta[0]), sure, of=np.exp), n_people=people.height, n_rows=people.height,
        n_events=int(people["used"].sum()), small_sample=f"{sure.basis}; {sure.rule}; {log.rule}",
        note=ASSOCIATION + _alone(sure),
    )  # fmt: skip
    return row, df


def _limits(value: float, sure: Sureness, of: Callable[[float], float] = float) -> dict[str, float | None]:
    """Estimate, error by the delta method, limits, p-value against zero and df, on the scale of `of`."""
    estimate = float(of(value))
    return {
        "estimate": estimate, "std_error": sure.error * (estimate if of is np.exp else 1.0),
        "ci_low": float(of(value - sure.half)), "ci_high": float(of(value + sure.half)),
        "p_value": two_sided_p(abs(value) / sure.error, sure.df), "df": sure.released_df,
    }  # fmt: skip


def _mean(people: pl.DataFrame, population: str, groups: Mapping[str, Group]) -> Answer:
    """Difference of the days without use in the 12 months."""
    term = "restricted_mean_difference"
    method, scale = METHODS[term]
    if len(groups) < len(GROUPS):
        reason = "one of the groups has no curve over the 12 months"
        return _no(term, reason, people.height, population), None
    value, error = difference(*(groups[name].mean for name in GROUPS))
    if not error > 0.0:
        return _no(term, "nobody used within 12 months", people.height, population), None
    sure, df = sure_of_means(groups, value, error, dict(zip(GROUPS, (1.0, -1.0), strict=True)))
    row = Estimate(
        outcome=OUTCOME, term=term, population=population, method=method, scale=scale,
        **_limits(value, sure), n_people=people.height, n_rows=people.height,
        n_events=int(people["used"].sum()), small_sample=f"{sure.basis}; {sure.rule}",
        note=ASSOCIATION + _alone(sure),
    )  # fmt: skip
    return row, df


def _adjusted(
    people: pl.DataFrame,
    population: str,
    *,
    helping_cut: float,
    n_imputations: int,
    seed: int,
    minimum_people: int,
) -> tuple[Answer, tuple[Diagnostic, ...]]:
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
            {term: {BY_PERSON: 1.0}}, outcome=OUTCOME, population=population, n_people=people.height
        )
        return _ratio_of(term, pooled.inference, people, population), facts
    except NotIdentifiedError as reason:
        return (_no(term, str(reason), people.height, population), None), facts


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


def _points(group: Group, name: str, population: str) -> list[CurvePoint]:
    """Share without use each seventh day; the last point is that of 12 months."""
    points = []
    for day in DAYS:
        share, _ = group.without_use(day)
        points.append(
            CurvePoint(
                outcome=OUTCOME, curve=name, population=population, x=float(day), x_unit="days",
                estimate=share.value, ci_low=share.low, ci_high=share.high,
                n_at_risk=group.curve.at_risk(max(day, np.nextafter(0.0, 1.0))),
                n_events=group.curve.events_by(day),
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
