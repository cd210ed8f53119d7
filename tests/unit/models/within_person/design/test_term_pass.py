"""Terms made and multiplied in one compiled pass: the sums are those of the rows written out."""

import numpy as np
import polars as pl
import pytest

from models.within_person.design import parts
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import (
    Design,
    between,
    design_sums,
    grand,
    model_rows,
    product,
    value,
    within,
)
from models.within_person.linear.fit import fit_design, fit_rows
from models.within_person.linear.sums import person_sums

pytest.importorskip("numba")
EVERY_KIND = Design(
    value("y", minus=3.0),
    (
        within("x"), between("x"), grand("m"), value("m"), product(within("x"), between("x")),
        product(product(value("x", minus=0.5), grand("m")), within("m")),
    ),
    random=(within("x"),),
)  # fmt: skip


def diary(people: int = 30, *, offset: float = 0.0) -> pl.DataFrame:
    draw = np.random.default_rng(5)
    days = draw.integers(1, 100, people)  # one row to more than one buffer of rows
    person = np.repeat(np.arange(people), days)
    x = draw.normal(size=people)[person] + draw.normal(size=person.size)
    y = 3 + 0.5 * x + draw.normal(size=people)[person] + draw.normal(size=person.size)
    return pl.DataFrame(
        {
            "who": person, "day": np.concatenate([np.arange(n) for n in days]), "x": x + offset,
            "m": draw.random(person.size) < 0.4, "y": y + offset, "w": draw.uniform(0.5, 2.0, person.size),
        }
    )  # fmt: skip


def rows_of(frame: pl.DataFrame, weights: str | None = None) -> Rows:
    return used_rows(frame, person="who", day="day", columns=("x", "m", "y"), weights=weights)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("threads", [False, True])
def test_the_compiled_pass_sums_what_the_rows_written_out_sum(
    monkeypatch: pytest.MonkeyPatch, weights: str | None, threads: bool
) -> None:
    if threads:
        monkeypatch.setattr(parts, "WORTH_THREADS", 10)
        monkeypatch.setattr(parts, "CHUNK", 200)
    rows = rows_of(diary(), weights)
    plain = person_sums(model_rows(rows, EVERY_KIND), "numpy")
    fast = design_sums(rows, EVERY_KIND, "compiled")

    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(fast.n_rows, plain.n_rows)
    assert (fast.names, fast.random) == (plain.names, plain.random)
    assert fast.log_weights == pytest.approx(plain.log_weights, rel=1e-12, abs=1e-12)


def test_person_means_far_from_zero_leave_the_within_part_its_digits() -> None:
    design = Design(grand("y"), (within("x"), between("x")))
    near = design_sums(rows_of(diary()), design, "compiled").products
    far = design_sums(rows_of(diary(offset=1e6)), design, "compiled").products

    np.testing.assert_allclose(far, near, rtol=1e-7, atol=1e-6)  # 1e6 + x has ten digits of x


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_fitted_design_is_the_fit_of_its_rows(engine: str, offset: float) -> None:
    rows = rows_of(diary(offset=offset))
    design = Design("y", (value("x"), product(value("m"), within("x"))), (product(value("m"), within("x")),))
    direct = fit_rows(model_rows(rows, design), engine=engine)  # type: ignore[arg-type]
    found = fit_design(rows, design, engine=engine)  # type: ignore[arg-type]

    assert found.outcome == direct.outcome == "converged"
    np.testing.assert_allclose(found.beta, direct.beta, rtol=1e-9)
    np.testing.assert_allclose(found.covariance, direct.covariance, rtol=1e-8, atol=1e-14)
    assert found.log_likelihood == pytest.approx(direct.log_likelihood, abs=1e-8)
