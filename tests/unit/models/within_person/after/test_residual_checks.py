from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.after.person_effects import person_effects
from models.within_person.after.residual_checks import (
    autocorrelation,
    effect_normality,
    normality,
    residual_diagnostics,
    residuals,
)

WORDS = {"outcome": "meaningfulness", "population": "demo"}


def _checked(made, **options):
    return autocorrelation(made.fit, made.rows, person_effects(made.fit, made.sums), **options)


def test_pairs_are_counted_by_the_day_and_never_across_people_or_gaps(example) -> None:
    made = example()
    rows = made.rows
    known = {(p, d) for p, d in zip(rows.person.tolist(), rows.day.tolist(), strict=True)}
    for lag in _checked(made, max_lag=5):
        pairs = [(p, d) for p, d in known if (p, d + lag.lag) in known]
        assert lag.n_pairs == len(pairs)
        assert lag.n_people == len({p for p, _ in pairs})


def test_independent_days_show_the_correlation_expected_of_them_and_not_zero(example) -> None:
    first = _checked(example(people=1500, seed=5))[0]

    assert first.independent < -0.05
    assert first.correlation == pytest.approx(first.independent, abs=0.02)


def test_correlated_days_stand_out_from_what_independence_would_show(example) -> None:
    first, second, _ = _checked(example(people=800, seed=6, phi=0.5))

    assert first.correlation - first.independent > 0.2
    assert first.correlation > second.correlation


def test_a_lag_that_few_people_have_gets_no_number(example) -> None:
    found = _checked(example(), max_lag=12)

    assert found[-1].n_people < 10
    assert (found[-1].correlation, found[-1].independent) == (None, None)
    assert found[0].correlation is not None


def test_days_in_hours_match_a_lag_of_whole_days_only(example) -> None:
    made = example()
    shifted = replace(made.rows, day=made.rows.day + 0.25 * made.rows.person)
    halves = replace(made.rows, day=made.rows.day * 0.5)
    effects = person_effects(made.fit, made.sums)
    base = autocorrelation(made.fit, made.rows, effects, max_lag=2)

    assert autocorrelation(made.fit, shifted, effects, max_lag=2) == base
    assert autocorrelation(made.fit, halves, effects, max_lag=1)[0].n_pairs == base[1].n_pairs


def test_weighted_residuals_have_unit_spread(example) -> None:
    made = example(people=600, weighted=True, seed=7)
    r = residuals(made.fit, made.rows, person_effects(made.fit, made.sums))
    light = made.rows.weights < 1.0

    assert r[light].std() == pytest.approx(r[~light].std(), rel=0.08)


def test_normal_values_follow_the_line_and_skewed_ones_leave_it() -> None:
    random = np.random.default_rng(8)
    straight, skewed = normality(random.normal(3, 2, 5000)), normality(random.exponential(1, 5000))

    assert straight.quantile_correlation > 0.999
    assert abs(straight.skewness) < 0.15
    assert abs(straight.excess_kurtosis) < 0.3
    assert skewed.quantile_correlation < 0.95
    assert skewed.skewness == pytest.approx(2.0, abs=0.4)


def test_skewness_and_kurtosis_do_not_move_with_unit_or_origin() -> None:
    values = np.random.default_rng(9).gamma(2.0, 1.0, 400)
    one, other = normality(values), normality(1e6 + 0.01 * values)

    assert one.skewness == pytest.approx(other.skewness, rel=1e-5)
    assert one.quantile_correlation == pytest.approx(other.quantile_correlation, rel=1e-7)


def test_too_few_or_equal_values_are_refused() -> None:
    with pytest.raises(NotIdentifiedError, match="fewer than 10"):
        normality(np.arange(9.0))
    with pytest.raises(NotIdentifiedError, match="no spread"):
        normality(np.ones(20))


def test_effects_are_judged_on_one_scale_however_many_days_a_person_gave(example) -> None:
    made = example(people=1500, seed=11)
    effects = person_effects(made.fit, made.sums)

    assert effect_normality(made.fit, effects, 0).quantile_correlation > 0.998
    flat = replace(made.fit, random_covariance=np.diag([1.0, 0.0]))
    with pytest.raises(NotIdentifiedError, match="do not differ"):
        effect_normality(flat, effects, 1)


def test_the_diagnostics_hold_a_few_numbers_for_all_people_together(example) -> None:
    made = example()
    facts = residual_diagnostics(
        made.fit, made.rows, person_effects(made.fit, made.sums), max_lag=12, **WORDS
    )
    names = [fact.diagnostic for fact in facts]

    assert names[:3] == [f"residual_correlation_lag_{lag}" for lag in (1, 2, 3)]
    assert names[-3:] == ["residual_normality", "intercept_effect_normality", "x_within_effect_normality"]
    assert {fact.n_people for fact in facts} == {25}
    last_lag = facts[11]
    assert last_lag.value is None
    assert "too few people" in last_lag.detail
    assert not any(character.isdigit() for character in last_lag.detail.split(":")[1].replace("10", ""))


def test_what_cannot_be_checked_says_why(example) -> None:
    made = example()
    effects = person_effects(made.fit, made.sums)
    no_day = residual_diagnostics(made.fit, replace(made.rows, day=None), effects, **WORDS)
    broken = residual_diagnostics(replace(made.fit, residual_variance=0.0), made.rows, effects, **WORDS)

    assert (no_day[0].value, "day of each row" in no_day[0].detail) == (None, True)
    assert (broken[0].value, "residual variance" in broken[0].detail) == (None, True)
