"""Cross-products by person: made, merged, stored, and turned into those of a model's terms."""

import numpy as np
import polars as pl
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design import terms
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import (
    Design,
    between,
    design_sums,
    grand,
    model_rows,
    model_sums,
    product,
    value,
    within,
)
from models.within_person.linear.sums import person_sums

VARIABLES = ("x", "m", "t", "y")
RICH = Design(
    "y",
    (
        value("t"),
        within("x"),
        between("x"),
        grand("m"),
        product(within("x"), value("m")),
        product(within("x"), between("x")),
        product(within("x"), within("m"), "both_within"),
        product(product(within("x"), within("x")), grand("m"), "bent"),
    ),
    random=(within("x"), product(within("x"), value("m"))),
)


def diary(n_people: int = 25, *, seed: int = 1, offset: float = 0.0, ids: str = "number") -> pl.DataFrame:
    """A diary whose values near the offset are exact, so that the truth is that at offset 0."""
    generator = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), generator.integers(1, 12, n_people))
    day = np.concatenate([np.arange(n) for n in np.bincount(person)])
    level = np.round(generator.normal(size=n_people) * 64) / 64
    x = level[person] + np.round(generator.normal(size=person.size) * 256) / 256
    y = np.round((x + generator.normal(size=person.size)) * 256) / 256
    return pl.DataFrame(
        {
            "who": person + 100,
            "day": day,
            "x": x + offset,
            "m": generator.integers(0, 2, person.size).astype(bool),
            "t": day / 8 + offset,
            "y": y + offset,
            "w": generator.integers(1, 5, person.size) / 2,
        }
    ).with_columns(pl.col("who").cast(pl.String if ids == "text" else pl.Int64))


def rows(frame: pl.DataFrame, weights: str | None = None) -> Rows:
    return used_rows(frame, person="who", day="day", columns=VARIABLES, weights=weights)


def same(one: CrossProducts, other: CrossProducts, tolerance: float = 1e-11) -> None:
    assert one.people.to_list() == other.people.to_list()
    assert one.columns == other.columns
    assert one.n_rows.tolist() == other.n_rows.tolist()
    for name in ("weight", "log_weight", "mean", "comoment"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=tolerance, abs=tolerance), name


