"""A cross-sectional recovery survey: quality of life by years in recovery, and of people without a problem.

Everybody is asked once, so a difference by years is a difference between people. The mean of quality of life
is a restricted cubic spline of years, one for people who attended a recovery community center and one for
people who did not, so that dips, turning points and crossings are roots of known cubics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.interpolate import CubicSpline

from pipelines.demo.chance import Floats, stream

PEOPLE = 1500
_SCORE_LOW, _SCORE_HIGH, _STEPS = 1.0, 5.0, 32  # a mean of eight answers from 1 to 5 lies on 33 values
_SEXES = {"female": 0.49, "male": 0.50, "other": 0.01}


@dataclass(frozen=True, slots=True)
class SurveyTruth:
    """What is true of the surveyed population. All ours, but for the shape.

    Published shape (Kelly, Greene and Bergman 2018): a dip in the first year, steep gains to about year 6,
    then slow ones. No published crossing year was found; those planted here are nobody's finding. Years in
    recovery follow a distribution whose quantiles at Harrell's places are the knots. Education shifts the
    score and decides who answers, which is why the unweighted answer errs; its shifts average to 0 in the
    population.
    """

    never_had_problem: float = 0.30
    general_mean: float = 3.75
    attended_center: float = 0.45
    knots: tuple[float, ...] = (0.15, 0.80, 2.60, 6.50, 15.0)
    knot_quantiles: tuple[float, ...] = (0.05, 0.275, 0.50, 0.725, 0.95)
    longest: float = 30.0
    at_knots_with_center: tuple[float, ...] = (3.30, 3.14, 3.64, 4.18, 4.28)
    at_knots_without_center: tuple[float, ...] = (3.26, 3.12, 3.36, 3.80, 3.98)
    overdispersion: float = (
        0.05  # correlation of the 32 steps of a score: its standard deviation is about 0.5
    )
    education: tuple[str, ...] = ("less_than_high_school", "high_school", "some_college", "college_degree")
    education_shares: tuple[float, ...] = (0.10, 0.28, 0.30, 0.32)
    education_shifts: tuple[float, ...] = (-0.30, -0.10, 0.02, 0.1625)
    answering_in_recovery: tuple[float, ...] = (0.20, 0.36, 0.27, 0.17)
    answering_never: tuple[float, ...] = (0.06, 0.20, 0.30, 0.44)
    weight_log_sd: float = 0.30  # of what the weights correct beside education
    score_missing: float = 0.012


SURVEY = SurveyTruth()


def quality_of_life(years: Floats, at_knots: tuple[float, ...]) -> Floats:
    """Mean score after some years: a restricted cubic spline through its values at the knots.

    Cubic between the knots, with second derivatives that meet, and a straight line beyond the first and the
    last of them.
    """
    curve = _cubics(at_knots)
    low, high = SURVEY.knots[0], SURVEY.knots[-1]
    beyond = np.where(years < low, years - low, np.where(years > high, years - high, 0.0))
    slope = np.where(years < low, float(curve(low, 1)), float(curve(high, 1)))
    return np.asarray(curve(np.clip(years, low, high)) + slope * beyond)


def everybody_at_knots() -> tuple[float, ...]:
    """Values at the knots of all in recovery; a mixture of two splines on the same knots is a spline."""
    with_center, without = np.array(SURVEY.at_knots_with_center), np.array(SURVEY.at_knots_without_center)
    return tuple(SURVEY.attended_center * with_center + (1 - SURVEY.attended_center) * without)


def turning_points(at_knots: tuple[float, ...]) -> Floats:
    """Years at which the slope is 0, in order: zeros of quadratics."""
    zeros = _cubics(at_knots).derivative().roots(extrapolate=False)
    return np.sort(zeros[np.isfinite(zeros)])


def crossing_years(at_knots: tuple[float, ...], level: float) -> float | None:
    """First year after the dip at which the mean meets a level from below; None where it never does."""
    bottom = turning_points(at_knots)[0]
    curve, low, high = _cubics(at_knots), SURVEY.knots[0], SURVEY.knots[-1]
    meets = curve.solve(level, extrapolate=False)
    after = meets[(meets > max(bottom, low)) & np.isfinite(meets)]
    if len(after):
        return float(after.min())
    rise = float(curve(high, 1))
    year = high + (level - float(curve(high))) / rise if rise > 0 else np.inf
    return year if high < year <= SURVEY.longest else None


def years_at(quantile: Floats) -> Floats:
    """Quantile function of years in recovery: straight between the knots."""
    t = SURVEY
    return np.interp(quantile, (0.0, *t.knot_quantiles, 1.0), (0.0, *t.knots, t.longest))


def draw_survey(seed: int, people: int = PEOPLE, *, effects: bool = True) -> pl.DataFrame:
    """Draw one survey, shaped as core.recovery_surveys.

    Parameters
    ----------
    seed : int
        The same seed draws the same answers; the demo's own file holds those of its seed.
    people : int
        How many answer.
    effects : bool
        False is a world in which a center makes no difference: both groups follow the curve of everybody.

    Returns
    -------
    polars.DataFrame
        participant_id, years_in_recovery (whole months over 12; null for people who never had a problem),
        ever_had_problem, attended_center (null for them too), eurohis_qol8 (1 to 5, multiples of 1/8),
        survey_weight (people stood for, in units of the average person).
    """
    return draw_respondents(seed, people, effects=effects).select(
        "participant_id", "years_in_recovery", "ever_had_problem", "attended_center", "eurohis_qol8",
        "survey_weight",
    )  # fmt: skip


def draw_respondents(seed: int, people: int = PEOPLE, *, effects: bool = True) -> pl.DataFrame:
    """Draw the survey with what only its file holds: months, sex, age and education of each respondent."""
    t, rng = SURVEY, stream(seed, "survey")
    had = rng.random(people) >= t.never_had_problem
    months = np.round(12 * years_at(rng.random(people)))
    center = rng.random(people) < t.attended_center
    shares = {True: t.answering_in_recovery, False: t.answering_never}
    education = np.empty(people, dtype=np.int64)
    for group, chances in shares.items():
        education[had == group] = rng.choice(len(chances), size=int((had == group).sum()), p=chances)
    curves = (t.at_knots_with_center, t.at_knots_without_center) if effects else (everybody_at_knots(),) * 2
    means = np.where(center, *(quality_of_life(months / 12, curve) for curve in curves))
    means = np.where(had, means, t.general_mean) + np.array(t.education_shifts)[education]
    score = _scores(rng, means)
    corrected = np.exp(t.weight_log_sd * rng.normal(size=people) - t.weight_log_sd**2 / 2)
    answered = np.where(had, *(np.array(shares[g])[education] for g in (True, False)))
    weight = np.round(np.array(t.education_shares)[education] / answered * corrected, 4)
    return pl.DataFrame(
        {
            "participant_id": [f"RSP-{n:05d}" for n in range(1, people + 1)],
            "years_in_recovery": pl.Series(np.where(had, months / 12, np.nan)).fill_nan(None),
            "months": pl.Series(np.where(had, months, np.nan)).fill_nan(None).cast(pl.Int64),
            "ever_had_problem": had,
            "attended_center": pl.Series(np.where(had, center, np.nan)).fill_nan(None).cast(pl.Boolean),
            "eurohis_qol8": pl.Series(score).fill_nan(None),
            "survey_weight": weight,
            "sex": _codes(rng, _SEXES, people),
            "age": _ages(rng, np.where(had, months / 12, 0.0)),
            "education": [t.education[i] for i in education],
        }
    )


def _scores(rng: np.random.Generator, means: Floats) -> Floats:
    """Scores with exactly these means: a beta-binomial number of steps up from the lowest score."""
    share = (means - _SCORE_LOW) / (_SCORE_HIGH - _SCORE_LOW)
    size = 1 / SURVEY.overdispersion - 1
    steps = rng.binomial(_STEPS, rng.beta(share * size, (1 - share) * size))
    score = _SCORE_LOW + (_SCORE_HIGH - _SCORE_LOW) * steps / _STEPS
    return np.where(rng.random(len(means)) < SURVEY.score_missing, np.nan, score)


def _codes(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> list[str]:
    codes = list(shares)
    return [codes[i] for i in rng.choice(len(codes), size=n, p=list(shares.values()))]


def _cubics(at_knots: tuple[float, ...]) -> CubicSpline:
    """Cubics between the knots; without curvature at both ends, so that straight lines go on from there."""
    return CubicSpline(SURVEY.knots, at_knots, bc_type="natural")


def _ages(rng: np.random.Generator, years: Floats) -> np.ndarray:
    """Ages, of people who resolved their problem at 18 or later."""
    ages = np.clip(np.round(rng.normal(44.0, 14.0, len(years))), 18, 85)
    return np.asarray(np.maximum(ages, 18 + np.ceil(years)).astype(np.int64))
