from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.small_sample import kenward_roger, satterthwaite
from models.within_person.linear.sums import person_sums

Study = Callable[..., ModelRows]


def _dense_kenward_roger(
    rows: ModelRows, v: np.ndarray, parts: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """Phi, Phi_A, W and the P_r, written out with matrices of rows by rows."""
    x, inverse = rows.x, np.linalg.inv(v)
    phi = np.linalg.inv(x.T @ inverse @ x)
    p = [-x.T @ inverse @ part @ inverse @ x for part in parts]
    q = [[x.T @ inverse @ r @ inverse @ s @ inverse @ x for s in parts] for r in parts]
    information = np.array(
        [
            [
                0.5 * np.trace(inverse @ r @ inverse @ s)
                - np.trace(phi @ q[i][j])
                + 0.5 * np.trace(phi @ p[i] @ phi @ p[j])
                for j, s in enumerate(parts)
            ]
            for i, r in enumerate(parts)
        ]
    )
    w = np.linalg.inv(information)
    inner = sum(w[i, j] * (q[i][j] - p[i] @ phi @ p[j]) for i in range(len(parts)) for j in range(len(parts)))
    return phi, phi + 2 * phi @ inner @ phi, w, p


@pytest.mark.parametrize("structure", ["full", "diagonal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_kenward_roger_is_the_papers_formula_in_whole_matrices(
    study: Study, dense: type, structure: str, weighted: bool
) -> None:
    rows = study(people=14, weighted=weighted)
    sums = person_sums(rows)
    found = fit(sums, structure=structure)  # type: ignore[arg-type]
    inference = kenward_roger(found, sums)
    truth = dense(rows)
    phi, adjusted, w, p = _dense_kenward_roger(
        rows, truth.v(found.random_covariance, found.residual_variance), truth.parts(structure)
    )

    np.testing.assert_allclose(inference.covariance, adjusted, rtol=1e-8, atol=1e-10 * np.abs(adjusted).max())
    contrast = np.array([1.0, 2.0, -1.0, 0.5])
    slope = np.array([contrast @ phi @ part @ phi @ contrast for part in p])
    expected = 2 * (contrast @ phi @ contrast) ** 2 / (slope @ w @ slope)
    assert inference.df(contrast) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("structure", ["full", "diagonal"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_satterthwaite_uses_the_curvature_of_the_likelihood(
    study: Study, dense: type, structure: str, method: str
) -> None:
    rows = study(people=14)
    sums = person_sums(rows)
    found = fit(sums, structure=structure, method=method)  # type: ignore[arg-type]
    truth = dense(rows)
    places = [(0, 0), (0, 1), (1, 1)] if structure == "full" else [(0, 0), (1, 1)]
    at = np.array([*[found.random_covariance[pair] for pair in places], found.residual_variance])
    contrast = np.array([0.0, 1.0, 0.0, 0.3])

    def both(values: np.ndarray) -> tuple[float, float]:
        covariance = np.zeros((2, 2))
        for value, (a, b) in zip(values, places, strict=False):
            covariance[a, b] = covariance[b, a] = value
        inverse = np.linalg.inv(truth.v(covariance, values[-1]))
        v = contrast @ np.linalg.inv(rows.x.T @ inverse @ rows.x) @ contrast
        return truth.log_likelihood(covariance, values[-1], reml=method == "reml"), v

    size = 1e-3 * np.abs(at)
    unit = np.diag(size)
    count = at.size
    hessian, slope = np.zeros((count, count)), np.zeros(count)
    for i in range(count):
        slope[i] = (both(at + unit[i])[1] - both(at - unit[i])[1]) / (2 * size[i])
        for j in range(count):
            corners = [both(at + s * unit[i] + t * unit[j])[0] * s * t for s in (1, -1) for t in (1, -1)]
            hessian[i, j] = sum(corners) / (4 * size[i] * size[j])
    expected = 2 * both(at)[1] ** 2 / (slope @ np.linalg.inv(-hessian) @ slope)

    assert found.outcome == "converged"
    assert satterthwaite(found, sums).df(contrast) == pytest.approx(expected, rel=1e-3)


def test_balanced_data_give_the_degrees_of_freedom_of_the_analysis_of_variance() -> None:
    draw = np.random.default_rng(4)
    people, days = 9, 6
    person = np.repeat(np.arange(people), days)
    group = (person % 3 == 0).astype(float)
    within = np.tile(np.arange(days) - (days - 1) / 2, people)
    y = draw.normal(0, 2, people)[person] + 0.3 * within + draw.normal(0, 1, person.size)
    x = np.column_stack([np.ones(y.size), group, within])
    rows = ModelRows(y=y, x=x, names=("intercept", "group", "day"), random=(0,), person=person)
    sums = person_sums(rows)
    found = fit(sums)

    for rule in (satterthwaite, kenward_roger):
        inference = rule(found, sums)
        assert inference.df(np.array([0.0, 1.0, 0.0])) == pytest.approx(people - 2, rel=1e-7)
        assert inference.df(np.array([0.0, 0.0, 1.0])) == pytest.approx(people * (days - 1) - 1, rel=1e-7)
        np.testing.assert_allclose(inference.covariance, found.covariance, rtol=1e-8, atol=1e-12)


def test_without_variance_between_people_the_degrees_of_freedom_are_those_of_least_squares() -> None:
    draw = np.random.default_rng(3)
    person = np.repeat(np.arange(10), 6)
    y = draw.normal(0, 1, 60)
    y = y - np.repeat(y.reshape(10, 6).mean(axis=1), 6)
    rows = ModelRows(y=y, x=np.ones((60, 1)), names=("intercept",), random=(0,), person=person)
    sums = person_sums(rows)

    assert satterthwaite(fit(sums), sums).df(np.ones(1)) == pytest.approx(59.0)


def test_kenward_roger_never_narrows_below_the_plain_errors_here(study: Study) -> None:
    sums = person_sums(study(people=8))
    found = fit(sums)

    adjusted = np.diag(kenward_roger(found, sums).covariance)
    assert np.all(adjusted >= np.diag(found.covariance))
    assert np.any(adjusted > 1.001 * np.diag(found.covariance))


def test_what_has_no_small_sample_rule_is_refused(study: Study) -> None:
    sums = person_sums(study())
    found = fit(sums)

    with pytest.raises(ValueError, match="REML"):
        kenward_roger(fit(sums, method="ml"), sums)
    with pytest.raises(NotIdentifiedError, match="did not converge"):
        satterthwaite(replace(found, outcome="not converged"), sums)
    with pytest.raises(ValueError, match="correlation"):
        satterthwaite(replace(found, correlation=0.3), sums)
    with pytest.raises(ValueError, match="different models"):
        satterthwaite(found, replace(sums, random=(0, 2)))
    with pytest.raises(ValueError, match="contrast is zero"):
        satterthwaite(found, sums).df(np.zeros(4))
