"""Alpha and omega: their values, their limits, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.scales.reliability import FEWEST_PEOPLE, Reliability, alpha, measurement_error, omega

BOTH = pytest.mark.parametrize("measure", [alpha, omega])


def _six_points(n: int = 300, k: int = 6, seed: int = 1) -> Array:
    random = np.random.default_rng(seed)
    inner = random.standard_normal((n, 1)) * np.linspace(0.6, 1.3, k) + random.standard_normal((n, k))
    return np.clip(np.round(4.0 + inner), 1.0, 6.0)


def test_alpha_of_complete_answers_is_cronbachs() -> None:
    answers = _six_points()
    k = answers.shape[1]

    classic = k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1))

    assert alpha(answers).value == pytest.approx(classic, abs=1e-12)


def test_omega_of_many_people_is_the_truth() -> None:
    random = np.random.default_rng(2)
    loadings = np.array([0.4, 0.7, 1.0, 1.3])
    answers = random.standard_normal((50_000, 1)) * loadings + random.standard_normal((50_000, 4))
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + 4.0)

    found = omega(answers)

    assert found.low < truth < found.high
    assert found.value == pytest.approx(truth, abs=0.005)
    assert alpha(answers).value < found.value - 0.01  # alpha is a lower bound where loadings differ


def test_the_error_of_measurement_is_what_alpha_leaves_of_the_sums_spread() -> None:
    answers = _six_points()

    found = measurement_error(answers)

    expected = answers.sum(axis=1).std() * np.sqrt(1.0 - alpha(answers).value)
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_the_error_of_measurement_varies_over_samples_as_much_as_it_says() -> None:
    found = [measurement_error(_six_points(seed=seed)) for seed in range(200)]

    assert np.std([one.value for one in found]) == pytest.approx(
        np.mean([one.std_error for one in found]), rel=0.2
    )


@BOTH
def test_units_and_the_order_of_people_do_not_matter(measure: object) -> None:
    assert callable(measure)
    answers = _six_points()
    answers[::7, 2] = np.nan
    shuffled = np.random.default_rng(3).permutation(answers)

    one, other = measure(answers), measure(1000.0 - 37.0 * shuffled)

    assert other.value == pytest.approx(one.value, abs=1e-7)
    assert other.std_error == pytest.approx(one.std_error, rel=1e-5)


@BOTH
def test_people_with_a_gap_stay_in_and_people_without_an_answer_do_not(measure: object) -> None:
    assert callable(measure)
    answers = _six_points()
    answers[:50, 1] = np.nan
    answers[50:60] = np.nan

    assert measure(answers).n_people == 290


@BOTH
def test_an_item_turned_the_wrong_way_does_not_raise_reliability(measure: object) -> None:
    assert callable(measure)
    answers = _six_points()
    wrong = answers.copy()
    wrong[:, 0] = 7.0 - wrong[:, 0]

    assert measure(wrong).value < measure(answers).value


@BOTH
def test_more_people_give_narrower_limits(measure: object) -> None:
    assert callable(measure)
    few, many = measure(_six_points(100)), measure(_six_points(2_000))

    assert many.high - many.low < 0.5 * (few.high - few.low)


def _refusals() -> dict[str, tuple[Array, str]]:
    answers = _six_points()
    same = answers.copy()
    same[:, 3] = 4.0
    twin = answers.copy()
    twin[:, 3] = twin[:, 2]
    return {
        "one item": (answers[:, :1], "at least"),
        "few people": (answers[: FEWEST_PEOPLE - 1], "fewer than"),
        "nobody": (np.full((100, 4), np.nan), "fewer than"),
        "no rows": (np.empty((0, 4)), "fewer than"),
        "same answer": (same, "same answer"),
        "one item twice": (twin, "settle|converge|tell the parts|Heywood"),
    }


@BOTH
@pytest.mark.parametrize("name", _refusals())
def test_what_has_no_reliability_is_refused_with_a_reason(name: str, measure: object) -> None:
    assert callable(measure)
    answers, reason = _refusals()[name]

    with pytest.raises(NotIdentifiedError, match=reason):
        measure(answers)


def test_omega_of_two_items_is_refused() -> None:
    with pytest.raises(NotIdentifiedError, match="at least 3 items"):
        omega(_six_points(k=2))


def test_a_heywood_case_is_refused_by_its_name() -> None:
    random = np.random.default_rng(4)
    first, second, third = random.standard_normal((3, 500))
    # Correlations .8, .8 and .5: one factor would need a loading above the item's standard deviation.
    shared = np.linalg.cholesky(np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.5], [0.8, 0.5, 1.0]]))
    answers = np.column_stack([first, second, third]) @ shared.T

    with pytest.raises(NotIdentifiedError, match="Heywood"):
        omega(answers)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(0, 60), k=st.integers(1, 5), points=st.integers(1, 4),
    gaps=st.floats(0.0, 0.95),
)  # fmt: skip
def test_any_answers_give_a_reliability_with_limits_or_a_reason(
    seed: int, n: int, k: int, points: int, gaps: float
) -> None:
    random = np.random.default_rng(seed)
    answers = random.integers(1, points + 1, (n, k)).astype(float)
    answers[random.random((n, k)) < gaps] = np.nan
    for measure in (alpha, omega):
        try:
            found = measure(answers)
        except NotIdentifiedError as reason:
            assert str(reason)
        else:
            assert isinstance(found, Reliability)
            assert np.isfinite([found.value, found.std_error, found.low, found.high]).all()
            assert found.low <= found.value <= found.high < 1.0
