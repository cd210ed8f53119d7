"""Room for very large arrays that costs little to touch for the first time."""

from __future__ import annotations

import mmap
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

VERY_LARGE: Final = 1 << 26  # bytes; a smaller array mostly finds memory that this process has used before


def room(shape: tuple[int, ...]) -> Array:
    """Return an array to be written: a very large one in pages of ordinary size, which start as zeros.

    numpy asks for huge pages of 2 MB. Where no freed ones are at hand they are cut from whole stretches of
    memory, which a virtual machine has mostly given back to its host: the first touch of each then asks the
    host again, at five times the cost, by megabyte, of small pages, which take up what was freed in pieces.
    Where there are freed ones they are the cheaper. The memory goes back to the system with the array.
    """
    size = 8 * int(np.prod(shape))
    if sys.platform == "win32" or size < VERY_LARGE:
        return np.empty(shape)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, dtype=np.float64).reshape(shape)
