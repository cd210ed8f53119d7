"""What a model reads of a core frame: numbers, and nothing that only looks like one."""

import math

import polars as pl

from models.core_frame import LARGEST, finite


def test_what_is_no_number_or_too_large_to_be_squared_and_summed_is_missing() -> None:
    values = [1.0, math.nan, math.inf, -math.inf, 1e308, -1e160, LARGEST, None]
    told = finite(pl.DataFrame({"x": values, "y": values}), "x")
    assert told["x"].to_list() == [1.0, None, None, None, None, None, LARGEST, None]
    assert told["y"].is_null().sum() == 1  # other columns are left as they are


def test_whole_numbers_stay_whole() -> None:
    told = finite(pl.DataFrame({"x": [1, None, 3]}), "x")
    assert told["x"].dtype == pl.Int64
    assert told["x"].to_list() == [1, None, 3]
