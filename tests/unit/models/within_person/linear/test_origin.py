"""Columns far from zero, units that cannot be squared, weights that are none, and too few rows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.streaming import cross_products_of_batches
from models.within_person.design.terms import Design, between, design_sums, model_rows, model_sums, within
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.bootstrap import person_bootstrap
from models.within_person.linear.fit import fit, fit_design, fit_rows
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.profile import Spread, profile_interval
from models.within_person.linear.small_sample import kenward_roger, satterthwaite
from models.within_person.linear.sums import person_sums
from models.within_person.linear.variance_tests import variance_test

DESIGN = Design("y", fixed=(within("x"), between("x")), random=(within("x"),))
FAR = [1e5, 1e6, 1e7]
WAYS = ["rows", "cross-products", "design"]


def _diary(offset: float = 0.0, *, size: float = 1.0, of: str = "y") -> Rows:
    draw = np.random.default_rng(0)
    people, days = 30, 8
    person = np.repeat(np.arange(people), days)
    x = draw.normal(size=person.size)
    y = draw.normal(size=people)[person] + (0.5 + 0.4 * draw.normal(size=people)[person]) * x
    y += draw.normal(size=person.size)
    # Offsets are whole and values have few digits, so that adding one rounds nothing away.
    y, x = np.round(y * 1024) / 1024, np.round(x * 1024) / 1024
    values = {"x": x, "y": y}
    values[of] = values[of] * size + offset
    frame = pl.DataFrame({"p": person, "d": np.tile(np.arange(days), people), **values})
    return used_rows(frame, person="p", day="d", columns=("x", "y"))


def _sums(rows: Rows, way: str) -> PersonSums:
    if way == "rows":
        return person_sums(model_rows(rows, DESIGN))
    if way == "design":
        pytest.importorskip("numba")
        return design_sums(rows, DESIGN, "compiled")
    return model_sums(CrossProducts.from_rows(rows, DESIGN.columns), DESIGN)


def _said(sums: PersonSums) -> list[float]:
    """Everything that follows from the sums, but for what an origin may move: the intercept."""
    found = fit(sums)
    assert found.outcome == "converged"
    one = np.array([0.0, 1.0, 0.0])
    corrected, plain = kenward_roger(found, sums), satterthwaite(found, sums)
    test = variance_test(sums, found, "x_within")
    coefficient = profile_interval(sums, found, "x_within")
    spread = profile_interval(sums, found, Spread("x_within"))
    drawn = person_bootstrap(sums, 3, seed=5)
    return [
        *found.beta[1:], *np.diag(found.covariance), found.residual_variance, found.log_likelihood,
        *found.random_covariance.ravel(), *corrected.covariance.ravel(), corrected.df(one), plain.df(one),
        test.statistic, coefficient.low, coefficient.high, spread.low, spread.high,
        *drawn.beta[:, 1:].ravel(),
    ]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("offset", FAR)
def test_a_response_far_from_zero_changes_nothing_but_the_intercept(offset: float, way: str) -> None:
    near, far = _sums(_diary(), way), _sums(_diary(offset), way)

    np.testing.assert_allclose(_said(far), _said(near), rtol=1e-6, atol=1e-8)
    assert fit(far).log_likelihood == pytest.approx(fit(near).log_likelihood, abs=1e-8)
    assert fit(far).beta[0] == pytest.approx(fit(near).beta[0] + offset, rel=1e-13)


@pytest.mark.parametrize("offset", [2026.0, 1e6])
def test_a_predictor_with_a_slope_by_person_may_lie_far_from_zero(offset: float) -> None:
    rows = model_rows(_diary(), DESIGN)
    near, far = person_sums(rows), person_sums(replace(rows, x=rows.x + np.array([0.0, offset, -offset])))
    one = np.array([0.0, 1.0, 0.0])
    ours, other = fit(far), fit(near)

    assert far.origin is not None
    assert near.origin is None
    assert ours.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(ours.beta[1:], other.beta[1:], rtol=1e-7)
    assert kenward_roger(ours, far).df(one) == pytest.approx(kenward_roger(other, near).df(one), rel=1e-5)
    assert satterthwaite(ours, far).df(one) == pytest.approx(satterthwaite(other, near).df(one), rel=1e-5)
    for parameter in ("x_within", Spread("x_within"), Spread(None)):
        interval, expected = profile_interval(far, ours, parameter), profile_interval(near, other, parameter)
        assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=1e-5)


@pytest.mark.parametrize("random", [(0, 1), (1,), ()])
def test_a_diagonal_covariance_keeps_the_zero_point_of_its_columns(random: tuple[int, ...]) -> None:
    rows = replace(model_rows(_diary(), DESIGN), random=random)
    x = rows.x.copy()
    x[:, 1] += 2026.0
    moved = person_sums(replace(rows, x=x, y=rows.y + 2026.0))
    raw = moved.about_zero()

    assert moved.origin is not None
    for structure in ("diagonal", "full") if random == (1,) else ("diagonal",):
        about, plain = fit(moved, structure=structure), fit(raw, structure=structure)  # type: ignore[arg-type]
        assert about.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-4)
        np.testing.assert_allclose(about.beta, plain.beta, rtol=1e-6)
        np.testing.assert_allclose(about.random_covariance, plain.random_covariance, rtol=1e-4, atol=1e-8)


def test_sums_about_an_origin_are_the_sums_about_zero_moved() -> None:
    weights = np.linspace(0.5, 2.0, 240)
    rows = replace(model_rows(_diary(), DESIGN), weights=weights)
    both = np.column_stack([rows.x, rows.y + 4096.0])
    sums = person_sums(replace(rows, y=rows.y + 4096.0))
    raw = np.einsum("i,ia,ib->ab", weights, both, both)[np.triu_indices(4)]

    assert sums.origin is not None
    np.testing.assert_allclose(sums.about_zero().products.sum(axis=0), raw, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("offset", [1e5, 1e6, 3e6])
def test_sums_by_hand_that_lost_their_digits_are_refused_by_the_name_of_the_column(offset: float) -> None:
    sums = _sums(_diary(offset), "rows").about_zero()
    with pytest.raises(
        NotIdentifiedError, match=r"lost the digits of: the response; take them about an origin"
    ):
        fit(sums)


@pytest.mark.parametrize("offset", [1e3, 1e4])
def test_sums_by_hand_that_are_answered_are_right_to_what_is_asked(offset: float) -> None:
    far, near = fit(_sums(_diary(offset), "rows").about_zero()), fit(_sums(_diary(), "rows"))
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(far.beta[1:], near.beta[1:], rtol=1e-5)


def test_a_variance_test_compares_deviances_of_the_same_sums() -> None:
    near, far = _sums(_diary(), "rows"), _sums(_diary(1e6), "rows")
    elsewhere = replace(fit(far), log_likelihood=fit(far).log_likelihood + 1.0)  # of another arithmetic
    expected = variance_test(near, fit(near), "x_within").statistic

    assert variance_test(far, elsewhere, "x_within").statistic == pytest.approx(expected, abs=1e-7)
    fewer = replace(far, products=far.products[1:], n_rows=far.n_rows[1:])
    with pytest.raises(ValueError, match="different models or rows"):
        variance_test(fewer, fit(far), "x_within")


@pytest.mark.parametrize("column", ["x", "y"])
@pytest.mark.parametrize("size", [1e200, 1e-200, 1e-160])
def test_units_that_cannot_be_squared_are_refused_as_units_and_not_as_no_variation(
    size: float, column: str
) -> None:
    rows = _diary(size=size, of=column)
    name = "the response" if column == "y" else "x"
    reason = f"too large or too small to be squared.*: {name}"
    with pytest.raises(ValueError, match=reason):
        fit_rows(model_rows(rows, DESIGN))
    with pytest.raises(ValueError, match=reason):
        fit_design(rows, DESIGN)
    with pytest.raises(ValueError, match=reason):
        fit_autoregressive(model_rows(rows, DESIGN))
    with pytest.raises(ValueError, match=rf"too large or too small .* another unit: {column}$"):
        CrossProducts.from_rows(rows, DESIGN.columns)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_a_positive_number_is_refused_with_the_count(weight: float) -> None:
    rows = model_rows(_diary(), DESIGN)
    weights = np.ones(rows.y.size)
    weights[[3, 7]] = weight
    weighted = replace(rows, weights=weights)
    with pytest.raises(ValueError, match=r"^2 rows hold a weight that is not a positive number$"):
        fit_rows(weighted)
    with pytest.raises(ValueError, match=r"^2 rows hold a value that is missing, infinite or no weight$"):
        fit_autoregressive(weighted)


Study = Callable[..., ModelRows]


def test_more_parameters_than_rows_carry_are_refused_with_the_counts(study: Study) -> None:
    rows = study(people=3, single=False)
    first = np.flatnonzero(np.diff(rows.person, prepend=-1))
    kept = np.sort(np.concatenate([first, first + 1]))
    toy = replace(
        rows, x=np.ascontiguousarray(rows.x[kept][:, :2]), y=rows.y[kept], person=rows.person[kept],
        names=rows.names[:2], day=np.tile([0.0, 1.0], 3),
    )  # fmt: skip
    with pytest.raises(
        NotIdentifiedError, match=r"^6 rows do not suffice for 2 coefficients and 4 variances$"
    ):
        fit_rows(toy)
    with pytest.raises(
        NotIdentifiedError, match=r"^6 rows do not suffice for 2 .* 4 variances and a correlation"
    ):
        fit_autoregressive(toy)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_a_stream_refuses_units_that_cannot_be_squared(size: float, engine: Engine) -> None:
    if engine == "compiled":
        pytest.importorskip("numba")
    rows = _diary(size=size)
    frame = pl.DataFrame({"p": rows.person, "x": rows.columns["x"], "y": rows.columns["y"]})
    with pytest.raises(ValueError, match=r"too large or too small .* another unit: y$"):
        cross_products_of_batches(
            [frame[:100], frame[100:]], person="p", columns=DESIGN.columns, engine=engine
        )
