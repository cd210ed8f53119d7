"""Cross-products of rows in batches, in any order."""

import tracemalloc

import numpy as np
import polars as pl
import pytest

from models.within_person.design import batches
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import Dropped, used_rows
from models.within_person.design.streaming import Pass, cross_products_of_batches

COLUMNS = ("x", "m", "y", "m*x", "x*x")
KINDS = {
    "number": pl.Int64, "small number": pl.UInt16, "large number": pl.UInt64, "text": pl.String,
    "category": pl.Categorical,
}  # fmt: skip


@pytest.fixture(params=["numpy", "compiled"])
def engine(request) -> str:
    if request.param == "compiled":
        pytest.importorskip("numba")
    return request.param


def diary(*, seed: int = 4, offset: float = 0.0, kind: str = "number") -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    person = generator.integers(0, 60, 1500)
    frame = pl.DataFrame(
        {
            "who": person * 7 + 1000,
            "x": np.round(generator.normal(size=1500) * 256) / 256 + person / 4 + offset,
            "m": generator.integers(0, 2, 1500).astype(bool),
            "y": np.round(generator.normal(size=1500) * 256) / 256 + offset,
            "w": generator.integers(1, 5, 1500) / 2,
        }
    )
    frame = frame.with_columns(pl.col("who").sort()) if seed == 0 else frame
    if kind in {"text", "category"}:
        return frame.with_columns(pl.format("p{}", "who").cast(KINDS[kind]))
    return frame.with_columns(pl.col("who").cast(KINDS[kind]))


def streamed(frame: pl.DataFrame, engine: str, *, size: int = 97, **more: str) -> Pass:
    parts = (frame[start : start + size] for start in range(0, frame.height, size))
    return cross_products_of_batches(parts, person="who", columns=COLUMNS, engine=engine, **more)


def at_once(frame: pl.DataFrame, weights: str | None = None) -> CrossProducts:
    numbered = frame.with_row_index("day")
    variables = ["x", "m", "y"]
    rows = used_rows(numbered, person="who", day="day", columns=variables, weights=weights)
    return CrossProducts.from_rows(rows, COLUMNS, "numpy")


def same(one: CrossProducts, other: CrossProducts, tolerance: float = 1e-11) -> None:
    assert one.people.to_list() == other.people.to_list()
    assert one.n_rows.tolist() == other.n_rows.tolist()
    for name in ("weight", "log_weight", "mean", "comoment"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=tolerance, abs=tolerance), name


@pytest.mark.parametrize("kind", KINDS)
def test_batches_in_any_order_give_what_all_rows_at_once_give(kind, engine):
    frame = diary(kind=kind)
    found = streamed(frame, engine)
    same(found.cross, at_once(frame))
    assert (found.dropped, found.n_people_without) == ((), 0)


def test_the_ids_come_back_as_they_were(engine):
    for kind in ("number", "small number", "large number", "text"):
        people = streamed(diary(kind=kind), engine).cross.people
        assert (people.name, people.dtype) == ("who", KINDS[kind])
    top = pl.DataFrame(
        {"who": pl.Series([2**64 - 1, 1], dtype=pl.UInt64), "x": [1.0, 2.0], "m": 0.0, "y": 0.0}
    )
    assert streamed(top, engine).cross.people.to_list() == [1, 2**64 - 1]


def test_sorted_rows_give_the_same_as_shuffled_ones(engine):
    frame = diary(seed=0)
    same(streamed(frame, engine, size=5000).cross, at_once(frame))
    few = frame.gather_every(10)
    shuffled = few.sample(fraction=1.0, shuffle=True, seed=2)
    same(streamed(few, engine).cross, streamed(shuffled, engine, size=1).cross)


def test_weights_count(engine):
    same(streamed(diary(), engine, weights="w").cross, at_once(diary(), "w"))
    same(streamed(diary(seed=0), engine, size=5000, weights="w").cross, at_once(diary(seed=0), "w"))


