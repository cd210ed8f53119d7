"""Terms evaluated row by row."""

import numpy as np
import polars as pl
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.rows import used_rows
from models.within_person.design.terms import Design, between, grand, model_rows, product, value, within

X, M, Y = [1.0, 3.0, 2.0, 4.0, 9.0], [True, False, True, True, False], [1.0, 2.0, 3.0, 4.0, 5.0]
FRAME = pl.DataFrame({"who": [1, 1, 2, 2, 2], "day": [0, 1, 0, 1, 2], "x": X, "m": M, "y": Y})


def rows(frame: pl.DataFrame = FRAME, weights: str | None = None):
    return used_rows(frame, person="who", day="day", columns=("x", "m", "y"), weights=weights)


def column(design: Design, name: str, **more: str):
    model = model_rows(rows(**more), design)
    return model.x[:, model.names.index(name)]


def test_each_part_is_what_its_name_says():
    terms = (value("x"), grand("x"), within("x"), between("x"), value("m"))
    model = model_rows(rows(), Design("y", terms))
    assert model.names == ("intercept", "x", "x_grand", "x_within", "x_between", "m")
    expected = {
        "intercept": [1.0] * 5,
        "x": X,
        "x_grand": np.array(X) - 3.8,
        "x_within": [-1.0, 1.0, -3.0, -1.0, 4.0],
        "x_between": [-1.5, -1.5, 1.5, 1.5, 1.5],
        "m": [1.0, 0.0, 1.0, 1.0, 0.0],
    }
    for position, name in enumerate(model.names):
        assert model.x[:, position] == pytest.approx(expected[name], abs=1e-14)
    assert model.y.tolist() == Y


def test_a_product_is_that_of_its_terms_and_bears_both_names():
    design = Design("y", (within("x"), value("m"), product(within("x"), value("m"))))
    assert column(design, "x_within_x_m").tolist() == [-1.0, 0.0, -3.0, -1.0, 0.0]


def test_a_product_may_be_named_and_multiplied_again():
    square = product(within("x"), within("x"), "identity_squared")
    cube = product(square, within("x"))
    design = Design("y", (square, cube))
    assert column(design, "identity_squared").tolist() == [1.0, 1.0, 9.0, 1.0, 16.0]
    assert column(design, "identity_squared_x_x_within").tolist() == [-1.0, 1.0, -27.0, -1.0, 64.0]


def test_random_terms_point_at_their_columns_after_the_intercept():
    design = Design("y", (value("m"), within("x"), between("x")), random=(within("x"), value("m")))
    assert model_rows(rows(), design).random == (0, 1, 2)
    assert Design("y", (value("m"), within("x")), random=(within("x"),)).random_columns == (0, 2)


def test_person_means_are_weighted_where_rows_are_and_the_mean_of_means_counts_a_person_once():
    frame = FRAME.with_columns(w=pl.Series([3.0, 1.0, 1.0, 1.0, 2.0]))
    design = Design("y", (within("x"), between("x"), grand("x")))
    model = model_rows(rows(frame, "w"), design)
    means = np.array([1.5, 1.5, 6.0, 6.0, 6.0])
    assert model.x[:, 1] == pytest.approx(np.array(X) - means)
    assert np.bincount(model.person, model.weights * model.x[:, 1]) == pytest.approx([0.0, 0.0], abs=1e-14)
    assert model.x[:, 2] == pytest.approx(means - 3.75)
    assert float(model.weights @ model.x[:, 3]) == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("offset", [2026.25, 1e6, 1e9])
def test_parts_of_a_variable_far_from_zero_keep_their_digits(offset):
    generator = np.random.default_rng(5)
    person = np.repeat(np.arange(40), 25)
    near = np.round(generator.normal(size=1000) * 1024) / 1024  # exact after the offset is added
    frame = pl.DataFrame({"who": person, "day": np.tile(np.arange(25), 40), "x": near})
    far = frame.with_columns(x=pl.col("x") + offset)
    design = Design("x", (within("x"), between("x"), grand("x"), value("x", minus=offset)))
    low, high = (
        model_rows(used_rows(each, person="who", day="day", columns=["x"]), design) for each in (frame, far)
    )
    assert high.x[:, 4] == pytest.approx(near, abs=0)
    assert high.x[:, 1:4] == pytest.approx(low.x[:, 1:4], abs=max(1e-14, 2.0**-52 * offset))


def test_a_variable_that_never_varies_has_no_within_part_at_any_height():
    frame = FRAME.with_columns(x=pl.lit(1e9 + 0.1))
    model = model_rows(rows(frame), Design("y", (within("x"), between("x"), grand("x"))))
    assert np.all(model.x[:, 1:] == 0.0)


def test_a_design_names_the_variables_and_the_products_it_needs():
    design = Design("y", (within("x"), between("x"), value("m"), product(value("x"), value("m"))))
    assert design.variables == ("x", "m", "y")
    assert design.columns == ("x", "m", "y", "m*x")
    by_person = Design("y", (product(between("x"), value("m")),))
    assert by_person.columns == ("x", "m", "y")
    cube = product(product(value("x"), value("x")), value("m"))
    assert Design("y", (cube,)).columns == ("x", "m", "y", "x*x", "m*x", "m*x*x")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Design("y", (value("x"), value("x"))), "terms share a name"),
        (lambda: Design("y", (value("x"),), random=(within("x"),)), "must be one of the fixed"),
        (lambda: Design("y", (value("x"),), random=(value("x"), value("x"))), "must be one of the fixed"),
        (lambda: Design("y", (value("a*b"),)), "must not contain"),
    ],
)
def test_a_design_that_cannot_be_read_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_no_row_is_refused_by_name():
    with pytest.raises(NotIdentifiedError, match="no row has every variable"):
        model_rows(rows(FRAME.clear()), Design("y", (within("x"),)))
