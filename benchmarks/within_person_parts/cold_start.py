"""Cold start: fresh processes, with and without the compiler's cache on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SIZES = ((91, 10), (1000, 30))
REPEATS = 3
STATES = (("compiled", "empty"), ("compiled", "filled"), ("auto", "filled"), ("numpy", "not used"))
AIM = 3.0  # seconds added to a refresh


def measure(say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Each engine: the compiler with an empty cache once, everything else three times, the median shown."""
    found = []
    for people, days in SIZES:
        with tempfile.TemporaryDirectory() as cache:
            for engine, state in STATES:
                about = {"part": "cold", "who": "ours", "people": people, "days": days, "aim": AIM}
                about |= {"engine": engine, "cache": state}
                try:
                    times = 1 if state == "empty" else REPEATS
                    runs = [_run(engine, people, days, cache) for _ in range(times)]
                except subprocess.CalledProcessError as failure:
                    found.append({**about, "not_run": failure.stderr.strip().splitlines()[-1]})
                    continue
                run = sorted(runs, key=lambda run: float(run["adds"][0]))[len(runs) // 2]
                found.append({**about, "runs": len(runs), **run})
                say(f"cold {people}x{days} {engine}, cache {state}: adds {run['adds'][0]:.2f} s")
    return found


def _run(engine: str, people: int, days: int, cache: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, str(HERE / "cold_process.py"), engine, str(people), str(days)],
        capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_CACHE_DIR": cache},
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer
