"""What a long job tells whoever watches: which step runs, and how long each took.

The job knows no terminal; it calls `watch(Step(...))` when a step starts and when it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One report on one step. `detail` is a short result: counts, never values."""

    name: str
    state: Literal["started", "done", "failed"]
    seconds: float = 0.0
    detail: str = ""


Watch = Callable[[Step], None]


def nobody(step: Step) -> None:
    """Watch nothing: the default."""


@contextmanager
def step(name: str, watch: Watch = nobody) -> Iterator[list[str]]:
    """Report a step's start and end; append to the list yielded to give the end its detail."""
    start = time.perf_counter()
    detail: list[str] = []
    watch(Step(name=name, state="started"))
    try:
        yield detail
    except BaseException:
        watch(Step(name=name, state="failed", seconds=time.perf_counter() - start))
        raise
    watch(Step(name=name, state="done", seconds=time.perf_counter() - start, detail="; ".join(detail)))
