"""P1: what hours with peers in recovery and in meaningful activity go before, in standard units, in order."""

from __future__ import annotations

import polars as pl

from models.core_frame import finite, require
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Findings
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts
from models.within_person.hours_and_next_evening import by_evening
from models.within_person.hours_and_next_interview import at_interview
from models.within_person.hours_odds_and_ranks import ANALYSIS, PREDICTORS, WORDS
from models.within_person.hours_rows import CRAVING, NO_CRAVING, impossible, possible
from models.within_person.interview_after_diary import DAYS


def analyse(
    diary_days: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    population: str,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Associations of an evening's hours with the next evening, and of mean hours with the next interview.

    Evenings: logit P(no craving on evening t + 1) = b0 + sum over both kinds of hours of w (x_ti - mean_i) /
    sd_within + c (mean_i - mean) / sd_between + trend + u_i, u_i normal. exp(w) is the odds ratio per
    standard deviation of a person's own evenings, exp(c) per standard deviation between people, for a given
    u; the standard deviations are taken as known. Person means are over all answered evenings, whether or
    not one followed. Cluster-robust covariance and degrees of freedom by person (`mixed_logistic.robust`).
    Assumes that craving does not change later hours beyond what a person's mean and the trend hold.

    Next interview: logit P(30 of 30 days abstinent at the first interview after the diary) on both means per
    standard deviation, among those interviewed, if half of those due were (`regression_on_means`).

    Ranks: `rank_intervals.ranked` of the log odds per standard deviation, the largest first, within, between
    and for the interview each by itself.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    assessments : pl.DataFrame
        core.assessments of the same people.
    population : str
        Name of the population.
    minimum_people : int
        With fewer people a term is refused.
    """
    require(
        diary_days, "core.diary_days", key=(PERSON, DAY),
        columns=(PERSON, DAY, STATUS, "evening_day", CRAVING, *PREDICTORS),
    )  # fmt: skip
    require(
        assessments, "core.assessments", key=(PERSON, "wave"),
        columns=(PERSON, "wave", "followup_status", "assessment_day", DAYS),
    )  # fmt: skip
    told = finite(diary_days, CRAVING, *PREDICTORS)
    days = told.with_columns(pl.when(possible(name)).then(pl.col(name)).alias(name) for name in PREDICTORS)
    evenings = by_evening(days, population, minimum_people)
    interview = at_interview(days, finite(assessments, "assessment_day", DAYS), population, minimum_people)
    return Findings(
        analysis=ANALYSIS,
        estimates=(*evenings.estimates, *interview.estimates),
        diagnostics=(*evenings.diagnostics, *_out_of_range(told, population), *interview.diagnostics),
    )


def _out_of_range(told: pl.DataFrame, population: str) -> tuple[Diagnostic, ...]:
    """Count the evenings with hours that no day has; they are among those without these hours."""
    facts = Facts(NO_CRAVING, population)
    return tuple(
        facts.fact(
            f"days_out_of_range_{name}", float(wrong.height), n_people=wrong[PERSON].n_unique(),
            detail=f"evenings with {WORDS[name]} below 0 or above 24: read as not told",
        )
        for name, wrong in ((name, impossible(told, name)) for name in PREDICTORS)
    )  # fmt: skip
