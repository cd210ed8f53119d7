"""A1: days to first use after detoxification, by support from friends and by link to primary care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.core_frame import require
from models.estimate import LEVEL, MINIMUM_PEOPLE, CurvePoint, Diagnostic, Estimate, Findings, refused
from models.survival import cox
from models.survival.curve_points import curve_points
from models.survival.first_use_cohort import first_use_cohort, indicators, split_at_link
from models.survival.kaplan_meier import kaplan_meier, median_time

ANALYSIS = "A1"
OUTCOME = "first_use"
LANDMARK_DAY: Final = 60  # the curves by link start here, with those linked by then
CURVE_STEP: Final = 7  # days
TREATED_ARM = "intervention"
ADJUSTED_FOR = ("sex", "primary_substance")
GROUPS = ("lower_friend_support", "higher_friend_support")
RATIO_SCALE = "hazard ratio"
COX = "Cox regression, Efron ties"
KAPLAN_MEIER = "Kaplan-Meier median, log-log interval"
WALD = "normal (Wald) on the log scale; standard error by the delta method; no degrees of freedom"
ASSOCIATION = "An association among people who could be followed, not an effect."
BY_CHANCE = (
    "Chance decided who was assigned: the comparison is fair for everybody assigned, but only the "
    "people who could be followed are in it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """One Cox regression: the term it answers, and the first column of x is that term's."""

    term: str
    method: str
    rows: pl.DataFrame
    x: NDArray[np.float64]
    note: str
    split: bool = False


