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
    """Run the floor and ours in turn; with `large`, ours once more over ten times the rows."""
    files = _parquet(size, folder / f"parquet-{size.name}")
    rows = size.people * size.days
    about = {"part": "stream", "people": size.people, "days": size.days, "rows": rows}
    floor = {**about, "who": "polars", "fit": "polars: read the columns, sum one by person"}
    ours = {**about, "who": "ours", "fit": "ours: cross-products and fit"}
    try:
        # One of each to fill the page cache and the compiler's.
        _run("floor", files, 1)
        _run("ours", files, 1)
        pairs = [(_run("floor", files, 1), _run("ours", files, 1)) for _ in range(PAIRS)]
    except subprocess.CalledProcessError as failure:
        say(f"stream {rows:,} rows: failed")
        return [{**ours, "not_run": f"failed: {failure.stderr.strip().splitlines()[-1]}"}]
    least, middle = (_middle(runs) for runs in zip(*pairs, strict=True))
    ratio = statistics.median(run["seconds"] / floor["seconds"] for floor, run in pairs)
    middle |= {"ratio_to_floor": ratio, "said": _said(size, middle, ratio)}
    found = [{**floor, **least}, {**ours, **middle}]
    say(f"stream {rows:,} rows: {middle['seconds']:.2f} s, {middle['peak_mb']:,.0f} MB; {middle['said']}")
    if large:
        run = _run("ours", files, COPIES)
        said = _spent(run)
        many = {"fit": f"ours: the same files {COPIES} times", "rows": rows * COPIES, "said": said}
        found.append({**ours, **run, **many})
        say(f"stream {rows * COPIES:,} rows: {run['seconds']:.1f} s, {run['peak_mb']:,.0f} MB")
    return found


def _said(size: Size, run: dict[str, Any], ratio: float) -> str:
    said = f"{ratio:.2f} times the floor; {_spent(run)}"
    if size.people == AIM_PEOPLE:
        for figure, aim, unit in (
            (run["seconds"], AIM_SECONDS, "s"), (run["peak_mb"], AIM_MB, "MB"), (ratio, AIM_RATIO, "times"),
        ):  # fmt: skip
            said += f"; aim {aim:,.0f} {unit} {'reached' if figure <= aim else 'MISSED'}"
    return said


def _spent(run: dict[str, Any]) -> str:
    parts = ", ".join(f"{part} {run[f'{part}_seconds']:.2f} s" for part in ("pass", "sums", "fit"))
    return f"{parts}; loading the compiled loops before that, {run['loading_seconds']:.2f} s"


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
