"""Sums of terms derived from those of the variables: compiled and in numpy, in small pages and in any."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.within_person import small_pages
from models.within_person.design import polynomial_sums
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import (
    Design,
    between,
    grand,
    model_rows,
    model_sums,
    product,
    value,
    within,
)
from models.within_person.linear.sums import person_sums

DESIGNS = {
    "no term": Design("y"),
    "as they are": Design("y", (value("x"), product(value("x"), value("m"))), (value("x"),)),
    "of every kind": Design(
        value("y", minus=3.0),
        (
            within("x"), between("x"), grand("m"), value("m"), product(within("x"), between("x")),
            product(product(value("x", minus=0.5), grand("m")), within("m")),
        ),
    ),
    "within the person alone": Design("y", (within("x"), product(within("x"), within("x"), "bent"))),
}  # fmt: skip


def diary(offset: float = 0.0) -> Rows:
    draw = np.random.default_rng(8)
    days = draw.integers(1, 20, 60)
    who = np.repeat(np.arange(60), days)
    x = draw.normal(size=60)[who] + draw.normal(size=who.size)
    frame = pl.DataFrame(
        {
            "who": who, "day": np.concatenate([np.arange(n) for n in days]), "x": x + offset,
            "m": draw.random(who.size) < 0.4, "y": 3 + 0.5 * x + draw.normal(size=who.size) + offset,
            "w": draw.uniform(0.5, 2.0, who.size),
        }
    )  # fmt: skip
    return used_rows(frame, person="who", day="day", columns=("x", "m", "y"), weights="w")


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("threads", [False, True])
def test_compiled_sums_of_terms_are_those_of_numpy_and_of_the_rows(
    monkeypatch: pytest.MonkeyPatch, name: str, threads: bool
) -> None:
    pytest.importorskip("numba")
    if threads:
        monkeypatch.setattr(polynomial_sums, "WORTH_THREADS", 1)
    design, rows = DESIGNS[name], diary()
    cross = CrossProducts.from_rows(rows, design.columns, "numpy")
    plain, fast = (model_sums(cross, design, engine=engine) for engine in ("numpy", "compiled"))
    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-10, atol=1e-10)
    by_row = person_sums(model_rows(rows, design), "numpy")
    np.testing.assert_allclose(fast.products, by_row.products, rtol=1e-9, atol=1e-9)


def test_compiled_sums_take_the_same_origin_and_variables_of_the_person() -> None:
    pytest.importorskip("numba")
    design = Design("y", (value("x"), value("age"), product(within("x"), value("age"))), (value("x"),))
    rows = diary(offset=1e7)
    cross = CrossProducts.from_rows(rows, ("x", "y"), "numpy")
    ages = {"age": np.linspace(20.0, 70.0, rows.n_people)}
    plain, fast = (
        model_sums(cross, design, person_values=ages, engine=engine) for engine in ("numpy", "compiled")
    )
    assert plain.origin is not None
    np.testing.assert_array_equal(fast.origin, plain.origin)
    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("least", [1, 1 << 26])
def test_room_can_be_written_and_outlives_its_maker(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    monkeypatch.setattr(small_pages, "VERY_LARGE", least)
    room = small_pages.room((7, 3))
    assert room.shape == (7, 3)
    assert room.dtype == np.float64
    assert room.flags.c_contiguous
    room[:] = 0.0
    room[2:5] += 1.5
    part = room[4:]
    del room
    np.testing.assert_array_equal(part, [[1.5] * 3, [0.0] * 3, [0.0] * 3])
    assert small_pages.room((0, 3)).shape == (0, 3)
