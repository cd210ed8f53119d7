"""What the comparison family costs: on the demo, as it grows, and beside R. One run, on one machine.

    python benchmarks/comparison_family.py                      # all parts; writes its json
    python benchmarks/comparison_family.py --parts demo,rivals  # keeps the others as stored
    python benchmarks/comparison_family.py --show benchmarks/comparison_family.json

`demo` runs all ten analyses in one process, C1 to C3 on one imputation, several rounds. `growth` draws
collaboratives by the demo's laws, a hundred people to a program, and runs each analysis in a process of its
own. `rivals` fits the same models to the demo's and to drawn data with R's packages (R_LIBS), timed inside R.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from comparison_family_parts import frames, rivals, tables
from within_person_parts import machine

PARTS = ("demo", "growth", "rivals")
SIZES = (10_000, 30_000, 100_000)
ROUNDS = 3
SHARING = "C1,C2,C3"  # one imputation, so one process
ALONE = ("H1", "S1", "P1", "R1", "Q1", "V2", "M1")
FAMILY = ",".join((SHARING, *ALONE))
HERE = Path(__file__).parent / "comparison_family_parts"


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)  # noqa: T201


def run(folder: Path, names: str, rounds: int, patience: float) -> list[dict[str, Any]]:
    """Run analyses in a process of their own; of one that fails or takes too long, why."""
    command = [sys.executable, str(HERE / "our_analyses.py"), str(folder), names, str(rounds)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parents[1])}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=patience, check=True, env=environment
        )
    except subprocess.TimeoutExpired:
        return [{"not_run": f"more than {patience:,.0f} s"}]
    except subprocess.CalledProcessError as failure:
        return [{"not_run": failure.stderr.strip().splitlines()[-1][:300]}]
    return [json.loads(line) for line in done.stdout.splitlines()]


def growth(folder: Path, people: int, runs: list[str], patience: float) -> list[dict[str, Any]]:
    """Analyses on one drawn collaborative."""
    found = []
    for names in runs:
        told = run(folder, names, 1, patience)[0]
        found.append(
            {"people": people, "programs": people // frames.PEOPLE_PER_PROGRAM, "run": names, **told}
        )
        say(f"{people:,} {names}: {told.get('not_run') or tables.in_short(told)}")
    return found


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="people")
    parser.add_argument("--runs", nargs="+", default=[SHARING, *ALONE], help="of growth: one process each")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--patience", type=float, default=900.0, help="most seconds for one process")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the demo and of each rival")
    parser.add_argument("--keep", type=Path, help="a folder for the tables, used again by the next run")
    parser.add_argument("--show", type=Path, help="only print the tables of a run that was written")
    chosen = parser.parse_args(arguments)
    chosen.parts = chosen.parts.split(",")
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    return chosen


def main(arguments: list[str]) -> None:
    """Run the parts, print the tables and write every figure after each part."""
    chosen = parse(arguments)
    if chosen.show:
        print(tables.markdown(json.loads(chosen.show.read_text())))  # noqa: T201
        return
    results: dict[str, Any] = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    results["machine"] = results.get("machine", {}) | {part: machine.describe() for part in chosen.parts}
    folder = chosen.keep or Path(tempfile.mkdtemp())
    try:
        demo = folder / "demo"
        if not demo.exists() and {"demo", "rivals"} & set(chosen.parts):
            say("refresh the demo")
            frames.write_demo(demo)
        if "demo" in chosen.parts:
            results["demo"] = run(demo, FAMILY, chosen.rounds, chosen.patience)
            write(chosen.out, results)
        if "growth" in chosen.parts:
            anew = {(people, names) for people in chosen.sizes for names in chosen.runs}
            kept = [row for row in results.get("growth", []) if (row["people"], row["run"]) not in anew]
            for people in chosen.sizes:
                kept += growth(drawn(folder, people), people, chosen.runs, chosen.patience)
                results["growth"] = kept
                write(chosen.out, results)
        if "rivals" in chosen.parts:
            results["rivals"] = rivals.matches(
                {"demo": demo, "10,000 people": drawn(folder, 10_000)}, chosen.rounds, say
            )
            write(chosen.out, results)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder)
    print(tables.markdown(results))  # noqa: T201


def drawn(folder: Path, people: int) -> Path:
    """Folder with the tables of a drawn collaborative; made in a process of its own, for its memory."""
    made = folder / f"drawn-{people}"
    if not made.exists():
        say(f"draw {people:,} people")
        call = "import sys; from comparison_family_parts import frames; from pathlib import Path; "
        call += "frames.write_drawn(Path(sys.argv[1]), int(sys.argv[2]))"
        path = os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])
        subprocess.run(
            [sys.executable, "-c", call, str(made), str(people)], check=True,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
    return made


def write(out: Path, results: dict[str, Any]) -> None:
    """Keep every figure."""
    out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
