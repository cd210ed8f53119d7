"""The limit of reliable change, and the limits of the share of people beyond it."""

import math

import numpy as np
import pytest

from models.civic.wilson import wilson
from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.scales.reliable_change import change_limit, reliable, share_of

PICK = np.ones(1)


def _share(value: float, variance: float, df: float = math.inf) -> Inference:
    return Inference(
        names=("share",), beta=np.array([value]), covariance=np.array([[variance]]), df=lambda _: df,
        rule="by hand",
    )  # fmt: skip


def test_the_limit_is_jacobson_and_truaxs() -> None:
    # By hand: SD 7.5 and reliability .8: error 7.5 sqrt(.2) = 3.354, of a difference 4.743, times 1.96.
    assert change_limit(7.5, 0.8) == pytest.approx(9.297, abs=5e-4)


@pytest.mark.parametrize(
    ("sd", "reliability"), [(0.0, 0.8), (math.nan, 0.8), (7.5, 1.0), (7.5, 0.0), (7.5, -0.3), (7.5, math.nan)]
)
def test_no_spread_or_no_reliability_has_no_limit(sd: float, reliability: float) -> None:
    with pytest.raises(NotIdentifiedError):
        change_limit(sd, reliability)


def test_a_change_of_exactly_the_limit_is_not_beyond_it() -> None:
    better, worse = reliable(np.array([8.0, 8.1, -8.0, -8.1, 0.0]), 8.0)

    assert better.tolist() == [0, 1, 0, 0, 0]
    assert worse.tolist() == [0, 0, 0, 1, 0]


@pytest.mark.parametrize("count", [0, 1, 17, 39, 40])
def test_independent_people_who_all_answered_get_wilsons_interval(count: int) -> None:
    value = count / 40
    found = share_of(_share(value, value * (1 - value) / 40), PICK, 40)

    assert (found.low, found.high) == pytest.approx(wilson(count, 40))
    assert found.inflation == pytest.approx(1.0)


@pytest.mark.parametrize("value", [0.0, 1.0, 1.0 - 2e-16])
def test_a_share_of_nobody_or_everybody_among_them_is_not_told_as_known_for_certain(value: float) -> None:
    found = share_of(_share(value, 1e-33), PICK, 40)

    assert found.std_error is None
    assert found.high - found.low > 0.05
    assert (share_of(_share(0.3, 0.01), PICK, 40).std_error or 0) == pytest.approx(0.1)


def test_programs_that_differ_widen_the_interval_as_if_people_were_fewer() -> None:
    found = share_of(_share(0.25, 4.0 * 0.25 * 0.75 / 400), PICK, 400)

    assert (found.low, found.high) == pytest.approx(wilson(25, 100))


def test_few_degrees_of_freedom_widen_it_further_and_a_small_variance_never_narrows_it() -> None:
    wide, plain, small = (
        share_of(_share(0.25, factor * 0.25 * 0.75 / 400, df), PICK, 400)
        for factor, df in ((1.0, 5.0), (1.0, math.inf), (0.1, math.inf))
    )

    assert wide.high - wide.low > plain.high - plain.low
    assert (small.low, small.high) == pytest.approx((plain.low, plain.high))


def test_a_share_of_nobody_or_without_a_number_is_refused() -> None:
    with pytest.raises(NotIdentifiedError, match="nobody"):
        share_of(_share(0.5, 0.01), PICK, 0)
    with pytest.raises(NotIdentifiedError, match="no number"):
        share_of(_share(math.nan, 0.01), PICK, 10)
    with pytest.raises(NotIdentifiedError, match="too few"):
        share_of(_share(0.5, 0.01, math.nan), PICK, 10)
