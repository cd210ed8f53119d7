import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.survival import cox


def _people(n: int = 150, *, ties: bool = False) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    x = random.normal(0, 1, (n, 2))
    time, lost = random.exponential(30 / np.exp(0.6 * x[:, 0])), random.uniform(5, 80, n)
    stop = np.minimum(time, lost)
    return {"stop": np.ceil(stop / 5) if ties else stop, "event": time <= lost, "x": x}


def test_influence_is_the_derivative_of_the_coefficients_by_each_rows_weight() -> None:
    people = _people(40)
    weights = np.random.default_rng(6).uniform(0.5, 2, 40)
    fitted = cox.fit(**people, weights=weights)
    step = 1e-5

    for row in range(0, 40, 3):
        moved = [weights.copy(), weights.copy()]
        moved[0][row] += step
        moved[1][row] -= step
        up, down = (cox.fit(**people, weights=w).beta for w in moved)
        np.testing.assert_allclose(fitted.influence[row], weights[row] * (up - down) / (2 * step), atol=2e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_equal_weights_change_neither_coefficients_nor_robust_errors(ties: bool) -> None:
    people = _people(ties=ties)
    one, two = cox.fit(**people), cox.fit(**people, weights=np.full(150, 2.5))

    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-8)
    rows = np.arange(150)
    np.testing.assert_allclose(
        cox.robust_covariance(one, rows)[0], cox.robust_covariance(two, rows)[0], rtol=1e-7
    )


def test_without_ties_a_weight_of_two_is_a_person_counted_twice() -> None:
    """Censored people have no ties of their own making."""
    people = _people()
    censored = np.flatnonzero(~people["event"])
    twice = {key: np.concatenate([column, column[censored]]) for key, column in people.items()}

    np.testing.assert_allclose(
        cox.fit(**people, weights=np.where(people["event"], 1.0, 2.0)).beta, cox.fit(**twice).beta, rtol=1e-8
    )


def test_influences_of_all_rows_add_up_to_nothing() -> None:
    fitted = cox.fit(**_people(ties=True))

    np.testing.assert_allclose(fitted.influence.sum(axis=0), 0, atol=1e-9)


def test_a_person_split_into_rows_has_the_influence_of_the_whole_person() -> None:
    people = _people()
    whole = cox.fit(**people)
    start, middle = np.full(150, -1.0), people["stop"] / 2
    split = cox.fit(
        start=np.concatenate([start, middle]), stop=np.concatenate([middle, people["stop"]]),
        event=np.concatenate([np.zeros(150, dtype=bool), people["event"]]), x=np.tile(people["x"], (2, 1)),
    )  # fmt: skip

    np.testing.assert_allclose(split.influence[:150] + split.influence[150:], whole.influence, atol=1e-9)


def test_the_robust_error_of_a_right_model_is_near_the_usual_one() -> None:
    fitted = cox.fit(**_people(500))
    covariance, df = cox.robust_covariance(fitted, np.arange(500))

    assert df == 499
    np.testing.assert_allclose(np.diag(covariance), np.diag(fitted.covariance), rtol=0.2)


@pytest.mark.parametrize("programs", [1, 2])
def test_no_more_programs_than_coefficients_are_refused(programs: int) -> None:
    fitted = cox.fit(**_people())

    with pytest.raises(NotIdentifiedError, match="too few programs"):
        cox.robust_covariance(fitted, np.arange(150) % programs)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_are_no_positive_numbers_are_refused(bad: float) -> None:
    weights = np.ones(150)
    weights[3] = bad
    with pytest.raises(ValueError, match="positive"):
        cox.fit(**_people(), weights=weights)
