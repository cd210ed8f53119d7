"""One fresh process: what importing the engine and its first fits add to one with numpy and polars.

`cold_process.py ENGINE PEOPLE DAYS`; started by `cold_start.py`. Each time is a pair: seconds on the wall,
and of the processor (which other programs on the machine disturb less).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def now() -> tuple[float, float]:
    """Wall and processor clock."""
    return time.perf_counter(), time.process_time()


def since(begun: tuple[float, float]) -> tuple[float, float]:
    """Wall and processor seconds gone by."""
    wall, processor = now()
    return wall - begun[0], processor - begun[1]


BEGUN = now()
import numpy  # noqa: E402, F401
import polars  # noqa: E402

LIBRARIES = since(BEGUN)
BEGUN = now()
import our_fits  # noqa: E402
from diaries import CEILING, Size, simulate  # noqa: E402

from models.within_person.engine import Engine  # noqa: E402
from models.within_person.linear.autoregressive import fit_autoregressive  # noqa: E402
from models.within_person.linear.fit import fit_rows  # noqa: E402
from models.within_person.tobit.fit import fit_tobit  # noqa: E402

ENGINE_IMPORT = since(BEGUN)


def main(engine: Engine, people: int, days: int) -> None:
    """Time each fit twice: what the first takes longer is loading and compiling."""
    frame = polars.DataFrame(simulate(Size(people, days), gapped=False, seed=1))
    rows = our_fits.rows_of(frame, "y")
    capped = our_fits.rows_of(frame, "capped")
    fits: dict[str, Callable[[], object]] = {
        "linear": lambda: fit_rows(rows, engine=engine),
        "ar1": lambda: fit_autoregressive(rows, engine=engine),
        "tobit": lambda: fit_tobit(capped, floor=None, ceiling=CEILING, engine=engine),
    }
    first, again = ({name: _timed(fit) for name, fit in fits.items()} for _ in range(2))
    adds = [
        ENGINE_IMPORT[clock] + sum(first[name][clock] - again[name][clock] for name in fits)
        for clock in (0, 1)
    ]
    answer = {"libraries": LIBRARIES, "engine_import": ENGINE_IMPORT, "first": first, "again": again}
    print(json.dumps({**answer, "adds": adds}))  # noqa: T201


def _timed(fit: Callable[[], object]) -> tuple[float, float]:
    begun = now()
    fit()
    return since(begun)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))  # type: ignore[arg-type]
