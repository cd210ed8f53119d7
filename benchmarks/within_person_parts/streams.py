"""From Parquet to estimates, beside what polars needs to read the same columns and sum one by person."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from within_person_parts import diaries
from within_person_parts.diaries import Size

HERE = Path(__file__).parent
PAIRS = 3
COPIES = 10
# Of a million persons with 30 days each, asked by the project.
AIM_SECONDS, AIM_MB, AIM_RATIO, AIM_PEOPLE = 5.0, 1200.0, 2.0, 1_000_000


def measure(size: Size, folder: Path, say: Callable[[str], None], *, large: bool) -> list[dict[str, Any]]:
    """Run the floor and ours in turn, or once over ten times the rows of the same persons."""
    files = _parquet(size, folder / f"parquet-{size.name}")
    rows = size.people * size.days
    about = {"part": "stream", "people": size.people, "days": size.days, "rows": rows}
    if large:
        run = _run("ours", files, COPIES)
        found = {
            **about,
            "who": "ours",
            "fit": f"ours, the files {COPIES} times",
            **run,
            "rows": rows * COPIES,
        }
        found["said"] = f"pass {run['pass_seconds']:.1f} s, fit {run['fit_seconds']:.2f} s"
        say(f"stream {rows * COPIES:,} rows: {run['seconds']:.1f} s, {run['peak_mb']:,.0f} MB")
        return [found]
    _run("floor", files, 1)  # the files into the page cache
    floors, runs = [], []
    for _ in range(PAIRS):
        floors.append(_run("floor", files, 1))
        runs.append(_run("ours", files, 1))
    ratio = statistics.median(
        run["seconds"] / floor["seconds"] for run, floor in zip(runs, floors, strict=True)
    )
    parts = f"pass {runs[-1]['pass_seconds']:.2f} s, fit {runs[-1]['fit_seconds']:.2f} s"
    said = f"{ratio:.2f} times the floor; {parts}"
    middle, least = _middle(runs), _middle(floors)
    if size.people == AIM_PEOPLE:
        reached = middle["seconds"] <= AIM_SECONDS and middle["peak_mb"] <= AIM_MB and ratio <= AIM_RATIO
        said += f"; aims {AIM_SECONDS:.0f} s, {AIM_MB:,.0f} MB, {AIM_RATIO:.0f} times: "
        said += "reached" if reached else "MISSED"
    say(f"stream {rows:,} rows: {middle['seconds']:.2f} s, {middle['peak_mb']:,.0f} MB; {said}")
    return [
        {**about, "who": "polars", "fit": "polars: read the columns, sum one by person", **least},
        {
            **about,
            "who": "ours",
            "fit": "ours: cross-products and fit",
            **middle,
            "ratio_to_floor": ratio,
            "said": said,
        },
    ]


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]


def _parquet(size: Size, folder: Path) -> Path:
    """Files of at most 3 million rows: an integer id and five numbers, as `diaries` makes them."""
    if folder.exists():
        return folder
    folder.mkdir()
    for first in range(0, size.people, diaries.PEOPLE_AT_A_TIME):
        some = Size(min(diaries.PEOPLE_AT_A_TIME, size.people - first), size.days)
        columns = diaries.simulate(some, gapped=False, seed=20261122, first_person=first)
        kept = {name: columns[name] for name in ("person", "y", "time", "xw", "xb", "meeting")}
        frame = pl.DataFrame(kept).with_columns(pl.col("person").cast(pl.Int64))
        frame.write_parquet(folder / f"{first:09d}.parquet")
    return folder


def _run(what: str, files: Path, copies: int) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "stream_process.py"), what, str(files), str(copies)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer
