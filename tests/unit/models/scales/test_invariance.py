"""Measurement change: found where it is, on the right degrees of freedom, or refused with a reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.scales.invariance import FEWEST_TWICE, measurement_change

ITEMS = 5


def _waves(
    n: int = 400, *, harder: float = 0.0, weaker: float = 1.0, gain: float = 0.5, seed: int = 1
) -> tuple[Array, Array]:
    """Normal answers twice; at the second wave the first item is `harder` and the second `weaker`."""
    random = np.random.default_rng(seed)
    early = random.standard_normal(n)
    late = gain + 0.6 * early + 0.8 * random.standard_normal(n)
    own = 0.5 * random.standard_normal((n, ITEMS))
    loadings = np.linspace(0.8, 1.2, ITEMS)
    first = np.outer(early, loadings) + own + 0.8 * random.standard_normal((n, ITEMS))
    loadings[1] *= weaker
    second = np.outer(late, loadings) + own + 0.8 * random.standard_normal((n, ITEMS))
    second[:, 0] -= harder
    second[random.random(n) < 0.25] = np.nan
    first[random.random((n, ITEMS)) < 0.03] = np.nan
    return first, second


def test_each_step_costs_one_degree_of_freedom_for_each_item_but_one() -> None:
    tested = measurement_change(*_waves())

    assert [step.df for step in tested.steps] == [ITEMS - 1, ITEMS - 1]
    assert [one.df for one in tested.fits] == [29, 29 + ITEMS - 1, 29 + 2 * (ITEMS - 1)]


def test_a_scale_that_stays_the_same_passes_and_shows_its_gain() -> None:
    tested = measurement_change(*_waves())
    low, high = tested.change_limits

    assert min(step.p_value for step in tested.steps) > 0.05
    assert low < 0.5 < high


def test_an_item_that_gets_harder_fails_the_intercepts_and_not_the_loadings() -> None:
    loadings, intercepts = measurement_change(*_waves(harder=0.6)).steps

    assert loadings.p_value > 0.05
    assert intercepts.p_value < 1e-4
    assert intercepts.cfi_change is not None
    assert intercepts.cfi_change < 0.0


def test_an_item_that_loses_its_tie_to_the_others_fails_the_loadings() -> None:
    loadings, _ = measurement_change(*_waves(weaker=0.3)).steps

    assert loadings.p_value < 1e-4


def test_units_and_the_order_of_people_do_not_matter() -> None:
    first, second = _waves()
    order = np.random.default_rng(2).permutation(len(first))

    one, other = (
        measurement_change(first, second),
        measurement_change(50.0 + 9.0 * first[order], 50.0 + 9.0 * second[order]),
    )

    for mine, theirs in zip(one.steps, other.steps, strict=True):
        assert theirs.scaled == pytest.approx(mine.scaled, rel=1e-4)
    assert other.change == pytest.approx(one.change, abs=1e-5)


def test_a_high_common_level_loses_no_digits() -> None:
    first, second = _waves()

    one, other = measurement_change(first, second), measurement_change(first + 1e6, second + 1e6)

    assert other.steps[1].chi_square == pytest.approx(one.steps[1].chi_square, rel=1e-4)


def test_people_seen_once_count_among_people_and_not_among_those_seen_twice() -> None:
    first, second = _waves()
    twice = int((~np.isnan(second)).any(axis=1).sum())

    tested = measurement_change(first, second)

    assert (tested.n_people, tested.n_twice) == (400, twice)


def test_too_few_people_seen_twice_are_refused() -> None:
    first, second = _waves()
    second[FEWEST_TWICE - 1 :] = np.nan

    with pytest.raises(NotIdentifiedError, match="at both waves"):
        measurement_change(first, second)


def test_two_items_and_the_same_answers_twice_are_refused() -> None:
    first, second = _waves()

    with pytest.raises(NotIdentifiedError, match="at least 3 items"):
        measurement_change(first[:, :2], second[:, :2])
    with pytest.raises(NotIdentifiedError):
        measurement_change(first, first.copy())


def test_waves_of_different_people_are_an_error_of_the_caller() -> None:
    first, second = _waves()

    with pytest.raises(ValueError, match="same people and items"):
        measurement_change(first, second[:-1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), points=st.integers(1, 3), gaps=st.floats(0.0, 0.9), tied=st.booleans())
def test_any_two_waves_give_tests_or_a_reason(seed: int, points: int, gaps: float, tied: bool) -> None:
    random = np.random.default_rng(seed)
    first, second = (random.integers(1, points + 1, (120, 3)).astype(float) for _ in range(2))
    if tied:
        second = first + random.integers(0, 2, (120, 3))
    for wave in (first, second):
        wave[random.random(wave.shape) < gaps] = np.nan
    try:
        tested = measurement_change(first, second, fewest_twice=20)
    except NotIdentifiedError as reason:
        assert str(reason)
    else:
        assert all(0.0 <= step.p_value <= 1.0 and step.scaled >= 0.0 for step in tested.steps)
        assert np.isfinite([tested.change, tested.change_error]).all()
