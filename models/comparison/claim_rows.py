"""To each outcome of a wave: its claim in words, and the numbers that the claim rests on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from models.comparison.claims import TESTS, Difference, Judged, Seen, Test, interval_holds, judged, undone_by
from models.comparison.comparable_people import ComparablePeople
from models.comparison.comparison_rows import Told
from models.comparison.e_value import EValue, of_mean_difference, of_risk_difference
from models.comparison.margins import Direction, margin_of
from models.comparison.outcome_answers import MAIN, MainAnswer
from models.estimate import LEVEL, Diagnostic, Estimate
from models.inference.contrast import contrast_of, two_sided_critical
from models.refusal import NotIdentifiedError

WAYS: Final = ("complete_cases", "attrition_weighted", "weighted")
MUCH_LARGER: Final = 1.25  # times; the simulated answers of Rubin's rules and of the main row lie within 1.05


def claimed(
    told: Sequence[Told], of: ComparablePeople, *, without_answer: Collection[str] = ()
) -> tuple[Told, ...]:
    """Add to each outcome's main row its claim, and the diagnostics that a claim rests on.

    Parameters
    ----------
    told : sequence of Told
        The ten outcomes of one wave.
    of : ComparablePeople
    without_answer : collection of str
        Columns of outcomes that will be held back: they count among the ten as showing nothing.
    """
    family = {
        one.outcome.column: None if one.outcome.column in without_answer else _difference(one, of)
        for one in told
    }
    found = judged(family)
    return tuple(
        _claimed(one, of, found[one.outcome.column], family)
        if family[one.outcome.column] is not None
        else _unclaimed(one, found[one.outcome.column])
        for one in told
    )


def _difference(told: Told, of: ComparablePeople) -> Difference | None:
    """Give what the rule on claims needs of an outcome; None where there is no answer with an interval."""
    if told.answer is None or _main(told).estimate is None:
        return None
    try:
        missing = told.answer.rubin.missing_information({MAIN: 1.0})
        main, rubin = (
            contrast_of(one, {MAIN: 1.0}) for one in (told.answer.inference, told.answer.rubin.inference)
        )
    except NotIdentifiedError:
        return None
    margin, better = _margin(told, of)
    return Difference(
        main=Seen(estimate=main.estimate, std_error=main.std_error, df=main.df),
        rubin=Seen(estimate=rubin.estimate, std_error=rubin.std_error, df=rubin.df),
        drawn=float(np.sqrt(missing.between / missing.imputations)), margin=margin, better=better,
    )  # fmt: skip


def _unclaimed(told: Told, found: Judged) -> Told:
    """Say why nothing is claimed of a row with a number; one without keeps its reason."""
    rows = tuple(
        replace(row, note=f"{found.words} {row.note}")
        if row.term == MAIN and row.estimate is not None
        else row
        for row in told.estimates
    )
    return replace(told, estimates=rows)


def _claimed(
    told: Told, of: ComparablePeople, found: Judged, family: Mapping[str, Difference | None]
) -> Told:
    one = family[told.outcome.column]
    assert one is not None
    row = _main(told)
    facts = (
        *_e_values(told, of, row),
        *_of_the_rule(row, one, found),
        *_of_the_answer(row, one),
        *_of_the_claim(told, row, one, found, family),
    )
    rows = tuple(
        replace(other, note=f"{found.words} {other.note}") if other.term == MAIN else other
        for other in told.estimates
    )
    return replace(told, estimates=rows, diagnostics=(*told.diagnostics, *facts))


def _of_the_rule(row: Estimate, one: Difference, found: Judged) -> tuple[Diagnostic, ...]:
    """Each claim as 1 or 0, the p-values behind it, the margin."""
    p = found.p_values
    told = [
        _fact(row, f"claim_{test.replace(' ', '_')}_{MAIN}", float(test in found.holds),
              f"{_SAID[test]}: 1 yes, 0 no")
        for test in TESTS
    ]  # fmt: skip
    told.append(
        _fact(row, f"holm_p_{MAIN}", min(p["better"], p["worse"]),
              "p value of the difference after Holm's allowance for ten outcomes")
    )  # fmt: skip
    if one.margin is None:
        return tuple(told)
    sides: tuple[Test, Test] = ("not worse", "not better")
    told += [
        _fact(row, f"holm_p_{side.replace(' ', '_')}_{MAIN}", p[side],
              f"one-sided p value against being {side.removeprefix('not ')} by the margin, after Holm's "
              "allowance for ten outcomes")
        for side in sides
    ]  # fmt: skip
    told.append(
        _fact(row, f"margin_{MAIN}", one.margin, f"what still counts as similar; {one.better} is better")
    )
    return tuple(told)


_SAID: Final[Mapping[Test, str]] = {
    "better": "better, beyond chance among the ten outcomes of the wave",
    "worse": "worse, beyond chance among the ten outcomes of the wave",
    "not worse": "being worse by the margin or more is excluded",
    "not better": "being better by the margin or more is excluded",
}


def _of_the_answer(row: Estimate, one: Difference) -> tuple[Diagnostic, ...]:
    """How far the answer hangs on the draw of the copies, and on how they are pooled."""
    times = one.rubin.std_error / one.main.std_error
    words = "standard error by Rubin's rules over that of the main row"
    if times > MUCH_LARGER:
        words += f"; more than {MUCH_LARGER:g} times: read the wider range"
    return (
        _fact(row, f"monte_carlo_error_{MAIN}", one.drawn,
              "standard error of the estimate that comes from drawing this many imputed copies"),
        _fact(row, f"rubin_error_over_main_{MAIN}", times, words),
    )  # fmt: skip


def _of_the_claim(
    told: Told, row: Estimate, one: Difference, found: Judged, family: Mapping[str, Difference | None]
) -> tuple[Diagnostic, ...]:
    """Tell what would take the claim away; nothing where there is none."""
    undone = undone_by(family, told.outcome.column)
    if undone is None:
        return ()
    bias, test = undone
    assert told.answer is not None
    facts = [
        _fact(row, f"bias_that_undoes_{MAIN}", bias,
              f"least bias of the difference that takes the claim away; the first to fall: {test}"),
        _tipping_point(row, one, undone, told.answer),
    ]  # fmt: skip
    by_name = {fact.diagnostic: fact for fact in told.diagnostics}
    for way in WAYS:
        other = by_name.get(f"sensitivity_{MAIN}_{way}")
        if other is not None:
            facts.append(_held_otherwise(row, one, found, way, other))
    return tuple(facts)


def _tipping_point(
    row: Estimate, one: Difference, undone: tuple[float, Test], answer: MainAnswer
) -> Diagnostic:
    """How much worse (or better) than imputed those lost from social programs must have fared.

    A shift d of every imputed answer of the people of social programs moves the difference by d times the
    share of that arm's weight that lies on imputed answers: the models of the outcome then follow, and their
    errors and the standard error are taken to stay as they are (a delta adjustment, van Buuren 2018, Flexible
    Imputation of Missing Data, 2nd ed., section 3.8, without imputing anew). So d = bias that undoes / share.
    """
    name = f"tipping_point_{MAIN}"
    bias, test = undone
    share, mean = answer.imputed_share, answer.imputed_mean
    side = "worse" if test in ("better", "not worse") else "better"
    if not share > 0.0:
        return _fact(
            row, name, None, "nobody of the social programs lacks the answer: nothing to depart from"
        )
    value = bias / share
    words = f"by how much {side} than imputed those of social programs without the answer must have fared"
    if row.scale != "points":
        down = (side == "better") == (one.better == "lower")
        room = mean if down else 1.0 - mean
        if value > room:
            words += "; more than can be: the claim stands whatever they would have answered"
    return _fact(row, name, value, words)


def _held_otherwise(row: Estimate, one: Difference, found: Judged, way: str, other: Diagnostic) -> Diagnostic:
    """Whether another way of answering bears the claim, each test by its own 95% interval."""
    name = f"claim_holds_{way}_{MAIN}"
    if other.ci_low is None or other.ci_high is None:
        return _fact(row, name, None, other.detail)
    low, high = other.ci_low, other.ci_high
    holds = all(
        interval_holds(low, high, test, margin=one.margin, better=one.better) for test in found.rests_on
    )
    return _fact(row, name, float(holds), "the claim by the 95% interval of this way alone: 1 yes, 0 no")


def _main(told: Told) -> Estimate:
    return next(row for row in told.estimates if row.term == MAIN)


def _margin(told: Told, of: ComparablePeople) -> tuple[float | None, Direction]:
    try:
        own = margin_of(told.outcome.name)
    except NotIdentifiedError:
        return None, "higher"
    try:
        return own.in_points(_spread(of, told.outcome.name)), own.better
    except NotIdentifiedError:
        return None, own.better


def _spread(of: ComparablePeople, name: str) -> float | None:
    """Find the standard deviation of a scale at entry within arms; None for a yes or no."""
    if f"{name}_baseline" not in of.people.columns:
        return None
    return within_arms(of, of.people[f"{name}_baseline"])


def within_arms(of: ComparablePeople, values: pl.Series) -> float | None:
    """Find the standard deviation of the values known, within arms; None where it cannot be told."""
    told = pl.DataFrame({"arm": of.social, "value": values.cast(pl.Float64)}).drop_nulls()
    parts = told.group_by("arm").agg(pl.col("value").var().alias("variance"), free=pl.len() - 1)
    free = float(parts["free"].sum())
    if parts.height < 2 or not free > 0.0 or parts["variance"].null_count():
        return None
    return float(np.sqrt(float((parts["variance"] * parts["free"]).sum()) / free))


def _e_values(told: Told, of: ComparablePeople, row: Estimate) -> tuple[Diagnostic, ...]:
    """Give the E-values of the difference and of the limit nearer to none."""
    try:
        found = _e_value(told, of, row)
    except NotIdentifiedError as reason:
        return (_fact(row, f"e_value_{MAIN}", None, f"no E-value: {reason}"),)
    return (
        _fact(row, f"e_value_{MAIN}", found.estimate,
              "least risk ratio, with the kind of program and with the outcome, of an unmeasured "
              "confounder that would explain the difference away"),
        _fact(row, f"e_value_limit_{MAIN}", found.limit,
              "the same to move the nearer limit to no difference, not to the margin; 1 where the interval "
              "already holds none"),
    )  # fmt: skip


def _e_value(told: Told, of: ComparablePeople, row: Estimate) -> EValue:
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    assert told.answer is not None
    inference = told.answer.inference
    if told.outcome.family == "linear":
        spread = within_arms(of, of.people[told.outcome.column])
        if spread is None:
            raise NotIdentifiedError("the spread of the outcome is not known")
        return of_mean_difference(row.estimate, row.ci_low, row.ci_high, sd=spread)
    at = [inference.names.index(arm) for arm in ("social", "clinical")]
    critical = two_sided_critical(1.0 - LEVEL, contrast_of(inference, {MAIN: 1.0}).df)
    risks = (float(inference.beta[at[0]]), float(inference.beta[at[1]]))
    return of_risk_difference(risks, inference.covariance[np.ix_(at, at)], critical)


def _fact(row: Estimate, name: str, value: float | None, detail: str) -> Diagnostic:
    return Diagnostic(
        outcome=row.outcome, diagnostic=name, population=row.population, value=value, detail=detail,
        n_people=row.n_people,
    )  # fmt: skip
