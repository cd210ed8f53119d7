"""The chance that goes with log odds, and its logarithm, in all of their range."""

import numpy as np
import pytest
from scipy import special

from models.comparison.logistic_function import chance, softplus


def test_chances_are_those_of_the_logistic_function_to_rounding_and_nothing_overflows():
    odds = np.r_[-1e6, np.linspace(-600.0, 600.0, 2001), 1e6]
    assert chance(odds)[1:] == pytest.approx(special.expit(odds)[1:], rel=1e-14)
    assert chance(odds)[[0, -1]] == pytest.approx([0.0, 1.0], abs=1e-300)


def test_logarithms_are_exact_in_both_tails():
    odds = np.r_[-1e6, np.linspace(-600.0, 600.0, 2001), 1e6]
    assert softplus(odds) == pytest.approx(np.logaddexp(0.0, odds), rel=1e-14, abs=1e-300)


def test_a_missing_number_stays_one():
    assert np.isnan(chance(np.array([np.nan]))).all()
    assert np.isnan(softplus(np.array([np.nan]))).all()
