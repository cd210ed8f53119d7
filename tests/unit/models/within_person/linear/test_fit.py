from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear import scoring
from models.within_person.linear.fit import fit, fit_rows
from models.within_person.linear.sums import person_sums

Study = Callable[..., ModelRows]


def _rows(y: np.ndarray, x: np.ndarray, person: np.ndarray, random: tuple[int, ...] = (0,)) -> ModelRows:
    names = ("intercept", "a", "b", "c")[: x.shape[1]]
    return ModelRows(y=y, x=np.ascontiguousarray(x, dtype=float), names=names, random=random, person=person)


def _plain(people: int = 10, days: int = 6, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), days)
    y = draw.normal(0, 1, people)[person] + draw.normal(0, 1, person.size)
    return y, np.column_stack([np.ones(y.size), draw.normal(0, 1, y.size)]), person


def test_balanced_one_way_data_give_the_analysis_of_variance_answer() -> None:
    y, x, person = _plain(people=12, days=5)
    found = fit_rows(_rows(y, x[:, :1], person))

    groups = y.reshape(12, 5)
    within = groups.var(axis=1, ddof=1).mean()
    between = groups.mean(axis=1).var(ddof=1) - within / 5
    assert found.outcome == "converged"
    assert found.beta[0] == pytest.approx(y.mean(), rel=1e-12)
    assert found.residual_variance == pytest.approx(within, rel=1e-7)
    assert found.random_covariance[0, 0] == pytest.approx(between, rel=1e-7)
    assert found.covariance[0, 0] == pytest.approx((between + within / 5) / 12, rel=1e-7)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("structure", ["full", "diagonal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_likelihood_is_that_of_the_whole_covariance_matrix(
    study: Study, dense: type, method: str, structure: str, weighted: bool
) -> None:
    rows = study(random=(0, 1, 2), weighted=weighted)
    found = fit_rows(rows, method=method, structure=structure)  # type: ignore[arg-type]

    direct = dense(rows).log_likelihood(
        found.random_covariance, found.residual_variance, reml=method == "reml"
    )
    assert found.outcome == "converged"
    assert found.log_likelihood == pytest.approx(direct, abs=1e-8)


@pytest.mark.parametrize("structure", ["full", "diagonal"])
@pytest.mark.parametrize("seed", range(6))
def test_no_covariance_nearby_is_more_likely(study: Study, dense: type, structure: str, seed: int) -> None:
    rows = study(people=12, random=(0, 1), seed=seed, spread=(2.0, 0.05))  # small: often on the boundary
    found = fit_rows(rows, structure=structure)  # type: ignore[arg-type]
    truth = dense(rows)
    best = truth.log_likelihood(found.random_covariance, found.residual_variance, reml=True)
    size = np.sqrt(found.residual_variance) / np.sqrt((rows.x[:, :2] ** 2).mean(axis=0))
    values, vectors = np.linalg.eigh(found.random_covariance / np.outer(size, size))
    factor = size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    if structure == "diagonal":
        factor = np.diag(np.sqrt(np.diag(found.random_covariance)))
    draw = np.random.default_rng(1)

    assert found.outcome in {"converged", "singular"}
    for _ in range(60):
        step = draw.normal(0, draw.choice([1e-3, 1e-2, 0.1]), (2, 2)) * size[:, None]
        moved = factor + (step if structure == "full" else np.diag(np.diag(step)))
        residual = found.residual_variance * np.exp(draw.normal(0, 1e-2))
        other = truth.log_likelihood(moved @ moved.T, residual, reml=True)
        assert other <= best + 1e-7


def test_people_who_do_not_differ_are_named_singular_and_fall_back_to_least_squares() -> None:
    y, x, person = _plain()
    y = y - np.repeat(y.reshape(10, 6).mean(axis=1), 6) + 50  # every person has the same mean
    found = fit_rows(_rows(y, x[:, :1], person))

    assert found.outcome == "singular"
    assert found.note == "no variance between persons in: intercept"
    assert found.random_covariance[0, 0] == 0.0
    assert found.residual_variance == pytest.approx(y.var(ddof=1), rel=1e-9)


def test_a_slope_without_variance_is_named_in_a_diagonal_covariance() -> None:
    y, x, person = _plain()
    found = fit_rows(_rows(y, x, person, (0, 1)), structure="diagonal")

    assert (found.outcome, found.note) == ("singular", "no variance between persons in: a")
    assert found.random_covariance[1, 1] == 0.0
    alone = fit_rows(_rows(y, x, person))
    np.testing.assert_allclose(found.beta, alone.beta, rtol=1e-8)
    assert found.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-8)


