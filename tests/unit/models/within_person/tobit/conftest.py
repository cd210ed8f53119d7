"""Rows from a known multilevel Tobit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows

NAMES = ("intercept", "time", "x_within", "x_between", "meeting", "x_within_x_meeting")
BETA = np.array([5.0, 0.2, 0.4, 0.8, 0.5, -0.15])


def tobit_rows(
    *, people: int = 40, days: int = 8, ceiling: float | None = 6.5, floor: float | None = None,
    slope: bool = True, slope_sd: float = 0.4, intercept_sd: float = 1.2, seed: int = 1, gaps: bool = True,
) -> ModelRows:  # fmt: skip
    """Rows of people by days, a fifth of the days missing if `gaps`."""
    draw = np.random.default_rng(seed)
    n = people * days
    person, day = np.repeat(np.arange(people), days), np.tile(np.arange(float(days)), people)
    x = draw.normal(size=(people, 1)) + draw.normal(size=(people, days))
    between = np.repeat(x.mean(axis=1) - x.mean(), days)
    within = (x - x.mean(axis=1, keepdims=True)).ravel()
    meeting = (draw.random(n) < 0.4).astype(float)
    design = np.column_stack([np.ones(n), day / days, within, between, meeting, within * meeting])
    effects = draw.multivariate_normal(
        [0, 0],
        [[intercept_sd**2, -0.3 * intercept_sd * slope_sd], [-0.3 * intercept_sd * slope_sd, slope_sd**2]],
        size=people,
    )[person]
    y = design @ BETA + effects[:, 0] + slope * effects[:, 1] * within + draw.normal(size=n)
    y = np.clip(y, -np.inf if floor is None else floor, np.inf if ceiling is None else ceiling)
    kept = np.flatnonzero((draw.random(n) < 0.8) | (day < 2)) if gaps else np.arange(n)
    return ModelRows(
        y=y[kept], x=np.ascontiguousarray(design[kept]), names=NAMES, random=(0, 2) if slope else (0,),
        person=person[kept], day=day[kept],
    )  # fmt: skip


@pytest.fixture(scope="session")
def simulate() -> Callable[..., ModelRows]:
    """Draw rows from a known multilevel Tobit."""
    return tobit_rows


@pytest.fixture(scope="session")
def truth() -> np.ndarray:
    """Return the coefficients that `simulate` draws from."""
    return BETA
