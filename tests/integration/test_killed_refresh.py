"""A refresh killed at a random moment leaves the last release as it was, and the next refresh completes.

Slow: `pytest -m slow tests/integration/test_killed_refresh.py`. The outcome of the last run made for the
record is in killed_refresh.json, beside this file; RECOVERY_OUTCOMES_RECORD=1 writes it anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import ROOT, Settings

KILLS, SEED = 20, 20261122
RECORD = Path(__file__).with_name("killed_refresh.json")
COMMAND = "RECOVERY_OUTCOMES_RECORD=1 python -m pytest -m slow tests/integration/test_killed_refresh.py"
SCRIPT = """
import sys
from pathlib import Path
from pipelines.refresh import refresh
from pipelines.settings import Settings
folder = Path(sys.argv[1])
refresh(Settings.load(data=folder, published=folder / "published", environment={}))
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)], cwd=ROOT, env=environment)


def hash_of(settings: Settings) -> str:
    """SHA-256 over the bytes of every file that a reader of the release or the report may open."""
    digest = hashlib.sha256()
    for root in (settings.curated, settings.published):
        for path in sorted(root.rglob("*")):
            seen = path.is_file() and not path.name.startswith("restricted")
            if seen and not any(part.startswith(".") for part in path.relative_to(root).parts):
                digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def standing(settings: Settings) -> dict[str, object]:
    """Whether release and report are complete, and which release each part belongs to."""
    described = json.loads((settings.curated / "datapackage.json").read_text(encoding="utf-8"))
    parts = [settings.curated / resource["path"] for resource in described["resources"]]
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        ((tables,),) = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        ((release,),) = connection.execute(
            "SELECT max_by(release_id, released_at) FROM catalog.releases"
        ).fetchall()
    report = settings.published / "2026Q3"
    pages = sorted(path.name for path in report.glob("*.html")) if report.is_dir() else []
    return {
        "bytes": hash_of(settings),
        "warehouse": release,
        "datapackage": described["id"],
        "tables": tables,
        "parquet_missing": sum(not part.is_file() for part in parts),
        "pages": pages,
    }


@pytest.mark.slow
def test_a_refresh_killed_at_twenty_random_moments_never_breaks_the_release(demo, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(demo, folder)
    settings = Settings.load(data=folder, published=folder / "published", environment={})
    began = time.monotonic()
    assert start(folder).wait(timeout=300) == 0
    whole = time.monotonic() - began
    complete = standing(settings)
    chance = random.Random(SEED)
    rounds = []
    while sum(one["killed"] for one in rounds) < KILLS:
        assert len(rounds) < 2 * KILLS, "most refreshes ended before they were killed"
        before = standing(settings)
        delay = whole * (len(rounds) % KILLS + chance.random()) / KILLS
        process = start(folder)
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        after = standing(settings)
        killed = process.returncode == -signal.SIGKILL
        left = [path.name for root in (settings.curated, settings.published) for path in root.glob(".*")]
        rounds.append(
            {
                "killed_after_seconds": round(delay, 2),
                "killed": killed,
                "left_behind": left,
                "outcome": "last release, byte for byte" if after == before else "next release, complete",
            }
        )
        assert (after["tables"], after["parquet_missing"], after["pages"]) == (
            complete["tables"], 0, complete["pages"],
        ), rounds[-1]  # fmt: skip
        assert after == before or after["warehouse"] == after["datapackage"] != before["warehouse"]
        assert start(folder).wait(timeout=300) == 0, "the run after a kill did not complete"
        done = standing(settings)
        assert done["warehouse"] == done["datapackage"] != after["warehouse"]
        assert done["pages"] == complete["pages"]
        assert not [path for root in (settings.curated, settings.published) for path in root.glob(".*")]
    if os.environ.get("RECOVERY_OUTCOMES_RECORD"):
        record = {
            "command": COMMAND,
            "seed": SEED,
            "whole_refresh_seconds": round(whole, 1),
            "kills": KILLS,
            "rounds_that_ended_before_the_kill": len(rounds) - KILLS,
            "release_complete_after_each": len(rounds),
            "next_run_completed_after_each": len(rounds),
            "rounds": rounds,
        }
        RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
