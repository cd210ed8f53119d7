"""One fresh process: what importing the engine and its first fits add to a program that has numpy and polars.

`cold_process.py ENGINE PEOPLE DAYS`; started by `cold_start.py`.
"""

from __future__ import annotations

import json
import sys
import time

BEGUN = time.perf_counter()
import numpy  # noqa: E402, F401
import polars  # noqa: E402, F401

LIBRARIES = time.perf_counter()
import our_fits  # noqa: E402
from diaries import CEILING, Size, simulate  # noqa: E402

from models.within_person.linear.autoregressive import fit_autoregressive  # noqa: E402
from models.within_person.linear.fit import fit_rows  # noqa: E402
from models.within_person.tobit.fit import fit_tobit  # noqa: E402

ENGINE_IMPORTED = time.perf_counter()


def main(engine: str, people: int, days: int) -> None:
    """Time each fit twice: what the first takes longer is loading and compiling."""
    frame = polars.DataFrame(simulate(Size(people, days), gapped=False, seed=1))
    rows = our_fits.rows_of(frame, "y")
    capped = our_fits.rows_of(frame, "capped")
    fits = {
        "linear": lambda: fit_rows(rows, engine=engine),  # type: ignore[arg-type]
        "ar1": lambda: fit_autoregressive(rows, engine=engine),  # type: ignore[arg-type]
        "tobit": lambda: fit_tobit(capped, floor=None, ceiling=CEILING, engine=engine),  # type: ignore[arg-type]
    }
    first: dict[str, float] = {}
    again: dict[str, float] = {}
    for took in (first, again):
        for name, fit in fits.items():
            begun = time.perf_counter()
            fit()
            took[name] = time.perf_counter() - begun
    print(  # noqa: T201
        json.dumps(
            {
                "libraries": LIBRARIES - BEGUN,
                "engine_import": ENGINE_IMPORTED - LIBRARIES,
                "first": first,
                "again": again,
                "adds": ENGINE_IMPORTED - LIBRARIES + sum(first[name] - again[name] for name in fits),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