def by_hand(frame: pl.DataFrame, columns: tuple[str, ...], weights: str | None):
    for _, of_person in frame.sort("who", "day").group_by("who", maintain_order=True):
        weight = of_person[weights].to_numpy() if weights else np.ones(of_person.height)
        levels = {n: np.average(of_person[n].cast(float).to_numpy(), weights=weight) for n in VARIABLES}
        values = np.array(
            [
                np.prod([of_person[n].cast(float).to_numpy() - levels[n] for n in name.split("*")], axis=0)
                for name in columns
            ]
        )
        mean = np.average(values, axis=1, weights=weight)
        rest = values - mean[:, None]
        full = (rest * weight) @ rest.T
        single = np.array(["*" not in name for name in columns])
        absolute = np.array([levels.get(name, 0.0) for name in columns])
        yield np.where(single, absolute, mean), full[np.triu_indices(len(columns))]


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_means_and_comoments_are_those_of_each_persons_rows(weights, engine):
    if engine == "compiled":
        pytest.importorskip("numba")
    frame = diary()
    cross = CrossProducts.from_rows(rows(frame, weights), RICH.columns, engine)
    for person, (mean, comoment) in enumerate(by_hand(frame, RICH.columns, weights)):
        assert cross.mean[person] == pytest.approx(mean, rel=1e-12, abs=1e-12)
        assert cross.comoment[person] == pytest.approx(comoment, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_sums_of_terms_from_cross_products_are_those_of_the_rows(weights, engine):
    if engine == "compiled":
        pytest.importorskip("numba")
    ours = rows(diary(), weights)
    direct = person_sums(model_rows(ours, RICH), "numpy")
    derived = model_sums(CrossProducts.from_rows(ours, RICH.columns, engine), RICH)
    assert derived.products == pytest.approx(direct.products, rel=1e-10, abs=1e-11)
    assert derived.n_rows.tolist() == direct.n_rows.tolist()
    assert (derived.names, derived.random) == (direct.names, direct.random)
    assert derived.log_weights == pytest.approx(direct.log_weights, abs=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("offset", [2026.25, 1e6, 1e9])
def test_sums_of_terms_keep_their_digits_far_from_zero(offset, engine):
    if engine == "compiled":
        pytest.importorskip("numba")
    design = Design(
        value("y", minus=offset),
        (value("t", minus=offset), within("x"), between("x"), grand("t"), product(within("x"), value("m")),
         product(within("x"), within("t")), product(grand("t"), grand("t"))),
        random=(within("x"),),
    )  # fmt: skip
    near_design = Design("y", (value("t"), *design.fixed[1:]), random=design.random)
    near = person_sums(model_rows(rows(diary()), near_design), "numpy").products
    far_rows = rows(diary(offset=offset))
    far = model_sums(CrossProducts.from_rows(far_rows, design.columns, engine), design).products
    direct = person_sums(model_rows(far_rows, design), "numpy").products
    rounding = 50 * 2.0**-52 * offset * np.abs(near).max()  # of a mean, which is stored at the offset
    assert far == pytest.approx(near, abs=max(rounding, 1e-10))
    assert far == pytest.approx(direct, abs=max(rounding, 1e-10))


@pytest.mark.parametrize("offset", [2026.25, 1e6])
def test_uncentered_terms_agree_to_ten_digits_far_from_zero(offset):
    design = Design("y", (value("t"), value("x"), product(value("x"), value("t"))), random=(value("x"),))
    ours = rows(diary(offset=offset))
    direct = person_sums(model_rows(ours, design), "numpy")
    derived = model_sums(CrossProducts.from_rows(ours, design.columns), design)
    assert derived.about_zero().products == pytest.approx(direct.about_zero().products, rel=1e-10)


@pytest.mark.parametrize("offset", [0.0, 2026.25, 1e6, 1e9])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("ids", ["number", "text"])
def test_adding_the_parts_gives_the_whole(offset, weights, ids):
    frame = diary(offset=offset, ids=ids)
    late = (pl.col("day") > 3) & (pl.col("t") >= offset)
    parts = [
        CrossProducts.from_rows(rows(part, weights), RICH.columns)
        for part in (frame.filter(~late), frame.filter(late))
    ]
    whole = CrossProducts.from_rows(rows(frame, weights), RICH.columns)
    tolerance = max(1e-11, 200 * 2.0**-52 * offset)
    same(parts[0].add(parts[1]), whole, tolerance)
    same(parts[1].add(parts[0]), whole, tolerance)


def test_three_parts_add_up_in_any_order_of_people_and_of_parts():
    frame = diary(n_people=12)
    parts = [
        CrossProducts.from_rows(rows(frame.filter(pl.col("day") % 3 == third)), RICH.columns)
        for third in range(3)
    ]
    whole = CrossProducts.from_rows(rows(frame), RICH.columns)
    same(parts[2].add(parts[0]).add(parts[1]), whole)
    same(CrossProducts.none(RICH.columns).add(parts[0]).add(parts[1].add(parts[2])), whole)


def test_people_of_one_part_alone_are_kept_as_they_are():
    frame = diary()
    first, second = frame.filter(pl.col("who") < 110), frame.filter(pl.col("who") >= 110)
    added = CrossProducts.from_rows(rows(second), RICH.columns).add(
        CrossProducts.from_rows(rows(first), RICH.columns)
    )
    same(added, CrossProducts.from_rows(rows(frame), RICH.columns), 0.0)


def test_only_the_same_columns_and_kinds_of_id_can_be_added():
    ours = CrossProducts.from_rows(rows(diary()), ("x", "y"))
    with pytest.raises(ValueError, match="same columns"):
        ours.add(CrossProducts.from_rows(rows(diary()), ("y", "x")))
    with pytest.raises(TypeError, match="ids of one are integers, of the other text"):
        ours.add(CrossProducts.from_rows(rows(diary(ids="text")), ("x", "y")))


def test_a_stored_frame_reads_back_as_it_was_whatever_the_order_of_its_rows():
    cross = CrossProducts.from_rows(rows(diary(ids="text"), "w"), RICH.columns)
    frame = cross.to_frame()
    assert frame.columns == ["who", "n_rows", "weight", "log_weight", "mean", "comoment"]
    assert frame.schema["comoment"] == pl.List(pl.Float64)
    same(CrossProducts.from_frame(frame.reverse(), RICH.columns, "who"), cross, 0.0)
    same(CrossProducts.from_frame(frame.clear(), RICH.columns, "who"), cross.keep(np.zeros(25, bool)), 0.0)


def test_a_stored_frame_of_other_columns_or_with_a_person_twice_is_refused():
    frame = CrossProducts.from_rows(rows(diary()), RICH.columns).to_frame()
    with pytest.raises(ValueError, match="a list of 2 numbers"):
        CrossProducts.from_frame(frame, ("x", "y"), "who")
    with pytest.raises(ValueError, match="more than one row of cross-products"):
        CrossProducts.from_frame(pl.concat([frame, frame]), RICH.columns, "who")


def test_dropping_people_gives_the_model_of_the_others():
    keep = np.arange(25) % 3 > 0
    ours = rows(diary())
    fewer = rows(diary().filter(pl.col("who").is_in((np.flatnonzero(keep) + 100).tolist())))
    derived = model_sums(CrossProducts.from_rows(ours, RICH.columns).keep(keep), RICH)
    direct = person_sums(model_rows(fewer, RICH))
    assert derived.products == pytest.approx(direct.products, rel=1e-10, abs=1e-11)


def test_a_person_drawn_twice_counts_as_two():
    cross = CrossProducts.from_rows(rows(diary()), RICH.columns).resample(np.array([3, 3, 0]))
    assert cross.people.to_list() == [0, 1, 2]
    assert np.array_equal(cross.comoment[0], cross.comoment[1])
    sums = model_sums(cross, Design("y", (between("x"),)))
    assert sums.products.shape == (3, 6)
    means = cross.mean[:, RICH.columns.index("x")]
    assert sums.products[:, 1] == pytest.approx(cross.n_rows * (means - means.mean()), abs=1e-12)


def test_a_persons_own_characteristic_needs_no_pass():
    age = np.random.default_rng(3).normal(size=25) + 2026.25
    frame = diary()
    ages = pl.DataFrame({"who": np.arange(25) + 100, "age": age})
    design = Design(
        "y", (within("x"), grand("age"), between("age"), product(within("x"), value("age", minus=2026.0))),
        random=(within("x"),),
    )  # fmt: skip
    whole = used_rows(frame.join(ages, on="who"), person="who", day="day", columns=design.variables)
    direct = person_sums(model_rows(whole, design)).products
    cross = CrossProducts.from_rows(rows(frame), ("x", "y"))
    derived = model_sums(cross, design, person_values={"age": age}).products
    assert derived == pytest.approx(direct, rel=1e-10, abs=1e-11)


def test_a_constant_variable_has_no_cross_products_at_any_height():
    frame = diary().with_columns(x=pl.lit(1e9 + 0.1), y=pl.lit(2026.1))
    design = Design(grand("y"), (within("x"), between("x"), product(within("x"), value("m"))))
    for engine in ("numpy", "compiled"):
        if engine == "compiled":
            pytest.importorskip("numba")
        cross = CrossProducts.from_rows(rows(frame), design.columns, engine)
        sums = model_sums(cross, design)
        assert np.all(sums.products[:, 1:] == 0.0)  # but for the intercept with itself


def test_sums_of_a_design_are_the_same_either_way(monkeypatch):
    ours = rows(diary(), "w")
    few = design_sums(ours, RICH)
    monkeypatch.setattr(terms, "WORTH_DERIVING", 1)
    many = design_sums(ours, RICH)
    assert not np.array_equal(few.products, many.products)  # another way indeed
    assert many.products == pytest.approx(few.products, rel=1e-10, abs=1e-11)


def test_people_without_rows_are_left_out_of_the_model():
    cross = CrossProducts.from_rows(rows(diary()), RICH.columns)
    empty = CrossProducts.none(RICH.columns, pl.Series("who", [1, 2]))
    assert np.array_equal(model_sums(empty.add(cross), RICH).products, model_sums(cross, RICH).products)
    with pytest.raises(NotIdentifiedError, match="no row"):
        model_sums(empty, RICH)


def test_a_column_that_the_design_needs_and_nobody_summed_is_named():
    cross = CrossProducts.from_rows(rows(diary()), ("x", "m", "y"))
    with pytest.raises(KeyError, match="m"):
        model_sums(cross, Design("y", (product(within("x"), within("m")),)))


@pytest.mark.parametrize(
    ("columns", "message"),
    [(("x", "x*m"), "needs its parts as columns: m"), (("x", "m", "x*m", "m*x"), "there twice")],
)
def test_columns_must_be_distinct_and_hold_the_parts_of_their_products(columns, message):
    with pytest.raises(ValueError, match=message):
        CrossProducts.none(columns)
