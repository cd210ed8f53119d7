"""Room for large arrays that costs little to touch for the first time."""

from __future__ import annotations

import mmap
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ASKS_FOR_HUGE: Final = 1 << 22  # bytes from which numpy asks the system for huge pages


def zeros(shape: tuple[int, ...]) -> Array:
    """Return zeros in pages of ordinary size; they go back to the system with the array, take none unwritten.

    numpy would have huge pages of 2 MB for a large array. Those are cut from whole stretches of memory, which
    a virtual machine has mostly given back to its host, so that the first touch of each asks the host again:
    up to six times the cost, by megabyte, of small pages, which reuse what was freed just before. What is
    written once and read a few times in order has no other use of them.
    """
    size = 8 * int(np.prod(shape))
    if sys.platform == "win32" or size < ASKS_FOR_HUGE:
        return np.zeros(shape)
    room = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(room, dtype=np.float64).reshape(shape)