@pytest.mark.parametrize("offset", [2026.25, 1e6, 1e9])
def test_values_far_from_zero_keep_their_digits(offset, engine):
    near, far = (streamed(diary(offset=at), engine).cross for at in (0.0, offset))
    tolerance = max(1e-11, 200 * 2.0**-52 * offset)
    assert far.comoment == pytest.approx(near.comoment, rel=tolerance, abs=tolerance)
    same(far, at_once(diary(offset=offset)), tolerance)


def test_a_constant_has_no_cross_products_at_any_height(engine):
    frame = diary().with_columns(x=pl.lit(1e9 + 0.1))
    cross = streamed(frame, engine).cross
    left, right = np.triu_indices(len(COLUMNS))
    of_x = [place for place, name in enumerate(COLUMNS) if "x" in name]
    assert np.all(cross.comoment[:, np.isin(left, of_x) | np.isin(right, of_x)] == 0.0)
    assert np.all(cross.mean[:, 0] == 1e9 + 0.1)


def test_rows_that_cannot_be_used_are_counted_under_their_first_fault_over_all_batches(engine):
    frame = diary(kind="text").with_columns(
        x=pl.when(pl.int_range(pl.len()) % 10 == 0).then(None).otherwise("x"),
        y=pl.when(pl.int_range(pl.len()) % 15 == 0).then(float("nan")).otherwise("y"),
        who=pl.when(pl.int_range(pl.len()) % 100 == 7).then(None).otherwise("who"),
        w=pl.when(pl.int_range(pl.len()) % 50 == 1).then(-1.0).otherwise("w"),
    )
    extra = pl.DataFrame({"who": ["nowhere"] * 2, "x": [None, 1.0], "m": True, "y": float("inf"), "w": 1.0})
    frame = pl.concat([frame, extra])
    found = streamed(frame, engine, weights="w")
    usable = frame.filter(
        pl.col("who").is_not_null(), pl.col("x").is_not_null(), pl.col("y").is_finite(), pl.col("w") > 0
    )
    same(found.cross, at_once(usable, "w"))
    named = frame.filter(pl.col("who").is_not_null())
    no_x = named.filter(pl.col("x").is_null())
    no_y = named.filter(pl.col("x").is_not_null(), ~pl.col("y").is_finite())
    no_w = named.filter(pl.col("x").is_not_null(), pl.col("y").is_finite(), pl.col("w") <= 0)
    assert found.dropped == (
        Dropped("who is null", frame["who"].null_count(), 0),
        Dropped("x is missing or not finite", no_x.height, no_x["who"].n_unique()),
        Dropped("y is missing or not finite", no_y.height, no_y["who"].n_unique()),
        Dropped("w is not positive", no_w.height, no_w["who"].n_unique()),
    )
    assert found.n_people_without == 1
    assert found.cross.n_rows.sum() + sum(fault.n_rows for fault in found.dropped) == frame.height


def test_a_scan_of_a_file_is_read_in_batches(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(batches, "AT_MOST", 100)
    frame = diary(kind="text")
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=211)
    found = cross_products_of_batches(
        pl.scan_parquet(tmp_path / "rows.parquet"), person="who", columns=COLUMNS, engine=engine
    )
    same(found.cross, at_once(frame))


def test_scans_and_frames_are_taken_one_after_the_other(tmp_path, engine):
    frame = diary()
    frame[:700].write_parquet(tmp_path / "first.parquet")
    parts = [pl.scan_parquet(tmp_path / "first.parquet"), frame[700:800], frame[800:].lazy()]
    found = cross_products_of_batches(parts, person="who", columns=COLUMNS, engine=engine)
    same(found.cross, at_once(frame))


