"""A small cohort: two waves, ten programs of two models, answers lost at random given what was answered."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

Cohort = Callable[..., pl.DataFrame]


def _cohort(people: int = 240, programs: int = 10, seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    program = random.integers(0, programs, people)
    social = program % 2
    need = random.normal(size=people)
    area = np.array(["alcohol", "opioids", "stimulants"])[
        np.argmax(np.outer(need, [0.8, 0.0, -0.5]) + random.gumbel(size=(people, 3)), axis=1)
    ]
    month_6 = (
        0.6 * need + 0.4 * social + 0.3 * random.normal(size=programs)[program] + random.normal(size=people)
    )
    month_12 = 0.5 * month_6 + 0.3 * need + random.normal(size=people)
    lost_6 = random.random(people) < 1 / (1 + np.exp(1 - need))
    lost_12 = random.random(people) < 1 / (1 + np.exp(1 - need))
    frame = pl.DataFrame(
        {
            "participant_id": np.arange(people),
            "program_id": program.astype(str),
            "program_model": np.where(social, "social", "clinical"),
            "need_baseline": need,
            "substance": area,
            "score_month_6": month_6,
            "days_month_12": np.clip(np.round(15 + 8 * month_12), 0, 30).astype(int),
            "sober_month_12": 0.5 * month_6 + random.normal(size=people) > 0,
            "status_month_6": np.where(lost_6, "not_located", "completed"),
            "status_month_12": np.where(lost_12, "refused", "completed"),
        }
    )
    unsaid = pl.Series(random.random(people) < 0.1)
    return frame.with_columns(
        pl.when(pl.col("status_month_6") == "completed").then("score_month_6").alias("score_month_6"),
        *(
            pl.when(pl.col("status_month_12") == "completed").then(name).alias(name)
            for name in ("days_month_12", "sober_month_12")
        ),
        pl.when(~unsaid).then("substance").alias("substance"),
    )


@pytest.fixture(scope="session")
def make_cohort() -> Cohort:
    return _cohort


@pytest.fixture
def cohort() -> pl.DataFrame:
    return _cohort()
