import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.survival import cox
from models.survival.cox import fit, proportional_hazards_p


def _people(n: int = 300, *, log_ratio: float = 0.7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (n, 2))
    time = np.ceil(random.exponential(30 / np.exp(log_ratio * x[:, 0])))
    lost = np.ceil(random.uniform(1, 80, n))
    return np.minimum(time, lost), time <= lost, x


def test_three_people_have_the_answer_found_with_pencil_and_paper() -> None:
    """Likelihood u / (2u + 1) * 1 / (1 + u), u = exp(beta): highest where 2 u^2 = 1."""
    fitted = fit(
        stop=np.array([1.0, 2.0, 3.0]), event=np.ones(3, dtype=bool), x=np.array([[1.0], [0.0], [1.0]])
    )

    assert fitted.beta[0] == pytest.approx(np.log(1 / np.sqrt(2)), rel=1e-9)


def test_efron_counts_tied_events_with_the_tied_people_half_gone() -> None:
    """Two of three tied: u * u / ((2u + 1) * ((2u + 1) - (u + u) / 2)) = u^2 / ((2u + 1)(u + 1))."""
    fitted = fit(
        stop=np.array([1.0, 1.0, 2.0, 2.0]),
        event=np.array([True, True, True, False]),
        x=np.array([[1.0], [0.0], [1.0], [0.0]]),
    )
    grid = np.linspace(-2, 2, 400_001)
    u = np.exp(grid)
    tied = np.log(2 * u + 2) + np.log(2 * u + 2 - (u + 1) / 2)
    log_likelihood = 2 * grid - tied - np.log(1 + u)

    assert fitted.beta[0] == pytest.approx(grid[np.argmax(log_likelihood)], abs=1e-5)


def test_splitting_a_persons_time_changes_nothing() -> None:
    stop, event, x = _people()
    whole = fit(stop=stop, event=event, x=x)
    at = np.floor(stop / 2)
    early = at > 0
    split = fit(
        start=np.concatenate([np.full(early.sum(), -np.inf), np.where(early, at, -np.inf)]),
        stop=np.concatenate([at[early], stop]),
        event=np.concatenate([np.zeros(early.sum(), dtype=bool), event]),
        x=np.vstack([x[early], x]),
    )

    np.testing.assert_allclose(split.beta, whole.beta, rtol=1e-9)
    np.testing.assert_allclose(split.covariance, whole.covariance, rtol=1e-9)


def test_a_person_split_at_anothers_event_is_counted_once() -> None:
    """Split at day 1, when somebody else has the event: at risk there unlinked, and not linked as well."""
    fitted = fit(
        start=np.array([-np.inf, -np.inf, 1.0, -np.inf, -np.inf]),
        stop=np.array([1.0, 1.0, 3.0, 2.0, 4.0]),
        event=np.array([True, False, True, True, False]),
        x=np.array([[1.0], [0.0], [1.0], [0.0], [0.0]]),
    )
    grid = np.linspace(-3, 4, 700_001)
    u = np.exp(grid)
    log_likelihood = (grid - np.log(u + 3)) + (0 - np.log(u + 2)) + (grid - np.log(u + 1))

    assert fitted.beta[0] == pytest.approx(grid[np.argmax(log_likelihood)], abs=1e-4)


def test_a_change_of_units_changes_the_coefficient_by_the_units() -> None:
    stop, event, x = _people()
    fitted, scaled = fit(stop=stop, event=event, x=x), fit(stop=stop, event=event, x=x * [100, 1] + [5, 0])

    np.testing.assert_allclose(scaled.beta * [100, 1], fitted.beta, rtol=1e-8)


