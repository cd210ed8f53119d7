from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Codebook
from pipelines.demo.county import County, make_county
from pipelines.demo.simulate import PARTICIPANTS, QUARTERS, SEED, simulate


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return load_codebook()


@pytest.fixture(scope="session")
def county(codebook: Codebook) -> County:
    return make_county(SEED, PARTICIPANTS, QUARTERS, codebook)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("demo")
    simulate(target)
    return target


@pytest.fixture(scope="session")
def truth(written: Path) -> dict:
    return yaml.safe_load((written / "demo_truth.yaml").read_text(encoding="utf-8"))