def analyse(
    participants: pl.DataFrame,
    assessments: pl.DataFrame,
    outcome_times: pl.DataFrame,
    *,
    population: str,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Median days to first use by friend support, and hazard ratios for support, link and trial arm.

    Estimands, among people followed on first use: median days, for those with friend support below and
    at or above the median (Kaplan-Meier); the hazard ratio of first use per standard deviation of
    baseline friend support, alone and adjusted for sex and primary substance; the hazard ratio while
    linked to primary care against not (yet) linked, link as a time-varying covariate; and the ratio of
    the trial arms as assigned (intention to treat).

    Parameters
    ----------
    participants, assessments, outcome_times : pl.DataFrame
        Core tables of one population, as of one quarter.
    population : str
        Name of the population.
    minimum_people : int
        A group or model with fewer people, or a model with fewer events, is refused.
    """
    require(
        participants, "core.participants", key=("participant_id",),
        columns=("participant_id", "sex", "primary_substance", "trial_arm"),
    )  # fmt: skip
    require(
        assessments, "core.assessments", key=("participant_id", "wave"),
        columns=("participant_id", "wave", "friend_support"),
    )  # fmt: skip
    require(
        outcome_times, "core.outcome_times", key=("participant_id", "outcome"),
        columns=("participant_id", "outcome", "day_observed", "event_observed"),
    )  # fmt: skip
    cohort = first_use_cohort(participants, assessments, outcome_times)
    followed = cohort.drop_nulls(["day", "used"])
    supported = followed.drop_nulls("friend_support")
    estimates, curves = _by_support(supported, population, minimum_people)
    diagnostics = list(_follow_up(cohort, followed, population))
    for model in _models(followed, supported):
        estimate, checked = _hazard_ratio(model, population, minimum_people)
        estimates.append(estimate)
        diagnostics += checked
    curves += _by_link(followed, population, minimum_people)
    return Findings(
        analysis=ANALYSIS, estimates=tuple(estimates), curves=tuple(curves), diagnostics=tuple(diagnostics)
    )


def _by_support(
    supported: pl.DataFrame, population: str, minimum_people: int
) -> tuple[list[Estimate], list[CurvePoint]]:
    """Median days and curve of each half, cut at the median of the people followed."""
    estimates: list[Estimate] = []
    curves: list[CurvePoint] = []
    scores = supported["friend_support"].to_numpy()
    cut = float(np.median(scores)) if scores.size else 0.0
    for name, high in zip(GROUPS, (False, True), strict=True):
        group = supported.filter((pl.col("friend_support") >= cut) == high)
        term = f"median_days_{name}"
        if group.height < minimum_people:
            reason = f"Fewer than {minimum_people} people with this much support could be followed."
            estimates.append(
                refused(
                    outcome=OUTCOME, term=term, population=population, n_people=group.height,
                    method=KAPLAN_MEIER, scale="days", reason=reason,
                )
            )  # fmt: skip
            continue
        curve = kaplan_meier(group["day"].to_numpy(), group["used"].to_numpy().astype(bool))
        which = f"{'At or above' if high else 'Below'} {cut:g} points, the median of the people followed."
        value, low, high_limit = median_time(curve)
        if value is None:
            reason = "Fewer than half had used by the end of follow-up: the median was not reached."
            estimates.append(
                refused(
                    outcome=OUTCOME, term=term, population=population, n_people=group.height,
                    method=KAPLAN_MEIER, scale="days", reason=reason,
                )
            )  # fmt: skip
        else:
            open_end = "" if high_limit is not None else " The upper limit was not reached."
            estimates.append(
                Estimate(
                    outcome=OUTCOME, term=term, population=population, estimate=value, ci_low=low,
                    ci_high=high_limit, n_people=group.height, n_rows=group.height,
                    n_events=int(group["used"].sum()), method=KAPLAN_MEIER, scale="days",
                    small_sample="Brookmeyer-Crowley limits from the log-log band; no degrees of freedom",
                    note=f"{which} {ASSOCIATION}{open_end}",
                )
            )  # fmt: skip
        curves += curve_points(
            curve, outcome=OUTCOME, name=name, population=population, step=CURVE_STEP, unit=1.0,
            x_unit="days", minimum_at_risk=minimum_people,
        )  # fmt: skip
    return estimates, curves


def _by_link(followed: pl.DataFrame, population: str, minimum_people: int) -> list[CurvePoint]:
    """Curves from the landmark day, by whether the person had linked by then (Anderson 1983, JCO 1:710)."""
    current = followed.drop_nulls("link_day").filter(pl.col("day") > LANDMARK_DAY)
    by_then = pl.col("linked") & (pl.col("link_day") <= LANDMARK_DAY)
    known = by_then | (pl.col("link_day") >= LANDMARK_DAY)
    curves: list[CurvePoint] = []
    for name, group in (
        (f"linked_by_day_{LANDMARK_DAY}", current.filter(by_then)),
        (f"not_linked_by_day_{LANDMARK_DAY}", current.filter(known & ~by_then)),
    ):
        if group.height >= minimum_people:
            curve = kaplan_meier(group["day"].to_numpy(), group["used"].to_numpy().astype(bool))
            curves += curve_points(
                curve, outcome=OUTCOME, name=name, population=population, step=CURVE_STEP, unit=1.0,
                x_unit="days", minimum_at_risk=minimum_people, start=float(LANDMARK_DAY),
            )  # fmt: skip
    return curves


def _models(followed: pl.DataFrame, supported: pl.DataFrame) -> list[_Model]:
    """List the five regressions, each on the people whose covariates are known."""
    complete = supported.drop_nulls(list(ADJUSTED_FOR))
    assigned = followed.drop_nulls("trial_arm")
    split, split_complete = split_at_link(followed), split_at_link(complete)
    support, support_complete, support_split = (
        _per_sd(rows["friend_support"], supported["friend_support"])
        for rows in (supported, complete, split_complete)
    )
    adjusted = ", adjusted for sex and primary substance"
    while_linked = (
        f"{ASSOCIATION} Link counts from the day after it happened, so that no one is credited early."
    )
    return [
        _Model(
            term="friend_support_per_sd", method=COX, rows=supported, x=support[:, None], note=ASSOCIATION
        ),
        _Model(
            term="friend_support_per_sd_adjusted", method=COX + adjusted, rows=complete, note=ASSOCIATION,
            x=np.column_stack([support_complete, indicators(complete, ADJUSTED_FOR)]),
        ),
        _Model(
            term="linked_to_care", method=f"{COX}, link time-varying", rows=split, note=while_linked,
            x=split["linked_now"].to_numpy()[:, None], split=True,
        ),
        _Model(
            term="linked_to_care_adjusted", method=f"{COX}, link time-varying{adjusted} and friend support",
            rows=split_complete, note=while_linked, split=True,
            x=np.column_stack(
                [split_complete["linked_now"], support_split, indicators(split_complete, ADJUSTED_FOR)]
            ),
        ),
        _Model(
            term="assigned_to_intervention", method=f"{COX}, as assigned (intention to treat)", rows=assigned,
            x=(assigned["trial_arm"] == TREATED_ARM).cast(pl.Float64).to_numpy()[:, None], note=BY_CHANCE,
        ),
    ]  # fmt: skip


def _per_sd(values: pl.Series, reference: pl.Series) -> NDArray[np.float64]:
    """Values in standard deviations of the people followed; unscaled where these do not vary."""
    spread = reference.to_numpy().std(ddof=1) if reference.len() > 1 else 0.0
    return np.asarray(values.to_numpy() / (spread if spread > 0 else 1.0), dtype=np.float64)


def _hazard_ratio(
    model: _Model, population: str, minimum_people: int
) -> tuple[Estimate, tuple[Diagnostic, ...]]:
    """First coefficient as a hazard ratio, with its proportional-hazards check."""
    rows = model.rows
    people = rows["participant_id"].n_unique()
    used = rows["event"] if model.split else rows["used"]
    events = int(used.sum())
    reason = ""
    if people < minimum_people or events < minimum_people:
        reason = f"Fewer than {minimum_people} people, or first uses, to compare."
    else:
        try:
            fitted = cox.fit(
                stop=rows["stop" if model.split else "day"].to_numpy(),
                start=rows["start"].to_numpy() if model.split else None,
                event=used.to_numpy().astype(bool),
                x=model.x,
            )
        except cox.NotIdentifiedError as error:
            reason = f"Not identified: {error}."
    if reason:
        return refused(
            outcome=OUTCOME, term=model.term, population=population, n_people=people,
            method=model.method, scale=RATIO_SCALE, reason=reason,
        ), ()  # fmt: skip
    log_ratio, error_log = float(fitted.beta[0]), float(np.sqrt(fitted.covariance[0, 0]))
    half = float(stats.norm.ppf(0.5 + LEVEL / 2)) * error_log
    ratio = float(np.exp(log_ratio))
    estimate = Estimate(
        outcome=OUTCOME, term=model.term, population=population, estimate=ratio, std_error=ratio * error_log,
        ci_low=float(np.exp(log_ratio - half)), ci_high=float(np.exp(log_ratio + half)),
        p_value=float(2 * stats.norm.sf(abs(log_ratio / error_log))), n_people=people, n_rows=rows.height,
        n_events=events, method=model.method, scale=RATIO_SCALE, small_sample=WALD, note=model.note,
    )  # fmt: skip
    drift = Diagnostic(
        outcome=OUTCOME, diagnostic=f"proportional_hazards_p_{model.term}", population=population,
        value=cox.proportional_hazards_p(fitted, 0), n_people=people,
        detail="p-value of the test that the ratio stays the same over time; small speaks against it",
    )  # fmt: skip
    return estimate, (drift,)


def _follow_up(cohort: pl.DataFrame, followed: pl.DataFrame, population: str) -> tuple[Diagnostic, ...]:
    """How many were followed, and whether they brought more or less support than those lost."""
    lost = cohort.join(followed.select("participant_id"), on="participant_id", how="anti")
    means = {
        name: (group["friend_support"].drop_nulls().to_numpy(), detail)
        for name, group, detail in (
            ("friend_support_followed", followed, "mean baseline friend support of the people followed"),
            ("friend_support_lost", lost, "mean baseline friend support of the people not followed"),
        )
    }
    known_link = followed["link_day"].count()
    return (
        Diagnostic(
            outcome=OUTCOME, diagnostic="follow_up", population=population, n_people=cohort.height,
            value=followed.height / cohort.height if cohort.height else None,
            detail="share of all participants with a known day of first use or of last contact without it",
        ),
        *(
            Diagnostic(
                outcome=OUTCOME, diagnostic=name, population=population, n_people=values.size, detail=detail,
                value=float(values.mean()) if values.size else None,
            )
            for name, (values, detail) in means.items()
        ),
        Diagnostic(
            outcome=OUTCOME, diagnostic="people_with_unknown_link", population=population,
            value=float(followed.height - known_link), n_people=followed.height - known_link,
            detail="people followed on first use whose link to care is not known; left out of the link lines",
        ),
    )  # fmt: skip
