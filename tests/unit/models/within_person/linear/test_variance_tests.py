from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.sums import person_sums
from models.within_person.linear.variance_tests import variance_test

Study = Callable[..., ModelRows]


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_a_full_covariance_is_tested_against_an_equal_mixture_of_one_and_two(
    study: Study, method: str
) -> None:
    rows = study()
    sums = person_sums(rows)
    found = fit(sums, method=method)  # type: ignore[arg-type]
    null = fit(replace(sums, random=(0,)), method=method)  # type: ignore[arg-type]
    test = variance_test(sums, found, "a")

    gain = 2 * (found.log_likelihood - null.log_likelihood)
    assert test.statistic == pytest.approx(gain, abs=1e-7)
    assert test.p_value == pytest.approx(0.5 * chi2.sf(gain, 1) + 0.5 * chi2.sf(gain, 2), rel=1e-6)
    assert test.exact
    assert test.n_people == found.n_people


def test_a_diagonal_covariance_is_tested_against_half_a_point_mass(study: Study) -> None:
    sums = person_sums(study(spread=(8.0, 0.1)))
    test = variance_test(sums, fit(sums, structure="diagonal"), "a")

    assert test.mixture == ((0, 0.5), (1, 0.5))
    assert test.p_value == pytest.approx(0.5 * chi2.sf(test.statistic, 1))


def test_a_lone_intercept_is_tested_against_least_squares(study: Study) -> None:
    sums = person_sums(study(random=(0,)))
    found = fit(sums)
    null = fit(replace(sums, random=()))
    test = variance_test(sums, found, "intercept")

    assert test.statistic == pytest.approx(2 * (found.log_likelihood - null.log_likelihood), abs=1e-7)
    assert test.mixture == ((0, 0.5), (1, 0.5))


def _nothing_between_people() -> ModelRows:
    draw = np.random.default_rng(3)
    person = np.repeat(np.arange(10), 6)
    y = draw.normal(0, 1, 60)
    y = y - np.repeat(y.reshape(10, 6).mean(axis=1), 6)
    x = np.column_stack([np.ones(60), draw.normal(0, 1, 60)])
    return ModelRows(y=y, x=x, names=("intercept", "a"), random=(0, 1), person=person)


def test_no_gain_at_all_is_no_evidence() -> None:
    sums = person_sums(_nothing_between_people())

    test = variance_test(sums, fit(sums, structure="diagonal"), "a")
    assert (test.statistic, test.p_value) == (0.0, 1.0)


def test_another_variance_on_its_boundary_makes_the_mixture_approximate_and_it_says_so() -> None:
    sums = person_sums(_nothing_between_people())
    test = variance_test(sums, fit(sums), "a")

    assert not test.exact
    assert "approximate" in test.rule


def test_an_effect_that_does_not_differ_by_person_is_refused(study: Study) -> None:
    sums = person_sums(study())

    with pytest.raises(ValueError, match="does not differ by person"):
        variance_test(sums, fit(sums), "b")
