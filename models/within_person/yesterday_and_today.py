"""W4: whether yesterday's recovery identity goes before today's meaning, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl
from scipy import stats

from models.core_frame import finite, require
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.bounded_answers import fit_correlated
from models.within_person.carriers import Basis, Mask, basis, varied, why_no_slope
from models.within_person.day_to_day.fit import TERMS, DayToDayFit, fit_day_to_day
from models.within_person.design.lags import lagged
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import Design, between, model_rows, within
from models.within_person.diary_facts import DAY, PERSON, STATUS, Facts, Told, at_the_ends, attrition

ANALYSIS = "W4"
IDENTITY, MEANING = "recovery_identity", "meaningfulness"
SCALE = "points per point"
METHOD = "two answers carried over from day to day around a person's own level, REML"
YESTERDAY = f"{IDENTITY}_lag1"
ENDS = "Answers at the ends of the scale are taken as they stand, which pulls the links toward zero."


@dataclass(frozen=True, slots=True)
class _Reported:
    """A reported term: outcome, name, its place among the estimates of the fit, and what it means."""

    outcome: str
    term: str
    of: str
    meaning: str


REPORTED = (
    _Reported(
        MEANING, f"yesterday_{IDENTITY}_within", "first_to_second",
        "Today's meaning after a day of higher identity than usual, yesterday's meaning held fixed.",
    ),
    _Reported(
        MEANING, f"today_{IDENTITY}_within", "same_day",
        "The link on the same day, after what yesterday carried over.",
    ),
    _Reported(
        MEANING, f"yesterday_{MEANING}_within", "second_to_second",
        "What a more meaningful day than usual carries over to the next, yesterday's identity held fixed.",
    ),
    _Reported(
        IDENTITY, f"yesterday_{MEANING}_within", "second_to_first",
        "Today's identity after a more meaningful day than usual, yesterday's identity held fixed.",
    ),
    _Reported(
        IDENTITY, f"yesterday_{IDENTITY}_within", "first_to_first",
        "What a day of higher identity than usual carries over to the next, yesterday's meaning held fixed.",
    ),
)  # fmt: skip


def analyse(
    diary_days: pl.DataFrame,
    *,
    population: str,
    floor: float,
    ceiling: float,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Carry-over and cross-over of identity and meaningfulness from one day to the next, within people.

    Estimand: for a person's deviations e = (identity, meaning) from their own level and the trend over the
    days of the diary, the entries of a in e_t = a e_{t-1} + w_t, and the slope of the meaning part of w on
    its identity part. The own level is a random effect and not the mean of the answered days, which would
    bias every carry-over in short series (Nickell 1981); missing days are gaps of their exact length:
    `models.within_person.day_to_day.fit`. The people counted are those who answered on two evenings in a row
    and whose identity and meaning varied (`carriers.basis`): the others tell of levels, not of carry-over.
    Interval: t with that number less 2 degrees of freedom.

    The common way beside it, as a sensitivity: a mixed model of today's meaning on yesterday's and today's
    identity about the person's mean, residuals carried over by day; only evenings with an answer the evening
    before enter it.

    Parameters
    ----------
    diary_days : pl.DataFrame
        core.diary_days of one population, as of one quarter; a row for each expected evening.
    population : str
        Name of the population.
    floor, ceiling : float
        Ends of the meaningfulness slider, for the diagnostics.
    minimum_people : int
        With fewer such people, or fewer with an answer between the ends, the terms are refused.

    Raises
    ------
    ValueError
        Meaningfulness outside the ends of its scale; the message counts.
    """
    require(
        diary_days, "core.diary_days", key=(PERSON, DAY), columns=(PERSON, DAY, STATUS, IDENTITY, MEANING)
    )
    days = finite(diary_days, IDENTITY, MEANING)
    rows = used_rows(days, person=PERSON, day=DAY, columns=(IDENTITY, MEANING))
    facts = Facts(MEANING, population)
    told = attrition(facts, days, rows, (IDENTITY, MEANING))
    told += at_the_ends(facts, rows, floor=floor, ceiling=ceiling)
    _inside(rows, floor, ceiling)
    carry = _carry(rows)
    reason = why_no_slope(
        rows, outcome=MEANING, predictor=IDENTITY, floor=floor, ceiling=ceiling, minimum_people=minimum_people
    )
    if reason is None and int(carry.sum()) < minimum_people:
        reason = (
            f"Fewer than {minimum_people} people whose answers varied answered both questions on two "
            "evenings in a row."
        )
    found = None
    if reason is None:
        found, reason = _fit(rows)
    told += _fit_facts(facts, rows, found, int(carry.sum()))
    if found is not None:
        told += (_common_way(facts, days),)
    told_of = basis(rows, carry, minimum_people)
    estimates = tuple(
        _no(reported, reason or "No model.", facts, rows)
        if found is None
        else _estimate(reported, found, told_of, facts)
        for reported in REPORTED
    )
    return Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=told)


