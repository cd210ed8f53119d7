"""A1: days to first use after detoxification, by support from friends and by link to primary care."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import polars as pl

from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, CurvePoint, Diagnostic, Estimate, Findings, refused
from models.survival.curve_points import at_risk_from, curve_points
from models.survival.first_use_cohort import FIRST_USE, first_use_cohort
from models.survival.first_use_ratios import ASSOCIATION, hazard_ratios
from models.survival.kaplan_meier import KaplanMeier, kaplan_meier, median_time

ANALYSIS = "A1"
OUTCOME = FIRST_USE
LANDMARK_DAY: Final = 60  # the curves by link start here, with those linked by then
CURVE_STEP: Final = 7  # days
GROUPS = ("lower_friend_support", "higher_friend_support")
KAPLAN_MEIER = "Kaplan-Meier median, log-log interval"


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
        Refused are groups and models with fewer people, models with fewer first uses, and contrasts with
        fewer people on one side.
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
    cohort = first_use_cohort(
        participants, finite(assessments, "friend_support"), finite(outcome_times, "day_observed")
    )
    followed = cohort.drop_nulls(["day", "used"])
    supported = followed.drop_nulls("friend_support")
    estimates, curves = _by_support(supported, population, minimum_people)
    diagnostics = list(_follow_up(cohort, followed, population))
    for estimate, checks in hazard_ratios(followed, supported, population, minimum_people):
        estimates.append(estimate)
        diagnostics += checks
    curves += _by_link(followed, population, minimum_people)
    return Findings(
        analysis=ANALYSIS, estimates=tuple(estimates), curves=tuple(curves), diagnostics=tuple(diagnostics)
    )


def _by_support(
    supported: pl.DataFrame, population: str, minimum_people: int
) -> tuple[list[Estimate], list[CurvePoint]]:
    """Median days and curve of each half, cut at the median of the people followed; both or neither."""
    scores = supported["friend_support"].to_numpy()
    cut = float(np.median(scores)) if scores.size else 0.0
    halves = {
        name: supported.filter((pl.col("friend_support") >= cut) == high)
        for name, high in zip(GROUPS, (False, True), strict=True)
    }
    if min(half.height for half in halves.values()) < minimum_people:
        reason = (
            f"Fewer than {minimum_people} people followed had support below its median, or at or above it: "
            "there are no two groups to compare."
        )
        return [_no_median(name, half.height, population, reason) for name, half in halves.items()], []
    estimates: list[Estimate] = []
    curves: list[CurvePoint] = []
    for name, half in halves.items():
        curve = kaplan_meier(half["day"].to_numpy(), half["used"].to_numpy().astype(bool))
        side = "Below" if name == GROUPS[0] else "At or above"
        which = f"{side} {cut:g} points, the median of the people followed."
        estimates.append(_median(curve, name, which, population))
        curves += curve_points(
            curve, places=_weeks(curve, 0.0, minimum_people), x_unit="days", outcome=OUTCOME, name=name,
            population=population,
        )  # fmt: skip
    return estimates, curves


def _median(curve: KaplanMeier, group: str, which: str, population: str) -> Estimate:
    """Median days of one group, or that it was not reached."""
    n_people = curve.exits.size
    value, low, high = median_time(curve)
    if value is None:
        reason = "Fewer than half had used by the end of follow-up: the median was not reached."
        return _no_median(group, n_people, population, reason)
    open_end = "" if high is not None else " The upper limit was not reached."
    return Estimate(
        outcome=OUTCOME, term=f"median_days_{group}", population=population, estimate=value, ci_low=low,
        ci_high=high, n_people=n_people, n_rows=n_people, n_events=int(curve.n_events.sum()),
        method=KAPLAN_MEIER, scale="days",
        small_sample="Brookmeyer-Crowley limits from the log-log band; no degrees of freedom",
        note=f"{which} {ASSOCIATION}{open_end}",
    )  # fmt: skip


def _no_median(group: str, n_people: int, population: str, reason: str) -> Estimate:
    return refused(
        outcome=OUTCOME, term=f"median_days_{group}", population=population, n_people=n_people,
        method=KAPLAN_MEIER, scale="days", reason=reason,
    )  # fmt: skip


def _weeks(curve: KaplanMeier, first: float, minimum_people: int) -> list[tuple[float, float]]:
    """Places of a curve: every seventh day from `first` while enough people are under observation."""
    days = np.arange(first, curve.last_follow_up + 1, CURVE_STEP)
    places = ((float(day), float(day)) for day in days)
    return list(itertools.takewhile(lambda place: at_risk_from(curve, place[1]) >= minimum_people, places))


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
                curve, places=_weeks(curve, float(LANDMARK_DAY), minimum_people), x_unit="days",
                outcome=OUTCOME, name=name, population=population,
            )  # fmt: skip
    return curves


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
    supports = followed["friend_support"].drop_nulls()
    spread = float(supports.to_numpy().std(ddof=1)) if supports.len() > 1 else None
    return (
        Diagnostic(
            outcome=OUTCOME, diagnostic="follow_up", population=population, n_people=cohort.height,
            value=followed.height / cohort.height if cohort.height else None,
            detail="share of all participants with a known day of first use or of last contact without it",
        ),
        Diagnostic(
            outcome=OUTCOME, diagnostic="friend_support_sd", population=population, n_people=supports.len(),
            value=spread,
            detail="points of baseline friend support, people followed: the step of friend_support_per_sd",
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
