"""Terms made and multiplied in one compiled pass: the sums are those of the rows written out."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from models.within_person.design import parts
from models.within_person.design.centering import person_means
from models.within_person.design.parts import edges_of
from models.within_person.design.rows import Rows, edges_of_runs, used_rows
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


MANY_CONSTANTS = Design(
    "y",
    (
        between("x"), between("m"), product(between("x"), between("m")),
        product(product(between("x"), within("x")), between("x"), "bent"), within("x"), within("m"),
    ),
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
@pytest.mark.parametrize("design", [EVERY_KIND, MANY_CONSTANTS, Design("y")])
def test_the_compiled_pass_sums_what_the_rows_written_out_sum(
    monkeypatch: pytest.MonkeyPatch, weights: str | None, threads: bool, design: Design
) -> None:
    if threads:
        monkeypatch.setattr(parts, "WORTH_THREADS", 10)
    rows = rows_of(diary(), weights)
    plain = person_sums(model_rows(rows, design), "numpy")
    fast = design_sums(rows, design, "compiled")

    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(fast.n_rows, plain.n_rows)
    assert (fast.names, fast.random) == (plain.names, plain.random)
    assert fast.log_weights == pytest.approx(plain.log_weights, rel=1e-12, abs=1e-12)


def test_the_compiled_sums_are_the_same_to_the_last_digit_from_run_to_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "WORTH_THREADS", 10)
    rows = rows_of(diary(), "w")
    first, again = (design_sums(rows, EVERY_KIND, "compiled").products for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_means_of_persons_equal_but_for_rounding_make_no_predictor() -> None:
    swing = np.random.default_rng(3).normal(size=40)
    person, day = np.repeat(np.arange(40), 6), np.tile(np.arange(6), 40)
    x = 0.1 + 1e6 * swing[person] * np.array([1.0, 2.0, -3.0, 0.5, 0.7, -1.2])[day]  # which add to zero
    rows = rows_of(pl.DataFrame({"who": person, "day": day, "x": x, "m": day % 3 == 0, "y": x}))
    assert np.ptp(person_means(rows.columns["x"], rows.person)) > 0

    sums = design_sums(rows, Design("m", (between("x"),)), "compiled")
    assert (sums.products[:, 0] == 6.0).all()
    assert (sums.products[:, [1, 3, 4]] == 0.0).all()  # with the intercept, itself and the response


def test_rows_dropped_and_persons_left_out_are_not_counted() -> None:
    frame = diary().with_columns(
        x=pl.when((pl.col("day") % 3 == 1) | (pl.col("who") == 4)).then(None).otherwise(pl.col("x"))
    )
    rows = rows_of(frame)
    assert rows.expected.sum() > rows.n_rows
    np.testing.assert_array_equal(edges_of(rows), edges_of_runs(rows.person))
    plain = person_sums(model_rows(rows, EVERY_KIND), "numpy")
    fast = design_sums(rows, EVERY_KIND, "compiled")
    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(fast.n_rows, plain.n_rows)


@pytest.mark.parametrize("short", ["x", "w"])
def test_a_column_of_fewer_rows_is_refused_and_not_read_past_its_end(short: str) -> None:
    rows = rows_of(diary(), "w")
    assert rows.weights is not None
    if short == "x":
        broken = replace(rows, columns={**rows.columns, "x": rows.columns["x"][:-1]})
    else:
        broken = replace(rows, weights=rows.weights[:-1])
    with pytest.raises(ValueError, match="not the rows that its persons have"):
        design_sums(broken, Design("y", (value("x"),)), "compiled")


@pytest.mark.parametrize("chunk", [1, 3, 7, 20, 1000])
@pytest.mark.parametrize("lengths", [[5], [1, 1, 1, 1], [30, 1, 2, 40, 1], [2, 50]])
def test_chunks_hand_out_every_person_once_in_order(
    monkeypatch: pytest.MonkeyPatch, chunk: int, lengths: list[int]
) -> None:
    monkeypatch.setattr(parts, "CHUNK", chunk)
    edges = np.concatenate([[0], np.cumsum(lengths)])
    for first, last in combinations(range(len(lengths) + 1), 2):
        made = parts.chunks(edges, first, last)
        assert [person for people in made for person in range(people.start, people.stop)] == [
            *range(first, last)
        ]
        for people in made:
            assert people.stop > people.start
            rows = edges[people.stop] - edges[people.start]
            assert rows < chunk + max(lengths)
    assert parts.chunks(edges, 0, 0) == []


@pytest.mark.parametrize("days", [[60], [60, 1], [1, 60]])
def test_a_person_with_most_of_the_rows_leaves_the_threads_their_shares(
    monkeypatch: pytest.MonkeyPatch, days: list[int]
) -> None:
    monkeypatch.setattr(parts, "WORTH_THREADS", 10)
    monkeypatch.setattr(parts, "CHUNK", 8)
    person = np.repeat(np.arange(len(days)), days)
    y = np.random.default_rng(2).normal(size=person.size)
    frame = pl.DataFrame({"who": person, "day": np.arange(person.size), "x": y, "m": y > 0, "y": y})
    rows = rows_of(frame)
    design = Design("y", (value("m"), within("x")))
    plain = person_sums(model_rows(rows, design), "numpy")
    fast = design_sums(rows, design, "compiled")
    np.testing.assert_allclose(fast.products, plain.products, rtol=1e-10, atol=1e-12)


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
