"""The two-part model: what it estimates, how its parts hang together, and what it refuses by name."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import fit_logistic
from models.within_person.two_part.two_part import TwoPartFit, correlation_test, fit_two_part, split

FAMILIES = ["linear", "log", "gamma"]


def _fit(rows: ModelRows, **options: object) -> TwoPartFit:
    any_rows, extent_rows, people = split(rows)
    return fit_two_part(any_rows, extent_rows, people=people, **{"points": 9, **options})


def _errors(fit: TwoPartFit) -> np.ndarray:
    return np.sqrt(np.diag(fit.joint_covariance))


def test_split_keeps_every_day_for_any_and_the_days_with_some_for_extent(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(1)
    any_rows, extent_rows, people = split(rows)
    some = rows.y > 0
    np.testing.assert_array_equal(any_rows.y, some)
    np.testing.assert_array_equal(extent_rows.y, rows.y[some])
    np.testing.assert_array_equal(people[extent_rows.person], rows.person[some])
    assert extent_rows.n_people < any_rows.n_people


@pytest.mark.parametrize("family", ["log", "gamma"])
def test_both_parts_lie_near_the_truth_they_were_drawn_from(drawn: SimpleNamespace, family: str) -> None:
    found = _fit(drawn.two_part(2, family=family, n_people=500), family=family)
    assert found.outcome == "converged"
    truth = np.r_[drawn.any, drawn.extent]
    assert (np.abs(np.r_[found.beta_any, found.beta_extent] - truth) < 3.5 * _errors(found)[:8]).all()
    np.testing.assert_allclose(found.random_covariance, drawn.persons, rtol=0.35)
    assert found.dispersion == pytest.approx(0.6 if family == "log" else 3.0, rel=0.1)
    expected = 0.4 / math.sqrt(1.4 * 0.35)
    assert found.correlation.low < expected < found.correlation.high


def test_the_any_part_without_correlation_is_the_mixed_logistic(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(3)
    found, alone = _fit(rows, correlated=False), fit_logistic(split(rows)[0], points=9)
    np.testing.assert_allclose(found.beta_any, alone.beta, rtol=1e-9)
    np.testing.assert_allclose(found.inference("any").covariance, alone.covariance, rtol=1e-9)
    np.testing.assert_allclose(found.random_covariance[0, 0], alone.random_covariance[0, 0], rtol=1e-9)
    assert found.random_covariance[0, 1] == 0.0
    assert found.correlation.estimate is None


def test_the_linear_extent_without_correlation_has_the_likelihood_of_a_linear_mixed_model(
    drawn: SimpleNamespace,
) -> None:
    rows = drawn.two_part(4)
    any_rows, extent_rows, people = split(rows)
    found = fit_two_part(any_rows, extent_rows, people=people, family="linear", correlated=False, points=9)
    between, residual = found.random_covariance[1, 1], found.dispersion**2
    expected, score = fit_logistic(any_rows, points=9).log_likelihood, np.zeros(4)
    for i in range(extent_rows.n_people):
        x, y = extent_rows.x[extent_rows.person == i], extent_rows.y[extent_rows.person == i]
        spread = between + residual * np.eye(y.size)
        rest = y - x @ found.beta_extent
        expected -= 0.5 * (
            y.size * math.log(2 * math.pi)
            + np.linalg.slogdet(spread)[1]
            + rest @ np.linalg.solve(spread, rest)
        )
        score += x.T @ np.linalg.solve(spread, rest)
    assert found.log_likelihood == pytest.approx(expected, abs=1e-8)
    np.testing.assert_allclose(score, 0.0, atol=1e-4)


def test_the_log_family_is_the_linear_one_on_the_logarithm(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(5)
    any_rows, extent_rows, people = split(rows)
    log = fit_two_part(any_rows, extent_rows, people=people, family="log", points=7)
    of_log = replace(extent_rows, y=np.log(extent_rows.y))
    linear = fit_two_part(any_rows, of_log, people=people, family="linear", points=7)
    np.testing.assert_allclose(log.beta_extent, linear.beta_extent, rtol=1e-8)
    assert log.log_likelihood == pytest.approx(linear.log_likelihood - of_log.y.sum(), abs=1e-7)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_unit_of_the_outcome_moves_only_what_is_measured_in_it(
    drawn: SimpleNamespace, family: str
) -> None:
    rows = drawn.two_part(6, n_people=60)
    plain, large = _fit(rows, family=family), _fit(replace(rows, y=1e5 * rows.y), family=family)
    np.testing.assert_allclose(large.beta_any, plain.beta_any, rtol=1e-6)
    if family == "linear":
        np.testing.assert_allclose(large.beta_extent, 1e5 * plain.beta_extent, rtol=1e-6)
        assert large.dispersion == pytest.approx(1e5 * plain.dispersion, rel=1e-6)
    else:
        np.testing.assert_allclose(
            large.beta_extent, plain.beta_extent + np.array([math.log(1e5), 0, 0, 0]), rtol=1e-6, atol=1e-8
        )
        assert large.dispersion == pytest.approx(plain.dispersion, rel=1e-6)
    n = plain.n_rows_extent
    assert large.log_likelihood == pytest.approx(plain.log_likelihood - n * math.log(1e5), abs=1e-5)
    assert large.correlation.estimate == pytest.approx(plain.correlation.estimate, rel=1e-6)


def test_the_interval_of_the_correlation_is_the_delta_method_on_fishers_scale(drawn: SimpleNamespace) -> None:
    found = _fit(drawn.two_part(7))
    covariance, at = found.random_covariance, slice(8, 11)
    triangle = np.array([covariance[0, 0], covariance[1, 0], covariance[1, 1]])

    def z(values: np.ndarray) -> float:
        return math.atanh(values[1] / math.sqrt(values[0] * values[2]))

    slope = np.array([(z(triangle + d) - z(triangle - d)) / 2e-6 for d in 1e-6 * np.eye(3)])
    error = math.sqrt(slope @ found.joint_covariance[at, at] @ slope)
    known = found.correlation
    assert known.std_error_z == pytest.approx(error, rel=1e-5)
    assert math.atanh(known.high) - math.atanh(known.estimate) == pytest.approx(1.959964 * error, rel=1e-5)
    assert -1 < known.low < known.estimate < known.high < 1


def test_a_correlation_is_found_where_there_is_one_and_the_ratio_test_says_so(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(8)
    both, apart = _fit(rows), _fit(rows, correlated=False)
    statistic, df, p_value = correlation_test(both, apart)
    assert df == 1
    assert statistic == pytest.approx(2 * (both.log_likelihood - apart.log_likelihood))
    assert p_value < 0.05
    with pytest.raises(ValueError, match="same rows"):
        correlation_test(apart, both)


def test_persons_who_never_have_any_tell_about_any_but_not_about_extent(drawn: SimpleNamespace) -> None:
    found = _fit(drawn.two_part(9))
    assert found.n_people_extent < found.n_people
    assert found.inference("extent").names == drawn.names
    assert found.inference("extent").covariance.shape == (4, 4)


def test_slopes_in_both_parts_fit_and_only_intercepts_correlate_across_parts_if_diagonal(
    drawn: SimpleNamespace,
) -> None:
    rows = replace(drawn.two_part(10, n_people=40), random=(0, 1))
    found = _fit(rows, structure="diagonal", points=3)
    covariance = found.random_covariance
    assert covariance[0, 2] != 0
    others = [covariance[0, 1], covariance[0, 3], covariance[1, 2], covariance[1, 3], covariance[2, 3]]
    assert others == [0.0] * 5
    apart = _fit(rows, structure="full", correlated=False, points=7)
    assert not apart.random_covariance[:2, 2:].any()


def test_an_extent_alike_in_all_persons_is_named_and_gives_no_correlation(drawn: SimpleNamespace) -> None:
    rows = drawn.two_part(11, n_people=40)
    some = rows.y > 0
    rank = np.zeros(rows.y.size)
    for i in range(rows.n_people):
        mine = np.flatnonzero(some & (rows.person == i))
        rank[mine] = np.linspace(-1, 1, mine.size) if mine.size > 1 else 0.0
    alike = replace(rows, y=np.where(some, np.exp(rank), 0.0), x=rows.x[:, :1], names=rows.names[:1])
    found = _fit(alike)
    assert found.outcome == "singular"
    assert found.correlation.estimate is None
    assert "boundary" in found.correlation.note


def _constant_extent(rows: ModelRows) -> ModelRows:
    return replace(rows, y=(rows.y > 0) * 3.0)


def _one_day_of_some(rows: ModelRows) -> ModelRows:
    first = np.unique(np.where(rows.y > 0, rows.person, -1), return_index=True)[1][1:]
    keep = np.isin(np.arange(rows.y.size), first)
    return replace(rows, y=np.where(keep, rows.y, 0.0))


REFUSED: dict[str, tuple[Callable[[ModelRows], ModelRows], str]] = {
    "never any": (lambda rows: replace(rows, y=0 * rows.y), "^all zero"),
    "always some": (lambda rows: replace(rows, y=rows.y + 1), "^all one"),
    "constant extent": (_constant_extent, "^extent: .*(varies|variation)"),
    "one day of some each": (_one_day_of_some, "^extent: one row each"),
    "collinear": (
        lambda rows: replace(rows, x=np.c_[rows.x, rows.x[:, 1] * 2], names=(*rows.names, "twice")),
        "^any: collinear",
    ),
    "constant where some": (
        lambda rows: replace(
            rows, x=np.column_stack([rows.x, (rows.y > 0) | (np.arange(rows.y.size) % 2 == 0)]),
            names=(*rows.names, "marker"),
        ),
        "^extent: constant predictor: marker",
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_estimated_is_refused_by_name(drawn: SimpleNamespace, case: str, family: str) -> None:
    change, name = REFUSED[case]
    rows = change(drawn.two_part(12, n_people=30))
    with pytest.raises(NotIdentifiedError, match=name):
        _fit(rows, family=family)


def test_persons_that_do_not_match_the_rows_are_an_error_of_the_caller(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(13))
    for wrong in (people[:-1], people[::-1], people + 1000):
        with pytest.raises(ValueError, match="people must give"):
            fit_two_part(any_rows, extent_rows, people=wrong)


def test_an_extent_at_or_below_zero_has_no_logarithm(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(14))
    shifted = replace(extent_rows, y=extent_rows.y - extent_rows.y.min())
    with pytest.raises(ValueError, match="above zero"):
        fit_two_part(any_rows, shifted, people=people, family="gamma")