def _inside(rows: Rows, floor: float, ceiling: float) -> None:
    outside = int(np.sum((rows.columns[MEANING] < floor) | (rows.columns[MEANING] > ceiling)))
    if outside:
        raise ValueError(f"{outside} evenings have a {MEANING} outside its scale")


def _next_days(rows: Rows) -> Mask:
    """Rows with the same person's row of the day before, (n_rows - 1,) for rows 1, 2, ..."""
    return np.asarray((np.diff(rows.person) == 0) & (np.diff(rows.day) == 1))


def _carry(rows: Rows) -> Mask:
    """People with two evenings in a row whose answers both varied, (n_people,)."""
    in_a_row = np.zeros(rows.n_people, dtype=np.bool_)
    in_a_row[rows.person[1:][_next_days(rows)]] = True
    return in_a_row & varied(rows, IDENTITY) & varied(rows, MEANING)


def _fit(rows: Rows) -> tuple[DayToDayFit | None, str | None]:
    """Fit, or the reason for none."""
    trend = (rows.day - rows.day.mean())[:, None] / 10.0
    try:
        found = fit_day_to_day(
            rows.columns[IDENTITY], rows.columns[MEANING], rows.person, rows.day.astype(np.int64), trend
        )
    except NotIdentifiedError as error:
        return None, f"Not identified: {error}."
    if found.outcome == "not converged":
        return None, "The model did not converge."
    return found, None


def _fit_facts(facts: Facts, rows: Rows, found: DayToDayFit | None, n_people: int) -> tuple[Diagnostic, ...]:
    own = None if found is None else float(found.outcome == "converged")
    return (
        facts.fact("converged", float(found is not None), n_people=n_people),
        facts.fact(
            "evenings_after_an_evening", float(_next_days(rows).sum()), n_people=n_people,
            detail="answered evenings with an answer the evening before; they carry the carry-over",
        ),
        facts.fact(
            "own_levels_kept", own, n_people=n_people,
            detail="1: people's own levels of both answers vary; 0: in one direction or not at all",
        ),
    )  # fmt: skip


def _common_way(facts: Facts, days: pl.DataFrame) -> Diagnostic:
    """Give yesterday's slope by the mixed model centered at the person's mean."""
    name = f"sensitivity_yesterday_{IDENTITY}_within_centered_at_person_mean"
    words = "mixed model of today's meaning, yesterday's and today's identity about the person's mean"
    pairs = used_rows(
        lagged(days, person=PERSON, day=DAY, columns=(IDENTITY,)), person=PERSON, day=DAY,
        columns=(IDENTITY, YESTERDAY, MEANING),
    )  # fmt: skip
    design = Design(MEANING, fixed=(within(YESTERDAY), within(IDENTITY), between(IDENTITY)))
    try:
        told = contrast_of(
            fit_correlated(model_rows(pairs, design)).inference, {f"{YESTERDAY}_within": 1.0}, level=LEVEL
        )
    except NotIdentifiedError as error:
        return facts.told(name, Told(None, f"{words}: {error}"), n_people=pairs.n_people)
    return facts.told(name, Told(told.estimate, words, told.low, told.high), n_people=pairs.n_people)


def _no(reported: _Reported, reason: str, facts: Facts, rows: Rows) -> Estimate:
    return refused(
        outcome=reported.outcome, term=reported.term, population=facts.population, n_people=rows.n_people,
        method=METHOD, scale=SCALE, reason=reason,
    )  # fmt: skip


def _estimate(reported: _Reported, found: DayToDayFit, told_of: Basis, facts: Facts) -> Estimate:
    at = TERMS.index(reported.of)
    value, error, df = float(found.estimates[at]), sqrt(float(found.covariance[at, at])), told_of.for_df - 2
    half = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * error
    return Estimate(
        outcome=reported.outcome, term=reported.term, population=facts.population, estimate=value,
        std_error=error, ci_low=value - half, ci_high=value + half,
        p_value=float(2 * stats.t.sf(abs(value / error), df)), df=float(df), n_people=told_of.n_people,
        n_rows=told_of.n_rows, method=METHOD, scale=SCALE,
        small_sample="t with the people whose answers varied less 2 degrees of freedom; observed information",
        note=f"{reported.meaning} An association in time, not an effect. {ENDS}",
    )  # fmt: skip