def test_the_proportional_hazards_check_speaks_up_when_the_ratio_turns_round() -> None:
    random = np.random.default_rng(9)
    x = (np.arange(600) % 2).astype(float)
    steady = random.exponential(50, 600)
    turning = np.where(x == 1, 50 * random.weibull(4, 600), steady)

    drifting = fit(stop=np.ceil(turning * 10), event=np.ones(600, dtype=bool), x=x[:, None])
    calm = fit(stop=np.ceil(steady * 10), event=np.ones(600, dtype=bool), x=x[:, None])

    assert (proportional_hazards_p(drifting, [0]) or 1.0) < 1e-6
    assert (proportional_hazards_p(calm, [0]) or 0.0) > 0.01


def test_units_of_a_covariate_do_not_decide_whether_its_ratio_drifts() -> None:
    stop, event, x = _people()
    plain, scaled = fit(stop=stop, event=event, x=x), fit(stop=stop, event=event, x=x * [1e6, 1e-6])

    for columns in ([0], [1], [0, 1]):
        assert proportional_hazards_p(scaled, columns) == pytest.approx(
            proportional_hazards_p(plain, columns), rel=1e-5
        )


def test_events_at_one_time_leave_no_drift_to_test() -> None:
    spread = np.arange(10.0)
    fitted = fit(
        stop=np.repeat([5.0, 9.0], 10), event=np.repeat([True, False], 10),
        x=np.concatenate([spread, spread + 2])[:, None],
    )  # fmt: skip

    assert np.isfinite(fitted.beta[0])
    assert proportional_hazards_p(fitted, [0]) is None


def test_everybody_with_the_event_at_one_time_leaves_nobody_to_compare() -> None:
    with pytest.raises(NotIdentifiedError, match="nobody to compare"):
        fit(stop=np.full(20, 50.0), event=np.ones(20, dtype=bool), x=np.arange(20.0)[:, None])


def test_a_likelihood_that_flattens_out_is_called_separation_and_not_a_failed_search() -> None:
    random = np.random.default_rng(3)
    random.integers(0, 15, 60)
    day, used = random.integers(0, 200, 60).astype(float), random.random(60) < 0.7

    with pytest.raises(NotIdentifiedError, match="no finite hazard ratio"):
        fit(stop=day, event=used, x=np.where(used, 1.0, 9.0)[:, None])


def test_no_event_is_not_identified() -> None:
    stop, event, x = _people(50)

    with pytest.raises(NotIdentifiedError, match="no event"):
        fit(stop=stop, event=np.zeros(event.size, dtype=bool), x=x)


def test_a_constant_covariate_is_not_identified() -> None:
    stop, event, x = _people(50)

    with pytest.raises(NotIdentifiedError, match="told apart"):
        fit(stop=stop, event=event, x=np.column_stack([x, np.ones(50)]))


def test_collinear_covariates_are_not_identified() -> None:
    stop, event, x = _people(50)

    with pytest.raises(NotIdentifiedError, match="told apart"):
        fit(stop=stop, event=event, x=np.column_stack([x, x[:, 0] - x[:, 1]]))


def test_a_covariate_that_varies_only_before_the_first_event_is_not_identified() -> None:
    x = np.array([[1.0], [0.0], [0.0], [0.0]])

    with pytest.raises(NotIdentifiedError, match="told apart at the events"):
        fit(stop=np.array([1.0, 2.0, 3.0, 4.0]), event=np.array([False, True, True, False]), x=x)


def test_a_search_that_runs_out_of_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, event, x = _people(50)
    monkeypatch.setattr(cox, "MOST_STEPS", 1)

    with pytest.raises(NotIdentifiedError, match="did not converge"):
        fit(stop=stop, event=event, x=x)


def test_a_covariate_that_separates_those_with_the_event_has_no_finite_ratio() -> None:
    x = np.repeat([1.0, 0.0], 20)[:, None]

    with pytest.raises(NotIdentifiedError, match="no finite hazard ratio"):
        fit(stop=np.arange(1.0, 41.0), event=x[:, 0] == 1, x=x)


def test_a_row_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ValueError, match="end after it begins"):
        fit(start=np.array([2.0]), stop=np.array([2.0]), event=np.array([True]), x=np.array([[1.0]]))
