"""The timed side of a contestant: load once, then fit each time the referee says so, and say what it took.

Standard library only: the rivals' own environments import this too. A contestant prints one line of JSON when
it is ready and one for each line it is sent. Short fits are repeated within a round, the median taken.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROUND_SECONDS = 0.25
RUNS_PER_ROUND = 40


def peak_mb() -> float:
    """Largest resident memory of this process so far, without what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def timed_round(fit: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Run a fit until a quarter of a second has gone; median wall and processor seconds, and its answer."""
    wall: list[float] = []
    processor: list[float] = []
    answer = None
    while not wall or (sum(wall) < ROUND_SECONDS and len(wall) < RUNS_PER_ROUND):
        begun, used = time.perf_counter(), time.process_time()
        answer = fit()
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    took = {
        "seconds": statistics.median(wall),
        "processor_seconds": statistics.median(processor),
        "runs": float(len(wall)),
        "peak_mb": peak_mb(),
    }
    return took, answer


def serve(fits: Mapping[str, Callable[[], Any]], describe: Callable[[Any], dict[str, Any]]) -> None:
    """Answer the referee until it hangs up; each line it sends names the fit to run."""
    print(json.dumps({"fits": list(fits), "peak_mb": peak_mb()}), flush=True)  # noqa: T201
    for line in sys.stdin:
        took, answer = timed_round(fits[line.strip()])
        print(json.dumps({**took, **describe(answer)}), flush=True)  # noqa: T201
