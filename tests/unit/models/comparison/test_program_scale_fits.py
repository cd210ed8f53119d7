"""Regressions with a score of programs: the short way, what is refused, and degrees of freedom."""

import numpy as np
import pytest

from models.comparison.program_scale_fits import (
    DIFFERENCE,
    SLOPE,
    ProgramRows,
    cluster_robust_slope,
    slope_of,
)
from models.comparison.regression_fits import Family
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.margins import average_difference
from models.within_person.two_part.mixed_logistic import LogisticStart, fit_logistic


def _rows(
    seed: int, *, programs: int = 12, people: int = 30, spread: float = 0.4, slope: float = 0.2
) -> ProgramRows:
    random = np.random.default_rng(seed)
    program = np.repeat(np.arange(programs), people)
    score = np.linspace(-3, 3, programs)[program]
    own = random.normal(size=(program.size, 2))
    level = spread * random.normal(size=programs)[program]
    chance = 1 / (1 + np.exp(-(slope * score + own @ [0.5, -0.3] + level)))
    return ProgramRows(
        y=(random.random(program.size) < chance).astype(float),
        x=np.column_stack([np.ones(program.size), score, own]), program=program,
        names=("intercept", SLOPE, "first", "second"),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_the_short_way_where_programs_do_not_differ_is_the_mixed_model(seed: int) -> None:
    rows = _rows(seed, spread=0.0 if seed % 2 else 0.5)
    found = slope_of(rows, "logistic")
    fitted = fit_logistic(ModelRows(y=rows.y, x=rows.x, names=rows.names, random=(0,), person=rows.program))
    shift = np.array([0.0, 0.5, 0.0, 0.0])
    difference = average_difference(fitted, rows.x - shift, rows.x + shift)
    assert (found.program_sd == 0.0) == (fitted.outcome == "singular")
    assert found.slope.beta[0] == pytest.approx(fitted.beta[1], abs=1e-9)
    assert found.slope.covariance[0, 0] == pytest.approx(fitted.covariance[1, 1], rel=1e-7)
    assert found.difference is not None
    assert found.difference.beta[0] == pytest.approx(difference.beta[0], abs=1e-9)
    assert found.difference.covariance[0, 0] == pytest.approx(difference.covariance[0, 0], rel=1e-7)


def test_both_kinds_of_programs_were_among_those_compared() -> None:
    spreads = [
        slope_of(_rows(seed, spread=0.0 if seed % 2 else 0.5), "logistic").program_sd for seed in range(6)
    ]
    assert min(spreads) == 0.0
    assert max(spreads) > 0.1


def test_degrees_of_freedom_of_a_logistic_slope_are_programs_less_two() -> None:
    found = slope_of(_rows(1), "logistic")
    assert contrast_of(found.slope, {SLOPE: 1.0}).df == 10.0
    assert found.difference is not None
    assert contrast_of(found.difference, {DIFFERENCE: 1.0}).df == 10.0


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_degrees_of_freedom_of_points_are_about_programs_less_two_where_programs_differ(
    spread: float,
) -> None:
    rows, random = _rows(2), np.random.default_rng(3)
    y = rows.x[:, 1] + spread * random.normal(size=12)[rows.program] + random.normal(size=rows.y.size)
    found = slope_of(ProgramRows(y=y, x=rows.x, program=rows.program, names=rows.names), "linear")
    assert found.difference is None
    assert contrast_of(found.slope, {SLOPE: 1.0}).df == pytest.approx(10.0, abs=0.5)


def test_the_unit_of_the_score_changes_the_slope_and_nothing_else() -> None:
    rows = _rows(4)
    wider = ProgramRows(
        y=rows.y, x=rows.x * np.array([1.0, 10.0, 1.0, 1.0]), program=rows.program, names=rows.names
    )
    one, ten = slope_of(rows, "logistic").slope, slope_of(wider, "logistic").slope
    assert ten.beta[0] == pytest.approx(one.beta[0] / 10, rel=1e-6)
    assert ten.covariance[0, 0] == pytest.approx(one.covariance[0, 0] / 100, rel=1e-6)


@pytest.mark.parametrize("family", ["logistic", "linear"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("two programs", "fewer than 3 programs"),
        ("one score", "same score"),
        ("twice the covariate", r"told apart|collinear|dependent"),
        ("all alike", r"same outcome|no residual|variation"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(family: str, change: str, words: str) -> None:
    rows = _rows(5, programs=2 if change == "two programs" else 12)
    x, y = rows.x.copy(), rows.y.copy()
    if change == "one score":
        x[:, 1] = 0.0
    if change == "twice the covariate":
        x[:, 3] = x[:, 2]
    if change == "all alike":
        y[:] = 1.0
    made = ProgramRows(y=y, x=x, program=rows.program, names=rows.names)
    for fit in (slope_of, cluster_robust_slope):
        if change == "all alike" and family == "linear" and fit is cluster_robust_slope:
            continue  # a slope of exactly zero, whose contrast has no standard error
        with pytest.raises(NotIdentifiedError, match=words):
            fit(made, family)  # type: ignore[operator]


def test_a_score_that_parts_yes_from_no_is_separation() -> None:
    rows = _rows(6)
    y = (rows.x[:, 1] > 0).astype(float)
    made = ProgramRows(y=y, x=rows.x, program=rows.program, names=rows.names)
    with pytest.raises(NotIdentifiedError, match=r"perfectly|separation"):
        slope_of(made, "logistic")


@pytest.mark.parametrize("family", ["logistic", "linear"])
@pytest.mark.parametrize("spread", [0.0, 0.2, 0.6])
def test_where_a_fit_begins_does_not_change_its_answer(family: Family, spread: float) -> None:
    earlier = slope_of(_rows(9, spread=0.4), family)
    rows = _rows(10, spread=spread)
    warm, cold = slope_of(rows, family, start=earlier), slope_of(rows, family)
    assert warm.slope.beta[0] == pytest.approx(cold.slope.beta[0], abs=1e-6)
    assert warm.slope.covariance[0, 0] == pytest.approx(cold.slope.covariance[0, 0], rel=1e-5)
    assert warm.program_sd == pytest.approx(cold.program_sd, rel=1e-4)
    if warm.difference is not None and cold.difference is not None:
        assert warm.difference.beta[0] == pytest.approx(cold.difference.beta[0], abs=1e-7)
        assert warm.difference.covariance[0, 0] == pytest.approx(cold.difference.covariance[0, 0], rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_mixed_model_is_the_same_from_near_from_far_and_from_nowhere(seed: int) -> None:
    rows = _rows(seed, spread=0.5)
    made = ModelRows(y=rows.y, x=rows.x, names=rows.names, random=(0,), person=rows.program)
    cold = fit_logistic(made)
    for beta, variance in ((cold.beta, 0.3), (np.full(4, 2.0), 4.0), (np.zeros(4), 0.01)):
        start = LogisticStart(beta=beta, random_covariance=np.array([[variance]]), points=cold.points)
        warm = fit_logistic(made, start=start)
        assert warm.outcome == cold.outcome
        assert warm.beta == pytest.approx(cold.beta, abs=1e-6)
        assert warm.covariance == pytest.approx(cold.covariance, rel=1e-5, abs=1e-7)
        assert warm.log_likelihood == pytest.approx(cold.log_likelihood, abs=1e-5)
