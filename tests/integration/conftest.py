"""One full refresh of the demo, made once for a test run; tests that change a site change a copy of it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models.estimate import Findings
from pipelines.analyses import analyse
from pipelines.refresh import refresh
from pipelines.settings import ROOT, Settings

ANALYSE = "pipelines.defs.results.analyse"
ANSWERS, HOME = "answers.pickle", "dagster_home"  # beside the demo: no part of a site


def settings_in(folder: Path) -> Settings:
    """Settings of a site that lies whole in one folder."""
    return Settings.load(data=folder, published=folder / "published", environment={})


def make_site(folder: Path) -> None:
    """Copy the demo's raw extracts and refresh them, as a first run does; keep what each analysis answered.

    Dagster stores what it stores in a folder of its own, as it does at a site.
    """
    shutil.copytree(ROOT / "data" / "raw", folder / "raw")
    home = folder.parent / HOME
    home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    steps: list[tuple[str, str]] = []
    answers: dict[str, Findings] = {}

    def kept(name: str, asked: object) -> Findings:
        answers[name] = analyse(name, asked)
        return answers[name]

    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DAGSTER_HOME", str(home))
        changed.setattr(ANALYSE, kept)
        result = refresh(settings_in(folder), watch=lambda step: steps.append((step.state, step.name)))
    (folder.parent / ANSWERS).write_bytes(pickle.dumps(answers))
    told = {
        "steps": steps,
        "quarter": result.quarter,
        "report": str(result.report.relative_to(folder)),
        "warehouse": str(result.warehouse.relative_to(folder)),
        "accounts": result.accounts.to_dicts(),
        "left_out": result.left_out,
        "notices": result.notices,
    }
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A refreshed site, shared by all workers of a test run. Not to be changed."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder, claim = shared / "demo", shared / "demo.claim"
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        deadline = time.monotonic() + 600
        while not (folder / "told.json").exists():
            assert time.monotonic() < deadline, "the worker that refreshes the demo did not finish"
            time.sleep(0.2)
    else:
        make_site(folder)
    return folder


@pytest.fixture(scope="session")
def told(demo: Path) -> dict[str, object]:
    """What the refresh of the demo said."""
    return json.loads((demo / "told.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def dagster_home(demo: Path) -> Path:
    """Where Dagster stored its log of the demo's refresh."""
    return demo.parent / HOME


@pytest.fixture
def answered(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every analysis answers at once as it did in the demo.

    For refreshes of which a test promises what becomes of rows, ids, releases and reports, and nothing of
    the numbers: the analyses are most of a refresh's time.
    """
    answers = pickle.loads((demo.parent / ANSWERS).read_bytes())
    monkeypatch.setattr(ANALYSE, lambda name, asked: answers[name])


@pytest.fixture
def site(demo: Path, tmp_path: Path) -> Settings:
    """A copy of the refreshed site that a test may change."""
    shutil.copytree(demo, tmp_path / "site")
    return settings_in(tmp_path / "site")


@pytest.fixture(scope="session")
def readable() -> Callable[[Settings], dict[str, bytes]]:
    """Every file that a reader of the release or the report may open, with its bytes."""

    def files(settings: Settings) -> dict[str, bytes]:
        return {
            str(path.relative_to(settings.curated.parent)): path.read_bytes()
            for root in (settings.curated, settings.published)
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.startswith("restricted") and path.parent != settings.failures
        }

    return files
