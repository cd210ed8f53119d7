"""One fresh process that goes through Parquet files: `stream_process.py WHAT FOLDER COPIES`.

WHAT is "floor" (polars reads the columns of the model and sums one of them by person), "ours" (cross-products
by person, then the fit) or "linear-in-rows" (ours over the same files COPIES times, later days each time).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import our_fits
import polars as pl
import stopwatch

from models.within_person.design.streaming import cross_products_of_batches
from models.within_person.design.terms import model_sums
from models.within_person.linear.fit import fit

COLUMNS = ("y", *our_fits.PREDICTORS)


def floor(folder: Path) -> dict[str, Any]:
    """Do what any program of this kind must."""
    frame = pl.read_parquet(folder / "*.parquet", columns=["person", *COLUMNS])
    frame.lazy().group_by("person").agg(pl.col("y").sum()).collect(engine="streaming")
    return {}


def ours(folder: Path, copies: int) -> dict[str, Any]:
    """From files to estimates."""
    scan = pl.scan_parquet(folder / "*.parquet")
    if copies > 1:
        scan = pl.concat([scan.with_columns(pl.col("time") + 3.0 * copy) for copy in range(copies)])
    begun = time.perf_counter()
    design = our_fits.design_of("y")
    cross = cross_products_of_batches(scan, person="person", columns=design.columns).cross
    passed = time.perf_counter()
    found = fit(model_sums(cross, design))
    fitted = time.perf_counter()
    answer = our_fits.describe(found)
    return {**answer, "pass_seconds": passed - begun, "fit_seconds": fitted - passed}


def main(what: str, folder: Path, copies: int) -> None:
    """Time one of them."""
    begun, used = time.perf_counter(), time.process_time()
    answer = floor(folder) if what == "floor" else ours(folder, copies)
    took = {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - used}
    print(json.dumps({**took, "peak_mb": stopwatch.peak_mb(), **answer}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
