"""Which arithmetic a fit runs on: plain numpy, or the same loops compiled."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final, Literal

Engine = Literal["auto", "numpy", "compiled"]
THREADS: Final = 2  # of the compiled loops


def compiled_is_installed() -> bool:
    """Whether the optional compiler (numba, the extra `fast`) is there; does not import it."""
    return find_spec("numba") is not None


def choose(engine: Engine, *, rows: int, worth_it: int) -> Literal["numpy", "compiled"]:
    """Settle "auto": compiled only from `worth_it` rows, where it saves more than loading it costs.

    Raises
    ------
    ModuleNotFoundError
        "compiled" was asked for by name and is not installed.
    """
    if engine == "compiled" and not compiled_is_installed():
        raise ModuleNotFoundError("the compiled engine needs numba: pip install 'recovery-outcomes[fast]'")
    if engine == "auto":
        return "compiled" if rows >= worth_it and compiled_is_installed() else "numpy"
    return engine


@lru_cache(maxsize=1)
def _helpers(process: int) -> ThreadPoolExecutor:
    """Threads beside the caller's, kept: starting them costs milliseconds. A forked process has its own."""
    return ThreadPoolExecutor(max(THREADS - 1, 1), thread_name_prefix=f"within-person-{process}")


def share_out(work: Callable[..., object], calls: Sequence[tuple[Any, ...]]) -> None:
    """Make the first call here, the others in the kept threads; `work` must not share out again."""
    others = [_helpers(os.getpid()).submit(work, *call) for call in calls[1:]]
    work(*calls[0])
    for other in others:
        other.result()