def test_perfectly_correlated_effects_are_named() -> None:
    y, x, person = _plain()
    found = fit_rows(_rows(y, x, person, (0, 1)))

    assert found.outcome == "singular"
    assert "perfectly correlated: intercept, a" in found.note
    correlation = found.random_covariance[0, 1] / np.sqrt(np.prod(np.diag(found.random_covariance)))
    assert abs(correlation) == pytest.approx(1.0, abs=1e-6)


def test_scoring_that_is_stopped_early_gives_no_number(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "LIMIT", 2)
    found = fit_rows(study(), engine="numpy")

    assert found.outcome == "not converged"
    assert found.note
    for value in (found.beta, found.covariance, found.random_covariance, found.residual_variance):
        assert np.isnan(value).all()
    assert np.isnan(found.log_likelihood)


def test_an_earlier_fit_saves_evaluations_and_changes_nothing(study: Study) -> None:
    sums = person_sums(study())
    first = fit(sums)
    again = fit(sums, start=first)

    assert again.evaluations < first.evaluations
    np.testing.assert_allclose(again.beta, first.beta, rtol=1e-7)
    np.testing.assert_allclose(again.random_covariance, first.random_covariance, rtol=1e-5)


def test_a_start_on_the_boundary_does_not_hold_the_fit_there(study: Study) -> None:
    sums = person_sums(study())
    best = fit(sums)
    stuck = replace(best, random_covariance=np.zeros((2, 2)))

    found = fit(sums, start=stuck)
    assert found.outcome == "converged"
    np.testing.assert_allclose(found.random_covariance, best.random_covariance, rtol=1e-5)


def test_the_order_of_the_people_does_not_matter(study: Study) -> None:
    sums = person_sums(study())
    order = np.random.default_rng(0).permutation(sums.n_rows.size)
    found, other = fit(sums), fit(replace(sums, products=sums.products[order], n_rows=sums.n_rows[order]))

    np.testing.assert_allclose(found.beta, other.beta, rtol=1e-8)
    np.testing.assert_allclose(found.random_covariance, other.random_covariance, rtol=1e-5)


@pytest.mark.parametrize("structure", ["full", "diagonal"])
def test_units_of_predictors_and_response_change_nothing_but_the_units(study: Study, structure: str) -> None:
    rows = study()
    by = np.array([1.0, 1e-7, 1e5, 1e3])
    moved = replace(rows, x=rows.x * by, y=rows.y * 1e6)
    found, other = fit_rows(rows, structure=structure), fit_rows(moved, structure=structure)  # type: ignore[arg-type]

    np.testing.assert_allclose(other.beta * by / 1e6, found.beta, rtol=1e-7)
    np.testing.assert_allclose(
        np.sqrt(np.diag(other.covariance)) * by / 1e6, np.sqrt(np.diag(found.covariance)), rtol=1e-6
    )
    np.testing.assert_allclose(
        other.random_covariance * np.outer(by[:2], by[:2]) / 1e12,
        found.random_covariance,
        rtol=1e-5,
        atol=1e-9,
    )


@pytest.mark.parametrize("offset", [2026.0, 1e6])
def test_an_origin_far_away_changes_the_intercept_alone(study: Study, offset: float) -> None:
    rows = study()
    x = rows.x.copy()
    x[:, 1] = x[:, 1] / 10 + offset
    near = fit_rows(replace(rows, x=np.column_stack([x[:, 0], rows.x[:, 1] / 10, x[:, 2:]])))
    far = fit_rows(replace(rows, x=x, y=rows.y + offset))

    np.testing.assert_allclose(far.beta[1:], near.beta[1:], rtol=1e-6)
    np.testing.assert_allclose(np.diag(far.covariance)[1:], np.diag(near.covariance)[1:], rtol=1e-6)
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-6)
    assert far.residual_variance == pytest.approx(near.residual_variance, rel=1e-6)