def test_one_row_that_cannot_be_used_leaves_the_others_of_its_run(engine):
    """Runs longer and shorter than the compiled loop's buffer, the fault first, in the middle and last."""
    for length in (1, 3, 8, 30, 64, 65, 200):
        for place in (0, length // 2, length - 1):
            x = np.sin(np.arange(3.0 * length))
            x[length + place] = np.inf
            frame = pl.DataFrame({"who": np.repeat([5, 3, 9], length), "x": x, "m": 0.5, "y": x[::-1].copy()})
            frame = frame.with_columns(y=pl.when(pl.col("y").is_finite()).then("y").otherwise(0.25))
            found = streamed(frame, engine, size=1000)
            same(found.cross, at_once(frame.filter(pl.col("x").is_finite())))
            assert found.dropped == (Dropped("x is missing or not finite", 1, 1),)
            assert found.n_people_without == (1 if length == 1 else 0)


def test_values_whose_sum_is_too_large_are_not_taken_for_missing(engine):
    frame = pl.DataFrame({"who": [1, 1, 1], "x": [0.0, 1e308, 1e308], "m": 0.0, "y": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match="x"):
        streamed(frame, engine)


def test_products_of_three_variables_and_squares_are_about_the_persons_own_means(engine):
    columns = ("x", "m", "y", "x*x", "m*x", "m*y", "x*y", "x*x*y", "x*x*x", "m*x*y")
    frame = diary()
    parts = (frame[start : start + 301] for start in range(0, frame.height, 301))
    found = cross_products_of_batches(parts, person="who", columns=columns, engine=engine)
    rows = used_rows(frame.with_row_index("day"), person="who", day="day", columns=["x", "m", "y"])
    same(found.cross, CrossProducts.from_rows(rows, columns, "numpy"), 1e-9)


def test_people_who_fill_more_than_one_block_come_back_in_order(engine, monkeypatch):
    if engine == "compiled":
        from models.within_person.design import lanes

        monkeypatch.setattr(lanes, "BLOCK", 1000)
        monkeypatch.setattr(lanes, "FIRST_ROOM", 5)
    frame = diary().with_columns(
        y=pl.when(pl.col("who") % 3 == 0)
        .then(float("nan"))
        .otherwise("y")  # persons without a row, in between
    )
    found = streamed(frame, engine)
    same(found.cross, at_once(frame.filter(pl.col("y").is_finite())))
    assert found.n_people_without == frame.filter(pl.col("who") % 3 == 0)["who"].n_unique()


def test_ids_that_lie_far_apart_side_by_side_or_below_zero_are_told_apart(engine):
    who = np.concatenate([np.arange(-600, 600), np.arange(500) << 40, [-(2**63), 2**63 - 1]])
    frame = pl.DataFrame({"who": np.tile(who, 2), "x": np.sin(np.arange(2.0 * who.size)), "m": 0.0, "y": 1.0})
    found = streamed(frame, engine, size=499)
    assert found.cross.people.to_list() == sorted(set(who.tolist()))
    same(found.cross, at_once(frame))


def test_no_rows_are_nobodys_cross_products(engine):
    assert streamed(diary().clear(), engine).cross.n_people == 0
    lost = streamed(diary().with_columns(y=pl.lit(None, pl.Float64)), engine)
    assert (lost.cross.n_people, lost.n_people_without) == (0, 60)


def test_ids_or_columns_of_the_wrong_kind_are_refused_without_a_value(engine):
    with pytest.raises(TypeError, match="who: a person's id must be integer or text"):
        streamed(diary().with_columns(pl.col("who").cast(pl.Float64)), engine)
    with pytest.raises(TypeError, match="x: numbers or booleans are needed"):
        streamed(diary().with_columns(x=pl.lit("low")), engine)


def test_memory_grows_with_the_people_and_not_with_the_rows(engine):
    def peak(n_batches: int) -> int:
        generator = np.random.default_rng(1)
        parts = (
            pl.DataFrame({"who": np.arange(20_000) // 20, "x": generator.normal(size=20_000), "y": 1.0})
            for _ in range(n_batches)
        )
        tracemalloc.start()
        cross_products_of_batches(parts, person="who", columns=("x", "y"), engine=engine)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(80) < 1.5 * peak(8)
