"""Evenings beside the hours of the evening before: gaps, means and standard units."""

import math

import numpy as np
import polars as pl
import pytest

from models.within_person.hours_odds_and_ranks import PREDICTORS
from models.within_person.hours_rows import NO_CRAVING, evenings, lag_name, means_of


def _few_days() -> pl.DataFrame:
    """One person, five evenings, the third without an answer; one with a single evening."""
    return pl.DataFrame(
        {
            "participant_id": ["a"] * 5 + ["b"],
            "day": [1, 2, 3, 4, 5, 1],
            "craving": [0.0, 5.0, None, 0.0, 0.0, 0.0],
            "peer_hours": [1.0, 2.0, None, 3.0, 6.0, 1.0],
            "meaningful_hours": [0.0, 1.0, None, 2.0, 1.0, 1.0],
        }
    )  # fmt: skip


def test_an_evening_is_set_beside_the_very_evening_before_and_no_other() -> None:
    of = evenings(_few_days(), PREDICTORS)
    assert of.rows.day.tolist() == [2.0, 5.0]  # the fourth follows a gap
    assert of.rows.columns[NO_CRAVING].tolist() == [0.0, 1.0]
    assert of.rows.columns[lag_name("peer_hours")].tolist() == [1.0, 3.0]


def test_a_persons_mean_is_over_all_evenings_that_told_hours() -> None:
    assert means_of(evenings(_few_days(), PREDICTORS).rows, "peer_hours").tolist() == [3.0]


def test_the_spread_within_is_pooled_over_all_evenings_of_the_people_used() -> None:
    away = np.array([1.0, 2.0, 3.0, 6.0]) - 3.0
    assert evenings(_few_days(), PREDICTORS).within["peer_hours"] == pytest.approx(math.sqrt(away @ away / 3))