def _edges() -> dict[str, tuple[ModelRows, str]]:
    y, x, person = _plain()
    one, a = x[:, :1], x[:, 1]
    own = np.random.default_rng(1).normal(0, 1, (10, 2))[person]
    saturated = np.column_stack([one, *[(person == i) for i in range(1, 10)]])
    names = tuple(f"p{i}" for i in range(10))
    return {
        "collinear": (_rows(y, np.column_stack([x, 2 * a + 1]), person), "b cannot be told apart from"),
        "constant": (_rows(y, np.column_stack([one, 0 * a + 3]), person), "no variation in: a"),
        "all zero": (_rows(y, np.column_stack([one, 0 * a]), person), "no variation in: a"),
        "one person": (_rows(y, x, 0 * person), "1 people do not suffice for 1"),
        "fewer people than effects": (_rows(y[:12], x[:12], person[:12], (0, 1)), "2 people do not suffice"),
        "one row each": (_rows(y, x, np.arange(60)), "one row per person"),
        "fewer rows than columns": (_rows(y[:2], x[:2], np.array([0, 1])), "2 rows do not suffice for 2"),
        "no residual": (_rows(own[:, 0], x, person), "no residual variation"),
        "no residual about slopes": (
            _rows(own[:, 0] + own[:, 1] * a, x, person, (0, 1)),
            "no residual variation",
        ),
        "y constant": (_rows(0 * y + 7, x, person), "no variation in the response"),
        "y zero": (_rows(0 * y, x, person), "no variation in the response"),
        "y exactly linear": (_rows(7 + 3 * a, x, person), "no variation in the response"),
        "a predictor for every person": (
            ModelRows(y=y, x=saturated.astype(float), names=names, random=(0,), person=person),
            "cannot tell the variances apart",
        ),
    }


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("case", list(_edges()))
def test_rows_that_identify_nothing_are_refused_with_a_reason(case: str, engine: str) -> None:
    if engine == "compiled":
        pytest.importorskip("numba")
    rows, reason = _edges()[case]
    for structure in ("full", "diagonal"):
        with pytest.raises(NotIdentifiedError, match=reason):
            fit_rows(rows, engine=engine, structure=structure)  # type: ignore[arg-type]


def _two_rows_each(people: int, seed: int, more_of_the_first: int = 0) -> ModelRows:
    """Own intercept and slope of variance 1, residual variance 0.25."""
    draw = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), [2 + more_of_the_first] + [2] * (people - 1))
    x = np.column_stack([np.ones(person.size), draw.normal(0, 1, person.size)])
    own = draw.normal(0, 1, (people, 2))[person]
    return _rows((own * x).sum(axis=1) + draw.normal(0, 0.5, person.size), x, person, (0, 1))


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_no_more_people_than_variances_whose_rows_their_effects_take_up_are_refused(method: str) -> None:
    for seed in range(10):
        with pytest.raises(
            NotIdentifiedError, match=r"^4 people of no more rows than effects .* 4 variances$"
        ):
            fit_rows(_two_rows_each(4, seed), method=method)  # type: ignore[arg-type]
    assert fit_rows(_two_rows_each(4, 1, more_of_the_first=4), method=method).outcome  # type: ignore[arg-type]


def test_many_people_of_two_rows_tell_the_residual_from_intercepts_and_slopes() -> None:
    found = [fit_rows(_two_rows_each(400, seed)) for seed in range(10)]

    assert {one.outcome for one in found} == {"converged"}
    assert np.mean([one.residual_variance for one in found]) == pytest.approx(0.25, abs=0.04)
    covariance = np.mean([one.random_covariance for one in found], axis=0)
    np.testing.assert_allclose(covariance, np.eye(2), atol=0.12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused_by_the_name_of_its_column(bad: float) -> None:
    y, x, person = _plain()
    y[3] = bad
    with pytest.raises(ValueError, match=r"not finite in the sums: the response$"):
        fit_rows(_rows(y, x, person))
    y[3] = 0.0
    x[3, 1] = bad
    with pytest.raises(ValueError, match=r"not finite in the sums: a$"):
        fit_rows(_rows(y, x, person))


def test_no_person_effect_is_least_squares(study: Study) -> None:
    rows = replace(study(), random=())
    found = fit_rows(rows)
    expected, rest, *_ = np.linalg.lstsq(rows.x, rows.y)

    np.testing.assert_allclose(found.beta, expected, rtol=1e-9)
    assert found.residual_variance == pytest.approx(rest[0] / (rows.y.size - 4), rel=1e-9)


def _hardly_any_variance(seed: int) -> ModelRows:
    """People who hardly differ, if at all, in level and slope."""
    rng = np.random.default_rng(seed)
    n, days = int(rng.integers(20, 120)), int(rng.integers(4, 14))
    person, x = np.repeat(np.arange(n), days), rng.normal(size=n * days)
    level, slope = rng.choice([0, 1e-3, 0.02, 0.1]), rng.choice([0, 1e-3, 0.02, 0.1])
    effects = level * rng.normal(size=n), slope * rng.normal(size=n)
    y = 0.4 * x + effects[0][person] + effects[1][person] * x + rng.normal(size=n * days)
    return ModelRows(
        y=y, x=np.column_stack([np.ones_like(x), x]), names=("intercept", "x"), random=(0, 1), person=person,
        day=np.tile(np.arange(days, dtype=float), n), weights=None,
    )  # fmt: skip


@pytest.mark.parametrize("seed", [458, 542, 558])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_scoring_near_a_boundary_goes_on_until_the_slope_is_flat(seed: int, method: str) -> None:
    assert fit_rows(_hardly_any_variance(seed), method=method, engine="numpy").outcome != "not converged"
