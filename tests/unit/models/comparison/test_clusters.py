"""Inference with few programs: exact special cases, invariances, and a named outcome where there is none."""

import math
import re
from typing import Any

import numpy as np
import pytest

from models.comparison.bias_reduction import BiasReduction, root_by_eigenvalues, root_by_quadrature
from models.comparison.cluster_sums import centered_sums, clusters_of, correction_of, working_of
from models.comparison.clusters import influence_inference, jackknife_inference, regression_inference
from models.comparison.regression_fits import fitted
from models.comparison.working_variance import WorkingVariance
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError


def _people(seed: int = 0, sizes: tuple[int, ...] = (9, 14, 30, 22, 41, 17, 12, 25)) -> tuple[Any, Any, Any]:
    """Outcome, arm (the first half of the programs) and program of everybody."""
    random = np.random.default_rng(seed)
    program = np.repeat(np.arange(len(sizes)), sizes)
    arm = (program < len(sizes) // 2).astype(float)
    y = random.normal(0, 0.4, len(sizes))[program] + random.normal(size=len(program)) + 0.3 * arm
    return y, arm, program


def _difference(y: Any, arm: Any) -> tuple[float, Any]:
    share, treated, untreated = arm.mean(), y[arm == 1].mean(), y[arm == 0].mean()
    return treated - untreated, np.where(arm == 1, (y - treated) / share, -(y - untreated) / (1 - share))


def _influence(y: Any, arm: Any, program: Any) -> Any:
    value, psi = _difference(y, arm)
    return contrast_of(influence_inference(("d",), np.array([value]), psi[:, None], program, arm), {"d": 1.0})


def test_equal_programs_give_the_two_sample_t_test_of_program_means() -> None:
    y, arm, program = _people(sizes=(20,) * 10)
    found = _influence(y, arm, program)
    means = np.array([y[program == g].mean() for g in range(10)])
    pooled = (means[:5].var(ddof=1) + means[5:].var(ddof=1)) / 5
    assert found.std_error == pytest.approx(math.sqrt(pooled), rel=1e-12)
    # The arms' persons vary a little differently, so that the df lie just below Student's 8.
    assert 7.5 < found.df <= 8.0 + 1e-6


def test_equal_chi_squares_have_the_degrees_of_freedom_of_students_t() -> None:
    for count in (1, 2, 5, 30):
        working = WorkingVariance(
            diagonal=np.full(count, 1.0 / count),
            factors=np.zeros((count, 1)),
            core=np.zeros((1, 1)),
            variance=1.0,
        )
        assert working.satterthwaite() == pytest.approx(count, rel=1e-12)
        assert working.tail_matched() == pytest.approx(count, rel=1e-4)


def test_the_tail_of_a_studentized_estimate_agrees_with_draws() -> None:
    random = np.random.default_rng(1)
    sizes = np.array([10.0, 60, 200, 15, 20, 30, 40, 50, 60, 70, 80, 90])
    program = np.repeat(np.arange(12), sizes.astype(int))
    clusters = clusters_of(program, (program < 3).astype(int))
    spread = clusters.size + 0.05 * clusters.share**2
    correction = correction_of(clusters, spread)
    working = working_of(clusters, correction, spread)
    drawn = random.standard_normal((40_000, 12)) * np.sqrt(spread)
    squares = (clusters.centered(drawn.T) ** 2 * correction[:, None]).sum(axis=0)
    assert squares.mean() == pytest.approx(working.mean, rel=0.02)
    free = random.standard_normal(40_000) * math.sqrt(working.variance)
    for critical in (1.5, 2.5, 4.0):
        share = np.mean(np.abs(free) > critical * np.sqrt(squares))
        assert abs(share - working.exceeds(critical)) < 4 * math.sqrt(share / 40_000)


def test_order_and_labels_of_people_and_programs_do_not_matter() -> None:
    y, arm, program = _people()
    found = _influence(y, arm, program)
    order = np.random.default_rng(3).permutation(len(y))
    names = np.array([f"program {9 - g}" for g in program])
    again = _influence(y[order], np.where(arm == 1, "social", "clinical")[order] == "social", names[order])
    assert again.std_error == pytest.approx(found.std_error, rel=1e-12)
    assert again.df == pytest.approx(found.df, rel=1e-8)
    x = np.column_stack([np.ones(len(y)), arm, y**2])
    one, two = (
        contrast_of(regression_inference(x[rows], y[rows], None, names[rows]), {"x1": 1.0})
        for rows in (np.arange(len(y)), order)
    )
    assert one.std_error == pytest.approx(two.std_error, rel=1e-10)
    assert one.df == pytest.approx(two.df, rel=1e-10)


def test_the_error_of_an_estimate_does_not_depend_on_what_is_estimated_beside_it() -> None:
    y, arm, program = _people()
    value, psi = _difference(y, arm)
    other, psi_other = _difference((y > 0).astype(float), arm)
    alone = influence_inference(("d",), np.array([value]), psi[:, None], program, arm)
    both = influence_inference(
        ("d", "other"), np.array([value, other]), np.column_stack([psi, psi_other]), program, arm
    )
    one, two = contrast_of(alone, {"d": 1.0}), contrast_of(both, {"d": 1.0})
    assert (one.std_error, one.df) == pytest.approx((two.std_error, two.df), rel=1e-12)


def test_changing_the_unit_of_an_outcome_changes_the_error_alone() -> None:
    y, arm, program = _people()
    one, two = _influence(y, arm, program), _influence(1e6 * y, arm, program)
    assert two.std_error == pytest.approx(1e6 * one.std_error, rel=1e-10)
    assert two.df == pytest.approx(one.df, rel=1e-6)


def test_a_mean_of_one_arm_alone_has_the_degrees_of_freedom_of_that_arm() -> None:
    y, arm, program = _people(sizes=(20,) * 12)
    psi = np.where(arm == 1, (y - y[arm == 1].mean()) / arm.mean(), 0.0)
    found = contrast_of(
        influence_inference(("mean",), np.array([1.0]), psi[:, None], program, arm), {"mean": 1.0}
    )
    assert found.df == pytest.approx(5.0, rel=1e-4)


def test_corrected_variances_are_unbiased_under_their_working_model() -> None:
    y, arm, program = _people()
    _, psi = _difference(y, arm)
    clusters = clusters_of(program, arm)
    spread = centered_sums(clusters, psi[:, None]).spread(np.ones(1))
    working = working_of(clusters, correction_of(clusters, spread), spread)
    assert working.mean == pytest.approx(working.variance, rel=1e-12)


def test_the_jackknife_of_equal_programs_is_the_corrected_variance() -> None:
    y, arm, program = _people(sizes=(20,) * 10)
    full, _ = _difference(y, arm)
    left = np.array([[_difference(y[program != g], arm[program != g])[0]] for g in range(10)])
    found = contrast_of(jackknife_inference(("d",), np.array([full]), left, np.arange(10) < 5), {"d": 1.0})
    assert found.std_error == pytest.approx(_influence(y, arm, program).std_error, rel=1e-12)
    assert 4.0 <= found.df <= 8.0


def test_a_jackknife_without_an_answer_says_why() -> None:
    for left, arms, reason in (
        (np.ones((0, 1)), None, "no one"),
        (np.ones((4, 1)), [1, 1, 1, 0], "at least two programs"),
        (np.full((4, 1), np.nan), [1, 1, 0, 0], "no number"),
        (np.ones((4, 1)), [1, 1, None, 0], "someone has no group"),
    ):
        with pytest.raises(NotIdentifiedError, match=reason):
            jackknife_inference(("d",), np.ones(1), left, None if arms is None else np.array(arms))


@pytest.mark.parametrize("spread", [0.5, 3.0, 8.0])
@pytest.mark.parametrize("own_column", [False, True])
def test_the_root_by_quadrature_is_the_root_by_eigenvalues(spread: float, own_column: bool) -> None:
    random = np.random.default_rng(4)
    rows, n = slice(0, 90), 300
    x = np.column_stack([np.ones(n), random.normal(size=(n, 2))])
    if own_column:  # only this cluster tells of it: a direction with no variance is left
        x = np.column_stack([x, np.arange(n) < 90])
    variance = np.exp(-spread * random.random(n))
    weights = random.uniform(0.3, 2.0, n) / variance
    bread = np.linalg.inv(x.T @ (weights[:, None] * x))
    reduction = BiasReduction(x, weights, variance, bread)
    root = np.sqrt(variance[rows])
    weighted = root[:, None] * weights[rows, None] * x[rows]
    basis, core = reduction._low_rank(x[rows] / root[:, None], weighted)
    right = weighted @ bread
    dense = root_by_eigenvalues(variance[rows], basis, core, right)
    np.testing.assert_allclose(
        root_by_quadrature(variance[rows], basis, core, right), dense, atol=1e-10 * np.abs(dense).max()
    )


def test_cr2_is_unbiased_when_rows_are_independent() -> None:
    """E[V] under the working model, worked out with matrices of all rows, is the model's variance."""
    y, arm, program = _people(sizes=(4, 9, 3, 12, 6))
    weights = np.random.default_rng(5).uniform(0.5, 2.0, len(y))
    x = np.column_stack([np.ones(len(y)), arm, np.sin(np.arange(len(y)))])
    bread = np.linalg.inv(x.T @ (weights[:, None] * x))
    reduction = BiasReduction(x, weights, np.ones(len(y)), bread)
    left_over = np.eye(len(y)) - x @ bread @ (weights[:, None] * x).T
    expected = np.zeros((3, 3))
    for g in range(5):
        first = int(np.flatnonzero(program == g)[0])
        rows = slice(first, first + int(np.sum(program == g)))
        adjusted = reduction.adjusted(rows)
        expected += adjusted.T @ (left_over @ left_over.T)[rows, rows] @ adjusted
    np.testing.assert_allclose(expected, reduction.spread, rtol=1e-9)


def test_weights_of_zero_change_nothing() -> None:
    y, arm, program = _people()
    x = np.column_stack([np.ones(len(y)), arm])
    more = np.vstack([x, [[1.0, 5.0]]])
    found = regression_inference(
        more, np.append(y, 99.0), np.append(np.ones(len(y)), 0.0), np.append(program, 0)
    )
    plain = regression_inference(x, y, None, program)
    np.testing.assert_allclose(found.covariance, plain.covariance, rtol=1e-10)


def test_rules_say_how_many_clusters_there_are() -> None:
    y, arm, program = _people()
    value, psi = _difference(y, arm)
    found = influence_inference(("d",), np.array([value]), psi[:, None], program, arm)
    assert "4 and 4 clusters" in found.rule


X = np.column_stack([np.ones(40), np.arange(40.0)])
PROGRAM = np.repeat(np.arange(8), 5)


@pytest.mark.parametrize(
    ("regression", "reason"),
    [
        ((X, np.full(40, np.nan), None, PROGRAM, "linear"), "complete rows"),
        ((X, np.arange(40.0), -np.ones(40), PROGRAM, "linear"), "not negative"),
        ((np.column_stack([X, X[:, 1] * 2]), np.arange(40.0), None, PROGRAM, "linear"), "told apart"),
        ((np.column_stack([X, np.zeros(40)]), np.arange(40.0), None, PROGRAM, "linear"), "zero throughout"),
        ((X, np.arange(40.0), None, np.zeros(40), "linear"), "at least two programs"),
        ((X, np.arange(40.0), None, np.array([None] * 40), "linear"), "someone has no program"),
        ((X[:2], np.arange(2.0), None, PROGRAM[:2], "linear"), "no more people than coefficients"),
        ((X, np.arange(40.0), None, PROGRAM, "logistic"), "between 0 and 1"),
        ((X, np.ones(40), None, PROGRAM, "logistic"), "same outcome"),
        ((X, (np.arange(40) > 20).astype(float), None, PROGRAM, "logistic"), "predicted perfectly"),
        ((np.column_stack([X, np.arange(40) == 3]), (np.arange(40) % 3 == 0).astype(float), None,
          PROGRAM, "logistic"), "predicted perfectly"),
    ],
)  # fmt: skip
def test_a_regression_without_an_answer_says_why(regression: Any, reason: str) -> None:
    with pytest.raises(NotIdentifiedError, match=re.escape(reason)):
        regression_inference(*regression)


@pytest.mark.parametrize(
    ("psi", "cluster", "arms", "reason"),
    [
        (np.ones((0, 1)), np.array([]), None, "no one"),
        (np.full((40, 1), np.nan), PROGRAM, PROGRAM < 4, "no number for someone"),
        (np.ones((40, 1)), PROGRAM, np.arange(40) < 18, "lies in both groups"),
        (np.ones((40, 1)), PROGRAM, PROGRAM < 1, "at least two programs"),
        (np.ones((40, 1)), np.where(PROGRAM == 0, np.nan, PROGRAM), PROGRAM < 4, "someone has no program"),
        (np.ones((40, 1)), PROGRAM, np.array([None] * 40), "someone has no group"),
    ],
)
def test_a_comparison_without_an_answer_says_why(psi: Any, cluster: Any, arms: Any, reason: str) -> None:
    with pytest.raises(NotIdentifiedError, match=re.escape(reason)):
        influence_inference(("d",), np.ones(1), psi, cluster, arms)


def test_programs_that_do_not_vary_have_no_standard_error() -> None:
    found = influence_inference(("d",), np.ones(1), np.zeros((40, 1)), PROGRAM, PROGRAM < 4)
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        contrast_of(found, {"d": 1.0})


@pytest.mark.parametrize("family", ["linear", "logistic"])
def test_the_only_program_of_an_arm_has_no_standard_error_rather_than_a_tiny_one(family: Any) -> None:
    y, arm, program = _people()
    only = np.isin(program, [0, 4, 5, 6])
    x, outcome = np.column_stack([np.ones(len(y)), arm])[only], y[only]
    outcome = outcome if family == "linear" else (outcome > 0).astype(float)
    found = regression_inference(x, outcome, None, program[only], family)
    assert contrast_of(found, {"x0": 1.0}).std_error > 0.0
    pair = np.isin(program[only], [0, 4])
    found = regression_inference(x[pair], outcome[pair], None, program[only][pair], family)
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        contrast_of(found, {"x1": 1.0})


def test_one_person_in_each_program_is_the_two_sample_t_test() -> None:
    random = np.random.default_rng(8)
    y, arm = random.normal(size=16), np.repeat([1.0, 0.0], 8)
    found = _influence(y, arm, np.arange(16))
    assert found.std_error == pytest.approx(math.sqrt((y[:8].var(ddof=1) + y[8:].var(ddof=1)) / 8), rel=1e-10)
    assert found.df == pytest.approx(14.0, rel=1e-3)


def test_a_fit_is_the_maximum_of_its_likelihood() -> None:
    y, arm, _ = _people()
    x = np.column_stack([np.ones(len(y)), arm, np.cos(y)])
    yes, weights = (y > 0).astype(float), np.random.default_rng(9).uniform(0.2, 3.0, len(y))
    fit = fitted(x, yes, weights, "logistic")
    np.testing.assert_allclose(fit.slopes.T @ (fit.precision * fit.residuals), 0.0, atol=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_small_and_odd_collaboratives_get_a_number_or_a_reason(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 7))
    sizes = random.integers(1, 6, count)
    program = np.repeat(np.arange(count), sizes)
    arm = (random.random(count) < 0.5)[program].astype(float)
    y = random.choice([0.0, 1.0, 1e9, -1e-9, 0.5], len(program))
    weights = random.choice([0.0, 1.0, 1e-6, 1e6], len(program))
    x = np.column_stack([np.ones(len(program)), arm, random.choice([0.0, 1.0, 1e8], len(program))])
    psi = y[:, None] - y.mean()
    attempts = (
        lambda: influence_inference(("d",), np.ones(1), psi, program, arm),
        lambda: influence_inference(("d",), np.ones(1), psi, program, arm, weights=weights),
        lambda: influence_inference(("d",), np.ones(1), psi, program),
        lambda: regression_inference(x, y, weights, program),
        lambda: regression_inference(x, np.clip(y, 0, 1), weights, program, "logistic"),
        lambda: regression_inference(x[:, :2], np.clip(y, 0, 1), None, program, "logistic"),
    )
    for attempt in attempts:
        try:
            fit = attempt()
            for row in np.eye(len(fit.beta)):
                answer = contrast_of(fit, row)
                assert all(map(math.isfinite, (answer.estimate, answer.low, answer.high, answer.p_value)))
        except NotIdentifiedError as reason:
            assert str(reason)


@pytest.mark.parametrize("plain", [True, False], ids=["weights-are-inverse-variances", "other-weights"])
@pytest.mark.parametrize("even", [True, False], ids=["one-variance", "many-variances"])
@pytest.mark.parametrize("decided", [True, False], ids=["one-decides", "none-decides"])
def test_clusters_are_adjusted_together_as_they_are_one_by_one(
    plain: bool, even: bool, decided: bool
) -> None:
    random = np.random.default_rng(11)
    sizes = np.array([40, 3, 17, 45, 41, 1, 0, 60, 43])
    ends, n = np.cumsum(sizes), int(sizes.sum())
    cluster = np.repeat(np.arange(sizes.size), sizes)
    x = np.column_stack([np.ones(n), random.standard_normal(sizes.size)[cluster], random.standard_normal(n)])
    if decided:  # one cluster alone tells of a coefficient
        x = np.column_stack([x, cluster == 3])
    variance = np.full(n, 0.7) if even else random.uniform(0.05, 0.25, n)
    weights = 1.0 / variance if plain else random.uniform(0.5, 2.0, n)
    reduction = BiasReduction(x, weights, variance, np.linalg.inv((x * weights[:, None]).T @ x), [2, 1])

    together = reduction.adjusted_each(ends)

    each = [reduction.adjusted(slice(end - size, end)) for end, size in zip(ends, sizes, strict=True) if size]
    np.testing.assert_allclose(together, np.vstack(each), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("decided", [False, True])
def test_people_as_clusters_are_adjusted_at_once_as_they_are_one_by_one(decided: bool) -> None:
    random = np.random.default_rng(8)
    x = np.column_stack([np.ones(30), random.standard_normal(30)])
    if decided:  # one person alone decides a coefficient: their residual says nothing
        x = np.column_stack([x, np.arange(30) == 3])
    weights, variance = random.uniform(0.5, 2.0, 30), random.uniform(0.5, 2.0, 30)
    reduction = BiasReduction(x, weights, variance, np.linalg.inv((x * weights[:, None]).T @ x))

    at_once = reduction.adjusted_single_rows()

    one_by_one = np.vstack([reduction.adjusted(slice(row, row + 1)) for row in range(30)])
    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-9, atol=1e-12)
