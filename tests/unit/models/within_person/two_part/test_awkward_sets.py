"""Small awkward sets: each ends in an answer or a named reason, none in a traceback or a silent number."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.mixed_logistic import fit_logistic
from models.within_person.two_part.two_part import fit_two_part, split

# Chosen among many: singular fits, spreads that run away, perfect prediction, near-empty extents.
SEEDS = [1, 2, 6, 9, 17, 24, 25, 29, 40, 57]


def _rows(seed: int) -> ModelRows:
    rng = np.random.default_rng(seed)
    n_people = int(rng.integers(2, 25))
    person = np.repeat(np.arange(n_people), rng.integers(1, 7, size=n_people))
    n = person.size
    scale = 10.0 ** rng.integers(-3, 5)
    x = np.column_stack([np.ones(n), rng.normal(size=n) * scale, (rng.random(n) < rng.random()) * 1.0])
    effect = rng.normal(size=n_people) * rng.choice([0.0, 0.5, 2.0, 8.0])
    some = rng.random(n) < 1 / (1 + np.exp(-(effect[person] + 2 * rng.normal())))
    extent = np.exp(
        rng.choice([0.1, 1.0, 3.0]) * rng.normal(size=n) + rng.choice([0, 1, -1]) * effect[person]
    )
    return ModelRows(
        y=np.where(some, np.maximum(extent, 1e-12), 0.0), x=x, names=("intercept", "a", "b"), random=(0,),
        person=person,
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("family", ["linear", "log", "gamma"])
def test_every_two_part_fit_has_finite_numbers_or_a_reason(seed: int, family: str) -> None:
    any_rows, extent_rows, people = split(_rows(seed))
    try:
        found = fit_two_part(any_rows, extent_rows, people=people, family=family, points=5)
    except NotIdentifiedError as reason:
        assert str(reason)
        return
    assert np.isfinite(found.joint_covariance).all()
    assert np.isfinite(np.r_[found.beta_any, found.beta_extent, found.log_likelihood]).all()
    if found.outcome == "not converged":
        assert found.note
        with pytest.raises(NotIdentifiedError, match="not converged"):
            found.inference("any")
    if found.outcome != "converged":
        assert found.correlation.estimate is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("structure", ["full", "diagonal"])
def test_every_logistic_fit_has_finite_numbers_or_a_reason(seed: int, structure: str) -> None:
    rows = split(_rows(seed))[0]
    for random in ((0,), (0, 1)):
        try:
            found = fit_logistic(replace(rows, random=random), structure=structure, points=5)
        except NotIdentifiedError as reason:
            assert str(reason)
            continue
        assert np.isfinite(found.joint_covariance).all()
        assert found.outcome == "converged" or found.note


@pytest.mark.parametrize(
    ("size", "name"), [(1e200, "is beyond 1e\\+30 in"), (1e-200, "is within 1e-30 of zero")]
)
def test_sizes_out_of_range_are_refused_by_name_before_any_arithmetic_overflows(
    size: float, name: str
) -> None:
    rows = _rows(6)
    any_rows, extent_rows, people = split(rows)
    x = rows.x * [1.0, size, 1.0]
    with pytest.raises(NotIdentifiedError, match=f"^out of range: the predictor a {name}"):
        fit_logistic(replace(any_rows, x=x))
    for family in ("linear", "log", "gamma"):
        with pytest.raises(NotIdentifiedError, match=f"^extent: out of range: the response {name}"):
            fit_two_part(any_rows, replace(extent_rows, y=extent_rows.y * size), people=people, family=family)


@pytest.mark.parametrize("family", ["linear", "log", "gamma"])
@pytest.mark.parametrize("size", [1e28, 1e-28])
def test_sizes_just_within_range_are_fitted_without_overflow(
    drawn: SimpleNamespace, family: str, size: float
) -> None:
    rows = drawn.two_part(5, n_people=40, family=family)
    plain = split(replace(rows, random=(0, 1)))
    any_rows, extent_rows, people = split(
        replace(rows, y=rows.y * size, x=rows.x * [1.0, 1 / size, 1.0, 1.0], random=(0, 1))
    )
    found = fit_two_part(any_rows, extent_rows, people=people, family=family, points=5)
    expected = fit_two_part(plain[0], plain[1], people=plain[2], family=family, points=5)
    assert np.isfinite(found.joint_covariance).all()
    np.testing.assert_allclose(found.beta_any[1] / size, expected.beta_any[1], rtol=1e-4)


def test_an_extent_not_above_zero_is_an_error_that_counts_its_rows(drawn: SimpleNamespace) -> None:
    any_rows, extent_rows, people = split(drawn.two_part(5, n_people=40))
    y = extent_rows.y.copy()
    y[[2, 3, 5]] = 0.0
    with pytest.raises(ValueError, match="above zero on the log scale; it is not in 3 rows"):
        fit_two_part(any_rows, replace(extent_rows, y=y), people=people, family="log")
