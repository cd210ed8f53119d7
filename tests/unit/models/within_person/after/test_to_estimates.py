import math

import numpy as np
import pytest

from models.inference.contrast import contrast_of
from models.inference.to_estimates import estimate_of, estimates_of_terms
from models.within_person.after.simple_slopes import simple_slope

WORDS = {
    "outcome": "meaningfulness",
    "population": "demo",
    "n_people": 91,
    "n_rows": 824,
    "method": "linear mixed model, REML",
    "scale": "points per point",
}


@pytest.fixture
def fit(inference):
    return inference([1.0, 2.0, -0.5], np.diag([0.04, 0.09, 0.01]), df=12.34)


def test_an_estimate_carries_the_t_interval_and_says_its_degrees_of_freedom(fit) -> None:
    found = estimate_of(fit, {"slope": 1.0}, term="slope", note="An association.", **WORDS)
    tested = contrast_of(fit, {"slope": 1.0})

    assert (found.estimate, found.std_error, found.df) == (2.0, pytest.approx(0.3), 12.34)
    assert (found.ci_low, found.ci_high, found.p_value) == (tested.low, tested.high, tested.p_value)
    assert found.small_sample == "t with 12.3 degrees of freedom; a made-up rule"
    assert (found.n_people, found.n_rows, found.note) == (91, 824, "An association.")


def test_a_normal_fit_has_no_df_to_show(inference) -> None:
    found = estimate_of(inference([1.0], [[0.25]]), {"intercept": 1.0}, term="mean", **WORDS)

    assert found.df is None
    assert found.small_sample.startswith("normal distribution")
    assert found.ci_high == pytest.approx(1 + 0.5 * 1.959963984540054)


def test_a_simple_slope_made_at_another_level_is_answered_at_the_projects_level(fit) -> None:
    slope = simple_slope(fit, "slope", {"slope_x_m": 1.0}, level=0.5)
    found = estimate_of(fit, slope, term="slope_at_1", **WORDS)

    assert found.estimate == pytest.approx(1.5)
    assert found.ci_low < slope.low


def test_few_people_and_fits_without_numbers_are_refused_with_a_reason_and_no_number(inference, fit) -> None:
    few = estimate_of(fit, {"slope": 1.0}, term="slope", **{**WORDS, "n_people": 9})
    broken = estimate_of(inference([math.nan], [[1.0]]), {"intercept": 1.0}, term="mean", **WORDS)

    for refusal in (few, broken):
        assert refusal.estimate is None
        assert (refusal.std_error, refusal.ci_low, refusal.p_value) == (None, None, None)
        assert refusal.note.endswith(".")
    assert few.note == "Fewer than 10 people."


def test_a_row_for_each_term_has_its_own_note(fit) -> None:
    first, second = estimates_of_terms(fit, ("slope", "slope_x_m"), notes={"slope": "Within."}, **WORDS)

    assert (first.term, first.estimate, first.note) == ("slope", 2.0, "Within.")
    assert (second.term, second.estimate, second.note) == ("slope_x_m", -0.5, "")


def test_an_unknown_coefficient_is_a_mistake_and_not_a_refusal(fit) -> None:
    with pytest.raises(ValueError, match="not coefficients"):
        estimate_of(fit, {"other": 1.0}, term="other", **WORDS)
