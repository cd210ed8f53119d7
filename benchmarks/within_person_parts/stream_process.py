"""One fresh process that goes through Parquet files: `stream_process.py WHAT FOLDER COPIES`.

WHAT is "floor" (polars reads the columns of the model and sums one of them by person) or "ours"
(cross-products by person, then the fit; over the same files COPIES times, later days each time). Importing
is in neither's time, and so is ours of loading the compiled loops, which is told apart: `loading_seconds`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import diaries
import our_fits
import polars as pl
import stopwatch

from models.within_person.design.streaming import cross_products_of_batches
from models.within_person.design.terms import model_sums
from models.within_person.linear.fit import fit

COLUMNS = ("y", *our_fits.PREDICTORS)
LOADED_BY = 5_000  # persons: enough for the loops of large fits


def floor(folder: Path) -> dict[str, Any]:
    """Do what any program of this kind must."""
    frame = pl.read_parquet(folder / "*.parquet", columns=["person", *COLUMNS])
    frame.lazy().group_by("person").agg(pl.col("y").sum()).collect(engine="streaming")
    return {}


def ours(folder: Path, copies: int) -> dict[str, Any]:
    """From files to estimates."""
    scan = pl.scan_parquet(folder / "*.parquet")
    scans = [scan.with_columns(pl.col("time") + 3.0 * copy) for copy in range(copies)]
    begun = time.perf_counter()
    design = our_fits.design_of("y")
    cross = cross_products_of_batches(scans, person="person", columns=design.columns).cross
    passed = time.perf_counter()
    sums = model_sums(cross, design)
    summed = time.perf_counter()
    found = fit(sums)
    fitted = time.perf_counter()
    spent = {"pass": passed - begun, "sums": summed - passed, "fit": fitted - summed}
    return our_fits.describe(found) | {f"{what}_seconds": took for what, took in spent.items()}


def load() -> float:
    """Load the compiled loops by fitting a diary of made-up people; seconds."""
    begun = time.perf_counter()
    made = diaries.simulate(diaries.Size(LOADED_BY, 5), gapped=False, seed=1)
    design = our_fits.design_of("y")
    small = cross_products_of_batches([pl.DataFrame(made)], person="person", columns=design.columns).cross
    fit(model_sums(small, design, engine="compiled"), engine="compiled")
    return time.perf_counter() - begun


def main(what: str, folder: Path, copies: int) -> None:
    """Time one of them."""
    loading = {} if what == "floor" else {"loading_seconds": load()}
    begun, used = time.perf_counter(), time.process_time()
    answer = floor(folder) if what == "floor" else ours(folder, copies)
    took = {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - used}
    print(json.dumps({**took, "peak_mb": stopwatch.peak_mb(), **loading, **answer}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
