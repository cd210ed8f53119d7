"""Columns read where they lie, by their addresses: any number of them, with one compiled signature."""
# mypy: disable-error-code="untyped-decorator,no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic
from numpy.typing import NDArray

from models.within_person.compiling import njit

Array = NDArray[np.float64]


def _pointer(_typing: Any, _address: Any) -> Any:
    """Return a pointer to an address; what lies there must stay alive as long as it is read."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(types.int64), generate


at: Any = intrinsic(_pointer)


@njit(cache=True, nogil=True, fastmath=False)
def part_of(address: int, first: int, size: int) -> Array:
    """Return `size` numbers, from the number `first` on, of the float64 column at an address.

    Made from an address, it is counted nowhere, as a view of an array would be: that costs more than the rows
    of a person.
    """
    return carray(at(address + 8 * first), (size,), np.float64)
