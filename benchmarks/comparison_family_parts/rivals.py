"""The same fit by us and by R, on the same rows: what either did, its processor time, and how far apart."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from comparison_family_parts import same_fits
from comparison_family_parts.match import Match

SCRIPT = Path(__file__).parent / "rivals.R"
PATIENCE = 400.0  # seconds for one fit of R's with its start


def matches(folders: dict[str, Path], rounds: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Play all matches on the tables of each folder, ours and theirs in turn."""
    found = []
    for data, folder in folders.items():
        for prepare in same_fits.PREPARED:
            match = prepare(folder)
            if match is None:
                continue
            found.append(_play(match, data, rounds))
            say(f"{match.analysis} {data}: {found[-1].get('ratio') or found[-1].get('not_run')}")
    return found


def _play(match: Match, data: str, rounds: int) -> dict[str, Any]:
    about = {
        "analysis": match.analysis, "data": data, "ours": match.ours, "theirs": match.theirs,
        "rows": match.rows.height, "compared": match.compared,
    }  # fmt: skip
    own, their, told = [], [], {}
    mine = match.fit()  # imports and first calls are not in the clock
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        match.rows.write_csv(folder / "rows.csv")
        (folder / "settings.json").write_text(json.dumps(match.settings))
        for _ in range(rounds):
            own.append(_seconds(match.fit))
            try:
                told = _of_r(match.call, folder)
            except (subprocess.SubprocessError, OSError) as failure:
                return {**about, "not_run": str(getattr(failure, "stderr", "") or failure).strip()[-200:]}
            their.append(told["seconds"] / match.share)
    theirs = told["numbers"]
    apart = max(abs(a - b) / max(1e-3, abs(b)) for a, b in zip(mine, theirs, strict=True))
    return {
        **about, "our_seconds": median(own), "their_seconds": median(their),
        "ratio": median(b / a for a, b in zip(own, their, strict=True)),
        "our_numbers": mine, "their_numbers": theirs, "apart": None if match.compared else apart,
    }  # fmt: skip


def _seconds(fit: Callable[[], list[float]]) -> float:
    """Processor seconds of one fit; short ones are repeated for a quarter of a second."""
    gc.collect()
    times, begun = 0, time.process_time()
    while times == 0 or time.process_time() - begun < 0.25:
        fit()
        times += 1
    return (time.process_time() - begun) / times


def _of_r(call: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["Rscript", str(SCRIPT), call, str(folder)], capture_output=True, text=True, check=True,
        timeout=PATIENCE, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
