"""How reading and cleaning grow with the rows of an extract, beside a plain Polars read of the same file.

    python benchmarks/landing_and_cleaning.py            # 10,000, 100,000 and 1,000,000 diary evenings
    python benchmarks/landing_and_cleaning.py 20000      # sizes of your own

Each size runs in a process of its own, so that memory is its own. The rival is
`polars.read_csv(infer_schema=False)`: all cells as text, no check at all, the least that any reader must do.
Figures are ratios to it and rows a second; they are read, not tested.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

SIZES = (10_000, 100_000, 1_000_000)
EVENINGS = 14
PEOPLE = """
source: benchmark
title: Made-up diary for timing
description: Made-up diary for timing; synthetic.
producer: benchmarks/landing_and_cleaning.py
licence: CC0-1.0
synthetic: true
population: benchmark
population_label: Made-up people (synthetic)
time_zone: America/Chicago
files:
  - name: people
    shape: delimited
    pattern: people.csv
    feeds:
      - table: participants
        origin: {from: entry, date: "%Y-%m-%d"}
        columns:
          participant_id: id
          sex: {from: sex, codes: {"1": male, "2": female}}
  - name: evenings
    shape: delimited
    pattern: evenings.csv
    missing_codes: {"-99": refused}
    feeds:
      - table: diary_days
        expected_days: 14
        columns:
          participant_id: id
          day: day
          recovery_identity: identity
          meaningfulness: meaning
          craving: craving
          attended_meeting: {from: meeting, codes: {"0": false, "1": true}}
          visited_center: {from: center, codes: {"0": false, "1": true}}
          help_given: {from: given, codes: {"0": false, "1": true}}
          help_received: {from: received, codes: {"0": false, "1": true}}
"""


def write_files(folder: Path, evenings: int) -> None:
    """Write made-up people and their evenings; one cell in a hundred is refused as an answer."""
    draw = random.Random(evenings)
    people = -(-evenings // EVENINGS)
    with (folder / "people.csv").open("w") as out:
        out.write("id,entry,sex\n")
        out.writelines(f"{p},2026-07-{draw.randint(1, 28):02d},{draw.randint(1, 2)}\n" for p in range(people))
    with (folder / "evenings.csv").open("w") as out:
        out.write("id,day,identity,meaning,craving,meeting,center,given,received\n")
        for row in range(evenings):
            scale = ["-99" if draw.random() < 0.01 else str(draw.randint(0, 100)) for _ in range(3)]
            flags = [str(draw.randint(0, 1)) for _ in range(4)]
            out.write(",".join([str(row // EVENINGS), str(row % EVENINGS + 1), *scale, *flags]) + "\n")


def best_of(times: int, run: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs: the one least disturbed by others."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure(evenings: int) -> None:
    """Time one size and print its row."""
    import yaml  # noqa: PLC0415

    from pipelines.cleaning.clean import Known, clean  # noqa: PLC0415
    from pipelines.cleaning.crosswalk import Crosswalk  # noqa: PLC0415
    from pipelines.codebook import load_codebook  # noqa: PLC0415
    from pipelines.sources.declaration import SourceDeclaration  # noqa: PLC0415
    from pipelines.sources.read import read_extract  # noqa: PLC0415

    source = SourceDeclaration.model_validate(yaml.safe_load(PEOPLE))
    codebook = load_codebook()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, evenings)
        rival = best_of(3, lambda: pl.read_csv(folder / "evenings.csv", infer_schema=False))
        reading = best_of(3, lambda: read_extract(folder / "evenings.csv", source.files[1], source))
        extracts = {
            (source.source, file.name): [read_extract(folder / str(file.pattern), file, source)]
            for file in source.files
        }
        cleaning = best_of(
            2,
            lambda: clean(
                declarations=[source], extracts=extracts, codebook=codebook,
                crosswalk=Crosswalk(), quarter="2026Q3", known=Known(),
            ),
        )  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(  # noqa: T201
        f"{evenings:>10,}  {rival:8.3f}  {reading:8.3f}  {reading / rival:7.1f}  {cleaning:8.3f}  "
        f"{cleaning / rival:7.1f}  {evenings / (reading + cleaning):>12,.0f}  {peak:8,.0f}"
    )


def main(arguments: list[str]) -> None:
    """Run each size in its own process."""
    if arguments[:1] == ["--one"]:
        measure(int(arguments[1]))
        return
    print(  # noqa: T201
        "      rows   rival s    read s   /rival   clean s   /rival  rows a second   peak MB"
    )
    sys.stdout.flush()
    for size in [int(text) for text in arguments] or SIZES:
        subprocess.run([sys.executable, __file__, "--one", str(size)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
